import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asCellId, asMsgId, asSeq } from '../../../shared/ids.ts';
import { directions, entryKinds, type Execution, lanes } from '../../../shared/journal/entries.ts';
import { encodeMessage } from '../../../shared/wire/codec.ts';
import { summarize } from './library.ts';
import { JournalReader } from './reader.ts';
import { codecs, encodeBlock, readBlock, RecordBatch } from './records.ts';
import type { JournalMeta } from './layout.ts';
import { JournalStore } from './store.ts';
import { verifyJournal } from './verify.ts';

let dir = '';
let file = '';

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-journal-'));
  file = path.join(dir, 'test.nightjar');
});

afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

const meta: JournalMeta = {
  journalId: 'test',
  createdTimeMs: 1,
  serverName: 'server',
  serverUrl: 'http://127.0.0.1/',
  kernelId: 'kernel',
  kernelName: 'python3',
  notebookPath: 'n.ipynb',
  clientSessionId: 'client',
  kernelInfo: null,
  owner: 'app',
  recorder: null,
  state: 'open',
};

const request = { msg_id: 'request', msg_type: 'execute_request', session: 'client' };

function line(number: number): Uint8Array {
  const header = { msg_id: `kernel_1_${number}`, msg_type: 'stream', session: 'kernel' };
  const content = { name: 'stdout', text: `line ${number} ${'x'.repeat(number % 50)}\n` };
  return encodeMessage({ channel: 'iopub', header, parent_header: request, metadata: {}, content });
}

/** The kernel's first word: from here on its numbers are followed. */
const busy = encodeMessage({
  channel: 'iopub',
  header: { msg_id: 'kernel_1_0', msg_type: 'status', session: 'kernel' },
  parent_header: request,
  metadata: {},
  content: { execution_state: 'busy' },
});

function takenOf(bodies: readonly Uint8Array[], direction: 0 | 1 = directions.in) {
  const batch = new RecordBatch();
  for (const [index, body] of bodies.entries()) {
    batch.add({ kind: entryKinds.frame, direction, lane: lanes.live, timeUs: 1_000_000 + index, body });
  }
  return batch.take();
}

function batchOf(bodies: readonly Uint8Array[], direction: 0 | 1 = directions.in) {
  return { batches: [takenOf(bodies, direction)], executions: [], gaps: 0 };
}

/** The request that the messages answer. */
function asked() {
  const metadata = { cellId: 'c' };
  const body = encodeMessage({ channel: 'shell', header: request, parent_header: {}, metadata, content: {} });
  return batchOf([body], directions.out);
}

function lines(from: number, to: number): Uint8Array[] {
  return Array.from({ length: to - from + 1 }, (_, index) => line(from + index));
}

/** A closed journal: one request, then `count` lines in commits of 10, sealed in part. */
function writeJournal(count: number): void {
  const store = JournalStore.create(file, meta);
  store.append(asked());
  for (let from = 1; from <= count; from += 10) {
    store.append(batchOf(lines(from, Math.min(count, from + 9))));
  }
  store.close();
}

function opened(): JournalReader {
  const result = JournalReader.open(file);
  return result.ok ? result.value : expect.fail(result.problem.sentence);
}

