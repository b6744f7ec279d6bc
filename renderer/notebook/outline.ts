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

  const paint = (): void => {
    if (!isShown) return;
    const headings = visible(model.headings.filter(isNotebookHeading));
    const focused = list.contains(document.activeElement)
      ? [...list.children].indexOf(closestItem(document.activeElement))
      : -1;
    none.hidden = headings.length > 0;
    list.replaceChildren(...headings.map((heading) => item(heading, model)));
    const again = list.children[focused];
    if (again instanceof HTMLElement) again.focus();
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

function item(heading: INotebookHeading, model: Model): HTMLElement {
  const node = element('li', 'nj-Outline-item');
  node.setAttribute('role', 'treeitem');
  node.setAttribute('aria-level', String(heading.level));
  node.tabIndex = -1;
  node.style.paddingLeft = `${(heading.level - 1) * indentPx}px`;
  const isActive = model.activeHeading === heading;
  if (isActive) {
    node.setAttribute('aria-selected', 'true');
    node.tabIndex = 0;
  }
  const hasChildren = model.headings[model.headings.indexOf(heading) + 1]?.level ?? 0;
  const fold = element('span', 'nj-Outline-fold');
  if (hasChildren > heading.level) {
    const isFolded = heading.collapsed === true;
    node.setAttribute('aria-expanded', String(!isFolded));
    fold.dataset['folded'] = String(isFolded);
    fold.addEventListener('click', (event) => {
      event.stopPropagation();
      model.toggleCollapse({ heading });
    });
  }
  const text = element('span', 'nj-Outline-text', heading.text);
  text.title = heading.text;
  const mark = element('span', 'nj-Outline-mark');
  const state = markOf(heading);
  if (state !== null) {
    mark.dataset['state'] = state.name;
    mark.title = state.title;
  }
  node.append(fold, text, mark);
  node.addEventListener('click', () => model.setActiveHeading(heading));
  return node;
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

function closestItem(node: Element | null): Element {
  return node?.closest('.nj-Outline-item') ?? document.body;
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
