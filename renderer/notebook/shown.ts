/**
 * What a notebook shows, as it would be saved. The live window and the player answer it under the same name.
 */
import { isCodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';

declare global {
  interface Window {
    /** For a look with the developer tools, and for tests that compare the two windows. Reads only. */
    nightjarShown?: () => Shown;
  }
}

export interface Shown {
  /** The moment that a player shows; null in the live window. */
  readonly seq: number | null;
  readonly cells: Record<string, ShownCell>;
}

interface ShownCell {
  readonly outputs: unknown;
  readonly executionCount: number | null;
  readonly source: string;
}

/** By cell id. */
export function shownOutputs(model: INotebookModel): Record<string, ShownCell> {
  const found: Record<string, ShownCell> = {};
  for (const cell of model.cells) {
    if (!isCodeCellModel(cell)) continue;
    const { executionCount } = cell;
    found[cell.id] = { outputs: cell.outputs.toJSON(), executionCount, source: cell.sharedModel.getSource() };
  }
  return found;
}
