/** Goes to a line of the cell that is being edited, asked for in a small dialog. */
import type { Notebook } from '@jupyterlab/notebook';
import { askForText } from './dialog.ts';

export async function goToLine(notebook: Notebook): Promise<void> {
  const editor = notebook.activeCell?.editor;
  if (editor === undefined || editor === null) {
    return;
  }
  const last = editor.lineCount;
  const answer = await askForText({
    title: 'Go to line',
    label: `Line, from 1 to ${last}`,
    initial: String(editor.getCursorPosition().line + 1),
    action: 'Go',
    check: (text) => (isLine(text, last) ? null : `This cell has ${last === 1 ? 'one line' : `lines 1 to ${last}`}.`),
  });
  if (answer !== null && !editor.isDisposed) {
    notebook.mode = 'edit';
    editor.setCursorPosition({ line: Number(answer) - 1, column: 0 });
    editor.focus();
  }
}

function isLine(text: string, last: number): boolean {
  return /^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= last;
}
