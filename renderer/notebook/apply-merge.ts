/**
 * Brings the notebook on the screen to another content, changing only what differs.
 *
 * Cells that stay keep their editors, cursors and outputs; every change is an ordinary edit that can be taken back.
 * The outputs of a cell that is running are left alone: its kernel is writing them.
 */
import type { INotebookModel } from '@jupyterlab/notebook';
import type { DraftCell } from '../../shared/ipc/contract.ts';
import { cellsOf } from '../../shared/notebook-merge/align.ts';
import { type Cell, isSameCell, outputsKey, sourceOf, typeOf } from '../../shared/notebook-merge/fields.ts';
import { type JsonObject, objectOrEmpty } from '../../shared/outputs/json.ts';
import { isRecord } from './cells.ts';
import { applyChange, replaceOutputs } from './mirror.ts';

/**
 * `before` is the model's content as it is now, as JSON. `onOutputs` hears of cells that stay and whose outputs were
 * replaced.
 */
export function applyNotebook(
  model: INotebookModel,
  before: JsonObject,
  after: JsonObject,
  onOutputs: (cellId: string) => void = () => undefined,
): void {
  const known = new Map(cellsOf(before).map((cell) => [cell.id, cell]));
  const cells = cellsOf(after).filter((cell): cell is NamedCell => typeof cell.id === 'string');
  const changed = cells.filter((cell) => {
    const old = known.get(cell.id);
    return old === undefined || !isSameCell(old, cell);
  });
  const metadata = objectOrEmpty(after.metadata);
  applyChange(model, {
    order: cells.map(({ id }) => id),
    cells: changed.map(draftOf),
    metadata: { ...metadata },
  });
  for (const key of Object.keys(model.metadata)) {
    if (!Object.hasOwn(metadata, key)) model.deleteMetadata(key);
  }
  for (const cell of changed) {
    const old = known.get(cell.id);
    if (old !== undefined && outputsKey(old) !== outputsKey(cell)) {
      showOutputs(model, cell);
      onOutputs(cell.id);
    }
  }
}

type NamedCell = Cell & { readonly id: string };

function draftOf(cell: NamedCell): DraftCell {
  const type = typeOf(cell);
  return {
    id: cell.id,
    type: type === 'code' || type === 'markdown' ? type : 'raw',
    source: sourceOf(cell),
    metadata: { ...objectOrEmpty(cell.metadata) },
    attachments: isRecord(cell.attachments) ? cell.attachments : null,
    outputs: {
      from: 'inline',
      outputs: Array.isArray(cell.outputs) ? cell.outputs : [],
      executionCount: typeof cell.execution_count === 'number' ? cell.execution_count : null,
    },
  };
}

function showOutputs(model: INotebookModel, cell: NamedCell): void {
  const outputs = Array.isArray(cell.outputs) ? cell.outputs : [];
  const executionCount = typeof cell.execution_count === 'number' ? cell.execution_count : null;
  replaceOutputs(model, cell.id, outputs, executionCount);
}
