/**
 * The notebook at a moment, drawn by the widgets of the live notebook window, for reading only.
 *
 * Owns the model and what is on the screen of it. A moment is applied by the smallest change, so that what stays is
 * not drawn again and the place on the page is kept. Nothing here can be edited, run or dragged: it is JupyterLab's
 * static notebook, which has no such things.
 */
import { type ICellModel, isCodeCellModel } from '@jupyterlab/cells';
import { NotebookModel, StaticNotebook } from '@jupyterlab/notebook';
import type * as nbformat from '@jupyterlab/nbformat';
import type { IOutputAreaModel } from '@jupyterlab/outputarea';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { DraftCell } from '../../shared/ipc/contract.ts';
import type { MomentCell } from '../../shared/ipc/playback.ts';
import { CellFactory } from '../notebook/cell-factory.ts';
import type { NotebookParts } from '../notebook/jupyterlab.ts';
import { applyChange } from '../notebook/mirror.ts';
import { yieldToScrolling } from '../notebook/own-scrolling.ts';
import { type Shown, shownOutputs } from '../notebook/shown.ts';
import type { OutputActions } from '../outputs/pictures.ts';
import { StreamOutput } from '../outputs/stream-model.ts';
import { OutputTools } from '../outputs/tools.ts';
import { withLanguage } from './language.ts';
import { planOutputs } from './output-plan.ts';
import type { Screen } from './screen.ts';

/** An output, or with `output` null the input, of a cell. */
export interface Target {
  readonly cellId: string;
  readonly output: number | null;
  /** Where it is on the screen. */
  readonly box: DOMRect;
}

export interface NotebookViewOptions {
  /** Tells the language where the notebook does not. */
  readonly kernelName: string | null;
  readonly actions: OutputActions;
  readonly onSelect: (cellId: string) => void;
  readonly onPoint: (target: Target | null) => void;
  /** The person moved the page with the wheel or the scroll bar. */
  readonly onScroll: () => void;
}

/** What is written on a cell beside what it holds. */
export interface CellNotes {
  readonly badge: string;
  readonly isSelected: boolean;
}

/** Read-only cells; what a saved notebook says about being editable stays as it is in the journal. */
class ReadingFactory extends CellFactory {
  override createCodeCell(
    options: Parameters<CellFactory['createCodeCell']>[0],
  ): ReturnType<CellFactory['createCodeCell']> {
    return readOnly(super.createCodeCell(options));
  }

  override createMarkdownCell(
    options: Parameters<CellFactory['createMarkdownCell']>[0],
  ): ReturnType<CellFactory['createMarkdownCell']> {
    return readOnly(super.createMarkdownCell(options));
  }

  override createRawCell(
    options: Parameters<CellFactory['createRawCell']>[0],
  ): ReturnType<CellFactory['createRawCell']> {
    return readOnly(super.createRawCell(options));
  }
}

function readOnly<Cell extends { syncEditable: boolean | undefined; readOnly: boolean }>(cell: Cell): Cell {
  cell.syncEditable = false;
  cell.readOnly = true;
  return cell;
}

/** Room between a cell that was brought onto the screen and the edge. */
const revealMargin = 12;

export class NotebookView {
  readonly #notebook: StaticNotebook;
  readonly #model = new NotebookModel();
  readonly #options: NotebookViewOptions;
  readonly #observer: ResizeObserver;
  /** The outputs each code cell was given last. */
  readonly #outputs = new Map<string, readonly unknown[]>();
  #isFirst = true;

