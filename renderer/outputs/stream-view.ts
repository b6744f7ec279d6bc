/**
 * Shows stream output: appends what is new, keeps the page small, follows the end.
 *
 * The text is drawn in blocks of lines. New lines are appended to the last block; only the unfinished last line is ever
 * drawn again. At most `linesMax` lines or `charactersMax` characters stay on the page; a button brings back what
 * stands before them, so nothing is ever out of reach. Updates are throttled, and a flood skips to its end.
 */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { type AnsiStyle, ansiLook, plainStyle, readAnsi } from './ansi.ts';
import { StreamOutput, stderrType, stdoutType } from './stream-model.ts';
import { StreamText } from './stream-text.ts';

/** Lines on the page. 5,000 lines of 80 characters lay out in about 30 ms. */
const linesMax = 5_000;
const charactersMax = 1024 * 1024;
/** Lines and characters drawn in one go: a part of a frame, layout included. */
const linesPerUpdate = 250;
const charactersPerUpdate = 32 * 1024;
/** Shortest pause before the next go on the way to the end: a frame, in which keys and clicks have their turn. */
const nextPieceMs = 16;
/** Lines that come back with one click. */
const linesPerClick = 1_000;
/** Ten updates a second are as many as a person can tell apart. */
const updateIntervalMs = 100;
/** Lines to a block: appending lays out one block anew, so it stays small. */
const linesPerBlock = 100;
/** A longer line is cut on the page (never in the notebook): laying out one line cannot be interrupted. */
const lineLengthMax = 20_000;
/** Asks the window to show all of this output in a viewer of its own. */
export const openOutputEvent = 'nightjar-open-output';

/** Output longer than this gets a scroll box of its own that follows the end, so that the next cell stays in reach. */
const linesBeforeScrolling = 100;

interface Block {
  readonly node: HTMLElement;
  lines: number;
  characters: number;
}

