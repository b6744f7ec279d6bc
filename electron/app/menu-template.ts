/**
 * The application menu as data: what stands where, with which keys, for which kind of window. Pure.
 *
 * Keys follow JupyterLab. Most of them are handled by the page, which knows whether a cell is being edited; the menu
 * only shows those (`registerAccelerator: false`). macOS has no such items, so there only keys with Command are shown.
 * Keys of two strokes (D D, I I, 0 0) are no accelerators; the list of shortcuts in Help has them.
 */
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../../shared/ipc/contract.ts';
import type { WindowKind } from './pages.ts';

export interface RecentItem {
  readonly label: string;
  readonly open: () => void;
}

export interface MenuActions {
  readonly openLocal: () => void;
  readonly openSettings: () => void;
  /** Sends a command to the current window. */
  readonly command: (command: MenuCommand) => void;
  readonly openHome: () => void;
  readonly addServer: () => void;
  /** Asks for journal files, takes them into the library and plays them. */
  readonly openJournal: () => void;
  readonly reloadWindow: () => void;
  readonly toggleDevTools: () => void;
  /** The tab in front, or its window when it has no other. */
  readonly close: () => void;
  readonly stepTab: (by: 1 | -1) => void;
  readonly detachTab: () => void;
  readonly showLog: () => void;
}

/** The switch that makes a double click on a journal open Nightjar. */
export interface JournalsItem {
  readonly isOn: boolean;
  readonly isBusy: boolean;
  readonly set: (isOn: boolean) => void;
}

export interface MenuOptions {
  readonly isMac: boolean;
  readonly recents: readonly RecentItem[];
  /** Null where the system knows no such thing; then the item is absent. */
  readonly journals: JournalsItem | null;
  readonly actions: MenuActions;
}

type Item = MenuItemConstructorOptions;

const notebook: readonly WindowKind[] = ['notebook'];
const player: readonly WindowKind[] = ['player'];

/** In which windows an item is of use. Items that are not listed always are. */
export const usefulIn: Readonly<Partial<Record<MenuCommand, readonly WindowKind[]>>> = {
  save: notebook,
  'save-copy': notebook,
  rename: notebook,
  checkpoints: notebook,
  trust: notebook,
  'outputs-network': notebook,
  'restart-and-clear': notebook,
  'paste-cells-above': notebook,
  'duplicate-cells': notebook,
  find: notebook,
  replace: notebook,
  'find-next': notebook,
  'find-previous': notebook,
  'go-to-line': notebook,
  outline: notebook,
  variables: notebook,
  'toggle-output': notebook,
  'toggle-code': notebook,
  'hide-all-code': notebook,
  'show-all-code': notebook,
  'hide-all-outputs': notebook,
  'show-all-outputs': notebook,
  'collapse-all-headings': notebook,
  'expand-all-headings': notebook,
  'go-running': notebook,
  'go-error': notebook,
  palette: notebook,
  revert: notebook,
  'run-cell': notebook,
  'run-and-advance': notebook,
  'run-and-insert': notebook,
  'run-all': notebook,
  'run-above': notebook,
  'run-below': notebook,
  interrupt: notebook,
  restart: notebook,
  'restart-and-run-all': notebook,
  'clear-outputs': notebook,
  'clear-all-outputs': notebook,
  'insert-above': notebook,
  'insert-below': notebook,
  'delete-cells': notebook,
  'cut-cells': notebook,
  'copy-cells': notebook,
  'paste-cells': notebook,
  'move-up': notebook,
  'move-down': notebook,
  split: notebook,
  merge: notebook,
  'to-code': notebook,
  'to-markdown': notebook,
  'to-raw': notebook,
  shutdown: notebook,
  'change-kernel': notebook,
  'toggle-line-numbers': notebook,
  'show-shortcuts': ['notebook', 'player'],
  history: notebook,
  'export-journal': player,
  'new-notebook': ['server'],
  refresh: ['home', 'server'],
  undo: notebook,
  redo: notebook,
};

/** Items that are of use where a window has several tabs. */
export const tabItems = ['next-tab', 'previous-tab', 'detach-tab'] as const;

const separator: Item = { type: 'separator' };

