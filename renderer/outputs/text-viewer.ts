/**
 * A long output in full, in a dialog over the notebook: any number of lines, of which only those on the screen are in
 * the page, with search. Shows what comes while it is open.
 */
import { plainStyle, readAnsi } from './ansi.ts';
import { appendPiece, cutLine } from './stream-view.ts';
import { type Found, neighbour, nothingFound, search, type TextSource } from './text-search.ts';

/** The height of a line is fixed, so that any line's place can be computed. */
const linePx = 18;
/** Chromium draws nothing beyond 33 million pixels: a taller text is scrolled faster instead. */
const scrollPxMax = 12_000_000;
/** Lines drawn above and below the screen. */
const overscan = 30;
/** How often it looks whether more has come. */
const followIntervalMs = 250;
const searchDelayMs = 150;
const highlightName = 'nightjar-found';

export interface ViewerActions {
  copy(): void;
  save(): void;
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, className: string): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  node.className = className;
  return node;
}

function button(label: string, run: () => void, title = label): HTMLButtonElement {
  const node = element('button', 'nj-OutputButton');
  node.type = 'button';
  node.textContent = label;
  node.title = title;
  node.setAttribute('aria-label', title);
  node.addEventListener('click', run);
  return node;
}

export class TextViewer {
  readonly #source: TextSource;
  readonly #dialog = element('dialog', 'nj-TextViewer');
  readonly #count = element('span', 'nj-TextViewer-count');
  readonly #field = element('input', 'nj-TextViewer-field');
  readonly #matches = element('span', 'nj-TextViewer-matches');
  readonly #scroller = element('div', 'nj-TextViewer-scroller');
  readonly #sizer = element('div', 'nj-TextViewer-sizer');
  readonly #rows = element('div', 'nj-TextViewer-rows');
  #shown = { first: -1, end: -1, lineCount: -1, generation: -1, tail: '' };
  #found: Found | null = null;
  #searching: AbortController | null = null;
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #current = -1;
  #searchedTail = '';
  /** The line at the top as long as nobody scrolls: pixels are too coarse to say it when the text is scrolled faster. */
  #anchor = { scrollTop: -1, top: 0 };

