import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamText } from './stream-text.ts';
import { countWork } from './testing/count-work.ts';

/** Text in which control characters are as common as letters. */
const terminalText = fc
  .array(fc.constantFrom('a', 'b', 'xyz', 'long piece of text', '\n', '\r', '\b', '\b\b', '\r\n', '\u{1f600}'))
  .map((pieces) => pieces.join(''));

function textOf(...chunks: string[]): string {
  const text = new StreamText();
  for (const chunk of chunks) text.append(chunk);
  return text.toString();
}

describe('the text of a stream', () => {
  test.each([
    ['plain lines stay', 'one\ntwo\n', 'one\ntwo\n'],
    ['a carriage return overwrites what follows it only', 'abc\rX', 'Xbc'],
    ['a line feed after a carriage return keeps the line', 'abc\r\ndef', 'abc\ndef'],
    ['a line feed in the middle of a line goes to its end', 'abc\rX\nY', 'Xbc\nY'],
    ['a backspace takes one character', 'abc\bX', 'abX'],
    ['a backspace stops at the beginning of the line', 'a\n\b\b\bX', 'a\nX'],
    ['a backspace in the middle takes the character under the cursor too', 'abc\r12\b', '1'],
    ['a progress bar shows its last state', '\r 10%\r 50%\r100%\n', '100%\n'],
  ])('%s', (_claim, input, expected) => {
    expect(textOf(input)).toBe(expected);
  });

  test('any split into chunks gives the same text as one chunk', () => {
    fc.assert(
      fc.property(terminalText, fc.array(fc.nat(200)), (whole, cuts) => {
        const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].sort((a, b) => a - b);
        const chunks = places.slice(1).map((place, index) => whole.slice(places[index], place));
        expect(textOf(...chunks)).toBe(textOf(whole));
      }),
      { numRuns: 1000 },
    );
  });

  test('the text can be asked for at any time without changing what follows', () => {
    fc.assert(
      fc.property(fc.array(terminalText), (chunks) => {
        const text = new StreamText();
        for (const chunk of chunks) {
          text.append(chunk);
          text.toString();
        }
        expect(text.toString()).toBe(textOf(...chunks));
      }),
    );
  });
});

describe('the cost of appending', () => {
  const line = (index: number): string => `\r${index % 100} %${index % 10 === 9 ? '\n' : ''}`;
  const workOf = (chunkCount: number, text = new StreamText()): number =>
    countWork(() => {
      for (let i = 0; i < chunkCount; i += 1) text.append(line(i));
    });

  test('200,000 chunks cost ten times as much as 20,000', () => {
    const few = workOf(20_000);
    const many = workOf(200_000);
    // A tenth more, because only the longer text is long enough to be gathered. Quadratic cost would be a hundred times.
    expect(many).toBeLessThan(11 * few);
    // A chunk has about five characters; each is searched, cut out, stored and gathered a fixed number of times.
    expect(many).toBeLessThan(200_000 * 50);
  });

  test('a chunk costs the same after ten million characters as after none', () => {
    const grown = new StreamText(`${'x'.repeat(99)}\n`.repeat(100_000));
    expect(workOf(1_000, grown)).toBeLessThan(1.1 * workOf(1_000));
  });

  test('a line without an end does not make its carriage returns dearer', () => {
    const grown = new StreamText('x'.repeat(1_000_000));
    const work = countWork(() => {
      for (let i = 0; i < 1_000; i += 1) grown.append('\rab\bc');
    });
    expect(work).toBeLessThan(1_000 * 100);
    expect(grown.toString()).toMatch(/^acx+$/);
  });

  test('the count notices text that is built anew for each chunk', () => {
    const naive = (chunkCount: number): number =>
      countWork(() => {
        let text = '';
        for (let i = 0; i < chunkCount; i += 1) text = [text.slice(0, text.length), line(i)].join('');
      });
    expect(naive(2_000)).toBeGreaterThan(50 * naive(200));
  });
});
