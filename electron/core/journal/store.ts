/**
 * One journal file, written: the tables, group commits, sealing and the indexes.
 *
 * Runs in the journal worker and, for short jobs, in tests; every call is synchronous. What `append` returned for is
 * on the disk (WAL with full synchronisation). Reading is the reader's matter (`reader.ts`), so that a damaged file
 * opens there and is never written to here.
 */
import { FrameReader } from '../../../shared/wire/codec.ts';
import { entryKinds, type Execution } from '../../../shared/journal/entries.ts';
import { sealedBlockBytes } from '../../../shared/limits.ts';
import { blockInPlace, codecs, encodeBlock, rawPayloadOf, readBlock, type Taken } from './records.ts';
import { Database, type Statement } from './sqlite.ts';

/** "NJAR": shown by `file` and checked on opening, so that no other SQLite file is taken for a journal. */
export const applicationId = 0x4e4a4152;
/** Version of the layout in FORMAT.md. */
export const formatVersion = 1;

/** A commit of a flood is a few large blobs: with pages of this size it takes half the time of SQLite's usual 4 KiB. */
const pageBytes = 16 * 1024;
/** Pages of the write-ahead log after which it is folded in even in a flood: 128 MiB. In quiet it is folded in at once. */
const checkpointPages = 8_192;

/** What a journal says about itself; stored as one JSON value, so that a salvaged file still has it. */
export interface JournalMeta {
  readonly journalId: string;
  readonly createdTimeMs: number;
  readonly serverName: string;
  readonly serverUrl: string;
  readonly kernelId: string;
  readonly kernelName: string | null;
  readonly notebookPath: string | null;
  /** The `session_id` of our websocket: only with the same one does a server hand out what it buffered for us. */
  readonly clientSessionId: string;
  /** Content of the last `kernel_info_reply`, so that windows open without asking a busy kernel. */
  readonly kernelInfo: Readonly<Record<string, unknown>> | null;
  /** Who answers for the kernel: a run of the command line ends with its process, the app's sessions go on. */
  readonly owner: 'app' | 'cli';
  readonly state: 'open' | 'closed';
  /** Where the recorder's spool is known to be in the journal: position, and the entry after which more may follow. */
  readonly recorder: { readonly position: number; readonly seq: number; readonly birth: string } | null;
}

const settings = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${checkpointPages};`;

const schema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE block (
    first_seq INTEGER PRIMARY KEY, entries INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
    sealed INTEGER NOT NULL, raw_size INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE parent_block (parent TEXT NOT NULL, first_seq INTEGER NOT NULL, PRIMARY KEY (parent, first_seq))
    WITHOUT ROWID;
  CREATE TABLE execution (
    msg_id TEXT PRIMARY KEY, cell_id TEXT, request_seq INTEGER NOT NULL, state TEXT NOT NULL, status TEXT,
    execution_count INTEGER, submitted_time INTEGER NOT NULL, started_time INTEGER, ended_time INTEGER,
    saved INTEGER NOT NULL);
  CREATE TABLE snapshot (hash TEXT PRIMARY KEY, raw_size INTEGER NOT NULL, data BLOB NOT NULL);
`;

export interface Append {
  /** Each becomes a block, in this order. */
  readonly batches: readonly Taken[];
  readonly executions: readonly Execution[];
  /** Gap entries among the records: counted, so that a list of journals need not read them. */
  readonly gaps: number;
}

export class JournalStore {
  private readonly insertBlock: Statement;
  private readonly upsertExecution: Statement;
  private readonly setLastSeq: Statement;
  private nextSeq: number;
  private unsealedBytes: number;