export class StreamView extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;
  readonly #head = document.createElement('div');
  readonly #earlier = document.createElement('button');
  readonly #all = document.createElement('button');
  readonly #text = document.createElement('pre');
  #stream = new StreamText();
  #generation = -1;
  #blocks: Block[] = [];
  /** Settled lines on the page: from `#first` up to `#next`. */
  #first = 0;
  #next = 0;
  /** Lines that the person asked to see beyond the usual ones. */
  #extraLines = 0;
  #style: AnsiStyle = plainStyle;
  #tailNodes: Node[] = [];
  #tailShown = '';
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastUpdateMs = Number.NEGATIVE_INFINITY;
  #followsEnd = true;
  /** Where the text was scrolled to last, by whomever; 0 once it may be higher by itself, since lines above are gone. */
  #lastTop = 0;
  /** The coming frame, in which the text is scrolled to its end. */
  #frame: number | null = null;
  /** What laying out the last frame took: part of what an update costs. */
  #layoutMs = 0;

  constructor(mimeType: string) {
    super();
    this.#mimeType = mimeType;
    this.addClass('jp-RenderedText');
    this.addClass('nj-Stream');
    this.node.dataset['mimeType'] = mimeType;
    this.#earlier.type = 'button';
    this.#earlier.className = 'nj-Stream-earlier';
    this.#earlier.addEventListener('click', () => this.#showEarlier());
    this.#all.type = 'button';
    this.#all.className = 'nj-Stream-earlier';
    this.#all.addEventListener('click', () => this.node.dispatchEvent(new Event(openOutputEvent, { bubbles: true })));
    this.#head.className = 'nj-Stream-head';
    this.#head.hidden = true;
    this.#head.append(this.#earlier, this.#all);
    this.#text.addEventListener('scroll', () => this.#onScroll());
    this.node.append(this.#head, this.#text);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const stream = model instanceof StreamOutput ? model.stream : this.#plainStream(model);
    if (stream !== this.#stream) {
      this.#stream = stream;
      this.#generation = -1;
    }
    const waitMs = this.#lastUpdateMs + updateIntervalMs - performance.now();
    if (waitMs <= 0 && this.#timer === null) {
      this.#update();
    } else {
      this.#timer ??= setTimeout(() => this.#onTimer(), waitMs);
    }
  }

  override dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    super.dispose();
  }

  protected override onAfterShow(): void {
    this.#scrollToEnd();
  }

  protected override onAfterAttach(): void {
    this.#scrollToEnd();
  }

  /** Error outputs come as plain data. The same text again is the same stream. */
  #plainStream(model: IRenderMime.IMimeModel): StreamText {
    const data = model.data[this.#mimeType];
    const text = Array.isArray(data) ? data.join('') : String(data ?? '');
    return this.#stream.toString() === text ? this.#stream : new StreamText(text);
  }

  #onTimer(): void {
    this.#timer = null;
    if (!this.isDisposed) {
      this.#update();
    }
  }

  #update(): void {
    if (this.#generation !== this.#stream.generation) {
      this.#restart(0);
      this.#generation = this.#stream.generation;
    }
    const total = this.#stream.settledLines;
    const begunMs = performance.now();
    const isFlood = total - this.#next > linesMax;
    if (isFlood) {
      this.#restart(total - linesPerUpdate);
    }
    const lines = takeLines(this.#stream.lines(this.#next, Math.min(total, this.#next + linesPerUpdate)));
    this.#removeTail();
    this.#style = appendLines(lines, this.#style, () => this.#openBlock());
    this.#next += lines.length;
    this.#dropEarlier();
    const isComplete = this.#next === total;
    if (isComplete) {
      this.#drawTail();
    }
    this.#labelEarlier();
    this.#text.classList.toggle('nj-mod-scrolled', this.#next - this.#first > linesBeforeScrolling);
    this.#scrollToEnd();
    this.#lastUpdateMs = performance.now();
    if (!isComplete) {
      // Drawing has at most a third of the window's time. What a flood skips anyway need not be hurried.
      const pauseMs = isFlood
        ? updateIntervalMs
        : Math.max(nextPieceMs, 2 * (this.#lastUpdateMs - begunMs + this.#layoutMs));
      this.#timer ??= setTimeout(() => this.#onTimer(), pauseMs);
    }
  }

  #restart(line: number): void {
    this.#text.replaceChildren();
    this.#lastTop = 0;
    this.#blocks = [];
    this.#tailNodes = [];
    this.#tailShown = '';
    this.#first = line;
    this.#next = line;
    this.#extraLines = 0;
    this.#style = plainStyle;
  }

  #openBlock(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.lines < linesPerBlock) {
      return last;
    }
    const block = { node: document.createElement('div'), lines: 0, characters: 0 };
    this.#blocks.push(block);
    this.#text.append(block.node);
    return block;
  }

  #dropEarlier(): void {
    let lines = this.#next - this.#first;
    let characters = this.#blocks.reduce((sum, block) => sum + block.characters, 0);
    const most = linesMax + this.#extraLines;
    while (this.#blocks.length > 1 && (lines > most || (characters > charactersMax && this.#extraLines === 0))) {
      const block = this.#blocks.shift();
      if (block === undefined) return;
      block.node.remove();
      this.#lastTop = 0;
      lines -= block.lines;
      characters -= block.characters;
      this.#first += block.lines;
    }
  }

  #showEarlier(): void {
    const from = Math.max(0, this.#first - linesPerClick);
    const lines = this.#stream.lines(from, this.#first);
    const fresh: Block[] = [];
    // The colours at this point of the text are not known without reading all of it: the page begins plain.
    appendLines(lines, plainStyle, () => {
      const last = fresh.at(-1);
      if (last !== undefined && last.lines < linesPerBlock) return last;
      const block = { node: document.createElement('div'), lines: 0, characters: 0 };
      fresh.push(block);
      return block;
    });
    const heightBefore = this.#text.scrollHeight;
    this.#text.prepend(...fresh.map((block) => block.node));
    this.#text.scrollTop += this.#text.scrollHeight - heightBefore;
    this.#blocks = [...fresh, ...this.#blocks];
    this.#extraLines += lines.length;
    this.#first = from;
    this.#labelEarlier();
  }

  #labelEarlier(): void {
    const lines = this.#first.toLocaleString('en-US');
    this.#head.hidden = this.#first === 0;
    const all = this.#stream.settledLines + (this.#stream.tail === '' ? 0 : 1);
    this.#all.textContent = `Open all ${all.toLocaleString('en-US')} lines`;
    this.#earlier.textContent = this.#first === 0 ? '' : `Show earlier output (${lines} lines)`;
  }

  #removeTail(): void {
    for (const node of this.#tailNodes) {
      node.parentNode?.removeChild(node);
    }
    this.#tailNodes = [];
    this.#tailShown = '';
  }

  #drawTail(): void {
    const tail = this.#stream.tail;
    if (tail === '' || tail === this.#tailShown) {
      return;
    }
    const block = this.#openBlock();
    const nodes = document.createDocumentFragment();
    readAnsi((block.lines > 0 ? '\n' : '') + cutLine(tail), this.#style, (piece, style) => {
      appendPiece(nodes, piece, style);
    });
    this.#tailNodes = [...nodes.childNodes];
    this.#tailShown = tail;
    block.node.append(nodes);
  }

  /** In the coming frame: while the compositor takes the last one over, a scroll would have to wait for it. */
  #scrollToEnd(): void {
    if (!this.#followsEnd || !this.#text.classList.contains('nj-mod-scrolled') || !this.isAttached) return;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (!this.#followsEnd || !this.isAttached) return;
      const begunMs = performance.now();
      this.#text.scrollTop = this.#text.scrollHeight;
      this.#lastTop = this.#text.scrollTop;
      this.#layoutMs = performance.now() - begunMs;
    });
  }

  /** Up is away from the end, and down to it is back. That the text grew meanwhile is neither. */
  #onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#text;
    const toEnd = scrollHeight - scrollTop - clientHeight;
    if (scrollTop < this.#lastTop) this.#followsEnd = toEnd < 1;
    else if (toEnd < 8) this.#followsEnd = true;
    this.#lastTop = scrollTop;
  }
}

