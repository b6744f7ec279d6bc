/**
 * JupyterLab's service managers over the tunnel, patient with a server that is away.
 *
 * The stock managers give up for good when the first request fails. Here "ready" for sessions means: asked until the
 * server answered, and answers are taken in their order (`kernel-order.ts`). The contents drive hands out the notebook
 * that the window already holds (a draft, or a file loaded ahead), and knows which version on the server another window
 * of ours has saved.
 */
import {
  type Contents,
  ContentsManager,
  Drive,
  KernelManager,
  KernelSpecManager,
  ServerConnection,
  ServiceManager,
  SessionAPI,
  SessionManager,
} from '@jupyterlab/services';
import { orderedClients } from './kernel-order.ts';

/** Between two questions to a server that did not answer. The link itself reconnects faster, in the main process. */
const retryIntervalMs = 2_000;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when the next frame is about to be drawn: never, where nobody sees the window. */
export function nextFrame(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

class PatientSessionManager extends SessionManager {
  readonly #answered: Promise<void>;

  constructor(options: SessionManager.IOptions, specs: KernelSpecManager) {
    super(options);
    this.#answered = this.#untilAnswered(specs);
  }

  override get ready(): Promise<void> {
    return this.#answered;
  }

  async #untilAnswered(specs: KernelSpecManager): Promise<void> {
    while (!this.isDisposed) {
      try {
        // A refresh does not say whether it failed, so the question is asked directly first.
        await SessionAPI.listRunning(this.serverSettings);
        if (specs.specs === null) {
          await specs.refreshSpecs();
        }
        if (specs.specs !== null) {
          return;
        }
      } catch {
        // Away: asked again below.
      }
      await pause(retryIntervalMs);
    }
  }
}

/** The stock manager is ready when kernels and specs were listed. A notebook can be shown before that. */
class EagerServiceManager extends ServiceManager {
  override get ready(): Promise<void> {
    return Promise.resolve();
  }
}

/** A version of the file on the server. Servers before 2.11 give no hash. */
export interface FileVersion {
  readonly last_modified: string;
  readonly hash?: string | null | undefined;
}

/**
 * A save that did not happen. JupyterLab shows a dialog for every failure but those of this name, which it takes for a
 * decision of the person; Nightjar says in its own words what happened, and an autosave says nothing.
 */
export class SaveStopped extends Error {
  override readonly name = 'ModalCancelError';

  constructor(
    readonly reason: 'changed-elsewhere' | 'failed',
    cause: unknown,
  ) {
    super('The notebook was not saved.', { cause });
  }
}

/** The server did not keep what was saved (`NotebookDrive.save`). */
export class SaveLost extends Error {}

/** A save that the server lost so many times in a row is left to the next one. */
const writesMax = 3;

/** A file that is empty after a save is looked at so often; one that stays empty is no place for what was saved. */
const emptyLooksMax = 40;
const emptyLookIntervalMs = 250;

/** File systems round times differently; between writing a file and looking at it again JupyterLab allows this much. */
const timeMarginMs = 500;

export class NotebookDrive extends Drive {
  /** Answers the next read of the notebook's content instead of the server. */
  #held: Contents.IModel | null = null;
  /** The version that JupyterLab's context believes to be on the server. */
  #known: FileVersion | null = null;
  /** The version on the server that this window's content already contains. */
  #accepted: FileVersion | null = null;
  /** The version that the next save replaces, as it was looked at before it; `null` where there was no file. */
  #replaced: FileVersion | null = null;
  /** What was seen of the file after the save that was just made. */
  #seenAfter: Contents.IModel | null = null;
  /** Looks at the version that pass whatever they show. */
  #excusedLooks = 0;
  /** What was last sent to be saved. */
  #lastSaved: Contents.IModel['content'] = null;

  hold(model: Contents.IModel): void {
    this.#held = model;
  }

  /** The window's content contains this version of the file: the next save may replace it. */
  accept(version: FileVersion): void {
    this.#accepted = { last_modified: version.last_modified, ...(version.hash ? { hash: version.hash } : {}) };
  }

  /**
   * The next save passes whatever version the server tells, before and after it. For servers that give another time at
   * every look: that the content is the accepted one was seen a moment ago.
   */
  acceptNext(): void {
    this.#excusedLooks = 2;
  }

