/**
 * What a journal's time line is made of: lanes, runs, marks, activity.
 *
 * Comes from the index that the journal carries, and from the entries behind its end. A journal without an index
 * (version 1, damaged) is read once from its beginning.
 */
import path from 'node:path';
import type { PlaybackCell, PlaybackInfo, PlaybackMark, PlaybackRun } from '../../../shared/ipc/playback.ts';
import { directions, type Entry, entryKinds, type Execution } from '../../../shared/journal/entries.ts';
import { gapSentence } from '../../../shared/journal/projector.ts';
import { activityStretchesMax, exactActivityEntriesMax, timelineItemsMax } from '../../../shared/limits.ts';
import { type Frame, FrameReader } from '../../../shared/wire/codec.ts';
import { journalEnding, titleOf } from '../journal/library.ts';
import type { JournalReader } from '../journal/reader.ts';
import { eventOf, eventOfRow, type TimelineEvent } from '../journal/timeline.ts';
import type { Player } from './player.ts';

interface Tail {
  readonly events: TimelineEvent[];
  readonly lastOfParent: Map<string, number>;
  /** What messages tell of runs, for executions whose row cannot be read. */
  readonly told: Map<
    string,
    { startedTimeMs: number | null; endedTimeMs: number | null; status: PlaybackRun['status'] }
  >;
  readonly timesMs: number[];
  lastSeq: number;
  lastTimeMs: number;
}

function noteRun(tail: Tail, frame: Frame, entry: Entry): void {
  const parent = frame.parent?.msg_id;
  if (parent === undefined || entry.direction !== directions.in) {
    return;
  }
  tail.lastOfParent.set(parent, entry.seq);
  const type = frame.header.msg_type;
  if (type !== 'execute_input' && type !== 'execute_reply' && type !== 'status') {
    return;
  }
  const told = tail.told.get(parent) ?? { startedTimeMs: null, endedTimeMs: null, status: null };
  tail.told.set(parent, told);
  const timeMs = entry.timeUs / 1000;
  const { execution_state: state, status } = frame.content();
  if (type === 'execute_input' || state === 'busy') {
    told.startedTimeMs ??= timeMs;
  } else if (type === 'execute_reply') {
    told.status = status === 'ok' || status === 'error' || status === 'aborted' ? status : null;
    told.endedTimeMs = timeMs;
  } else if (state === 'idle') {
    told.endedTimeMs = timeMs;
  }
}

/** Reads what is not indexed. */
function readTail(reader: JournalReader, fromSeq: number): Tail {
  const tail: Tail = {
    events: [],
    lastOfParent: new Map(),
    told: new Map(),
    timesMs: [],
    lastSeq: fromSeq - 1,
    lastTimeMs: 0,
  };
  const frames = new FrameReader();
  for (const entry of reader.entries(fromSeq)) {
    const frame = entry.kind === entryKinds.frame ? frames.read(entry.body) : null;
    const event = eventOf(entry, frame);
    if (event !== null) {
      tail.events.push(event);
    }
    if (frame !== null) {
      noteRun(tail, frame, entry);
    }
    tail.timesMs.push(entry.timeUs / 1000);
    tail.lastSeq = entry.seq;
    tail.lastTimeMs = entry.timeUs / 1000;
  }
  return tail;
}

function indexedEvents(reader: JournalReader, toSeq: number): TimelineEvent[] {
  const rows = reader.query((database) =>
    database.prepare('SELECT * FROM event WHERE seq <= ? ORDER BY seq LIMIT ?').all(toSeq, timelineItemsMax),
  );
  return (rows ?? []).map(eventOfRow).filter((event) => event !== null);
}

function indexedEnds(reader: JournalReader): Map<string, number> {
  const rows = reader.query((database) =>
    database.prepare('SELECT parent, max(last_seq) AS seq FROM parent_block GROUP BY parent').all(),
  );
  const ends = new Map<string, number>();
  for (const row of rows ?? []) {
    if (typeof row.parent === 'string' && typeof row.seq === 'number') {
      ends.set(row.parent, row.seq);
    }
  }
  return ends;
}

/** A time of which no executions table may claim that the run is over: only messages can. */
function runOf(execution: Execution, tail: Tail, ends: ReadonlyMap<string, number>): PlaybackRun {
  const told = tail.told.get(execution.msgId);
  const isOver = execution.state === 'done' || execution.state === 'lost' || execution.state === 'cancelled';
  const fallback = isOver ? execution.submittedTimeMs : null;
  return {
    msgId: execution.msgId,
    cellId: execution.cellId,
    fromSeq: execution.requestSeq,
    toSeq: Math.max(execution.requestSeq, ends.get(execution.msgId) ?? 0, tail.lastOfParent.get(execution.msgId) ?? 0),
    submittedTimeMs: execution.submittedTimeMs,
    startedTimeMs: execution.startedTimeMs ?? told?.startedTimeMs ?? null,
    endedTimeMs: execution.endedTimeMs ?? told?.endedTimeMs ?? fallback,
    status: execution.status ?? told?.status ?? (execution.state === 'lost' ? 'aborted' : null),
    executionCount: execution.executionCount,
  };
}

