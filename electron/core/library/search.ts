/**
 * Full-text search over all journals, as a person types.
 *
 * The index is a cache beside the journals: an FTS5 table of words, and the passages themselves, compressed. It is made
 * bit by bit, follows journals that grow, forgets those that are gone, and may be deleted at any time. What is searched
 * for is taken as words, whatever signs are in it; the last word may be unfinished.
 */
import path from 'node:path';
import zlib from 'node:zlib';
import type { SearchAnswer, SearchHit } from '../../../shared/ipc/playback.ts';
import { indexStepEntries, indexStepMs, searchHitsMax, searchWordsMax } from '../../../shared/limits.ts';
import { journalEnding, journalFiles, stampOf, titleOf } from '../journal/library.ts';
import { JournalReader } from '../journal/reader.ts';
import type { Database } from '../journal/sqlite.ts';
import { openBeside } from './catalog.ts';
import { type Passage, PassageMaker } from './search-text.ts';
import type { Shelf } from './shelf.ts';
import { snippetOf, wordsOf } from './snippet.ts';

const version = 1;

/** Without positions the index is a third of the size; which words stand near each other a snippet shows. */
const schema = `
  CREATE TABLE IF NOT EXISTS source (
    id INTEGER PRIMARY KEY, journal TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL, indexed INTEGER NOT NULL,
    pending INTEGER NOT NULL, server TEXT NOT NULL, notebook TEXT);
  CREATE TABLE IF NOT EXISTS passage (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, cell TEXT, place TEXT NOT NULL, seq INTEGER NOT NULL,
    data BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS passage_source ON passage (source);
  CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
    text, content='', contentless_delete=1, detail=none,
    tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co'");
  PRAGMA user_version = ${version};
`;

interface Source {
  readonly id: number;
  readonly journalId: string;
  readonly stamp: string;
  readonly indexed: number;
  readonly pending: boolean;
}

function sourceOf(row: Readonly<Record<string, unknown>>): Source {
  return {
    id: Number(row.id),
    journalId: String(row.journal),
    stamp: String(row.stamp),
    indexed: Number(row.indexed),
    pending: row.pending === 1,
  };
}

export class SearchIndex {
  private opened: Database | null = null;

  constructor(private readonly shelf: Shelf) {}

  private get database(): Database {
    this.opened ??= openBeside(this.shelf.dir, 'search.sqlite', schema);
    return this.opened;
  }

  close(): void {
    this.opened?.close();
    this.opened = null;
  }

  search(query: string, limit: number): SearchAnswer {
    const words = wordsOf(query).slice(0, searchWordsMax);
    const behind = this.behind();
    const wanted = Math.max(1, Math.min(searchHitsMax, Math.floor(limit)));
    if (words.length === 0) {
      return { hits: [], hasMore: false, ...behind };
    }
    // Quoted words are never operators. Each may be the beginning of a longer one, as it is while one types.
    const match = words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(' ');
    const rows = this.database
      .prepare(
        `SELECT passage.*, source.journal, source.server, source.notebook
         FROM (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?) AS found
         JOIN passage ON passage.id = found.rowid JOIN source ON source.id = passage.source`,
      )
      .all(match, wanted + 1);
    const titles = this.shelf.catalog.all();
    const hits = rows
      .slice(0, wanted)
      .map((row) => hitOf(row, words, titles.get(String(row.journal))?.title ?? ''))
      .filter((hit) => hit !== null);
    return { hits, hasMore: rows.length > wanted, ...behind };
  }

  /** How many journals have something that is not indexed: never read to their end, and grown since they were. */
  private behind(): Pick<SearchAnswer, 'indexing' | 'growing'> {
    const known = this.known();
    let indexing = 0;
    let growing = 0;
    for (const file of journalFiles(this.shelf.dir)) {
      const source = known.get(path.basename(file, journalEnding));
      if (source === undefined || source.stamp === '') {
        indexing += 1;
      } else if (source.pending || source.stamp !== stampOf(file)) {
        growing += 1;
      }
    }
    return { indexing, growing };
  }

  private known(): Map<string, Source> {
    const rows = this.database.prepare('SELECT * FROM source').all();
    return new Map(rows.map((row) => [String(row.journal), sourceOf(row)]));
  }

  /** True when the last step read every journal to its end, though some may have grown since. */
  isCurrent = false;

  /** Indexes for a short while. Answers how many journals are not indexed to their end. */
  step(): number {
    const endMs = performance.now() + indexStepMs;
    this.isCurrent = true;
    for (const source of this.compare()) {
      if (source.pending) {
        this.isCurrent = performance.now() < endMs && this.index(source, endMs) && this.isCurrent;
      }
    }
    return Number(this.database.prepare('SELECT count(*) AS n FROM source WHERE pending = 1').get()?.n ?? 0);
  }