  get accepted(): FileVersion | null {
    return this.#accepted;
  }

  /** The content of the last save, once. */
  takeLastSaved(): unknown {
    const content: unknown = this.#lastSaved;
    this.#lastSaved = null;
    return content;
  }

  /** Reads past what is held. */
  fetchNotebook(path: string): Promise<Contents.IModel> {
    return this.read(path, { type: 'notebook', format: 'json', content: true, hash: true });
  }

  /** Whether the file on the server is the one that this window has taken in, another, or gone. */
  async lookElsewhere(path: string): Promise<'same' | 'changed' | 'gone'> {
    try {
      return this.#isAccepted(await this.read(path, { content: false, hash: true })) ? 'same' : 'changed';
    } catch (error) {
      if (statusOf(error) === 404) return 'gone';
      throw error;
    }
  }

  override async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    if (options?.content === false) {
      const seenAfter = this.#seenAfter;
      this.#seenAfter = null;
      if (seenAfter !== null) return this.#checked(seenAfter, true);
      this.#replaced = null;
      const model = await stopOnFailure(this.read(path, options), [404]);
      this.#replaced = model;
      return this.#checked(model, false);
    }
    const held = this.#held;
    this.#held = null;
    const model = held ?? (await this.read(path, options));
    this.#known = model;
    this.accept(model);
    return model;
  }

  override async save(
    path: string,
    options?: Partial<Contents.IModel> & Contents.IContentProvisionOptions,
  ): Promise<Contents.IModel> {
    const { written, seen } = await stopOnFailure(this.#writeUntilThere(path, options));
    this.#lastSaved = options?.content ?? null;
    this.#seenAfter = seen;
    return written;
  }

  /**
   * Writes, and looks whether the file is there. A stock server (jupyter_server 2) does not guard a file that it writes
   * from being read: the reader's request finds half a notebook, takes it for a broken one and puts the backup of the
   * writer in its place. What was saved is then in `<name>.invalid`, and under the name is nothing, or the version from
   * before; the writer is told that its save failed, or that all is well.
   */
  async #writeUntilThere(
    path: string,
    options?: Partial<Contents.IModel> & Contents.IContentProvisionOptions,
  ): Promise<{ written: Contents.IModel; seen: Contents.IModel }> {
    const replaced = this.#replaced;
    for (let count = 1; ; count += 1) {
      if (count > 1) await this.#stopIfWritten(path, replaced);
      let lost: unknown = new SaveLost();
      try {
        const written = await this.write(path, options);
        // Whatever becomes of the look: what was written is no change made elsewhere.
        this.accept(written);
        const seen = await this.#lookAfter(path);
        if (seen.size === 0) throw lost;
        const isBack = isSameVersion(replaced, seen) && (await this.wasPutAside(path, replaced));
        if (!isBack) return { written, seen };
      } catch (error) {
        const mayBeLost = [404, 500].includes(statusOf(error) ?? 0);
        if (!mayBeLost || !(await this.wasPutAside(path, replaced))) throw error;
        lost = error;
      }
      if (count >= writesMax) throw lost;
    }
  }

  /** Before a save is written again: somebody else may have saved meanwhile. */
  async #stopIfWritten(path: string, replaced: FileVersion | null): Promise<void> {
    try {
      const seen = await this.read(path, { content: false, hash: true });
      if (isSameVersion(replaced, seen)) return;
    } catch (error) {
      if (statusOf(error) === 404) return;
      throw error;
    }
    throw new SaveStopped('changed-elsewhere', null);
  }

  /** Looks at the file; where it is empty, somebody else writes it at the moment. */
  async #lookAfter(path: string): Promise<Contents.IModel> {
    for (let looks = 1; ; looks += 1) {
      const seen = await this.read(path, { content: false, hash: true });
      if (seen.size !== 0 || looks >= emptyLooksMax) return seen;
      await pause(emptyLookIntervalMs);
    }
  }

  /** Whether the server took what was written after `replaced` for a broken file and moved it out of the way. */
  protected async wasPutAside(path: string, replaced: FileVersion | null): Promise<boolean> {
    if (replaced === null) return false;
    try {
      const aside = await this.read(`${path}.invalid`, { content: false });
      return Date.parse(aside.last_modified) >= Date.parse(replaced.last_modified);
    } catch {
      return false;
    }
  }

  /** Where the notebook is read from and written to: the server, unless a drive of another kind says otherwise. */
  protected read(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    return super.get(path, options);
  }

  protected write(
    path: string,
    options?: Partial<Contents.IModel> & Contents.IContentProvisionOptions,
  ): Promise<Contents.IModel> {
    return super.save(path, options);
  }

  /** JupyterLab asks for the version before it saves, to find changes made elsewhere, and again afterwards. */
  #checked(model: Contents.IModel, isAfterSave: boolean): Contents.IModel {
    const isExcused = this.#excusedLooks > 0;
    this.#excusedLooks = Math.max(0, this.#excusedLooks - 1);
    if (!isExcused && !this.#isAccepted(model, isAfterSave ? timeMarginMs : 0)) {
      throw new SaveStopped('changed-elsewhere', null);
    }
    if (isAfterSave) {
      this.#known = model;
      this.accept(model);
    }
    return { ...model, ...(this.#known === null ? {} : versionOf(this.#known)) };
  }

  #isAccepted(model: Contents.IModel, marginMs = 0): boolean {
    const accepted = this.#accepted;
    if (accepted === null) return false;
    if (accepted.hash && model.hash) return accepted.hash === model.hash;
    if (accepted.last_modified === model.last_modified) return true;
    const apartMs = Math.abs(Date.parse(accepted.last_modified) - Date.parse(model.last_modified));
    return marginMs > 0 && apartMs <= marginMs;
  }

  /**
   * JupyterLab asks for checkpoints before it starts a kernel, and makes one when there is none. Nightjar makes them
   * when the person saves, so that opening waits for nothing.
   */
  override async listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return [{ id: 'on-save', last_modified: '' }];
  }

  /** What the server knows of a file, without its content. */
  look(path: string): Promise<Contents.IModel> {
    return super.get(path, { content: false });
  }

  /** Writes another file, past everything that belongs to this one. */
  async saveCopy(path: string, content: Record<string, unknown>): Promise<void> {
    await super.save(path, { type: 'notebook', format: 'json', content });
  }

  /** The checkpoints that are really there. */
  checkpointsOnServer(path: string): Promise<Contents.ICheckpointModel[]> {
    return super.listCheckpoints(path);
  }
}

