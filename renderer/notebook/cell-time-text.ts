/** The words of a cell's time. Pure. */
import type { ExecutionSummary } from '../../shared/ipc/contract.ts';
import { formatClock, formatDuration, formatExact } from '../common/format.ts';

export interface CellTimeText {
  readonly text: string;
  readonly title: string;
  readonly tone: 'running' | 'waiting' | 'done' | 'error';
}

type Times = Pick<ExecutionSummary, 'state' | 'status' | 'startedTimeMs' | 'endedTimeMs' | 'submittedTimeMs'>;

const secondMs = 1000;

/** `null`: nothing worth a word (requests whose fate is unusual say so elsewhere). */
export function cellTimeText(execution: Times, nowMs: number): CellTimeText | null {
  const { state, status, startedTimeMs: started, endedTimeMs: ended } = execution;
  if (state === 'running') {
    const since = started ?? execution.submittedTimeMs;
    const text = elapsed(nowMs - since);
    return { text, title: `Running since ${clock(since, nowMs)}`, tone: 'running' };
  }
  if (state === 'sent' || state === 'accepted') {
    return { text: 'waiting', title: `Waiting since ${clock(execution.submittedTimeMs, nowMs)}`, tone: 'waiting' };
  }
  if (state === 'done' && status === 'aborted') {
    return {
      text: 'not run',
      title: 'A cell before it failed or was interrupted, so this one was not run.',
      tone: 'waiting',
    };
  }
  if (state !== 'done' || started === null || ended === null) {
    return null;
  }
  const took = preciseDuration(ended - started);
  const end = `Started ${clock(started, nowMs)}, finished ${clock(ended, nowMs)}`;
  return status === 'ok'
    ? { text: took, title: `${end}. Took ${took}.`, tone: 'done' }
    : { text: took, title: `${end}, with an error. Took ${took}.`, tone: 'error' };
}

/** `8 ms`, `0.42 s`, `12.3 s`, then as everywhere. */
export function preciseDuration(ms: number): string {
  const time = Math.max(0, ms);
  if (time < 100) return `${Math.round(time)} ms`;
  if (time < 10 * secondMs) return `${(time / secondMs).toFixed(2)} s`;
  if (time < 60 * secondMs) return `${(time / secondMs).toFixed(1)} s`;
  return elapsed(time);
}

/** Seconds as long as they can be told apart at a glance: `42 s`, `3 min 5 s`, `2 h 4 min`. */
function elapsed(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / secondMs);
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return formatDuration(ms);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}

/** The time of day; with the date when it was another day. */
function clock(timeMs: number, nowMs: number): string {
  const then = new Date(timeMs);
  const isToday = then.toDateString() === new Date(nowMs).toDateString();
  return isToday ? formatClock(timeMs) : formatExact(timeMs);
}
