import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject, objectOrEmpty } from '../outputs/json.ts';
import { cellsOf, nameCells, pairUp } from './align.ts';
import { type Cell, inputKey, isSameCell, outputsKey, sourceOf } from './fields.ts';
import { type Choice, mergeNotebooks, mergeOrder, type NotebookMerge, resolveMerge } from './merge.ts';

function code(id: string, source: string, output = '', metadata: JsonObject = {}): Cell {
  const outputs = output === '' ? [] : [{ output_type: 'stream', name: 'stdout', text: output }];
  return { id, cell_type: 'code', source, metadata, outputs, execution_count: null };
}

function notebook(cells: readonly Cell[], metadata: JsonObject = {}): JsonObject {
  return { nbformat: 4, nbformat_minor: 5, metadata, cells };
}

const ids = (merge: NotebookMerge): string[] => merge.cells.map(({ id }) => id);
const reasons = (merge: NotebookMerge) => merge.conflicts.map(({ id, reason }) => [id, reason]);
const sources = (value: JsonObject): string[] => cellsOf(value).map(sourceOf);

function resolved(merge: NotebookMerge, choice: Choice): JsonObject {
  let count = 0;
  return resolveMerge(merge, new Map(merge.conflicts.map(({ id }) => [id, choice])), 'mine', () => {
    count += 1;
    return `copy-${count}`;
  });
}

const base = notebook([code('a', 'a = 1', '1'), code('b', 'b = 1'), code('c', 'c = 1')]);

describe('what only one side changed', () => {
  it('is taken: an edit here, an edit there, cells added on both sides, a cell deleted there', () => {
    const mine = notebook([code('a', 'a = 2', '1'), code('new', 'mine'), code('b', 'b = 1'), code('c', 'c = 1')]);
    const theirs = notebook([code('a', 'a = 1', '1'), code('b', 'b = 3'), code('there', 'theirs')]);
    const merge = mergeNotebooks({ base, mine, theirs });
    expect(merge.conflicts).toEqual([]);
    expect(sources(resolved(merge, 'mine'))).toEqual(['a = 2', 'mine', 'b = 3', 'theirs']);
    expect(merge.taken).toEqual({ edited: 1, added: 1, removed: 1, other: false });
  });

  it('is taken within one cell: text from one side, outputs from the other, metadata by key', () => {
    const mine = notebook([code('a', 'a = 2', '1', { tags: ['x'] })]);
    const theirs = notebook([code('a', 'a = 1', '2', { name: 'there' })]);
    const merge = mergeNotebooks({ base: notebook([code('a', 'a = 1', '1')]), mine, theirs });
    expect(merge.conflicts).toEqual([]);
    expect(merge.cells[0]?.cell).toMatchObject({ source: 'a = 2', metadata: { tags: ['x'], name: 'there' } });
    expect(outputsKey(merge.cells[0]?.cell ?? {})).toContain('"2"');
  });

  it('is taken where they moved cells', () => {
    const theirs = notebook([code('c', 'c = 1'), code('a', 'a = 1', '1'), code('b', 'b = 1')]);
    const merge = mergeNotebooks({ base, mine: base, theirs });
    expect(ids(merge)).toEqual(['c', 'a', 'b']);
    expect(merge.taken.other).toBe(true);
  });

  it('is not what a client merely writes otherwise: stream pieces, folding, timings, trust', () => {
    const pieces = [
      { output_type: 'stream', name: 'stdout', text: ['1\n'] },
      { output_type: 'stream', name: 'stdout', text: '2' },
    ];
    const theirs = notebook([
      {
        ...code('a', 'a'),
        source: ['a'],
        outputs: pieces,
        metadata: { trusted: true, collapsed: true, execution: {} },
      },
    ]);
    const mine = notebook([code('a', 'a', '1\n2')]);
    const merge = mergeNotebooks({ base: null, mine, theirs });
    expect(merge.conflicts).toEqual([]);
    expect(merge.taken).toEqual({ edited: 0, added: 0, removed: 0, other: false });
  });
});

