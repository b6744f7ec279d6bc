/**
 * Commands on the notebook's file: a copy, another name, an earlier checkpoint. None overwrites anything unasked.
 */
import type { Contents } from '@jupyterlab/services';
import { describeUnknown } from '../../shared/result.ts';
import { baseName, formatExact } from '../common/format.ts';
import { baseContent, type NotebookDocument } from './document.ts';
import { askForText, choiceRow, openDialog } from './dialog.ts';
import { element } from './frame.ts';
import { wrongName } from './file-names.ts';
import type { Saving } from './saving.ts';
import type { Services } from './services.ts';
import type { Banner } from './frame.ts';

export interface FileHost {
  /** The notebook's file on this computer; null when it lies on the server. */
  readonly file: string | null;
  readonly document: NotebookDocument;
  readonly services: Services;
  readonly saving: Saving;
  notify(banner: Banner | null): void;
  open(path: string): void;
}

export async function saveCopy(host: FileHost): Promise<void> {
  if (isOnDisk(host, 'A copy is made')) return;
  const { document: notebook, services, notify } = host;
  const { path } = notebook.context;
  const folder = path.slice(0, path.length - baseName(path).length);
  const name = await askForText({
    title: 'Save a copy',
    label: 'Name of the copy',
    initial: `${baseName(path).replace(/\.ipynb$/, '')} copy.ipynb`,
    hint:
      folder === '' ? 'It is saved on the server, beside this notebook.' : `It is saved on the server, in ${folder}`,
    action: 'Save Copy',
    check: async (text) => wrongName(text) ?? (await taken(services, `${folder}${withEnding(text)}`)),
  });
  if (name === null) return;
  const copy = `${folder}${withEnding(name)}`;
  try {
    await services.drive.saveCopy(copy, baseContent(notebook.model));
    notify({
      tone: 'info',
      text: `A copy was saved as ${copy}.`,
      action: { label: 'Open It', run: () => host.open(copy) },
    });
  } catch (error) {
    notify({ tone: 'error', text: `The copy was not saved: ${describeUnknown(error)}. This notebook is as it was.` });
  }
}

export async function rename(host: FileHost): Promise<void> {
  if (isOnDisk(host, 'It gets another name')) return;
  const { document: notebook, services, notify } = host;
  const { context } = notebook;
  const old = baseName(context.path);
  const folder = context.path.slice(0, context.path.length - old.length);
  const name = await askForText({
    title: 'Rename the notebook',
    label: 'New name',
    initial: old,
    hint: 'Its kernel, journal and unsaved edits stay with it.',
    action: 'Rename',
    check: async (text) =>
      wrongName(text) ?? (withEnding(text) === old ? null : await taken(services, `${folder}${withEnding(text)}`)),
  });
  if (name === null || withEnding(name) === old) return;
  try {
    await context.rename(withEnding(name));
    notify(null);
  } catch (error) {
    notify({ tone: 'error', text: `The name was not changed: ${describeUnknown(error)}.` });
  }
}

export async function goToCheckpoint(host: FileHost): Promise<void> {
  if (isOnDisk(host, 'Earlier versions are looked for')) return;
  const { document: notebook, services, saving, notify } = host;
  try {
    const checkpoints = await services.drive.checkpointsOnServer(notebook.context.path);
    const chosen = await chooseCheckpoint(checkpoints);
    if (chosen === null) return;
    const takeBack = await saving.restoreCheckpoint(chosen);
    notify({
      tone: 'info',
      text: 'The notebook is back at its checkpoint.',
      action: {
        label: 'Undo',
        run: () => {
          takeBack();
          notify(null);
        },
      },
    });
  } catch (error) {
    notify({
      tone: 'error',
      text: `The checkpoint could not be used: ${describeUnknown(error)}. The notebook is as it was.`,
    });
  }
}

/** For a file of this computer the computer's own programs do these things. Says so. */
function isOnDisk({ file, notify }: FileHost, what: string): boolean {
  if (file === null) return false;
  notify({ tone: 'info', text: `This notebook is a file of this computer, ${file}. ${what} in your file manager.` });
  return true;
}

async function chooseCheckpoint(checkpoints: readonly Contents.ICheckpointModel[]): Promise<string | null> {
  const text = element('p', 'nj-Dialog-text');
  if (checkpoints.length === 0) {
    text.textContent = 'There are no checkpoints yet. The server keeps one each time you choose Save.';
    await openDialog<true>({
      title: 'Checkpoints',
      body: [text],
      buttons: [{ label: 'OK', look: 'primary', answer: () => true }],
    });
    return null;
  }
  text.textContent =
    'The notebook becomes what it was then. What changed since is replaced; afterwards you can still take that back.';
  const list = element('div', 'nj-Choices');
  list.setAttribute('role', 'radiogroup');
  const newestFirst = [...checkpoints].sort((a, b) => Date.parse(b.last_modified) - Date.parse(a.last_modified));
  const inputs = newestFirst.map(({ id, last_modified: time }, index) => {
    const { input, label } = choiceRow('checkpoint', index === 0, formatExact(Date.parse(time)));
    input.value = id;
    list.append(label);
    return input;
  });
  return openDialog<string>({
    title: 'Go back to a checkpoint',
    body: [text, list],
    buttons: [
      { label: 'Cancel', answer: () => '' },
      { label: 'Restore', look: 'primary', answer: () => inputs.find(({ checked }) => checked)?.value },
    ],
  }).then((id) => (id === '' ? null : id));
}

/** What is wrong with a name that another file has. A server that does not answer is told when the name is used. */
async function taken(services: Services, path: string): Promise<string | null> {
  try {
    await services.drive.look(path);
    return `There is already a file named ${baseName(path)}. Choose another name.`;
  } catch {
    return null;
  }
}

function withEnding(name: string): string {
  return name.endsWith('.ipynb') ? name : `${name}.ipynb`;
}