  private constructor(
    private readonly database: Database,
    readonly file: string,
  ) {
    this.insertBlock = database.prepare('INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.upsertExecution = database.prepare('INSERT OR REPLACE INTO execution VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.setLastSeq = database.prepare("UPDATE meta SET value = ? WHERE key = 'last_seq'");
    this.nextSeq = numberOf(database.prepare('SELECT coalesce(max(first_seq + entries), 1) AS n FROM block').get()?.n);
    this.unsealedBytes = numberOf(
      database.prepare('SELECT coalesce(sum(raw_size), 0) AS n FROM block WHERE sealed = 0').get()?.n,
    );
  }

  /** Makes a new journal file. Throws when the file exists or cannot be made. */
  static create(file: string, meta: JournalMeta): JournalStore {
    const database = new Database(file);
    try {
      database.exec(
        `PRAGMA page_size = ${pageBytes}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = ${applicationId};`,
      );
      database.exec(settings);
      database.exec(`BEGIN; ${schema} PRAGMA user_version = ${formatVersion};`);
      database.prepare('INSERT INTO meta VALUES (?, ?)').run('journal', JSON.stringify(meta));
      database.prepare('INSERT INTO meta VALUES (?, ?), (?, ?)').run('gaps', '0', 'last_seq', '0');
      database.exec('COMMIT');
      return new JournalStore(database, file);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Opens a sound journal for appending. Throws when it is none, is newer than this version, or is damaged. */
  static open(file: string): JournalStore {
    const database = new Database(file);
    try {
      database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA busy_timeout = 2000;');
      const identity = database.prepare('PRAGMA application_id').get()?.application_id;
      const version = database.prepare('PRAGMA user_version').get()?.user_version;
      if (identity !== applicationId || version !== formatVersion) {
        throw new Error('not a journal of this version');
      }
      database.exec(settings);
      const check = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
      if (check !== 'ok') {
        throw new Error('damaged');
      }
      return new JournalStore(database, file);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  get lastSeq(): number {
    return this.nextSeq - 1;
  }

  get needsSealing(): boolean {
    return this.unsealedBytes >= sealedBlockBytes;
  }

  meta(): JournalMeta {
    const row = this.database.prepare("SELECT value FROM meta WHERE key = 'journal'").get();
    return JSON.parse(String(row?.value)) as JournalMeta;
  }

  setMeta(change: Partial<JournalMeta>): void {
    const meta = { ...this.meta(), ...change };
    this.database.prepare("UPDATE meta SET value = ? WHERE key = 'journal'").run(JSON.stringify(meta));
  }

  /** Commits batches in one transaction. Answers the last seq; when it returns, they are on the disk. */
  append({ batches, executions, gaps }: Append): number {
    let nextSeq = this.nextSeq;
    let bytes = 0;
    this.database.exec('BEGIN IMMEDIATE');
    try {
      // An execution can change without a message: such a batch is empty and makes no block.
      for (const batch of batches.filter(({ count }) => count > 0)) {
        this.putBlock(batch, nextSeq);
        nextSeq += batch.count;
        bytes += batch.payload.byteLength;
      }
      for (const execution of executions) {
        this.putExecution(execution);
      }
      this.setLastSeq.run(String(nextSeq - 1));
      if (gaps > 0) {
        this.database.prepare("UPDATE meta SET value = value + ? WHERE key = 'gaps'").run(gaps);
      }
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
    this.nextSeq = nextSeq;
    this.unsealedBytes += bytes;
    return this.lastSeq;
  }

  private putBlock(batch: Taken, firstSeq: number): void {
    const [firstTime, lastTime] = [Math.round(batch.firstTimeUs), Math.round(batch.lastTimeUs)];
    const block = blockInPlace(batch, firstSeq);
    this.insertBlock.run(firstSeq, batch.count, firstTime, lastTime, 0, batch.payload.byteLength, block);
  }

  private putExecution(execution: Execution): void {
    this.upsertExecution.run(
      execution.msgId,
      execution.cellId,
      execution.requestSeq,
      execution.state,
      execution.status,
      execution.executionCount,
      execution.submittedTimeMs,
      execution.startedTimeMs,
      execution.endedTimeMs,
      execution.saved ? 1 : 0,
    );
  }

  /** Keeps a notebook's text once, named by its hash. */
  putSnapshot(hash: string, rawSize: number, compressed: Uint8Array): void {
    this.database.prepare('INSERT OR IGNORE INTO snapshot VALUES (?, ?, ?)').run(hash, rawSize, compressed);
  }

  /**
   * Joins the oldest small blocks into one compressed block and indexes its parents. Does one block's worth of work;
   * answers whether it did any. `evenSmall` also seals less than a full block (on closing).
   */
  sealOne(evenSmall: boolean): boolean {
    const rows = this.database
      .prepare(
        'SELECT first_seq, entries, first_time, last_time, raw_size FROM block WHERE sealed = 0 ORDER BY first_seq',
      )
      .all();
    let bytes = 0;
    let taken = 0;
    for (const row of rows) {
      bytes += numberOf(row.raw_size);
      taken += 1;
      if (bytes >= sealedBlockBytes) {
        break;
      }
    }
    const chosen = rows.slice(0, taken);
    const first = chosen[0];
    const last = chosen[chosen.length - 1];
    if (first === undefined || last === undefined || (bytes < sealedBlockBytes && !evenSmall)) {
      return false;
    }
    const firstSeq = numberOf(first.first_seq);
    const payloads = this.payloads(firstSeq, numberOf(last.first_seq));
    if (payloads === null) {
      return false;
    }
    const payload = Buffer.concat(payloads);
    const entries = chosen.reduce((sum, row) => sum + numberOf(row.entries), 0);
    const block = encodeBlock(payload, firstSeq, entries, codecs.deflate);
    this.database.exec('BEGIN IMMEDIATE');
    try {
      this.database
        .prepare('DELETE FROM block WHERE first_seq BETWEEN ? AND ?')
        .run(firstSeq, numberOf(last.first_seq));
      this.insertBlock.run(
        firstSeq,
        entries,
        numberOf(first.first_time),
        numberOf(last.last_time),
        1,
        payload.byteLength,
        block,
      );
      const index = this.database.prepare('INSERT OR IGNORE INTO parent_block VALUES (?, ?)');
      for (const parent of parentsOf(encodeBlock(payload, firstSeq, entries, codecs.raw))) {
        index.run(parent, firstSeq);
      }
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
    this.unsealedBytes -= payload.byteLength;
    return true;
  }

  private payloads(firstSeq: number, lastFirstSeq: number): Uint8Array[] | null {
    const payloads: Uint8Array[] = [];
    const rows = this.database
      .prepare('SELECT data FROM block WHERE first_seq BETWEEN ? AND ? ORDER BY first_seq')
      .all(firstSeq, lastFirstSeq);
    for (const row of rows) {
      const payload = row.data instanceof Uint8Array ? rawPayloadOf(row.data) : null;
      if (payload === null) {
        return null;
      }
      payloads.push(payload);
    }
    return payloads;
  }

  /** Copies the write-ahead log into the file, as far as nobody is reading it. */
  foldLog(): void {
    this.database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** Seals what is left and folds the write-ahead log into the file, so that one file is the whole document. */
  close(): void {
    while (this.sealOne(true)) {
      // Each round seals one block.
    }
    this.database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
    try {
      // Without a log of its own a journal at rest is one file, whoever reads it and from wherever.
      this.database.exec('PRAGMA journal_mode = DELETE');
    } catch {
      // Somebody reads it just now; the log stays beside it and is folded in the next time.
    }
    this.database.close();
  }
}

function parentsOf(block: Uint8Array): Set<string> {
  const parents = new Set<string>();
  const reader = new FrameReader();
  for (const entry of readBlock(block)?.entries ?? []) {
    if (entry.kind === entryKinds.frame) {
      const frame = reader.read(entry.body);
      const parent = frame?.parent?.msg_id ?? null;
      if (parent !== null) {
        parents.add(parent);
      }
    }
  }
  return parents;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number(value ?? 0);
}
