import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { searchAnswer } from '../../../shared/ipc/playback.ts';
import { deletedKeptMs } from '../../../shared/limits.ts';
import { TestSession } from '../journal/testing/session.ts';
import { libraryDir } from './catalog.ts';
import { SearchIndex } from './search.ts';
import { Shelf } from './shelf.ts';
import { snippetOf, wordsOf } from './snippet.ts';

let dir = '';
let shelf: Shelf;
let index: SearchIndex;

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-library-'));
  shelf = new Shelf(dir);
  index = new SearchIndex(shelf);
});

afterEach(() => {
  index.close();
  shelf.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

function fileOf(journalId: string): string {
  return path.join(dir, `${journalId}.nightjar`);
}

function journal(journalId: string, text: string, change: { timeMs?: number; code?: string } = {}): void {
  const session = new TestSession(fileOf(journalId), {
    journalId,
    createdTimeMs: change.timeMs ?? 1_764_000_000_000,
    notebookPath: `work/${journalId}.ipynb`,
  });
  session.run('a', change.code ?? 'x = 1', text);
  session.close();
}

function indexAll(): void {
  for (let left = index.step(); left > 0; left = index.step()) {
    // Goes on until nothing is left.
  }
}

describe('the shelf', () => {
  it('lists journals with what was said about them', () => {
    journal('one', 'hello\n');
    shelf.catalog.set('one', { title: '  A name\nof two lines ', tags: ['x', 'x', ' y '], isKept: true });
    expect(shelf.list()).toMatchObject([
      { journalId: 'one', title: 'A name of two lines', tags: ['x', 'y'], isKept: true, isUnread: true },
    ]);
    shelf.catalog.shown('one', 1_000);
    shelf.catalog.set('one', { title: '' });
    expect(shelf.list()).toMatchObject([{ title: 'one.ipynb', isUnread: false, isKept: true }]);
  });

  it('brings a deleted journal back, and throws it away when its time is over', () => {
    journal('one', 'hello\n');
    const before = fs.readFileSync(fileOf('one'));
    expect(shelf.remove('one').ok).toBe(true);
    expect(shelf.list()).toEqual([]);
    shelf.sweep();
    expect(shelf.restore('one').ok).toBe(true);
    expect(fs.readFileSync(fileOf('one')).equals(before)).toBe(true);
    expect(shelf.remove('one').ok).toBe(true);
    const aside = path.join(libraryDir(dir), 'deleted', 'one.nightjar');
    const old = new Date(Date.now() - deletedKeptMs - 1_000);
    fs.utimesSync(aside, old, old);
    shelf.sweep();
    expect(fs.existsSync(aside)).toBe(false);
    expect(shelf.restore('one')).toMatchObject({ ok: false, problem: { kind: 'missing' } });
  });

  it('does not delete what is being written', () => {
    const session = new TestSession(fileOf('busy'), { journalId: 'busy' });
    session.print('x');
    session.commit();
    expect(shelf.remove('busy')).toMatchObject({ ok: false, problem: { kind: 'running' } });
    session.close();
  });

  it('imports a journal once, and nothing that is none', () => {
    const elsewhere = path.join(dir, 'elsewhere');
    fs.mkdirSync(elsewhere);
    journal('one', 'hello\n');
    const sent = path.join(elsewhere, 'sent by mail.nightjar');
    fs.renameSync(fileOf('one'), sent);
    expect(shelf.import(sent)).toEqual({ ok: true, value: 'one' });
    expect(shelf.import(sent)).toEqual({ ok: true, value: 'one' });
    expect(shelf.list()).toHaveLength(1);
    fs.rmSync(sent);
    const other = new TestSession(sent, { journalId: 'one' });
    other.run('b', 'y', 'another\n');
    other.close();
    const second = shelf.import(sent);
    expect(second.ok && second.value).toMatch(/^one-[0-9a-f]{8}$/);
    expect(shelf.list()).toHaveLength(2);
    fs.writeFileSync(sent, 'no journal');
    expect(shelf.import(sent)).toMatchObject({ ok: false, problem: { kind: 'not-a-journal' } });
    expect(shelf.list()).toHaveLength(2);
  });

  it('prunes the oldest first, and never an unread, running or kept one', () => {
    for (const [index_, name] of ['old', 'older', 'kept', 'unread', 'running', 'new'].entries()) {
      journal(name, 'x\n'.repeat(100), { timeMs: 1_764_000_000_000 + (name === 'older' ? -1 : index_) * 1_000_000 });
      if (name !== 'unread') {
        shelf.catalog.shown(name, 1_000);
      }
    }
    shelf.catalog.set('kept', { isKept: true });
    expect(shelf.plan(null, []).goes).toEqual([]);
    const { bytesNow } = shelf.plan(null, []);
    const plan = shelf.plan(bytesNow - 1, ['running']);
    expect(plan.goes.map(({ journalId }) => journalId)).toEqual(['older']);
    expect(plan.note).toBe('');
    const all = shelf.plan(0, ['running']);
    expect(all.goes.map(({ journalId }) => journalId)).toEqual(['older', 'old', 'new']);
    expect(all.note).toContain('stay');
    expect(all.bytesAfter).toBeGreaterThan(0);
    expect(shelf.prune(0, ['running'])).toEqual(all);
    expect(
      shelf
        .list()
        .map(({ journalId }) => journalId)
        .sort(),
    ).toEqual(['kept', 'running', 'unread']);
  });

  it('begins a new catalogue when the old one cannot be read', () => {
    journal('one', 'hello\n');
    fs.mkdirSync(libraryDir(dir), { recursive: true });
    fs.writeFileSync(path.join(libraryDir(dir), 'catalog.sqlite'), 'this is no database, but was once one '.repeat(50));
    expect(shelf.list()).toMatchObject([{ journalId: 'one', title: 'one.ipynb' }]);
  });
});

describe('search', () => {
  it('says that a journal is not read to its end, also one that nobody has looked at since it grew', () => {
    journal('one', 'hello\n');
    expect(index.search('hello', 5)).toMatchObject({ hits: [], indexing: 1 });
    indexAll();
    expect(index.search('hello', 5)).toMatchObject({ indexing: 0, growing: 0 });
    const session = new TestSession(fileOf('two'), { journalId: 'two' });
    session.run('a', 'x', 'hello again\n');
    session.commit();
    expect(index.search('again', 5)).toMatchObject({ hits: [], indexing: 1, growing: 0 });
    indexAll();
    session.run('a', 'x', 'more\n');
    session.commit();
    expect(index.search('more', 5)).toMatchObject({ hits: [], indexing: 0, growing: 1 });
    session.close();
    indexAll();
    expect(index.search('more', 5)).toMatchObject({ hits: [{ journalId: 'two' }], indexing: 0, growing: 0 });
  });

  it('finds words in inputs, outputs and errors, with the entry they stand in', () => {
    const session = new TestSession(fileOf('one'), {
      journalId: 'one',
      serverName: 'lab',
      notebookPath: 'w/train.ipynb',
    });
    session.begin('a', 'model.fit(epochs=3)');
    for (let epoch = 0; epoch < 3_000; epoch++) {
      session.print(`epoch ${epoch} lösung\n`);
    }
    const place = session.seq - 1_000;
    session.fail('CudaOutOfMemory', 'tried to allocate');
    session.close();
    indexAll();
    const { hits } = index.search('epoch 1999', 10);
    expect(hits[0]).toMatchObject({
      journalId: 'one',
      title: 'train.ipynb',
      serverName: 'lab',
      cellId: 'a',
      where: 'output',
      seq: place,
    });
    expect(hits[0]?.snippet).toContain('epoch 1999');
    for (const [start, length] of hits[0]?.marks ?? []) {
      expect(['epoch', '1999']).toContain(hits[0]?.snippet.slice(start, start + length));
    }
    expect(index.search('fit epo', 10).hits.map(({ where }) => where)).toContain('input');
    expect(index.search('cudaout', 10).hits).toMatchObject([{ where: 'error' }]);
    expect(index.search('LOSUNG', 3)).toMatchObject({ hasMore: true });
    expect(index.search('nowhere', 3)).toEqual({ hits: [], hasMore: false, indexing: 0, growing: 0 });
  });

  it('follows journals that grow and forgets those that are gone', () => {
    const session = new TestSession(fileOf('grows'), { journalId: 'grows' });
    session.run('a', 'x', 'first\n');
    session.commit();
    journal('other', 'second\n');
    expect(index.search('first', 5).hits).toEqual([]);
    indexAll();
    expect(index.search('first', 5).hits).toHaveLength(1);
    session.run('a', 'x', 'third\n');
    session.close();
    indexAll();
    expect(index.search('third', 5).hits).toHaveLength(1);
    expect(index.search('first', 5).hits).toHaveLength(1);
    fs.rmSync(fileOf('grows'));
    indexAll();
    expect(index.search('first', 5).hits).toEqual([]);
    expect(index.search('second', 5).hits).toHaveLength(1);
  });

  it('takes any text as words', () => {
    journal('one', 'a "quoted" word; DROP TABLE passage; NEAR(x) col:umn ünï*code\n');
    indexAll();
    for (const query of [
      '"',
      '""',
      'NEAR(',
      'a AND',
      'OR OR OR',
      'text:word',
      '*',
      '^word',
      '-word',
      "'; DROP",
      '\u0000',
      '{x}',
      'a'.repeat(20_000),
    ]) {
      expect(v.safeParse(searchAnswer, index.search(query, 5)).success, query).toBe(true);
    }
    expect(index.search('"quoted" col:umn', 5).hits).toHaveLength(1);
    expect(index.search('drop table', 5).hits).toHaveLength(1);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (query) => {
        expect(v.safeParse(searchAnswer, index.search(query, 5)).success).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('can be deleted: it is made anew', () => {
    journal('one', 'needle\n');
    indexAll();
    index.close();
    fs.rmSync(libraryDir(dir), { recursive: true });
    shelf.close();
    indexAll();
    expect(index.search('needle', 5).hits).toHaveLength(1);
  });

  it('does not show colours and other control characters', () => {
    journal('one', '\u001b[31mred alert\u001b[0m\u0007 bell\n');
    indexAll();
    expect(index.search('alert', 5).hits[0]?.snippet).toBe('red alert bell');
  });
});

describe('a snippet', () => {
  it('marks exactly what was found, in any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 500 }),
        fc.constantFrom('é', 'a', 'ß', 'İ', '1', '中'),
        (text, query) => {
          const { snippet, marks, at } = snippetOf(`${text} ${query}ns ${text}`, wordsOf(query));
          expect(at).toBeLessThanOrEqual(2 * text.length + 5);
          for (const [start, length] of marks) {
            expect(start + length).toBeLessThanOrEqual(snippet.length);
          }
        },
      ),
    );
  });
});
