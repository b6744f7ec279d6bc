import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entryKinds } from '../../../shared/journal/entries.ts';
import { type MomentCell, moment, playbackInfo } from '../../../shared/ipc/playback.ts';
import { readFrame } from '../../../shared/wire/codec.ts';
import { notebookOf, TestSession } from '../journal/testing/session.ts';
import { find, placeAt } from './find.ts';
import { infoOf } from './info.ts';
import { Player } from './player.ts';
import * as v from 'valibot';

let dir = '';
let file = '';

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-playback-'));
  file = path.join(dir, 'test.nightjar');
});

afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

function play(): Player {
  const opened = Player.open(file);
  return opened.ok ? opened.value : expect.fail(opened.problem.sentence);
}

function textOf(cell: MomentCell | undefined): string {
  const outputs: unknown = cell?.cell.outputs;
  return (Array.isArray(outputs) ? outputs : []).map(({ text, evalue }) => String(text ?? evalue)).join('');
}

function cellAt(player: Player, seq: number, cellId: string): MomentCell | undefined {
  return player.moment(seq, null).cells.find(({ cell }) => cell.id === cellId);
}

describe('a moment', () => {
  it('shows each cell as it stood: source, outputs, count, state', () => {
    const session = new TestSession(file);
    session.snapshot(
      notebookOf(
        { top: '# Title', a: 'print(1)', b: 'old' },
        { b: [{ output_type: 'stream', name: 'stdout', text: 'before\n' }] },
      ),
      'loaded',
    );
    session.begin('a', 'print(1)');
    const running = session.seq;
    session.timeMs += 1000;
    session.print('one\n');
    const printed = session.seq;
    session.end();
    session.timeMs += 1000;
    session.begin('b', 'new');
    session.fail('ValueError', 'no');
    session.close();
    const player = play();
    expect(player.moment(running, null)).toMatchObject({ order: ['top', 'a', 'b'], kernelState: 'busy', seq: running });
    expect(cellAt(player, running, 'a')).toMatchObject({ state: 'running', cell: { outputs: [], execution_count: 1 } });
    expect(textOf(cellAt(player, running, 'b'))).toBe('before\n');
    expect(cellAt(player, printed, 'a')).toMatchObject({
      state: 'running',
      cell: { source: 'print(1)', outputs: [{ output_type: 'stream', name: 'stdout', text: 'one\n' }] },
      origins: [{ firstSeq: printed, lastSeq: printed, lane: 'live' }],
    });
    const last = player.moment(player.lastSeq, null);
    expect(last.cells.map(({ state }) => state)).toEqual(['none', 'done', 'error']);
    expect(textOf(cellAt(player, player.lastSeq, 'b'))).toBe('no');
    expect(cellAt(player, player.lastSeq, 'b')?.cell.source).toBe('new');
    expect(player.moment(0, null)).toMatchObject({ seq: 0, order: [], cells: [] });
    expect(v.safeParse(moment, last).success).toBe(true);
    player.close();
  });

  it('is the same whether it is sought, stepped to, or read without any stored state', () => {
    const session = new TestSession(file);
    session.snapshot(notebookOf({ a: 'flood', b: 'bar', c: 'show' }), 'loaded');
    session.begin('a', 'flood');
    for (let index = 0; index < 40_000; index++) {
      session.timeMs += 1;
      session.print(`line ${index} ${'x'.repeat(index % 90)}\n`);
      if (index % 1000 === 0) {
        session.settle();
      }
    }
    session.end();
    session.begin('b', 'bar');
    for (let index = 0; index < 500; index++) {
      session.print(`\r${index} of 500`);
    }
    session.end();
    session.begin('c', 'show');
    session.say('display_data', {
      data: { 'image/png': 'A'.repeat(9_000) },
      metadata: {},
      transient: { display_id: 'd' },
    });
    session.say('update_display_data', {
      data: { 'text/plain': 'small' },
      metadata: {},
      transient: { display_id: 'd' },
    });
    session.end();
    session.close();
    const sought = play();
    const { lastSeq } = sought;
    expect(sought.reader.stateSeqBefore(lastSeq)).toBeGreaterThan(0);
    const plain = play();
    plain.reader.stateBefore = () => null;
    plain.reader.stateSeqBefore = () => 0;
    let before = 0;
    for (const seq of [3, 5_000, 20_111, 39_999, 40_010, 40_300, lastSeq - 3, lastSeq - 2, lastSeq]) {
      const expected = plain.moment(seq, null);
      expect(sought.moment(seq, null)).toEqual(expected);
      const differing = new Set(sought.moment(seq, before).cells.map(({ cell }) => cell.id));
      const earlier = plain.moment(before, null);
      for (const cell of expected.cells) {
        const old = earlier.cells.find((candidate) => candidate.cell.id === cell.cell.id);
        expect(JSON.stringify(old) === JSON.stringify(cell) || differing.has(cell.cell.id)).toBe(true);
      }
      before = seq;
    }
    expect(sought.moment(5_000, 20_111).cells.map(({ cell }) => cell.id)).toEqual(['a']);
    expect(cellAt(sought, lastSeq, 'a')?.trimmedCharacters).toBeGreaterThan(1_000_000);
    expect(textOf(cellAt(sought, lastSeq, 'a'))).toContain('characters left out');
    expect(cellAt(sought, lastSeq - 3, 'c')?.cell.outputs).toMatchObject([
      { data: { 'image/png': 'A'.repeat(9_000) } },
    ]);
    sought.close();
    plain.close();
  });

  it('follows a journal that grows', () => {
    const session = new TestSession(file);
    session.begin('a', 'x');
    session.commit();
    const player = play();
    expect(textOf(cellAt(player, 1e9, 'a'))).toBe('');
    session.print('late\n');
    session.settle();
    expect(textOf(cellAt(player, 1e9, 'a'))).toBe('late\n');
    expect(infoOf(player, null).lastSeq).toBe(session.seq);
    session.close();
    expect(textOf(cellAt(player, 1e9, 'a'))).toBe('late\n');
    player.close();
  });

  it('tells the gaps of the cells that ran meanwhile, and of no other', () => {
    const session = new TestSession(file);
    session.run('a', 'x', 'done\n');
    session.timeMs += 60_000;
    session.begin('b', 'y');
    session.timeMs += 1_000;
    const times = { fromTimeMs: session.timeMs - 500, toTimeMs: session.timeMs };
    for (const messages of [1_200, 1, 1]) {
      session.event(entryKinds.gap, { messages, ...times, why: 'the link was cut' });
    }
    session.event(entryKinds.gap, { messages: 1, ...times, why: 'the limiter dropped it' });
    for (let twice = 0; twice < 2; twice += 1) {
      session.event(entryKinds.gap, { messages: null, ...times, why: 'nobody listened' });
    }
    session.close();
    const player = play();
    expect(cellAt(player, player.lastSeq, 'a')?.gaps).toEqual([]);
    expect(cellAt(player, player.lastSeq, 'b')?.gaps).toEqual([
      '1,202 messages are missing here: the link was cut.',
      '1 message is missing here: the limiter dropped it.',
      'An unknown number of messages is missing here: nobody listened, 2 times.',
    ]);
    player.close();
  });

  it('knows cleared outputs, deleted cells and edited sources from snapshots', () => {
    const session = new TestSession(file);
    session.run('a', 'x', 'out\n');
    session.run('b', 'y', 'out\n');
    session.timeMs += 1_000;
    session.snapshot(notebookOf({ b: 'y', a: 'edited' }), 'edited');
    const edited = session.seq;
    session.timeMs += 1_000;
    session.snapshot(notebookOf({ a: 'edited' }), 'saved');
    session.close();
    const player = play();
    expect(player.moment(edited, null).order).toEqual(['b', 'a']);
    expect(cellAt(player, edited, 'a')?.cell.source).toBe('edited');
    expect(textOf(cellAt(player, edited, 'a'))).toBe('out\n');
    expect(player.moment(player.lastSeq, null).order).toEqual(['a']);
    expect(textOf(cellAt(player, player.lastSeq, 'a'))).toBe('');
    player.close();
  });
});

