/**
 * Journals made to harm, and journals that were harmed: every way of reading one ends with an answer or a sentence.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entryKinds, lanes } from '../../../shared/journal/entries.ts';
import { moment, playbackInfo, searchAnswer } from '../../../shared/ipc/playback.ts';
import { exported } from '../export/export.ts';
import { JournalReader } from '../journal/reader.ts';
import { codecs, encodeBlock, readBlock, RecordBatch } from '../journal/records.ts';
import { Database } from '../journal/sqlite.ts';
import { notebookOf, TestSession } from '../journal/testing/session.ts';
import { verifyJournal } from '../journal/verify.ts';
import { find, placeAt } from '../playback/find.ts';
import { infoOf } from '../playback/info.ts';
import { Player } from '../playback/player.ts';
import { SearchIndex } from './search.ts';
import { Shelf } from './shelf.ts';

let dir = '';
let file = '';

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-hostile-'));
  file = path.join(dir, 'test.nightjar');
});

afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

/** Few, so that a hundred harmed copies are read in seconds. */
const lines = 120;

function writeStory(): void {
  const session = new TestSession(file, { state: 'closed' });
  session.snapshot(notebookOf({ top: '# Title', a: 'x', b: 'y' }), 'loaded');
  session.begin('a', 'x');
  for (let index = 0; index < lines; index++) {
    session.timeMs += 5;
    session.print(`line ${index}\n`);
  }
  session.say('display_data', {
    data: { 'image/png': 'A'.repeat(6_000) },
    metadata: {},
    transient: { display_id: 'd' },
  });
  session.end();
  session.event(entryKinds.link, { phase: 'down', reason: 'x' });
  session.event(entryKinds.gap, { messages: 3, fromTimeMs: 1, toTimeMs: 2, why: 'lost' });
  session.commit();
  session.store.sealOne(true);
  session.store.storeState();
  session.begin('b', 'y');
  session.fail('E', 'v');
  session.close();
}

/** Reads a journal in every way there is; answers how many entries it found. */
function readAll(): number {
  const opened = Player.open(file);
  if (!opened.ok) {
    expect(opened.problem.sentence.length).toBeGreaterThan(20);
    return 0;
  }
  const player = opened.value;
  try {
    const info = infoOf(player, null);
    expect(v.safeParse(playbackInfo, info).issues?.[0]?.message).toBeUndefined();
    const entries = [...player.reader.entries()].map(({ seq }) => seq);
    const some = [0, 1, entries[entries.length >> 1] ?? 5, player.lastSeq, 1e12];
    for (const seq of some) {
      const shown = player.moment(seq, null);
      expect(v.safeParse(moment, shown).issues?.[0]?.message).toBeUndefined();
      expect(v.safeParse(moment, player.moment(seq, 3)).success).toBe(true);
      for (const what of ['message', 'cell', 'error', 'gap', 'change'] as const) {
        for (const direction of [1, -1] as const) {
          find(player.reader, { seq, direction, what, cellId: 'a' }, () => info.runs);
        }
      }
      placeAt(player.reader, info.firstTimeMs + seq);
    }
    for (const to of ['ipynb', 'html', 'txt', 'jsonl'] as const) {
      for (const part of exported(player, to, null, 'title')) {
        expect(typeof part).toBe('string');
      }
    }
    verifyJournal(player.reader);
    return entries.length;
  } finally {
    player.close();
  }
}

function searchAll(): void {
  const shelf = new Shelf(dir);
  const index = new SearchIndex(shelf);
  try {
    index.step();
    expect(v.safeParse(searchAnswer, index.search('line', 10)).success).toBe(true);
    expect(shelf.list()).toHaveLength(1);
  } finally {
    index.close();
    shelf.close();
  }
}

function change(work: (database: Database) => void): void {
  const database = new Database(file);
  work(database);
  database.close();
}