function runsWith(reader: JournalReader, tail: Tail): PlaybackRun[] {
  const ends = indexedEnds(reader);
  return reader
    .executions()
    .slice(-timelineItemsMax)
    .map((execution) => runOf(execution, tail, ends));
}

/** Executions alone: what stepping from cell to cell needs. */
export function runsOf(reader: JournalReader): PlaybackRun[] {
  return runsWith(reader, readTail(reader, reader.indexedSeq() + 1));
}

function labelOf(source: string): string {
  const line = source.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line.trim().slice(0, 120);
}

/** Code of a request, for cells that stand in no snapshot any more. */
function codeAt(reader: JournalReader, seq: number): string {
  const frames = new FrameReader();
  for (const entry of reader.entries(seq, seq)) {
    const { code } = frames.read(entry.body)?.content() ?? {};
    return typeof code === 'string' ? code : '';
  }
  return '';
}

/** Cells that are gone whose code is looked up for a label: each costs a block. */
const goneLabelsMax = 100;

function cellsOf(player: Player, runs: readonly PlaybackRun[]): PlaybackCell[] {
  const projector = player.projectTo(player.lastSeq);
  const order = projector.order();
  const cells: PlaybackCell[] = order.map((cellId) => {
    const source = projector.runs.get(cellId)?.source ?? projector.structure?.cells.get(cellId)?.source ?? '';
    return { cellId, label: labelOf(source), isGone: false };
  });
  const known = new Set(order);
  let looked = 0;
  for (const { cellId, fromSeq } of runs) {
    if (cellId !== null && !known.has(cellId)) {
      known.add(cellId);
      looked += 1;
      const label = looked <= goneLabelsMax ? labelOf(codeAt(player.reader, fromSeq)) : '';
      cells.push({ cellId, label, isGone: true });
    }
  }
  return cells;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

interface Moment {
  readonly seq: number;
  readonly timeMs: number;
}

/** A stretch in which nothing could come in, from the event that began it. */
function outageMark(from: TimelineEvent, to: Moment): PlaybackMark {
  const reason = text(from.body.reason).replace(/\.$/, '');
  const isSleep = from.body.phase === 'suspended';
  const away = from.kind === 'app' ? 'Nightjar was closed.' : `Not connected${reason === '' ? '' : `: ${reason}`}.`;
  return {
    kind: isSleep ? 'suspended' : 'outage',
    fromSeq: from.seq,
    toSeq: to.seq,
    fromTimeMs: from.timeMs,
    toTimeMs: to.timeMs,
    cellId: null,
    text: isSleep ? 'This computer slept.' : away,
  };
}

function beginsOutage({ kind, body }: TimelineEvent): boolean {
  return kind === 'link'
    ? body.phase === 'down' || body.phase === 'suspended' || body.phase === 'needs-login'
    : kind === 'app' && body.what === 'session-closed';
}

/** Marks out of events: an outage lasts from the link's fall to its return. */
function marksOf(
  events: readonly TimelineEvent[],
  cellOfRun: (msgId: string) => string | null,
  end: Moment,
): PlaybackMark[] {
  const marks: PlaybackMark[] = [];
  let away: TimelineEvent | null = null;
  for (const event of events) {
    const isBack = event.kind === 'link' && (event.body.phase === 'live' || event.body.phase === 'kernel-gone');
    // Sleep explains an outage better than the link's fall that goes with it.
    const isBetter = event.body.phase === 'suspended' && away?.body.phase !== 'suspended';
    if (away !== null && (isBack || isBetter)) {
      marks.push(outageMark(away, event));
      away = null;
    }
    if (beginsOutage(event)) {
      away ??= event;
    }
    const mark = markOf(event, cellOfRun);
    if (mark !== null) {
      marks.push(mark);
    }
  }
  // A session that was closed for good has no outage behind its end.
  if (away !== null && away.kind !== 'app') {
    marks.push(outageMark(away, end));
  }
  return marks.sort((left, right) => left.fromSeq - right.fromSeq);
}

function markAt(event: TimelineEvent, kind: PlaybackMark['kind'], sentence: string): PlaybackMark {
  return {
    kind,
    fromSeq: event.seq,
    toSeq: event.seq,
    fromTimeMs: event.timeMs,
    toTimeMs: event.timeMs,
    cellId: null,
    text: sentence,
  };
}

function markOf(event: TimelineEvent, cellOfRun: (msgId: string) => string | null): PlaybackMark | null {
  const { kind, body } = event;
  switch (kind) {
    case 'error': {
      const evalue = text(body.evalue).split('\n')[0] ?? '';
      const sentence = `${text(body.ename) || 'Error'}${evalue === '' ? '' : `: ${evalue}`}`;
      return { ...markAt(event, 'error', sentence), cellId: cellOfRun(text(body.parent)) };
    }
    case 'gap': {
      const mark = markAt(event, 'gap', gapSentence(body));
      const fromTimeMs = typeof body.fromTimeMs === 'number' ? body.fromTimeMs : event.timeMs;
      const toTimeMs = typeof body.toTimeMs === 'number' ? body.toTimeMs : event.timeMs;
      return { ...mark, fromTimeMs, toTimeMs: Math.max(fromTimeMs, toTimeMs) };
    }
    case 'restart':
      return markAt(event, 'restart', body.state === 'dead' ? 'The kernel died.' : 'The kernel restarted.');
    case 'snapshot':
      return body.reason === 'edited' || body.reason === 'loaded'
        ? null
        : markAt(event, 'snapshot', 'The notebook was saved.');
    case 'note':
      return markAt(event, 'note', text(body.text) || 'Note');
    case 'link':
      return body.phase === 'kernel-gone' ? markAt(event, 'restart', 'The kernel is gone.') : null;
    case 'app':
      return null;
  }
}

interface Span {
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
}

function stretchOf(timeMs: number, { firstTimeMs, lastTimeMs }: Span, stretches: number): number {
  const part = (timeMs - firstTimeMs) / Math.max(1, lastTimeMs - firstTimeMs);
  return Math.min(stretches - 1, Math.max(0, Math.floor(part * stretches)));
}

function activityOf(reader: JournalReader, indexed: number, tail: Tail, span: Span): number[] {
  const stretches = Math.max(1, Math.min(activityStretchesMax, Math.ceil(span.lastTimeMs - span.firstTimeMs)));
  const activity = new Array<number>(stretches).fill(0);
  const count = (timeMs: number, entries: number): void => {
    const stretch = stretchOf(timeMs, span, stretches);
    activity[stretch] = (activity[stretch] ?? 0) + entries;
  };
  if (indexed > 0 && indexed <= exactActivityEntriesMax) {
    for (const entry of reader.entries(1, indexed)) {
      count(entry.timeUs / 1000, 1);
    }
  } else if (indexed > 0) {
    // Many seconds fall into one stretch: the database adds them up.
    const stretchS = Math.max(1, Math.floor((span.lastTimeMs - span.firstTimeMs) / 1000 / stretches));
    const rows = reader.query((database) =>
      database
        .prepare('SELECT second / ? * ? AS second, sum(entries) AS n FROM activity GROUP BY second / ? LIMIT 100000')
        .all(stretchS, stretchS, stretchS),
    );
    for (const row of rows ?? []) {
      count((Number(row.second) + stretchS / 2) * 1000, Number(row.n) || 0);
    }
  }
  for (const timeMs of tail.timesMs) {
    count(timeMs, 1);
  }
  return activity.map((entries) => Math.max(0, entries));
}

function findingsOf(reader: JournalReader): string[] {
  const findings: string[] = [];
  if (reader.isSalvaging) {
    findings.push(
      'This journal is damaged, and parts of it are missing. What can be read is shown; Verify, under Journals, lists the rest.',
    );
  }
  if (reader.bytesMissing() > 0) {
    const bytes = reader.bytesMissing().toLocaleString('en');
    findings.push(`The end of the file is missing (${bytes} bytes); what stood there is lost.`);
  }
  return findings;
}

export function infoOf(player: Player, title: string | null): PlaybackInfo {
  const { reader } = player;
  const indexed = reader.indexedSeq();
  const tail = readTail(reader, indexed + 1);
  const [first] = reader.entries(1);
  const firstTimeMs = first === undefined ? reader.meta.createdTimeMs : first.timeUs / 1000;
  const lastTimeMs = Math.max(firstTimeMs, tail.timesMs.length > 0 ? tail.lastTimeMs : reader.lastTimeMs());
  const runs = runsWith(reader, tail);
  const cellOf = new Map(runs.map(({ msgId, cellId }) => [msgId, cellId]));
  const events = [...indexedEvents(reader, indexed), ...tail.events].slice(-timelineItemsMax);
  const lastSeq = Math.max(player.lastSeq, tail.lastSeq);
  const { meta } = reader;
  return {
    journalId: path.basename(reader.file, journalEnding),
    title: title ?? titleOf(meta),
    serverName: meta.serverName,
    notebookPath: meta.notebookPath,
    kernelName: meta.kernelName,
    firstTimeMs,
    lastTimeMs,
    lastSeq,
    cells: cellsOf(player, runs),
    runs,
    marks: marksOf(events, (msgId) => cellOf.get(msgId) ?? null, { seq: lastSeq, timeMs: lastTimeMs }),
    activity: activityOf(reader, indexed, tail, { firstTimeMs, lastTimeMs }),
    findings: findingsOf(reader),
    state: reader.isSalvaging ? 'damaged' : meta.state,
  };
}
