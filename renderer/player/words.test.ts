import { describe, expect, it } from 'vitest';
import type { MomentCell } from '../../shared/ipc/playback.ts';
import { wholeScreen } from './screen.ts';
import {
  cellText,
  changeText,
  clockTime,
  exactTime,
  originText,
  parseTime,
  playheadText,
  spanText,
  tickLabel,
} from './words.ts';

const at = (hours: number, minutes: number, seconds = 0, ms = 0): number =>
  new Date(2026, 10, 24, hours, minutes, seconds, ms).getTime();

const cell: MomentCell = {
  cell: { id: 'a', cell_type: 'code', source: '', outputs: [] },
  state: 'done',
  msgId: 'm',
  startedTimeMs: at(14, 3, 18),
  endedTimeMs: at(14, 3, 22, 500),
  origins: [],
  trimmedCharacters: 0,
  gaps: [],
};
const screenOf = (one: MomentCell) =>
  wholeScreen({ seq: 1, timeMs: at(14, 3, 22), kernelState: 'idle', order: ['a'], cells: [one], metadata: {} });

describe('a moment', () => {
  it('reads as the clock on the wall', () => {
    expect(clockTime(at(4, 3, 2))).toBe('04:03:02');
    expect(exactTime(at(4, 3, 2, 7))).toBe('04:03:02.007');
    expect(spanText(120)).toBe('120 ms');
    expect(spanText(4_200)).toBe('4.2 s');
    expect(spanText(125_000)).toBe('2 min');
    expect(tickLabel(at(0, 0), 3_600_000)).toBe('Tue 24 Nov');
    expect(tickLabel(at(9, 30), 600_000)).toBe('09:30');
    expect(tickLabel(at(9, 30, 5), 5_000)).toBe('09:30:05');
  });

  it('can be typed as a time of day, with a day, or as a distance', () => {
    const [from, to, now] = [at(9, 0), at(18, 0), at(12, 0)];
    expect(parseTime('14:03', from, to, now)).toBe(at(14, 3));
    expect(parseTime(' 9:30:15.5 ', from, to, now)).toBe(at(9, 30, 15, 500));
    expect(parseTime('24 Nov 10:00', from, to, now)).toBe(at(10, 0));
    expect(parseTime('23 Nov 2026 10:00', from, to, now)).toBe(at(10, 0) - 24 * 3_600_000);
    expect(parseTime('-10m', from, to, now)).toBe(at(11, 50));
    expect(parseTime('+30s', from, to, now)).toBe(at(12, 0, 30));
    expect(parseTime('+2h', from, to, now)).toBe(at(14, 0));
    for (const text of ['', 'noon', '25:00', '12:61', '12', '+10', 'Smarch 5 10:00']) {
      expect(parseTime(text, from, to, now)).toBeNull();
    }
  });

  it('without a day is the one that lies in the session, also beyond midnight', () => {
    const from = at(22, 0);
    const to = at(22, 0) + 4 * 3_600_000;
    expect(parseTime('1:00', from, to, at(23, 0))).toBe(at(1, 0) + 24 * 3_600_000);
  });
});

describe('a cell', () => {
  it('says what became of it', () => {
    expect(cellText(cell, 0)).toBe('Done in 4.5 s, 14:03:18 to 14:03:22');
    expect(cellText({ ...cell, state: 'running', endedTimeMs: null }, at(14, 3, 20))).toBe(
      'Running for 2.0 s, since 14:03:18',
    );
    expect(cellText({ ...cell, state: 'none', startedTimeMs: null, endedTimeMs: null }, 0)).toBe('Not run yet');
    expect(cellText({ ...cell, state: 'aborted', startedTimeMs: null, endedTimeMs: null }, 0)).toContain('Skipped');
  });

  it('has outputs that say when they came and how', () => {
    const origin = { firstSeq: 1, lastSeq: 1, firstTimeMs: at(14, 3), lastTimeMs: at(14, 3) } as const;
    expect(originText({ ...origin, lane: 'live' })).toBe('14:03:00.000 · live');
    expect(originText({ ...origin, lastTimeMs: at(14, 4), lane: 'recorder' })).toBe(
      '14:03:00.000 to 14:04:00.000 · recovered from the recorder',
    );
  });
});

describe('for those who listen', () => {
  it('the playhead says the time and what runs', () => {
    expect(playheadText(screenOf(cell), at(14, 3, 22))).toBe('Tue 24 Nov, 14:03:22, no cell runs');
    expect(playheadText(screenOf({ ...cell, state: 'running' }), at(14, 3, 22))).toContain('Cell 1 runs');
  });

  it('a jump says where it has led and the end of what is there', () => {
    const outputs = [{ output_type: 'stream', name: 'stdout', text: 'one\ntwo\n' }];
    const printed = { ...cell, cell: { ...cell.cell, outputs } };
    expect(changeText(screenOf(printed), at(14, 3, 22))).toBe('14:03:22. Cell 1: two');
    const failed = {
      ...cell,
      cell: { ...cell.cell, outputs: [{ output_type: 'error', ename: 'ValueError', evalue: 'no' }] },
    };
    expect(changeText(screenOf(failed), at(14, 3, 22))).toBe('14:03:22. Cell 1: ValueError: no');
  });
});