export function menuTemplate({ isMac, recents, journals, actions }: MenuOptions): Item[] {
  /** A command whose key, if any, the page handles itself. */
  const shown = (id: MenuCommand, label: string, accelerator?: string): Item => {
    const isShown = accelerator !== undefined && (!isMac || accelerator.includes('CmdOrCtrl'));
    const keys = isShown ? { accelerator, registerAccelerator: false } : {};
    return { id, label, ...keys, click: () => actions.command(id) };
  };
  /** A command whose key belongs to the menu. */
  const keyed = (id: MenuCommand, label: string, accelerator: string): Item => ({
    id,
    label,
    accelerator,
    click: () => actions.command(id),
  });

  const settingsItem: Item = {
    id: 'settings',
    label: 'Settings…',
    accelerator: 'CmdOrCtrl+,',
    click: actions.openSettings,
  };
  const journalsItem: Item[] = journals === null ? [] : [switchItem(journals)];
  const recentItems: Item[] = recents.map(({ label, open }) => ({ label, click: open }));
  const file: Item = {
    label: '&File',
    submenu: [
      { id: 'home', label: 'Home', accelerator: 'CmdOrCtrl+Shift+O', click: actions.openHome },
      { id: 'add-server', label: 'Add Server…', click: actions.addServer },
      keyed('new-notebook', 'New Notebook', 'CmdOrCtrl+N'),
      { id: 'open-local', label: 'Open Local Notebook…', accelerator: 'CmdOrCtrl+O', click: actions.openLocal },
      {
        id: 'recent',
        label: 'Open &Recent',
        submenu: recentItems.length > 0 ? recentItems : [{ label: 'No Recent Notebooks', enabled: false }],
      },
      separator,
      shown('save', '&Save Notebook', 'CmdOrCtrl+S'),
      shown('save-copy', 'Save a Copy…'),
      shown('rename', 'Rename…'),
      separator,
      shown('checkpoints', 'Go Back to a Checkpoint…'),
      shown('revert', 'Revert to Saved…'),
      separator,
      shown('trust', 'Trust Notebook…'),
      shown('outputs-network', 'Network of Outputs…'),
      separator,
      ...(isMac ? [] : [settingsItem, separator]),
      { id: 'open-journal', label: 'Open Journal File…', click: actions.openJournal },
      keyed('export-journal', 'Export Journal…', 'CmdOrCtrl+E'),
      ...journalsItem,
      separator,
      { id: 'close', label: 'Close', accelerator: 'CmdOrCtrl+W', click: actions.close },
      ...(isMac ? [] : [separator, { role: 'quit' } satisfies Item]),
    ],
  };
  const edit: Item = {
    label: '&Edit',
    submenu: [
      // Text fields answer to these roles, and notebook editors to the same keys in the page.
      { role: 'undo', registerAccelerator: isMac },
      { role: 'redo', registerAccelerator: isMac },
      separator,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
      separator,
      shown('undo', 'Undo Cell Operation', 'Z'),
      shown('redo', 'Redo Cell Operation', 'Shift+Z'),
      separator,
      shown('cut-cells', 'Cut Cells', 'X'),
      shown('copy-cells', 'Copy Cells', 'C'),
      shown('paste-cells', 'Paste Cells Below', 'V'),
      shown('paste-cells-above', 'Paste Cells Above'),
      shown('duplicate-cells', 'Duplicate Cells'),
      shown('delete-cells', 'Delete Cells'),
      separator,
      shown('insert-above', 'Insert Cell Above', 'A'),
      shown('insert-below', 'Insert Cell Below', 'B'),
      shown('move-up', 'Move Cells Up', 'CmdOrCtrl+Shift+Up'),
      shown('move-down', 'Move Cells Down', 'CmdOrCtrl+Shift+Down'),
      shown('split', 'Split Cell at the Cursor', 'CmdOrCtrl+Shift+-'),
      shown('merge', 'Merge Cells', 'Shift+M'),
      separator,
      {
        label: 'Cell Type',
        submenu: [
          shown('to-code', 'Change to Code', 'Y'),
          shown('to-markdown', 'Change to Markdown', 'M'),
          shown('to-raw', 'Change to Raw', 'R'),
        ],
      },
      {
        label: 'Find',
        submenu: [
          shown('find', 'Find…', 'CmdOrCtrl+F'),
          shown('replace', 'Find and Replace…', 'CmdOrCtrl+H'),
          shown('find-next', 'Find Next', 'CmdOrCtrl+G'),
          shown('find-previous', 'Find Previous', 'CmdOrCtrl+Shift+G'),
          separator,
          shown('go-to-line', 'Go to Line…', 'Alt+G'),
        ],
      },
      separator,
      shown('clear-outputs', 'Clear Outputs of Cells'),
      shown('clear-all-outputs', 'Clear All Outputs'),
    ],
  };
  const view: Item = {
    label: '&View',
    submenu: [
      shown('palette', 'All Commands…', 'CmdOrCtrl+Shift+C'),
      separator,
      shown('outline', 'Outline', 'CmdOrCtrl+Shift+K'),
      shown('variables', 'Variables', 'CmdOrCtrl+Shift+E'),
      shown('go-running', 'Go to the Running Cell', 'Alt+Shift+R'),
      shown('go-error', 'Go to the Last Error', 'Alt+Shift+E'),
      separator,
      {
        label: 'Fold',
        submenu: [
          shown('toggle-code', 'Show or Hide the Input'),
          shown('toggle-output', 'Show or Hide the Output', 'O'),
          separator,
          shown('hide-all-code', 'Hide All Inputs'),
          shown('show-all-code', 'Show All Inputs'),
          shown('hide-all-outputs', 'Hide All Outputs'),
          shown('show-all-outputs', 'Show All Outputs'),
          separator,
          shown('collapse-all-headings', 'Fold All Sections'),
          shown('expand-all-headings', 'Unfold All Sections'),
        ],
      },
      shown('toggle-line-numbers', 'Line Numbers', 'Shift+L'),
      shown('history', 'History of This Session', 'CmdOrCtrl+Shift+H'),
      separator,
      keyed('refresh', 'Refresh', 'F5'),
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      separator,
      { role: 'togglefullscreen' },
      separator,
      { id: 'reload-window', label: 'Reload Window', accelerator: 'CmdOrCtrl+R', click: actions.reloadWindow },
      {
        id: 'developer-tools',
        label: 'Developer Tools',
        accelerator: isMac ? 'CmdOrCtrl+Alt+I' : 'CmdOrCtrl+Shift+I',
        click: actions.toggleDevTools,
      },
    ],
  };
  const run: Item = {
    label: '&Run',
    submenu: [
      shown('run-and-advance', 'Run Cells and Select Next', 'Shift+Enter'),
      shown('run-cell', 'Run Cells', 'CmdOrCtrl+Enter'),
      shown('run-and-insert', 'Run Cells and Insert Below', 'Alt+Enter'),
      separator,
      shown('run-above', 'Run All Above'),
      shown('run-below', 'Run Selected Cell and All Below'),
      shown('run-all', 'Run All Cells'),
      separator,
      shown('restart-and-run-all', 'Restart Kernel and Run All Cells…'),
    ],
  };
  const kernel: Item = {
    label: '&Kernel',
    submenu: [
      shown('interrupt', 'Interrupt Kernel'),
      shown('restart', 'Restart Kernel…'),
      shown('restart-and-clear', 'Restart Kernel and Clear All Outputs…'),
      separator,
      shown('change-kernel', 'Change Kernel…'),
      shown('shutdown', 'Shut Down Kernel…'),
    ],
  };
  const closeWindow: Item = { role: 'close', label: 'Close Window', accelerator: 'CmdOrCtrl+Shift+W' };
  const tabs: Item[] = [
    { id: 'next-tab', label: 'Next Tab', accelerator: 'Ctrl+Tab', click: () => actions.stepTab(1) },
    { id: 'previous-tab', label: 'Previous Tab', accelerator: 'Ctrl+Shift+Tab', click: () => actions.stepTab(-1) },
    { id: 'detach-tab', label: 'Move Tab to a New Window', click: actions.detachTab },
  ];
  const windowMenu: Item = {
    label: '&Window',
    ...(isMac ? { role: 'windowMenu' } : {}),
    submenu: isMac
      ? [{ role: 'minimize' }, { role: 'zoom' }, separator, ...tabs, separator, closeWindow, { role: 'front' }]
      : [...tabs, separator, { role: 'minimize' }, closeWindow],
  };
  const help: Item = {
    label: '&Help',
    role: 'help',
    submenu: [
      shown('show-shortcuts', 'Keyboard Shortcuts'),
      separator,
      { id: 'show-log', label: 'Show Log File', click: actions.showLog },
      ...(isMac ? [] : [separator, { role: 'about' } satisfies Item]),
    ],
  };
  const application: Item[] = isMac ? [appMenu(settingsItem)] : [];
  return [...application, file, edit, view, run, kernel, windowMenu, help];
}

