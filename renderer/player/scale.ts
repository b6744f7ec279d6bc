/**
 * Where a time stands on the time line, and which time stands at a place of it. Pure.
 *
 * A session is hours of nothing and minutes of everything. Long quiet stretches are folded: each takes a small fixed
 * share of the line, and the rest of the line is the time in which something happened, to scale. Places are fractions
 * of the whole line, from 0 to 1; what of it is on the screen is the matter of `View`.
 */

/** A quiet stretch that is drawn folded. */
export interface Fold {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly folds: readonly Fold[];
  /** The place of a time. Times outside of the line stand at its ends. */
  toPlace(timeMs: number): number;
  toTime(place: number): number;
}

/** Shorter pauses are part of the rhythm of work, and worth their place on the line. */
export const foldMinMs = 20_000;
/** A pause is folded when it takes more than this share of the session. */
const foldMinShare = 0.06;
/** What a fold takes of the line: room for its mark. All of them together never take more than the second number. */
const foldShare = 0.022;
const foldsShareMax = 0.3;

/**
 * The quiet stretches of a session that are worth folding.
 * @param activity messages in equal stretches of time from `fromMs` to `activityToMs`
 * @param toMs where the line ends: later than the activity while a session runs
 */
export function foldsOf(activity: readonly number[], fromMs: number, activityToMs: number, toMs: number): Fold[] {
  const stepMs = activity.length === 0 ? 0 : (activityToMs - fromMs) / activity.length;
  const minMs = Math.max(foldMinMs, (toMs - fromMs) * foldMinShare);
  const folds: Fold[] = [];
  const add = (from: number, to: number): void => {
    if (to - from >= minMs) folds.push({ fromMs: from, toMs: to });
  };
  let quietFrom: number | null = null;
  for (const [index, messages] of activity.entries()) {
    const atMs = fromMs + index * stepMs;
    if (messages === 0) {
      quietFrom ??= atMs;
    } else if (quietFrom !== null) {
      add(quietFrom, atMs);
      quietFrom = null;
    }
  }
  if (quietFrom !== null || toMs > activityToMs) add(quietFrom ?? activityToMs, toMs);
  return folds;
}

export function createScale(fromMs: number, endMs: number, folds: readonly Fold[]): Scale {
  const toMs = Math.max(endMs, fromMs + 1);
  const foldedMs = folds.reduce((sum, fold) => sum + fold.toMs - fold.fromMs, 0);
  const openMs = toMs - fromMs - foldedMs;
  // A line that is all quiet has nothing to make room for.
  const share = openMs <= 0 ? 1 / Math.max(1, folds.length) : Math.min(foldShare, foldsShareMax / folds.length);
  const openShare = openMs <= 0 ? 0 : 1 - share * folds.length;
  const anchors = anchorsOf(fromMs, toMs, folds, (ms) => (openMs <= 0 ? 0 : (ms / openMs) * openShare), share);
  return {
    fromMs,
    toMs,
    folds,
    toPlace: (timeMs) => interpolate(anchors, timeMs, 'timeMs', 'place'),
    toTime: (place) => interpolate(anchors, place, 'place', 'timeMs'),
  };
}

interface Anchor {
  readonly timeMs: number;
  readonly place: number;
}

function anchorsOf(
  fromMs: number,
  toMs: number,
  folds: readonly Fold[],
  shareOf: (ms: number) => number,
  foldedShare: number,
): Anchor[] {
  const anchors: Anchor[] = [{ timeMs: fromMs, place: 0 }];
  let timeMs = fromMs;
  let place = 0;
  for (const fold of folds) {
    if (fold.fromMs > timeMs) {
      place += shareOf(fold.fromMs - timeMs);
      anchors.push({ timeMs: fold.fromMs, place });
    }
    place += foldedShare;
    timeMs = fold.toMs;
    anchors.push({ timeMs, place });
  }
  if (timeMs < toMs) anchors.push({ timeMs: toMs, place: 1 });
  return anchors;
}

function interpolate(anchors: readonly Anchor[], value: number, by: keyof Anchor, wanted: keyof Anchor): number {
  let low = 0;
  let high = anchors.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((anchors[middle]?.[by] ?? 0) <= value) low = middle;
    else high = middle;
  }
  const from = anchors[low];
  const to = anchors[high];
  if (from === undefined || to === undefined) return 0;
  const length = to[by] - from[by];
  const fraction = length <= 0 ? 0 : Math.min(1, Math.max(0, (value - from[by]) / length));
  return from[wanted] + fraction * (to[wanted] - from[wanted]);
}

/** The part of the line that is on the screen: all of it is from 0 to 1. */
export interface View {
  readonly from: number;
  readonly to: number;
}

export const wholeLine: View = { from: 0, to: 1 };

/** No use in looking closer than a millisecond to a point. */
const viewMin = 1e-6;

/** Magnifies around a place, which stays where it is on the screen. */
export function zoom(view: View, factor: number, around: number): View {
  const length = Math.min(1, Math.max(viewMin, (view.to - view.from) / factor));
  const fraction = (around - view.from) / (view.to - view.from);
  return clampView(around - fraction * length, length);
}

/** Moves the view by a fraction of itself. */
export function pan(view: View, fraction: number): View {
  const length = view.to - view.from;
  return clampView(view.from + fraction * length, length);
}

/** The view, moved as little as needed so that the place is in it. */
export function reveal(view: View, place: number): View {
  if (place >= view.from && place <= view.to) return view;
  const length = view.to - view.from;
  return clampView(place - length * (place < view.from ? 0.1 : 0.9), length);
}

function clampView(from: number, length: number): View {
  if (length >= 1) return wholeLine;
  const start = Math.min(1 - length, Math.max(0, from));
  return { from: start, to: start + length };
}

/** Distances between the ticks of an axis that people can read: seconds to days. */
const tickSteps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((ms) => ms),
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12, 24, 48, 168].map((hours) => hours * 3_600_000),
];

/** The distance of ticks for a line on which `msPerPixel` passes, so that they stand at least `pixels` apart. */
export function tickStepMs(msPerPixel: number, pixels: number): number {
  const wanted = msPerPixel * pixels;
  return tickSteps.find((step) => step >= wanted) ?? tickSteps.at(-1) ?? wanted;
}

/** Round times between two others, by the clock on the wall of this place. */
export function ticksBetween(fromMs: number, toMs: number, stepMs: number, offsetMs: number): number[] {
  const ticks: number[] = [];
  const first = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs;
  for (let tick = first; tick <= toMs && ticks.length < 200; tick += stepMs) ticks.push(tick);
  return ticks;
}