describe('what both sides changed', () => {
  const edit = (source: string): JsonObject =>
    notebook([code('a', source, '1'), code('b', 'b = 1'), code('c', 'c = 1')]);

  it('is a conflict with both texts, and mine until it is decided', () => {
    const merge = mergeNotebooks({ base, mine: edit('a = 2'), theirs: edit('a = 3') });
    expect(reasons(merge)).toEqual([['a', 'edited']]);
    expect(sources(resolved(merge, 'mine'))[0]).toBe('a = 2');
    expect(sources(resolved(merge, 'theirs'))[0]).toBe('a = 3');
    const both = resolved(merge, 'both');
    expect(sources(both).slice(0, 2)).toEqual(['a = 2', 'a = 3']);
    expect(cellsOf(both).map(({ id }) => id)).toEqual(['a', 'copy-1', 'b', 'c']);
  });

  it('is no conflict when both made the same of it', () => {
    const merge = mergeNotebooks({ base, mine: edit('a = 2'), theirs: edit('a = 2') });
    expect(merge.conflicts).toEqual([]);
  });

  it('is a conflict where one deleted what the other edited, and the edit stays until it is decided', () => {
    const without = notebook([code('b', 'b = 1'), code('c', 'c = 1')]);
    const there = mergeNotebooks({ base, mine: edit('a = 2'), theirs: without });
    expect(reasons(there)).toEqual([['a', 'deleted-there']]);
    expect(sources(resolveMerge(there, new Map(), 'mine', () => 'x'))).toEqual(['a = 2', 'b = 1', 'c = 1']);
    expect(sources(resolved(there, 'theirs'))).toEqual(['b = 1', 'c = 1']);
    const here = mergeNotebooks({ base, mine: without, theirs: edit('a = 2') });
    expect(reasons(here)).toEqual([['a', 'deleted-here']]);
    expect(sources(resolveMerge(here, new Map(), 'mine', () => 'x'))).toEqual(['a = 2', 'b = 1', 'c = 1']);
    expect(sources(resolved(here, 'both'))).toEqual(['a = 2', 'b = 1', 'c = 1']);
  });

  it('is a question of its own for the metadata of the notebook, but not for what kernels write there', () => {
    const merge = mergeNotebooks({
      base: notebook([], { title: 'old', kernelspec: { name: 'a' } }),
      mine: notebook([], { title: 'mine', kernelspec: { name: 'b' } }),
      theirs: notebook([], { title: 'theirs', kernelspec: { name: 'c' }, authors: ['x'] }),
    });
    expect(merge.metadataConflicts).toEqual(['title']);
    const metadata = (side: 'mine' | 'theirs'): unknown => resolveMerge(merge, new Map(), side, () => 'x').metadata;
    expect(metadata('mine')).toEqual({ title: 'mine', kernelspec: { name: 'b' }, authors: ['x'] });
    expect(metadata('theirs')).toEqual({ title: 'theirs', kernelspec: { name: 'b' }, authors: ['x'] });
  });

  it('is every difference, when nobody knows what both began from', () => {
    const merge = mergeNotebooks({ base: null, mine: edit('a = 2'), theirs: edit('a = 3') });
    expect(reasons(merge)).toEqual([['a', 'edited']]);
  });
});

describe('cells without ids', () => {
  const bare = (source: string): Cell => ({
    cell_type: 'code',
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  });

  it('are known by their text, and by their place where only they changed', () => {
    const theirs = { ...notebook([bare('a = 1'), bare('b = 9'), bare('c = 1'), bare('d = 1')]), nbformat_minor: 4 };
    const known = notebook([code('a', 'a = 1'), code('b', 'b = 1'), code('c', 'c = 1')]);
    const mine = notebook([code('a', 'a = 1'), code('b', 'b = 1'), code('c', 'c = 2')]);
    const merge = mergeNotebooks({ base: known, mine, theirs });
    expect(merge.conflicts).toEqual([]);
    expect(ids(merge).slice(0, 3)).toEqual(['a', 'b', 'c']);
    expect(sources(resolved(merge, 'mine'))).toEqual(['a = 1', 'b = 9', 'c = 2', 'd = 1']);
  });

  it('are told apart when two claim the same id', () => {
    const twice = nameCells([code('a', '1'), code('a', '2')], [], 'x');
    expect(twice.map(({ id }) => id)).toEqual(['a', 'x-1']);
  });

  it('are matched in order', () => {
    expect(pairUp(['a', 'x', 'b', 'c'], ['a', 'b', 'y', 'c'])).toEqual([
      [0, 0],
      [2, 1],
      [3, 3],
    ]);
  });
});

describe('the order of cells', () => {
  it('puts what the other side added behind the same neighbour, after what this side added there', () => {
    const kept = new Set(['a', 'b', 'm', 't', 'u']);
    expect(mergeOrder(['a', 'b'], ['a', 'm', 'b'], ['t', 'a', 'u', 'b'], kept)).toEqual(['t', 'a', 'm', 'u', 'b']);
  });
});

// --- Properties ---------------------------------------------------------------------------------------------------

