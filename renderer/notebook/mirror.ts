/**
 * Applies what was edited in another window of this notebook.
 *
 * Sources change by the smallest replacement, so that the cursor and the focus stay where they are. Cells are inserted,
 * deleted and moved until their order is the other window's. Nothing applied here is drafted again.
 */
import { isCodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { IBaseCellMetadata } from '@jupyterlab/nbformat';
import type { ISharedCell, SharedCell } from '@jupyter/ydoc';
import type { DraftCell, DraftChange } from '../../shared/ipc/contract.ts';
import { cellTypeOf, textDifference } from './cells.ts';
import type { CellExecution } from './executions.ts';

/** Applies the change. Answers the executions that cells which are new here take up. */
export function applyChange(model: INotebookModel, change: DraftChange): CellExecution[] {
  const executions: CellExecution[] = [];
  const changed = new Map(change.cells.map((cell) => [cell.id, cell]));
  // One step at a time, not in one transaction: within one, the list of cells would still be the old one.
  removeOthers(model, new Set(change.order));
  for (const [index, id] of change.order.entries()) {
    const cell = changed.get(id);
    place(model, index, id, cell);
    if (cell?.outputs.from === 'execution') {
      executions.push({ cellId: id, msgId: cell.outputs.msgId });
    }
  }
  for (const [key, value] of Object.entries(change.metadata)) {
    if (JSON.stringify(model.getMetadata(key)) !== JSON.stringify(value)) {
      model.setMetadata(key, value);
    }
  }
  clearOutputs(model, change.cells);
  for (const { id, outputs } of change.cells) {
    // Pasted cells are new here and have theirs already; a cell that stays got others by a merge.
    if (outputs.from === 'inline') replaceOutputs(model, id, outputs.outputs, outputs.executionCount);
  }
  return executions;
}

function removeOthers(model: INotebookModel, wanted: ReadonlySet<string>): void {
  const { cells } = model.sharedModel;
  for (let index = cells.length - 1; index >= 0; index -= 1) {
    if (!wanted.has(cells[index]?.getId() ?? '')) {
      model.sharedModel.deleteCell(index);
    }
  }
}

/** Sees to it that the cell with this id stands at `index`, with its new content if it has any. */
function place(model: INotebookModel, index: number, id: string, cell: DraftCell | undefined): void {
  const shared = model.sharedModel;
  const at = shared.cells.findIndex((candidate) => candidate.getId() === id);
  const existing = shared.cells[at];
  if (existing === undefined) {
    if (cell !== undefined) {
      shared.insertCell(index, sharedCell(cell));
    }
    return;
  }
  if (cell !== undefined && existing.cell_type !== cell.type) {
    shared.deleteCell(at);
    shared.insertCell(Math.min(index, shared.cells.length), sharedCell(cell));
    return;
  }
  if (at !== index) {
    shared.moveCell(at, Math.min(index, shared.cells.length - 1));
  }
  if (cell !== undefined) {
    update(existing, cell);
  }
}

function update(existing: ISharedCell, cell: DraftCell): void {
  const difference = textDifference(existing.getSource(), cell.source);
  if (difference !== null) {
    existing.updateSource(difference.start, difference.end, difference.insert);
  }
  const { trusted } = existing.getMetadata();
  const metadata: Partial<IBaseCellMetadata> = { ...cell.metadata, ...(trusted === undefined ? {} : { trusted }) };
  if (JSON.stringify(existing.getMetadata()) !== JSON.stringify(metadata)) {
    existing.setMetadata(metadata);
  }
}

function sharedCell(cell: DraftCell): SharedCell.Cell {
  const inline = cell.outputs.from === 'inline' ? cell.outputs : null;
  const { id, source, metadata, attachments } = cell;
  const common = { id, source, metadata, cell_type: cell.type };
  const json: object =
    cell.type === 'code'
      ? {
          ...common,
          outputs: (inline?.outputs ?? []).filter(isOutput),
          execution_count: inline?.executionCount ?? null,
        }
      : { ...common, ...(attachments === null ? {} : { attachments }) };
  return isSharedCell(json) ? json : { cell_type: cell.type, source };
}

/** The contract has checked the shape; what JSON allows in metadata is more than its type here can say. */
function isSharedCell(value: object): value is SharedCell.Cell {
  return 'cell_type' in value && 'source' in value;
}

function isOutput(value: unknown): value is { output_type: string } {
  return typeof value === 'object' && value !== null && 'output_type' in value;
}

function clearOutputs(model: INotebookModel, cells: readonly DraftCell[]): void {
  const cleared = new Set(cells.filter((cell) => cell.outputs.from === 'cleared').map((cell) => cell.id));
  if (cleared.size === 0) {
    return;
  }
  for (const cell of model.cells) {
    if (cleared.has(cell.id) && cellTypeOf(cell) === 'code' && isCodeCellModel(cell) && cell.outputs.length > 0) {
      cell.clearExecution();
    }
  }
}

/** Shows other outputs in a cell that is not running: the kernel of one that runs is writing them. */
export function replaceOutputs(
  model: INotebookModel,
  cellId: string,
  outputs: readonly unknown[],
  executionCount: number | null,
): void {
  const found = [...model.cells].find((one) => one.id === cellId);
  if (found === undefined || !isCodeCellModel(found) || found.executionState === 'running') {
    return;
  }
  if (JSON.stringify(found.outputs.toJSON()) !== JSON.stringify(outputs)) {
    found.outputs.fromJSON(outputs.filter(isOutput));
  }
  if (found.executionCount !== executionCount) {
    found.executionCount = executionCount;
  }
}
