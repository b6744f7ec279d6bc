/**
 * The toolbar: the few things that people reach for with the mouse, and the kernel.
 */
import type { INotebookModel, Notebook } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { Context } from '@jupyterlab/docregistry';
import {
  addIcon,
  copyIcon,
  cutIcon,
  fastForwardIcon,
  historyIcon,
  type LabIcon,
  pasteIcon,
  refreshIcon,
  runIcon,
  saveIcon,
  stopIcon,
  tocIcon,
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { element } from './frame.ts';
import { isChanging, kernelChanging } from './kernel-change.ts';

interface Item {
  readonly command: string;
  readonly label: string;
  readonly icon: LabIcon;
}

const groups: readonly (readonly Item[])[] = [
  [{ command: 'save', label: 'Save', icon: saveIcon }],
  [
    { command: 'insert-below', label: 'Insert a cell below', icon: addIcon },
    { command: 'cut-cells', label: 'Cut cells', icon: cutIcon },
    { command: 'copy-cells', label: 'Copy cells', icon: copyIcon },
    { command: 'paste-cells', label: 'Paste cells', icon: pasteIcon },
  ],
  [
    { command: 'run-and-advance', label: 'Run and go to the next cell', icon: runIcon },
    { command: 'interrupt', label: 'Interrupt the kernel', icon: stopIcon },
    { command: 'restart', label: 'Restart the kernel', icon: refreshIcon },
    { command: 'restart-and-run-all', label: 'Restart the kernel and run all cells', icon: fastForwardIcon },
  ],
  [{ command: 'history', label: 'History: go back in this session', icon: historyIcon }],
];

export function fillToolbar(
  node: HTMLElement,
  commands: CommandRegistry,
  notebook: Notebook,
  context: Context<INotebookModel>,
  keysOf: (command: string) => string[],
): void {
  for (const group of groups) {
    const box = element('div', 'nj-Toolbar-group');
    box.append(...group.map((item) => button(item, commands, keysOf)));
    node.append(box);
  }
  const panel = button({ command: 'outline', label: 'Outline', icon: tocIcon }, commands, keysOf);
  node.append(typeSelect(notebook), element('div', 'nj-Toolbar-space'), kernelButton(commands, context), panel);
}

function button(item: Item, commands: CommandRegistry, keysOf: (command: string) => string[]): HTMLButtonElement {
  const node = element('button', 'nj-Toolbar-button');
  node.type = 'button';
  // Keys may change while the window is open: they are looked up when somebody points at the button.
  node.addEventListener('pointerenter', () => {
    const [keys] = keysOf(item.command);
    node.title = keys === undefined ? item.label : `${item.label} (${keys})`;
  });
  node.setAttribute('aria-label', item.label);
  node.dataset['testid'] = `toolbar-${item.command}`;
  item.icon.element({ container: node });
  // The cell keeps the focus: the next key is meant for it.
  node.addEventListener('mousedown', (event) => event.preventDefault());
  node.addEventListener('click', () => void commands.execute(item.command).catch(() => undefined));
  return node;
}

function typeSelect(notebook: Notebook): HTMLSelectElement {
  const select = element('select', 'nj-Toolbar-select');
  select.setAttribute('aria-label', 'Cell type');
  select.dataset['testid'] = 'toolbar-cell-type';
  const labels = { code: 'Code', markdown: 'Markdown', raw: 'Raw' } as const;
  for (const [value, label] of Object.entries(labels)) {
    select.append(new Option(label, value));
  }
  const show = (): void => {
    select.value = notebook.activeCell?.model.type ?? 'code';
  };
  select.addEventListener('change', () => {
    const { value } = select;
    if (value === 'code' || value === 'markdown' || value === 'raw') {
      NotebookActions.changeCellType(notebook, value);
      notebook.activate();
    }
  });
  notebook.activeCellChanged.connect(show);
  notebook.selectionChanged.connect(show);
  show();
  return select;
}

function kernelButton(commands: CommandRegistry, context: Context<INotebookModel>): HTMLButtonElement {
  const session = context.sessionContext;
  const node = element('button', 'nj-Toolbar-kernel');
  node.type = 'button';
  node.dataset['testid'] = 'kernel-button';
  const dot = element('span', 'nj-Dot');
  const name = element('span', 'nj-Toolbar-kernelName');
  node.append(name, dot);
  const show = (): void => {
    const status = isChanging(session) ? 'starting' : session.kernelDisplayStatus;
    name.textContent = session.kernelDisplayName;
    dot.dataset['state'] = status;
    node.title = `${session.kernelDisplayName}: ${status}. Choose another kernel.`;
    node.setAttribute('aria-label', `Kernel ${session.kernelDisplayName}, ${status}`);
  };
  node.addEventListener('click', () => void commands.execute('change-kernel').catch(() => undefined));
  kernelChanging.connect(show);
  session.kernelChanged.connect(show);
  session.statusChanged.connect(show);
  session.connectionStatusChanged.connect(show);
  session.sessionChanged.connect(show);
  show();
  return node;
}