describe('the time line', () => {
  function story(): { errorSeq: number; gapSeq: number; firstRun: number; secondRun: number } {
    const session = new TestSession(file);
    session.snapshot(notebookOf({ a: '\n\nfirst line\nsecond', b: 'boom' }), 'loaded');
    session.begin('a', 'first line');
    const firstRun = session.seq - 2;
    session.print('hello\n');
    session.timeMs += 1_000;
    session.end();
    session.event(entryKinds.link, { phase: 'live', reason: '' });
    session.event(entryKinds.link, { phase: 'down', reason: 'the connection was reset' });
    session.timeMs += 30_000;
    session.event(entryKinds.link, { phase: 'live', reason: '' });
    session.event(entryKinds.gap, {
      messages: 2,
      fromTimeMs: session.timeMs - 9,
      toTimeMs: session.timeMs,
      why: 'lost',
    });
    const gapSeq = session.seq;
    session.begin('b', 'boom');
    const secondRun = session.seq - 2;
    session.fail('KeyError', "'x'");
    const errorSeq = session.seq - 2;
    session.begin('gone', 'was here');
    session.end();
    session.timeMs += 1_000;
    session.snapshot(notebookOf({ a: 'first line', b: 'boom' }), 'saved');
    session.close();
    return { errorSeq, gapSeq, firstRun, secondRun };
  }

  it('has lanes, runs and marks', () => {
    const { errorSeq, gapSeq } = story();
    const player = play();
    const info = infoOf(player, null);
    expect(v.safeParse(playbackInfo, info).success).toBe(true);
    expect(info.title).toBe('analysis.ipynb');
    expect(info.cells).toEqual([
      { cellId: 'a', label: 'first line', isGone: false },
      { cellId: 'b', label: 'boom', isGone: false },
      { cellId: 'gone', label: 'was here', isGone: true },
    ]);
    expect(info.runs.map(({ cellId, status }) => [cellId, status])).toEqual([
      ['a', 'ok'],
      ['b', 'error'],
      ['gone', 'ok'],
    ]);
    expect(info.runs[1]).toMatchObject({ fromSeq: errorSeq - 3, toSeq: errorSeq + 2 });
    expect(info.marks.map(({ kind, fromSeq, text }) => [kind, fromSeq, text])).toEqual([
      ['outage', gapSeq - 2, 'Not connected: the connection was reset.'],
      ['gap', gapSeq, '2 messages are missing here: lost.'],
      ['error', errorSeq, "KeyError: 'x'"],
      ['snapshot', info.lastSeq, 'The notebook was saved.'],
    ]);
    expect(info.activity.reduce((sum, count) => sum + count, 0)).toBe(info.lastSeq);
    player.close();
  });

  it('shades the time in which nothing could come in, and says why', () => {
    const session = new TestSession(file);
    const link = (phase: string, reason = ''): void => {
      session.timeMs += 1_000;
      session.event(entryKinds.link, { phase, reason });
    };
    link('live');
    link('suspended');
    link('connecting');
    link('live');
    link('down', 'the server is away');
    link('down', 'still');
    link('suspended');
    link('live');
    session.event(entryKinds.app, { what: 'session-closed' });
    session.timeMs += 3_600_000;
    session.event(entryKinds.app, { what: 'session-opened' });
    link('connecting');
    link('live');
    session.event(entryKinds.app, { what: 'session-closed' });
    session.close();
    const player = play();
    const marks = infoOf(player, null).marks.map(({ kind, fromSeq, toSeq, text }) => [kind, fromSeq, toSeq, text]);
    expect(marks).toEqual([
      ['suspended', 2, 4, 'This computer slept.'],
      ['outage', 5, 7, 'Not connected: the server is away.'],
      ['suspended', 7, 8, 'This computer slept.'],
      ['outage', 9, 12, 'Nightjar was closed.'],
    ]);
    player.close();
  });

  it('is found along, forwards and backwards', () => {
    const { errorSeq, gapSeq, firstRun, secondRun } = story();
    const player = play();
    const next = (
      what: 'message' | 'cell' | 'error' | 'gap' | 'change',
      seq: number,
      direction: 1 | -1,
      cellId: string | null = null,
    ) => find(player.reader, { seq, direction, what, cellId }, () => infoOf(player, null).runs)?.seq ?? null;
    expect(next('error', 0, 1)).toBe(errorSeq);
    expect(next('error', errorSeq, 1)).toBeNull();
    expect(next('error', errorSeq + 1, -1)).toBe(errorSeq);
    expect(next('gap', 0, 1)).toBe(gapSeq - 2);
    expect(next('gap', gapSeq - 2, 1)).toBe(gapSeq);
    expect(next('gap', gapSeq, -1)).toBe(gapSeq - 2);
    expect(next('cell', 0, 1)).toBe(firstRun);
    expect(next('cell', player.lastSeq, -1)).toBeGreaterThan(errorSeq);
    expect(next('change', firstRun, 1, 'b')).toBe(secondRun);
    expect(next('change', player.lastSeq, -1, 'a')).toBeLessThan(gapSeq);
    expect(next('message', firstRun, 1)).toBe(firstRun + 3);
    player.close();
  });

  it('has the changes of one cell found as reading every entry finds them', () => {
    const session = new TestSession(file);
    for (let round = 0; round < 6; round++) {
      for (const cell of ['a', 'b', 'c']) {
        session.begin(cell, cell);
        session.print(`${cell} ${round}\n`);
        if (round % 2 === 0 && cell === 'a') {
          session.commit();
          session.store.sealOne(true);
        }
        session.end();
      }
      session.commit();
      if (round === 3) {
        session.store.sealOne(true);
      }
    }
    session.commit();
    const player = play();
    const executions = player.reader.executions();
    for (const cellId of ['a', 'b', 'c', 'none']) {
      const ids = new Set(executions.filter((one) => one.cellId === cellId).map(({ msgId }) => String(msgId)));
      const changes = [...player.reader.entries()]
        .filter((entry) => {
          const frame = readFrame(entry.body);
          const type = frame?.header.msg_type ?? '';
          const isOwn = ids.has(frame?.parent?.msg_id ?? '') && (type === 'stream' || type === 'execute_reply');
          return isOwn || ids.has(frame?.header.msg_id ?? '');
        })
        .map(({ seq }): number => seq);
      for (let seq = 0; seq <= player.lastSeq + 1; seq++) {
        const found = (direction: 1 | -1): number | undefined =>
          find(player.reader, { seq, direction, what: 'change', cellId }, () => [])?.seq;
        expect(found(1), `${cellId} after ${seq}`).toBe(changes.find((change) => change > seq));
        expect(found(-1), `${cellId} before ${seq}`).toBe(changes.findLast((change) => change < seq));
      }
    }
    player.close();
    session.close();
  });

  it('is entered at any time of day', () => {
    story();
    const player = play();
    const times = [...player.reader.entries()].map(({ seq, timeUs }) => [seq, timeUs / 1000] as const);
    for (const [, timeMs] of times) {
      const last = times.findLast(([, candidate]) => candidate <= timeMs)?.[0];
      expect(placeAt(player.reader, timeMs).seq).toBe(last);
    }
    expect(placeAt(player.reader, 0).seq).toBe(1);
    expect(placeAt(player.reader, Number.MAX_SAFE_INTEGER).seq).toBe(player.lastSeq);
    player.close();
  });

  it('is the same without the index that the journal carries', () => {
    story();
    const player = play();
    const plain = play();
    plain.reader.indexedSeq = () => 0;
    const { activity, ...expected } = infoOf(plain, null);
    expect(infoOf(player, null)).toEqual({ ...expected, activity });
    player.close();
    plain.close();
  });
});

