/**
 * Which executions a notebook that was just opened must take up again. Pure.
 */
import type { NotebookRestore } from '../../shared/ipc/contract.ts';
import type { CellExecution } from './executions.ts';

/** Executions whose outputs the notebook at hand does not contain, the last one of each cell. */
export function executionsToResume(restore: NotebookRestore): CellExecution[] {
  const named = new Set(restore.draft?.executionOutputs.map((output) => output.msgId));
  const byCell = new Map<string, CellExecution>();
  for (const { cellId, msgId, saved, state } of restore.executions) {
    if (cellId !== null) {
      byCell.delete(cellId);
      if (state !== 'cancelled' && (!saved || named.has(msgId))) {
        byCell.set(cellId, { cellId, msgId });
      }
    }
  }
  return [...byCell.values()];
}