/** As many of the first lines as may be drawn in one go; at least one. */
function takeLines(lines: string[]): string[] {
  let characters = 0;
  const end = lines.findIndex((line, index) => {
    characters += Math.min(line.length, lineLengthMax);
    return index > 0 && characters > charactersPerUpdate;
  });
  return end === -1 ? lines : lines.slice(0, end);
}

export function cutLine(line: string): string {
  if (line.length <= lineLengthMax) {
    return line;
  }
  const rest = (line.length - lineLengthMax).toLocaleString('en-US');
  return `${line.slice(0, lineLengthMax)}… (${rest} more characters in this line)`;
}

/** Draws lines into blocks. Line feeds stand between the lines of a block: its end breaks the line by itself. */
function appendLines(lines: readonly string[], from: AnsiStyle, openBlock: () => Block): AnsiStyle {
  let style = from;
  for (let start = 0; start < lines.length; ) {
    const block = openBlock();
    const end = Math.min(lines.length, start + linesPerBlock - block.lines);
    const shown = lines.slice(start, end).map(cutLine);
    let text = (block.lines > 0 ? '\n' : '') + shown.join('\n');
    const closes = block.lines + shown.length === linesPerBlock;
    if (closes && shown.at(-1) === '') {
      // The last line feed of a block is not drawn: an empty last line needs a second one.
      text += '\n';
    }
    const nodes = document.createDocumentFragment();
    style = readAnsi(text, style, (piece, pieceStyle) => appendPiece(nodes, piece, pieceStyle));
    block.node.append(nodes);
    block.lines += shown.length;
    block.characters += text.length;
    start = end;
  }
  return style;
}

/** Web addresses in plain text. Closing punctuation belongs to the sentence around them. */
const address = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

export function appendPiece(parent: Node, text: string, style: AnsiStyle): void {
  let target: Node = parent;
  if (style !== plainStyle) {
    const { classes, color, background } = ansiLook(style);
    const span = document.createElement('span');
    span.className = classes.join(' ');
    if (color !== null) span.style.setProperty('--nj-ansi', color);
    if (background !== null) span.style.backgroundColor = background;
    parent.appendChild(span);
    target = span;
  }
  let start = 0;
  if (text.includes('://')) {
    for (const match of text.matchAll(address)) {
      target.appendChild(document.createTextNode(text.slice(start, match.index)));
      const anchor = document.createElement('a');
      anchor.href = match[0];
      anchor.textContent = match[0];
      target.appendChild(anchor);
      start = match.index + match[0].length;
    }
  }
  if (start < text.length) {
    target.appendChild(document.createTextNode(start === 0 ? text : text.slice(start)));
  }
}

/** For stdout and stderr, ahead of the stock renderers. */
export const streamRendererFactory: IRenderMime.IRendererFactory = {
  safe: true,
  mimeTypes: [stdoutType, stderrType],
  defaultRank: 10,
  createRenderer: (options) => new StreamView(options.mimeType),
};
