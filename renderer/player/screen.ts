/**
 * What the player shows of a session at a moment: the cells, their order, when. Pure.
 *
 * The main process answers a moment whole, or only what is different from the moment that is on the screen.
 */
import type { Moment, MomentCell } from '../../shared/ipc/playback.ts';

export interface Screen {
  readonly seq: number;
  readonly timeMs: number;
  readonly kernelState: Moment['kernelState'];
  readonly order: readonly string[];
  readonly cells: ReadonlyMap<string, MomentCell>;
  readonly metadata: Record<string, unknown>;
  /** Cells that are different from the screen before. */
  readonly changed: ReadonlySet<string>;
}

export function wholeScreen(moment: Moment): Screen {
  const cells = new Map(moment.cells.map((cell) => [idOf(cell), cell]));
  return { ...headOf(moment), cells, changed: new Set(cells.keys()) };
}

/** The screen after a difference. `null` when the difference does not fit it: then the whole moment is asked for. */
export function nextScreen(before: Screen, difference: Moment): Screen | null {
  const different = new Map(difference.cells.map((cell) => [idOf(cell), cell]));
  const cells = new Map<string, MomentCell>();
  for (const id of difference.order) {
    const cell = different.get(id) ?? before.cells.get(id);
    if (cell === undefined) return null;
    cells.set(id, cell);
  }
  return { ...headOf(difference), cells, changed: new Set(different.keys()) };
}

function headOf({ seq, timeMs, kernelState, order, metadata }: Moment): Omit<Screen, 'cells' | 'changed'> {
  return { seq, timeMs, kernelState, order, metadata };
}

export function idOf(cell: MomentCell): string {
  return typeof cell.cell['id'] === 'string' ? cell.cell['id'] : '';
}

/** The cell in which something happened last, of those that are different; null when none is. */
export function latestChange({ order, changed, cells }: Screen): string | null {
  let latest: string | null = null;
  let latestMs = Number.NEGATIVE_INFINITY;
  for (const id of order) {
    const cell = changed.has(id) ? cells.get(id) : undefined;
    if (cell === undefined) continue;
    const { startedTimeMs, endedTimeMs, origins } = cell;
    const timeMs = Math.max(startedTimeMs ?? 0, endedTimeMs ?? 0, ...origins.map(({ lastTimeMs }) => lastTimeMs));
    if (timeMs >= latestMs) {
      latest = id;
      latestMs = timeMs;
    }
  }
  return latest;
}

/** How a cell at one moment differs from the same cell at an earlier one. */
export type Difference = 'new' | 'gone' | 'source' | 'outputs' | 'state';

/** What is different in `after`, by cell, in the order of the notebook; cells that are gone come last. */
export function compareScreens(before: Screen, after: Screen): Map<string, Difference> {
  const found = new Map<string, Difference>();
  for (const id of after.order) {
    const now = after.cells.get(id);
    const then = before.cells.get(id);
    if (now === undefined) continue;
    const difference = then === undefined ? 'new' : differenceOf(then, now);
    if (difference !== null) found.set(id, difference);
  }
  for (const id of before.order) {
    if (!after.cells.has(id)) found.set(id, 'gone');
  }
  return found;
}

function differenceOf(then: MomentCell, now: MomentCell): Difference | null {
  if (then === now) return null;
  if (!sameJson(then.cell['outputs'], now.cell['outputs'])) return 'outputs';
  if (!sameJson(then.cell['source'], now.cell['source']) || then.cell['cell_type'] !== now.cell['cell_type']) {
    return 'source';
  }
  return then.state === now.state && then.msgId === now.msgId ? null : 'state';
}

/** Whether two values of JSON say the same. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((value: unknown, index) => sameJson(value, b[index]))
    );
  }
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && sameJson(value, right.get(key)));
}
