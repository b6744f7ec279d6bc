import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamText } from './stream-text.ts';

/** What JupyterLab's output model does, over the whole text, one character at a time. */
function referenceText(pieces: readonly string[]): string {
  let text = '';
  let cursor = 0;
  for (const unit of pieces.flatMap((piece) => piece.split(''))) {
    if (unit === '\n') {
      text += '\n';
      cursor = text.length;
    } else if (unit === '\r') {
      while (cursor > 0 && text[cursor - 1] !== '\n') cursor -= 1;
    } else if (unit === '\b') {
      if (cursor > 0 && text[cursor - 1] !== '\n') {
        text = text.slice(0, cursor - 1) + text.slice(cursor + 1);
        cursor -= 1;
      }
    } else {
      text = text.slice(0, cursor) + unit + text.slice(cursor + 1);
      cursor += 1;
    }
  }
  return text;
}

describe('stream text', () => {
  it('reads carriage returns and backspaces as JupyterLab does', () => {
    const piece = fc
      .array(fc.constantFrom('a', 'bc', '0123', '\n', '\r', '\b', ' ', '\u{1f426}'), { maxLength: 12 })
      .map((parts) => parts.join(''))
      .filter((text) => text !== '');
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const text = new StreamText();
        for (const next of pieces) text.write(next);
        expect(text.toString()).toBe(referenceText(pieces));
      }),
      { numRuns: 500 },
    );
  });

  it('describes each change so that applying the changes gives the same text', () => {
    const piece = fc
      .array(fc.constantFrom('ab', 'x', '\n', '\r', '\b'), { maxLength: 10 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const text = new StreamText();
        let applied = '';
        for (const next of pieces) {
          const { keep, removed, insert } = text.write(next);
          if (removed > 0 || insert !== '') {
            expect(keep + removed).toBe(applied.length);
            applied = applied.slice(0, keep) + insert;
          }
          expect(text.toString()).toBe(applied);
          expect(text.length).toBe(applied.length);
        }
      }),
    );
  });

  it('hands out the same lines whatever the chunks are', () => {
    const text = new StreamText();
    const expected: string[] = [];
    for (let line = 0; line < 20_000; line += 1) {
      const content = `line ${line} ${'x'.repeat(line % 40)}`;
      expected.push(content);
      text.write(`${content}\n`);
    }
    expect(text.settledLines).toBe(20_000);
    expect(text.lines(0, 20_000)).toEqual(expected);
    expect(text.lines(12_345, 12_348)).toEqual(expected.slice(12_345, 12_348));
    expect(new StreamText(`${expected.join('\n')}\n`).lines(19_990, 30_000)).toEqual(expected.slice(19_990));
  });

  it('never cuts between the halves of a surrogate pair', () => {
    const text = new StreamText();
    text.write('\u{1f600}');
    const change = text.write('\r\u{1f601}');
    expect(change).toEqual({ keep: 0, removed: 2, insert: '\u{1f601}' });
  });
});