  constructor(title: string, source: TextSource, actions: ViewerActions) {
    this.#source = source;
    this.#dialog.setAttribute('aria-label', title);
    const name = element('h2', 'nj-TextViewer-title');
    name.textContent = title;
    this.#field.type = 'search';
    this.#field.placeholder = 'Find in this output';
    this.#field.setAttribute('aria-label', 'Find in this output');
    this.#matches.setAttribute('role', 'status');
    const bar = element('header', 'nj-TextViewer-bar');
    bar.append(
      name,
      this.#count,
      this.#field,
      this.#matches,
      button('↑', () => this.#step(-1), 'Previous match'),
      button('↓', () => this.#step(1), 'Next match'),
      button('Copy', actions.copy, 'Copy all of it'),
      button('Save…', actions.save, 'Save all of it'),
      button('Close', () => this.#dialog.close()),
    );
    this.#scroller.tabIndex = 0;
    this.#sizer.append(this.#rows);
    this.#scroller.append(this.#sizer);
    this.#dialog.append(bar, this.#scroller);
    this.#listen();
  }

  open(): void {
    const before = document.activeElement;
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    const timer = setInterval(() => this.#draw(), followIntervalMs);
    // Before the document, where the notebook listens.
    window.addEventListener('keydown', this.#onKey, true);
    const observer = new ResizeObserver(() => this.#draw());
    observer.observe(this.#scroller);
    this.#dialog.addEventListener('close', () => {
      clearInterval(timer);
      window.removeEventListener('keydown', this.#onKey, true);
      clearTimeout(this.#searchTimer);
      observer.disconnect();
      this.#searching?.abort();
      CSS.highlights.delete(highlightName);
      this.#dialog.remove();
      // Opened from a menu, nothing had the focus: the next key is meant for the notebook.
      const notebook = document.querySelector<HTMLElement>('.jp-Notebook');
      const target =
        before instanceof HTMLElement && before.isConnected && before !== document.body ? before : notebook;
      target?.focus({ preventScroll: true });
    });
    this.#scroller.focus();
    this.#draw();
  }

  #listen(): void {
    this.#scroller.addEventListener('scroll', () => this.#draw(), { passive: true });
    this.#field.addEventListener('input', () => {
      clearTimeout(this.#searchTimer);
      this.#searchTimer = setTimeout(() => this.#search(), searchDelayMs);
    });
  }

  /** Keys go to the viewer alone while it is open: the notebook's own are for the cells behind. */
  readonly #onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'f' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#field.select();
      this.#field.focus();
    } else if (event.key === 'Enter' && event.target === this.#field) {
      event.preventDefault();
      if (this.#searchTimer === undefined) this.#step(event.shiftKey ? -1 : 1);
      else this.#search();
    }
  };

  /** Lines that fit on the screen. */
  get #visible(): number {
    return this.#scroller.clientHeight / linePx;
  }

  /** The first line on the screen, as a fraction where half of it is scrolled away. */
  get #top(): number {
    const { scrollTop } = this.#scroller;
    if (scrollTop === this.#anchor.scrollTop) return this.#anchor.top;
    const range = this.#scrollRange;
    return range <= 0 ? 0 : (scrollTop / range) * this.#lastTop;
  }

  set #top(line: number) {
    const top = Math.max(0, Math.min(this.#lastTop, line));
    this.#scroller.scrollTop = this.#lastTop === 0 ? 0 : (top / this.#lastTop) * this.#scrollRange;
    this.#anchor = { scrollTop: this.#scroller.scrollTop, top };
  }

  /** The line at the top when the end is on the screen. */
  get #lastTop(): number {
    return Math.max(0, this.#shown.lineCount - this.#visible);
  }

  get #scrollRange(): number {
    return this.#scroller.scrollHeight - this.#scroller.clientHeight;
  }

  /** More has come: what is on the screen stays there, or the end does. */
  #resize(lineCount: number): void {
    const top = this.#top;
    const isAtEnd = this.#shown.lineCount > 0 && top > 0 && top >= this.#lastTop - 1;
    this.#count.textContent = `${lineCount.toLocaleString('en-US')} ${lineCount === 1 ? 'line' : 'lines'}`;
    this.#sizer.style.height = `${Math.min(lineCount * linePx, scrollPxMax)}px`;
    this.#sizer.style.setProperty('--nj-digits', String(String(lineCount).length));
    this.#shown = { ...this.#shown, lineCount, first: -1 };
    this.#top = isAtEnd ? this.#lastTop : top;
  }

  #draw(): void {
    const { lineCount, finishedLines, generation, tail } = this.#source;
    const isOther =
      lineCount !== this.#shown.lineCount || generation !== this.#shown.generation || tail !== this.#shown.tail;
    if (lineCount !== this.#shown.lineCount) this.#resize(lineCount);
    const isUnsearched = isOther || this.#found?.searched !== finishedLines || tail !== this.#searchedTail;
    if (this.#found?.isComplete === true && isUnsearched) this.#searchOn();
    const top = this.#top;
    const first = Math.max(0, Math.floor(top) - overscan);
    const end = Math.min(lineCount, Math.ceil(top + this.#visible) + overscan);
    this.#rows.style.transform = `translateY(${this.#scroller.scrollTop - (top - first) * linePx}px)`;
    const isSame = first === this.#shown.first && end === this.#shown.end && !isOther;
    if (isSame) return;
    this.#shown = { first, end, lineCount, generation, tail };
    this.#rows.replaceChildren(...this.#source.lines(first, end).map((line, index) => this.#row(line, first + index)));
    this.#highlight();
  }

  #row(line: string, number: number): HTMLElement {
    const row = element('div', 'nj-TextViewer-line');
    row.dataset['line'] = String(number + 1);
    if (number === this.#current) row.classList.add('nj-mod-current');
    readAnsi(cutLine(line), plainStyle, (piece, style) => appendPiece(row, piece, style));
    return row;
  }

  #search(): void {
    clearTimeout(this.#searchTimer);
    this.#searchTimer = undefined;
    this.#searching?.abort();
    this.#searching = null;
    this.#found = null;
    this.#current = -1;
    const query = this.#field.value;
    if (query === '') {
      this.#matches.textContent = '';
      this.#redraw();
      return;
    }
    this.#searchFrom(nothingFound, Math.floor(this.#top) - 1);
    this.#redraw();
  }

  /** `start`: the first match behind this line is gone to. */
  #searchFrom(before: Found, start: number): void {
    const control = new AbortController();
    this.#searching = control;
    this.#searchedTail = this.#source.tail;
    const tell = (found: Found): void => {
      if (control.signal.aborted) return;
      this.#found = found;
      if (this.#current < 0 && Number.isFinite(start)) {
        const here = found.lines.find((line) => line > start) ?? (found.isComplete ? found.lines[0] : undefined);
        if (here !== undefined) this.#goTo(here);
      }
      this.#tellMatches();
    };
    void search(this.#source, this.#field.value, control.signal, tell, before);
  }

  /** Lines have come, or were taken back, since everything was searched. */
  #searchOn(): void {
    const found = this.#found;
    if (found === null) return;
    this.#searching?.abort();
    const isSame = this.#source.generation === this.#shown.generation && found.searched <= this.#source.finishedLines;
    this.#found = { ...(isSame ? found : nothingFound), isComplete: false };
    this.#searchFrom(isSame ? found : nothingFound, Number.POSITIVE_INFINITY);
  }

  #tellMatches(): void {
    const found = this.#found;
    if (found === null) return;
    const place = found.lines.indexOf(this.#current) + 1;
    const count = found.count.toLocaleString('en-US');
    const more = found.isComplete ? '' : '…';
    const beyond =
      found.count > found.lines.length
        ? `, stepping through the first ${found.lines.length.toLocaleString('en-US')}`
        : '';
    this.#matches.textContent =
      found.count === 0
        ? found.isComplete
          ? 'Not found'
          : 'Searching…'
        : `${place.toLocaleString('en-US')} of ${count}${more} ${found.count === 1 ? 'line' : 'lines'}${beyond}`;
  }

  #step(step: 1 | -1): void {
    const next = this.#found === null ? null : neighbour(this.#found.lines, this.#current, step);
    if (next !== null) this.#goTo(next);
    this.#tellMatches();
  }

  /** Brings a line into the middle of the screen. */
  #goTo(line: number): void {
    this.#current = line;
    this.#top = line - this.#visible / 2;
    this.#redraw();
  }

  #redraw(): void {
    this.#shown = { ...this.#shown, first: -1 };
    this.#draw();
  }

  /** Marks what was found in the lines on the screen, without touching their elements. */
  #highlight(): void {
    const query = this.#field.value.toLowerCase();
    CSS.highlights.delete(highlightName);
    if (query === '') return;
    const ranges: Range[] = [];
    for (const row of this.#rows.children) {
      const text = (row.textContent ?? '').toLowerCase();
      for (let at = text.indexOf(query); at !== -1; at = text.indexOf(query, at + query.length)) {
        const range = new Range();
        range.setStart(...placeIn(row, at));
        range.setEnd(...placeIn(row, at + query.length));
        ranges.push(range);
      }
    }
    CSS.highlights.set(highlightName, new Highlight(...ranges));
  }
}

/** The text node with this character of a line, which may have several colours, and its place in there. */
function placeIn(row: Element, at: number): [Node, number] {
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  let left = at;
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const { length } = node.textContent ?? '';
    if (left <= length) return [node, left];
    left -= length;
  }
  return [row, row.childNodes.length];
}
