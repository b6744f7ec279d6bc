/**
 * Every command of the notebook window as data: its name for people, its group, and the keys it comes with. Pure.
 *
 * The command palette, the list of shortcuts, the settings window and the keyboard read this one table. The keys are
 * JupyterLab's; where it has none, those of its editor or of other editors stand here.
 */

/** Where a key counts: cells while none is edited, inside a cell's editor, anywhere in the notebook, in the window. */
export type Place = 'command' | 'edit' | 'notebook' | 'window';

export interface Key {
  /** Strokes; those of a sequence are separated by ` , `. */
  readonly keys: string;
  readonly place: Place;
}

export interface CommandEntry {
  readonly id: string;
  readonly label: string;
  readonly group: CommandGroup;
  readonly keys: readonly Key[];
  /** Where keys count that a person gives it. */
  readonly place: Place;
  /** Not worth a line in the palette: keys of the editor, and the palette itself. */
  readonly isHidden: boolean;
}

export const commandGroups = ['File', 'Edit', 'Cells', 'View', 'Run', 'Kernel', 'Go', 'Help'] as const;
export type CommandGroup = (typeof commandGroups)[number];

const of =
  (group: CommandGroup) =>
  (id: string, label: string, place: Place, ...keys: string[]): CommandEntry => ({
    id,
    label,
    group,
    place,
    keys: keys.map((strokes) => ({ keys: strokes, place })),
    isHidden: false,
  });

const hidden = (entry: CommandEntry): CommandEntry => ({ ...entry, isHidden: true });

const file = of('File');
const edit = of('Edit');
const cells = of('Cells');
const view = of('View');
const run = of('Run');
const kernel = of('Kernel');
const go = of('Go');
const help = of('Help');

