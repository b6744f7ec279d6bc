import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Player } from '../playback/player.ts';
import { infoOf } from '../playback/info.ts';
import { compactJournal } from './compact.ts';
import { JournalReader } from './reader.ts';
import { readBlockHeader } from './records.ts';
import { Database } from './sqlite.ts';
import { JournalStore } from './store.ts';
import { verifyJournal } from './verify.ts';

let dir = '';

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-versions-'));
});

afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

/** A file of the past, copied: reading must not change it, and appending may. */
function golden(version: 1 | 2 | 3): string {
  const file = path.join(dir, 'golden.nightjar');
  fs.copyFileSync(path.join(import.meta.dirname, 'testing', `golden-v${version}.nightjar`), file);
  return file;
}

/** The same entries were written to all: this is the hash of them. */
const head = '463f4b18b70b1a79766f9490b8c0dee2c347f2b7a68cc1820d850d80118e4e04';

function versionOf(file: string): number {
  const database = new Database(file, { readOnly: true });
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  database.close();
  return version;
}

function codecsIn(file: string): (number | undefined)[] {
  const database = new Database(file, { readOnly: true });
  const rows = database.prepare('SELECT data FROM block ORDER BY first_seq').all();
  database.close();
  return rows.map(({ data }) => (data instanceof Uint8Array ? readBlockHeader(data)?.codec : undefined));
}

describe.each([1, 2, 3] as const)('a journal that was written in version %i', (version) => {
  it('opens, proves itself and plays, and is not changed by that', () => {
    const file = golden(version);
    const before = fs.readFileSync(file);
    const opened = Player.open(file);
    const player = opened.ok ? opened.value : expect.fail(opened.problem.sentence);
    const report = verifyJournal(player.reader);
    expect(report).toMatchObject({ entries: 208, frames: 205, lostEntries: 0, missingMessages: 0, head });
    const info = infoOf(player, null);
    expect(info).toMatchObject({
      title: 'golden.ipynb',
      lastSeq: 208,
      cells: [{ label: '# Golden' }, { label: 'loop()' }],
    });
    expect(info.runs).toMatchObject([{ fromSeq: 2, toSeq: 206, status: 'ok' }]);
    expect(info.marks.map(({ kind }) => kind)).toEqual(['gap', 'snapshot']);
    const text = Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join('');
    expect(player.moment(104, null).cells).toMatchObject([{ cell: { outputs: [{ text }] }, state: 'running' }]);
    player.close();
    expect(fs.readdirSync(dir)).toEqual(['golden.nightjar']);
    expect(fs.readFileSync(file).equals(before)).toBe(true);
    expect(versionOf(file)).toBe(version);
  });

  it('is gone on with in this version', () => {
    const file = golden(version);
    const store = JournalStore.open(file);
    store.close();
    expect(versionOf(file)).toBe(3);
    const opened = JournalReader.open(file);
    const reader = opened.ok ? opened.value : expect.fail(opened.problem.sentence);
    expect(verifyJournal(reader).head).toBe(head);
    reader.close();
  });
});

describe('versions', () => {
  it('a journal is written anew in the newest one, with every entry as it was', () => {
    const file = golden(1);
    expect(codecsIn(file)).toEqual([1, 1]);
    expect(compactJournal(file)).toEqual({ ok: true, value: null });
    expect(codecsIn(file)).toEqual([3]);
    expect(codecsIn(golden(2))).toEqual([2]);
    expect(codecsIn(golden(3))).toEqual([3]);
    expect(fs.readdirSync(dir)).toEqual(['golden.nightjar']);
  });

  it('a newer one is refused with a sentence', () => {
    const file = golden(3);
    const database = new Database(file);
    database.exec('PRAGMA user_version = 4');
    database.close();
    expect(JournalReader.open(file)).toMatchObject({
      ok: false,
      problem: {
        kind: 'newer',
        sentence: expect.stringContaining('written by a newer Nightjar (format 4, this one reads 3)'),
      },
    });
    expect(() => JournalStore.open(file)).toThrow('not a journal of this version');
  });
});
