/**
 * The text of one stream output, with carriage returns and backspaces applied as it grows.
 *
 * It gives the very text of JupyterLab 4.6's output model, oddities included, but never touches finished lines again:
 * appending costs the chunk alone, whatever stands before it. That works because a terminal's cursor can only ever be
 * in the last line. The last line is kept as two stacks of pieces, left and right of the cursor, so that going back to
 * its start moves pieces, each of which was paid for when it was written.
 *
 * With bounds only the beginning and the end of the finished lines are kept, and what is left out is counted. What it
 * then shows depends on the text alone, never on the pieces in which it came or on a stop and a start in between.
 */

/** How many characters of finished lines are kept at the beginning and at the end. */
export interface TextBounds {
  readonly head: number;
  readonly tail: number;
}

/** A text that can be gone on with: see `StreamText.save`. */
export interface SavedText {
  readonly head: string;
  readonly omitted: number;
  readonly tail: string;
  readonly left: string;
  readonly right: string;
}

/** The last line, too, is kept only up to here when there are bounds: nobody sends the cursor back over a million. */
const boundedLineLength = 1024 * 1024;

/** Finished lines are gathered to pieces of this size, so that a million short prints do not stay a million strings. */
const gatheredLength = 16 * 1024;

export class StreamText {
  readonly #gathered: string[] = [];
  #finished: string[] = [];
  #finishedLength = 0;
  /** The last line before the cursor; the last element ends at the cursor. */
  readonly #left: string[] = [];
  /** The last line after the cursor; the last element begins at the cursor. */
  readonly #right: string[] = [];
  readonly #bounds: TextBounds | null;
  /** Finished lines that came first, up to the bound, once there are more than fit; empty before. */
  #head = '';
  #omitted = 0;
  #gatheredTotal = 0;
  #leftLength = 0;

  constructor(text = '', bounds: TextBounds | null = null) {
    this.#bounds = bounds;
    this.append(text);
  }

  static restore(saved: SavedText, bounds: TextBounds | null): StreamText {
    const text = new StreamText('', bounds);
    text.#head = saved.head;
    text.#omitted = saved.omitted;
    if (saved.tail !== '') {
      text.#gathered.push(saved.tail);
      text.#gatheredTotal = saved.tail.length;
    }
    if (saved.left !== '') text.#left.push(saved.left);
    text.#leftLength = saved.left.length;
    if (saved.right !== '') text.#right.push(saved.right);
    return text;
  }

  /** What is needed to go on from here. */
  save(): SavedText {
    const tail = this.#finishedTail();
    const cut = this.#omitted === 0 || this.#bounds === null ? 0 : Math.max(0, tail.length - this.#bounds.tail);
    return {
      head: this.#head,
      omitted: this.#omitted + cut,
      tail: tail.slice(cut),
      left: this.#left.join(''),
      right: this.#right.toReversed().join(''),
    };
  }

  #finishedTail(): string {
    return [...this.#gathered, ...this.#finished].join('');
  }

