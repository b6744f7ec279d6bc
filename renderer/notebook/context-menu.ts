/**
 * The right mouse button: the main process shows the system's own menu; here the cell under the pointer becomes the one
 * that is meant, and places without a menu of their own (toolbar, status bar) stay without one.
 */
import type { Notebook } from '@jupyterlab/notebook';

export function followContextMenu(notebook: Notebook): void {
  document.addEventListener('contextmenu', (event) => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const isField = target.closest('input, textarea') !== null;
    const cell = target.closest('.jp-Cell');
    if (!isField && (cell === null || !notebook.node.contains(cell))) {
      event.preventDefault();
      return;
    }
    const index = notebook.widgets.findIndex((widget) => widget.node === cell);
    const widget = notebook.widgets[index];
    // A menu on one of several selected cells is meant for all of them.
    if (widget !== undefined && widget !== notebook.activeCell && !notebook.isSelectedOrActive(widget)) {
      notebook.deselectAll();
      notebook.activeCellIndex = index;
    }
  });
}
