import { describe, expect, it } from 'vitest';
import { filtered, named, nextSort, noFilter, readTags, serversOf, sorted, tagsOf, usualSort } from './library-list.ts';
import { piecesOf } from './snippet.ts';
import type { Journal } from './wording.ts';

const journal = (title: string, more: Partial<Journal> = {}): Journal => ({
  journalId: title,
  file: `/journals/${title}.nightjar`,
  serverName: 'lab',
  serverUrl: 'http://lab/',
  notebookPath: `work/${title}`,
  kernelName: 'python3',
  createdTimeMs: 0,
  lastEntryTimeMs: 0,
  entries: 0,
  fileBytes: 0,
  executions: 0,
  errors: 0,
  gaps: 0,
  state: 'closed',
  title,
  tags: [],
  isKept: false,
  isUnread: false,
  leavesTimeMs: null,
  ...more,
});

const titles = (journals: readonly Journal[]): string[] => journals.map(({ title }) => title);

describe('the list of journals', () => {
  const list = [
    journal('run 10', { lastEntryTimeMs: 3, fileBytes: 5, errors: 1 }),
    journal('run 9', { lastEntryTimeMs: 2, fileBytes: 9, tags: ['paper'], state: 'open' }),
    journal('apple', { lastEntryTimeMs: 1, fileBytes: 5, serverName: 'hub', isUnread: true, isKept: true }),
  ];

  it('has the latest first, and turns round with a second choice of the same column', () => {
    expect(titles(sorted(list, usualSort))).toEqual(['run 10', 'run 9', 'apple']);
    const byTitle = nextSort(usualSort, 'title');
    expect(titles(sorted(list, byTitle))).toEqual(['apple', 'run 9', 'run 10']);
    expect(titles(sorted(list, nextSort(byTitle, 'title')))).toEqual(['run 10', 'run 9', 'apple']);
    expect(nextSort(usualSort, 'size')).toEqual({ by: 'size', isDescending: true });
  });

  it('keeps the latest first among equals, whichever way it is turned', () => {
    expect(titles(sorted(list, { by: 'size', isDescending: true }))).toEqual(['run 9', 'run 10', 'apple']);
    expect(titles(sorted(list, { by: 'size', isDescending: false }))).toEqual(['run 10', 'apple', 'run 9']);
  });

  it('is narrowed by server, tag and state, all at once', () => {
    expect(titles(filtered(list, noFilter))).toHaveLength(3);
    expect(titles(filtered(list, { ...noFilter, server: 'hub' }))).toEqual(['apple']);
    expect(titles(filtered(list, { ...noFilter, tag: 'paper' }))).toEqual(['run 9']);
    expect(titles(filtered(list, { ...noFilter, state: 'running', tag: 'paper' }))).toEqual(['run 9']);
    for (const [state, title] of [
      ['unread', 'apple'],
      ['kept', 'apple'],
      ['errors', 'run 10'],
    ] as const) {
      expect(titles(filtered(list, { ...noFilter, state }))).toEqual([title]);
    }
    expect(filtered(list, { ...noFilter, state: 'gaps' })).toEqual([]);
  });

  it('finds a journal by its name, its path, its server and its tags', () => {
    for (const query of ['run 9', 'PAPER', 'work/run 9']) expect(titles(named(list, query))).toEqual(['run 9']);
    expect(titles(named(list, 'hub'))).toEqual(['apple']);
    expect(named(list, ' ')).toHaveLength(3);
  });

  it('knows its servers and tags', () => {
    expect(serversOf(list)).toEqual(['hub', 'lab']);
    expect(tagsOf(list)).toEqual(['paper']);
    expect(readTags(' paper,, sweep  3 ,paper')).toEqual(['paper', 'sweep 3']);
    expect(readTags('')).toEqual([]);
  });
});

describe('a snippet', () => {
  const text = (snippet: string, marks: [number, number][]): string =>
    piecesOf(snippet, marks)
      .map(({ text: piece, isMatch }) => (isMatch ? `[${piece}]` : piece))
      .join('');

  it('shows its matches marked and loses nothing', () => {
    expect(
      text('the loss is lost', [
        [4, 4],
        [12, 3],
      ]),
    ).toBe('the [loss] is [los]t');
    expect(text('loss', [[0, 4]])).toBe('[loss]');
    expect(text('nothing', [])).toBe('nothing');
  });

  it('begins with its first word', () => {
    expect(text('    print(loss)', [[10, 4]])).toBe('print([loss])');
    expect(text('   ', [])).toBe('');
  });

  it('copes with marks that overlap, stand in any order, or lie outside', () => {
    expect(
      text('abcdef', [
        [2, 3],
        [0, 3],
      ]),
    ).toBe('[abc][de]f');
    expect(
      text('abc', [
        [1, 99],
        [50, 2],
      ]),
    ).toBe('a[bc]');
  });
});
