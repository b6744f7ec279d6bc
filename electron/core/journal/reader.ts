/**
 * One journal file, read: while it is written, after a crash, and when it is damaged.
 *
 * Reading never changes the file. As long as SQLite can follow its trees they are used; at the first error the
 * reader turns to the pages themselves (`salvage.ts`) and goes on from where it was. Nothing in the file is trusted:
 * sizes are bounded, schemas are not executed, text is decoded leniently.
 */
import fs from 'node:fs';
import zlib from 'node:zlib';
import * as v from 'valibot';
import { asCellId, asMsgId, asSeq } from '../../../shared/ids.ts';
import {
  directions,
  type Entry,
  entryKinds,
  type Execution,
  executionStates,
} from '../../../shared/journal/entries.ts';
import { pieceCacheBytes, salvageBytesMax, snapshotBytesMax, stateBytesMax } from '../../../shared/limits.ts';
import { codeOf, describeUnknown, fail, ok, type Problem, type Result } from '../../../shared/result.ts';
import { type Frame, readFrame } from '../../../shared/wire/codec.ts';
import { savedCell, type SavedCell } from '../../../shared/outputs/saved-outputs.ts';
import { SizedCache } from './sized-cache.ts';
import { parseMeta, unknownMeta } from './meta.ts';
import { readBlock, readContentApart } from './records.ts';
import { type Salvaged, salvage } from './salvage.ts';
import { Database, type Row } from './sqlite.ts';
import { applicationId, formatVersion, type JournalMeta } from './layout.ts';

export type ReadProblem = 'missing' | 'not-a-journal' | 'newer' | 'unreadable';

/** A damaged journal of the largest size that is read at all takes about as long. */
const recountMsMax = 5_000;

export interface JournalCounts {
  readonly entries: number;
  readonly lastEntryTimeMs: number;
  readonly executions: number;
  readonly errors: number;
  readonly gaps: number;
}

export class JournalReader {
  private constructor(
    readonly file: string,
    private database: Database | null,
    private salvaged: Salvaged | null,
    readonly meta: JournalMeta,
  ) {}

  private readonly decoded: DecodedBlock[] = [];
  private readonly pieces = new SizedCache<number, SavedCell>(pieceCacheBytes);

  static open(file: string): Result<JournalReader, Problem<ReadProblem>> {
    let head: Buffer;
    try {
      head = readHead(file);
    } catch (error) {
      return codeOf(error) === 'ENOENT'
        ? fail('missing', `There is no file ${file}. Check the path; "nightjar journal list" shows the journals.`)
        : fail('unreadable', `The file ${file} cannot be read: ${describeUnknown(error)}.`);
    }
    const isDatabase = head.toString('latin1', 0, 15) === 'SQLite format 3';
    if (isDatabase) {
      const opened = openDatabase(file);
      if (opened.kind === 'open') {
        return ok(new JournalReader(file, opened.database, null, opened.meta));
      }
      if (opened.kind === 'foreign') {
        return fail('not-a-journal', `${file} is a database of another program, not a Nightjar journal.`);
      }
      if (opened.kind === 'newer') {
        return fail(
          'newer',
          `${file} was written by a newer Nightjar (format ${opened.version}, this one reads ${formatVersion}). Update Nightjar to open it; the file is untouched.`,
        );
      }
    }
    const salvaged = salvageFile(file);
    if (salvaged.blocks.length === 0 && !salvaged.meta.has('journal')) {
      return fail(
        'not-a-journal',
        `${file} is not a Nightjar journal, or is damaged so badly that nothing of it can be read. The file is untouched.`,
      );
    }
    return ok(new JournalReader(file, null, salvaged, parseMeta(salvaged.meta.get('journal') ?? null) ?? unknownMeta));
  }

  /** True once the database could not be followed and pages are read one by one. */
  get isSalvaging(): boolean {
    return this.salvaged !== null;
  }

  /** Bytes that the file's own header says it should have and that are not there. */
  bytesMissing(): number {
    if (this.salvaged !== null) {
      return this.salvaged.bytesMissing;
    }
    // While a write-ahead log stands beside it, the file itself may lag behind.
    return fs.existsSync(`${this.file}-wal`) ? 0 : bytesMissingOf(this.file);
  }

