import { describe, expect, it } from 'vitest';
import { errorText } from './json.ts';

describe('what an error says', () => {
  it.each([
    [{ traceback: ['one', 2, 'three'], ename: 'E', evalue: 'v' }, 'one\nthree'],
    [{ traceback: [], ename: 'E', evalue: 'v' }, 'E: v'],
    [{ traceback: 'no list', ename: { toString: null }, evalue: null }, '{"toString":null}: null'],
    // Read without a word, and too deep to be written.
    [{ ename: 'E', evalue: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown }, 'E: …'],
  ])('is text, whatever was sent', (content, text) => {
    expect(errorText(content)).toBe(text);
  });
});
