/**
 * The way from the socket into the journal: batches, group commit, back pressure.
 *
 * Owns one journal's sequence numbers. What is added is committed in order; `onCommitted` is called with the frames
 * of each batch once they are on the disk, never before: journal, then show.
 */
import { asSeq, type Seq } from '../../../shared/ids.ts';
import {
  directions,
  type Direction,
  entryKinds,
  type Execution,
  type Lane,
  lanes,
} from '../../../shared/journal/entries.ts';
import { batchBytesMax, groupCommitMs, uncommittedBytesMax } from '../../../shared/limits.ts';
import { describeUnknown } from '../../../shared/result.ts';
import type { Frame } from '../../../shared/wire/codec.ts';
import type { JournalClient } from '../journal/client.ts';
import { RecordBatch, type Taken } from '../journal/records.ts';

export interface JournalSink {
  readonly client: JournalClient;
  readonly key: string;
  /** Executions that changed; committed together with the messages that changed them. */
  readonly takeExecutions: () => Execution[];
  readonly hasExecutionChanges: () => boolean;
  /** Frames that came in, in order, now durable. */
  readonly onCommitted: (frames: readonly Frame[], lastSeq: Seq) => void;
  /** True while more is waiting for the disk than memory should hold. */
  readonly onPressure: (isHigh: boolean) => void;
  readonly onTrouble: (sentence: string | null) => void;
  readonly log: (line: string) => void;
}

interface Waiter {
  readonly seq: number;
  readonly resolve: () => void;
}

/** A batch that is full or under way, with the frames to show once it is on the disk and what they changed. */
interface Commit {
  readonly taken: Taken;
  readonly frames: readonly Frame[];
  readonly executions: readonly Execution[];
  readonly gaps: number;
}

const encoder = new TextEncoder();

export class JournalWriter {
  private readonly batch = new RecordBatch();
  private frames: Frame[] = [];
  /** Batches that were filled while one was under way, the oldest first. */
  private readonly full: Commit[] = [];
  private fullBytes = 0;
  private waiters: Waiter[] = [];
  private gaps = 0;
  private nextSeq: number;
  private committed: number;
  private inFlightBytes = 0;
  private isFlushing = false;
  private pressure = false;
  private lastFlushMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | null = null;
  private immediate: NodeJS.Immediate | null = null;
  bytes = 0;

  constructor(
    private readonly sink: JournalSink,
    lastSeq: number,
  ) {
    this.nextSeq = lastSeq + 1;
    this.committed = lastSeq;
  }

  /** Last entry that is on the disk. */
  get committedSeq(): Seq {
    return asSeq(this.committed);
  }

  get nextEntrySeq(): Seq {
    return asSeq(this.nextSeq);
  }

  /** A message of the kernel; answers its entry. `urgent` ones (idle, error, replies) are committed at once. */
  addIncoming(frame: Frame, lane: Lane, urgent: boolean): Seq {
    const seq = this.nextEntrySeq;
    this.frames.push(frame);
    this.add(entryKinds.frame, directions.in, lane, frame.bytes);
    this.schedule(urgent);
    return seq;
  }

  /** A message of ours. Resolves when it is on the disk: only then may it be sent. */
  addOutgoing(bytes: Uint8Array): Promise<void> {
    this.add(entryKinds.frame, directions.out, lanes.live, bytes);
    return this.committedNext();
  }

  /** Any other entry; `body` becomes JSON. */
  addEvent(kind: Exclude<(typeof entryKinds)[keyof typeof entryKinds], 1>, body: unknown): void {
    this.gaps += kind === entryKinds.gap ? 1 : 0;
    this.add(kind, directions.in, lanes.live, encoder.encode(JSON.stringify(body)));
    this.schedule(true);
  }

  /** Commits changed executions even when no message came with them. */
  touch(): void {
    this.schedule(true);
  }

