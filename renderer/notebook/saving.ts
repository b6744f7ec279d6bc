/**
 * Saving, and keeping the main process informed of what stands in the file.
 *
 * A save is JupyterLab's, with its check for changes made elsewhere. What is sent to the main process afterwards is
 * the very content that went to the server, with the executions whose outputs were complete when it was taken.
 */
import { invoke, listen } from '../common/bridge.ts';
import { isRecord } from './cells.ts';
import { baseContent, type NotebookDocument, savedContent } from './document.ts';
import { type Drafts, kernelKeys } from './drafts.ts';
import type { CellExecution, Executions } from './executions.ts';
import type { Services } from './services.ts';

export interface SavingParts {
  readonly document: NotebookDocument;
  readonly services: Services;
  readonly drafts: Drafts;
  readonly executions: Executions;
  report(sentence: string): void;
}

export class Saving {
  readonly #parts: SavingParts;
  #underWay: { readonly complete: CellExecution[]; readonly end: ReturnType<Drafts['beginSave']> } | null = null;

  constructor(parts: SavingParts) {
    this.#parts = parts;
  }

  /** Begins to follow saves and reloads. Called when the notebook is loaded. */
  start(): void {
    const { document: notebook, drafts, executions, services } = this.#parts;
    const { context, model } = notebook;
    context.saveState.connect((_context, state) => {
      if (state === 'started') {
        // JupyterLab takes the content in the same turn: what changes later is not in the file.
        this.#underWay = { complete: executions.complete(), end: drafts.beginSave() };
      } else if (state === 'completed') {
        void this.#completed();
      } else {
        this.#underWay = null;
        drafts.abandonSave();
      }
    });
    model.aroundReload = (reload) => {
      drafts.applying(reload);
      drafts.restart();
      queueMicrotask(() => {
        void invoke('notebook.discardDraft', { path: context.path });
        void this.tellBase('loaded', baseContent(model), []);
        model.dirty = false;
      });
    };
    model.metadataChanged.connect((_model, { key, oldValue, newValue }) => {
      // JupyterLab writes down what the kernel said about itself. Opening a notebook is no edit of it.
      const isSameKernel = key !== 'kernelspec' || nameOf(oldValue) === nameOf(newValue);
      if (kernelKeys.has(key) && isSameKernel && drafts.isPristine) {
        queueMicrotask(() => {
          model.dirty = !drafts.isPristine;
        });
      }
    });
    listen('notebook.saved', ({ path, lastModified }) => {
      if (path === context.path) {
        services.drive.adoptVersion(lastModified);
        if (!drafts.hasPending) {
          drafts.restart();
          model.dirty = false;
        }
      }
    });
    const flush = (): void => void drafts.flush();
    window.addEventListener('beforeunload', flush);
    window.addEventListener('pagehide', flush);
  }

  /** Saves. Failures are shown by JupyterLab's dialog; the edits stay, and stay drafted. */
  async save(): Promise<void> {
    const { context } = this.#parts.document;
    try {
      await context.save();
    } catch {
      this.#underWay = null;
      this.#parts.drafts.abandonSave();
      return;
    }
    // A server without room for checkpoints has saved the notebook all the same.
    await context.createCheckpoint().catch(() => undefined);
  }

  async tellBase(
    reason: 'loaded' | 'saved',
    notebook: Record<string, unknown>,
    savedExecutions: string[],
  ): Promise<void> {
    const { context } = this.#parts.document;
    const lastModified = context.contentsModel?.last_modified ?? null;
    const { path } = context;
    const told = await invoke('notebook.base', { path, reason, notebook, lastModified, savedExecutions });
    if (!told.ok) {
      this.#parts.report(told.problem.sentence);
    }
  }

  async #completed(): Promise<void> {
    const { document: notebook, services, drafts } = this.#parts;
    const underWay = this.#underWay;
    this.#underWay = null;
    const content = savedContent(services);
    if (underWay === null || content === null) {
      // The person chose the version on the server: the reload has told it already.
      return;
    }
    const hasEdits = underWay.end(underWay.complete);
    if (hasEdits) {
      notebook.model.dirty = true;
    }
    await this.tellBase(
      'saved',
      content,
      underWay.complete.map(({ msgId }) => msgId),
    );
    if (hasEdits) {
      await drafts.flush();
    }
  }
}

function nameOf(spec: unknown): unknown {
  return isRecord(spec) ? spec['name'] : undefined;
}
