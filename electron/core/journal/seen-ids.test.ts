import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenIds } from './seen-ids.ts';

describe('seen ids', () => {
  it('are told apart as a set of all of them would', () => {
    const id = fc.oneof(
      fc.tuple(fc.constantFrom('a_1', 'b_2'), fc.nat(60)).map(([series, number]) => `${series}_${number}`),
      fc.constantFrom('x', 'y', 'a_1_007', 'a_1_7'),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(id, { maxLength: 400 }), (ids) => {
        const seen = new SeenIds();
        const all = new Set<string>();
        for (const candidate of ids) {
          expect(seen.add(candidate)).toBe(!all.has(candidate));
          all.add(candidate);
        }
      }),
    );
  });

  it('stay apart when there are many', () => {
    const seen = new SeenIds();
    for (let index = 0; index < 200_000; index++) {
      expect(seen.add(`id-${index.toString(36)}`)).toBe(true);
    }
    for (let index = 0; index < 200_000; index += 997) {
      expect(seen.add(`id-${index.toString(36)}`)).toBe(false);
    }
  });
});
