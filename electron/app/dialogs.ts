/**
 * The system's own dialogs: questions, messages, where to save.
 *
 * Every text is plain words for people. A dialog that belongs to a window is attached to it; its promise always
 * settles, with the cancel button when the window went away.
 */
import path from 'node:path';
import { app, type BrowserWindow, dialog, type MessageBoxOptions, type OpenDialogOptions } from 'electron';

export interface Question {
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
  readonly defaultButton: number;
  readonly cancelButton: number;
  /** Takes the question back; the answer is then the cancel button. */
  readonly signal?: AbortSignal;
}

function optionsOf(question: Question): MessageBoxOptions {
  const last = question.buttons.length - 1;
  return {
    type: 'question',
    title: app.name,
    message: question.message,
    detail: question.detail,
    buttons: [...question.buttons],
    defaultId: Math.min(question.defaultButton, last),
    cancelId: Math.min(question.cancelButton, last),
    noLink: true,
    ...(question.signal === undefined ? {} : { signal: question.signal }),
  };
}

export async function askIn(window: BrowserWindow, question: Question): Promise<number> {
  const options = optionsOf(question);
  if (window.isDestroyed()) return options.cancelId ?? 0;
  const { response } = await dialog.showMessageBox(window, options);
  return response;
}

/** As `askIn`, with a box to tick: answers the button and whether it was ticked. */
export async function askAndRemember(
  window: BrowserWindow,
  question: Question,
  checkbox: string,
): Promise<{ button: number; isTicked: boolean }> {
  const options = { ...optionsOf(question), checkboxLabel: checkbox };
  const { response, checkboxChecked } = await dialog.showMessageBox(window, options);
  return { button: response, isTicked: checkboxChecked };
}

/** Something to know, with one button. Without a window it stands alone. */
export async function tell(window: BrowserWindow | null, message: string, detail: string): Promise<void> {
  const options: MessageBoxOptions = {
    type: 'warning',
    title: app.name,
    message,
    detail,
    buttons: ['OK'],
    noLink: true,
  };
  if (window === null || window.isDestroyed()) await dialog.showMessageBox(options);
  else await dialog.showMessageBox(window, options);
}

/** Journal files to take in; empty when the person cancelled. */
export async function askForJournals(window: BrowserWindow | null): Promise<string[]> {
  const options: OpenDialogOptions = {
    title: 'Open Journals',
    buttonLabel: 'Open',
    filters: [{ name: 'Nightjar Journals', extensions: ['nightjar'] }],
    properties: ['openFile', 'multiSelections'],
  };
  const answer =
    window === null || window.isDestroyed()
      ? await dialog.showOpenDialog(options)
      : await dialog.showOpenDialog(window, options);
  return answer.canceled ? [] : answer.filePaths;
}

/** A notebook file of this computer, or null when the person cancelled. */
export async function askForNotebookFile(window: BrowserWindow | null): Promise<string | null> {
  const options: OpenDialogOptions = {
    title: 'Open Local Notebook',
    buttonLabel: 'Open',
    properties: ['openFile'],
    filters: [{ name: 'Notebooks', extensions: ['ipynb'] }],
  };
  const { canceled, filePaths } = await (window === null || window.isDestroyed()
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(window, options));
  return canceled ? null : (filePaths[0] ?? null);
}

/** Where to save a file of that name, or null when the person cancelled. The system asks before overwriting. */
export async function askWhereToSave(window: BrowserWindow, name: string): Promise<string | null> {
  // A server may allow names that this computer does not.
  const safeName = name.replaceAll(/[<>:"/\\|?*\p{Cc}]/gu, '_') || 'download';
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title: 'Save to This Computer',
    defaultPath: path.join(app.getPath('downloads'), safeName),
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  });
  return canceled || filePath === '' ? null : filePath;
}
