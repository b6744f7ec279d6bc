import { describe, expect, it } from 'vitest';
import {
  checkName,
  crumbs,
  defaultOrder,
  type FileEntry,
  folderToHash,
  hashToFolder,
  nextOrder,
  sortEntries,
  stemLength,
} from './contents.ts';
import { chunkBytes, planChunks, uploadFile } from './upload.ts';

const entry = (name: string, part: Partial<FileEntry> = {}): FileEntry => ({
  name,
  path: name,
  kind: 'file',
  modifiedTimeMs: null,
  sizeBytes: null,
  ...part,
});
const names = (entries: readonly FileEntry[]): string[] => entries.map((one) => one.name);

describe('sortEntries', () => {
  const all = [
    entry('run10', { sizeBytes: 5, modifiedTimeMs: 3 }),
    entry('zoo', { kind: 'folder', modifiedTimeMs: 9 }),
    entry('Run2', { sizeBytes: 50, modifiedTimeMs: 1 }),
    entry('arm', { kind: 'folder' }),
    entry('nosize'),
  ];

  it('puts folders first and numbers in their order', () => {
    expect(names(sortEntries(all, defaultOrder))).toEqual(['arm', 'zoo', 'nosize', 'Run2', 'run10']);
  });

  it('keeps folders first when turned around', () => {
    expect(names(sortEntries(all, { column: 'name', descending: true }))).toEqual([
      'zoo',
      'arm',
      'run10',
      'Run2',
      'nosize',
    ]);
  });

  it('puts what is not known last in both directions', () => {
    expect(names(sortEntries(all, { column: 'size', descending: true })).slice(2)).toEqual(['Run2', 'run10', 'nosize']);
    expect(names(sortEntries(all, { column: 'size', descending: false })).slice(2)).toEqual([
      'run10',
      'Run2',
      'nosize',
    ]);
    expect(names(sortEntries(all, { column: 'modified', descending: true }))).toEqual([
      'zoo',
      'arm',
      'run10',
      'Run2',
      'nosize',
    ]);
  });

  it('begins another column with the newest or the largest', () => {
    expect(nextOrder(defaultOrder, 'name')).toEqual({ column: 'name', descending: true });
    expect(nextOrder(defaultOrder, 'size')).toEqual({ column: 'size', descending: true });
  });
});

describe('paths', () => {
  it('lists the folders above', () => {
    expect(crumbs('')).toEqual([]);
    expect(crumbs('a/b')).toEqual([
      { name: 'a', path: 'a' },
      { name: 'b', path: 'a/b' },
    ]);
  });

  it.each(['', 'a', 'a b/c#d/100%/ü', 'x?y/&z'])('comes back from the address: %j', (folder) => {
    expect(hashToFolder(folderToHash(folder))).toBe(folder);
  });

  it('reads a damaged address without failing and without climbing', () => {
    expect(hashToFolder('#/100%/../x')).toBe('100%/x');
    expect(hashToFolder('')).toBe('');
  });
});

describe('names', () => {
  it('takes a good one, trimmed', () => {
    expect(checkName(' a.ipynb ', ['b'])).toEqual({ ok: true, value: 'a.ipynb' });
  });

  it.each(['', '  ', 'a/b', 'a\\b', '..', 'taken'])('refuses %j with a sentence', (name) => {
    const result = checkName(name, ['taken']);
    expect(result.ok).toBe(false);
    expect(!result.ok && result.problem.sentence.length).toBeGreaterThan(20);
  });

  it('selects the name before its extension', () => {
    expect(stemLength('a.b.ipynb')).toBe(3);
    expect(stemLength('.bashrc')).toBe(7);
    expect(stemLength('Makefile')).toBe(8);
  });
});

describe('uploads', () => {
  it('go up whole up to one chunk, and in numbered pieces above it', () => {
    expect(planChunks(0)).toEqual([{ start: 0, end: 0, number: null }]);
    expect(planChunks(chunkBytes)).toEqual([{ start: 0, end: chunkBytes, number: null }]);
    const plan = planChunks(2 * chunkBytes + 1);
    expect(plan.map((chunk) => chunk.number)).toEqual([1, 2, -1]);
    expect(plan.at(-1)?.end).toBe(2 * chunkBytes + 1);
    expect(planChunks(2 * chunkBytes).map((chunk) => chunk.number)).toEqual([1, -1]);
  });

  const run = (options: { failAt: number | null; isReplacing: boolean; abortAt?: number }) => {
    const log: string[] = [];
    const abort = new AbortController();
    const done = uploadFile(
      { sizeBytes: 3 * chunkBytes, read: async (start) => `piece ${start / chunkBytes}` },
      {
        save: async (content, chunk) => {
          if (log.length === options.failAt) {
            throw new Error('cut');
          }
          log.push(`${content} as ${chunk}`);
          if (log.length === options.abortAt) {
            abort.abort();
          }
        },
        discard: async () => void log.push('discard'),
      },
      { isReplacing: options.isReplacing, signal: abort.signal, onProgress: () => undefined },
    );
    return { log, done };
  };

  it('send every piece in order', async () => {
    const { log, done } = run({ failAt: null, isReplacing: false });
    await done;
    expect(log).toEqual(['piece 0 as 1', 'piece 1 as 2', 'piece 2 as -1']);
  });

  it('remove the part of a new file that arrived, and leave a replaced one', async () => {
    const fresh = run({ failAt: 1, isReplacing: false });
    await expect(fresh.done).rejects.toThrow('cut');
    expect(fresh.log.at(-1)).toBe('discard');
    const replaced = run({ failAt: 1, isReplacing: true });
    await expect(replaced.done).rejects.toThrow('cut');
    expect(replaced.log).toEqual(['piece 0 as 1']);
  });

  it('stop between two pieces when cancelled', async () => {
    const { log, done } = run({ failAt: null, isReplacing: false, abortAt: 2 });
    await expect(done).rejects.toHaveProperty('name', 'AbortError');
    expect(log).toEqual(['piece 0 as 1', 'piece 1 as 2', 'discard']);
  });
});
