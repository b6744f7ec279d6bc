/**
 * The folder of journals as a library: listed with labels, deleted with a way back, imported, pruned.
 *
 * Files are moved, never rewritten. Nothing that is written to just now is touched, whoever writes it.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { PrunePlan } from '../../../shared/ipc/playback.ts';
import type { JournalListing, JournalSummary } from '../../../shared/journal/entries.ts';
import { deletedKeptMs } from '../../../shared/limits.ts';
import { describeUnknown, fail, ok, type Result } from '../../../shared/result.ts';
import { journalEnding, journalFile, journalFiles, stampOf, summarize, titleOf } from '../journal/library.ts';
import { JournalReader } from '../journal/reader.ts';
import { moveDatabase, removeDatabase } from '../journal/sqlite.ts';
import { JournalStore } from '../journal/store.ts';
import { asJournalId } from '../../../shared/ids.ts';
import { Catalog, libraryDir } from './catalog.ts';

/** A write-ahead log that changed within this time belongs to a program that writes. */
const writtenLatelyMs = 15_000;

/** Entries that closing a session writes (the link's end, the session's): nothing anybody has to see. */
const closingEntries = 5;

interface Seen {
  readonly stamp: string;
  readonly summary: JournalSummary;
}

export class Shelf {
  private readonly seen = new Map<string, Seen>();
  private opened: Catalog | null = null;

  constructor(readonly dir: string) {}

  get catalog(): Catalog {
    this.opened ??= new Catalog(this.dir);
    return this.opened;
  }

  close(): void {
    this.opened?.close();
    this.opened = null;
  }

  private summary(file: string): JournalSummary {
    const stamp = stampOf(file);
    const known = this.seen.get(file);
    if (known !== undefined && known.stamp === stamp) {
      return known.summary;
    }
    const summary = summarize(file);
    this.seen.set(file, { stamp, summary });
    return summary;
  }

  list(): JournalListing[] {
    const labels = this.catalog.all();
    return journalFiles(this.dir).map((file) => {
      const summary = this.summary(file);
      const label = labels.get(summary.journalId);
      return {
        ...summary,
        title: label?.title || titleOf(summary),
        tags: label?.tags ?? [],
        isKept: label?.isKept ?? false,
        isUnread: isUnread(summary, label?.shownSeq ?? 0),
        leavesTimeMs: null,
      };
    });
  }

  private fileOf(journalId: string): Result<string> {
    const file = journalFile(this.dir, asJournalId(journalId));
    return fs.existsSync(file)
      ? ok(file)
      : fail('missing', 'This journal is no longer on this computer; it may have been moved or deleted.');
  }

  private deletedFile(journalId: string): string {
    return path.join(libraryDir(this.dir), 'deleted', `${journalId}${journalEnding}`);
  }

  /** Moves a journal aside. */
  remove(journalId: string): Result<null> {
    const file = this.fileOf(journalId);
    if (!file.ok) {
      return file;
    }
    if (isWritten(file.value)) {
      return fail(
        'running',
        'This journal is being written just now, so it cannot be deleted. Try again when it is done.',
      );
    }
    const aside = this.deletedFile(journalId);
    fs.mkdirSync(path.dirname(aside), { recursive: true, mode: 0o700 });
    moveDatabase(file.value, aside);
    const now = new Date();
    fs.utimesSync(aside, now, now);
    return ok(null);
  }

  restore(journalId: string): Result<null> {
    const aside = this.deletedFile(journalId);
    const file = journalFile(this.dir, asJournalId(journalId));
    if (!fs.existsSync(aside)) {
      return fail('missing', 'This journal can no longer be brought back: it was deleted more than an hour ago.');
    }
    if (fs.existsSync(file)) {
      return fail('exists', 'A journal of this name is there already.');
    }
    moveDatabase(aside, file);
    return ok(null);
  }

  /** Throws away what was deleted long enough ago. */
  sweep(): void {
    const dir = path.join(libraryDir(this.dir), 'deleted');
    for (const file of journalFiles(dir)) {
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      if (stat !== undefined && Date.now() - stat.mtimeMs >= deletedKeptMs) {
        this.throwAway(file);
      }
    }
  }

  private throwAway(file: string): void {
    removeDatabase(file);
    this.catalog.forget(path.basename(file, journalEnding));
  }

