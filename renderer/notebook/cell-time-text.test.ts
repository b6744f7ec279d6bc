import { describe, expect, it } from 'vitest';
import { cellTimeText, preciseDuration } from './cell-time-text.ts';

const at = Date.UTC(2026, 2, 3, 12);
const times = { state: 'done', status: 'ok', submittedTimeMs: at, startedTimeMs: at, endedTimeMs: at + 420 } as const;

describe('the time of a cell', () => {
  it('is how long it took, with start and finish behind it', () => {
    const text = cellTimeText(times, at + 1000);
    expect(text).toMatchObject({ text: '0.42 s', tone: 'done' });
    expect(text?.title).toMatch(/^Started .*, finished .*Took 0\.42 s/);
    expect(cellTimeText({ ...times, status: 'error' }, at)?.title).toContain('with an error');
  });

  it('counts while it runs, and says that it waits', () => {
    expect(cellTimeText({ ...times, state: 'running', endedTimeMs: null }, at + 65_000)?.text).toBe('1 min 5 s');
    expect(cellTimeText({ ...times, state: 'accepted' }, at)?.text).toBe('waiting');
  });

  it('says of a cell that never ran why it has no time', () => {
    const never = { ...times, status: 'aborted', startedTimeMs: null } as const;
    expect(cellTimeText(never, at)?.text).toBe('not run');
  });

  it('says nothing of a request whose fate is told elsewhere', () => {
    for (const state of ['queued', 'in-doubt', 'lost', 'cancelled'] as const) {
      expect(cellTimeText({ ...times, state }, at)).toBeNull();
    }
  });

  it('is as precise as it is short', () => {
    expect([8, 420, 9_999, 12_340, 65_000].map(preciseDuration)).toEqual([
      '8 ms',
      '0.42 s',
      '10.00 s',
      '12.3 s',
      '1 min 5 s',
    ]);
  });
});
