/**
 * The text of one stream output (stdout or stderr), made for floods.
 *
 * JupyterLab's own model compares and copies the whole text for every message, which is quadratic. Here a message
 * costs what it brings: finished lines are settled in chunks and never touched again, only the unfinished last line is
 * rewritten. Carriage return and backspace act on that line exactly as in JupyterLab's model, so that a notebook saved
 * by either reads the same. The whole text is put together only when somebody asks for it.
 */

import type { TextSource } from './text-search.ts';

/** Text up to which neighbouring chunks are merged: large enough to be few, small enough to split in 0.1 ms. */
const chunkLength = 64 * 1024;

interface Chunk {
  readonly firstLine: number;
  lines: number;
  /** Whole lines, each with its line feed. */
  text: string;
}

/** A change as "keep so many code units, then put this". */
export interface StreamChange {
  readonly keep: number;
  readonly removed: number;
  readonly insert: string;
}

const noChange: StreamChange = { keep: 0, removed: 0, insert: '' };

export class StreamText {
  #chunks: Chunk[] = [];
  #settledLength = 0;
  #settledLines = 0;
  #tail = '';
  /** Where the next character goes, within the last line. */
  #cursor = 0;
  #joined: string | null = '';
  #generation = 0;

  /** Takes text as it is, without reading carriage returns or backspaces: a saved output has been through that. */
  constructor(text = '') {
    this.#append(text);
  }

  get length(): number {
    return this.#settledLength + this.#tail.length;
  }

  /** Finished lines. The unfinished last one is `tail`. */
  get settledLines(): number {
    return this.#settledLines;
  }

  get tail(): string {
    return this.#tail;
  }

  /** Changes when settled lines were replaced: whoever shows them begins anew. */
  get generation(): number {
    return this.#generation;
  }

  toString(): string {
    this.#joined ??= this.#chunks.map((chunk) => chunk.text).join('') + this.#tail;
    return this.#joined;
  }

  /** Replaces everything, as it is. */
  reset(text: string): void {
    this.#chunks = [];
    this.#settledLength = 0;
    this.#settledLines = 0;
    this.#tail = '';
    this.#cursor = 0;
    this.#generation += 1;
    this.#append(text);
  }

  /** Adds what the kernel wrote. */
  write(text: string): StreamChange {
    if (text === '') {
      return noChange;
    }
    if (this.#cursor === this.#tail.length && !/[\b\r]/.test(text)) {
      const keep = this.length;
      this.#append(text);
      return { keep, removed: 0, insert: text };
    }
    return this.#rewrite(text);
  }

  /** Settled lines `from` up to, not including, `to`, without their line feeds. */
  lines(from: number, to: number): string[] {
    const found: string[] = [];
    for (let index = this.#chunkAt(from); index < this.#chunks.length; index += 1) {
      const chunk = this.#chunks[index];
      if (chunk === undefined || chunk.firstLine >= to) {
        break;
      }
      const lines = chunk.text.split('\n');
      const first = Math.max(0, from - chunk.firstLine);
      const end = Math.min(chunk.lines, to - chunk.firstLine);
      for (let line = first; line < end; line += 1) {
        found.push(lines[line] ?? '');
      }
    }
    return found;
  }

  #append(text: string): void {
    this.#joined = null;
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0) {
      this.#tail += text;
    } else {
      this.#settle(this.#tail + text.slice(0, end));
      this.#tail = text.slice(end);
    }
    this.#cursor = this.#tail.length;
  }

  /** The way of text that moves the cursor back. Looks at the last line only: the cursor never leaves it. */
  #rewrite(text: string): StreamChange {
    const before = this.#tail;
    const finished: string[] = [];
    let line = before;
    let cursor = this.#cursor;
    for (const part of text.split(/([\n\b\r])/)) {
      if (part === '\n') {
        finished.push(line);
        line = '';
        cursor = 0;
      } else if (part === '\r') {
        cursor = 0;
      } else if (part === '\b') {
        if (cursor > 0) {
          line = line.slice(0, cursor - 1) + line.slice(cursor + 1);
          cursor -= 1;
        }
      } else if (part !== '') {
        line = line.slice(0, cursor) + part + line.slice(cursor + part.length);
        cursor += part.length;
      }
    }
    const after = finished.length === 0 ? line : `${finished.join('\n')}\n${line}`;
    const common = commonPrefix(before, after);
    const change = {
      keep: this.#settledLength + common,
      removed: before.length - common,
      insert: after.slice(common),
    };
    this.#joined = null;
    if (finished.length > 0) {
      this.#settle(after.slice(0, after.length - line.length));
    }
    this.#tail = line;
    this.#cursor = cursor;
    return change;
  }

  #settle(text: string): void {
    for (let start = 0; start < text.length; ) {
      const end = text.length - start <= chunkLength ? text.length : endOfLine(text, start + chunkLength);
      this.#settleChunk(text.slice(start, end));
      start = end;
    }
  }

  #settleChunk(text: string): void {
    const lines = countLines(text);
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.text.length + text.length <= chunkLength) {
      last.text += text;
      last.lines += lines;
    } else {
      this.#chunks.push({ firstLine: this.#settledLines, lines, text });
    }
    this.#settledLength += text.length;
    this.#settledLines += lines;
  }

  /** Index of the chunk that holds a line, by bisection. */
  #chunkAt(line: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#chunks[middle]?.firstLine ?? 0) <= line) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}

/** All lines of a stream, the unfinished last one included, for readers that want any of them by number. */
export function linesOf(stream: StreamText): TextSource {
  return {
    get lineCount() {
      return stream.settledLines + (stream.tail === '' ? 0 : 1);
    },
    get finishedLines() {
      return stream.settledLines;
    },
    get tail() {
      return stream.tail;
    },
    get generation() {
      return stream.generation;
    },
    lines: (from, to) => {
      const settled = stream.lines(from, Math.min(to, stream.settledLines));
      return to > stream.settledLines && stream.tail !== '' ? [...settled, stream.tail] : settled;
    },
  };
}

function endOfLine(text: string, from: number): number {
  const found = text.indexOf('\n', from - 1);
  return found === -1 ? text.length : found + 1;
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lines += 1;
  }
  return lines;
}

/** Never ends between the halves of a surrogate pair: the shared document would replace both with U+FFFD. */
function commonPrefix(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a.charCodeAt(index) === b.charCodeAt(index)) {
    index += 1;
  }
  const before = index === 0 ? 0 : a.charCodeAt(index - 1);
  return before >= 0xd800 && before <= 0xdbff ? index - 1 : index;
}
