/**
 * Numbers of the kernel that are missing: each is given a moment, then asked for, then told as a gap.
 *
 * Replies and prompts travel on other sockets than output, so a missing number is no loss yet.
 */
import type { GapBody } from '../../../shared/journal/entries.ts';
import type { MissingNote, SettledNote } from '../../../shared/journal/missing-notes.ts';
import type { Known } from './known.ts';

/** A hole counts as a loss when this has passed. */
export const holeGraceMs = 2_000;

export interface Hole {
  readonly series: string;
  readonly from: number;
  readonly to: number;
  readonly fromTimeMs: number;
  readonly toTimeMs: number;
  /** Monotonic. */
  readonly foundMs: number;
  /** Request of the message before which it was found. */
  readonly parentId: string | null;
  /** What is missing is, by its place, the reply to that request. */
  readonly isReply: boolean;
  /** The recorder was asked for it. */
  readonly isAskedFor: boolean;
}

export interface HolesParts {
  readonly known: Known;
  /** Since when the recorder has everything (monotonic); null while there is none. */
  readonly recordedSinceMs: () => number | null;
  /** Why there is no recorder; empty where that needs no word. */
  readonly reason: () => string;
  /** Asks the recorder for what is missing. */
  readonly ask: () => void;
  /** Something is lost for good, and was missed first at this time (monotonic). */
  readonly lost: (foundMs: number) => void;
  readonly gap: (body: GapBody, parentId: string | null) => void;
  readonly note: (body: Record<string, unknown>) => void;
}

export class Holes {
  private readonly open = new Set<Hole>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private isClosed = false;

  constructor(private readonly parts: HolesParts) {}

  get isEmpty(): boolean {
    return this.open.size === 0;
  }

  /** True while one of them has not been filled. */
  get hasMissing(): boolean {
    return [...this.open].some(({ series, from, to }) => this.parts.known.countMissing(series, from, to) > 0);
  }

  add(hole: Hole): void {
    this.open.add(hole);
    if (!hole.isReply && !hole.isAskedFor) {
      const { series, from, to, fromTimeMs, toTimeMs, parentId } = hole;
      // Written down: if the app is killed before it is settled, the next start goes on with it.
      this.parts.note({ what: 'missing', series, from, to, fromTimeMs, toTimeMs, parentId } satisfies MissingNote);
    }
    if (!this.isClosed) {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.settle(hole);
      }, holeGraceMs);
      this.timers.add(timer);
    }
  }

  /** From here on nothing is asked for and no time passes: what is open is settled by `settleAll`. */
  close(): void {
    this.isClosed = true;
    for (const timer of this.timers) {
      clearTimeout(timer);
    }
    this.timers.clear();
  }

  settleAll(): void {
    for (const hole of this.open) {
      this.settle(hole);
    }
  }

  private settle(hole: Hole): void {
    if (!this.open.delete(hole)) {
      return;
    }
    const { known, note, gap } = this.parts;
    const recordedSinceMs = this.parts.recordedSinceMs();
    const messages = known.countMissing(hole.series, hole.from, hole.to);
    if (messages > 0 && recordedSinceMs !== null && !hole.isAskedFor && !this.isClosed) {
      this.add({ ...hole, isAskedFor: true });
      this.parts.ask();
      return;
    }
    if (!hole.isReply) {
      const { series, from } = hole;
      note({ what: 'missing-settled', series, from, messages } satisfies SettledNote);
    }
    if (messages === 0) {
      return;
    }
    if (hole.isReply && recordedSinceMs !== null && recordedSinceMs <= hole.foundMs) {
      // Nothing that was published is missing: the kernel ended without a reply, or a connection took it along. It is
      // rebuilt.
      known.account(hole.series, hole.from, hole.to);
      return;
    }
    this.parts.lost(hole.foundMs);
    const reason = this.parts.reason();
    const why = `messages of the kernel did not arrive and no recorder had them${reason === '' ? '' : ` (${reason})`}`;
    gap({ messages, fromTimeMs: hole.fromTimeMs, toTimeMs: hole.toTimeMs, why }, hole.parentId);
  }
}