  append(chunk: string): void {
    let from = 0;
    let back = chunk.indexOf('\b');
    let home = chunk.indexOf('\r');
    while (back >= 0 || home >= 0) {
      const at = back < 0 ? home : home < 0 ? back : Math.min(back, home);
      this.#write(chunk.slice(from, at));
      from = at + 1;
      if (at === home) {
        this.#toLineStart();
        home = chunk.indexOf('\r', from);
      } else {
        while (chunk.charCodeAt(from) === 8) from += 1;
        this.#eraseBack(from - at);
        back = chunk.indexOf('\b', from);
      }
    }
    this.#write(chunk.slice(from));
    if (this.#bounds !== null) this.#boundLine();
  }

  /** The whole text, joined anew at every call: ask when it is needed, not at every chunk. */
  toString(): string {
    return this.shown().text;
  }

  /** The text, with a line that says so where characters were left out. */
  shown(): { readonly text: string; readonly omitted: number } {
    const line = [...this.#left, ...this.#right.toReversed()].join('');
    const finished = this.#finishedTail();
    const bounds = this.#bounds;
    if (bounds === null || this.#head.length + finished.length + this.#omitted <= bounds.head + bounds.tail) {
      return { text: this.#head + finished + line, omitted: 0 };
    }
    const isWhole = this.#omitted === 0;
    const all = isWhole ? this.#head + finished : finished;
    const head = (isWhole ? all : this.#head).slice(0, bounds.head);
    const tail = all.slice(-bounds.tail);
    // Cut between lines where there are any, so that no half line and no half escape sequence is shown.
    const shownHead = head.slice(0, head.lastIndexOf('\n') + 1) || head;
    const shownTail = tail.slice(tail.indexOf('\n') + 1) || tail;
    const total = this.#head.length + this.#omitted + finished.length;
    const omitted = total - shownHead.length - shownTail.length;
    const count = omitted.toLocaleString('en');
    const end = shownHead.endsWith('\n') ? '' : '\n';
    return { text: `${shownHead}${end}⋯ ${count} characters left out ⋯\n${shownTail}${line}`, omitted };
  }

  /** Drops gathered lines between the beginning and the end. */
  #dropMiddle(bounds: TextBounds): void {
    if (this.#omitted === 0) {
      if (this.#gatheredTotal < bounds.head + bounds.tail + 2 * gatheredLength) return;
      const all = this.#gathered.join('');
      this.#head = all.slice(0, bounds.head);
      const rest = all.slice(bounds.head);
      this.#gathered.length = 0;
      this.#gathered.push(rest.slice(-bounds.tail));
      this.#omitted = Math.max(0, rest.length - bounds.tail);
      this.#gatheredTotal = rest.length - this.#omitted;
      return;
    }
    // Half as much again is gathered before the end is cut to its bound, so that cutting costs little per character.
    if (this.#gatheredTotal < bounds.tail + Math.max(bounds.tail, 4 * gatheredLength)) return;
    const tail = this.#gathered.join('').slice(-bounds.tail);
    this.#omitted += this.#gatheredTotal - tail.length;
    this.#gathered.length = 0;
    this.#gathered.push(tail);
    this.#gatheredTotal = tail.length;
  }

  /** A last line that is far too long becomes a finished one as far as the cursor has come. */
  #boundLine(): void {
    if (this.#leftLength < boundedLineLength) return;
    const line = this.#left.join('');
    this.#left.length = 0;
    this.#leftLength = 0;
    this.#gather(line);
  }

  /** Text without carriage return or backspace. */
  #write(text: string): void {
    let rest = text;
    if (this.#right.length > 0) {
      const end = rest.indexOf('\n');
      this.#overwrite(end < 0 ? rest : rest.slice(0, end));
      if (end < 0) return;
      this.#finishLine('\n');
      rest = rest.slice(end + 1);
    }
    const end = rest.lastIndexOf('\n') + 1;
    if (end > 0) this.#finishLine(rest.slice(0, end));
    if (end === rest.length) return;
    this.#left.push(rest.slice(end));
    this.#leftLength += rest.length - end;
  }

  #overwrite(text: string): void {
    if (text === '') return;
    this.#left.push(text);
    this.#leftLength += text.length;
    this.#dropRight(text.length);
  }

  /** A line feed ends the line behind its last character, wherever the cursor stands; `end` may bring whole lines. */
  #finishLine(end: string): void {
    for (const piece of this.#left) this.#finished.push(piece);
    this.#finishedLength += lengthOf(this.#left) + lengthOf(this.#right) + end.length;
    for (let i = this.#right.length - 1; i >= 0; i -= 1) this.#finished.push(this.#right[i] ?? '');
    this.#finished.push(end);
    this.#left.length = 0;
    this.#leftLength = 0;
    this.#right.length = 0;
    if (this.#finishedLength >= gatheredLength) this.#gather('');
  }

  /** Puts finished lines, and what follows them, into larger pieces. */
  #gather(more: string): void {
    const piece = this.#finished.join('') + more;
    this.#gathered.push(piece);
    this.#gatheredTotal += piece.length;
    this.#finished = [];
    this.#finishedLength = 0;
    if (this.#bounds !== null) this.#dropMiddle(this.#bounds);
  }

  #toLineStart(): void {
    for (let piece = this.#left.pop(); piece !== undefined; piece = this.#left.pop()) this.#right.push(piece);
    this.#leftLength = 0;
  }

  /** JupyterLab's backspace takes the character before the cursor and the one under it; at a line's start, nothing. */
  #eraseBack(count: number): void {
    let open = count;
    while (open > 0) {
      const piece = this.#left.pop();
      if (piece === undefined) break;
      if (piece.length > open) this.#left.push(piece.slice(0, piece.length - open));
      open -= Math.min(open, piece.length);
    }
    this.#leftLength -= count - open;
    this.#dropRight(count - open);
  }

  #dropRight(count: number): void {
    let open = count;
    while (open > 0) {
      const piece = this.#right.pop();
      if (piece === undefined) return;
      if (piece.length > open) this.#right.push(piece.slice(open));
      open -= Math.min(open, piece.length);
    }
  }
}

function lengthOf(pieces: readonly string[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}
