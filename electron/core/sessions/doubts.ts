/**
 * Decides requests of which it is not known whether they reached the kernel, or whether they have ended.
 *
 * A request is in doubt when the link was cut after it was sent and before anything proved its arrival, or when the app
 * ended then. Messages with it as parent prove that it arrived. That it never arrived is proved by a fence: once the
 * server must have closed the old connection, `kernel_info` requests go through the kernel's shell queue, one more than
 * there are doubts, because ZeroMQ takes turns between old and new connection. When the last is answered and everything
 * published until then is here, a request without a trace was never received, and may be sent again. Where messages
 * were lost, nothing is proved, and the person is asked.
 *
 * A request can be lost behind the server as well, though the link is live: of two sockets of the server with one
 * identity that connect to a kernel at about the same time, one stays dead for good, in both directions (`renewLink` in
 * `session.ts`). So fences are repeated until one is answered, and a request of which nothing is heard for long is looked
 * after in the same way. The person sees nothing of it unless it has to be sent again.
 */
import { type Execution, isPending } from '../../../shared/journal/entries.ts';
import { type Frame, isIdle } from '../../../shared/wire/codec.ts';
import type { Executions } from './executions.ts';
import { kernelInfoRequest } from './messages.ts';

/** More fences than this prove nothing more: no kernel has as many connections of ours. */
const fencesMax = 200;
/** A fence that is not answered is sent again after this, then after twice as long, up to the last. */
const fenceAgainMs = { first: 3_000, most: 60_000 };
/** A kernel that is not busy answers within round trips, on a busy machine within a second or two. */
const unheardMs = 8_000;
/** A hole is told, or explained, a little later than it is found (`holeGraceMs` in `holes.ts`). */
const holesToldMs = 2_500;
const looksMax = 4;

export interface DoubtParts {
  readonly executions: Executions;
  readonly clientSessionId: string;
  readonly replacedSocketMs: number;
  readonly isLive: () => boolean;
  readonly send: (frame: Frame) => void;
  /** True when every message that the kernel published since then is here. */
  readonly isProof: (sinceMs: number) => 'recorded' | 'counted' | 'no';
  readonly resend: (executions: readonly Execution[]) => Promise<void>;
  /** The kernel's queue has not answered for long: it is busy, or the way to it is dead. */
  readonly unanswered: () => void;
  /** It ended while nobody heard. */
  readonly endUnseen: (execution: Execution) => void;
  readonly changed: () => void;
}

interface Fence {
  hasReply: boolean;
  hasIdle: boolean;
  readonly resolve: (isAnswered: boolean) => void;
}

export class Doubts {
  private readonly fences = new Map<string, Fence>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Monotonic time since which it is not known what arrived. */
  private cutMs = performance.now();
  /** Grows with every connection: a proof that was begun on an earlier one is worth nothing. */
  private connection = 0;
  private wasOpen: boolean;
  private proofs = 0;
  /** A proof for `lost` is under way, and another loss has been told since it began. */
  private isLosing = false;
  private hasLostAgain = false;
  /** Ran when messages were lost: their end may be among them, on whatever connection that is found out. */
  private readonly suspects = new Set<string>();
  private watchTimer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(private readonly parts: DoubtParts) {
    this.wasOpen = this.isOpen;
  }

  /** While it is open, later cells wait, so that the order of cells is kept. */
  get isOpen(): boolean {
    return this.parts.executions.doubtful().length > 0;
  }

  /** The link was cut: whatever was under way proves nothing. */
  cut(): void {
    this.connection += 1;
    if (!this.wasOpen) {
      this.cutMs = performance.now();
    }
    this.wasOpen = this.isOpen;
    for (const fence of this.fences.values()) {
      fence.resolve(false);
    }
    this.fences.clear();
  }

  /** The link is live. */
  begin(): void {
    const { executions } = this.parts;
    const mayHaveEnded = executions.running().filter(({ msgId }) => this.mayHaveEnded(msgId));
    const unheard = this.isBusy ? [] : executions.unheard();
    if ((this.isOpen || mayHaveEnded.length > 0 || unheard.length > 0) && !this.closed) {
      for (const { msgId } of unheard) {
        this.cutMs = Math.min(this.cutMs, executions.unheardSinceMs(msgId) ?? this.cutMs);
      }
      for (const fence of [...this.fences.values()]) {
        fence.resolve(false);
      }
      this.connection += 1;
      void this.prove(this.connection, mayHaveEnded, unheard);
    }
  }

  /** Messages were lost while these ran, in an earlier run of the app. */
  suspect(executions: readonly Execution[]): void {
    for (const msgId of this.suspects) {
      if (!this.isRunning(msgId)) {
        this.suspects.delete(msgId);
      }
    }
    for (const { msgId } of executions) {
      this.suspects.add(msgId);
    }
  }

  private isRunning(msgId: string): boolean {
    const execution = this.parts.executions.get(msgId);
    return execution !== undefined && isPending(execution.state);
  }

  /** Messages were lost: the end of a cell that runs may be among them. */
  lost(): void {
    const running = this.parts.executions.running();
    this.suspect(running);
    if (this.isLosing) {
      this.hasLostAgain = true;
    } else if (running.length > 0 && this.parts.isLive() && !this.closed) {
      this.isLosing = true;
      void this.prove(this.connection, running).finally(() => {
        this.isLosing = false;
        if (this.hasLostAgain) {
          this.hasLostAgain = false;
          this.lost();
        }
      });
    }
  }

  /** While a cell runs, others wait for their turn. */
  private get isBusy(): boolean {
    return this.parts.executions.all().some(({ state }) => state === 'running');
  }

  /** A cell went out. */
  sent(): void {
    if (this.watchTimer === null && !this.closed) {
      this.watchTimer = setTimeout(() => this.look(), unheardMs);
    }
  }

