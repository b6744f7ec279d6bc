/**
 * JupyterLab's service managers over the tunnel, patient with a server that is away.
 *
 * The stock managers give up for good when the first request fails. Here "ready" for sessions means: asked until the
 * server answered. The contents drive hands out the notebook that the window already holds (a draft, or a file loaded
 * ahead), and knows which version on the server another window of ours has saved.
 */
import {
  type Contents,
  ContentsManager,
  Drive,
  KernelManager,
  KernelSpecManager,
  type ServerConnection,
  ServiceManager,
  SessionAPI,
  SessionManager,
} from '@jupyterlab/services';

/** Between two questions to a server that did not answer. The link itself reconnects faster, in the main process. */
const retryIntervalMs = 2_000;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
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

export class NotebookDrive extends Drive {
  /** Answers the next read of the notebook's content instead of the server. */
  #held: Contents.IModel | null = null;
  /** `last_modified` and `hash` under which the notebook is known here. */
  #known: Contents.IModel | null = null;
  /** A version that another window of ours saved: the same content as here. */
  #siblingLastModified: string | null = null;
  /** What was last sent to be saved. */
  #lastSaved: Contents.IModel['content'] = null;

  hold(model: Contents.IModel): void {
    this.#held = model;
  }

  adoptVersion(lastModified: string | null): void {
    this.#siblingLastModified = lastModified;
  }

  /** The content of the last save, once. */
  takeLastSaved(): unknown {
    const content: unknown = this.#lastSaved;
    this.#lastSaved = null;
    return content;
  }

  /** Reads past what is held. */
  fetchNotebook(path: string): Promise<Contents.IModel> {
    return super.get(path, { type: 'notebook', format: 'json', content: true, hash: true });
  }

  override async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    if (options?.content === false) {
      const model = await super.get(path, options);
      const isSiblings = this.#siblingLastModified !== null && model.last_modified === this.#siblingLastModified;
      // JupyterLab asks this before it saves, to find changes made elsewhere. A sibling's save is none.
      return isSiblings && this.#known !== null ? { ...model, ...versionOf(this.#known) } : model;
    }
    const held = this.#held;
    this.#held = null;
    const model = held ?? (await super.get(path, options));
    this.#known = model;
    this.#siblingLastModified = null;
    return model;
  }

  override async save(
    path: string,
    options?: Partial<Contents.IModel> & Contents.IContentProvisionOptions,
  ): Promise<Contents.IModel> {
    const model = await super.save(path, options);
    this.#lastSaved = options?.content ?? null;
    this.#known = model;
    this.#siblingLastModified = null;
    return model;
  }

  /**
   * JupyterLab asks for checkpoints before it starts a kernel, and makes one when there is none. Nightjar makes them
   * when the person saves, so that opening waits for nothing.
   */
  override async listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return [{ id: 'on-save', last_modified: '' }];
  }
}

function versionOf(model: Contents.IModel): Partial<Contents.IModel> {
  return {
    last_modified: model.last_modified,
    ...(model.hash === undefined ? {} : { hash: model.hash }),
  };
}

export interface Services {
  readonly manager: ServiceManager;
  readonly drive: NotebookDrive;
}

export function createServices(serverSettings: ServerConnection.ISettings): Services {
  // Never on standby: a hidden window is still the window in which a computation runs.
  const common = { serverSettings, standby: 'never' } as const;
  const drive = new NotebookDrive({ serverSettings });
  const contents = new ContentsManager({ serverSettings, defaultDrive: drive });
  const kernelspecs = new KernelSpecManager(common);
  const kernels = new KernelManager(common);
  const sessions = new PatientSessionManager({ ...common, kernelManager: kernels }, kernelspecs);
  return { drive, manager: new EagerServiceManager({ ...common, contents, kernels, sessions, kernelspecs }) };
}