const cell = fc.record({
  id: fc.constantFrom(...'abcdefgh'),
  source: fc.constantFrom('1', '2', '3'),
  output: fc.constantFrom('', 'x', 'y'),
});
const anyNotebook = fc
  .uniqueArray(cell, { selector: ({ id }) => id, maxLength: 8 })
  .map((cells) => notebook(cells.map(({ id, source, output }) => code(id, source, output))));
const threeNotebooks = fc.record({ base: anyNotebook, mine: anyNotebook, theirs: anyNotebook });

const find = (value: JsonObject, id: string): Cell | undefined => cellsOf(value).find((one) => one.id === id);

/** Everything of the merge that a person can still get: what stands, and what the conflicts offer. */
function reachable(merge: NotebookMerge, id: string): Cell[] {
  const found = merge.cells.find((one) => one.id === id);
  return found === undefined
    ? []
    : [found.cell, found.conflict?.mine, found.conflict?.theirs].filter((one) => isObject(one));
}

describe('whatever the three versions are', () => {
  it('no edit of either side is out of reach', () => {
    fc.assert(
      fc.property(threeNotebooks, (three) => {
        const merge = mergeNotebooks(three);
        for (const side of [three.mine, three.theirs]) {
          for (const one of cellsOf(side)) {
            const before = find(three.base, String(one.id));
            const offered = reachable(merge, String(one.id));
            if (before === undefined || inputKey(before) !== inputKey(one)) {
              expect(offered.map(inputKey)).toContain(inputKey(one));
            }
            if (before === undefined || outputsKey(before) !== outputsKey(one)) {
              expect(offered.map(outputsKey)).toContain(outputsKey(one));
            }
          }
        }
      }),
    );
  });

  it('a cell is gone only when one side deleted it and the other had left it alone', () => {
    fc.assert(
      fc.property(threeNotebooks, (three) => {
        const present = new Set(ids(mergeNotebooks(three)));
        for (const id of 'abcdefgh') {
          const [before, mine, theirs] = [find(three.base, id), find(three.mine, id), find(three.theirs, id)];
          const left = mine ?? theirs;
          if (left !== undefined && !present.has(id)) {
            expect(mine === undefined || theirs === undefined).toBe(true);
            expect(before !== undefined && isSameCell(before, left)).toBe(true);
          }
          if (left === undefined) expect(present.has(id)).toBe(false);
        }
      }),
    );
  });

  it('who did nothing gets the work of the other, whole and in order', () => {
    fc.assert(
      fc.property(anyNotebook, anyNotebook, (from, to) => {
        const taken = mergeNotebooks({ base: from, mine: from, theirs: to });
        expect(taken.conflicts).toEqual([]);
        expect(cellsOf(resolved(taken, 'mine'))).toEqual(cellsOf(to));
        const kept = mergeNotebooks({ base: from, mine: to, theirs: from });
        expect(kept.conflicts).toEqual([]);
        expect(cellsOf(resolved(kept, 'mine'))).toEqual(cellsOf(to));
      }),
    );
  });

  it('both sides see the same conflicts', () => {
    fc.assert(
      fc.property(threeNotebooks, ({ base: from, mine, theirs }) => {
        const here = mergeNotebooks({ base: from, mine, theirs }).conflicts.map(({ id }) => id);
        const there = mergeNotebooks({ base: from, mine: theirs, theirs: mine }).conflicts.map(({ id }) => id);
        expect(new Set(here)).toEqual(new Set(there));
      }),
    );
  });

  it('merging again with what was merged changes nothing', () => {
    fc.assert(
      fc.property(threeNotebooks, (three) => {
        const once = resolved(mergeNotebooks(three), 'mine');
        const again = mergeNotebooks({ base: three.theirs, mine: once, theirs: three.theirs });
        expect(again.conflicts).toEqual([]);
        expect(cellsOf(resolved(again, 'mine'))).toEqual(cellsOf(once));
      }),
    );
  });

  it('every cell of the result has an id of its own, however broken the ids were', () => {
    const broken = fc
      .array(
        fc.record({
          id: fc.constantFrom(undefined, '', 'a', 'b', 'mine-1', 'theirs-1', 7),
          source: fc.constantFrom('1', '2'),
        }),
      )
      .map((cells) => notebook(cells.map(({ id, source }) => ({ ...code('', source), id }))));
    fc.assert(
      fc.property(broken, broken, fc.option(broken), (mine, theirs, from) => {
        const merge = mergeNotebooks({ base: from, mine, theirs });
        const all = cellsOf(resolved(merge, 'both')).map((one) => objectOrEmpty(one).id);
        expect(all.every((id) => typeof id === 'string' && id !== '')).toBe(true);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});
