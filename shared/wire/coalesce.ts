/**
 * Fewer, larger stream messages on their way to a window.
 *
 * A loop that prints makes a message per line, and a window pays for each. Consecutive `stream` frames of one
 * execution and one name become a single frame. It works on the bytes: two JSON string bodies joined are the JSON of
 * the joined text, so no output is parsed. The journal keeps every original; only what is shown is merged.
 */
import { hasAt } from './bytes.ts';
import { type Frame, withContent } from './codec.ts';

const quote = 0x22;
const backslash = 0x5c;
const encoder = new TextEncoder();
const textKey = encoder.encode('"text"');

/** Places in a frame. */
interface TextSpan {
  /** First byte of the string's body, after its opening quote. */
  readonly start: number;
  /** Position of the closing quote. */
  readonly end: number;
}

/**
 * Where the text of a stream's content lies. Only the shape that kernels write is taken: `name` first, `text` last.
 * Anything else gives `null` and is passed on unmerged.
 */
function textSpanOf({ bytes, layout: { contentStart, contentEnd } }: Frame): TextSpan | null {
  const headEnd = Math.min(contentEnd, contentStart + 64);
  let at = -1;
  for (let index = contentStart + 1; index < headEnd; index++) {
    if (bytes[index] === quote && hasAt(bytes, index, textKey)) {
      at = index + textKey.byteLength;
      break;
    }
  }
  if (at < 0) {
    return null;
  }
  while (at < contentEnd && (bytes[at] === 0x20 || bytes[at] === 0x3a)) {
    at += 1;
  }
  const end = contentEnd - 2;
  if (bytes[at] !== quote || end <= at || bytes[end] !== quote || bytes[end + 1] !== 0x7d) {
    return null;
  }
  const start = at + 1;
  // The closing quote must be the first unescaped one: otherwise another member follows the text.
  for (let index = start; index < end; index++) {
    if (bytes[index] === backslash) {
      index += 1;
    } else if (bytes[index] === quote) {
      return null;
    }
  }
  let slashes = 0;
  for (let index = end - 1; index >= start && bytes[index] === backslash; index--) {
    slashes += 1;
  }
  return slashes % 2 === 0 ? { start, end } : null;
}

interface OpenRun {
  readonly first: Frame;
  readonly parentId: string;
  readonly prefix: Uint8Array;
  readonly parts: Uint8Array[];
  bytes: number;
}

/** Merges consecutive stream frames. Feed frames in order with `push`, take what is complete with `take`. */
export class StreamCoalescer {
  private readonly done: Uint8Array[] = [];
  private run: OpenRun | null = null;
  private doneBytes = 0;

  /** `runBytesMax`: a merged frame grows to about this size, then a new one begins. */
  constructor(private readonly runBytesMax: number) {}

  /** Bytes held, complete or not. */
  get heldBytes(): number {
    return this.doneBytes + (this.run?.bytes ?? 0);
  }

  get isEmpty(): boolean {
    return this.run === null && this.done.length === 0;
  }

  push(frame: Frame): void {
    if (frame.header.msg_type === 'stream' && frame.channel === 'iopub' && frame.layout.bufferOffsets.length === 0) {
      const span = textSpanOf(frame);
      if (span !== null) {
        this.pushStream(frame, span);
        return;
      }
    }
    this.endRun();
    this.done.push(frame.bytes);
    this.doneBytes += frame.bytes.byteLength;
  }

  private pushStream(frame: Frame, span: TextSpan): void {
    const { bytes } = frame;
    const { contentStart } = frame.layout;
    const text = bytes.subarray(span.start, span.end);
    const parentId = frame.parent?.msg_id ?? '';
    const run = this.run;
    if (
      run !== null &&
      run.parentId === parentId &&
      run.bytes < this.runBytesMax &&
      run.prefix.byteLength === span.start - contentStart &&
      hasAt(bytes, contentStart, run.prefix)
    ) {
      run.parts.push(text);
      run.bytes += text.byteLength;
      return;
    }
    this.endRun();
    const prefix = bytes.subarray(contentStart, span.start);
    this.run = { first: frame, parentId, prefix, parts: [text], bytes: bytes.byteLength };
  }

  private endRun(): void {
    const run = this.run;
    if (run === null) {
      return;
    }
    this.run = null;
    const merged = run.parts.length === 1 ? run.first.bytes : mergeRun(run);
    this.done.push(merged);
    this.doneBytes += merged.byteLength;
  }

  /** Everything held, up to about `bytesMax` (at least one frame if there is one). */
  take(bytesMax: number): Uint8Array[] {
    this.endRun();
    let bytes = 0;
    let count = 0;
    for (const frame of this.done) {
      if (count > 0 && bytes + frame.byteLength > bytesMax) {
        break;
      }
      bytes += frame.byteLength;
      count += 1;
    }
    this.doneBytes -= bytes;
    return this.done.splice(0, count);
  }
}

function mergeRun(run: OpenRun): Uint8Array {
  const textBytes = run.parts.reduce((sum, part) => sum + part.byteLength, 0);
  const content = new Uint8Array(run.prefix.byteLength + textBytes + 2);
  content.set(run.prefix, 0);
  let at = run.prefix.byteLength;
  for (const part of run.parts) {
    content.set(part, at);
    at += part.byteLength;
  }
  content[at] = quote;
  content[at + 1] = 0x7d;
  return withContent(run.first, content);
}
