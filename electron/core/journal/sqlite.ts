/**
 * The one door to SQLite: its library answers `any`, this answers rows whose values are unknown until looked at.
 */
import fs from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';

type Instance = InstanceType<typeof DatabaseSync>;
export type Value = string | number | bigint | null | Uint8Array;
export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  get(...parameters: Value[]): Row | undefined;
  all(...parameters: Value[]): Row[];
  run(...parameters: Value[]): void;
}

/**
 * How long a statement waits for another connection, here or in another process. SQLite itself waits for nobody unless
 * it is told to: lists and the search index open whatever is in the folder, a journal that is still being made too.
 */
const busyTimeoutMs = 5_000;

/** A database and the files that SQLite keeps beside it. */
const endings = ['', '-wal', '-shm', '-journal'] as const;

/** Takes away a database that nobody has open. */
export function removeDatabase(file: string): void {
  for (const ending of endings) {
    fs.rmSync(`${file}${ending}`, { force: true });
  }
}

/** Renames a database that nobody has open; what had the new name is taken away. */
export function moveDatabase(from: string, to: string): void {
  removeDatabase(to);
  // The log first: a database without its log would lose its last commits.
  for (const ending of endings.toReversed()) {
    if (fs.existsSync(`${from}${ending}`)) {
      fs.renameSync(`${from}${ending}`, `${to}${ending}`);
    }
  }
}

export class Database {
  private readonly instance: Instance;
  /**
   * What a statement takes lies outside of JavaScript's memory, where its collector does not see it: hundreds of thousands
   * that were made for one row each would stand there until something else calls for a collection.
   */
  private readonly prepared = new Map<string, Statement>();

  constructor(file: string, options: { readonly readOnly?: boolean } = {}) {
    this.instance = new DatabaseSync(file, { timeout: busyTimeoutMs, ...options });
  }

  exec(sql: string): void {
    this.instance.exec(sql);
  }

  /** The statement of this text; the same one whenever it is asked for again, so keep texts few. */
  prepare(sql: string): Statement {
    const known = this.prepared.get(sql);
    if (known !== undefined) {
      return known;
    }
    const made = this.make(sql);
    this.prepared.set(sql, made);
    return made;
  }

  private make(sql: string): Statement {
    const statement = this.instance.prepare(sql);
    return {
      get: (...parameters) => statement.get(...parameters),
      all: (...parameters) => statement.all(...parameters),
      // The library's own `run` answers the last row's id and throws where that is no safe number: full-text tables
      // leave such ids behind.
      run: (...parameters) => void statement.all(...parameters),
    };
  }

  /** Closing twice is allowed. */
  close(): void {
    this.prepared.clear();
    if (this.instance.isOpen) {
      this.instance.close();
    }
  }
}
