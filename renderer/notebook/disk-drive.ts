/**
 * The drive of a notebook that is a file of this computer: the main process reads and writes it, everything else
 * (kernel, journal, drafts, merging) is as for a notebook on the server.
 */
import type { Contents, ServerConnection } from '@jupyterlab/services';
import type { Problem } from '../../shared/result.ts';
import { invoke } from '../common/bridge.ts';
import { baseName } from '../common/format.ts';
import { NotebookDrive } from './services.ts';

/** What the main process said, as an error that the window's other parts can show. */
export class DiskError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.sentence);
  }
}

export class DiskDrive extends NotebookDrive {
  constructor(serverSettings: ServerConnection.ISettings) {
    super({ serverSettings });
  }

  protected override async read(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    if (options?.content === false) {
      const looked = await invoke('disk.look', { path });
      // A file that is gone is written anew by the next save, as JupyterLab does on a server.
      if (!looked.ok && looked.problem.kind === 'missing' && this.accepted !== null) {
        const { last_modified: lastModified, hash } = this.accepted;
        return modelOf(path, { lastModified, hash: hash ?? '' }, null);
      }
      if (!looked.ok) throw new DiskError(looked.problem);
      return modelOf(path, looked.value, null);
    }
    const read = await invoke('disk.read', { path });
    if (!read.ok) throw new DiskError(read.problem);
    return modelOf(path, read.value, read.value.notebook);
  }

  protected override async write(
    path: string,
    options?: Partial<Contents.IModel> & Contents.IContentProvisionOptions,
  ): Promise<Contents.IModel> {
    const content: unknown = JSON.parse(JSON.stringify(options?.content ?? null));
    const written = await invoke('disk.write', { path, notebook: isNotebook(content) ? content : {} });
    if (!written.ok) throw new DiskError(written.problem);
    return modelOf(path, written.value, null);
  }

  /** No server stands between. */
  protected override async wasPutAside(): Promise<boolean> {
    return false;
  }

  /** Checkpoints are the server's. */
  override async createCheckpoint(): Promise<Contents.ICheckpointModel> {
    return { id: 'none', last_modified: '' };
  }

  override async checkpointsOnServer(): Promise<Contents.ICheckpointModel[]> {
    return [];
  }
}

function isNotebook(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function modelOf(path: string, version: { lastModified: string; hash: string }, content: unknown): Contents.IModel {
  return {
    name: baseName(path),
    path,
    type: 'notebook',
    writable: true,
    created: version.lastModified,
    last_modified: version.lastModified,
    hash: version.hash,
    hash_algorithm: 'sha256',
    mimetype: '',
    format: 'json',
    content,
  };
}
