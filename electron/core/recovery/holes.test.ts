import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Holes, type Hole, holeGraceMs } from './holes.ts';
import { Known } from './known.ts';
import { Unseen } from './unseen.ts';

const series = 'kernel_1';

function missing(parts: Partial<Hole> = {}): Hole {
  const times = { fromTimeMs: 1, toTimeMs: 2, foundMs: performance.now() };
  return { series, from: 3, to: 5, ...times, parentId: 'request', isReply: false, isAskedFor: false, ...parts };
}

/** Holes of a kernel that was heard up to number 2, and everything that they say. */
function watched(recordedSinceMs: number | null) {
  const known = new Known();
  for (const number of [0, 1, 2, 6]) {
    known.add(`${series}_${number}`, true, 0);
  }
  const said: unknown[] = [];
  const holes = new Holes({
    known,
    recordedSinceMs: () => recordedSinceMs,
    reason: () => (recordedSinceMs === null ? 'switched off' : ''),
    ask: () => said.push('asked'),
    lost: () => said.push('lost'),
    gap: ({ messages, why }, parentId) => said.push({ gap: messages, why, parentId }),
    note: ({ what, messages }) => said.push(messages === undefined ? what : { [String(what)]: messages }),
  });
  return { known, holes, said };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('numbers that are missing', () => {
  it('are a gap of exactly as many when no recorder has them, after a moment', async () => {
    const { holes, said } = watched(null);
    holes.add(missing());
    expect(holes.hasMissing).toBe(true);
    await vi.advanceTimersByTimeAsync(holeGraceMs - 1);
    expect(said).toEqual(['missing']);
    await vi.advanceTimersByTimeAsync(1);
    const why = 'messages of the kernel did not arrive and no recorder had them (switched off)';
    expect(said).toEqual(['missing', { 'missing-settled': 3 }, 'lost', { gap: 3, why, parentId: 'request' }]);
    expect(holes.isEmpty).toBe(true);
  });

  it('are none when they come in time', async () => {
    const { known, holes, said } = watched(null);
    holes.add(missing());
    for (const number of [3, 4, 5]) {
      known.add(`${series}_${number}`, true, 0);
    }
    expect(holes.hasMissing).toBe(false);
    await vi.advanceTimersByTimeAsync(holeGraceMs);
    expect(said).toEqual(['missing', { 'missing-settled': 0 }]);
  });

  it('are asked for first where a recorder is there', async () => {
    const { holes, said } = watched(0);
    holes.add(missing());
    await vi.advanceTimersByTimeAsync(holeGraceMs);
    expect(said).toEqual(['missing', 'asked']);
    await vi.advanceTimersByTimeAsync(holeGraceMs);
    expect(said.slice(2)).toEqual([{ 'missing-settled': 3 }, 'lost', expect.objectContaining({ gap: 3 })]);
  });

  it('are no loss where a reply was lost and the recorder has all that was published', async () => {
    const { known, holes, said } = watched(0);
    await vi.advanceTimersByTimeAsync(1);
    holes.add(missing({ from: 3, to: 3, isReply: true }));
    await vi.advanceTimersByTimeAsync(2 * holeGraceMs);
    expect(said).toEqual(['asked']);
    expect(known.countMissing(series, 3, 3)).toBe(0);
  });

  it('are settled at once at the end, and no time passes after it', () => {
    const { holes, said } = watched(0);
    holes.add(missing());
    holes.close();
    expect(vi.getTimerCount()).toBe(0);
    holes.settleAll();
    expect(said.at(-1)).toMatchObject({ gap: 3 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the entry that goes with the end of a spool', () => {
  it('is the last before what the spool does not have', () => {
    const unseen = new Unseen();
    expect(unseen.safeSeq(0, 20)).toBe(20);
    unseen.add('a', 11);
    unseen.add('b', 12);
    expect(unseen.safeSeq(0, 20)).toBe(10);
    unseen.seenUpTo(unseen.seqOf('a'));
    expect(unseen.safeSeq(0, 20)).toBe(11);
    unseen.seenUpTo(unseen.seqOf('unknown'));
    expect(unseen.safeSeq(0, 20)).toBe(11);
    unseen.seenUpTo(12);
    expect(unseen.safeSeq(0, 20)).toBe(20);
  });

  it('never goes back', () => {
    const unseen = new Unseen();
    unseen.add('a', 11);
    expect(unseen.safeSeq(15, 20)).toBe(15);
  });

  it('stays where more came than is kept', () => {
    const unseen = new Unseen();
    for (let seq = 1; seq <= 100_001; seq += 1) {
      unseen.add(`m${seq}`, seq);
    }
    unseen.seenUpTo(100_000);
    expect(unseen.safeSeq(50, 200_000)).toBe(50);
  });
});
