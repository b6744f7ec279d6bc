/**
 * The time line of a journal, as windows see it: what a recorded session is made of, and the notebook at any moment.
 *
 * A moment is named by an entry's number (`seq`): the notebook as it stood once that entry had arrived. Times are
 * milliseconds since 1970 by this computer's clock. Live sessions are the same journals, still growing; their last
 * moment is now.
 */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.minValue(0));
const timeMs = v.number();
const json = v.record(v.string(), v.unknown());

/** How an output reached the journal (`shared/journal/entries.ts`, lanes). */
export const laneName = v.picklist(['live', 'server-buffer', 'recorder', 'rebuilt']);

/** A lane of the time line: one cell of the notebook, in the notebook's order at the last moment. */
export const playbackCell = v.object({
  cellId: v.string(),
  /** First line of the cell's source, cut to 120 characters. */
  label: v.string(),
  /** True when the cell no longer stands in the notebook at the last moment. */
  isGone: v.boolean(),
});

/** One execution on its cell's lane. `toSeq` is its last message so far; `endedTimeMs` is null while it runs. */
export const playbackRun = v.object({
  msgId: v.string(),
  cellId: v.nullable(v.string()),
  fromSeq: count,
  toSeq: count,
  submittedTimeMs: timeMs,
  startedTimeMs: v.nullable(timeMs),
  endedTimeMs: v.nullable(timeMs),
  status: v.nullable(v.picklist(['ok', 'error', 'aborted'])),
  executionCount: v.nullable(v.number()),
});

/** Something to see on the time line. `toSeq` and `toTimeMs` equal the start where it has no length. */
export const playbackMark = v.object({
  kind: v.picklist(['error', 'gap', 'outage', 'suspended', 'restart', 'snapshot', 'note']),
  fromSeq: count,
  toSeq: count,
  fromTimeMs: timeMs,
  toTimeMs: timeMs,
  cellId: v.nullable(v.string()),
  /** One sentence. */
  text: v.string(),
});

export const playbackInfo = v.object({
  journalId: v.string(),
  /** What the person called it, else the notebook's file name. */
  title: v.string(),
  serverName: v.string(),
  notebookPath: v.nullable(v.string()),
  kernelName: v.nullable(v.string()),
  state: v.picklist(['open', 'closed', 'damaged']),
  firstTimeMs: timeMs,
  lastTimeMs: timeMs,
  lastSeq: count,
  cells: v.array(playbackCell),
  runs: v.array(playbackRun),
  marks: v.array(playbackMark),
  /**
   * Messages per stretch of time, for drawing activity: equal stretches from `firstTimeMs` to `lastTimeMs`, at most
   * 600. Stretches of zeros are quiet hours.
   */
  activity: v.array(count),
  /** What is missing of a damaged journal, in sentences. Empty when it is sound. */
  findings: v.array(v.string()),
});
export type PlaybackRun = v.InferOutput<typeof playbackRun>;
export type PlaybackMark = v.InferOutput<typeof playbackMark>;
export type PlaybackCell = v.InferOutput<typeof playbackCell>;
export type PlaybackInfo = v.InferOutput<typeof playbackInfo>;

/** One output's origin: parallel to the cell's `outputs`. A merged stream has the times of its first and last part. */
export const outputOrigin = v.object({
  firstSeq: count,
  lastSeq: count,
  firstTimeMs: timeMs,
  lastTimeMs: timeMs,
  lane: laneName,
});

export const momentCell = v.object({
  /** nbformat 4.5 cell with `id`; a code cell with `outputs` and `execution_count` as they stood. */
  cell: json,
  state: v.picklist(['none', 'queued', 'running', 'done', 'error', 'aborted']),
  msgId: v.nullable(v.string()),
  startedTimeMs: v.nullable(timeMs),
  endedTimeMs: v.nullable(timeMs),
  origins: v.array(outputOrigin),
  /** Set when outputs were too long to hand over whole: characters left out of the middle of text. */
  trimmedCharacters: count,
  /** Messages known to be missing in this cell at this moment, with their sentences. */
  gaps: v.array(v.string()),
});
export type MomentCell = v.InferOutput<typeof momentCell>;

/** The notebook at a moment; or, asked with `sinceSeq`, what is different from that other moment. */
export const moment = v.object({
  seq: count,
  timeMs: timeMs,
  kernelState: v.picklist(['unknown', 'starting', 'idle', 'busy', 'restarting', 'autorestarting', 'dead']),
  /** Cell ids in the notebook's order. */
  order: v.array(v.string()),
  /** All cells; or, with `sinceSeq`, only those that differ (in source, outputs or state). */
  cells: v.array(momentCell),
  /** Notebook metadata (nbformat). */
  metadata: json,
});
export type OutputOrigin = v.InferOutput<typeof outputOrigin>;
export type Moment = v.InferOutput<typeof moment>;

export const place = v.object({ seq: count, timeMs: timeMs });
export type Place = v.InferOutput<typeof place>;