  blockCount(): number {
    if (this.database !== null) {
      try {
        return Number(this.database.prepare('SELECT count(*) AS n FROM block').get()?.n ?? 0);
      } catch {
        this.turnToSalvage();
      }
    }
    return this.salvaged?.blocks.length ?? 0;
  }

  /** Counts for a list of journals, without reading what is recorded. `null`: the tables cannot be read. */
  counts(): JournalCounts | null {
    if (this.database === null) {
      return null;
    }
    try {
      const row = this.database
        .prepare(
          `SELECT (SELECT coalesce(sum(entries), 0) FROM block) AS entries,
             (SELECT coalesce(max(last_time), 0) FROM block) AS last_time,
             (SELECT count(*) FROM execution) AS executions,
             (SELECT count(*) FROM execution WHERE status = 'error') AS errors,
             (SELECT value FROM meta WHERE key = 'gaps') AS gaps`,
        )
        .get();
      return {
        entries: Number(row?.entries ?? 0),
        lastEntryTimeMs: Number(row?.last_time ?? 0) / 1000,
        executions: Number(row?.executions ?? 0),
        errors: Number(row?.errors ?? 0),
        gaps: Number(row?.gaps ?? 0),
      };
    } catch {
      this.turnToSalvage();
      return null;
    }
  }

  /** The same of what can still be read, entry by entry. `null`: that takes too long for a list. */
  recount(): JournalCounts | null {
    const endMs = performance.now() + recountMsMax;
    const counts = { entries: 0, lastEntryTimeMs: 0, executions: 0, errors: 0, gaps: 0 };
    for (const { kind, direction, timeUs, body } of this.entries()) {
      if (performance.now() > endMs) return null;
      counts.entries += 1;
      counts.lastEntryTimeMs = Math.max(counts.lastEntryTimeMs, timeUs / 1000);
      counts.gaps += kind === entryKinds.gap ? 1 : 0;
      const type = kind === entryKinds.frame ? readFrame(body)?.header.msg_type : undefined;
      counts.executions += type === 'execute_request' && direction === directions.out ? 1 : 0;
      counts.errors += type === 'error' ? 1 : 0;
    }
    return counts;
  }

  /**
   * Asks what is derived from the blocks (an index, a snapshot): `null` when there is no database to ask, or when it
   * cannot answer. Such tables may be damaged or missing while every block is sound.
   */
  query<Value>(ask: (database: Database) => Value): Value | null {
    try {
      return this.database === null ? null : ask(this.database);
    } catch {
      return null;
    }
  }

  /** A notebook by its hash; `null` when it is missing, damaged, or too large to be one. */
  snapshotText(hash: string): string | null {
    return this.query((database) => snapshotText(database, hash));
  }

  /** All notebooks that are kept, as they are stored. */
  *snapshots(): Generator<{ readonly hash: string; readonly rawSize: number; readonly data: Uint8Array }> {
    const hashes = this.query((database) => database.prepare('SELECT hash FROM snapshot').all()) ?? [];
    for (const { hash } of hashes) {
      const row = this.query((database) =>
        database.prepare('SELECT raw_size, data FROM snapshot WHERE hash = ?').get(String(hash)),
      );
      if (row?.data instanceof Uint8Array) {
        yield { hash: String(hash), rawSize: countOf(row.raw_size), data: row.data };
      }
    }
  }

  /** Whether its session was still open a moment ago; `meta` tells how it was when the file was opened. */
  isOpenNow(): boolean {
    const row = this.query((database) => database.prepare("SELECT value FROM meta WHERE key = 'journal'").get());
    return parseMeta(typeof row?.value === 'string' ? row.value : null)?.state === 'open';
  }

  /** Up to this entry the index tables (`event`, `activity`, `parent_block.last_seq`) are complete. */
  indexedSeq(): number {
    const row = this.query((database) => database.prepare("SELECT value FROM meta WHERE key = 'indexed'").get());
    return countOf(row?.value);
  }

  /** Where the latest stored state at or before an entry is; 0 when there is none. */
  stateSeqBefore(seq: number): number {
    const row = this.query((database) => database.prepare('SELECT max(seq) AS seq FROM state WHERE seq <= ?').get(seq));
    return countOf(row?.seq);
  }

