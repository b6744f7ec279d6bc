/**
 * How long each cell ran, at the edge between its input and its output.
 *
 * The times are those of the journal, so they are there again after a reload, a restart and an outage. One quiet line:
 * the duration; start and finish in its title.
 */
import { CodeCell, isCodeCellModel } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { ExecutionSummary } from '../../shared/ipc/contract.ts';
import { element } from './frame.ts';
import { cellTimeText } from './cell-time-text.ts';

/** Elapsed time is shown in seconds. */
const tickMs = 1_000;

export class CellTimes {
  readonly #notebook: Notebook;
  readonly #nodes = new WeakMap<CodeCell, HTMLElement>();
  #byCell = new Map<string, ExecutionSummary>();
  #isShown = true;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(notebook: Notebook) {
    this.#notebook = notebook;
    notebook.model?.cells.changed.connect(() => this.#paint());
  }

  /** What is known of the last executions; those of another kernel are kept, newer ones take their place. */
  setExecutions(executions: readonly ExecutionSummary[]): void {
    for (const execution of executions) {
      const { cellId } = execution;
      if (cellId === null) continue;
      const known = this.#byCell.get(cellId);
      if (known === undefined || known.submittedTimeMs <= execution.submittedTimeMs) {
        this.#byCell.set(cellId, execution);
      }
    }
    this.#paint();
    this.#tick();
  }

  setShown(isShown: boolean): void {
    this.#isShown = isShown;
    this.#paint();
  }

  /** The cell that runs now, else the one that failed last. */
  find(what: 'running' | 'error'): string | null {
    const all = [...this.#byCell.values()];
    const found =
      what === 'running'
        ? all.find(({ state }) => state === 'running')
        : all
            .filter(({ status }) => status === 'error')
            .sort((a, b) => endOf(a) - endOf(b))
            .at(-1);
    return found?.cellId ?? null;
  }

  #tick(): void {
    const isRunning = [...this.#byCell.values()].some(({ state }) => state === 'running');
    if (isRunning && this.#timer === null) {
      this.#timer = setInterval(() => this.#paint(), tickMs);
    } else if (!isRunning && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  #paint(): void {
    const now = Date.now();
    for (const cell of this.#notebook.widgets) {
      if (cell instanceof CodeCell) this.#paintCell(cell, now);
    }
  }

  #paintCell(cell: CodeCell, now: number): void {
    const { model } = cell;
    const execution = this.#byCell.get(model.id);
    const isCleared = isCodeCellModel(model) && model.executionCount === null && model.executionState !== 'running';
    const text = execution === undefined || !this.#isShown ? null : cellTimeText(execution, now);
    const known = this.#nodes.get(cell);
    if (text === null || (isCleared && text.tone !== 'waiting' && execution?.state === 'done')) {
      known?.remove();
      this.#nodes.delete(cell);
      return;
    }
    // Not the input area itself: that cuts off what stands over its edge.
    const place = cell.inputArea?.node.parentElement ?? null;
    if (place === null) return;
    const node = known ?? element('span', 'nj-Time');
    if (node.textContent !== text.text) node.textContent = text.text;
    if (node.title !== text.title) node.title = text.title;
    node.dataset['tone'] = text.tone;
    if (node.parentElement !== place) place.append(node);
    this.#nodes.set(cell, node);
  }
}

function endOf(execution: ExecutionSummary): number {
  return execution.endedTimeMs ?? execution.submittedTimeMs;
}
