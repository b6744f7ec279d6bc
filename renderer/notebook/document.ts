/**
 * The notebook as a document: loading it (from the draft or the server), saving it, taking it back.
 *
 * The context and the conflict check are JupyterLab's own. Added here: a draft is shown without waiting for the server,
 * the main process hears of every state that stands in the file, and edits made while a save is under way stay edits.
 */
import { Context } from '@jupyterlab/docregistry';
import { type INotebookModel, NotebookModel, NotebookModelFactory } from '@jupyterlab/notebook';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type * as nbformat from '@jupyterlab/nbformat';
import type { RenderMimeRegistry } from '@jupyterlab/rendermime';
import type { Contents } from '@jupyterlab/services';
import type { NotebookRestore } from '../../shared/ipc/contract.ts';
import { describeUnknown } from '../../shared/result.ts';
import { baseName } from '../common/format.ts';
import { withLateOutputs } from '../outputs/late-outputs.ts';
import { isRecord, plainJson } from './cells.ts';
import { DiskError } from './disk-drive.ts';
import { type Services, statusOf } from './services.ts';

/** A model that says when its whole content is replaced, so that this is not taken for edits. */
export class ReloadingModel extends NotebookModel {
  /** Runs around every replacement of the content. */
  aroundReload: (reload: () => void) => void = (reload) => reload();

  override fromJSON(value: nbformat.INotebookContent): void {
    this.aroundReload(() => withLateOutputs(() => super.fromJSON(value)));
  }
}

class ReloadingModelFactory extends NotebookModelFactory {
  created: ReloadingModel | null = null;

  override createNew(options: DocumentRegistry.IModelOptions<INotebookModel['sharedModel']> = {}): INotebookModel {
    const { languagePreference, sharedModel } = options;
    const model = new ReloadingModel({
      ...(languagePreference === undefined ? {} : { languagePreference }),
      ...(sharedModel === undefined ? {} : { sharedModel }),
      disableDocumentWideUndoRedo: this.disableDocumentWideUndoRedo,
    });
    this.created = model;
    return model;
  }
}

export interface NotebookDocument {
  readonly context: Context<INotebookModel>;
  readonly model: ReloadingModel;
}

export function createDocument(
  services: Services,
  path: string,
  resolver: RenderMimeRegistry.IUrlResolver,
): NotebookDocument {
  // The undo history of one notebook, as one expects of an editor with one document.
  const factory = new ReloadingModelFactory({ disableDocumentWideUndoRedo: true });
  const context = new Context<INotebookModel>({
    manager: services.manager,
    factory,
    path,
    kernelPreference: { shouldStart: true, canStart: true },
    urlResolverFactory: { createResolver: () => resolver },
  });
  const model = factory.created;
  if (model === null) {
    throw new Error('the context made no model');
  }
  return { context, model };
}

/** The draft in the shape in which the server would answer, with the version of the file it was begun from. */
export function draftContents(path: string, draft: NonNullable<NotebookRestore['draft']>): Contents.IModel {
  return {
    name: baseName(path),
    path,
    type: 'notebook',
    writable: true,
    created: '',
    last_modified: draft.baseLastModified ?? '',
    mimetype: '',
    format: 'json',
    content: draft.notebook,
  };
}

export type LoadFailure = { readonly isFinal: boolean; readonly title: string; readonly sentence: string };

/** Why the notebook could not be loaded, and whether asking again can help. */
export function describeLoadFailure(error: unknown, path: string): LoadFailure {
  if (error instanceof DiskError) {
    return { isFinal: true, title: 'The notebook cannot be opened', sentence: error.message };
  }
  const status = statusOf(error);
  if (status === 404) {
    return {
      isFinal: true,
      title: 'This notebook is not on the server',
      sentence: `There is no file ${path}. It may have been moved, renamed or deleted.`,
    };
  }
  if (status === 401 || status === 403) {
    return {
      isFinal: true,
      title: 'The server asks for a login',
      sentence: 'It does not accept the token that Nightjar has. Enter a new one in the Home window, then try again.',
    };
  }
  if (status !== null && status < 500) {
    return { isFinal: true, title: 'The notebook cannot be opened', sentence: describeUnknown(error) };
  }
  return {
    isFinal: false,
    title: 'The server is away',
    sentence: `${path} will open as soon as the server answers. Nightjar keeps trying.`,
  };
}

/** What was sent to the server by the save that is ending, as plain JSON; `null` when it sent nothing. */
export function savedContent(services: Services): Record<string, unknown> | null {
  const content = services.drive.takeLastSaved();
  return isRecord(content) ? content : null;
}

/** The notebook's content as plain JSON, apart from the notebook: to be merged, copied, or gone back to. */
export function baseContent(model: INotebookModel): Record<string, unknown> {
  return plainJson(model.sharedModel.toJSON());
}