describe('blocks', () => {
  it('give back every record, raw or compressed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(codecs.raw, codecs.deflate, codecs.columns),
        (bodies, codec) => {
          const taken = takenOf(bodies);
          const block = encodeBlock(taken.payload, 5, taken.count, codec);
          const contents = readBlock(block);
          expect(contents?.lost).toBe(0);
          expect(contents?.entries.map((entry) => [...entry.body])).toEqual(bodies.map((body) => [...body]));
          expect(contents?.entries[0]?.seq).toBe(5);
        },
      ),
    );
  });

  it('have the layout that the format page shows', () => {
    const batch = new RecordBatch();
    batch.add({
      kind: entryKinds.note,
      direction: 0,
      lane: 1,
      timeUs: 1_000_000,
      body: new TextEncoder().encode('{}'),
    });
    const taken = batch.take();
    const hex = Buffer.from(encodeBlock(taken.payload, 7, 1, codecs.raw)).toString('hex');
    const expected = [
      '4e4a4231 00000000 000000000000 1c40 01000000 16000000 .{16}',
      '02000000 .{8} 05000100 0000000080842e41 7b7d',
    ];
    expect(hex).toMatch(new RegExp(`^${expected.join('').replaceAll(' ', '')}$`));
  });

  it('never give a record that was not written, whatever bits are flipped', () => {
    const bodies = lines(1, 30);
    const taken = takenOf(bodies);
    const written = new Set(bodies.map((body) => Buffer.from(body).toString('hex')));
    for (const codec of [codecs.raw, codecs.deflate, codecs.columns]) {
      const block = encodeBlock(taken.payload, 1, taken.count, codec);
      fc.assert(
        fc.property(fc.nat(block.byteLength - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
          const damaged = block.slice();
          damaged[at] = (damaged[at] ?? 0) ^ mask;
          for (const entry of readBlock(damaged)?.entries ?? []) {
            expect(written.has(Buffer.from(entry.body).toString('hex'))).toBe(true);
          }
        }),
        { numRuns: 300 },
      );
    }
  });
});

describe('a journal file', () => {
  it('gives back what was appended, across sealing and reopening', () => {
    writeJournal(500);
    const reader = opened();
    const bodies = [...reader.entries()].map((entry) => Buffer.from(entry.body).toString('hex'));
    expect(bodies.slice(1)).toEqual(lines(1, 500).map((body) => Buffer.from(body).toString('hex')));
    expect([...reader.entries(100, 105)].map((entry) => entry.seq)).toEqual([100, 101, 102, 103, 104, 105]);
    reader.close();
    const again = JournalStore.open(file);
    expect(again.lastSeq).toBe(501);
    again.append(batchOf(lines(501, 510)));
    again.close();
    const second = opened();
    expect([...second.entries()]).toHaveLength(511);
    expect(verifyJournal(second).sound).toBe(true);
    second.close();
  });

  it('is one file when it is at rest', () => {
    writeJournal(20);
    opened().close();
    expect(fs.readdirSync(dir)).toEqual(['test.nightjar']);
  });

  it('finds the messages of one request, sealed or not', () => {
    const store = JournalStore.create(file, meta);
    store.append(batchOf(lines(1, 100)));
    const other = encodeMessage({
      channel: 'iopub',
      header: { msg_id: 'kernel_1_101', msg_type: 'stream', session: 'kernel' },
      parent_header: { msg_id: 'other', msg_type: 'execute_request', session: 'client' },
      metadata: {},
      content: { name: 'stdout', text: 'other' },
    });
    store.append(batchOf([other]));
    while (store.sealOne(true)) {
      // Seals what there is.
    }
    store.append(batchOf([other]));
    const reader = opened();
    expect([...reader.entriesOf('other', 1, 1000)].map((entry) => entry.seq)).toEqual([101, 102]);
    expect([...reader.entriesOf('request', 50, 60)].map((entry) => entry.seq)).toHaveLength(11);
    reader.close();
    store.close();
  });

  it('finds where the end of a long request begins without reading all of it', () => {
    const store = JournalStore.create(file, meta);
    for (let block = 0; block < 5; block++) {
      store.append(batchOf(lines(block * 100 + 1, block * 100 + 100)));
      store.sealOne(true);
    }
    store.append(batchOf(lines(501, 510)));
    const reader = opened();
    expect(reader.lastBlocksOf('request', 2, 7)).toBe(301);
    expect(reader.lastBlocksOf('request', 50, 7)).toBe(7);
    expect(reader.lastBlocksOf('unknown', 2, 7)).toBe(7);
    reader.close();
    store.close();
  });

  it('can be read while it is written', () => {
    const store = JournalStore.create(file, meta);
    store.append(batchOf(lines(1, 10)));
    const reader = opened();
    expect([...reader.entries()]).toHaveLength(10);
    store.append(batchOf(lines(11, 20)));
    expect([...reader.entries()]).toHaveLength(20);
    reader.close();
    store.close();
  });

  it('keeps executions and counts gaps', () => {
    const store = JournalStore.create(file, meta);
    const execution: Execution = {
      msgId: asMsgId('request'),
      cellId: asCellId('c'),
      requestSeq: asSeq(1),
      state: 'done',
      status: 'error',
      executionCount: 3,
      submittedTimeMs: 1,
      startedTimeMs: 2,
      endedTimeMs: 3,
      saved: false,
    };
    const batch = new RecordBatch();
    batch.add({
      kind: entryKinds.gap,
      direction: 0,
      lane: 1,
      timeUs: 1,
      body: new TextEncoder().encode('{"messages":4,"fromTimeMs":1,"toTimeMs":2,"why":"the link was cut"}'),
    });
    store.append({ batches: [batch.take()], executions: [execution], gaps: 1 });
    store.close();
    const reader = opened();
    expect(reader.executions()).toEqual([execution]);
    expect(verifyJournal(reader).findings.join()).toContain('A gap of 4 messages was recorded: the link was cut.');
    reader.close();
    expect(summarize(file)).toMatchObject({ errors: 1, gaps: 1, executions: 1, notebookPath: 'n.ipynb' });
  });
});

