/**
 * A notebook as a snapshot keeps it, read leniently: what a time line needs of it and nothing else.
 */
import * as v from 'valibot';
import { isObject, joinedText, type JsonObject, objectOrEmpty } from '../outputs/json.ts';

/**
 * Body of a `snapshot` entry. `loaded` and `saved`: the notebook of the file, outputs included. `edited`: as the person
 * had it at `timeMs`, without outputs. Journals of version 1 only know saved ones and say neither.
 */
export const snapshotBody = v.object({
  hash: v.string(),
  reason: v.optional(v.picklist(['loaded', 'saved', 'edited']), 'saved'),
  timeMs: v.optional(v.nullable(v.number()), null),
});
export type SnapshotBody = v.InferOutput<typeof snapshotBody>;

export interface SnapshotCell {
  readonly id: string;
  /** The cell without source and outputs, ready to be completed. */
  readonly rest: JsonObject;
  readonly type: string;
  readonly source: string;
  readonly outputs: readonly unknown[];
  readonly executionCount: number | null;
  /** Two cells with equal keys look alike but for their outputs. */
  readonly key: string;
}

export interface SnapshotNotebook {
  readonly order: readonly string[];
  readonly cells: ReadonlyMap<string, SnapshotCell>;
  readonly metadata: JsonObject;
}

/** More cells than any notebook has: a hostile one must not grow every moment. */
const cellsMax = 20_000;

function cellOf(value: unknown, index: number): SnapshotCell {
  const { source: rawSource, outputs, execution_count: count, ...rest } = objectOrEmpty(value);
  const id = typeof rest.id === 'string' && rest.id !== '' ? rest.id.slice(0, 128) : `cell-${index + 1}`;
  const type = typeof rest.cell_type === 'string' ? rest.cell_type : 'raw';
  const source = joinedText(rawSource) ?? '';
  return {
    id,
    rest: { ...rest, id, cell_type: type, metadata: objectOrEmpty(rest.metadata) },
    type,
    source,
    outputs: Array.isArray(outputs) ? outputs.filter(isObject) : [],
    executionCount: typeof count === 'number' && Number.isInteger(count) ? count : null,
    key: JSON.stringify([source, rest]),
  };
}

/** `null` when the text is no notebook. */
export function readSnapshot(text: string): SnapshotNotebook | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || !Array.isArray(value.cells)) {
    return null;
  }
  const cells = new Map<string, SnapshotCell>();
  for (const [index, raw] of value.cells.slice(0, cellsMax).entries()) {
    const cell = cellOf(raw, index);
    if (!cells.has(cell.id)) {
      cells.set(cell.id, cell);
    }
  }
  return { order: [...cells.keys()], cells, metadata: objectOrEmpty(value.metadata) };
}
