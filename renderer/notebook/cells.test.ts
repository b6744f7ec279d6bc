import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textDifference } from './cells.ts';

describe('the difference of two texts', () => {
  it('turns the first into the second', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '\n', '\u{1f600}', '\u{1f601}'), { maxLength: 20 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const difference = textDifference(before, after);
        const applied =
          difference === null
            ? before
            : before.slice(0, difference.start) + difference.insert + before.slice(difference.end);
        expect(applied).toBe(after);
        if (difference !== null) {
          // It throws on a lone surrogate, which would mean a cut through a character.
          expect(() => encodeURIComponent(difference.insert)).not.toThrow();
        }
      }),
    );
  });

  it('is small for a keystroke', () => {
    expect(textDifference('print(1)', 'print(12)')).toEqual({ start: 7, end: 7, insert: '2' });
  });
});