describe('a journal that was harmed', () => {
  it('is read as far as it goes, in every way, wherever bytes were changed', () => {
    writeStory();
    const whole = fs.readFileSync(file);
    const harm = fc.oneof(
      fc.record({ at: fc.nat(whole.length - 1), bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }) }),
      fc.record({ at: fc.nat(4095), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
    );
    const cut = fc.option(fc.integer({ min: 1, max: whole.length }), { nil: whole.length });
    fc.assert(
      fc.property(fc.array(harm, { maxLength: 6 }), cut, (harms, length) => {
        const damaged = Buffer.from(whole);
        for (const { at, bytes } of harms) {
          damaged.set(bytes.subarray(0, damaged.length - at), at);
        }
        fs.writeFileSync(file, damaged.subarray(0, length));
        readAll();
      }),
      { numRuns: 60 },
    );
  });

  it('is listed and searched like any other', () => {
    writeStory();
    const whole = fs.readFileSync(file);
    for (let at = 4096; at < whole.length; at += 3 * 4096) {
      const damaged = Buffer.from(whole);
      damaged.fill(0xa5, at, at + 2048);
      fs.writeFileSync(file, damaged);
      searchAll();
    }
  });
});

describe('a journal made to harm', () => {
  it('runs nothing of its schema: a view, a trigger or a generated column in place of a table is not asked', () => {
    const tricks = [
      'ALTER TABLE block RENAME TO block2; CREATE VIEW block AS SELECT * FROM block2',
      "ALTER TABLE meta RENAME TO meta2; CREATE VIEW meta AS SELECT key, load_extension('/tmp/x') AS value FROM meta2",
      'CREATE TRIGGER evil AFTER INSERT ON block BEGIN DELETE FROM block; END',
      'ALTER TABLE event ADD COLUMN more TEXT GENERATED ALWAYS AS (upper(body)) VIRTUAL',
      'CREATE INDEX evil ON event (upper(body))',
      "CREATE INDEX evil ON event (seq) WHERE kind LIKE '%'",
      'CREATE VIRTUAL TABLE evil USING fts5 (x)',
    ];
    for (const trick of tricks) {
      fs.rmSync(file, { force: true });
      writeStory();
      change((database) => database.exec(trick));
      const opened = JournalReader.open(file);
      expect(opened.ok && opened.value.isSalvaging, trick).toBe(true);
      if (opened.ok) {
        opened.value.close();
      }
      expect(readAll(), trick).toBeGreaterThan(lines);
    }
  });

  it('says of itself what it likes', () => {
    const claims = [
      { notebookPath: 5, serverName: { a: 1 }, createdTimeMs: 'never', state: 'odd', kernelInfo: [], journalId: null },
      { notebookPath: 'x'.repeat(100_000), createdTimeMs: 1e300, recorder: { position: 'x' } },
      [],
      'text',
    ];
    for (const claim of claims) {
      fs.rmSync(file, { force: true });
      writeStory();
      change((database) =>
        database.prepare("UPDATE meta SET value = ? WHERE key = 'journal'").run(JSON.stringify(claim)),
      );
      readAll();
      searchAll();
      fs.rmSync(path.join(dir, '.library'), { recursive: true, force: true });
    }
  });

  it('has wrong types and huge numbers in every column', () => {
    const values = ["'text'", '-1', '9223372036854775807', '1e308', 'NULL', "x'00ff'", '9007199254740993', "'9e999'"];
    const columns = [
      'block.entries',
      'block.first_time',
      'block.last_time',
      'block.raw_size',
      'block.data',
      'parent_block.last_seq',
      'execution.request_seq',
      'execution.state',
      'execution.submitted_time',
      'execution.ended_time',
      'execution.cell_id',
      'snapshot.raw_size',
      'snapshot.data',
      'event.time',
      'event.kind',
      'event.body',
      'activity.entries',
      'state.raw_size',
      'state.data',
      'piece.raw_size',
      'piece.data',
      'meta.value',
    ];
    writeStory();
    const whole = fs.readFileSync(file);
    for (const [index, column] of columns.entries()) {
      const [table = '', name = ''] = column.split('.');
      // Every other value, in turn: each meets half of the columns, and the test stays quick.
      for (const value of values.filter((_value, at) => (at + index) % 2 === 0)) {
        fs.writeFileSync(file, whole);
        try {
          change((database) => database.exec(`UPDATE ${table} SET ${name} = ${value}`));
        } catch {
          // A column that refuses the value cannot hold it.
          continue;
        }
        readAll();
      }
    }
  });

  it('has states and events that lie', () => {
    const put = (text: string): void => {
      const data = zlib.deflateRawSync(text);
      change((database) =>
        database.prepare('UPDATE state SET raw_size = ?, data = ?').run(Buffer.byteLength(text), data),
      );
    };
    for (const text of ['', '{}', 'null', '[]', '{"seq":1e99}', '['.repeat(100_000)]) {
      fs.rmSync(file, { force: true });
      writeStory();
      const player = Player.open(file);
      const expected = player.ok ? player.value.moment(lines + 20, null) : null;
      if (player.ok) {
        expect(player.value.reader.stateSeqBefore(lines + 20)).toBeGreaterThan(lines);
        player.value.close();
      }
      put(text);
      const again = Player.open(file);
      expect(again.ok && again.value.moment(lines + 20, null)).toEqual(expected);
      if (again.ok) {
        again.value.close();
      }
      readAll();
    }
  });

  it('has messages of any content', () => {
    const text = fc.string({ maxLength: 20 });
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constant(null),
      fc.constant(1e308),
      fc.constant('__proto__'),
      fc.constant({ toString: null }),
    );
    const content = fc.oneof(
      odd,
      fc.record({ name: odd, text: odd }),
      fc.record({ data: odd, metadata: odd, transient: odd }),
      fc.record({ data: fc.record({ 'application/vnd.nightjar.reference': odd, 'text/html': odd, 'image/png': odd }) }),
      fc.record({ ename: odd, evalue: odd, traceback: odd }),
      fc.record({ status: odd, payload: fc.array(fc.record({ source: fc.constant('page'), data: odd })) }),
      fc.record({ execution_state: fc.constantFrom('busy', 'idle', 'dead', 'x'), execution_count: odd }),
    );
    const type = fc.constantFrom(
      'stream',
      'display_data',
      'execute_result',
      'update_display_data',
      'error',
      'clear_output',
      'status',
      'execute_reply',
      'execute_input',
      'input_request',
      '__proto__',
    );
    const event = fc.record({
      kind: fc.constantFrom(entryKinds.link, entryKinds.gap, entryKinds.snapshot, entryKinds.note, entryKinds.app),
      body: fc.oneof(
        odd,
        fc.record({ phase: odd, reason: odd, messages: odd, fromTimeMs: odd, toTimeMs: odd, why: odd, hash: odd }),
      ),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.tuple(type, content), event, text), { maxLength: 40 }), (steps) => {
        fs.rmSync(file, { force: true });
        const session = new TestSession(file, { state: 'closed' });
        session.begin('a', 'x');
        for (const step of steps) {
          if (typeof step === 'string') {
            session.begin(step, step);
          } else if (Array.isArray(step)) {
            session.say(step[0], step[1]);
          } else {
            session.event(step.kind, step.body);
          }
        }
        session.close();
        readAll();
      }),
      { numRuns: 40 },
    );
  });

  it('has times that are none', () => {
    for (const timeUs of [Number.NaN, Number.POSITIVE_INFINITY, -1e300, 1e300, -0]) {
      const batch = new RecordBatch();
      const body = new TextEncoder().encode('{}');
      batch.add({ kind: entryKinds.note, direction: 0, lane: lanes.live, timeUs, body });
      const taken = batch.take();
      for (const codec of [codecs.raw, codecs.deflate, codecs.columns]) {
        const [entry] = readBlock(encodeBlock(taken.payload, 1, 1, codec))?.entries ?? [];
        expect(entry?.timeUs).toBe(Object.is(timeUs, -0) ? -0 : 0);
      }
    }
  });

  it('is no bomb: a block that inflates to more than it says is refused', () => {
    writeStory();
    const bomb = zlib.deflateRawSync(Buffer.alloc(200 * 1024 * 1024));
    const batch = new RecordBatch();
    batch.add({ kind: entryKinds.note, direction: 0, lane: lanes.live, timeUs: 1, body: new Uint8Array(10) });
    const { payload } = batch.take();
    for (const codec of [codecs.deflate, codecs.columns]) {
      const block = encodeBlock(payload, 1, 1, codec);
      const bombed = Buffer.concat([block.subarray(0, 32), bomb]);
      expect(readBlock(bombed)?.entries ?? []).toEqual([]);
      change((database) => database.prepare('UPDATE block SET data = ? WHERE first_seq = 1').run(bombed));
      readAll();
    }
    change((database) => database.prepare('UPDATE snapshot SET raw_size = 5, data = ?').run(bomb));
    change((database) => database.prepare('UPDATE state SET raw_size = 5, data = ?').run(bomb));
    change((database) => database.prepare('UPDATE piece SET raw_size = 5, data = ?').run(bomb));
    readAll();
  });
});