export const commandList: readonly CommandEntry[] = [
  file('save', 'Save Notebook', 'window', 'Accel S'),
  file('save-copy', 'Save a Copy…', 'window'),
  file('rename', 'Rename…', 'window'),
  file('checkpoints', 'Go Back to a Checkpoint…', 'window'),
  file('revert', 'Revert to Saved…', 'window'),
  file('trust', 'Trust Notebook…', 'window'),
  file('outputs-network', 'Network of Outputs…', 'window'),
  file('settings', 'Settings…', 'window', 'Accel ,'),

  edit('undo', 'Undo Cell Operation', 'command', 'Z'),
  edit('redo', 'Redo Cell Operation', 'command', 'Shift Z'),
  edit('find', 'Find…', 'window', 'Accel F'),
  edit('replace', 'Find and Replace…', 'window', 'Accel H'),
  edit('find-next', 'Find Next', 'window', 'Accel G'),
  edit('find-previous', 'Find Previous', 'window', 'Accel Shift G'),
  edit('go-to-line', 'Go to Line…', 'notebook', 'Alt G'),
  hidden(edit('complete', 'Complete the Name', 'edit', 'Tab')),
  hidden(edit('inspect', 'Show Documentation', 'edit', 'Shift Tab')),

  cells('cut-cells', 'Cut Cells', 'command', 'X'),
  cells('copy-cells', 'Copy Cells', 'command', 'C'),
  cells('paste-cells', 'Paste Cells Below', 'command', 'V'),
  cells('paste-cells-above', 'Paste Cells Above', 'command', 'Shift V'),
  cells('paste-cells-replace', 'Paste Cells and Replace', 'command'),
  cells('duplicate-cells', 'Duplicate Cells', 'command'),
  cells('delete-cells', 'Delete Cells', 'command', 'D , D'),
  cells('insert-above', 'Insert Cell Above', 'command', 'A'),
  cells('insert-below', 'Insert Cell Below', 'command', 'B'),
  cells('insert-heading-above', 'Insert Heading Above', 'command', 'Shift A'),
  cells('insert-heading-below', 'Insert Heading Below', 'command', 'Shift B'),
  cells('move-up', 'Move Cells Up', 'command', 'Ctrl Shift ArrowUp'),
  cells('move-down', 'Move Cells Down', 'command', 'Ctrl Shift ArrowDown'),
  cells('split', 'Split Cell at the Cursor', 'edit', 'Ctrl Shift -'),
  cells('merge', 'Merge Cells', 'command', 'Shift M'),
  cells('merge-above', 'Merge Cell with the One Above', 'command', 'Ctrl Backspace'),
  cells('merge-below', 'Merge Cell with the One Below', 'command', 'Ctrl Shift M'),
  cells('to-code', 'Change to Code', 'command', 'Y'),
  cells('to-markdown', 'Change to Markdown', 'command', 'M'),
  cells('to-raw', 'Change to Raw', 'command', 'R'),
  ...[1, 2, 3, 4, 5, 6].map((level) =>
    cells(`heading-${level}`, `Change to Heading ${level}`, 'command', String(level)),
  ),
  cells('clear-outputs', 'Clear Outputs of Cells', 'command'),
  cells('clear-all-outputs', 'Clear All Outputs', 'window'),
  cells('select-all', 'Select All Cells', 'command', 'Accel A'),
  cells('deselect-all', 'Deselect All Cells', 'command'),
  cells('extend-above', 'Extend Selection Above', 'command', 'Shift K', 'Shift ArrowUp'),
  cells('extend-below', 'Extend Selection Below', 'command', 'Shift J', 'Shift ArrowDown'),
  cells('extend-top', 'Extend Selection to the Top', 'command', 'Shift Home'),
  cells('extend-bottom', 'Extend Selection to the Bottom', 'command', 'Shift End'),

  view('outline', 'Outline', 'window', 'Accel Shift K'),
  view('variables', 'Variables', 'window', 'Accel Shift E'),
  view('history', 'History of This Session', 'window', 'Accel Shift H'),
  view('toggle-line-numbers', 'Line Numbers', 'command', 'Shift L'),
  view('toggle-output', 'Show or Hide the Output', 'command', 'O'),
  view('toggle-code', 'Show or Hide the Input', 'command'),
  view('toggle-output-scrolling', 'Scroll the Output, or Show It Whole', 'command', 'Shift O'),
  view('hide-all-code', 'Hide All Inputs', 'window'),
  view('show-all-code', 'Show All Inputs', 'window'),
  view('hide-all-outputs', 'Hide All Outputs', 'window'),
  view('show-all-outputs', 'Show All Outputs', 'window'),
  view('toggle-heading', 'Fold or Unfold the Section', 'command'),
  view('collapse-all-headings', 'Fold All Sections', 'command', 'Ctrl Shift ArrowLeft'),
  view('expand-all-headings', 'Unfold All Sections', 'command', 'Ctrl Shift ArrowRight'),
  view('side-by-side', 'Outputs Beside or Below the Input', 'command', 'Shift R'),
  view('render-all-markdown', 'Render All Markdown Cells', 'window'),

  run('run-and-advance', 'Run Cells and Select Next', 'notebook', 'Shift Enter'),
  run('run-cell', 'Run Cells', 'notebook', 'Accel Enter'),
  run('run-and-insert', 'Run Cells and Insert Below', 'notebook', 'Alt Enter'),
  run('run-all', 'Run All Cells', 'window'),
  run('run-above', 'Run All Above', 'window'),
  run('run-below', 'Run Selected Cell and All Below', 'window'),
  run('restart-and-run-all', 'Restart Kernel and Run All Cells…', 'window'),
  run('restart-and-run-to-selected', 'Restart Kernel and Run up to the Selected Cell…', 'window'),

  kernel('interrupt', 'Interrupt Kernel', 'command', 'I , I'),
  kernel('restart', 'Restart Kernel…', 'command', '0 , 0'),
  kernel('restart-and-clear', 'Restart Kernel and Clear All Outputs…', 'window'),
  kernel('change-kernel', 'Change Kernel…', 'window'),
  kernel('shutdown', 'Shut Down Kernel…', 'window'),

  go('edit-mode', 'Edit the Cell', 'command', 'Enter'),
  hidden(go('command-mode', 'Stop Editing', 'notebook', 'Escape', 'Ctrl M')),
  hidden(go('select-above', 'Previous Cell', 'command', 'K', 'ArrowUp')),
  hidden(go('select-below', 'Next Cell', 'command', 'J', 'ArrowDown')),
  hidden(go('heading-above', 'Previous Heading, or Fold It', 'command', 'ArrowLeft')),
  hidden(go('heading-below', 'Next Heading, or Unfold It', 'command', 'ArrowRight')),
  hidden(go('scroll-down', 'Scroll Down', 'command', 'Space')),
  hidden(go('scroll-up', 'Scroll Up', 'command', 'Shift Space')),
  go('go-running', 'Go to the Running Cell', 'window', 'Alt Shift R'),
  go('go-error', 'Go to the Last Error', 'window', 'Alt Shift E'),
  go('go-last-run', 'Go to the Last Cell Run', 'window'),

  hidden(help('palette', 'All Commands…', 'window', 'Accel Shift C')),
  help('show-shortcuts', 'Keyboard Shortcuts', 'command', 'H'),
];

/** `L` alone shows line numbers in one cell in the classic notebook; here as `Shift L` does. */
export const extraKeys: readonly { readonly command: string; readonly key: Key }[] = [
  { command: 'toggle-line-numbers', key: { keys: 'L', place: 'command' } },
];

const byId = new Map(commandList.map((entry) => [entry.id, entry]));

export function commandEntry(id: string): CommandEntry | undefined {
  return byId.get(id);
}