  /** The latest stored state at or before an entry. */
  stateBefore(seq: number): { readonly seq: number; readonly text: string } | null {
    const row = this.query((database) =>
      database.prepare('SELECT seq, raw_size, data FROM state WHERE seq <= ? ORDER BY seq DESC LIMIT 1').get(seq),
    );
    const text = row === null || row === undefined ? null : inflateText(row.data, row.raw_size, stateBytesMax);
    return text === null ? null : { seq: countOf(row?.seq), text };
  }

  /** A cell's outputs as a stored state has them. Those read last are kept: neighbouring states share most of them. */
  piece(id: number): SavedCell | null {
    const known = this.pieces.get(id);
    if (known !== undefined) {
      return known;
    }
    const row = this.query((database) => database.prepare('SELECT raw_size, data FROM piece WHERE id = ?').get(id));
    const text = row === null || row === undefined ? null : inflateText(row.data, row.raw_size, stateBytesMax);
    const decoded = text === null ? null : v.safeParse(savedCell, parseJson(text));
    if (text === null || decoded?.success !== true) {
      return null;
    }
    this.pieces.set(id, decoded.output, text.length);
    return decoded.output;
  }

  close(): void {
    this.decoded.length = 0;
    this.database?.close();
    this.database = null;
  }

  private turnToSalvage(): Salvaged {
    this.close();
    this.salvaged ??= salvageFile(this.file);
    return this.salvaged;
  }

  /** The block that holds `seq`, else the next one after it, decoded; `null` at the end. The last ones are kept. */
  private decodedAt(seq: number): DecodedBlock | null {
    return this.keptAt(seq) ?? this.decode(this.blockAt(seq), seq);
  }

  private keptAt(seq: number): DecodedBlock | null {
    const known = this.decoded.findIndex((block) => block.firstSeq <= seq && seq < block.after);
    if (known >= 0) {
      const [block] = this.decoded.splice(known, 1);
      if (block !== undefined) {
        this.decoded.push(block);
        return block;
      }
    }
    return null;
  }

  /** Decodes what `blockAt` found for `seq`. */
  private decode(found: FoundBlock | null, seq: number): DecodedBlock | null {
    if (found === null) {
      return null;
    }
    const { firstSeq, after, data } = found;
    const block = { firstSeq, after, entries: readBlock(data)?.entries ?? [] };
    // Salvaged blocks may overlap: which one is best depends on the entry that is asked for.
    const [firstEntry] = block.entries;
    const bytes = firstEntry?.body.buffer.byteLength ?? 0;
    if (this.database !== null && firstSeq <= seq && bytes <= decodedBlockBytesMax) {
      this.decoded.push(block);
      if (this.decoded.length > decodedBlocksMax) {
        this.decoded.shift();
      }
    }
    return block;
  }

  private blockAt(seq: number): FoundBlock | null {
    if (this.database !== null) {
      try {
        const columns = 'first_seq, first_seq + entries AS after, data';
        const holding = foundBlock(
          this.database
            .prepare(`SELECT ${columns} FROM block WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1`)
            .get(seq),
        );
        if (holding !== null && holding.after > seq) {
          return holding;
        }
        return foundBlock(
          this.database.prepare(`SELECT ${columns} FROM block WHERE first_seq > ? ORDER BY first_seq LIMIT 1`).get(seq),
        );
      } catch {
        // The tree is damaged here; the pages may still hold the block.
      }
    }
    return bestSalvaged(this.turnToSalvage(), seq);
  }

  /** Entries in order, from `fromSeq` up to and including `toSeq`. What cannot be read is simply not among them. */
  *entries(fromSeq = 1, toSeq = Number.POSITIVE_INFINITY): Generator<Entry> {
    let next = fromSeq;
    while (next <= toSeq) {
      const block = this.decodedAt(next);
      if (block === null) {
        return;
      }
      for (const entry of block.entries) {
        if (entry.seq > toSeq) {
          return;
        }
        if (entry.seq >= next) {
          yield entry;
        }
      }
      next = Math.max(next + 1, block.after);
    }
  }

  /** The content of one frame; `null` where there is none. A large display is read without the rest of its block. */
  contentAt(seq: number): Uint8Array | null {
    let block = this.keptAt(seq);
    if (block === null) {
      const found = this.blockAt(seq);
      const apart = found === null ? null : readContentApart(found.data, seq);
      if (apart !== null) {
        return apart;
      }
      block = this.decode(found, seq);
    }
    const entry = block?.entries.find((candidate) => candidate.seq === seq);
    return entry?.kind === entryKinds.frame ? (readFrame(entry.body)?.contentBytes ?? null) : null;
  }