/** The HTTP status of a server's refusal. `null`: it did not answer at all. */
export function statusOf(error: unknown): number | null {
  return error instanceof ServerConnection.ResponseError ? error.response.status : null;
}

async function stopOnFailure<Value>(asked: Promise<Value>, expected: readonly number[] = []): Promise<Value> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SaveStopped || expected.includes(statusOf(error) ?? 0)) throw error;
    throw new SaveStopped('failed', error);
  }
}

/** The server's backup keeps the time of what it is a copy of; a write that arrived has another. */
function isSameVersion(a: FileVersion | null, b: FileVersion): boolean {
  const isSameContent = a?.hash && b.hash ? a.hash === b.hash : true;
  return a !== null && isSameContent && a.last_modified === b.last_modified;
}

function versionOf(version: FileVersion): Partial<Contents.IModel> {
  return {
    last_modified: version.last_modified,
    ...(version.hash ? { hash: version.hash } : {}),
  };
}

export interface Services {
  readonly manager: ServiceManager;
  readonly drive: NotebookDrive;
}

export function createServices(
  serverSettings: ServerConnection.ISettings,
  drive: NotebookDrive = new NotebookDrive({ serverSettings }),
): Services {
  // Never on standby: a hidden window is still the window in which a computation runs.
  const common = { serverSettings, standby: 'never' } as const;
  const contents = new ContentsManager({ serverSettings, defaultDrive: drive });
  const kernelspecs = new KernelSpecManager(common);
  const { kernelAPIClient, sessionAPIClient } = orderedClients(serverSettings);
  const kernels = new KernelManager({ ...common, kernelAPIClient });
  const sessions = new PatientSessionManager({ ...common, sessionAPIClient, kernelManager: kernels }, kernelspecs);
  return { drive, manager: new EagerServiceManager({ ...common, contents, kernels, sessions, kernelspecs }) };
}
