/**
 * Where the person was in the notebook: remembered while they work, found again when it is opened.
 *
 * The place is a cell and how far it is scrolled, not pixels from the top: outputs may have another height by then.
 */
import type { Notebook } from '@jupyterlab/notebook';
import type { NotebookView } from '../../shared/ipc/contract.ts';
import { nextFrame } from './services.ts';
import type { SidePanel } from './side-panel.ts';

/** Scrolling sends a stream of events; the place is kept once it rests. */
const restMs = 600;

export function followView(notebook: Notebook, side: SidePanel, keep: (view: NotebookView) => void): void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const send = (): void => {
    timer = null;
    if (!notebook.isDisposed) keep(viewOf(notebook, side));
  };
  const later = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(send, restMs);
  };
  notebook.outerNode.addEventListener('scroll', later, { passive: true });
  notebook.activeCellChanged.connect(later);
  // Cells that are drawn turn out taller or shorter than they were guessed: another one is on top, and nothing scrolled.
  const heights = new ResizeObserver(later);
  for (const node of notebook.outerNode.querySelectorAll('.jp-WindowedPanel-inner, .jp-WindowedPanel-viewport')) {
    heights.observe(node);
  }
  notebook.disposed.connect(() => heights.disconnect());
  side.onChange = later;
  window.addEventListener('pagehide', send);
}

function viewOf(notebook: Notebook, side: SidePanel): NotebookView {
  const top = notebook.outerNode.getBoundingClientRect().top;
  const first = notebook.widgets.find(
    (cell) => cell.node.offsetParent !== null && cell.node.getBoundingClientRect().bottom > top + 1,
  );
  return {
    activeCellId: notebook.activeCell?.model.id ?? null,
    topCellId: first?.model.id ?? null,
    topOffset: first === undefined ? 0 : Math.round(top - first.node.getBoundingClientRect().top),
    panel: side.open,
  };
}

/** The cell that was on top when the notebook was left; `null`: the notebook begins at its beginning. */
export function topCellOf(notebook: Notebook, view: NotebookView): number | null {
  const top = notebook.widgets.findIndex((cell) => cell.model.id === view.topCellId);
  return top < 0 || (top === 0 && view.topOffset <= 0) ? null : top;
}

/** Heights of cells are guesses until they are drawn; by then the place has been found again in far fewer looks. */
const looksMax = 60;
const steadyLooks = 4;

/** Brings the notebook to where it was left. Cells that are gone are passed over; a person who scrolls is not fought. */
export async function restoreView(notebook: Notebook, side: SidePanel, view: NotebookView): Promise<void> {
  side.show(view.panel);
  const active = notebook.widgets.findIndex((cell) => cell.model.id === view.activeCellId);
  if (active > 0) notebook.activeCellIndex = active;
  const top = topCellOf(notebook, view);
  if (top === null) return;
  const outer = notebook.outerNode;
  let isTouched = false;
  const touch = (): void => {
    isTouched = true;
  };
  for (const name of ['wheel', 'keydown', 'pointerdown'] as const) {
    window.addEventListener(name, touch, { once: true, capture: true, passive: true });
  }
  let steady = 0;
  for (let look = 0; look < looksMax && steady < steadyLooks && !isTouched; look += 1) {
    const cell = notebook.widgets[top];
    if (cell === undefined || notebook.isDisposed) return;
    // A cell outside of the notebook's window of cells is hidden or taken out: it stands nowhere.
    if (cell.node.offsetParent !== null) {
      const off = cell.node.getBoundingClientRect().top + view.topOffset - outer.getBoundingClientRect().top;
      steady = Math.abs(off) < 2 ? steady + 1 : 0;
      if (steady === 0) outer.scrollTop += off;
    } else {
      steady = 0;
      void notebook.scrollToItem(top, 'start', 0).catch(() => undefined);
    }
    await nextFrame();
  }
}
