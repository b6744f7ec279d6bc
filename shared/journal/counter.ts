/**
 * The exact loss detector.
 *
 * A kernel built on `jupyter_client` numbers every message it makes, on any channel: the suffix of `header.msg_id`
 * (`<session>_<pid>_<n>`) grows by one (measured, see `Session.msg_id` there). Of these we see all of iopub and our
 * own replies; a reply to another client is the one kind we do not see. Such a reply is made just before the `idle`
 * of its request, and that `idle` we do see: it explains one missing number below it. What stays unexplained is lost.
 */
import { type Frame, isIdle } from '../wire/codec.ts';
import type { Lane } from './entries.ts';

/**
 * True for messages that only a kernel makes. The server speaks on iopub too (restarts, its rate limit) with numbers of
 * its own, most of which are never sent: only a kernel's numbers say that something is missing.
 */
export function provesKernel(frame: Frame): boolean {
  const type = frame.header.msg_type;
  return type === 'execute_input' || (type === 'status' && frame.content().execution_state === 'busy');
}

/**
 * A message that stands behind the reply to its request: the `idle`, and the word of a kernel that shuts down, which goes
 * to whoever asked for it and then to everybody.
 */
export function endsRequest(frame: Frame): boolean {
  return frame.header.msg_type === 'shutdown_reply' || isIdle(frame);
}

const serversStates: ReadonlySet<unknown> = new Set(['restarting', 'autorestarting', 'dead']);

/** The server's own word on a kernel (jupyter_server, `_send_status_message`): no recorder hears it. */
export function isServersWord(frame: Frame): boolean {
  return frame.header.msg_type === 'status' && serversStates.has(frame.content().execution_state);
}

/** What a kernel says to everybody. A welcome goes to the one who has just subscribed (ipykernel 7). */
export function isPublished(frame: Frame): boolean {
  return frame.channel === 'iopub' && frame.header.msg_type !== 'iopub_welcome' && !isServersWord(frame);
}

export interface Counted {
  /** Everything before the counter: one value per kernel process. */
  readonly series: string;
  readonly number: number;
}

const numbered = /^(.*_\d+)_(\d{1,15})$/;
const digitsMax = 15;
const [zero, nine] = [48, 57];

/** The series that was read last: of a flood every id has it, and a string that is kept need not be hashed again. */
let lastSeries = '';

/** The id that was asked for last: every message is looked at from several sides. */
let lastId = '';
let lastCounted: Counted | null = null;

/** Series and number of a message id, or `null` where the kernel does not count. */
export function countedId(msgId: string): Counted | null {
  if (msgId !== lastId) {
    lastId = msgId;
    lastCounted = readCounted(msgId);
  }
  return lastCounted;
}

function readCounted(msgId: string): Counted | null {
  const from = lastSeries.length + 1;
  const digits = msgId.length - from;
  if (from > 1 && digits > 0 && digits <= digitsMax && msgId[from - 1] === '_' && msgId.startsWith(lastSeries)) {
    let number = 0;
    let at = from;
    for (; at < msgId.length; at += 1) {
      const code = msgId.charCodeAt(at);
      if (code < zero || code > nine) break;
      number = number * 10 + code - zero;
    }
    if (at === msgId.length) return { series: lastSeries, number };
  }
  const match = numbered.exec(msgId);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  lastSeries = match[1];
  return { series: lastSeries, number: Number(match[2]) };
}

/** What a value shows by itself. Not text: better one number too many told as lost than a lost line that is not told. */
const shownTypes: ReadonlySet<string> = new Set(['display_data', 'update_display_data', 'comm_open', 'comm_msg']);

/**
 * Numbers of results that were never sent. ipykernel makes the result of a cell before it knows whether there is one: for
 * a value that shows itself (`_ipython_display_`, a plotly figure) it sends nothing (`ZMQShellDisplayHook`), and one number
 * is missing just before what that value shows: once in a request, and between two messages that came the same way, one
 * after the other. Where two ways meet, as after an outage, one number may just as well be a message that was lost.
 */
export class UnsentResults {
  /** The message before, and how it came. Fields, and no object of them: a flood would make one for every line. */
  private last: Counted | null = null;
  private lastParentId = '';
  private lastLane: Lane | null = null;
  /** The request that has a result, sent or not: it has no other. */
  private withResult = '';

  /** Whether the number below this message of the kernel is one. Ask before `add`. */
  explains(frame: Frame, lane: Lane): boolean {
    const { last } = this;
    const counted = countedId(frame.header.msg_id);
    const parentId = frame.parent?.msg_id ?? '';
    return (
      last !== null &&
      counted !== null &&
      shownTypes.has(frame.header.msg_type) &&
      counted.series === last.series &&
      counted.number === last.number + 2 &&
      lane === this.lastLane &&
      parentId === this.lastParentId &&
      parentId !== this.withResult
    );
  }

  /** Feed every message of the kernel, in order. */
  add(frame: Frame, lane: Lane): void {
    const counted = frame.channel === 'iopub' ? countedId(frame.header.msg_id) : null;
    if (counted === null) {
      return;
    }
    const parentId = frame.parent?.msg_id ?? '';
    const hasResult = frame.header.msg_type === 'execute_result' || this.explains(frame, lane);
    this.last = counted;
    this.lastParentId = parentId;
    this.lastLane = lane;
    if (hasResult) {
      this.withResult = parentId;
    }
  }