  constructor(node: HTMLElement, parts: NotebookParts, options: NotebookViewOptions) {
    this.#options = options;
    this.#notebook = new StaticNotebook({
      rendermime: parts.rendermime,
      contentFactory: new ReadingFactory({ editorFactory: parts.editorFactory }),
      mimeTypeService: parts.mimeTypeService,
      notebookConfig: {
        ...StaticNotebook.defaultNotebookConfig,
        windowingMode: 'full',
        scrollPastEnd: true,
        showEditorForReadOnlyMarkdown: false,
      },
    });
    Widget.attach(this.#notebook, node);
    new OutputTools(this.#notebook, options.actions).start();
    yieldToScrolling(this.#notebook);
    this.#observer = new ResizeObserver(() =>
      MessageLoop.sendMessage(this.#notebook, Widget.ResizeMessage.UnknownSize),
    );
    this.#observer.observe(node);
    this.#listen(node);
  }

  /** What is on the screen, as it would be saved, by cell id. */
  shown(): Shown['cells'] {
    return shownOutputs(this.#model);
  }

  show(screen: Screen): void {
    if (this.#isFirst) {
      this.#isFirst = false;
      this.#begin(screen);
      return;
    }
    const changed = screen.order.flatMap((id) => {
      const cell = screen.changed.has(id) ? screen.cells.get(id) : undefined;
      return cell === undefined ? [] : [cell];
    });
    const known = new Set([...this.#model.cells].map(({ id }) => id));
    applyChange(this.#model, {
      order: [...screen.order],
      cells: changed.map((cell) => draftOf(cell)),
      metadata: withLanguage(screen.metadata, this.#options.kernelName),
    });
    for (const id of this.#outputs.keys()) {
      // A cell that is gone, or no code for a while, comes back as a new one.
      const isCode = screen.cells.get(id)?.cell['cell_type'] === 'code';
      if (!isCode || !known.has(id)) this.#outputs.delete(id);
    }
    const models = new Map([...this.#model.cells].map((cell) => [cell.id, cell]));
    for (const cell of changed) this.#fill(models.get(String(cell.cell['id'])), cell);
  }

  /** Writes badges, gaps and the selection on the cells. */
  annotate(screen: Screen, notesOf: (cellId: string) => CellNotes): void {
    for (const widget of this.#notebook.widgets) {
      const { id } = widget.model;
      const cell = screen.cells.get(id);
      const notes = notesOf(id);
      const { dataset, classList } = widget.node;
      dataset['nightjarCell'] = id;
      classList.toggle('nj-mod-selected', notes.isSelected);
      setData(dataset, 'nightjarBadge', notes.badge);
      setData(dataset, 'nightjarDelivery', cell === undefined ? '' : noteOf(cell));
      setData(dataset, 'nightjarRun', cell === undefined || cell.state === 'none' ? '' : cell.state);
    }
  }

  /** Brings a cell onto the screen if it is not there; of one that is too high for it, its end when that is wanted. */
  reveal(cellId: string, edge: 'start' | 'end'): void {
    const index = [...this.#model.cells].findIndex(({ id }) => id === cellId);
    const cell = this.#notebook.widgets[index];
    if (cell === undefined) return;
    if (cell.isAttached) {
      this.#scrollTo(cell.node, edge);
      return;
    }
    void this.#notebook
      .scrollToItem(index, 'smart', 0.05)
      .then(() => this.#scrollTo(cell.node, edge))
      .catch(() => undefined);
  }

  #scrollTo(node: HTMLElement, edge: 'start' | 'end'): void {
    const { outerNode } = this.#notebook;
    const view = outerNode.getBoundingClientRect();
    const box = node.getBoundingClientRect();
    const isBelow = box.bottom + revealMargin - view.bottom;
    const isAbove = view.top + revealMargin - box.top;
    // What is higher than the page shows its end or its beginning; everything else is moved as little as needed.
    if (isBelow > 0) outerNode.scrollTop += edge === 'end' ? isBelow : Math.min(isBelow, Math.max(0, -isAbove));
    else if (isAbove > 0 && (edge === 'start' || box.bottom < view.top + revealMargin)) outerNode.scrollTop -= isAbove;
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#notebook.dispose();
    this.#model.dispose();
  }

  #begin(screen: Screen): void {
    const cells = screen.order.flatMap((id) => screen.cells.get(id) ?? []);
    const content: object = {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: withLanguage(screen.metadata, this.#options.kernelName),
      cells: cells.map(({ cell }) => cell),
    };
    if (isNotebook(content)) this.#model.fromJSON(content);
    this.#notebook.model = this.#model;
    const models = new Map([...this.#model.cells].map((cell) => [cell.id, cell]));
    for (const cell of cells) {
      this.#outputs.set(String(cell.cell['id']), outputsOf(cell));
      this.#fill(models.get(String(cell.cell['id'])), cell);
    }
  }

  #fill(model: ICellModel | undefined, cell: MomentCell): void {
    if (model === undefined || !isCodeCellModel(model)) return;
    const after = outputsOf(cell);
    const known = this.#outputs.get(model.id);
    // A cell that was moved is made anew by JupyterLab: what it holds is then asked for.
    const before = known !== undefined && known.length === model.outputs.length ? known : model.outputs.toJSON();
    applyOutputs(model.outputs, before, after);
    this.#outputs.set(model.id, after);
    const isRunning = cell.state === 'running' || cell.state === 'queued';
    const count = cell.cell['execution_count'];
    // The number stands at a cell once it is done, as in the live window.
    model.executionCount = typeof count === 'number' && !isRunning ? count : null;
    model.executionState = isRunning ? 'running' : 'idle';
  }

  #listen(node: HTMLElement): void {
    const cellOf = (target: EventTarget | null): HTMLElement | null =>
      target instanceof Element ? target.closest<HTMLElement>('.jp-Cell') : null;
    node.addEventListener('click', ({ target }) => {
      const id = cellOf(target)?.dataset['nightjarCell'];
      if (id !== undefined) this.#options.onSelect(id);
    });
    node.addEventListener('mousemove', ({ target }) => this.#options.onPoint(targetOf(target, cellOf(target))));
    node.addEventListener('mouseleave', () => this.#options.onPoint(null));
    node.addEventListener('wheel', () => this.#options.onScroll(), { passive: true });
  }
}

function targetOf(target: EventTarget | null, cell: HTMLElement | null): Target | null {
  const cellId = cell?.dataset['nightjarCell'];
  if (cell === null || cellId === undefined || !(target instanceof Element)) return null;
  const child = target.closest('.jp-Cell-outputArea > .jp-OutputArea-child');
  if (child !== null) {
    const output = [...(child.parentElement?.children ?? [])].indexOf(child);
    return { cellId, output, box: child.getBoundingClientRect() };
  }
  const input = target.closest('.jp-Cell-inputWrapper');
  return input === null ? null : { cellId, output: null, box: input.getBoundingClientRect() };
}

function setData(dataset: DOMStringMap, name: string, value: string): void {
  if (value === '') delete dataset[name];
  else if (dataset[name] !== value) dataset[name] = value;
}

function noteOf({ gaps, trimmedCharacters }: MomentCell): string {
  const trimmed =
    trimmedCharacters === 0
      ? []
      : [
          `${trimmedCharacters.toLocaleString('en-US')} characters in the middle are left out here; an export has them all.`,
        ];
  return [...gaps, ...trimmed].join(' ');
}

function outputsOf({ cell }: MomentCell): readonly unknown[] {
  const outputs = cell['outputs'];
  return Array.isArray(outputs) ? outputs : [];
}

function draftOf({ cell }: MomentCell): DraftCell {
  const { id, cell_type: type, source, metadata, attachments, outputs, execution_count: count } = cell;
  return {
    id: String(id),
    type: type === 'code' || type === 'markdown' ? type : 'raw',
    source: Array.isArray(source) ? source.join('') : String(source ?? ''),
    metadata: isRecord(metadata) ? metadata : {},
    attachments: isRecord(attachments) ? attachments : null,
    outputs: {
      from: 'inline',
      outputs: Array.isArray(outputs) ? outputs : [],
      executionCount: typeof count === 'number' ? count : null,
    },
  };
}

function applyOutputs(area: IOutputAreaModel, before: readonly unknown[], after: readonly unknown[]): void {
  for (const step of planOutputs(before, after)) {
    switch (step.do) {
      case 'cut':
        for (let index = area.length - 1; index >= step.index; index -= 1) area.remove(index);
        break;
      case 'rewrite': {
        const item = area.get(step.index);
        if (!(item instanceof StreamOutput)) break;
        const { length } = item.stream;
        if (step.keep < length) item.streamText.remove(step.keep, length);
        item.write(step.text);
        break;
      }
      case 'set':
        if (isOutput(step.output)) area.set(step.index, step.output);
        break;
      case 'add':
        if (isOutput(step.output)) area.add(step.output);
        break;
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The contract has checked what the widgets rely on; what nbformat's types say beyond that is not needed here. */
function isNotebook(value: object): value is nbformat.INotebookContent {
  return 'cells' in value && 'metadata' in value;
}

function isOutput(value: unknown): value is nbformat.IOutput {
  return isRecord(value) && typeof value['output_type'] === 'string';
}
