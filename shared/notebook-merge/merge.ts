/**
 * Three versions of a notebook made into one: what both began from, mine, and theirs. Pure.
 *
 * What only one side changed is taken. What both changed differently is a conflict that a person decides, cell by
 * cell. A cell is dropped only where one side deleted it and the other left it as it was. Whatever is decided later,
 * the merge itself holds every cell and every edit of both sides.
 */
import { type JsonObject, objectOrEmpty } from '../outputs/json.ts';
import { cellsOf, nameCells, type NamedCell } from './align.ts';
import {
  type Cell,
  inputKey,
  isSameCell,
  mergeMetadata,
  metadataKeys,
  outputsKey,
  sideThatChanged,
  type Side,
} from './fields.ts';

export interface Sides {
  /** What both began from; `null` when nobody knows: then every difference is a conflict. */
  readonly base: JsonObject | null;
  readonly mine: JsonObject;
  readonly theirs: JsonObject;
}

export type ConflictReason = 'edited' | 'outputs' | 'metadata' | 'deleted-there' | 'deleted-here';

export interface Conflict {
  readonly id: string;
  readonly reason: ConflictReason;
  readonly base: Cell | null;
  /** The cell as it would be with my side of what is in conflict; `null` when I deleted it. */
  readonly mine: Cell | null;
  readonly theirs: Cell | null;
}

export type Choice = Side | 'both';

export interface MergedCell {
  readonly id: string;
  readonly cell: Cell;
  readonly conflict: Conflict | null;
}

/** What the other side did that was taken over without a question. */
export interface Taken {
  readonly edited: number;
  readonly added: number;
  readonly removed: number;
  /** Cells were moved there, or the notebook's metadata changed. */
  readonly other: boolean;
}

export interface NotebookMerge {
  readonly cells: readonly MergedCell[];
  readonly conflicts: readonly Conflict[];
  /** The notebook but for its cells. Keys of metadata in conflict have my value. */
  readonly frame: JsonObject;
  readonly theirMetadata: JsonObject;
  readonly metadataConflicts: readonly string[];
  readonly taken: Taken;
}

/** Written by whichever kernel was last connected. */
const kernelKeys: ReadonlySet<string> = new Set(['kernelspec', 'language_info', 'orig_nbformat']);

export function mergeNotebooks({ base, mine, theirs }: Sides): NotebookMerge {
  const myCells = nameCells(cellsOf(mine), [], 'mine');
  const baseCells = nameCells(cellsOf(base), myCells, 'base');
  const theirCells = nameCells(
    cellsOf(theirs),
    base === null ? myCells : [...baseCells, ...newIn(myCells, baseCells)],
    'theirs',
  );
  const [ofBase, ofMine, ofTheirs] = [byId(baseCells), byId(myCells), byId(theirCells)];
  const merged = new Map<string, MergedCell>();
  let [edited, added, removed] = [0, 0, 0];
  for (const id of new Set([...ofMine.keys(), ...ofTheirs.keys()])) {
    const cell = mergeCell(id, ofBase.get(id) ?? null, ofMine.get(id) ?? null, ofTheirs.get(id) ?? null);
    const before = ofMine.get(id);
    if (cell === null) {
      if (before !== undefined) removed += 1;
      continue;
    }
    merged.set(id, cell);
    if (cell.conflict === null && before === undefined) added += 1;
    else if (cell.conflict === null && before !== undefined && !isSameCell(before, cell.cell)) edited += 1;
  }
  const ids = [baseCells, myCells, theirCells].map((cells) => cells.map(({ id }) => id));
  const [baseOrder = [], myOrder = [], theirOrder = []] = ids;
  const order = mergeOrder(baseOrder, myOrder, theirOrder, new Set(merged.keys()));
  const cells = order.flatMap((id) => merged.get(id) ?? []);
  const [baseMeta, myMeta, theirMeta] = [base, mine, theirs].map((one) => objectOrEmpty(one?.metadata));
  const metadata = mergeMetadata(baseMeta ?? {}, myMeta ?? {}, theirMeta ?? {}, kernelKeys);
  return {
    cells,
    conflicts: cells.flatMap(({ conflict }) => conflict ?? []),
    frame: { ...theirs, ...mine, ...versionOf(mine, theirs), metadata: metadata.metadata, cells: [] },
    theirMetadata: theirMeta ?? {},
    metadataConflicts: metadata.conflicts,
    taken: {
      edited,
      added,
      removed,
      other:
        !isSameOrder(
          myOrder.filter((id) => merged.has(id)),
          order.filter((id) => ofMine.has(id)),
        ) || !isSameText(metadataKeys(myMeta ?? {}), metadataKeys(metadata.metadata)),
    },
  };
}

/** The notebook once everything is decided. What is not named in `choices` stays mine; nothing that exists is dropped. */
export function resolveMerge(
  merge: NotebookMerge,
  choices: ReadonlyMap<string, Choice>,
  metadataChoice: Side,
  newId: () => string,
): JsonObject {
  const cells = merge.cells.flatMap(({ cell, conflict }) => {
    if (conflict === null) return [cell];
    const choice = choices.get(conflict.id) ?? (conflict.mine === null ? 'theirs' : 'mine');
    if (choice !== 'both') return conflict[choice] ?? [];
    return [conflict.mine, conflict.theirs === null ? null : { ...conflict.theirs, id: newId() }].filter(
      (one) => one !== null,
    );
  });
  const metadata = { ...objectOrEmpty(merge.frame.metadata) };
  if (metadataChoice === 'theirs') {
    for (const key of merge.metadataConflicts) {
      if (Object.hasOwn(merge.theirMetadata, key)) metadata[key] = merge.theirMetadata[key];
      else delete metadata[key];
    }
  }
  return { ...merge.frame, metadata, cells };
}

