/**
 * JupyterLab's keyboard, as a table: where a key counts, which command it runs, and what it is called in the list.
 */
import type { CommandRegistry } from '@lumino/commands';

type Place = 'command' | 'edit' | 'notebook' | 'window';

/** Where JupyterLab's own class names say that a key belongs to the notebook and not to a field inside an output. */
const selectors: Readonly<Record<Place, string>> = {
  command: '.jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus:not(:read-write)',
  edit: '.jp-Notebook.jp-mod-editMode .jp-InputArea-editor',
  notebook: '.jp-Notebook',
  window: 'body',
};

export interface Shortcut {
  readonly keys: readonly string[];
  readonly command: string;
  readonly place: Place;
  /** Empty: runs, but is not worth a line in the list. */
  readonly label: string;
}

const shortcut = (place: Place, command: string, label: string, ...keys: string[]): Shortcut => ({
  keys,
  command,
  place,
  label,
});

/** Keys of one sequence are separated by ` , ` here and become an array for the registry. */
export const shortcuts: readonly Shortcut[] = [
  shortcut('notebook', 'run-and-advance', 'Run and go to the next cell', 'Shift Enter'),
  shortcut('notebook', 'run-cell', 'Run', 'Accel Enter'),
  shortcut('notebook', 'run-and-insert', 'Run and insert a cell below', 'Alt Enter'),
  shortcut('window', 'save', 'Save', 'Accel S'),
  shortcut('command', 'edit-mode', 'Edit the cell', 'Enter'),
  shortcut('notebook', 'command-mode', 'Stop editing', 'Escape'),
  shortcut('notebook', 'command-mode', '', 'Ctrl M'),
  shortcut('command', 'select-above', 'Previous cell', 'K'),
  shortcut('command', 'select-above', '', 'ArrowUp'),
  shortcut('command', 'select-below', 'Next cell', 'J'),
  shortcut('command', 'select-below', '', 'ArrowDown'),
  shortcut('command', 'extend-above', 'Select more cells upwards', 'Shift K'),
  shortcut('command', 'extend-above', '', 'Shift ArrowUp'),
  shortcut('command', 'extend-below', 'Select more cells downwards', 'Shift J'),
  shortcut('command', 'extend-below', '', 'Shift ArrowDown'),
  shortcut('command', 'select-all', 'Select all cells', 'Accel A'),
  shortcut('command', 'insert-above', 'Insert a cell above', 'A'),
  shortcut('command', 'insert-below', 'Insert a cell below', 'B'),
  shortcut('command', 'delete-cells', 'Delete cells', 'D , D'),
  shortcut('command', 'cut-cells', 'Cut cells', 'X'),
  shortcut('command', 'copy-cells', 'Copy cells', 'C'),
  shortcut('command', 'paste-cells', 'Paste cells', 'V'),
  shortcut('command', 'undo', 'Undo a cell operation', 'Z'),
  shortcut('command', 'redo', 'Redo a cell operation', 'Shift Z'),
  shortcut('command', 'merge', 'Merge cells', 'Shift M'),
  shortcut('edit', 'split', 'Split the cell at the cursor', 'Ctrl Shift -'),
  shortcut('command', 'to-code', 'Make it code', 'Y'),
  shortcut('command', 'to-markdown', 'Make it markdown', 'M'),
  shortcut('command', 'to-raw', 'Make it raw', 'R'),
  ...[1, 2, 3, 4, 5, 6].map((level) =>
    shortcut('command', `heading-${level}`, level === 1 ? 'Heading, level 1 to 6' : '', String(level)),
  ),
  shortcut('command', 'toggle-output', 'Show or hide the output', 'O'),
  shortcut('command', 'toggle-line-numbers', 'Show or hide line numbers', 'L'),
  shortcut('command', 'toggle-line-numbers', '', 'Shift L'),
  shortcut('command', 'interrupt', 'Interrupt the kernel', 'I , I'),
  shortcut('command', 'restart', 'Restart the kernel', '0 , 0'),
  shortcut('command', 'scroll-down', 'Scroll down', 'Space'),
  shortcut('command', 'scroll-up', 'Scroll up', 'Shift Space'),
  shortcut('command', 'show-shortcuts', 'This list', 'H'),
];

const fieldShortcuts: readonly { readonly keys: string[]; readonly command: string; readonly selector: string }[] = [
  { keys: ['Tab'], command: 'complete', selector: '.jp-Notebook .jp-mod-completer-enabled' },
  {
    keys: ['Shift Tab'],
    command: 'inspect',
    selector: '.jp-CodeCell .jp-InputArea-editor:not(.jp-mod-has-primary-selection)',
  },
];

/** Adds the table to the registry and gives it the keyboard. Returns what ends it. */
export function bindShortcuts(registry: CommandRegistry): () => void {
  for (const { keys, command, place } of shortcuts) {
    registry.addKeyBinding({ keys: sequence(keys), command, selector: selectors[place] });
  }
  for (const binding of fieldShortcuts) {
    registry.addKeyBinding({ ...binding });
  }
  const onKeyDown = (event: KeyboardEvent): void => registry.processKeydownEvent(event);
  // Captured, as JupyterLab does: the editor must not act on a key that is a command.
  document.addEventListener('keydown', onKeyDown, true);
  return () => document.removeEventListener('keydown', onKeyDown, true);
}

function sequence(keys: readonly string[]): string[] {
  return keys.flatMap((key) => key.split(' , '));
}

/** The list that H shows: keys as people read them, and what they do. */
export function shortcutList(isMac: boolean): { keys: string; label: string }[] {
  return shortcuts
    .filter(({ label }) => label !== '')
    .map(({ keys, label }) => ({ keys: keys.map((key) => readable(key, isMac)).join(' or '), label }));
}

const macNames: Readonly<Record<string, string>> = { Accel: '⌘', Ctrl: '⌃', Alt: '⌥', Shift: '⇧' };
const otherNames: Readonly<Record<string, string>> = { Accel: 'Ctrl', Escape: 'Esc' };

function readable(keys: string, isMac: boolean): string {
  const names = isMac ? macNames : otherNames;
  return keys
    .split(' , ')
    .map((stroke) =>
      stroke
        .split(' ')
        .map((key) => names[key] ?? key)
        .join(isMac ? '' : '+'),
    )
    .join(' ');
}
