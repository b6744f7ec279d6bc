/**
 * Which messages of the kernel are in the journal, exactly and in little memory.
 *
 * Kernels built on `jupyter_client` number their messages, and nearly all arrive, so the numbers form a few runs: what
 * is known is kept as runs per kernel process. Ids without a number are kept as they are, the latest of them. From the
 * runs follows what is missing before a message: one number missing just before an `idle` is the reply to that request
 * (ours on its way, or another client's) and no loss; anything else is.
 */
import { countedId, endsRequest } from '../../../shared/journal/counter.ts';
import type { Frame } from '../../../shared/wire/codec.ts';
import type { KnownNumbers } from '../journal/layout.ts';

/** Ids without a number that are remembered: more than a server buffers in a night of a talkative kernel. */
const plainIdsMax = 200_000;

/** Kernel processes, and runs of each, that a later start is told of: those that spoke last. */
const savedSeriesMax = 8;
const savedRunsMax = 500;

/** A reply stands directly before its idle, give or take what other threads of the kernel say in between. */
const replyDistanceMax = 100;

/** A set of whole numbers, kept as sorted runs. Adding at the end is constant time. */
export class Runs {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  /** Index of the last run that starts at or before `number`, or -1. */
  private runBefore(number: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) <= number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  has(number: number): boolean {
    const run = this.runBefore(number);
    return run >= 0 && number <= (this.ends[run] ?? -1);
  }

  add(number: number): void {
    const run = this.runBefore(number);
    const end = this.ends[run];
    if (run >= 0 && end !== undefined && number <= end) {
      return;
    }
    const touchesBefore = run >= 0 && end === number - 1;
    const touchesAfter = this.starts[run + 1] === number + 1;
    if (touchesBefore && touchesAfter) {
      this.ends[run] = this.ends[run + 1] ?? number;
      this.starts.splice(run + 1, 1);
      this.ends.splice(run + 1, 1);
    } else if (touchesBefore) {
      this.ends[run] = number;
    } else if (touchesAfter) {
      this.starts[run + 1] = number;
    } else {
      this.starts.splice(run + 1, 0, number);
      this.ends.splice(run + 1, 0, number);
    }
  }

  /** How many runs there are. */
  get size(): number {
    return this.starts.length;
  }

  /** The latest runs, the first and the last number of each by turns. */
  latest(most: number): number[] {
    const from = Math.max(0, this.starts.length - most);
    return this.starts.slice(from).flatMap((start, index) => [start, this.ends[from + index] ?? start]);
  }

  /** Appends a run behind all others; anything else is left out. */
  append(from: number, to: number): void {
    if (to >= from && from > (this.ends.at(-1) ?? -2) + 1) {
      this.starts.push(from);
      this.ends.push(to);
    }
  }

  /** The nearest number below a member that is missing between members, or `null`. */
  missingBelow(number: number): number | null {
    const run = this.runBefore(number);
    const start = this.starts[run];
    return run <= 0 || start === undefined ? null : start - 1;
  }

  /** How many numbers from `from` up to and including `to` are in the set. */
  countBetween(from: number, to: number): number {
    let count = 0;
    for (let run = Math.max(0, this.runBefore(from)); run < this.starts.length; run++) {
      const start = Math.max(from, this.starts[run] ?? 0);
      const end = Math.min(to, this.ends[run] ?? -1);
      if ((this.starts[run] ?? 0) > to) {
        break;
      }
      count += Math.max(0, end - start + 1);
    }
    return count;
  }
}

interface Series {
  readonly numbers: Runs;
  /** Known numbers, and those that a reply explains: the reply itself may still come. */
  readonly accounted: Runs;
  /** Highest number seen on iopub since counting began; 0 before. */
  lastIopub: number;
  /** Monotonic time of its first message. */
  firstMs: number;
  /** Grows with each message of any process. */
  use: number;
  /** Highest number seen on iopub, where alone an order is kept: a reply comes another way, and may be here first. */
  lastPublished: number;
  /** A message of it was seen both on the websocket and in the spool: what one of the two began without is here. */
  isMet: boolean;
  /** Highest number that came out of the spool. */
  lastRecorded: number;
}

