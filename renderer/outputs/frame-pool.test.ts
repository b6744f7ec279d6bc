import { describe, expect, it } from 'vitest';
import { framesToDrop } from './frame-pool.ts';

const place = (isNear: boolean, isLive: boolean, seen: number) => ({ isNear, isLive, seen });

describe('frames that have left the screen', () => {
  it('stay while they are few, and those gone longest go first', () => {
    const places = new Map([
      ['oldest', place(false, true, 1)],
      ['near', place(true, true, 2)],
      ['middle', place(false, true, 3)],
      ['never made', place(false, false, 0)],
      ['latest', place(false, true, 9)],
    ]);
    expect(framesToDrop(places, 3)).toEqual([]);
    expect(framesToDrop(places, 2)).toEqual(['oldest']);
    expect(framesToDrop(places, 0)).toEqual(['latest', 'middle', 'oldest']);
  });
});