  /** Whole blocks with all entries from `fromSeq` up to and including `toSeq`. */
  *blocks(
    fromSeq: number,
    toSeq: number,
  ): Generator<{ readonly firstSeq: number; readonly entries: readonly Entry[]; readonly rawBytes: number }> {
    let next = fromSeq;
    while (next <= toSeq) {
      const block = this.decodedAt(next);
      if (block === null || block.firstSeq > toSeq) {
        return;
      }
      const rawBytes = block.entries.reduce((sum, entry) => sum + entry.body.byteLength, 0);
      yield { firstSeq: block.firstSeq, entries: block.entries.filter((entry) => entry.seq >= next), rawBytes };
      next = Math.max(next + 1, block.after);
    }
  }

  /** Entries that belong to one request: the request itself and every message with it as parent, in order. */
  *entriesOf(msgId: string, fromSeq: number, toSeq: number): Generator<Entry> {
    // An answer to `input()` has the prompt as its parent: prompts join the family as they are found.
    const family = new Set([msgId]);
    const sealed = this.sealedBlocksOf(msgId);
    let next = fromSeq;
    while (next <= toSeq) {
      const block = this.blockAt(next);
      if (block === null) {
        return;
      }
      const first = block.firstSeq;
      if (sealed === null || !sealed.sealedFirsts.has(first) || sealed.holding.has(first) || first <= fromSeq) {
        for (const entry of readBlock(block.data)?.entries ?? []) {
          const frame = entry.kind === entryKinds.frame ? readFrame(entry.body) : null;
          if (frame === null || entry.seq < next || entry.seq > toSeq || !belongsTo(frame, family)) {
            continue;
          }
          if (frame.header.msg_type === 'input_request') {
            family.add(frame.header.msg_id);
            for (const holding of this.sealedBlocksOf(frame.header.msg_id)?.holding ?? []) {
              sealed?.holding.add(holding);
            }
          }
          yield entry;
        }
      }
      next = Math.max(next + 1, block.after);
    }
  }

  /** Where the last blocks with messages of a request begin; `fromSeq` where the index does not tell. */
  lastBlocksOf(msgId: string, blocks: number, fromSeq: number): number {
    const row = this.query((database) =>
      database
        .prepare(
          'SELECT min(first_seq) AS n FROM (SELECT first_seq FROM parent_block WHERE parent = ? ORDER BY first_seq DESC LIMIT ?)',
        )
        .get(msgId, blocks),
    );
    return Math.max(fromSeq, countOf(row?.n));
  }

  /** First entry of the last block that begins at or before a time (µs); 1 when all are later. */
  blockBefore(timeUs: number): number {
    const row = this.query((database) =>
      database
        .prepare('SELECT first_seq FROM block WHERE first_time <= ? ORDER BY first_time DESC, first_seq DESC LIMIT 1')
        .get(Math.min(Number.MAX_SAFE_INTEGER, Math.floor(timeUs))),
    );
    return Math.max(1, countOf(row?.first_seq));
  }

  /** First entry of the block that holds an entry. */
  blockFirst(seq: number): number {
    return this.decodedAt(seq)?.firstSeq ?? seq;
  }

  /** Time of the last entry, as far as blocks say it; 0 when none does. */
  lastTimeMs(): number {
    const row = this.query((database) =>
      database.prepare('SELECT last_time FROM block ORDER BY first_seq DESC LIMIT 1').get(),
    );
    return countOf(row?.last_time) / 1000;
  }

  /** The number of the last entry that was ever committed, as far as any part of the file still says it. */
  lastSeqStated(): number {
    let stated = 0;
    if (this.database !== null) {
      try {
        const row = this.database
          .prepare(
            "SELECT (SELECT value FROM meta WHERE key = 'last_seq') AS n, (SELECT first_seq + entries - 1 FROM block ORDER BY first_seq DESC LIMIT 1) AS m",
          )
          .get();
        stated = Math.max(countOf(row?.n), countOf(row?.m));
      } catch {
        this.turnToSalvage();
      }
    }
    for (const block of this.salvaged?.blocks ?? []) {
      stated = Math.max(stated, block.firstSeq + block.entries - 1);
    }
    return Math.max(stated, countOf(this.salvaged?.meta.get('last_seq')));
  }