  /** Copies a journal into the library after it proved to be one; the copy is whole or not there. */
  import(file: string): Result<string> {
    const opened = JournalReader.open(file);
    if (!opened.ok) {
      return opened;
    }
    const reader = opened.value;
    const { meta } = reader;
    reader.close();
    const wanted =
      /^[A-Za-z0-9_-]{1,128}$/.test(meta.journalId) && meta.journalId !== 'unknown' ? meta.journalId : null;
    const stem =
      path
        .basename(file, journalEnding)
        .replace(/[^A-Za-z0-9_-]+/g, '-')
        .slice(0, 100) || 'journal';
    let journalId = wanted ?? stem;
    const digest = digestOf(file);
    const imported = this.catalog.importedAs(digest);
    if (imported !== null && this.fileOf(imported).ok) {
      return ok(imported);
    }
    const known = journalFile(this.dir, asJournalId(journalId));
    if (fs.existsSync(known)) {
      if (path.resolve(file) === path.resolve(known) || digest === digestOf(known)) {
        return ok(journalId);
      }
      journalId = `${journalId.slice(0, 110)}-${crypto.randomBytes(4).toString('hex')}`;
    }
    const target = journalFile(this.dir, asJournalId(journalId));
    const beside = `${target}.partial`;
    try {
      fs.mkdirSync(this.dir, { recursive: true, mode: 0o700 });
      fs.copyFileSync(file, beside);
      // Recent commits of a journal that is being written stand in its log.
      if (fs.existsSync(`${file}-wal`)) {
        fs.copyFileSync(`${file}-wal`, `${target}-wal`);
      }
      fs.chmodSync(beside, 0o600);
      fs.renameSync(beside, target);
      closeCopy(target);
      this.catalog.imported(journalId, digest);
      return ok(journalId);
    } catch (error) {
      fs.rmSync(beside, { force: true });
      return fail('unwritable', `The journal could not be copied into the library: ${describeUnknown(error)}.`);
    }
  }

  plan(bytesMax: number | null, running: readonly string[]): PrunePlan {
    const listed = this.list();
    const bytesNow = listed.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
    const limit = bytesMax ?? Number.POSITIVE_INFINITY;
    const isProtected = (journal: JournalListing): boolean =>
      journal.isKept || journal.isUnread || running.includes(journal.journalId) || isWritten(journal.file);
    const candidates = listed
      .filter((journal) => !isProtected(journal))
      .sort((left, right) => left.lastEntryTimeMs - right.lastEntryTimeMs);
    const goes: PrunePlan['goes'] = [];
    let bytesAfter = bytesNow;
    for (const { journalId, title, fileBytes, lastEntryTimeMs } of candidates) {
      if (bytesAfter <= limit) {
        break;
      }
      goes.push({ journalId, title, fileBytes, lastEntryTimeMs });
      bytesAfter -= fileBytes;
    }
    const note =
      bytesAfter > limit
        ? 'The journals that are left take more than this limit. They are running, kept, or were not looked at yet, so they stay.'
        : '';
    return { bytesNow, bytesAfter, goes, note };
  }

  /** Does what the plan says, to `only` these where they are named. Journals go for good. */
  prune(bytesMax: number | null, running: readonly string[], only?: readonly string[]): PrunePlan {
    const plan = this.plan(bytesMax, running);
    const goes = plan.goes.filter(({ journalId }) => only === undefined || only.includes(journalId));
    for (const { journalId } of goes) {
      this.throwAway(journalFile(this.dir, asJournalId(journalId)));
    }
    return { ...plan, goes };
  }
}

/** A run of the command line told its result to whoever ran it; everything else counts once a window has shown it. */
function isUnread(summary: JournalSummary, shownSeq: number): boolean {
  return summary.entries > shownSeq + closingEntries && summary.owner !== 'cli';
}

/** Some program writes to this journal. */
export function isWritten(file: string): boolean {
  const log = fs.statSync(`${file}-wal`, { throwIfNoEntry: false });
  return log !== undefined && log.size > 0 && Date.now() - log.mtimeMs < writtenLatelyMs;
}

/**
 * A journal from elsewhere is no session of this computer, whatever it says: nothing is to connect to its kernel. One
 * that is damaged stays as it is, and is taken up by nobody.
 */
function closeCopy(file: string): void {
  let store: JournalStore | null = null;
  try {
    store = JournalStore.open(file);
    store.setMeta({ state: 'closed' });
    store.close();
  } catch {
    store?.dispose();
  }
}

function digestOf(file: string): string {
  const hash = crypto.createHash('sha256');
  const descriptor = fs.openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(1024 * 1024);
    for (let read = fs.readSync(descriptor, chunk); read > 0; read = fs.readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    fs.closeSync(descriptor);
  }
  return hash.digest('hex');
}
