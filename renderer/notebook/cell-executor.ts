/**
 * Runs cells as JupyterLab does, but none before the notebook has its kernel, and none on a kernel that has ended.
 *
 * JupyterLab's executor takes a cell that is run while the session is still being made for one without a kernel: it
 * clears the cell and runs nothing, without a word. Here such a cell waits, marked like one that runs, in the order in
 * which the cells were run, and can be taken back. One that is run on a kernel that has ended would be marked as
 * running for ever, again without a word: here it is left as it is, and that is told.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import { CodeCell } from '@jupyterlab/cells';
import { type INotebookCellExecutor, runCell } from '@jupyterlab/notebook';
import { type ISignal, Signal } from '@lumino/signaling';
import { hasEnded, isChanging, kernelChanging, kernelRefused } from './kernel-change.ts';

export class CellExecutor implements INotebookCellExecutor {
  readonly #refused = new Signal<this, void>(this);
  /** Cells that were run before there was a kernel. One promise for all, so that they go on in their order. */
  #waiting: Promise<void> | null = null;
  #marked = new Set<CodeCell>();
  /** Grows with every interrupt: what waited before it does not run. */
  #cancelled = 0;
  #wake: (() => void) | null = null;
  #isInitialized = false;

  constructor() {
    kernelRefused.connect(() => this.cancelWaiting());
  }

  /** A cell was not run, because its kernel has ended. */
  get refused(): ISignal<this, void> {
    return this.#refused;
  }

  async runCell(options: INotebookCellExecutor.IRunCellOptions): Promise<boolean> {
    const { cell, sessionContext } = options;
    const session = sessionContext ?? null;
    if (!(cell instanceof CodeCell) || session === null) return runCell(options);
    if (this.#waiting === null && !this.#isUndecided(session)) return this.#run(options, session);
    const round = this.#cancelled;
    this.#mark(cell);
    this.#waiting ??= this.#untilDecided(session).finally(() => {
      this.#waiting = null;
    });
    await this.#waiting;
    if (round !== this.#cancelled || cell.isDisposed) return false;
    this.#unmark(cell);
    return this.#run(options, session);
  }

  async #run(options: INotebookCellExecutor.IRunCellOptions, session: ISessionContext): Promise<boolean> {
    const kernel = session.session?.kernel ?? null;
    if (kernel !== null && hasEnded(kernel)) {
      this.#refused.emit();
      return false;
    }
    return runCell(options);
  }

  /** Takes back what waits for the kernel. */
  cancelWaiting(): void {
    this.#cancelled += 1;
    for (const cell of [...this.#marked]) this.#unmark(cell);
    this.#wake?.();
  }

  #mark(cell: CodeCell): void {
    this.#marked.add(cell);
    cell.model.executionState = 'running';
  }

  #unmark(cell: CodeCell): void {
    this.#marked.delete(cell);
    if (!cell.isDisposed) cell.model.executionState = 'idle';
  }

  /** Whether it is open which kernel the notebook has: its session is being made, or its kernel is being changed. */
  #isUndecided(session: ISessionContext): boolean {
    if (session.isDisposed) return false;
    if (isChanging(session)) return true;
    if (session.session?.kernel) return false;
    return !this.#isInitialized || !session.hasNoKernel;
  }

  async #untilDecided(session: ISessionContext): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#isUndecided(session)) stop();
      };
      const signals = [session.sessionChanged, session.kernelChanged, session.statusChanged, session.disposed];
      const stop = (): void => {
        this.#wake = null;
        for (const signal of signals) signal.disconnect(look);
        kernelChanging.disconnect(look);
        resolve();
      };
      for (const signal of signals) signal.connect(look);
      kernelChanging.connect(look);
      this.#wake = stop;
      // The document has begun this long before. It ends without a signal when no kernel could be chosen.
      const initialized = (): void => {
        this.#isInitialized = true;
        look();
      };
      session.initialize().then(initialized, initialized);
      look();
    });
  }
}
