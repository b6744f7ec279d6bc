/**
 * What a person says about their journals (names, tags, what to keep), and what was shown to them.
 *
 * A small database in a folder of its own beside the journals, shared by the app and the command line. A journal's file
 * is never written for this: it stays what was recorded. A catalogue that cannot be read is put aside and begun anew;
 * nothing that was recorded depends on it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { labelsMax } from '../../../shared/limits.ts';
import { describeUnknown } from '../../../shared/result.ts';
import { Database, moveDatabase } from '../journal/sqlite.ts';
import type { Labels } from './protocol.ts';

const version = 1;

const schema = `
  CREATE TABLE IF NOT EXISTS label (
    journal TEXT PRIMARY KEY, title TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '[]',
    kept INTEGER NOT NULL DEFAULT 0, shown INTEGER NOT NULL DEFAULT 0, origin TEXT);
  PRAGMA user_version = ${version};
`;

export interface Label {
  /** Empty when nobody gave it a name. */
  readonly title: string;
  readonly tags: string[];
  readonly isKept: boolean;
  /** The last entry that a window has shown. */
  readonly shownSeq: number;
}

const none: Label = { title: '', tags: [], isKept: false, shownSeq: 0 };

/** The folder for what belongs to the library and not to a journal. */
export function libraryDir(journalDir: string): string {
  return path.join(journalDir, '.library');
}

/** Opens a database of ours beside the journals; one that is damaged is put aside. */
export function openBeside(journalDir: string, name: string, tables: string): Database {
  const dir = libraryDir(journalDir);
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, name);
  const open = (): Database => {
    const database = new Database(file);
    try {
      database.exec('PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL;');
      database.exec('PRAGMA synchronous = NORMAL;');
      database.exec(tables);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    return open();
  } catch (error) {
    // Busy, or a full disk: that passes, and what is there stays.
    if (!/malformed|not a database/i.test(describeUnknown(error))) {
      throw error;
    }
    moveDatabase(file, `${file}.damaged`);
    return open();
  }
}

function tagsOf(text: unknown): string[] {
  try {
    const value: unknown = JSON.parse(typeof text === 'string' ? text : '[]');
    return Array.isArray(value) ? value.filter((tag) => typeof tag === 'string') : [];
  } catch {
    return [];
  }
}

function labelOf(row: Readonly<Record<string, unknown>>): Label {
  return {
    title: typeof row.title === 'string' ? row.title : '',
    tags: tagsOf(row.tags),
    isKept: row.kept === 1,
    shownSeq: Number(row.shown ?? 0),
  };
}

/** One line, without characters that would break a list, of a bounded length. */
function cleaned(text: string, lengthMax: number): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim()
    .slice(0, lengthMax);
}

export class Catalog {
  private readonly database: Database;

  constructor(journalDir: string) {
    this.database = openBeside(journalDir, 'catalog.sqlite', schema);
  }

  get(journalId: string): Label {
    const row = this.database.prepare('SELECT * FROM label WHERE journal = ?').get(journalId);
    return row === undefined ? none : labelOf(row);
  }

  all(): Map<string, Label> {
    const rows = this.database.prepare('SELECT * FROM label').all();
    return new Map(rows.map((row) => [String(row.journal), labelOf(row)]));
  }

  set(journalId: string, { title, tags, isKept }: Labels): void {
    this.database.prepare('INSERT OR IGNORE INTO label (journal) VALUES (?)').run(journalId);
    if (title !== undefined) {
      const text = cleaned(title, labelsMax.title);
      this.database.prepare('UPDATE label SET title = ? WHERE journal = ?').run(text, journalId);
    }
    if (tags !== undefined) {
      const clean = tags.map((tag) => cleaned(tag, labelsMax.tag)).filter((tag) => tag !== '');
      const unique = [...new Set(clean)].slice(0, labelsMax.tags);
      this.database.prepare('UPDATE label SET tags = ? WHERE journal = ?').run(JSON.stringify(unique), journalId);
    }
    if (isKept !== undefined) {
      this.database.prepare('UPDATE label SET kept = ? WHERE journal = ?').run(isKept ? 1 : 0, journalId);
    }
  }

  /** Notes that a journal was shown up to an entry. */
  shown(journalId: string, seq: number): void {
    this.database
      .prepare(
        'INSERT INTO label (journal, shown) VALUES (?, ?) ON CONFLICT (journal) DO UPDATE SET shown = max(shown, excluded.shown)',
      )
      .run(journalId, seq);
  }

  /** Remembers which file (by the hash of its bytes) a journal was copied from. */
  imported(journalId: string, digest: string): void {
    this.database
      .prepare(
        'INSERT INTO label (journal, origin) VALUES (?, ?) ON CONFLICT (journal) DO UPDATE SET origin = excluded.origin',
      )
      .run(journalId, digest);
  }

  importedAs(digest: string): string | null {
    const row = this.database.prepare('SELECT journal FROM label WHERE origin = ?').get(digest);
    return typeof row?.journal === 'string' ? row.journal : null;
  }

  forget(journalId: string): void {
    this.database.prepare('DELETE FROM label WHERE journal = ?').run(journalId);
  }

  close(): void {
    this.database.close();
  }
}