  private sealedBlocksOf(msgId: string): { sealedFirsts: Set<number>; holding: Set<number> } | null {
    if (this.database === null) {
      return null;
    }
    try {
      const numbers = (rows: readonly Record<string, unknown>[]): Set<number> =>
        new Set(rows.map((row) => Number(row.first_seq)));
      return {
        sealedFirsts: numbers(this.database.prepare('SELECT first_seq FROM block WHERE sealed = 1').all()),
        holding: numbers(this.database.prepare('SELECT first_seq FROM parent_block WHERE parent = ?').all(msgId)),
      };
    } catch {
      return null;
    }
  }

  /** Executions in the order of their requests; rebuilt from the messages where the table cannot be read. */
  executions(): Execution[] {
    if (this.database !== null) {
      try {
        return this.database
          .prepare('SELECT * FROM execution ORDER BY request_seq')
          .all()
          .map((row) => executionOf(row));
      } catch {
        this.turnToSalvage();
      }
    }
    return this.rebuiltExecutions();
  }

  private rebuiltExecutions(): Execution[] {
    const executions: Execution[] = [];
    for (const entry of this.entries()) {
      if (entry.kind !== entryKinds.frame || entry.direction !== directions.out) {
        continue;
      }
      const frame = readFrame(entry.body);
      if (frame?.header.msg_type === 'execute_request') {
        const cellId = frame.metadata().cellId;
        executions.push({
          msgId: asMsgId(frame.header.msg_id),
          cellId: typeof cellId === 'string' ? asCellId(cellId) : null,
          requestSeq: entry.seq,
          state: 'done',
          status: null,
          executionCount: null,
          submittedTimeMs: entry.timeUs / 1000,
          startedTimeMs: null,
          endedTimeMs: null,
          saved: false,
        });
      }
    }
    return executions;
  }
}

/** What a damaged file still has. One that is too large to be looked at as a whole has nothing. */
function salvageFile(file: string): Salvaged {
  return fs.statSync(file).size > salvageBytesMax
    ? { blocks: [], meta: new Map(), bytesMissing: 0 }
    : salvage(fs.readFileSync(file));
}

function bytesMissingOf(file: string): number {
  const head = readHead(file, 100);
  const pageSize = head.length < 100 ? 0 : head.readUInt16BE(16);
  return head.length < 100 ? 0 : Math.max(0, pageSize * head.readUInt32BE(28) - fs.statSync(file).size);
}

function readHead(file: string, length = 16): Buffer {
  const descriptor = fs.openSync(file, 'r');
  try {
    const head = Buffer.alloc(length);
    return head.subarray(0, fs.readSync(descriptor, head, 0, length, 0));
  } finally {
    fs.closeSync(descriptor);
  }
}

type Opened =
  | { readonly kind: 'open'; readonly database: Database; readonly meta: JournalMeta }
  | { readonly kind: 'foreign' | 'damaged' }
  | { readonly kind: 'newer'; readonly version: number };

function openDatabase(file: string): Opened {
  let database: Database | null = null;
  try {
    database = new Database(file, { readOnly: true });
    database.exec(
      'PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA busy_timeout = 2000;',
    );
    const identity = Number(database.prepare('PRAGMA application_id').get()?.application_id ?? 0);
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (identity !== applicationId) {
      database.close();
      // A flipped bit in the header must not hide a journal: only a file without any of our blocks is foreign.
      const found = salvageFile(file);
      return { kind: found.blocks.length === 0 && !found.meta.has('journal') ? 'foreign' : 'damaged' };
    }
    if (version > formatVersion && version < 1000) {
      database.close();
      return { kind: 'newer', version };
    }
    if (!hasPlainSchema(database)) {
      database.close();
      return { kind: 'damaged' };
    }
    const row = database.prepare("SELECT value FROM meta WHERE key = 'journal'").get();
    const meta = parseMeta(typeof row?.value === 'string' ? row.value : null);
    database.prepare('SELECT first_seq, entries, data FROM block LIMIT 1').get();
    if (meta === null) {
      database.close();
      return { kind: 'damaged' };
    }
    return { kind: 'open', database, meta };
  } catch {
    database?.close();
    return { kind: 'damaged' };
  }
}