function switchItem({ isOn, isBusy, set }: JournalsItem): Item {
  return {
    id: 'journals-with-nightjar',
    label: 'Open Journals with Nightjar',
    type: 'checkbox',
    checked: isOn,
    enabled: !isBusy,
    // A click has switched the item already: it says what the person wants.
    click: ({ checked }) => set(checked),
  };
}

/** The menu that carries the app's name on macOS, with the settings where people look for them there. */
function appMenu(settings: Item): Item {
  return {
    role: 'appMenu',
    submenu: [
      { role: 'about' },
      separator,
      settings,
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  };
}

export interface ContextOptions {
  readonly isNotebook: boolean;
  /** The pointer is over text that can be changed. */
  readonly isEditable: boolean;
  readonly hasSelection: boolean;
  readonly command: (command: MenuCommand) => void;
}

/** The menu of the right mouse button. Empty where there is nothing to offer. */
export function contextTemplate({ isNotebook, isEditable, hasSelection, command }: ContextOptions): Item[] {
  const item = (id: MenuCommand, label: string): Item => ({ label, click: () => command(id) });
  const text: Item[] = isEditable
    ? [{ role: 'cut', enabled: hasSelection }, { role: 'copy', enabled: hasSelection }, { role: 'paste' }]
    : hasSelection
      ? [{ role: 'copy' }]
      : [];
  if (!isNotebook) return text;
  return [
    ...text,
    ...(text.length > 0 ? [separator] : []),
    item('run-cell', 'Run Cells'),
    separator,
    item('cut-cells', 'Cut Cells'),
    item('copy-cells', 'Copy Cells'),
    item('paste-cells', 'Paste Cells Below'),
    item('duplicate-cells', 'Duplicate Cells'),
    item('delete-cells', 'Delete Cells'),
    separator,
    item('split', 'Split Cell at the Cursor'),
    item('merge', 'Merge Cells'),
    separator,
    item('toggle-code', 'Show or Hide the Input'),
    item('toggle-output', 'Show or Hide the Output'),
    item('clear-outputs', 'Clear Outputs of Cells'),
  ];
}
