/**
 * The text of one stream output, with carriage returns and backspaces applied as it grows.
 *
 * It gives the very text of JupyterLab 4.6's output model, oddities included, but never touches finished lines again:
 * appending costs the chunk alone, whatever stands before it. That works because a terminal's cursor can only ever be
 * in the last line. The last line is kept as two stacks of pieces, left and right of the cursor, so that going back to
 * its start moves pieces, each of which was paid for when it was written. Nothing is capped here.
 */

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

  constructor(text = '') {
    this.append(text);
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
  }

  /** The whole text, joined anew at every call: ask when it is needed, not at every chunk. */
  toString(): string {
    return [...this.#gathered, ...this.#finished, ...this.#left, ...this.#right.toReversed()].join('');
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
    if (end < rest.length) this.#left.push(rest.slice(end));
  }

  #overwrite(text: string): void {
    if (text === '') return;
    this.#left.push(text);
    this.#dropRight(text.length);
  }

  /** A line feed ends the line behind its last character, wherever the cursor stands; `end` may bring whole lines. */
  #finishLine(end: string): void {
    for (const piece of this.#left) this.#finished.push(piece);
    this.#finishedLength += lengthOf(this.#left) + lengthOf(this.#right) + end.length;
    for (let i = this.#right.length - 1; i >= 0; i -= 1) this.#finished.push(this.#right[i] ?? '');
    this.#finished.push(end);
    this.#left.length = 0;
    this.#right.length = 0;
    if (this.#finishedLength < gatheredLength) return;
    this.#gathered.push(this.#finished.join(''));
    this.#finished = [];
    this.#finishedLength = 0;
  }

  #toLineStart(): void {
    for (let piece = this.#left.pop(); piece !== undefined; piece = this.#left.pop()) this.#right.push(piece);
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
