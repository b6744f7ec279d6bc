/**
 * The outline: headings of the notebook, with a mark where something runs or failed. JupyterLab's own model of a table
 * of contents, drawn as a plain list with the keys of a tree.
 */
import {
  type INotebookHeading,
  NotebookToCFactory,
  type NotebookPanel,
  NotebookTracker,
  RunningStatus,
} from '@jupyterlab/notebook';
import type { Cell } from '@jupyterlab/cells';
import type { IMarkdownParser } from '@jupyterlab/rendermime';
import { TableOfContents } from '@jupyterlab/toc';
import { element } from './frame.ts';

/** Each level is set in by this much. */
const indentPx = 14;

export interface Panel {
  readonly node: HTMLElement;
  /** On the screen, or not: what is not seen costs nothing. */
  setShown(isShown: boolean): void;
}

export function createOutline(panel: NotebookPanel, parser: IMarkdownParser): Panel {
  const tracker = new NotebookTracker({ namespace: 'nightjar' });
  const factory = new NotebookToCFactory(tracker, parser, panel.content.rendermime.sanitizer, undefined);
  const model = factory.createNew(panel, {
    ...TableOfContents.defaultConfig,
    includeOutput: false,
    syncCollapseState: true,
  });
  const node = element('div', 'nj-Outline');
  const list = element('ul', 'nj-Outline-list');
  list.setAttribute('role', 'tree');
  list.setAttribute('aria-label', 'Outline');
  const none = element('p', 'nj-Side-none', 'No headings yet. A markdown cell that begins with # makes one.');
  node.append(none, list);
  let isShown = false;

  /** The rows of each cell's headings, in their order. */
  let rows = new Map<Cell, Row[]>();

  const paint = (): void => {
    if (!isShown) return;
    const headings = visible(model.headings.filter(isNotebookHeading));
    none.hidden = headings.length > 0;
    const before = rows;
    rows = new Map();
    const order = headings.map((heading) => {
      const ofCell = rows.get(heading.cellRef) ?? [];
      const row = before.get(heading.cellRef)?.[ofCell.length] ?? new Row(model);
      rows.set(heading.cellRef, [...ofCell, row]);
      row.show(heading);
      return row.node;
    });
    // What goes goes first: a row that is moved out of its way would lose the press on it.
    const kept: ReadonlySet<Element> = new Set(order);
    for (const old of [...list.children].filter((one) => !kept.has(one))) old.remove();
    for (const [index, row] of order.entries()) {
      const there = list.children[index] ?? null;
      if (there !== row) list.insertBefore(row, there);
    }
  };
  model.stateChanged.connect(paint);
  model.headingsChanged.connect(paint);
  model.activeHeadingChanged.connect(paint);
  model.collapseChanged.connect(paint);
  // Also while the panel is closed: folding a section asks the model's headings, wherever it is asked for.
  model.isActive = true;
  list.addEventListener('keydown', (event) => moveFocus(list, event));

  return {
    node,
    setShown: (shown) => {
      isShown = shown;
      if (shown) {
        void model.refresh().then(paint);
        paint();
      }
    },
  };
}

/** A heading below a folded one is folded with it. */
function visible(headings: readonly INotebookHeading[]): INotebookHeading[] {
  let foldedAt = Number.POSITIVE_INFINITY;
  return headings.filter((heading) => {
    if (heading.level > foldedAt) return false;
    foldedAt = heading.collapsed === true ? heading.level : Number.POSITIVE_INFINITY;
    return true;
  });
}

type Model = ReturnType<NotebookToCFactory['createNew']>;

/**
 * A line of the outline. It stays with its heading while what it shows changes and others come above it: a press and its
 * release on two different elements are no click, and cells begin and end at any moment.
 */
class Row {
  readonly node = element('li', 'nj-Outline-item');
  readonly #fold = element('span', 'nj-Outline-fold');
  readonly #text = element('span', 'nj-Outline-text');
  readonly #mark = element('span', 'nj-Outline-mark');
  #heading: INotebookHeading | null = null;

  constructor(private readonly model: Model) {
    this.node.setAttribute('role', 'treeitem');
    this.node.append(this.#fold, this.#text, this.#mark);
    this.node.addEventListener('click', () => {
      if (this.#heading !== null) model.setActiveHeading(this.#heading);
    });
    this.#fold.addEventListener('click', (event) => {
      if (this.#heading === null || !this.node.hasAttribute('aria-expanded')) return;
      event.stopPropagation();
      model.toggleCollapse({ heading: this.#heading });
    });
  }

  show(heading: INotebookHeading): void {
    const { node, model } = this;
    this.#heading = heading;
    node.setAttribute('aria-level', String(heading.level));
    node.style.paddingLeft = `${(heading.level - 1) * indentPx}px`;
    const isActive = model.activeHeading === heading;
    node.tabIndex = isActive ? 0 : -1;
    setOrRemove(node, 'aria-selected', isActive ? 'true' : null);
    const next = model.headings[model.headings.indexOf(heading) + 1]?.level ?? 0;
    const isFolded = heading.collapsed === true;
    const folds = next > heading.level;
    setOrRemove(node, 'aria-expanded', folds ? String(!isFolded) : null);
    setOrRemove(this.#fold, 'data-folded', folds ? String(isFolded) : null);
    if (this.#text.textContent !== heading.text) this.#text.textContent = heading.text;
    this.#text.title = heading.text;
    const state = markOf(heading);
    setOrRemove(this.#mark, 'data-state', state?.name ?? null);
    this.#mark.title = state?.title ?? '';
  }
}

function setOrRemove(node: Element, name: string, value: string | null): void {
  if (value === null) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

function markOf(heading: INotebookHeading): { readonly name: string; readonly title: string } | null {
  // A folded heading speaks for those below it; the model writes that into its data.
  const below = Number(heading.dataset?.['data-running'] ?? RunningStatus.Idle);
  const status = Math.max(heading.isRunning, Number.isNaN(below) ? RunningStatus.Idle : below);
  if (status === RunningStatus.Running) return { name: 'running', title: 'A cell runs here' };
  if (status === RunningStatus.Scheduled) return { name: 'waiting', title: 'A cell waits to run here' };
  return status === RunningStatus.Error ? { name: 'error', title: 'A cell failed here' } : null;
}

function isNotebookHeading(heading: TableOfContents.IHeading): heading is INotebookHeading {
  return 'cellRef' in heading && 'isRunning' in heading;
}

function moveFocus(list: HTMLElement, event: KeyboardEvent): void {
  const items = [...list.children].filter((one) => one instanceof HTMLElement);
  const at = items.indexOf(items.find((one) => one === document.activeElement) ?? list);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  const isFolding = event.key === 'ArrowLeft' || event.key === 'ArrowRight';
  if (event.key === 'Enter') {
    items[at]?.click();
  } else if (isFolding) {
    const wanted = event.key === 'ArrowRight' ? 'false' : 'true';
    if (items[at]?.getAttribute('aria-expanded') === wanted)
      items[at]?.querySelector<HTMLElement>('.nj-Outline-fold')?.click();
  } else if (to === undefined) {
    return;
  } else {
    items[to]?.focus();
  }
  event.preventDefault();
  event.stopPropagation();
}
