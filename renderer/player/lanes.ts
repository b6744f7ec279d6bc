/**
 * The lanes of the time line: a cell each, with its runs as bars and its marks. Pure.
 *
 * A session may have hundreds of thousands of runs and a lane has a thousand pixels: bars that fall onto the same
 * pixels are drawn once, but a failed one is never hidden by those around it.
 */
import type { PlaybackInfo, PlaybackMark, PlaybackRun } from '../../shared/ipc/playback.ts';
import type { Scale, View } from './scale.ts';

export interface Lane {
  /** Null for what was run without a cell. */
  readonly cellId: string | null;
  readonly label: string;
  readonly isGone: boolean;
  /** From the earliest to the latest. */
  readonly runs: readonly PlaybackRun[];
  readonly marks: readonly PlaybackMark[];
}

export function lanesOf(info: PlaybackInfo): Lane[] {
  const runs = byCell(info.runs);
  const marks = byCell(info.marks);
  const known = new Set(info.cells.map(({ cellId }) => cellId));
  const lanes = info.cells.map(
    ({ cellId, label, isGone }): Lane => ({
      cellId,
      label,
      isGone,
      runs: (runs.get(cellId) ?? []).toSorted(byStart),
      marks: marks.get(cellId) ?? [],
    }),
  );
  const others = info.runs.filter(({ cellId }) => cellId === null || !known.has(cellId)).toSorted(byStart);
  return others.length === 0
    ? lanes
    : [...lanes, { cellId: null, label: 'Outside of the notebook', isGone: false, runs: others, marks: [] }];
}

function byCell<Item extends { readonly cellId: string | null }>(items: readonly Item[]): Map<string | null, Item[]> {
  const groups = new Map<string | null, Item[]>();
  for (const item of items) {
    const group = groups.get(item.cellId);
    if (group === undefined) groups.set(item.cellId, [item]);
    else group.push(item);
  }
  return groups;
}

const startOf = (run: PlaybackRun): number => run.startedTimeMs ?? run.submittedTimeMs;

function byStart(a: PlaybackRun, b: PlaybackRun): number {
  return startOf(a) - startOf(b);
}

/** A bar on a lane, in pixels. */
export interface Bar {
  readonly x: number;
  readonly width: number;
  readonly look: 'ok' | 'error' | 'aborted' | 'running' | 'waiting';
}

/** Narrower bars are not seen. */
const barMin = 3;

export function barsOf(
  runs: readonly PlaybackRun[],
  toX: (timeMs: number) => number,
  width: number,
  nowMs: number,
): Bar[] {
  const bars: Bar[] = [];
  const failed: Bar[] = [];
  let covered = Number.NEGATIVE_INFINITY;
  for (const run of runs) {
    const from = toX(startOf(run));
    const to = toX(run.endedTimeMs ?? nowMs);
    const waited = run.startedTimeMs === null ? from : toX(run.submittedTimeMs);
    if (to < 0 || waited > width) continue;
    if (from - waited >= 2) bars.push({ x: waited, width: from - waited, look: 'waiting' });
    const look = lookOf(run);
    const bar = { x: from, width: Math.max(barMin, to - from), look };
    if (look === 'error') {
      failed.push(bar);
    } else if (bar.x + bar.width > covered + 0.5) {
      bars.push(bar);
      covered = bar.x + bar.width;
    }
  }
  return [...bars, ...failed];
}

function lookOf(run: PlaybackRun): Bar['look'] {
  if (run.endedTimeMs === null) return run.startedTimeMs === null ? 'waiting' : 'running';
  return run.status === 'error' || run.status === 'aborted' ? run.status : 'ok';
}

/** The run under a point of a lane, the latest of several. */
export function runAt(
  runs: readonly PlaybackRun[],
  timeMs: number,
  slackMs: number,
  nowMs: number,
): PlaybackRun | null {
  return (
    runs.findLast((run) => startOf(run) - slackMs <= timeMs && timeMs <= (run.endedTimeMs ?? nowMs) + slackMs) ?? null
  );
}

/** The mark under a point, of several the one that says most: what is short is harder to hit. */
export function markAt(marks: readonly PlaybackMark[], timeMs: number, slackMs: number): PlaybackMark | null {
  const near = marks.filter(
    ({ kind, fromTimeMs, toTimeMs }) =>
      kind !== 'snapshot' && fromTimeMs - slackMs <= timeMs && timeMs <= toTimeMs + slackMs,
  );
  const length = ({ fromTimeMs, toTimeMs }: PlaybackMark): number => toTimeMs - fromTimeMs;
  return near.toSorted((a, b) => length(a) - length(b))[0] ?? null;
}

/** From times to pixels of a line that is so wide, and back. */
export interface Ruler {
  toX(timeMs: number): number;
  toTime(x: number): number;
}

export function createRuler(scale: Scale, view: View, width: number): Ruler {
  const length = view.to - view.from;
  return {
    toX: (timeMs) => ((scale.toPlace(timeMs) - view.from) / length) * width,
    toTime: (x) => scale.toTime(view.from + (x / Math.max(1, width)) * length),
  };
}