function newSeries(firstMs: number): Series {
  return {
    ...{ numbers: new Runs(), accounted: new Runs() },
    ...{ lastIopub: 0, lastPublished: -1, lastRecorded: -1 },
    ...{ firstMs, use: 0, isMet: false },
  };
}

export class Known {
  private readonly series = new Map<string, Series>();
  private readonly plain = new Set<string>();
  private uses = 0;
  /** The process that published last. */
  private latest: Series | null = null;

  has(msgId: string): boolean {
    const counted = countedId(msgId);
    return counted === null
      ? this.plain.has(msgId)
      : (this.series.get(counted.series)?.numbers.has(counted.number) ?? false);
  }

  /** For a later start: every numbered message that is known now. */
  numbers(): KnownNumbers {
    const latest = [...this.series].sort(([, left], [, right]) => left.use - right.use).slice(-savedSeriesMax);
    const runs = Object.fromEntries(latest.map(([name, { numbers }]) => [name, numbers.latest(savedRunsMax)]));
    const isCut = latest.length < this.series.size || latest.some(([, { numbers }]) => numbers.size > savedRunsMax);
    return { runs, isWhole: this.plain.size === 0 && !isCut };
  }

  /** What an earlier start knew; before anything else is added. */
  restore({ runs }: KnownNumbers): void {
    for (const [name, ends] of Object.entries(runs)) {
      // As long as no word of it is looked at, nothing more is known than that these are here.
      const series = newSeries(Number.POSITIVE_INFINITY);
      this.series.set(name, series);
      for (let at = 0; at + 1 < ends.length; at += 2) {
        const [from = 0, to = -1] = ends.slice(at, at + 2);
        series.numbers.append(from, to);
        series.accounted.append(from, to);
      }
    }
  }

  /** Whether nothing is known that the process which numbered this message has published. */
  isNew(msgId: string): boolean {
    const counted = countedId(msgId);
    return counted !== null && this.lastPublished(counted.series) === null;
  }

  /** Whether the websocket may have, or still bring, earlier words of the process of this message than the spool has. */
  isUnmet(msgId: string): boolean {
    const counted = countedId(msgId);
    return counted !== null && counted.number > 0 && this.series.get(counted.series)?.isMet !== true;
  }

  /** A message of the spool is here, or what the websocket had before it was waited for. */
  meet(msgId: string): void {
    const counted = countedId(msgId);
    const series = counted === null ? undefined : this.series.get(counted.series);
    if (counted !== null && series !== undefined) {
      series.isMet = true;
      series.lastRecorded = Math.max(series.lastRecorded, counted.number);
    }
  }

  /** Whether anything of the process that numbered this message has come out of the spool. */
  isRecorded(msgId: string): boolean {
    const counted = countedId(msgId);
    return counted !== null && (this.series.get(counted.series)?.lastRecorded ?? -1) >= 0;
  }

  /** Whether something has come out of the spool that the kernel said after this message. */
  isRecordedPast(msgId: string): boolean {
    const counted = countedId(msgId);
    return counted !== null && (this.series.get(counted.series)?.lastRecorded ?? -1) > counted.number;
  }

  /** Highest number that came on iopub, or null. */
  lastPublished(series: string): number | null {
    const last = this.series.get(series)?.lastPublished ?? -1;
    return last < 0 ? null : last;
  }

  /**
   * `nowMs`: monotonic; minus infinity for what was known before this start. `answersUs`: counting begins with the first
   * message of a kernel process that belongs to a request of ours (see `CounterAudit`).
   */
  add(msgId: string, isIopub: boolean, nowMs = performance.now(), answersUs = true): void {
    const counted = countedId(msgId);
    if (counted === null) {
      this.plain.add(msgId);
      if (this.plain.size > plainIdsMax) {
        const [oldest] = this.plain;
        this.plain.delete(oldest ?? '');
      }
      return;
    }
    const series = this.series.get(counted.series) ?? newSeries(nowMs);
    this.series.set(counted.series, series);
    series.use = ++this.uses;
    series.firstMs = Math.min(series.firstMs, nowMs);
    series.isMet ||= nowMs === Number.NEGATIVE_INFINITY;
    series.numbers.add(counted.number);
    series.accounted.add(counted.number);
    if (isIopub) {
      series.lastPublished = Math.max(series.lastPublished, counted.number);
      this.latest = series;
    }
    if (isIopub && (answersUs || series.lastIopub > 0)) {
      series.lastIopub = Math.max(series.lastIopub, counted.number);
    }
  }

