/** Places on a time line: by time, and the next or previous thing of a kind. */
import type { Place, PlaybackArgs } from '../../../shared/ipc/playback.ts';
import { directions, type Entry, entryKinds } from '../../../shared/journal/entries.ts';
import { isOutputType } from '../../../shared/journal/projector.ts';
import { findBlocksMax } from '../../../shared/limits.ts';
import { FrameReader } from '../../../shared/wire/codec.ts';
import type { JournalReader } from '../journal/reader.ts';
import { eventOf } from '../journal/timeline.ts';

type FindArgs = Omit<PlaybackArgs<'playback.find'>, 'journalId'>;

function placeOf(entry: Entry): Place {
  return { seq: entry.seq, timeMs: entry.timeUs / 1000 };
}

/** The last entry at or before a wall-clock time; the first entry when all are later, 0 when there is none. */
export function placeAt(reader: JournalReader, timeMs: number): Place {
  const timeUs = timeMs * 1000;
  let last: Place | null = null;
  // A clock that was set back makes times go back: the block is searched by where it begins, the entry within.
  for (const { entries } of reader.blocks(reader.blockBefore(timeUs), Number.POSITIVE_INFINITY)) {
    const [first] = entries;
    if (last !== null && (first === undefined || first.timeUs > timeUs)) {
      return last;
    }
    for (const entry of entries) {
      if (entry.timeUs > timeUs && last !== null) {
        return last;
      }
      if (entry.timeUs <= timeUs || last === null) {
        last = placeOf(entry);
      }
    }
  }
  return last ?? { seq: 0, timeMs: reader.meta.createdTimeMs };
}

/** Entries before `seq`, the nearest first, block by block. */
function* backwards(reader: JournalReader, seq: number): Generator<Entry> {
  let next = seq - 1;
  let looked = 0;
  while (next >= 1 && looked < findBlocksMax) {
    const [block] = reader.blocks(reader.blockFirst(next), next);
    if (block === undefined) {
      return;
    }
    const upTo = next;
    for (const entry of block.entries.toReversed()) {
      if (entry.seq <= upTo) {
        yield entry;
      }
    }
    next = Math.min(next, block.firstSeq) - 1;
    looked += 1;
  }
}

function isWanted(args: FindArgs, ofCell: ReadonlySet<string> = new Set()): (entry: Entry) => boolean {
  const frames = new FrameReader();
  return (entry) => {
    const frame = entry.kind === entryKinds.frame ? frames.read(entry.body) : null;
    const type = frame?.header.msg_type ?? '';
    const isOutput = frame?.channel === 'iopub' && isOutputType(type);
    switch (args.what) {
      case 'message':
        return isOutput || (type === 'execute_request' && entry.direction === directions.out);
      case 'change':
        return ofCell.has(frame?.parent?.msg_id ?? '')
          ? isOutput || type === 'execute_reply'
          : ofCell.has(frame?.header.msg_id ?? '');
      case 'error':
      case 'gap':
        return isKind(eventOf(entry, frame)?.kind, eventOf(entry, frame)?.body.phase, args.what);
      case 'cell':
        return false;
    }
  };
}

function isKind(kind: string | undefined, phase: unknown, what: 'error' | 'gap'): boolean {
  if (what === 'error') {
    return kind === 'error';
  }
  return kind === 'gap' || (kind === 'link' && (phase === 'down' || phase === 'suspended'));
}

/** Starts and ends of executions, from their table. */
function findRun(args: FindArgs, runs: readonly { readonly fromSeq: number; readonly toSeq: number }[]): number | null {
  let best: number | null = null;
  for (const { fromSeq, toSeq } of runs) {
    for (const seq of [fromSeq, toSeq]) {
      const isAhead = args.direction === 1 ? seq > args.seq : seq < args.seq;
      const isNearer: boolean = best === null || (args.direction === 1 ? seq < best : seq > best);
      best = isAhead && isNearer ? seq : best;
    }
  }
  return best;
}

/** Errors and gaps are in the index: a far one costs no reading. */
function findEvent(reader: JournalReader, args: FindArgs, indexed: number): Place | null {
  const [compare, order] = args.direction === 1 ? ['>', 'ASC'] : ['<', 'DESC'];
  const kinds =
    args.what === 'error'
      ? "kind = 'error'"
      : `(kind = 'gap' OR (kind = 'link' AND (body LIKE '%"phase":"down"%' OR body LIKE '%"phase":"suspended"%')))`;
  const row = reader.query((database) =>
    database
      .prepare(
        `SELECT seq, time FROM event WHERE ${kinds} AND seq ${compare} ? AND seq <= ? ORDER BY seq ${order} LIMIT 1`,
      )
      .get(args.seq, indexed),
  );
  return row === null || row === undefined ? null : { seq: Number(row.seq), timeMs: Number(row.time) / 1000 };
}

