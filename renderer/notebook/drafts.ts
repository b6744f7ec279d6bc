/**
 * Hands unsaved edits to the main process within `draftDelayMs` of the keystroke.
 *
 * The model's signals say which cells changed, so that a keystroke in a notebook of 2,000 cells costs one cell. Outputs
 * never travel with a draft: it says where they come from (the file, an execution in the journal, nowhere), and only
 * outputs that stand nowhere else (pasted cells) are sent along.
 */
import { type ICellModel, isCodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { DraftCell, DraftChange } from '../../shared/ipc/contract.ts';
import { draftDelayMs } from '../../shared/limits.ts';
import { cellMetadata, cellTypeOf, plainJson } from './cells.ts';

type Origin = { readonly from: 'base' | 'cleared' | 'inline' } | { readonly from: 'execution'; readonly msgId: string };

/** Written by JupyterLab when a kernel connects: no edit of a person, and nothing to bring back. */
export const kernelKeys: ReadonlySet<string> = new Set(['kernelspec', 'language_info']);

/** Sends a change. Answers whether it arrived; one that did not is sent again with the next. */
export type SendDraft = (change: DraftChange) => Promise<boolean>;

export class Drafts {
  readonly #model: INotebookModel;
  readonly #send: SendDraft;
  readonly #watched = new WeakSet<ICellModel>();
  readonly #origins = new Map<string, Origin>();
  readonly #dirty = new Set<string>();
  /** Cells whose outputs were cleared, by a person or because they run again: what follows tells which. */
  readonly #cleared = new Set<string>();
  readonly #lastSent = new Map<string, string>();
  #frameDirty = false;
  #lastFrame = '';
  #timer: ReturnType<typeof setTimeout> | null = null;
  #applying = false;
  #isPristine = true;
  /** Cells that changed since the content was taken for the save that is under way. */
  #touchedSinceSave: Set<string> | null = null;

  constructor(model: INotebookModel, send: SendDraft) {
    this.#model = model;
    this.#send = send;
  }

  /** Begins to follow the model as it is now: it equals what the main process knows. */
  start(origins: 'base' | 'inline', executions: readonly { cellId: string; msgId: string }[]): void {
    for (const cell of this.#model.cells) {
      this.#origins.set(cell.id, { from: origins });
      this.#watch(cell);
    }
    for (const { cellId, msgId } of executions) {
      this.#origins.set(cellId, { from: 'execution', msgId });
    }
    this.#lastFrame = this.#frame();
    // A draft that was brought back differs from its file.
    this.#isPristine = origins === 'base';
    this.#model.cells.changed.connect((_list, change) => {
      for (const cell of change.newValues) {
        this.#add(cell);
      }
      this.#markFrame();
    });
    this.#model.metadataChanged.connect((_model, { key }) => {
      if (!kernelKeys.has(key)) this.#markFrame();
    });
  }

  /** Nothing was edited and nothing run since the notebook equalled its file. */
  get isPristine(): boolean {
    return this.#isPristine;
  }

  get hasPending(): boolean {
    return this.#frameDirty || this.#dirty.size > 0 || this.#cleared.size > 0;
  }

  /** The cell's outputs come from this execution from now on. */
  setExecution(cellId: string, msgId: string): void {
    this.#origins.set(cellId, { from: 'execution', msgId });
    this.#cleared.delete(cellId);
    this.#isPristine = false;
  }

  /** The cell's outputs were replaced by others that stand in no execution: they travel with the draft. */
  setInline(cellId: string): void {
    this.#origins.set(cellId, { from: 'inline' });
    this.#cleared.delete(cellId);
    this.#mark(cellId);
  }

  /** Changes made in here come from another window, which has drafted them. */
  applying(change: () => void): void {
    this.#applying = true;
    try {
      change();
    } finally {
      this.#applying = false;
    }
    this.#lastFrame = this.#frame();
  }

  /**
   * The model was taken as it is for saving. What changes from here on belongs to the next draft; the returned function
   * is called when the file was written, with the executions whose outputs stand in it.
   */
  beginSave(): (saved: readonly { cellId: string; msgId: string }[]) => boolean {
    const before = new Set(this.#dirty);
    const cleared = new Set(this.#cleared);
    const frame = this.#frame();
    const touched = new Set<string>();
    this.#touchedSinceSave = touched;
    return (saved) => {
      this.#touchedSinceSave = null;
      for (const id of before) {
        if (!touched.has(id)) this.#dirty.delete(id);
      }
      for (const id of cleared) this.#cleared.delete(id);
      const complete = new Map(saved.map(({ cellId, msgId }) => [cellId, msgId]));
      for (const [id, origin] of this.#origins) {
        const isInFile = origin.from !== 'execution' || complete.get(id) === origin.msgId;
        if (isInFile && !touched.has(id)) this.#origins.set(id, { from: 'base' });
      }
      this.#lastSent.clear();
      this.#lastFrame = frame;
      this.#frameDirty = this.#frame() !== frame;
      this.#isPristine = !this.hasPending && [...this.#origins.values()].every((origin) => origin.from === 'base');
      return this.hasPending;
    };
  }

  /** The save failed: everything is as pending as before. */
  abandonSave(): void {
    this.#touchedSinceSave = null;
  }

  /** The whole content was replaced by the file, or the file by the content: nothing is pending. */
  restart(): void {
    this.#dirty.clear();
    this.#cleared.clear();
    this.#lastSent.clear();
    this.#origins.clear();
    this.#frameDirty = false;
    this.#touchedSinceSave = null;
    this.#isPristine = true;
    for (const cell of this.#model.cells) {
      this.#origins.set(cell.id, { from: 'base' });
      this.#watch(cell);
    }
    this.#lastFrame = this.#frame();
  }

  /** Sends what is pending now. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const change = this.#takeChange();
    if (change === null || (await this.#send(change))) {
      return;
    }
    for (const cell of change.cells) {
      this.#lastSent.delete(cell.id);
      this.#dirty.add(cell.id);
    }
    this.#frameDirty = true;
    this.#lastFrame = '';
    this.#schedule();
  }

  #takeChange(): DraftChange | null {
    const cells: DraftCell[] = [];
    for (const id of this.#cleared) {
      this.#origins.set(id, { from: 'cleared' });
      this.#dirty.add(id);
    }
    this.#cleared.clear();
    if (this.#dirty.size > 0) {
      for (const cell of this.#model.cells) {
        if (this.#dirty.has(cell.id)) {
          const drafted = this.#draftOf(cell);
          const text = JSON.stringify(drafted);
          if (this.#lastSent.get(cell.id) !== text) {
            this.#lastSent.set(cell.id, text);
            cells.push(drafted);
          }
        }
      }
    }
    const frame = this.#frame();
    const isSame = cells.length === 0 && frame === this.#lastFrame;
    this.#dirty.clear();
    this.#frameDirty = false;
    this.#lastFrame = frame;
    return isSame ? null : { order: this.#order(), cells, metadata: plainJson(this.#model.metadata) };
  }

  #draftOf(cell: ICellModel): DraftCell {
    return {
      id: cell.id,
      type: cellTypeOf(cell),
      source: cell.sharedModel.getSource(),
      metadata: cellMetadata(cell),
      attachments: 'attachments' in cell.sharedModel ? attachmentsOf(cell) : null,
      outputs: this.#outputsOf(cell),
    };
  }

  #outputsOf(cell: ICellModel): DraftCell['outputs'] {
    const origin = this.#origins.get(cell.id) ?? { from: 'inline' };
    if (!isCodeCellModel(cell)) return { from: 'cleared' };
    if (origin.from === 'execution') return { from: 'execution', msgId: origin.msgId };
    if (origin.from === 'base') return { from: 'base' };
    if (origin.from === 'cleared' || cell.outputs.length === 0) return { from: 'cleared' };
    return { from: 'inline', outputs: cell.outputs.toJSON(), executionCount: cell.executionCount };
  }

  #order(): string[] {
    return Array.from(this.#model.cells, (cell) => cell.id);
  }

  /** Everything of the notebook that is not in a cell, as text to compare. */
  #frame(): string {
    const metadata = Object.entries(this.#model.metadata).filter(([key]) => !kernelKeys.has(key));
    return JSON.stringify([this.#order(), metadata]);
  }

  #add(cell: ICellModel): void {
    // A cell that was moved, or came back by undo, is known: its outputs still come from where they came.
    if (!this.#origins.has(cell.id)) {
      this.#origins.set(cell.id, { from: 'inline' });
    }
    this.#watch(cell);
    this.#mark(cell.id);
  }

  #watch(cell: ICellModel): void {
    if (this.#watched.has(cell)) {
      return;
    }
    this.#watched.add(cell);
    cell.sharedModel.changed.connect((_shared, change) => {
      if (change.sourceChange !== undefined || 'attachmentsChange' in change) {
        this.#mark(cell.id);
      }
    });
    cell.metadataChanged.connect((_cell, { key }) => {
      // Running a cell makes it trusted. That is no edit.
      if (key !== 'trusted') this.#mark(cell.id);
    });
    if (isCodeCellModel(cell)) {
      cell.outputs.changed.connect((_outputs, change) => {
        // While a cell runs, its kernel may clear outputs: they still are the outputs of that execution.
        const isCleared = change.type === 'clear' && change.oldValues.length > 0;
        if (isCleared && cell.executionState !== 'running' && !this.#applying) {
          this.#cleared.add(cell.id);
          this.#schedule();
        }
      });
    }
  }

  #mark(id: string): void {
    if (this.#applying) {
      return;
    }
    this.#dirty.add(id);
    this.#touchedSinceSave?.add(id);
    this.#schedule();
  }

  #markFrame(): void {
    if (this.#applying) {
      return;
    }
    this.#frameDirty = true;
    this.#schedule();
  }

  #schedule(): void {
    this.#isPristine = false;
    // Not pushed back by further changes: typing without a pause is drafted all the same.
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, draftDelayMs);
  }
}

function attachmentsOf(cell: ICellModel): DraftCell['attachments'] {
  const { attachments } = cell.toJSON();
  return typeof attachments === 'object' && attachments !== null ? plainJson(attachments) : null;
}