  /**
   * `idle` of a request whose reply did not come here: the number missing before it was that reply's. Of a request of
   * ours only the very number before counts, since its reply may well be here.
   */
  explainReply(frame: Frame, isOurs: boolean): void {
    const counted = countedId(frame.header.msg_id);
    const series = counted === null ? undefined : this.series.get(counted.series);
    const missing = counted === null ? null : (series?.accounted.missingBelow(counted.number) ?? null);
    if (
      counted !== null &&
      series !== undefined &&
      missing !== null &&
      counted.number - missing <= (isOurs ? 1 : replyDistanceMax)
    ) {
      series.accounted.add(missing);
    }
  }

  /** When the kernel process that made a message was first heard of (monotonic); never for one without numbers. */
  heardSinceMs(msgId: string): number {
    const counted = countedId(msgId);
    return (counted === null ? undefined : this.series.get(counted.series)?.firstMs) ?? Number.POSITIVE_INFINITY;
  }

  /** True once a numbered message of one of these kernels came: then every loss is counted. Servers number as well. */
  hasNumbersOf(kernels: ReadonlySet<string>): boolean {
    return [...this.series.keys()].some((series) => kernels.has(series.replace(/_\d+$/, '')));
  }

  /** Whether the messages of the process that published last are counted. */
  get isCounting(): boolean {
    return (this.latest?.lastIopub ?? 0) > 0;
  }

  /** These numbers were no messages that anybody should have. */
  account(series: string, from: number, to: number): void {
    const accounted = this.series.get(series)?.accounted;
    for (let number = from; accounted !== undefined && number <= to; number++) {
      accounted.add(number);
    }
  }

  /** How many numbers of a range are not known. */
  countMissing(series: string, from: number, to: number): number {
    return Math.max(0, to - from + 1) - (this.series.get(series)?.accounted.countBetween(from, to) ?? 0);
  }

  /**
   * The numbers missing between the last iopub message and this one: first and how many. `null` when none is. One that
   * is missing where a request ends may be the reply to it, unless that is known to be here (`isReplyHere`).
   */
  missingBefore(frame: Frame, isReplyHere = false): { readonly from: number; readonly count: number } | null {
    return this.missingAfter(frame, ({ lastIopub }) => (lastIopub === 0 ? null : lastIopub), isReplyHere);
  }

  /**
   * The same for a process that is not counted yet, where it says nothing of a loss: what others asked for has numbers
   * as well. But a message that was published earlier may still be on its way.
   */
  isSkipping(frame: Frame): boolean {
    const last = ({ lastIopub, lastPublished }: Series): number | null =>
      lastIopub > 0 || lastPublished < 0 ? null : lastPublished;
    return this.missingAfter(frame, last, false) !== null;
  }

  private missingAfter(
    frame: Frame,
    lastOf: (series: Series) => number | null,
    isReplyHere: boolean,
  ): { readonly from: number; readonly count: number } | null {
    const counted = countedId(frame.header.msg_id);
    const series = counted === null ? undefined : this.series.get(counted.series);
    const last = series === undefined ? null : lastOf(series);
    if (counted === null || series === undefined || last === null || frame.channel !== 'iopub') {
      return null;
    }
    const from = last + 1;
    const to = counted.number - 1;
    const count = Math.max(0, to - from + 1) - series.accounted.countBetween(from, to);
    return count <= 0 || (count === 1 && endsRequest(frame) && !isReplyHere) ? null : { from, count };
  }
}
