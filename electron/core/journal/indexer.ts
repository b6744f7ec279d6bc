/**
 * The index that a journal carries: made from the entries of a block when it is sealed, in the same transaction.
 *
 * Keeps the state of the notebook along the way and stores it now and then, so that a moment costs a stored state and
 * a short tail. Nothing of it is needed to read the journal, and all of it can be made anew.
 */
import zlib from 'node:zlib';
import { type Entry, entryKinds } from '../../../shared/journal/entries.ts';
import { Pieces, type Projector } from '../../../shared/journal/projector.ts';
import type { SavedCell } from '../../../shared/outputs/saved-outputs.ts';
import { stateIntervalBytes, stateShareMax } from '../../../shared/limits.ts';
import type { Frame, FrameReader } from '../../../shared/wire/codec.ts';
import type { Database } from './sqlite.ts';
import { eventOf } from './timeline.ts';

export class JournalIndexer {
  private lastStateBytes = 0;
  private pieceBytes = 0;
  private nextPiece: number;
  private readonly pieces = new Pieces((piece) => this.keepPiece(piece));

  constructor(
    private readonly database: Database,
    private readonly projector: Projector,
    private readonly frames: FrameReader,
    /** Raw bytes that were indexed since the last stored state. */
    private bytesSinceState: number,
  ) {
    this.nextPiece = Number(database.prepare('SELECT coalesce(max(id), 0) + 1 AS id FROM piece').get()?.id ?? 1);
  }

  private keepPiece(piece: SavedCell): number {
    const text = Buffer.from(JSON.stringify(piece));
    const data = zlib.deflateRawSync(text, { level: 4 });
    const id = this.nextPiece++;
    this.database.prepare('INSERT INTO piece VALUES (?, ?, ?)').run(id, text.byteLength, data);
    this.pieceBytes += data.byteLength;
    return id;
  }

  /** Indexes a block's entries. Call it within the transaction that seals the block. */
  add(entries: readonly Entry[], blockFirstSeq: number, rawBytes: number): void {
    const lastOfParent = new Map<string, number>();
    const seconds = new Map<number, number>();
    const event = this.database.prepare('INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?)');
    for (const entry of entries) {
      const frame: Frame | null = entry.kind === entryKinds.frame ? this.frames.read(entry.body) : null;
      const parent = frame?.parent?.msg_id;
      if (parent !== undefined) {
        lastOfParent.set(parent, entry.seq);
      }
      const second = Math.floor(entry.timeUs / 1_000_000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
      const found = eventOf(entry, frame);
      if (found !== null) {
        event.run(found.seq, Math.round(found.timeMs * 1000), found.kind, JSON.stringify(found.body));
      }
      this.projector.apply(entry, frame);
    }
    const parentBlock = this.database.prepare(
      'INSERT OR REPLACE INTO parent_block (parent, first_seq, last_seq) VALUES (?, ?, ?)',
    );
    for (const [parent, lastSeq] of lastOfParent) {
      parentBlock.run(parent, blockFirstSeq, lastSeq);
    }
    const activity = this.database.prepare(
      'INSERT INTO activity VALUES (?, ?) ON CONFLICT (second) DO UPDATE SET entries = entries + excluded.entries',
    );
    for (const [second, count] of seconds) {
      activity.run(second, count);
    }
    const last = entries[entries.length - 1];
    if (last !== undefined) {
      this.database.prepare("UPDATE meta SET value = ? WHERE key = 'indexed'").run(String(last.seq));
    }
    this.bytesSinceState += rawBytes;
    if (this.bytesSinceState >= Math.max(stateIntervalBytes, this.lastStateBytes / stateShareMax)) {
      this.storeState();
    }
  }

  /** Stores the state at the end, which is asked for most, unless reading up to it is quick anyway. */
  storeLastState(): void {
    if (this.bytesSinceState >= stateIntervalBytes / 2) {
      this.storeState();
    }
  }

  storeState(): void {
    this.pieceBytes = 0;
    const text = Buffer.from(this.projector.save(this.pieces));
    const data = zlib.deflateRawSync(text, { level: 6 });
    this.database
      .prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)')
      .run(this.projector.seq, text.byteLength, data);
    this.bytesSinceState = 0;
    this.lastStateBytes = data.byteLength + this.pieceBytes;
  }
}
