/**
 * The clock of the player: which moment of the session is due, after so much time of the person's. Pure.
 *
 * Quiet hours that are folded on the time line are folded here too: whatever the speed, each passes in a blink.
 */
import type { Fold } from './scale.ts';

/** How long a folded stretch takes: long enough to see the playhead cross it. */
const foldPassMs = 450;

export const speeds = [0.5, 1, 2, 5, 10, 30, 100, 300, 1000] as const;

/** The next speed up or down from one; the ends stay. */
export function nextSpeed(speed: number, direction: 1 | -1): number {
  const at = speeds.findIndex((one) => one >= speed);
  return speeds[Math.min(speeds.length - 1, Math.max(0, at + direction))] ?? speed;
}

/** @param elapsedMs what passed for the person since `timeMs` was due */
export function advance(timeMs: number, elapsedMs: number, speed: number, folds: readonly Fold[]): number {
  let now = timeMs;
  let left = elapsedMs;
  for (const fold of folds) {
    if (left <= 0) return now;
    if (fold.toMs <= now) continue;
    if (fold.fromMs > now) {
      const untilFoldMs = (fold.fromMs - now) / speed;
      if (untilFoldMs >= left) return now + left * speed;
      left -= untilFoldMs;
      now = fold.fromMs;
    }
    const foldMs = fold.toMs - fold.fromMs;
    const restMs = ((fold.toMs - now) / foldMs) * foldPassMs;
    if (restMs >= left) return now + (left / foldPassMs) * foldMs;
    left -= restMs;
    now = fold.toMs;
  }
  return now + Math.max(0, left) * speed;
}
