/**
 * Decides requests of which it is not known whether they reached the kernel, or whether they have ended.
 *
 * A request is in doubt when the link was cut after it was sent and before anything proved its arrival, or when the app
 * ended then. Messages with it as parent prove that it arrived. That it never arrived is proved by a fence: once the
 * server must have closed the old connection, `kernel_info` requests go through the kernel's shell queue, one more than
 * there are doubts, because ZeroMQ takes turns between old and new connection. When the last is answered and everything
 * published until then is here, a request without a trace was never received, and may be sent again. Where messages
 * were lost, nothing is proved, and the person is asked.
 */
import { type Execution, isPending } from '../../../shared/journal/entries.ts';
import type { Frame } from '../../../shared/wire/codec.ts';
import type { Executions } from './executions.ts';
import { makeFrame, newHeader } from './messages.ts';

/** More fences than this prove nothing more: no kernel has as many connections of ours. */
const fencesMax = 200;
/** A hole is told, or explained, a little later than it is found (`holeGraceMs` of the intake). */
const holesToldMs = 2_500;

export interface DoubtParts {
  readonly executions: Executions;
  readonly clientSessionId: string;
  readonly replacedSocketMs: number;
  readonly isLive: () => boolean;
  readonly send: (frame: Frame) => void;
  /** True when every message that the kernel published since then is here. */
  readonly isProof: (sinceMs: number) => 'recorded' | 'counted' | 'no';
  readonly resend: (executions: readonly Execution[]) => Promise<void>;
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
    const { executions, isProof } = this.parts;
    const mayHaveEnded = isProof(this.cutMs) === 'recorded' ? [] : executions.running();
    if ((this.isOpen || mayHaveEnded.length > 0) && !this.closed) {
      this.connection += 1;
      void this.prove(this.connection, mayHaveEnded);
    }
  }

  observe(frame: Frame): void {
    const parentId = frame.parent?.msg_id ?? '';
    const fence = this.fences.get(parentId);
    if (fence === undefined) {
      return;
    }
    fence.hasReply ||= frame.header.msg_type === 'kernel_info_reply';
    fence.hasIdle ||= frame.header.msg_type === 'status' && frame.content().execution_state === 'idle';
    if (fence.hasReply && fence.hasIdle) {
      this.fences.delete(parentId);
      fence.resolve(true);
    }
  }

  close(): void {
    this.closed = true;
    this.cut();
    for (const timer of this.timers) {
      clearTimeout(timer);
    }
    this.timers.clear();
  }

  private async prove(connection: number, mayHaveEnded: readonly Execution[]): Promise<void> {
    const { parts } = this;
    const { executions } = parts;
    const isCurrent = (): boolean => connection === this.connection && !this.closed && parts.isLive();
    const isNeeded = (): boolean => this.isOpen || mayHaveEnded.some(({ msgId }) => this.isPending(msgId));
    await this.pause(parts.replacedSocketMs);
    const rounds = Math.min(fencesMax, executions.doubtful().length + 1);
    for (let round = 0; round < rounds && isNeeded(); round++) {
      if (!isCurrent() || !(await this.fence())) {
        return;
      }
    }
    if (isNeeded() && isCurrent() && parts.isProof(this.cutMs) !== 'recorded') {
      await this.pause(holesToldMs);
    }
    if (!isCurrent()) {
      return;
    }
    for (const execution of mayHaveEnded) {
      if (parts.isProof(this.cutMs) !== 'recorded' && this.isPending(execution.msgId)) {
        parts.endUnseen(execution);
      }
    }
    if (this.isOpen && parts.isProof(this.cutMs) !== 'no') {
      await parts.resend(executions.doubtful());
    }
    this.wasOpen = this.isOpen;
    parts.changed();
  }

  private isPending(msgId: string): boolean {
    const execution = this.parts.executions.get(msgId);
    return execution !== undefined && isPending(execution.state);
  }

  private fence(): Promise<boolean> {
    const header = newHeader('kernel_info_request', this.parts.clientSessionId);
    return new Promise((resolve) => {
      this.fences.set(header.msg_id, { hasReply: false, hasIdle: false, resolve });
      this.parts.send(makeFrame('shell', header, null, {}));
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
