/**
 * Saving, and keeping the main process informed of what stands in the file.
 *
 * A save never overwrites what somebody else wrote: when the file on the server is not the one this notebook began
 * from, the two are merged by cell, and the person decides what both sides changed. Until a save has arrived, the edits
 * are kept as a draft. What the main process is told afterwards is the very content that went to the server, with the
 * executions whose outputs were complete when it was taken.
 */
import { mergeNotebooks, type NotebookMerge, resolveMerge } from '../../shared/notebook-merge/merge.ts';
import type { JsonObject } from '../../shared/outputs/json.ts';
import { describeUnknown } from '../../shared/result.ts';
import { invoke, listen } from '../common/bridge.ts';
import { applyNotebook } from './apply-merge.ts';
import { isRecord } from './cells.ts';
import { baseContent, type NotebookDocument, savedContent } from './document.ts';
import { DiskError } from './disk-drive.ts';
import { type Drafts, kernelKeys } from './drafts.ts';
import type { CellExecution, Executions } from './executions.ts';
import type { Banner } from './frame.ts';
import { type Decision, isDecided, metadataSide } from './merge-review.ts';
import { type FileVersion, pause, SaveLost, SaveStopped, type Services, statusOf } from './services.ts';
import { describeSaveFailure, describeTaken, saveLostText } from './saving-text.ts';

/** Somebody may save between our merge and our save; after so many times in a row it is left to the person. */
const mergesMax = 3;

/** A file that is still not there after this long was not just being replaced. */
const goneForMs = 1_500;

export interface SavingParts {
  readonly document: NotebookDocument;
  readonly services: Services;
  readonly drafts: Drafts;
  readonly executions: Executions;
  notify(banner: Banner | null): void;
  /** Takes a banner away if it is still there. */
  unsay(banner: Banner): void;
  /** Lets the person decide; `null` when they put it off. */
  decide(merge: NotebookMerge): Promise<Decision | null>;
}

/** Who wants the save: a person waits for an answer, the clock does not. */
export type SaveMode = 'asked' | 'auto';

/** `saved`; `waiting`: conflicts are to be decided first; `away`: no answer; `failed`: refused. */
export type SaveOutcome = 'saved' | 'waiting' | 'away' | 'failed';

interface Theirs {
  readonly content: JsonObject;
  readonly version: FileVersion;
}

