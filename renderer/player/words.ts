/**
 * What the player says: times, runs, outputs and what changed, in words. Pure, so that each sentence has a test.
 */
import type { MomentCell, OutputOrigin, PlaybackInfo, PlaybackRun } from '../../shared/ipc/playback.ts';
import { unreachable } from '../../shared/result.ts';
import { formatDuration, plural } from '../common/format.ts';
import { type Difference, latestChange, type Screen } from './screen.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** `14:03:22`, by the clock on the wall of this place. */
export function clockTime(timeMs: number): string {
  const date = new Date(timeMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `14:03:22.123`. */
export function exactTime(timeMs: number): string {
  return `${clockTime(timeMs)}.${String(Math.floor(timeMs) % 1000).padStart(3, '0')}`;
}

/** `Tue 24 Nov`. */
export function dayText(timeMs: number): string {
  return new Date(timeMs).toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
}

/** The label of a tick: the day where a day begins, else as much of the clock as the distance of ticks needs. */
export function tickLabel(timeMs: number, stepMs: number): string {
  const date = new Date(timeMs);
  if (stepMs < 1_000) return exactTime(timeMs).slice(3);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (isMidnight) return dayText(timeMs);
  return stepMs < 60_000 ? clockTime(timeMs) : clockTime(timeMs).slice(0, 5);
}

export function cellNumber(screen: Screen, cellId: string): string {
  const index = screen.order.indexOf(cellId);
  return index === -1 ? 'A cell that is gone' : `Cell ${index + 1}`;
}

/** How an output reached the journal, for people. */
export function laneText(lane: OutputOrigin['lane']): string {
  switch (lane) {
    case 'live':
      return 'live';
    case 'server-buffer':
      return 'from the server’s buffer, after a reconnect';
    case 'recorder':
      return 'recovered from the recorder';
    case 'rebuilt':
      return 'rebuilt from the reply';
    default:
      return unreachable(lane);
  }
}

/** When an output came and how: `14:03:22.123 · live`. */
export function originText(origin: OutputOrigin): string {
  const from = exactTime(origin.firstTimeMs);
  const to = exactTime(origin.lastTimeMs);
  return `${from === to ? from : `${from} to ${to}`} · ${laneText(origin.lane)}`;
}

/** What became of a cell at this moment: `Done in 4 s, 14:03:18 to 14:03:22`. */
export function cellText(cell: MomentCell, nowMs: number): string {
  const { state, startedTimeMs: from, endedTimeMs: to } = cell;
  const span =
    from === null ? '' : to === null ? `, since ${clockTime(from)}` : `, ${clockTime(from)} to ${clockTime(to)}`;
  const took = from === null ? '' : ` ${spanText((to ?? nowMs) - from)}`;
  switch (state) {
    case 'none':
      return 'Not run yet';
    case 'queued':
      return 'Waiting to run';
    case 'running':
      return `Running for${took === '' ? ' a moment' : took}${span}`;
    case 'done':
      return took === '' ? 'Done' : `Done in${took}${span}`;
    case 'error':
      return took === '' ? 'Failed' : `Failed after${took}${span}`;
    case 'aborted':
      return 'Skipped, because a cell before it failed';
    default:
      return unreachable(state);
  }
}

/** `120 ms`, `4.2 s`, `12 min`. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 20_000 ? `${(ms / 1_000).toFixed(1)} s` : formatDuration(ms);
}

export function runText(run: PlaybackRun, nowMs: number): string {
  const from = run.startedTimeMs ?? run.submittedTimeMs;
  const took = spanText((run.endedTimeMs ?? nowMs) - from);
  const status = run.endedTimeMs === null ? 'running' : (run.status ?? 'ended');
  const words = { ok: 'done', error: 'failed', aborted: 'skipped', running: 'running', ended: 'ended' };
  const count = run.executionCount === null ? '' : `[${run.executionCount}] `;
  return `${count}${words[status]}, ${took}, ${clockTime(from)}`;
}

/** The playhead for screen readers. */
export function playheadText(screen: Screen, timeMs: number): string {
  const running = screen.order.filter((id) => screen.cells.get(id)?.state === 'running');
  const what = running.length === 0 ? 'no cell runs' : running.map((id) => `${cellNumber(screen, id)} runs`).join(', ');
  return `${dayText(timeMs)}, ${clockTime(timeMs)}, ${what}`;
}

const differenceWords: Readonly<Record<Difference, string>> = {
  new: 'new',
  gone: 'removed',
  source: 'edited',
  outputs: 'new output',
  state: 'run again',
};

export function differenceText(difference: Difference): string {
  return differenceWords[difference];
}

/** What a jump has led to, for the live region. */
export function changeText(screen: Screen, timeMs: number): string {
  const changed = latestChange(screen);
  if (changed === null) return clockTime(timeMs);
  const cell = screen.cells.get(changed);
  const others = screen.order.filter((id) => id !== changed && screen.changed.has(id));
  const what = cell === undefined ? '' : `: ${lastWords(cell)}`;
  const more = others.length === 0 ? '' : `. ${plural(others.length, 'other cell')} changed.`;
  return `${clockTime(timeMs)}. ${cellNumber(screen, changed)}${what}${more}`;
}

/** Longer is not listened to. */
const spokenMax = 160;

/** The end of what a cell shows. */
function lastWords(cell: MomentCell): string {
  const outputs = cell.cell['outputs'];
  const last: unknown = Array.isArray(outputs) ? outputs.at(-1) : undefined;
  if (typeof last !== 'object' || last === null) return cellText(cell, 0).split(',')[0] ?? '';
  if ('ename' in last)
    return `${String(last.ename)}${'evalue' in last ? `: ${String(last.evalue)}` : ''}`.slice(0, spokenMax);
  const text = 'text' in last ? last.text : undefined;
  if (text === undefined) return 'an output';
  const lines = (Array.isArray(text) ? text.join('') : String(text)).trimEnd().split('\n');
  return (lines.at(-1) ?? '').slice(0, spokenMax);
}

/** The numbers of the session, for the head of the window. */
export function sessionText(info: PlaybackInfo): string {
  const length = formatDuration(info.lastTimeMs - info.firstTimeMs);
  const errors = info.marks.filter(({ kind }) => kind === 'error').length;
  const gaps = info.marks.filter(({ kind }) => kind === 'gap').length;
  const parts = [dayText(info.firstTimeMs), length, plural(info.runs.length, 'run')];
  if (errors > 0) parts.push(plural(errors, 'error'));
  if (gaps > 0) parts.push(plural(gaps, 'gap'));
  return parts.join(' · ');
}

/**
 * The moment that a person typed: `14:03`, `14:03:22`, `24 Nov 14:03`, `+10m` or `-30s` from here; `null` when it is none.
 * A clock time without a day is the nearest one that lies in the session.
 */
export function parseTime(text: string, fromMs: number, toMs: number, nowMs: number): number | null {
  const typed = text.trim();
  const shift = /^([+-])\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)$/i.exec(typed);
  if (shift !== null) {
    const units: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, min: 6e4, h: 36e5, d: 864e5 };
    const unit = units[(shift[3] ?? '').toLowerCase()] ?? 0;
    return nowMs + (shift[1] === '-' ? -1 : 1) * Number(shift[2]) * unit;
  }
  const clock = /^(?:(.+?)[\s,]+)?(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,3})?)?$/.exec(typed);
  if (clock === null) return null;
  const [hours, minutes, seconds] = [Number(clock[2]), Number(clock[3]), Number(clock[4] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const onDay = (day: Date): number => {
    const date = new Date(day);
    date.setHours(hours, minutes, seconds, Math.round(Number(clock[5] ?? 0) * 1_000));
    return date.getTime();
  };
  if (clock[1] !== undefined) {
    const year = /\d{4}/.test(clock[1]) ? '' : ` ${new Date(nowMs).getFullYear()}`;
    const day = new Date(`${clock[1]}${year}`);
    return Number.isNaN(day.getTime()) ? null : onDay(day);
  }
  const dayMs = 864e5;
  const candidates = [-1, 0, 1].map((days) => onDay(new Date(nowMs + days * dayMs)));
  const inside = candidates.filter((one) => one >= fromMs - 60_000 && one <= toMs + 60_000);
  const nearest = (inside.length > 0 ? inside : candidates).toSorted(
    (a, b) => Math.abs(a - nowMs) - Math.abs(b - nowMs),
  );
  return nearest[0] ?? null;
}
