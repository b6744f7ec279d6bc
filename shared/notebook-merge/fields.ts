/**
 * What of a cell can be changed on its own: its input, its outputs, each key of its metadata. Pure.
 *
 * Two sides may change different parts of one cell without being in each other's way. What counts as a difference is
 * what a person could see: how a client cuts a stream into pieces, or which cells are folded, does not.
 */
import { isObject, type JsonObject, joinedText, objectOrEmpty, sortedCopy, stringOr } from '../outputs/json.ts';
import { normalizeOutputs } from '../outputs/normalize.ts';

/** A cell as nbformat writes it. */
export type Cell = JsonObject;

/** How a cell looks on the screen, and what clients note about a run. Never worth a question. */
const viewKeys: ReadonlySet<string> = new Set(['collapsed', 'scrolled', 'trusted', 'execution', 'ExecuteTime']);
/** Within `metadata.jupyter`, the same. */
const jupyterViewKeys: ReadonlySet<string> = new Set(['source_hidden', 'outputs_hidden']);

export function sourceOf(cell: Cell): string {
  return joinedText(cell.source) ?? '';
}

export function typeOf(cell: Cell): string {
  return stringOr(cell.cell_type, 'raw');
}

/** What was written into the cell, as text to compare: type, source, attachments. */
export function inputKey(cell: Cell): string {
  return JSON.stringify([typeOf(cell), sourceOf(cell), sortedCopy(objectOrEmpty(cell.attachments))]);
}

/** What the cell shows below, as text to compare. */
export function outputsKey(cell: Cell): string {
  return Array.isArray(cell.outputs) ? JSON.stringify(normalizeOutputs(cell.outputs)) : '[]';
}

/** Metadata that a person meant, by key, as texts to compare. */
export function metadataKeys(metadata: JsonObject): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [key, value] of Object.entries(metadata)) {
    const meant = key === 'jupyter' && isObject(value) ? withoutViewKeys(value) : value;
    const isEmpty = isObject(meant) && key === 'jupyter' && Object.keys(meant).length === 0;
    if (!viewKeys.has(key) && !isEmpty && value !== undefined) {
      keys.set(key, JSON.stringify(sortedCopy(meant)));
    }
  }
  return keys;
}

function withoutViewKeys(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !jupyterViewKeys.has(key)));
}

/** Whether the two differ in nothing that a person would miss. */
export function isSameCell(left: Cell, right: Cell): boolean {
  return (
    inputKey(left) === inputKey(right) &&
    outputsKey(left) === outputsKey(right) &&
    isSameMap(metadataKeys(objectOrEmpty(left.metadata)), metadataKeys(objectOrEmpty(right.metadata)))
  );
}

function isSameMap(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([key, value]) => right.get(key) === value);
}

export type Side = 'mine' | 'theirs';

/**
 * Which side's value stands, given whether each equals the base and whether both are the same; `null` when both
 * changed it to different things.
 */
export function sideThatChanged(base: string | undefined, mine: string | undefined, theirs: string | undefined) {
  if (mine === theirs || theirs === base) return 'mine' as const;
  return mine === base ? ('theirs' as const) : null;
}

export interface MergedMetadata {
  readonly metadata: JsonObject;
  /** Keys that both sides set to different values. `metadata` has mine. */
  readonly conflicts: readonly string[];
}

/** Three-way by key. Keys in `quiet`, and view state, never conflict: mine stands when both changed them. */
export function mergeMetadata(
  base: JsonObject,
  mine: JsonObject,
  theirs: JsonObject,
  quiet: ReadonlySet<string> = new Set(),
): MergedMetadata {
  const meant = [base, mine, theirs].map(metadataKeys);
  const [ofBase, ofMine, ofTheirs] = meant;
  const conflicts: string[] = [];
  const merged = new Map<string, unknown>();
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const isMeant = meant.some((keys) => keys.has(key));
    const side = isMeant
      ? sideThatChanged(ofBase?.get(key), ofMine?.get(key), ofTheirs?.get(key))
      : sideThatChanged(text(base[key]), text(mine[key]), text(theirs[key]));
    if (side === null && isMeant && !quiet.has(key)) conflicts.push(key);
    const from = side === 'theirs' ? theirs : mine;
    if (Object.hasOwn(from, key) && from[key] !== undefined) merged.set(key, from[key]);
  }
  return { metadata: Object.fromEntries(merged), conflicts };
}

function text(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(sortedCopy(value));
}