  /** The connection changed, or something was lost: what is missing next may be a loss. */
  forget(): void {
    this.last = null;
  }
}

export interface CounterHole {
  readonly series: string;
  /** First and last missing number. */
  readonly from: number;
  readonly to: number;
  readonly fromTimeMs: number;
  readonly toTimeMs: number;
}

interface OpenHole {
  from: number;
  to: number;
  missing: Set<number>;
  readonly fromTimeMs: number;
  readonly toTimeMs: number;
}

interface Series {
  highest: number;
  highestTimeMs: number;
  readonly holes: OpenHole[];
  duplicates: number;
  outOfOrder: number;
  readonly seenBelow: Set<number>;
}

/** Feed every incoming message of the kernel in journal order; read what is missing at any time. */
export class CounterAudit {
  private readonly series = new Map<string, Series>();

  /**
   * Ids without a counter are ignored. `answersUs`: the message belongs to a request of ours. Counting begins with the
   * first such one of a kernel process: before it the server asks the kernel on two channels at once whether it lives,
   * two threads of the kernel number without a lock, and numbers are given twice and left out.
   */
  add(msgId: string, timeMs: number, answersUs: boolean): void {
    const counted = countedId(msgId);
    if (counted === null) {
      return;
    }
    const known = this.series.get(counted.series);
    if (known === undefined) {
      if (!answersUs) {
        return;
      }
      // Numbers below the first one seen were made before we listened: not ours to miss.
      this.series.set(counted.series, {
        highest: counted.number,
        highestTimeMs: timeMs,
        holes: [],
        duplicates: 0,
        outOfOrder: 0,
        seenBelow: new Set(),
      });
      return;
    }
    if (counted.number > known.highest) {
      if (counted.number > known.highest + 1) {
        const from = known.highest + 1;
        const to = counted.number - 1;
        const missing = new Set<number>();
        // Beyond a million the numbers themselves are not kept, only the bounds.
        for (let number = from; number <= to && missing.size < 1_000_000; number++) {
          missing.add(number);
        }
        known.holes.push({ from, to, missing, fromTimeMs: known.highestTimeMs, toTimeMs: timeMs });
      }
      known.highest = counted.number;
      known.highestTimeMs = timeMs;
    } else {
      this.addBelow(known, counted.number);
    }
  }

  private addBelow(series: Series, number: number): void {
    const hole = series.holes.find((candidate) => candidate.missing.has(number));
    if (hole === undefined) {
      series.duplicates += 1;
      return;
    }
    // Replies travel on another socket than iopub and may overtake it by a little: late, but there.
    hole.missing.delete(number);
    series.outOfOrder += 1;
  }

  /**
   * `msgId` is the `idle` of a request whose reply we do not have, because it went to another client or was lost with
   * a connection: it explains the nearest number missing below it.
   */
  explainReply(msgId: string): void {
    const counted = countedId(msgId);
    const series = counted === null ? undefined : this.series.get(counted.series);
    if (counted !== null && series !== undefined) {
      explainOne(series, counted.number);
    }
  }

  /** The number right below this one is that of a result that was never sent (see `UnsentResults`). */
  explainUnsent(msgId: string): void {
    const counted = countedId(msgId);
    const holes = counted === null ? [] : (this.series.get(counted.series)?.holes ?? []);
    for (const hole of holes) {
      hole.missing.delete((counted?.number ?? 0) - 1);
    }
  }

  /** `sessions`: the kernels' own; what others number does not count. */
  holes(sessions: ReadonlySet<string>): CounterHole[] {
    const found: CounterHole[] = [];
    for (const [series, { holes }] of this.ofKernels(sessions)) {
      for (const hole of holes) {
        if (hole.missing.size > 0) {
          const numbers = [...hole.missing];
          found.push({
            series,
            from: Math.min(...numbers.slice(0, 1)),
            to: numbers.length === hole.to - hole.from + 1 ? hole.to : (numbers[numbers.length - 1] ?? hole.to),
            fromTimeMs: hole.fromTimeMs,
            toTimeMs: hole.toTimeMs,
          });
        }
      }
    }
    return found;
  }

  /** Messages that the kernel made, that no other client's reply explains, and that we do not have. */
  missing(sessions: ReadonlySet<string>): number {
    let sum = 0;
    for (const [, { holes }] of this.ofKernels(sessions)) {
      for (const hole of holes) {
        sum += hole.missing.size;
      }
    }
    return sum;
  }

  private ofKernels(sessions: ReadonlySet<string>): [string, Series][] {
    return [...this.series].filter(([series]) => sessions.has(series.replace(/_\d+$/, '')));
  }

  duplicates(): number {
    return [...this.series.values()].reduce((sum, series) => sum + series.duplicates, 0);
  }
}

/** One missing number below `number` was the reply to another client: the nearest below. */
function explainOne(series: Series, number: number): void {
  for (let index = series.holes.length - 1; index >= 0; index--) {
    const hole = series.holes[index];
    if (hole === undefined || hole.from > number || hole.missing.size === 0) {
      continue;
    }
    if (number - hole.to > 100) {
      // The reply stands directly before its idle, give or take what other threads say in between.
      return;
    }
    const below = [...hole.missing].filter((missing) => missing < number);
    const nearest = below[below.length - 1];
    if (nearest !== undefined) {
      hole.missing.delete(nearest);
      return;
    }
  }
}
