/**
 * A person's own scrolling stands above what a notebook scrolled to last.
 *
 * JupyterLab's list of cells brings the cell it was last asked to show back onto the screen whenever a cell changes its
 * height, until nothing has changed for three seconds. Where a cell prints, that is never, and whoever scrolled up to
 * read is pulled down again. What it keeps for that has no public name (`_scrollToItem` of `WindowedList`).
 */
import type { StaticNotebook } from '@jupyterlab/notebook';

const scrollingKeys: ReadonlySet<string> = new Set(['PageUp', 'PageDown']);

/** From the moment a person scrolls, the notebook stays where they are until something is asked to be shown again. */
export function yieldToScrolling(notebook: StaticNotebook): void {
  const { node, outerNode } = notebook;
  const forget = (): void => {
    Reflect.set(notebook, '_scrollToItem', null);
  };
  for (const name of ['wheel', 'touchmove'] as const) {
    node.addEventListener(name, forget, { capture: true, passive: true });
  }
  node.addEventListener('pointerdown', ({ target }) => target === outerNode && forget(), { capture: true });
  node.addEventListener('keydown', ({ key }) => scrollingKeys.has(key) && forget(), { capture: true });
}
