/**
 * The folder of journals: names, list, one-line summaries.
 *
 * A journal is one file with the ending `.nightjar`; its name begins with the time it was begun, so that a folder
 * listing is already a history. Damaged files are listed as such, never hidden.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { asJournalId, type JournalId } from '../../../shared/ids.ts';
import type { JournalSummary } from '../../../shared/journal/entries.ts';
import { JournalReader } from './reader.ts';

export const journalEnding = '.nightjar';

/** A new journal's id: time, a hint of what it is about, and enough chance to be unique. */
export function newJournalId(nowMs: number, about: string): JournalId {
  const stamp = new Date(nowMs).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const hint = (about.split('/').pop() ?? '')
    .replace(/\.ipynb$/, '')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .toLowerCase();
  const chance = crypto.randomBytes(4).toString('hex');
  return asJournalId([stamp, hint, chance].filter((part) => part !== '').join('-'));
}

export function journalFile(dir: string, journalId: JournalId): string {
  return path.join(dir, `${journalId}${journalEnding}`);
}

/** Files of journals in a folder, newest first. A missing folder has none. */
export function journalFiles(dir: string): string[] {
  let names: string[];
  try {
    names = fs.readdirSync(dir);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(journalEnding))
    .sort()
    .reverse()
    .map((name) => path.join(dir, name));
}

/** Size and time of a journal's files: as long as they stay, there is nothing new in it. */
export function stampOf(file: string): string {
  return ['', '-wal']
    .map((ending) => fs.statSync(`${file}${ending}`, { throwIfNoEntry: false }))
    .map((stat) => (stat === undefined ? '' : `${stat.size}:${stat.mtimeMs}`))
    .join(' ');
}

/** What a journal is called that nobody gave a name: its notebook's file name. */
export function titleOf(meta: { readonly notebookPath: string | null; readonly journalId: string }): string {
  return meta.notebookPath === null ? meta.journalId : path.posix.basename(meta.notebookPath);
}

const noFile = { size: 0, mtimeMs: 0, birthtimeMs: 0 };

function statOf(file: string): typeof noFile {
  try {
    return fs.statSync(file);
  } catch {
    return noFile;
  }
}

/** A journal in one line. Never fails: what cannot be read is `damaged`. */
export function summarize(file: string): JournalSummary {
  const journalId = path.basename(file, journalEnding);
  const { size, mtimeMs: writtenTimeMs, birthtimeMs } = statOf(file);
  const fileBytes = size + statOf(`${file}-wal`).size;
  // When the file was made is all that is known of a journal that does not say; not every file system keeps it.
  const madeTimeMs = birthtimeMs || writtenTimeMs;
  const opened = JournalReader.open(file);
  const nothing = { entries: 0, lastEntryTimeMs: writtenTimeMs, executions: 0, errors: 0, gaps: 0 };
  if (!opened.ok) {
    return {
      journalId,
      file,
      serverName: 'unknown server',
      serverUrl: '',
      notebookPath: null,
      kernelName: null,
      createdTimeMs: madeTimeMs,
      fileBytes,
      state: 'damaged',
      owner: 'app',
      ...nothing,
    };
  }
  const reader = opened.value;
  try {
    const counts = reader.counts();
    const known = counts ?? reader.recount() ?? nothing;
    const { serverName, serverUrl, notebookPath, kernelName, createdTimeMs, state, owner } = reader.meta;
    return {
      journalId,
      file,
      serverName,
      serverUrl,
      notebookPath,
      kernelName,
      createdTimeMs: createdTimeMs || madeTimeMs,
      fileBytes,
      state: counts === null ? 'damaged' : state,
      owner,
      ...known,
      lastEntryTimeMs: known.lastEntryTimeMs || writtenTimeMs,
    };
  } finally {
    reader.close();
  }
}