  /** Resolves when everything added so far is on the disk. */
  committedNext(): Promise<void> {
    const seq = this.nextSeq - 1;
    if (seq <= this.committed && !this.sink.hasExecutionChanges()) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.waiters.push({ seq, resolve });
      this.schedule(true);
    });
  }

  private add(
    kind: (typeof entryKinds)[keyof typeof entryKinds],
    direction: Direction,
    lane: Lane,
    body: Uint8Array,
  ): void {
    this.batch.add({ kind, direction, lane, timeUs: Date.now() * 1000, body });
    this.nextSeq += 1;
    this.bytes += body.byteLength;
    if (this.batch.bytes >= batchBytesMax) {
      const commit = this.takeBatch();
      this.full.push(commit);
      this.fullBytes += commit.taken.payload.byteLength;
    }
    this.updatePressure();
  }

  private updatePressure(): void {
    const waiting = this.batch.bytes + this.fullBytes + this.inFlightBytes;
    const isHigh = this.pressure ? waiting > uncommittedBytesMax / 2 : waiting > uncommittedBytesMax;
    if (isHigh !== this.pressure) {
      this.pressure = isHigh;
      this.sink.onPressure(isHigh);
    }
  }

  /**
   * A first message after quiet is committed as soon as the current turn ends, so that one line shows at once; in a
   * flood commits are `groupCommitMs` apart.
   */
  private schedule(urgent: boolean): void {
    if (this.isFlushing || this.immediate !== null) {
      return;
    }
    const sinceMs = performance.now() - this.lastFlushMs;
    if (urgent || sinceMs >= groupCommitMs || this.full.length > 0 || this.batch.bytes >= batchBytesMax) {
      this.clearTimer();
      this.immediate = setImmediate(() => {
        this.immediate = null;
        void this.flush();
      });
    } else {
      this.timer ??= setTimeout(() => {
        this.timer = null;
        void this.flush();
      }, groupCommitMs - sinceMs);
    }
  }

  private clearTimer(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  private takeBatch(): Commit {
    const executions = this.sink.takeExecutions();
    const commit = { taken: this.batch.take(), frames: this.frames, executions, gaps: this.gaps };
    this.frames = [];
    this.gaps = 0;
    return commit;
  }

  /** Everything that waits: one transaction, however many batches were filled meanwhile. */
  private takeCommits(): Commit[] {
    const commits = this.full.splice(0);
    this.fullBytes = 0;
    if (this.batch.count > 0 || this.sink.hasExecutionChanges()) {
      commits.push(this.takeBatch());
    }
    return commits;
  }

  private get hasWork(): boolean {
    return this.full.length > 0 || this.batch.count > 0 || this.sink.hasExecutionChanges();
  }

  private async flush(): Promise<void> {
    if (this.isFlushing || !this.hasWork) {
      this.resolveWaiters();
      return;
    }
    this.isFlushing = true;
    this.lastFlushMs = performance.now();
    const commits = this.takeCommits();
    const batches = commits.map(({ taken }) => taken);
    this.inFlightBytes = batches.reduce((sum, { payload }) => sum + payload.byteLength, 0);
    try {
      const executions = commits.flatMap((commit) => commit.executions);
      const gaps = commits.reduce((sum, commit) => sum + commit.gaps, 0);
      const append = { batches, executions, gaps };
      const { lastSeq, buffers } = await this.sink.client.append(this.sink.key, append, this.sink.onTrouble);
      this.committed = lastSeq;
      for (const buffer of buffers) {
        this.batch.recycle(buffer);
      }
    } catch (error) {
      // The worker is gone, and with it the process's reason to go on; nothing unwritten may be shown.
      this.sink.log(`journal ${this.sink.key}: ${describeUnknown(error)}`);
      this.sink.onTrouble('The journal stopped working. Restart Nightjar: what was recorded so far is safe.');
      return;
    }
    this.inFlightBytes = 0;
    this.isFlushing = false;
    this.updatePressure();
    if (this.full.length > 0) {
      // The worker goes on while this thread shows what it has just written.
      void this.flush();
    }
    const lastSeq = asSeq(this.committed);
    for (const { frames } of commits) {
      this.sink.onCommitted(frames, lastSeq);
    }
    this.resolveWaiters();
    if (!this.isFlushing && this.hasWork) {
      this.schedule(this.waiters.length > 0);
    }
  }

  private resolveWaiters(): void {
    const ready = this.waiters.filter((waiter) => waiter.seq <= this.committed);
    this.waiters = this.waiters.filter((waiter) => waiter.seq > this.committed);
    for (const waiter of ready) {
      waiter.resolve();
    }
  }
}
