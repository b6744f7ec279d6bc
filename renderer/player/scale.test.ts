import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScale, foldsOf, pan, reveal, tickStepMs, ticksBetween, wholeLine, zoom } from './scale.ts';

const hour = 3_600_000;

describe('quiet hours', () => {
  it('are folded where they are long, and pauses of work are not', () => {
    const activity = [5, 0, 3, 0, 0, 0, 0, 0, 0, 9];
    const folds = foldsOf(activity, 0, 10 * hour, 10 * hour);
    expect(folds).toEqual([
      { fromMs: hour, toMs: 2 * hour },
      { fromMs: 3 * hour, toMs: 9 * hour },
    ]);
    expect(foldsOf(activity, 0, 10_000, 10_000)).toEqual([]);
    expect(foldsOf([1, 1], 0, 1_000, 1_000)).toEqual([]);
  });

  it('at the end of a running session go on to now', () => {
    expect(foldsOf([1, 1], 0, 60_000, 10 * hour)).toEqual([{ fromMs: 60_000, toMs: 10 * hour }]);
    expect(foldsOf([1, 0], 0, 60_000, 10 * hour)).toEqual([{ fromMs: 30_000, toMs: 10 * hour }]);
  });

  it('take little of the line, however many they are', () => {
    const folds = [{ fromMs: hour, toMs: 9 * hour }];
    const scale = createScale(0, 10 * hour, folds);
    expect(scale.toPlace(9 * hour) - scale.toPlace(hour)).toBeLessThan(0.03);
    expect(scale.toPlace(5 * hour)).toBeCloseTo(0.5);
    const many = Array.from({ length: 90 }, (_, index) => ({ fromMs: index * 100 + 10, toMs: index * 100 + 100 }));
    const crowded = createScale(0, 9_000, many);
    const open = many.reduce((sum, { fromMs }) => sum + crowded.toPlace(fromMs) - crowded.toPlace(fromMs - 10), 0);
    expect(open).toBeGreaterThan(0.69);
  });
});

describe('the line', () => {
  it('goes from place to time and back, always forward', () => {
    const times = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 1, noNaN: true }), (raw, place) => {
        const edges = [...new Set(raw)].sort((a, b) => a - b);
        const folds = edges.flatMap((fromMs, index) => {
          const toMs = edges[index + 1];
          return index % 2 === 0 && toMs !== undefined ? [{ fromMs, toMs }] : [];
        });
        const scale = createScale(0, 1_000_001, folds);
        const timeMs = scale.toTime(place);
        expect(scale.toPlace(timeMs)).toBeCloseTo(place, 6);
        expect(scale.toPlace(timeMs + 1)).toBeGreaterThanOrEqual(scale.toPlace(timeMs));
        expect(scale.toPlace(0)).toBe(0);
        expect(scale.toPlace(1_000_001)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('of a single moment, and of nothing but quiet, is still a line', () => {
    expect(createScale(5, 5, []).toPlace(5)).toBe(0);
    const quiet = createScale(0, hour, [{ fromMs: 0, toMs: hour }]);
    expect(quiet.toPlace(hour / 2)).toBeCloseTo(0.5);
  });

  it('is looked at more closely around a place that stays where it is', () => {
    const close = zoom(wholeLine, 4, 0.4);
    expect(close.to - close.from).toBeCloseTo(0.25);
    expect((0.4 - close.from) / (close.to - close.from)).toBeCloseTo(0.4);
    expect(zoom(close, 0.1, 0.4)).toEqual(wholeLine);
    expect(pan(close, -100).from).toBe(0);
    expect(pan(close, 100).to).toBeCloseTo(1);
    expect(reveal(close, 0.4)).toBe(close);
    const moved = reveal(close, 0.9);
    expect(moved.from <= 0.9 && moved.to >= 0.9).toBe(true);
  });

  it('has ticks at round times that stand apart', () => {
    expect(tickStepMs(100, 70)).toBe(10_000);
    expect(ticksBetween(7_500, 31_000, 10_000, 0)).toEqual([10_000, 20_000, 30_000]);
    expect(ticksBetween(0, hour * 5, hour, 1_800_000)[0]).toBe(1_800_000);
  });
});