function scan(reader: JournalReader, args: FindArgs, from: number, to: number): Place | null {
  const wanted = isWanted(args);
  const entries = args.direction === 1 ? reader.entries(Math.max(from, args.seq + 1), to) : backwards(reader, args.seq);
  for (const entry of entries) {
    if (args.direction === -1 && entry.seq < from) {
      return null;
    }
    if (wanted(entry)) {
      return placeOf(entry);
    }
  }
  return null;
}

/** The nearest sealed block, from an entry on or back from it, with messages of one of these requests. */
function blockWith(reader: JournalReader, msgIds: ReadonlySet<string>, seq: number, direction: 1 | -1): number | null {
  const sql =
    direction === 1
      ? 'SELECT min(first_seq) AS seq FROM parent_block WHERE parent = ? AND first_seq >= ?'
      : 'SELECT max(first_seq) AS seq FROM parent_block WHERE parent = ? AND first_seq <= ?';
  return reader.query((database) => {
    const statement = database.prepare(sql);
    let best: number | null = null;
    for (const msgId of msgIds) {
      const found = statement.get(msgId, seq)?.seq;
      if (typeof found === 'number') {
        best = direction === 1 ? Math.min(best ?? found, found) : Math.max(best ?? found, found);
      }
    }
    return best;
  });
}

/** Changes of one cell: blocks without a message of it are passed over, however many there are. */
function findChange(reader: JournalReader, args: FindArgs): Place | null {
  const executions = reader.executions().filter(({ cellId }) => cellId === args.cellId);
  const msgIds = new Set(executions.map(({ msgId }) => msgId as string));
  const wanted = isWanted(args, msgIds);
  const { direction } = args;
  const isAhead = (seq: number): boolean => (direction === 1 ? seq > args.seq : seq < args.seq);
  // Requests have no parent that would be indexed: where they are is known from their table.
  const requests = executions.map(({ requestSeq }) => requestSeq as number).filter(isAhead);
  const request = requests.length === 0 ? null : direction === 1 ? Math.min(...requests) : Math.max(...requests);
  const indexed = reader.indexedSeq();
  let next: number | null = args.seq + direction;
  for (let looked = 0; next !== null && next >= 1 && looked < findBlocksMax; looked++) {
    const first = reader.blockFirst(next);
    const [block] = reader.blocks(first, Number.POSITIVE_INFINITY);
    if (block === undefined) {
      break;
    }
    const entries = direction === 1 ? block.entries : block.entries.toReversed();
    const found = entries.find((entry) => isAhead(entry.seq) && wanted(entry));
    const isRequestNearer =
      request !== null && (found === undefined || (direction === 1 ? request < found.seq : request > found.seq));
    if (found !== undefined && !isRequestNearer) {
      return placeOf(found);
    }
    const last = block.entries[block.entries.length - 1]?.seq ?? next;
    if (request !== null && (direction === 1 ? request <= last : request >= block.firstSeq)) {
      break;
    }
    const beside: number = direction === 1 ? last + 1 : block.firstSeq - 1;
    const isIndexed = beside <= indexed;
    const jump: number | null = isIndexed ? blockWith(reader, msgIds, beside, direction) : beside;
    // Behind the index is what is not sealed yet; it is read as it comes.
    next = jump ?? (direction === 1 ? Math.max(beside, indexed + 1) : null);
  }
  const [entry] = request === null ? [] : reader.entries(request, request);
  return entry === undefined ? null : placeOf(entry);
}

export function find(
  reader: JournalReader,
  args: FindArgs,
  runs: () => readonly { readonly fromSeq: number; readonly toSeq: number }[],
): Place | null {
  if (args.what === 'cell') {
    const seq = findRun(args, runs());
    const [entry] = seq === null ? [] : reader.entries(seq, seq);
    return entry === undefined ? null : placeOf(entry);
  }
  if (args.what === 'error' || args.what === 'gap') {
    const indexed = reader.indexedSeq();
    const tail = (): Place | null => scan(reader, args, indexed + 1, Number.POSITIVE_INFINITY);
    return args.direction === 1
      ? (findEvent(reader, args, indexed) ?? tail())
      : (tail() ?? findEvent(reader, args, indexed));
  }
  return args.what === 'change' ? findChange(reader, args) : scan(reader, args, 1, Number.POSITIVE_INFINITY);
}
