/**
 * One journal file, written: the tables, group commits, sealing and the indexes.
 *
 * Runs in the journal worker and, for short jobs, in tests; every call is synchronous. What `append` returned for is
 * on the disk (WAL with full synchronisation). Reading is the reader's matter (`reader.ts`), so that a damaged file
 * opens there and is never written to here.
 */
import fs from 'node:fs';
import type { Execution } from '../../../shared/journal/entries.ts';
import { sealedBlockBytes, unsealedBytesMax, unsealedFloodBytesMax } from '../../../shared/limits.ts';
import { FrameReader } from '../../../shared/wire/codec.ts';
import { JournalIndexer } from './indexer.ts';
import { applicationId, formatVersion, type JournalMeta, schema, schemaAdded } from './layout.ts';
import { advance, projectorNear } from './project.ts';
import { hasPlainSchema, JournalReader, snapshotText } from './reader.ts';
import { blockInPlace, codecs, encodeBlock, rawPayloadOf, readBlock, type Taken } from './records.ts';
import { Database, removeDatabase, type Statement } from './sqlite.ts';

/** A commit of a flood is a few large blobs: with pages of this size it takes half the time of SQLite's usual 4 KiB. */
const pageBytes = 16 * 1024;
/**
 * Pages of the write-ahead log after which it is folded in even in a flood: 256 MiB, since every page is then written twice.
 * In quiet it is folded in at once.
 */
const checkpointPages = 16_384;

const settings = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${checkpointPages};`;

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
  private indexer: JournalIndexer | null = null;

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

  /** Makes a new journal file, for this person's eyes. Throws when it exists or cannot be made; leaves no part of one. */
  static create(file: string, meta: JournalMeta): JournalStore {
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
    let database: Database | null = null;
    try {
      database = new Database(file);
      database.exec(
        `PRAGMA page_size = ${pageBytes}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = ${applicationId};`,
      );
      database.exec(settings);
      database.exec(`BEGIN; ${schema} ${schemaAdded} PRAGMA user_version = ${formatVersion};`);
      database.prepare('INSERT INTO meta VALUES (?, ?)').run('journal', JSON.stringify(meta));
      database.prepare('INSERT INTO meta VALUES (?, ?), (?, ?)').run('gaps', '0', 'last_seq', '0');
      database.exec('COMMIT');
      return new JournalStore(database, file);
    } catch (error) {
      database?.close();
      removeDatabase(file);
      throw error;
    }
  }

  /** Opens a sound journal for appending. Throws when it is none, is newer than this version, or is damaged. */
  static open(file: string): JournalStore {
    const database = new Database(file);
    try {
      database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;');
      const identity = database.prepare('PRAGMA application_id').get()?.application_id;
      const version = numberOf(database.prepare('PRAGMA user_version').get()?.user_version);
      const isKnown = version >= 1 && version <= formatVersion;
      if (identity !== applicationId || !isKnown || !hasPlainSchema(database)) {
        throw new Error('not a journal of this version');
      }
      database.exec(settings);
      const check = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
      if (check !== 'ok') {
        throw new Error('damaged');
      }
      if (version < formatVersion) {
        const added = version === 1 ? schemaAdded : '';
        database.exec(`BEGIN IMMEDIATE; ${added} PRAGMA user_version = ${formatVersion}; COMMIT;`);
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

  /** True when so much is unsealed that reading the end of the journal becomes slow. */
  get isBehind(): boolean {
    return this.unsealedBytes >= unsealedBytesMax;
  }

  get isFarBehind(): boolean {
    return this.unsealedBytes >= unsealedFloodBytesMax;
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
    const block = encodeBlock(payload, firstSeq, entries, codecs.columns);
    const indexer = this.indexerAt(firstSeq);
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
      const decoded = readBlock(encodeBlock(payload, firstSeq, entries, codecs.raw));
      indexer.add(decoded?.entries ?? [], firstSeq, payload.byteLength);
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      // What it has taken in was not stored: it begins anew from what is.
      this.indexer = null;
      throw error;
    }
    this.unsealedBytes -= payload.byteLength;
    return true;
  }

  /**
   * The indexer, with the notebook as it stood before `firstSeq`. A journal of version 1 has blocks that were sealed
   * without an index: they are indexed here, once.
   */
  private indexerAt(firstSeq: number): JournalIndexer {
    if (this.indexer !== null) {
      return this.indexer;
    }
    const opened = JournalReader.open(this.file);
    if (!opened.ok) {
      throw new Error(opened.problem.sentence);
    }
    const reader = opened.value;
    try {
      const indexed = reader.indexedSeq();
      const projector = projectorNear(reader, indexed, (hash) => snapshotText(this.database, hash));
      advance(projector, reader, Math.min(indexed, firstSeq - 1));
      const since = this.database
        .prepare(
          'SELECT coalesce(sum(raw_size), 0) AS n FROM block WHERE first_seq > (SELECT coalesce(max(seq), 0) FROM state) AND first_seq <= ?',
        )
        .get(indexed);
      const indexer = new JournalIndexer(this.database, projector, new FrameReader(), numberOf(since?.n));
      for (const block of reader.blocks(indexed + 1, firstSeq - 1)) {
        this.database.exec('BEGIN IMMEDIATE');
        indexer.add(block.entries, block.firstSeq, block.rawBytes);
        this.database.exec('COMMIT');
      }
      this.indexer = indexer;
      return indexer;
    } finally {
      reader.close();
    }
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

  /** Stores the state at the last sealed entry, so that it need not be made from further back. */
  storeState(): void {
    this.indexer?.storeState();
  }

  /** Seals what is left and folds the write-ahead log into the file, so that one file is the whole document. */
  close(): void {
    while (this.sealOne(true)) {
      // Each round seals one block.
    }
    this.indexer?.storeLastState();
    this.database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
    try {
      // Without a log of its own a journal at rest is one file, whoever reads it and from wherever.
      this.database.exec('PRAGMA journal_mode = DELETE');
    } catch {
      // Somebody reads it just now; the log stays beside it and is folded in the next time.
    }
    this.database.close();
  }

  /** Lets go of the file as it is. Allowed after `close`. */
  dispose(): void {
    this.database.close();
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number(value ?? 0);
}
