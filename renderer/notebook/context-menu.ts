/**
 * The right mouse button: the main process shows the system's own menu; here the cell under the pointer becomes the one
 * that is meant, and places without a menu of their own (toolbar, status bar) stay without one.
 */
import type { Notebook } from '@jupyterlab/notebook';

export function followContextMenu(notebook: Notebook): void {
  /** What is chosen is done to the cell under the pointer, or to all selected ones if it is one of them. */
  const mean = (cell: Element | null): void => {
    const index = notebook.widgets.findIndex((widget) => widget.node === cell);
    const widget = notebook.widgets[index];
    if (widget !== undefined && widget !== notebook.activeCell && !notebook.isSelectedOrActive(widget)) {
      notebook.deselectAll();
      notebook.activeCellIndex = index;
    }
  };
  document.addEventListener(
    'contextmenu',
    (event) => {
      const editor = event.target instanceof Element ? event.target.closest('.cm-content') : null;
      if (editor === null || !notebook.node.contains(editor)) return;
      // JupyterLab's notebook would keep the system's menu away from code.
      event.stopPropagation();
      mean(editor.closest('.jp-Cell'));
    },
    true,
  );
  document.addEventListener('contextmenu', (event) => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const isField = target.closest('input, textarea') !== null;
    const cell = target.closest('.jp-Cell');
    if (!isField && (cell === null || !notebook.node.contains(cell))) event.preventDefault();
    else mean(cell);
  });
}