export class Saving {
  readonly #parts: SavingParts;
  #underWay: { readonly complete: CellExecution[]; readonly end: ReturnType<Drafts['beginSave']> } | null = null;
  #running: Promise<SaveOutcome> | null = null;
  /** What is said about edits that did not arrive; a save that does takes it back. */
  #unsaved: Banner | null = null;
  #isOwed = false;
  /** What was said when the file was found gone. */
  #gone: Banner | null = null;

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
        this.#abandon();
      }
    });
    model.aroundReload = (reload) => {
      drafts.applying(reload);
      drafts.restart();
      queueMicrotask(() => {
        void invoke('notebook.discardDraft', { path: context.path });
        void this.tellBase('loaded', model.sharedModel.toJSON(), []);
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
        // The other window has this window's edits as well: its file is what stands here.
        if (lastModified !== null) services.drive.accept({ last_modified: lastModified });
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

  /** A save found the server away: it is still to be done. */
  get isOwed(): boolean {
    return this.#isOwed;
  }

  /** Saves. The edits stay, and stay drafted, until the file on the server has them. */
  save(mode: SaveMode = 'asked'): Promise<SaveOutcome> {
    const before = this.#running ?? Promise.resolve<SaveOutcome>('saved');
    const isWaitingAlready = this.#running !== null && mode === 'auto';
    if (isWaitingAlready) return before;
    const running = before
      .then(async () => {
        const outcome = await this.#save(mode);
        this.#isOwed = outcome === 'away';
        if (outcome === 'saved') this.#unsayGone();
        if (outcome === 'saved' && this.#unsaved !== null) {
          this.#parts.unsay(this.#unsaved);
          this.#unsaved = null;
        }
        return outcome;
      })
      .finally(() => {
        if (this.#running === running) this.#running = null;
      });
    this.#running = running;
    return running;
  }

  async #save(mode: SaveMode): Promise<SaveOutcome> {
    const { document: notebook, services } = this.#parts;
    const { context } = notebook;
    let seen: string | null = null;
    for (let attempt = 0; attempt < mergesMax; attempt += 1) {
      try {
        await context.save();
        // A server without room for checkpoints has saved the notebook all the same. An autosave makes none, so that
        // the last one stays the person's own.
        if (mode === 'asked') await context.createCheckpoint().catch(() => undefined);
        return 'saved';
      } catch (error) {
        this.#abandon();
        if (!(error instanceof SaveStopped) || error.reason === 'failed') {
          return this.#failed(error instanceof SaveStopped ? error.cause : error, mode);
        }
      }
      try {
        const theirs = await this.#fetch();
        const merged = await this.#mergeIn(theirs, mode);
        if (!merged) return 'waiting';
        services.drive.accept(theirs.version);
        const text = JSON.stringify(theirs.content);
        // Another version with the same content, twice: the server's times mean nothing.
        if (text === seen) services.drive.acceptNext();
        seen = text;
      } catch (error) {
        return this.#failed(error, mode);
      }
    }
    this.#tellUnsaved({
      tone: 'warning',
      text: 'The notebook keeps changing on the server, so it was not saved. Your edits are kept on this computer; save again in a moment.',
    });
    return 'waiting';
  }

  #tellUnsaved(banner: Banner): void {
    this.#unsaved = banner;
    this.#parts.notify(banner);
  }

  /** A file that is replaced by another can be gone for a moment; and a server that is gone knows of no file. */
  async #staysGone(path: string): Promise<boolean> {
    const { drive } = this.#parts.services;
    await pause(goneForMs);
    await drive.look('');
    return (await drive.lookElsewhere(path)) === 'gone';
  }

  /** Once: who moved the file away on purpose is not told at every look. */
  #tellGone(): void {
    if (this.#gone !== null) return;
    this.#gone = {
      tone: 'warning',
      text: 'The file of this notebook is no longer on the server: it was moved, renamed or deleted there. What you see here is whole; saving writes the file again.',
      action: { label: 'Save Again', run: () => void this.save('asked') },
    };
    this.#parts.notify(this.#gone);
  }

  #unsayGone(): void {
    if (this.#gone !== null) this.#parts.unsay(this.#gone);
    this.#gone = null;
  }

  #failed(cause: unknown, mode: SaveMode): SaveOutcome {
    if (cause instanceof DiskError) {
      this.#tellUnsaved({ tone: 'error', text: `${cause.message} Your edits are kept by Nightjar.` });
      return 'failed';
    }
    if (cause instanceof SaveLost) {
      this.#tellUnsaved({ tone: 'error', text: saveLostText });
      return 'failed';
    }
    const status = statusOf(cause);
    const isAway = status === null || status >= 500;
    // A server that is away is told by the status bar; the edits are drafted and saved when it is back.
    if (mode === 'asked' || !isAway) {
      this.#tellUnsaved({ tone: 'error', text: describeSaveFailure(status, describeUnknown(cause)) });
    }
    return isAway ? 'away' : 'failed';
  }

  /**
   * Takes in what was changed on the server, when nothing is unsaved here, and tells when the file is gone there. Quiet
   * when there is nothing, or no answer.
   */
  async takeOver(): Promise<void> {
    const { document: notebook, services, drafts, notify } = this.#parts;
    const { context, model } = notebook;
    const isAtRest = (): boolean => !model.dirty && this.#running === null && !context.isDisposed;
    try {
      if (!isAtRest()) return;
      const { path } = context;
      const found = await services.drive.lookElsewhere(path);
      const isGone = found === 'gone' && (await this.#staysGone(path));
      if (isGone && isAtRest() && context.path === path) this.#tellGone();
      if (found !== 'gone') this.#unsayGone();
      if (found !== 'changed') return;
      const theirs = await this.#fetch();
      await drafts.flush();
      // What was typed while the server was asked is merged by the next save; here it would count as the file's.
      if (!isAtRest()) return;
      const mine = baseContent(model);
      const merge = mergeNotebooks({ base: mine, mine, theirs: theirs.content });
      drafts.applying(() => applyNotebook(model, mine, resolveMerge(merge, new Map(), 'mine', newCellId)));
      services.drive.accept(theirs.version);
      drafts.restart();
      model.dirty = false;
      await this.tellBase('loaded', model.sharedModel.toJSON(), []);
      const text = describeTaken(merge.taken, 'shown');
      if (text !== null) notify({ tone: 'info', text });
    } catch {
      // Away: a save will say so.
    }
  }

  /**
   * Goes back to a checkpoint of the server. Answers what takes that back: the notebook as it was, as unsaved edits.
   */
  async restoreCheckpoint(checkpointId: string): Promise<() => void> {
    const { document: notebook, services } = this.#parts;
    const { context, model } = notebook;
    const before = baseContent(model);
    await services.drive.restoreCheckpoint(context.path, checkpointId);
    const theirs = await this.#fetch();
    services.drive.accept(theirs.version);
    this.#become(theirs.content);
    await this.save('auto');
    return () => this.#become(before);
  }

  /** Brings the notebook to another content by edits. */
  #become(content: JsonObject): void {
    const { model } = this.#parts.document;
    const mine = baseContent(model);
    const merge = mergeNotebooks({ base: mine, mine, theirs: content });
    applyNotebook(model, mine, resolveMerge(merge, new Map(), 'mine', newCellId), (cellId) =>
      this.#parts.drafts.setInline(cellId),
    );
  }

  async #fetch(): Promise<Theirs> {
    const { document: notebook, services } = this.#parts;
    const model = await services.drive.fetchNotebook(notebook.context.path);
    const content: unknown = model.content;
    if (!isRecord(content)) throw new Error('the server sent no notebook');
    return { content, version: { last_modified: model.last_modified, hash: model.hash } };
  }

  /** Merges the file on the server into this notebook. False when the person has to decide and has not. */
  async #mergeIn(theirs: Theirs, mode: SaveMode): Promise<boolean> {
    const { document: notebook, drafts, notify, decide } = this.#parts;
    const { context, model } = notebook;
    const known = await invoke('notebook.readBase', { path: context.path });
    const base = known.ok ? known.value : null;
    let decision: Decision = new Map();
    for (;;) {
      const mine = baseContent(model);
      const merge = mergeNotebooks({ base, mine, theirs: theirs.content });
      if (isDecided(merge, decision)) {
        applyNotebook(model, mine, resolveMerge(merge, decision, metadataSide(decision), newCellId), (cellId) =>
          drafts.setInline(cellId),
        );
        const text = describeTaken(merge.taken, 'merged');
        if (text !== null) notify({ tone: 'info', text });
        return true;
      }
      if (mode === 'auto') {
        this.#offerReview(merge);
        return false;
      }
      // While the person decides, cells may run: what they change is merged, and asked about if need be.
      const decided = await decide(merge);
      if (decided === null) {
        this.#offerReview(merge);
        return false;
      }
      decision = decided;
      notify(null);
    }
  }

  #offerReview(merge: NotebookMerge): void {
    const count = merge.conflicts.length + (merge.metadataConflicts.length > 0 ? 1 : 0);
    const what = count === 1 ? 'One change needs' : `${count} changes need`;
    this.#parts.notify({
      tone: 'warning',
      text: `This notebook was also changed on the server. ${what} your decision before it can be saved. Your edits are kept on this computer.`,
      action: { label: 'Review…', run: () => void this.save('asked') },
    });
  }

  #abandon(): void {
    this.#underWay = null;
    this.#parts.drafts.abandonSave();
  }

  /** Tells what drafts begin from, as it is at this moment. */
  async tellBase(reason: 'loaded' | 'saved', content: object, savedExecutions: string[]): Promise<void> {
    const { document, services, notify } = this.#parts;
    const { path } = document.context;
    const lastModified = services.drive.accepted?.last_modified ?? null;
    const notebook = JSON.stringify(content);
    const told = await invoke('notebook.base', { path, reason, notebook, lastModified, savedExecutions });
    if (!told.ok) {
      notify({ tone: 'error', text: told.problem.sentence });
    }
  }

  async #completed(): Promise<void> {
    const { document: notebook, services, drafts } = this.#parts;
    const underWay = this.#underWay;
    this.#underWay = null;
    const content = savedContent(services);
    if (underWay === null || content === null) {
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

function newCellId(): string {
  return crypto.randomUUID();
}

function nameOf(spec: unknown): unknown {
  return isRecord(spec) ? spec['name'] : undefined;
}