/**
 * Our names must be plain tables, and nothing else may be there to be run: a view or a trigger under such a name, or a
 * generated column, is code. Such a file is read by its pages, where no schema counts.
 */
export function hasPlainSchema(database: Database): boolean {
  const rows = database.prepare('SELECT type, name, sql FROM sqlite_schema').all();
  return rows.every(({ type, sql }) => {
    const text = typeof sql === 'string' ? sql : '';
    if (type === 'index') {
      // Plain columns only: an expression or a condition would be code.
      return text === '' || /^create (?:unique )?index \S+ on \S+\s*\([\w\s,"]*\)$/i.test(text);
    }
    return (
      type === 'table' && /^create table\b/i.test(text) && !/\bgenerated\b|\bas\s*\(|\bvirtual\b|\bcheck\b/i.test(text)
    );
  });
}

/** Blocks kept decoded: stepping to and fro stays in one or two of them. */
const decodedBlocksMax = 4;
/** A block larger than this is decoded anew each time: our own are a tenth of it. */
const decodedBlockBytesMax = 16 * 1024 * 1024;

interface DecodedBlock {
  readonly firstSeq: number;
  readonly after: number;
  readonly entries: readonly Entry[];
}

interface FoundBlock {
  readonly firstSeq: number;
  /** The seq after its last. */
  readonly after: number;
  readonly data: Uint8Array;
}

function foundBlock(row: Row | undefined): FoundBlock | null {
  return row !== undefined && row.data instanceof Uint8Array
    ? { firstSeq: Number(row.first_seq), after: Number(row.after), data: row.data }
    : null;
}

export function snapshotText(database: Database, hash: string): string | null {
  const row = database.prepare('SELECT raw_size, data FROM snapshot WHERE hash = ?').get(hash);
  return row === undefined ? null : inflateText(row.data, row.raw_size, snapshotBytesMax);
}

/** Deflated UTF-8 of a stated size. */
function inflateText(data: unknown, size: unknown, sizeMax: number): string | null {
  const rawSize = countOf(size);
  if (!(data instanceof Uint8Array) || rawSize > sizeMax) {
    return null;
  }
  try {
    return zlib.inflateRawSync(data, { maxOutputLength: rawSize + 1 }).toString();
  } catch {
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A count from a file that may be hostile: a whole number in range, or 0. */
function countOf(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}

/** Among salvaged blocks that hold `seq`, the one with the most readable entries; else the next one. */
function bestSalvaged(salvaged: Salvaged, seq: number): FoundBlock | null {
  const found = (block: Salvaged['blocks'][number]): FoundBlock => ({
    firstSeq: block.firstSeq,
    after: block.firstSeq + block.entries,
    data: block.data,
  });
  let best: FoundBlock | null = null;
  let bestReadable = -1;
  let next: FoundBlock | null = null;
  for (const block of salvaged.blocks) {
    if (block.firstSeq <= seq && seq < block.firstSeq + block.entries) {
      const readable = (readBlock(block.data)?.entries ?? []).filter((entry) => entry.seq >= seq).length;
      if (readable > bestReadable) {
        best = found(block);
        bestReadable = readable;
      }
    } else if (block.firstSeq > seq && (next === null || block.firstSeq < next.firstSeq)) {
      next = found(block);
    }
  }
  return best ?? next;
}

function belongsTo(frame: Frame, family: ReadonlySet<string>): boolean {
  return family.has(frame.parent?.msg_id ?? '') || family.has(frame.header.msg_id);
}

function executionOf(row: Record<string, unknown>): Execution {
  const numberOrNull = (value: unknown): number | null =>
    typeof value === 'number' && Number.isFinite(value) ? value : null;
  const state = executionStates.find((candidate) => candidate === row.state) ?? 'lost';
  const status = row.status === 'ok' || row.status === 'error' || row.status === 'aborted' ? row.status : null;
  return {
    msgId: asMsgId(String(row.msg_id)),
    cellId: typeof row.cell_id === 'string' ? asCellId(row.cell_id) : null,
    requestSeq: asSeq(countOf(row.request_seq)),
    state,
    status,
    executionCount: numberOrNull(row.execution_count),
    submittedTimeMs: numberOrNull(row.submitted_time) ?? 0,
    startedTimeMs: numberOrNull(row.started_time),
    endedTimeMs: numberOrNull(row.ended_time),
    saved: row.saved === 1,
  };
}
