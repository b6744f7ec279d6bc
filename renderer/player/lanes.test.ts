import { expect, it } from 'vitest';
import type { PlaybackInfo, PlaybackRun } from '../../shared/ipc/playback.ts';
import { barsOf, createRuler, lanesOf, markAt, runAt } from './lanes.ts';
import { createScale, wholeLine } from './scale.ts';

const run = (cellId: string | null, from: number, to: number | null, status: PlaybackRun['status'] = 'ok') =>
  ({
    msgId: `${cellId}-${from}`,
    cellId,
    fromSeq: from,
    toSeq: to ?? from,
    submittedTimeMs: from,
    startedTimeMs: from,
    endedTimeMs: to,
    status: to === null ? null : status,
    executionCount: 1,
  }) satisfies PlaybackRun;

const info = (runs: PlaybackRun[]): PlaybackInfo => ({
  journalId: 'j',
  title: 't',
  serverName: 's',
  notebookPath: null,
  kernelName: null,
  state: 'closed',
  firstTimeMs: 0,
  lastTimeMs: 1_000,
  lastSeq: 10,
  cells: [
    { cellId: 'a', label: 'a', isGone: false },
    { cellId: 'b', label: 'b', isGone: true },
  ],
  runs,
  marks: [],
  activity: [],
  findings: [],
});

it('every cell has a lane, and what ran without one has its own', () => {
  const lanes = lanesOf(info([run('b', 500, 600), run('b', 100, 200), run(null, 1, 2), run('unknown', 3, 4)]));
  expect(lanes.map(({ cellId, runs }) => [cellId, runs.map(({ fromSeq }) => fromSeq)])).toEqual([
    ['a', []],
    ['b', [100, 500]],
    [null, [1, 3]],
  ]);
  expect(lanesOf(info([run('a', 1, 2)]))).toHaveLength(2);
});

it('runs that fall onto the same pixels are drawn once, and a failed one is always drawn', () => {
  const ruler = createRuler(createScale(0, 1_000_000, []), wholeLine, 1_000);
  const many = Array.from({ length: 10_000 }, (_, index) => run('a', index * 10, index * 10 + 5));
  const failed = run('a', 50_000, 50_001, 'error');
  const bars = barsOf([...many, failed], ruler.toX, 1_000, 1_000_000);
  expect(bars.length).toBeLessThan(200);
  expect(bars.at(-1)?.look).toBe('error');
});

it('a run without an end goes on to now, and one that waits is a thin line before its bar', () => {
  const toX = (timeMs: number): number => timeMs;
  expect(barsOf([run('a', 100, null)], toX, 1_000, 400)).toEqual([{ x: 100, width: 300, look: 'running' }]);
  const waited = { ...run('a', 50, 90), startedTimeMs: 80 };
  expect(barsOf([waited], toX, 1_000, 400).map(({ look }) => look)).toEqual(['waiting', 'ok']);
});

it('the run under the pointer is found, also when it is narrower than the pointer', () => {
  const runs = [run('a', 100, 101), run('a', 500, null)];
  expect(runAt(runs, 104, 5, 1_000)?.fromSeq).toBe(100);
  expect(runAt(runs, 200, 5, 1_000)).toBeNull();
  expect(runAt(runs, 900, 5, 1_000)?.fromSeq).toBe(500);
});

it('of several marks under the pointer the shortest counts, and snapshots are none to see', () => {
  const mark = (kind: 'outage' | 'error' | 'snapshot', from: number, to: number) =>
    ({ kind, fromSeq: 1, toSeq: 1, fromTimeMs: from, toTimeMs: to, cellId: null, text: kind }) as const;
  const marks = [mark('outage', 100, 900), mark('error', 500, 500), mark('snapshot', 700, 700)];
  expect(markAt(marks, 503, 5)?.kind).toBe('error');
  expect(markAt(marks, 700, 5)?.kind).toBe('outage');
  expect(markAt(marks, 950, 5)).toBeNull();
});
