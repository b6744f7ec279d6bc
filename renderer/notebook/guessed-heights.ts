/**
 * Heights of cells that were never on the screen, guessed once.
 *
 * JupyterLab's list of cells guesses a height from the lines of source and outputs, anew for every cell at every layout.
 * What it guesses with is for its subclasses only (`NotebookViewModel`); where that is gone, it guesses as it does there.
 */
import type { ICellModel } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';

interface Heights {
  estimateWidgetSize: (index: number) => number;
  /** By cell id: those that were measured, which the library remembers itself. */
  readonly cellsEstimatedHeight: ReadonlyMap<string, number>;
}

export function rememberGuesses(notebook: Notebook): void {
  const heights: unknown = Reflect.get(notebook, 'viewModel');
  if (!isHeights(heights)) return;
  const guess = heights.estimateWidgetSize;
  const guesses = new WeakMap<ICellModel, number>();
  const followed = new WeakSet<ICellModel>();
  const forget = (model: ICellModel): void => void guesses.delete(model);
  heights.estimateWidgetSize = (index) => {
    const model = notebook.widgets[index]?.model;
    if (model === undefined || heights.cellsEstimatedHeight.has(model.id)) return guess(index);
    const known = guesses.get(model);
    if (known !== undefined) return known;
    const height = guess(index);
    guesses.set(model, height);
    if (!followed.has(model)) {
      followed.add(model);
      model.contentChanged.connect(forget);
    }
    return height;
  };
}

function isHeights(value: unknown): value is Heights {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'estimateWidgetSize') === 'function' &&
    Reflect.get(value, 'cellsEstimatedHeight') instanceof Map
  );
}
