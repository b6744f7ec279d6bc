import { describe, expect, it } from 'vitest';
import { type Found, matchingLines, neighbour, search, type TextSource } from './text-search.ts';

const esc = String.fromCharCode(27);

function sourceOf(lines: readonly string[], tail = ''): TextSource {
  const all = tail === '' ? lines : [...lines, tail];
  return {
    ...{ lineCount: all.length, finishedLines: lines.length, tail, generation: 0 },
    lines: (from, to) => all.slice(from, to),
  };
}

describe('finding in a long output', () => {
  it('disregards case and colours', () => {
    const lines = ['Error', 'none', `an ${esc}[31mER${esc}[0mror`, 'terror'];
    expect(matchingLines(lines, 10, 'error')).toEqual([10, 12, 13]);
  });

  it('finds every line, and counts on where it no longer keeps them', async () => {
    const source = sourceOf(Array.from({ length: 150_000 }, (_, index) => `line ${index}`));
    const told: Found[] = [];
    await search(
      source,
      'line',
      new AbortController().signal,
      (found) => told.push(found),
      undefined,
      async () => undefined,
    );
    expect(told.at(-1)?.count).toBe(150_000);
    expect(told.at(-1)?.lines).toHaveLength(100_000);
    expect(told.map(({ isComplete }) => isComplete).indexOf(true)).toBe(told.length - 1);
  });

  it('ends when it is told to', async () => {
    const source = sourceOf(Array.from({ length: 100_000 }, () => 'x'));
    const control = new AbortController();
    let slices = 0;
    await search(
      source,
      'x',
      control.signal,
      () => {
        slices += 1;
        control.abort();
      },
      undefined,
      async () => undefined,
    );
    expect(slices).toBe(1);
  });

  it('goes on with what has come since', async () => {
    const lines = ['a', 'b', 'a'];
    const told: Found[] = [];
    const tell = (found: Found): void => void told.push(found);
    await search(sourceOf(lines), 'a', new AbortController().signal, tell);
    await search(sourceOf([...lines, 'b', 'a']), 'a', new AbortController().signal, tell, told.at(-1));
    expect(told.at(-1)).toEqual({ lines: [0, 2, 4], count: 3, searched: 5, isComplete: true });
  });

  it('looks at a line again that was not finished', async () => {
    const told: Found[] = [];
    const tell = (found: Found): void => void told.push(found);
    const { signal } = new AbortController();
    await search(sourceOf(['Epoch 6'], 'Epo'), 'epo', signal, tell);
    expect(told.at(-1)).toEqual({ lines: [0, 1], count: 2, searched: 1, isComplete: true });
    await search(sourceOf(['Epoch 6', 'Epoch 7']), 'epo', signal, tell, told.at(-1));
    expect(told.at(-1)).toEqual({ lines: [0, 1], count: 2, searched: 2, isComplete: true });
  });

  it('steps from where the person is, and goes round', () => {
    expect(neighbour([3, 8, 20], 8, 1)).toBe(20);
    expect(neighbour([3, 8, 20], 20, 1)).toBe(3);
    expect(neighbour([3, 8, 20], 5, -1)).toBe(3);
    expect(neighbour([3, 8, 20], 3, -1)).toBe(20);
    expect(neighbour([], 3, 1)).toBeNull();
  });
});