function byId(cells: readonly NamedCell[]): Map<string, Cell> {
  return new Map(cells.map(({ id, cell }) => [id, { ...cell, id }]));
}

function newIn(cells: readonly NamedCell[], known: readonly NamedCell[]): NamedCell[] {
  const ids = new Set(known.map(({ id }) => id));
  return cells.filter(({ id }) => !ids.has(id));
}

/** `null` where the cell is gone: deleted by one side, untouched by the other. */
function mergeCell(id: string, base: Cell | null, mine: Cell | null, theirs: Cell | null): MergedCell | null {
  if (mine !== null && theirs !== null) {
    return mergeBoth(id, base, mine, theirs);
  }
  const cell = mine ?? theirs;
  if (cell === null) return null;
  if (base === null) return { id, cell, conflict: null };
  if (isSameCell(base, cell)) return null;
  const reason = mine === null ? 'deleted-here' : 'deleted-there';
  return { id, cell, conflict: { id, reason, base, mine, theirs } };
}

function mergeBoth(id: string, base: Cell | null, mine: Cell, theirs: Cell): MergedCell {
  const input = sideThatChanged(base === null ? undefined : inputKey(base), inputKey(mine), inputKey(theirs));
  const outputs = sideThatChanged(base === null ? undefined : outputsKey(base), outputsKey(mine), outputsKey(theirs));
  const metadata = mergeMetadata(
    objectOrEmpty(base?.metadata),
    objectOrEmpty(mine.metadata),
    objectOrEmpty(theirs.metadata),
  );
  const sides = { mine, theirs };
  const compose = (preferred: Side): Cell => {
    const written = sides[input ?? preferred];
    const shown = sides[outputs ?? preferred];
    const meant = preferred === 'mine' ? metadata.metadata : withTheirs(metadata.metadata, theirs, metadata.conflicts);
    return composeCell(id, written, shown, meant);
  };
  const hasConflict = input === null || outputs === null || metadata.conflicts.length > 0;
  const cell = compose('mine');
  if (!hasConflict) return { id, cell, conflict: null };
  const reason = input === null ? 'edited' : outputs === null ? 'outputs' : 'metadata';
  return { id, cell, conflict: { id, reason, base, mine: cell, theirs: compose('theirs') } };
}

function withTheirs(metadata: JsonObject, theirs: Cell, keys: readonly string[]): JsonObject {
  const of = objectOrEmpty(theirs.metadata);
  const kept = Object.entries(metadata).filter(([key]) => !keys.includes(key));
  return Object.fromEntries([...kept, ...keys.filter((key) => Object.hasOwn(of, key)).map((key) => [key, of[key]])]);
}

/** What is written from one side, what is shown from another. Only code cells show something. */
function composeCell(id: string, written: Cell, shown: Cell, metadata: JsonObject): Cell {
  const { outputs: _outputs, execution_count: _count, ...rest } = written;
  const cell = { ...rest, id, metadata };
  if (written.cell_type !== 'code') return cell;
  return { ...cell, outputs: shown.outputs ?? [], execution_count: shown.execution_count ?? null };
}

/**
 * My order, or theirs where only they moved cells; cells that the leading order does not have follow the cell that
 * stands before them on their own side.
 */
export function mergeOrder(
  base: readonly string[],
  mine: readonly string[],
  theirs: readonly string[],
  kept: ReadonlySet<string>,
): string[] {
  const everywhere = new Set(base.filter((id) => mine.includes(id) && theirs.includes(id)));
  const common = (order: readonly string[]): string[] => order.filter((id) => everywhere.has(id));
  const isMoved = (order: readonly string[]): boolean => !isSameOrder(common(order), common(base));
  const [lead, other] = isMoved(theirs) && !isMoved(mine) ? [theirs, mine] : [mine, theirs];
  const result = lead.filter((id) => kept.has(id));
  const placed = new Set(result);
  const inOther = new Set(other);
  let before: string | null = null;
  for (const id of other) {
    if (!kept.has(id)) continue;
    if (!placed.has(id)) {
      let at: number = before === null ? 0 : result.indexOf(before) + 1;
      // Both added cells in the same place: those of the leading order stand first.
      while (at < result.length && !inOther.has(result[at] ?? '')) at += 1;
      result.splice(at, 0, id);
      placed.add(id);
    }
    before = id;
  }
  return result;
}

function isSameOrder(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}

function isSameText(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([key, value]) => right.get(key) === value);
}

/** The newer of the two formats: cells of it may be among those that were taken. */
function versionOf(mine: JsonObject, theirs: JsonObject): JsonObject {
  const minor = Math.max(numberOf(mine.nbformat_minor), numberOf(theirs.nbformat_minor), 5);
  return { nbformat: 4, nbformat_minor: minor };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : 0;
}
