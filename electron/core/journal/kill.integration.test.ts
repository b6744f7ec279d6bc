/**
 * A process that records is killed at random instants, 200 times: with the worker, the store and the disk it really
 * has. Whatever it had been told to be committed must be there afterwards, and the journal must be readable.
 */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rolldown } from 'rolldown';
import { JournalReader } from './reader.ts';
import { JournalStore } from './store.ts';
import { verifyJournal } from './verify.ts';

const kills = 200;
/** Entries before a journal is begun anew, so that opening it stays quick: killed journals are taken up again and again. */
const entriesMax = 15_000;

let dir = '';
let program = '';

beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-kill-'));
  program = path.join(process.cwd(), '.out', 'tmp', `kill-writer-${process.pid}.mjs`);
  const bundle = await rolldown({
    input: path.join(import.meta.dirname, 'testing', 'kill-writer.ts'),
    platform: 'node',
    external: ['@photostructure/sqlite'],
    logLevel: 'silent',
  });
  await bundle.write({ file: program, format: 'esm', codeSplitting: false });
  await bundle.close();
});

afterAll(() => {
  fs.rmSync(dir, { recursive: true, force: true });
  fs.rmSync(program, { force: true });
});

/** Every fourth writer falls silent after a while: blocks are sealed in a quiet moment, and that is when it is killed. */
function isQuiet(round: number): boolean {
  return round % 4 === 3;
}

/** Lets a writer commit for a while, kills it; answers the last entry that it was told is on the disk. */
function writeAndKill(file: string, round: number): Promise<number> {
  const afterMs = isQuiet(round) ? 380 + Math.random() * 500 : Math.random() * 120;
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(
      program,
      [process.env.NIGHTJAR_JOURNAL_WORKER ?? '', file, isQuiet(round) ? '6' : '1000000'],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    let committed = 0;
    let problem = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      problem += chunk.toString();
    });
    child.once('message', () => setTimeout(() => child.kill('SIGKILL'), afterMs));
    child.on('message', (seq: number) => {
      committed = seq;
    });
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') {
        resolve(committed);
      } else {
        reject(new Error(`the writer ended by itself with code ${code}: ${problem}`));
      }
    });
  });
}

describe('a journal whose writer is killed', () => {
  it('is readable and has every committed entry, 200 times', { timeout: 900_000 }, async () => {
    let file = path.join(dir, 'first.nightjar');
    let atLeast = 0;
    for (let round = 0; round < kills; round++) {
      const committed = await writeAndKill(file, round);
      atLeast = Math.max(atLeast, committed);
      const opened = JournalReader.open(file);
      const reader = opened.ok ? opened.value : expect.fail(`round ${round}: ${opened.problem.sentence}`);
      expect(reader.isSalvaging).toBe(false);
      const last = reader.lastSeqStated();
      expect(last).toBeGreaterThanOrEqual(atLeast);
      let expected = Math.max(1, atLeast - 3_000);
      for (const entry of reader.entries(expected)) {
        expect(entry.seq).toBe(expected);
        expected += 1;
      }
      expect(expected - 1).toBe(last);
      if (last > entriesMax || round === kills - 1) {
        const report = verifyJournal(reader);
        expect(report).toMatchObject({ lostEntries: 0, entries: last });
        reader.close();
        // Taken up once more by the store itself, which checks the whole database.
        JournalStore.open(file).close();
        fs.rmSync(file);
        file = path.join(dir, `after-${round}.nightjar`);
        atLeast = 0;
      }
      reader.close();
    }
  });
});