describe('verify', () => {
  it('sees a hole in the kernel’s counter, a double and a wrong order', () => {
    const cases: [readonly Uint8Array[], RegExp][] = [
      [[line(1), line(2), line(5)], /2 messages that the kernel made never arrived/],
      [[line(1), line(2), line(2)], /twice/],
      [[line(1), line(3), line(2)], /out of the kernel's order/],
    ];
    for (const [bodies, finding] of cases) {
      fs.rmSync(file, { force: true });
      const store = JournalStore.create(file, meta);
      store.append(asked());
      store.append(batchOf([busy, ...bodies]));
      store.close();
      const reader = opened();
      const report = verifyJournal(reader);
      reader.close();
      expect(report.sound).toBe(false);
      expect(report.findings.join()).toMatch(finding);
    }
  });

  it('says that a recorder may still have what is missing, as long as the session is open', () => {
    const textOf = (change: Partial<JournalMeta>): string => {
      fs.rmSync(file, { force: true });
      const store = JournalStore.create(file, { ...meta, ...change });
      store.append(asked());
      store.append(batchOf([busy, line(1), line(4)]));
      store.close();
      const reader = opened();
      const { findings } = verifyJournal(reader);
      reader.close();
      return findings.join();
    };
    const recorder = { position: 0, seq: 0, birth: 'b' };
    expect(textOf({ state: 'open', recorder })).toContain('never arrived; the session is open');
    expect(textOf({ state: 'closed', recorder })).toContain('never arrived.');
    expect(textOf({ state: 'open', recorder: null })).toContain('never arrived.');
  });

  it('allows for threads of a kernel that publish the other way round, and for no more', () => {
    const of = (number: number, parent: string): Uint8Array =>
      encodeMessage({
        channel: 'iopub',
        header: { msg_id: `kernel_1_${number}`, msg_type: 'status', session: 'kernel' },
        parent_header: { msg_id: parent, msg_type: 'x', session: 'y' },
        metadata: {},
        content: { execution_state: 'busy' },
      });
    const cases: [readonly Uint8Array[], number][] = [
      [[of(1, 'cell'), of(3, 'control'), of(2, 'cell'), of(4, 'cell')], 0],
      [[of(1, 'cell'), of(3, 'cell'), of(2, 'cell'), of(4, 'cell')], 1],
      [[...Array.from({ length: 40 }, (_, index) => of(index + 2, 'cell')), of(1, 'control')], 1],
    ];
    for (const [bodies, expected] of cases) {
      fs.rmSync(file, { force: true });
      const store = JournalStore.create(file, meta);
      store.append(batchOf(bodies));
      store.close();
      const reader = opened();
      expect(verifyJournal(reader).outOfOrderMessages).toBe(expected);
      reader.close();
    }
  });

  it('explains a number that went to another client as its reply', () => {
    const store = JournalStore.create(file, meta);
    const status = (number: number, state: string): Uint8Array =>
      encodeMessage({
        channel: 'iopub',
        header: { msg_id: `kernel_1_${number}`, msg_type: 'status', session: 'kernel' },
        parent_header: { msg_id: 'theirs', msg_type: 'kernel_info_request', session: 'other' },
        metadata: {},
        content: { execution_state: state },
      });
    store.append(asked());
    store.append(batchOf([line(1), status(2, 'busy'), status(4, 'idle'), line(5)]));
    store.close();
    const reader = opened();
    expect(verifyJournal(reader)).toMatchObject({ sound: true, missingMessages: 0 });
    reader.close();
  });
});

it('verify explains the answer to whoever shut the kernel down', () => {
  const store = JournalStore.create(file, meta);
  const message = (number: number, type: string, content: unknown): Uint8Array =>
    encodeMessage({
      channel: 'iopub',
      header: { msg_id: `kernel_1_${number}`, msg_type: type, session: 'kernel' },
      parent_header: { msg_id: 'theirs', msg_type: 'shutdown_request', session: 'server' },
      metadata: {},
      content,
    });
  const shutDown = [message(3, 'status', { execution_state: 'busy' }), message(5, 'shutdown_reply', { status: 'ok' })];
  store.append(asked());
  store.append(batchOf([line(1), ...shutDown, message(6, 'status', { execution_state: 'idle' })]));
  store.close();
  const reader = opened();
  // The answer (4) went to the server; what stood before it (2) is missing all the same.
  expect(verifyJournal(reader)).toMatchObject({ sound: false, missingMessages: 1 });
  reader.close();
});

/** Another thread that opens whatever is in the folder, as lists and the search index do, and never rests. */
const eagerReader = `
  const fs = require('node:fs');
  const path = require('node:path');
  const { workerData, parentPort } = require('node:worker_threads');
  const { DatabaseSync } = require('@photostructure/sqlite');
  let ends = false;
  parentPort.on('message', () => { ends = true; });
  const look = () => {
    for (const name of fs.readdirSync(workerData).filter((one) => one.endsWith('.nightjar')).slice(-2)) {
      const database = new DatabaseSync(path.join(workerData, name), { readOnly: true });
      try {
        database.exec('BEGIN');
        database.prepare('SELECT count(*) FROM sqlite_master').get();
      } catch {
        // Busy, or not there yet: it looks again.
      } finally {
        database.close();
      }
    }
    if (ends) process.exit(0);
    setImmediate(look);
  };
  look();
`;

describe('a journal that is made', () => {
  it('is whole or not there at all', () => {
    // Written as text, this throws after the tables were made, as a full disk does.
    const unwritable = { ...meta, createdTimeMs: 1n } as unknown as JournalMeta;
    expect(() => JournalStore.create(file, unwritable)).toThrow(TypeError);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  it('never takes the place of one that is there', () => {
    writeJournal(10);
    const before = fs.readFileSync(file);
    expect(() => JournalStore.create(file, meta)).toThrow('EEXIST');
    expect(fs.readFileSync(file)).toEqual(before);
  });

  it('waits for readers of the same folder', async () => {
    const reader = new Worker(eagerReader, { eval: true, workerData: dir });
    try {
      for (let number = 0; number < 200; number += 1) {
        const name = path.join(dir, `${String(number).padStart(3, '0')}.nightjar`);
        JournalStore.create(name, meta).close();
        expect(summarize(name).kernelName).toBe(meta.kernelName);
      }
    } finally {
      reader.postMessage('end');
      await new Promise((resolve) => reader.once('exit', resolve));
    }
  });
});

describe('a damaged journal', () => {
  const entriesIn = (): { readable: number; report: ReturnType<typeof verifyJournal> } | string => {
    const result = JournalReader.open(file);
    if (!result.ok) {
      return result.problem.sentence;
    }
    try {
      return { readable: [...result.value.entries()].length, report: verifyJournal(result.value) };
    } finally {
      result.value.close();
    }
  };

  it('opens truncated at any byte: what is there is read, the rest is told', () => {
    writeJournal(3000);
    const whole = fs.readFileSync(file);
    const cuts = [1, 15, 16, 99, 100, 4095, 4096, 4097, whole.length - 1];
    for (let cut = 3001; cut < whole.length; cut += Math.ceil(whole.length / 120)) {
      cuts.push(cut);
    }
    for (const cut of cuts) {
      fs.writeFileSync(file, whole.subarray(0, cut));
      const found = entriesIn();
      if (typeof found === 'string') {
        expect(found, `cut at ${cut}`).toMatch(/not a Nightjar journal, or is damaged/);
      } else {
        expect(found.report.sound, `cut at ${cut}`).toBe(false);
        expect(found.report.findings.length).toBeGreaterThan(0);
        expect(found.readable).toBeLessThanOrEqual(3001);
      }
    }
  });

  it('is listed with what can still be read of it', () => {
    writeJournal(3000);
    const whole = fs.readFileSync(file);
    const sound = summarize(file);
    const listed: number[] = [];
    for (let at = 4096; at < whole.length; at += 4096) {
      fs.writeFileSync(file, Buffer.from(whole).fill(0xa5, at, at + 4096));
      const { state, entries, lastEntryTimeMs } = summarize(file);
      if (state !== 'damaged') continue;
      const read = entriesIn();
      expect(entries).toBe(typeof read === 'string' ? 0 : read.readable);
      if (entries > 0) expect(lastEntryTimeMs).toBeLessThanOrEqual(sound.lastEntryTimeMs);
      listed.push(entries);
    }
    expect(Math.max(...listed)).toBeGreaterThan(0);
  });

  it('opens with bits flipped: no false entry, and every missing one is told', () => {
    writeJournal(3000);
    const whole = fs.readFileSync(file);
    const written = new Set(lines(1, 3000).map((body) => Buffer.from(body).toString('hex')));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(7)), { minLength: 1, maxLength: 8 }), (flips) => {
        const damaged = Buffer.from(whole);
        for (const [at, bit] of flips) {
          damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        }
        fs.writeFileSync(file, damaged);
        const result = JournalReader.open(file);
        if (!result.ok) {
          expect(['not-a-journal', 'newer']).toContain(result.problem.kind);
          return;
        }
        try {
          let seq = 0;
          let readable = 0;
          for (const entry of result.value.entries()) {
            expect(entry.seq).toBeGreaterThan(seq);
            seq = entry.seq;
            readable += 1;
            if (entry.seq > 1) {
              expect(written.has(Buffer.from(entry.body).toString('hex'))).toBe(true);
            }
          }
          const report = verifyJournal(result.value);
          expect(readable === 3001 || !report.sound).toBe(true);
        } finally {
          result.value.close();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is read page by page when the tree is gone', () => {
    writeJournal(3000);
    const damaged = fs.readFileSync(file);
    // The root page of every table and the schema are overwritten; the leaves with the blocks stay.
    damaged.fill(0xff, 100, 4096);
    fs.writeFileSync(file, damaged);
    const found = entriesIn();
    expect(typeof found === 'string' ? 0 : found.readable).toBeGreaterThan(2900);
  });

  it('is never taken for what it is not', () => {
    fs.writeFileSync(file, 'this is a text, not a journal');
    expect(entriesIn()).toMatch(/not a Nightjar journal/);
    fs.writeFileSync(file, '');
    expect(entriesIn()).toMatch(/not a Nightjar journal/);
    fs.rmSync(file);
    expect(entriesIn()).toMatch(/There is no file/);
  });
});
