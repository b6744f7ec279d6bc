/**
 * What of a journal stands on its time line: events, taken out of entries one by one.
 *
 * The same function serves the index that is made while sealing and the reading of what is not indexed, so that both
 * tell the same.
 */
import { directions, type Entry, entryKinds } from '../../../shared/journal/entries.ts';
import { isObject } from '../../../shared/outputs/json.ts';
import type { Frame } from '../../../shared/wire/codec.ts';

export type EventKind = 'link' | 'gap' | 'snapshot' | 'note' | 'app' | 'error' | 'restart';
const eventKinds: readonly EventKind[] = ['link', 'gap', 'snapshot', 'note', 'app', 'error', 'restart'];

export interface TimelineEvent {
  readonly seq: number;
  readonly timeMs: number;
  readonly kind: EventKind;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A body larger than this is not kept in the index. Ours are far smaller. */
const bodyCharactersMax = 4_000;

const kindNames: Readonly<Record<number, EventKind>> = {
  [entryKinds.link]: 'link',
  [entryKinds.gap]: 'gap',
  [entryKinds.snapshot]: 'snapshot',
  [entryKinds.note]: 'note',
  [entryKinds.app]: 'app',
};

export function parseBody(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = text.length > bodyCharactersMax ? {} : JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const decoder = new TextDecoder();

/** `frame` is the entry's, or `null` where it is none. */
export function eventOf(entry: Entry, frame: Frame | null): TimelineEvent | null {
  const place = { seq: entry.seq, timeMs: entry.timeUs / 1000 };
  const kind = kindNames[entry.kind];
  if (kind !== undefined) {
    return { ...place, kind, body: parseBody(decoder.decode(entry.body.subarray(0, bodyCharactersMax + 1))) };
  }
  if (frame === null || entry.direction !== directions.in || frame.channel !== 'iopub') {
    return null;
  }
  if (frame.header.msg_type === 'error') {
    const { ename, evalue } = frame.content();
    const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 200) : '');
    return {
      ...place,
      kind: 'error',
      body: { parent: frame.parent?.msg_id ?? '', ename: text(ename), evalue: text(evalue) },
    };
  }
  if (frame.header.msg_type === 'status') {
    const { execution_state: state } = frame.content();
    if (state === 'restarting' || state === 'autorestarting' || state === 'dead') {
      return { ...place, kind: 'restart', body: { state } };
    }
  }
  return null;
}

/** A row of the `event` table, which may say anything. */
export function eventOfRow(row: Readonly<Record<string, unknown>>): TimelineEvent | null {
  const kind = eventKinds.find((candidate) => candidate === row.kind);
  const seq = Number(row.seq);
  const time = Number(row.time);
  return kind === undefined || !Number.isSafeInteger(seq) || !Number.isFinite(time)
    ? null
    : { seq, timeMs: time / 1000, kind, body: parseBody(typeof row.body === 'string' ? row.body : '') };
}