  /** Sees which journals are new, grown or gone. The newest come first. */
  private compare(): Source[] {
    const { database } = this;
    const known = this.known();
    const sources: Source[] = [];
    for (const file of journalFiles(this.shelf.dir)) {
      const journalId = path.basename(file, journalEnding);
      const stamp = stampOf(file);
      const source = known.get(journalId);
      known.delete(journalId);
      if (source === undefined) {
        database
          .prepare(
            "INSERT INTO source (journal, stamp, indexed, pending, server, notebook) VALUES (?, ?, 0, 1, '', NULL)",
          )
          .run(journalId, '');
        const row = database.prepare('SELECT * FROM source WHERE journal = ?').get(journalId);
        if (row !== undefined) {
          sources.push(sourceOf(row));
        }
      } else {
        const isGrown = source.stamp !== stamp;
        if (isGrown && !source.pending) {
          database.prepare('UPDATE source SET pending = 1 WHERE id = ?').run(source.id);
        }
        sources.push({ ...source, pending: source.pending || isGrown });
      }
    }
    for (const gone of known.values()) {
      this.forget(gone.id);
    }
    return sources;
  }

  private forget(id: number): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      this.database.prepare('DELETE FROM words WHERE rowid IN (SELECT id FROM passage WHERE source = ?)').run(id);
      this.database.prepare('DELETE FROM passage WHERE source = ?').run(id);
      this.database.prepare('DELETE FROM source WHERE id = ?').run(id);
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Answers whether the journal was read to its end. */
  private index(source: Source, endMs: number): boolean {
    const file = path.join(this.shelf.dir, `${source.journalId}${journalEnding}`);
    const stamp = stampOf(file);
    const opened = JournalReader.open(file);
    if (!opened.ok) {
      this.database.prepare('UPDATE source SET stamp = ?, pending = 0 WHERE id = ?').run(stamp, source.id);
      return true;
    }
    const reader = opened.value;
    try {
      const { serverName, notebookPath } = reader.meta;
      this.database
        .prepare('UPDATE source SET server = ?, notebook = ? WHERE id = ?')
        .run(serverName, notebookPath, source.id);
      // Each part is a transaction of its own, so that work that is cut off is not lost.
      let indexed = source.indexed;
      let isDone = false;
      while (!isDone && performance.now() < endMs) {
        const part = this.indexPart(reader, source.id, indexed);
        isDone = part.isDone;
        indexed = part.indexed;
      }
      if (isDone) {
        this.database.prepare('UPDATE source SET stamp = ?, pending = 0 WHERE id = ?').run(stamp, source.id);
      }
      return isDone;
    } finally {
      reader.close();
    }
  }

  private indexPart(reader: JournalReader, id: number, after: number): { indexed: number; isDone: boolean } {
    const maker = new PassageMaker(reader.executions());
    let indexed = after;
    let isDone = true;
    this.database.exec('BEGIN IMMEDIATE');
    try {
      for (const entry of reader.entries(after + 1)) {
        if (entry.seq - after > indexStepEntries) {
          isDone = false;
          break;
        }
        maker.add(entry);
        indexed = entry.seq;
        for (const passage of maker.take(false)) {
          this.insert(id, passage);
        }
      }
      for (const passage of maker.take(true)) {
        this.insert(id, passage);
      }
      this.database.prepare('UPDATE source SET indexed = ? WHERE id = ?').run(indexed, id);
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
    return { indexed, isDone };
  }

  private insert(id: number, { where, cellId, text, parts }: Passage): void {
    const [first] = parts;
    const [, seq = 0] = first ?? [];
    const data = zlib.deflateRawSync(JSON.stringify({ text, parts }), { level: 4 });
    const { database } = this;
    database
      .prepare('INSERT INTO passage (source, cell, place, seq, data) VALUES (?, ?, ?, ?, ?)')
      .run(id, cellId, where, seq, data);
    database.prepare('INSERT INTO words (rowid, text) VALUES (last_insert_rowid(), ?)').run(text);
  }
}

/** A passage as it was stored, or `null` when it cannot be read. */
function storedPassage(data: unknown): Pick<Passage, 'text' | 'parts'> | null {
  try {
    return data instanceof Uint8Array
      ? (JSON.parse(zlib.inflateRawSync(data, { maxOutputLength: 16 * 1024 * 1024 }).toString()) as Passage)
      : null;
  } catch {
    return null;
  }
}

function hitOf(row: Readonly<Record<string, unknown>>, words: readonly string[], title: string): SearchHit | null {
  const passage = storedPassage(row.data);
  if (passage === null) {
    return null;
  }
  const { snippet, marks, at } = snippetOf(passage.text, words);
  const [, seq = 0, timeMs = 0] = passage.parts.findLast(([start]) => start <= at) ?? [];
  const notebookPath = typeof row.notebook === 'string' ? row.notebook : null;
  const journalId = String(row.journal);
  return {
    journalId,
    title: title || titleOf({ notebookPath, journalId }),
    serverName: String(row.server),
    notebookPath,
    seq,
    timeMs,
    cellId: typeof row.cell === 'string' ? row.cell : null,
    where: row.place === 'input' || row.place === 'error' ? row.place : 'output',
    snippet,
    marks: marks.map(([start, length]) => [start, length]),
  };
}
