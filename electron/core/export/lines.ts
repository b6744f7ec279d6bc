/**
 * A journal as lines of text: a log for people, or JSON for programs. Both are read entry by entry, in bounded memory.
 */
import { directions, type Entry, entryKinds, lanes } from '../../../shared/journal/entries.ts';
import { errorText, isObject, spoken } from '../../../shared/outputs/json.ts';
import { type Frame, FrameReader } from '../../../shared/wire/codec.ts';
import type { JournalReader } from '../journal/reader.ts';
import { plainText } from '../library/plain-text.ts';

function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(table).find(([, number]) => number === value)?.[0] ?? 'unknown';
}

const decoder = new TextDecoder();

/** An entry as one JSON object; binary buffers are told by their sizes. */
export function entryJson(entry: Entry, frame: Frame | null): string {
  const common = {
    seq: entry.seq,
    time: isoTime(entry.timeUs / 1000),
    kind: nameOf(entryKinds, entry.kind),
    direction: nameOf(directions, entry.direction),
    lane: nameOf(lanes, entry.lane),
  };
  if (frame === null) {
    const text = decoder.decode(entry.body);
    try {
      return JSON.stringify({ ...common, body: JSON.parse(text) as unknown });
    } catch {
      return JSON.stringify({ ...common, body: text });
    }
  }
  const buffers = frame.buffers().map((buffer) => buffer.byteLength);
  return JSON.stringify({
    ...common,
    channel: frame.channel,
    header: frame.header,
    parent_header: frame.parent ?? {},
    metadata: frame.metadata(),
    content: frame.content(),
    ...(buffers.length === 0 ? {} : { buffers }),
  });
}

/** A time that a hostile entry may claim, as text. */
export function isoTime(timeMs: number): string {
  return Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : 'at no time';
}

/** Lines of JSON, one an entry. */
export function* jsonLines(reader: JournalReader, toSeq: number, fromSeq = 1): Generator<string> {
  const frames = new FrameReader();
  for (const entry of reader.entries(fromSeq, toSeq)) {
    yield `${entryJson(entry, entry.kind === entryKinds.frame ? frames.read(entry.body) : null)}\n`;
  }
}

function mimeText(data: unknown): string {
  if (!isObject(data)) {
    return '';
  }
  const plain = data['text/plain'];
  if (typeof plain === 'string') {
    return plain;
  }
  return `[${Object.keys(data).join(', ')}]`;
}

/** What a message says in a log: a sign and its text; `null` for what is no event to a reader. */
function logged(frame: Frame, entry: Entry): readonly [sign: string, text: string] | null {
  const type = frame.header.msg_type;
  if (entry.direction === directions.out) {
    return type === 'execute_request' ? ['>', spoken(frame.content().code ?? '')] : null;
  }
  const content = (): Readonly<Record<string, unknown>> => frame.content();
  switch (type) {
    case 'stream':
      return [content().name === 'stderr' ? '!' : ' ', spoken(content().text ?? '')];
    case 'execute_result':
    case 'display_data':
    case 'update_display_data':
      return ['=', mimeText(content().data)];
    case 'error':
      return ['!', errorText(content())];
    case 'input_request':
      return ['?', spoken(content().prompt ?? '')];
    default:
      return null;
  }
}

/**
 * The log: a time and a sign before every line. `>` code that was run, `!` errors, `=` results, `?` questions, `#` what
 * happened to the connection. Escape sequences are left out, a progress bar's steps are lines of their own.
 */
export function* logLines(reader: JournalReader, toSeq: number, fromSeq = 1): Generator<string> {
  const frames = new FrameReader();
  for (const entry of reader.entries(fromSeq, toSeq)) {
    const time = isoTime(entry.timeUs / 1000);
    const frame = entry.kind === entryKinds.frame ? frames.read(entry.body) : null;
    const said: readonly [string, string] | null = frame === null ? ['#', eventText(entry)] : logged(frame, entry);
    if (said !== null) {
      const [sign, text] = said;
      for (const line of plainText(text).replace(/\n$/, '').split('\n')) {
        const whole = `${time} ${sign} ${line}`;
        yield `${whole.trimEnd()}\n`;
      }
    }
  }
}

function eventText(entry: Entry): string {
  const kind = nameOf(entryKinds, entry.kind);
  const body = decoder.decode(entry.body.subarray(0, 2_000));
  return `${kind} ${body}`;
}
