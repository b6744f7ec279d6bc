/** What a journal says about itself, out of a file that may say anything: each field is taken alone, or its default. */
import * as v from 'valibot';
import type { JournalMeta } from './layout.ts';

const textMax = 4096;
const text = (otherwise: string) => v.fallback(v.pipe(v.string(), v.maxLength(textMax)), otherwise);
const textOrNull = v.fallback(v.nullable(v.pipe(v.string(), v.maxLength(textMax))), null);
const whole = v.pipe(v.number(), v.finite());

const known = v.object({ runs: v.record(v.string(), v.array(whole)), isWhole: v.boolean() });
const recorder = v.object({
  position: whole,
  seq: whole,
  birth: v.string(),
  known: v.exactOptional(v.fallback(known, { runs: {}, isWhole: false })),
});

const journalMeta = v.object({
  journalId: text('unknown'),
  createdTimeMs: v.fallback(v.pipe(whole, v.minValue(0), v.maxValue(8.64e15)), 0),
  serverName: text('unknown server'),
  serverUrl: text(''),
  kernelId: text(''),
  kernelName: textOrNull,
  notebookPath: textOrNull,
  clientSessionId: text(''),
  kernelInfo: v.fallback(v.nullable(v.record(v.string(), v.unknown())), null),
  owner: v.fallback(v.picklist(['app', 'cli']), 'app'),
  state: v.fallback(v.picklist(['open', 'closed']), 'closed'),
  recorder: v.fallback(v.nullable(recorder), null),
});

export const unknownMeta: JournalMeta = v.parse(journalMeta, {
  journalId: null,
  createdTimeMs: null,
  serverName: null,
  serverUrl: null,
  kernelId: null,
  kernelName: null,
  notebookPath: null,
  clientSessionId: null,
  kernelInfo: null,
  owner: null,
  state: null,
  recorder: null,
});

/** `null` when the text is no JSON object. */
export function parseMeta(stored: string | null): JournalMeta | null {
  try {
    const value: unknown = stored === null ? null : JSON.parse(stored);
    return typeof value === 'object' && value !== null ? v.parse(journalMeta, { ...unknownMeta, ...value }) : null;
  } catch {
    return null;
  }
}
