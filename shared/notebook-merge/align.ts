/**
 * Gives every cell an id, so that the cells of three notebooks can be laid side by side. Pure.
 *
 * Files before nbformat 4.5 have no ids, and damaged ones have the same id twice. Such a cell takes the id of the cell
 * of the reference that it evidently is (the same text in the same order, or the only one in its place), else a new one.
 */
import { isObject, type JsonObject } from '../outputs/json.ts';
import { type Cell, inputKey } from './fields.ts';

/** Beyond this the table of comparisons would cost seconds; then only equal beginnings and ends are matched. */
const comparisonsMax = 4_000_000;

export interface NamedCell {
  readonly id: string;
  readonly cell: Cell;
}

export function cellsOf(notebook: JsonObject | null): readonly Cell[] {
  return Array.isArray(notebook?.cells) ? notebook.cells.filter(isObject) : [];
}

/** The cells with an id each, none of them twice. `label` begins the ids that are made up. */
export function nameCells(cells: readonly Cell[], reference: readonly NamedCell[], label: string): NamedCell[] {
  const taken = new Set<string>();
  const names = cells.map(({ id }) => {
    if (typeof id !== 'string' || id === '' || taken.has(id)) return null;
    taken.add(id);
    return id;
  });
  if (names.includes(null)) {
    matchByText(cells, names, reference, taken);
  }
  let count = 0;
  return cells.map((cell, index) => {
    let id = names[index] ?? null;
    while (id === null) {
      count += 1;
      const made = `${label}-${count}`;
      id = taken.has(made) || reference.some((other) => other.id === made) ? null : made;
    }
    taken.add(id);
    return { id, cell };
  });
}

function matchByText(
  cells: readonly Cell[],
  names: (string | null)[],
  reference: readonly NamedCell[],
  taken: Set<string>,
): void {
  const nameless = names.flatMap((name, index) => (name === null ? [index] : []));
  const free = reference.filter(({ id }) => !taken.has(id));
  const left = nameless.map((index) => inputKey(cells[index] ?? {}));
  const right = free.map(({ cell }) => inputKey(cell));
  const pairs = pairUp(left, right);
  for (const [a, b] of [...pairs, ...pairGaps(left.length, right.length, pairs)]) {
    const index = nameless[a];
    const id = free[b]?.id;
    if (index !== undefined && id !== undefined) {
      names[index] = id;
      taken.add(id);
    }
  }
}

type Pair = readonly [number, number];

/** The longest common subsequence, with equal beginnings and ends taken off first. */
export function pairUp(left: readonly string[], right: readonly string[]): Pair[] {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let tail = 0;
  const most = Math.min(left.length, right.length) - start;
  while (tail < most && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail += 1;
  const pairs: Pair[] = [];
  for (let i = 0; i < start; i += 1) pairs.push([i, i]);
  const [a, b] = [left.slice(start, left.length - tail), right.slice(start, right.length - tail)];
  if (a.length * b.length <= comparisonsMax) {
    for (const [i, j] of longestCommon(a, b)) pairs.push([i + start, j + start]);
  }
  for (let i = tail; i > 0; i -= 1) pairs.push([left.length - i, right.length - i]);
  return pairs;
}

function longestCommon(a: readonly string[], b: readonly string[]): Pair[] {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: Pair[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      pairs.push([i, j]);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      i += 1;
    } else {
      j += 1;
    }
  }
  return pairs;
}

/** Between two pairs, as many cells on either side: each is taken for an edit of its counterpart. */
function pairGaps(leftLength: number, rightLength: number, pairs: readonly Pair[]): Pair[] {
  const found: Pair[] = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...pairs, [leftLength, rightLength] as const]) {
    if (a - i === b - j) {
      for (let step = 0; step < a - i; step += 1) found.push([i + step, j + step]);
    }
    [i, j] = [a + 1, b + 1];
  }
  return found;
}