  /** Proves of requests that were sent long ago, and of which nothing is heard, that they arrived or that they did not. */
  private look(): void {
    this.watchTimer = null;
    const { executions } = this.parts;
    const unheard = executions.unheard();
    if (unheard.length === 0 || this.closed) {
      return;
    }
    const [first] = unheard;
    const sinceMs = executions.unheardSinceMs(first?.msgId ?? '') ?? performance.now();
    const isLong = performance.now() - sinceMs >= unheardMs;
    if (isLong && !this.isBusy && !this.isOpen && this.proofs === 0 && this.parts.isLive()) {
      this.wasOpen = true;
      this.cutMs = sinceMs;
      void this.prove(this.connection, [], unheard).finally(() => this.sent());
    } else {
      this.sent();
    }
  }

  observe(frame: Frame): void {
    const parentId = frame.parent?.msg_id ?? '';
    const fence = this.fences.get(parentId);
    if (fence === undefined) {
      return;
    }
    fence.hasReply ||= frame.header.msg_type === 'kernel_info_reply';
    fence.hasIdle ||= isIdle(frame);
    if (fence.hasReply && fence.hasIdle) {
      this.fences.delete(parentId);
      fence.resolve(true);
    }
  }

  close(): void {
    this.closed = true;
    this.cut();
    if (this.watchTimer !== null) {
      clearTimeout(this.watchTimer);
    }
    for (const timer of this.timers) {
      clearTimeout(timer);
    }
    this.timers.clear();
  }

  /** `unheard`: requests that were sent over this connection and may have been lost behind the server. */
  private async prove(
    connection: number,
    mayHaveEnded: readonly Execution[],
    unheard: readonly Execution[] = [],
  ): Promise<void> {
    this.proofs += 1;
    try {
      await this.proveNow(connection, mayHaveEnded, unheard);
    } finally {
      this.proofs -= 1;
    }
  }

  private async proveNow(
    connection: number,
    mayHaveEnded: readonly Execution[],
    unheard: readonly Execution[],
  ): Promise<void> {
    const { parts } = this;
    const { executions } = parts;
    const isCurrent = (): boolean => connection === this.connection && !this.closed && parts.isLive();
    const stillUnheard = (): Execution[] => unheard.filter(({ msgId }) => executions.unheardSinceMs(msgId) !== null);
    const isNeeded = (): boolean =>
      this.isOpen || stillUnheard().length > 0 || mayHaveEnded.some(({ msgId }) => this.mayHaveEnded(msgId));
    await this.pause(parts.replacedSocketMs);
    const rounds = Math.min(fencesMax, executions.doubtful().length + stillUnheard().length + 1);
    for (let round = 0; round < rounds && isNeeded(); round++) {
      if (!isCurrent() || !(await this.fence(isNeeded))) {
        return;
      }
    }
    const hasSuspects = [...this.suspects].some((msgId) => this.isRunning(msgId));
    const isUncertain = hasSuspects || parts.isProof(this.cutMs) !== 'recorded';
    if (isNeeded() && isCurrent() && isUncertain) {
      await this.pause(holesToldMs);
    }
    // What is held or missing at this moment may be explained in the next.
    const isUndecided = (): boolean => this.isOpen || stillUnheard().length > 0;
    for (let look = 0; look < looksMax && isUndecided() && isCurrent() && parts.isProof(this.cutMs) === 'no'; look++) {
      await this.pause(holesToldMs);
    }
    if (!isCurrent()) {
      return;
    }
    for (const { msgId } of stillUnheard()) {
      executions.doubt(msgId);
    }
    for (const execution of mayHaveEnded) {
      const isInDoubt = executions.get(execution.msgId)?.state === 'in-doubt';
      if (!isInDoubt && this.mayHaveEnded(execution.msgId)) {
        parts.endUnseen(execution);
      }
      this.suspects.delete(execution.msgId);
    }
    if (this.isOpen && parts.isProof(this.cutMs) !== 'no') {
      await parts.resend(executions.doubtful());
    }
    this.wasOpen = this.isOpen;
    parts.changed();
  }

  /** It has not ended as far as is known, and its end may have been lost. */
  private mayHaveEnded(msgId: string): boolean {
    return this.isRunning(msgId) && (this.suspects.has(msgId) || this.parts.isProof(this.cutMs) !== 'recorded');
  }

  /** Resolves true when it is answered or no longer needed, false when the connection is cut. */
  private fence(isNeeded: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const ids: string[] = [];
      let timer: NodeJS.Timeout | null = null;
      let hasEnded = false;
      const end = (isAnswered: boolean): void => {
        hasEnded = true;
        if (timer !== null) {
          clearTimeout(timer);
          this.timers.delete(timer);
        }
        for (const id of ids) {
          this.fences.delete(id);
        }
        resolve(isAnswered);
      };
      const ask = (againMs: number): void => {
        const request = kernelInfoRequest(this.parts.clientSessionId);
        const { msg_id: msgId } = request.header;
        ids.push(msgId);
        this.fences.set(msgId, { hasReply: false, hasIdle: false, resolve: end });
        if (ids.length === 1 || this.parts.isLive()) {
          this.parts.send(request);
        }
        const again = setTimeout(() => {
          this.timers.delete(again);
          if (!isNeeded()) {
            end(true);
            return;
          }
          if (ids.length > 1) {
            this.parts.unanswered();
          }
          if (!hasEnded) {
            ask(Math.min(againMs * 2, fenceAgainMs.most));
          }
        }, againMs);
        timer = again;
        this.timers.add(again);
      };
      ask(fenceAgainMs.first);
    });
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        resolve();
      }, ms);
      this.timers.add(timer);
    });
  }
}