/** A hit of a search over inputs and outputs. */
export const searchHit = v.object({
  journalId: v.string(),
  title: v.string(),
  serverName: v.string(),
  notebookPath: v.nullable(v.string()),
  seq: count,
  timeMs: timeMs,
  cellId: v.nullable(v.string()),
  where: v.picklist(['input', 'output', 'error']),
  /** Plain text around the hit; `marks` are its matches as [start, length] in characters. */
  snippet: v.string(),
  marks: v.array(v.tuple([count, count])),
});
export type SearchHit = v.InferOutput<typeof searchHit>;

export const searchAnswer = v.object({
  hits: v.array(searchHit),
  /** True when more hits exist than were asked for. */
  hasMore: v.boolean(),
  /** Journals that are still being indexed: their hits may be missing. */
  indexing: count,
  /** Journals that have grown since they were indexed, as one does while a cell prints. */
  growing: count,
});
export type SearchAnswer = v.InferOutput<typeof searchAnswer>;

export const retention = v.object({
  /** Bytes all journals together may take; null keeps everything. */
  bytesMax: v.nullable(count),
});
export type Retention = v.InferOutput<typeof retention>;
export const pruneItem = v.object({
  journalId: v.string(),
  title: v.string(),
  fileBytes: count,
  lastEntryTimeMs: timeMs,
});
export const prunePlan = v.object({
  bytesNow: count,
  bytesAfter: count,
  /** What would go, oldest first. Never an unread, running, or kept one. */
  goes: v.array(pruneItem),
  /** Why the limit cannot be met without taking protected journals; empty otherwise. */
  note: v.string(),
});
export type PrunePlan = v.InferOutput<typeof prunePlan>;

const identifier = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,128}$/));
const text = v.pipe(v.string(), v.maxLength(64 * 1024));
const journal = v.strictObject({ journalId: identifier });

export const playbackCommands = {
  /** Opens the player window (or brings its window to the front), at `seq` when given. */
  'playback.window': { args: v.strictObject({ journalId: identifier, seq: v.nullable(count) }), reply: v.null() },
  'playback.info': { args: journal, reply: playbackInfo },
  /** `seq` is clamped to the journal; 0 is the moment before the first entry. */
  'playback.moment': {
    args: v.strictObject({ journalId: identifier, seq: count, sinceSeq: v.nullable(count) }),
    reply: moment,
  },
  /** The last entry at or before a wall-clock time. */
  'playback.at': { args: v.strictObject({ journalId: identifier, timeMs: timeMs }), reply: place },
  /**
   * The next (direction 1) or previous (-1) thing from `seq`: `message` any output-changing message, `cell` the start
   * or end of an execution, `error`, `gap` (gaps and outages), `change` a message that changes the cell `cellId`.
   */
  'playback.find': {
    args: v.strictObject({
      journalId: identifier,
      seq: count,
      direction: v.picklist([1, -1]),
      what: v.picklist(['message', 'cell', 'error', 'gap', 'change']),
      cellId: v.nullable(text),
    }),
    reply: v.nullable(place),
  },
  'journals.search': { args: v.strictObject({ query: text, limit: count }), reply: searchAnswer },
  'journals.rename': { args: v.strictObject({ journalId: identifier, title: text }), reply: v.null() },
  'journals.tag': { args: v.strictObject({ journalId: identifier, tags: v.array(text) }), reply: v.null() },
  /** Kept journals are never pruned. */
  'journals.keep': { args: v.strictObject({ journalId: identifier, keep: v.boolean() }), reply: v.null() },
  /** Moves it aside; `journals.undelete` brings it back until the app quits or an hour has passed. */
  'journals.delete': { args: journal, reply: v.null() },
  'journals.undelete': { args: journal, reply: v.null() },
  /** Asks where, writes the file, answers its path; null when cancelled. `seq` null is the last moment. */
  'journals.export': {
    args: v.strictObject({
      journalId: identifier,
      to: v.picklist(['ipynb', 'html', 'txt', 'jsonl']),
      seq: v.nullable(count),
    }),
    reply: v.nullable(text),
  },
  /** Asks for journal files and copies them into the library; answers the ids. */
  'journals.import': { args: v.strictObject({}), reply: v.array(identifier) },
  /** The same for files that were dropped on the window. */
  'journals.importFiles': {
    args: v.strictObject({ files: v.pipe(v.array(text), v.maxLength(64)) }),
    reply: v.array(identifier),
  },
  'journals.retention': { args: v.strictObject({}), reply: retention },
  'journals.setRetention': { args: retention, reply: v.null() },
  'journals.prunePlan': { args: v.strictObject({ bytesMax: v.nullable(count) }), reply: prunePlan },
  'journals.prune': { args: v.strictObject({ bytesMax: v.nullable(count) }), reply: prunePlan },
} as const;
export type PlaybackArgs<Name extends keyof typeof playbackCommands> = v.InferOutput<
  (typeof playbackCommands)[Name]['args']
>;

export const playbackEvents = {
  /** A journal that a window plays has grown: at most four times a second. */
  'playback.grew': v.object({ journalId: v.string(), lastSeq: count, lastTimeMs: timeMs }),
  /** To a player window that is open already: somebody asked for this moment. */
  'playback.show': v.object({ seq: count }),
} as const;