describe('any session', () => {
  it('gives the same moments from its states as from its beginning', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('run' as const), cell: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constant('print' as const), text: fc.constantFrom('x\n', '\rover', 'a\bb', 'tail', '\n') }),
      fc.record({ do: fc.constant('show' as const), id: fc.constantFrom('d', 'e'), size: fc.constantFrom(10, 6_000) }),
      fc.record({
        do: fc.constant('update' as const),
        id: fc.constantFrom('d', 'e'),
        size: fc.constantFrom(10, 6_000),
      }),
      fc.record({ do: fc.constant('clear' as const), wait: fc.boolean() }),
      fc.record({ do: fc.constant('end' as const) }),
      fc.record({ do: fc.constant('fail' as const) }),
      fc.record({ do: fc.constant('save' as const), cells: fc.subarray(['a', 'b', 'c']) }),
      fc.record({ do: fc.constant('seal' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        fs.rmSync(file, { force: true });
        const session = new TestSession(file);
        const bundle = (id: string, size: number): unknown => ({
          data: { 'text/plain': `${session.seq} `.padEnd(size, '.') },
          metadata: {},
          transient: { display_id: id },
        });
        for (const taken of steps) {
          session.timeMs += 7;
          switch (taken.do) {
            case 'run':
              session.begin(taken.cell, `run ${session.seq}`);
              break;
            case 'print':
              session.print(taken.text);
              break;
            case 'show':
              session.say('display_data', bundle(taken.id, taken.size));
              break;
            case 'update':
              session.say('update_display_data', bundle(taken.id, taken.size));
              break;
            case 'clear':
              session.say('clear_output', { wait: taken.wait });
              break;
            case 'end':
              session.end();
              break;
            case 'fail':
              session.fail('E', 'v');
              break;
            case 'save':
              session.snapshot(notebookOf(Object.fromEntries(taken.cells.map((cell) => [cell, cell]))), 'saved');
              break;
            case 'seal':
              session.commit();
              session.store.sealOne(true);
              session.store.storeState();
              break;
          }
        }
        session.close();
        const sought = play();
        const plain = play();
        plain.reader.stateBefore = () => null;
        plain.reader.stateSeqBefore = () => 0;
        for (let seq = sought.lastSeq; seq >= 0; seq -= 3) {
          expect(sought.moment(seq, null)).toEqual(plain.moment(seq, null));
        }
        sought.close();
        plain.close();
      }),
      { numRuns: 60 },
    );
  });
});
