/**
 * One window's view of a kernel session: what is delivered to it, how fast, and in which order.
 *
 * Consecutive stream frames are merged, deliveries are paced and answered one by one, so that a slow window slows
 * only itself. While an execution is being replayed to it from the journal, live messages of that execution wait.
 */
import {
  catchUpDeliveryBytesMax,
  deliveriesInFlightMax,
  deliveryBacklogBytes,
  deliveryBytesMax,
  deliveryIntervalMs,
} from '../../../shared/limits.ts';
import { type Frame, FrameReader } from '../../../shared/wire/codec.ts';
import { StreamCoalescer } from '../../../shared/wire/coalesce.ts';
import { makeFrame } from './messages.ts';

/** Requests remembered per window for routing their replies; a window has a handful under way. */
const requestsMax = 5_000;

export class Viewer {
  private readonly coalescer = new StreamCoalescer(deliveryBytesMax);
  private readonly reader = new FrameReader();
  private readonly requests = new Set<string>();
  private readonly held = new Map<string, Frame[]>();
  private inFlight = 0;
  private nextDelivery = 1;
  private lastDeliveryMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(
    readonly windowId: string,
    /** Sends frames to the window. The window answers `acknowledge` for each delivery. */
    private readonly post: (delivery: number, frames: readonly Uint8Array[]) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Replies to this request go to this window. */
  asks(msgId: string): void {
    this.requests.add(msgId);
    if (this.requests.size > requestsMax) {
      const [oldest] = this.requests;
      if (oldest !== undefined) {
        this.requests.delete(oldest);
      }
    }
  }

  /** Live messages of this execution wait until `release`. */
  hold(msgId: string): void {
    this.held.set(msgId, []);
  }

  isHolding(msgId: string): boolean {
    return this.held.has(msgId);
  }

  /** What waits for `release`. */
  heldOf(msgId: string): readonly Frame[] {
    return this.held.get(msgId) ?? [];
  }

  release(msgId: string): void {
    const waiting = this.held.get(msgId) ?? [];
    this.held.delete(msgId);
    for (const frame of waiting) {
      this.push(frame);
    }
  }

  /**
   * A committed message: delivered when it concerns this window. Messages of an execution go only to windows that
   * asked for it (`isExecution`): one that asks later gets them from the journal, and a message that was already
   * under way would then stand in the cell twice. Of such an execution a window learns only whether the kernel works.
   */
  offer(frame: Frame, isExecution: boolean): void {
    const parentId = frame.parent?.msg_id ?? '';
    if (!this.requests.has(parentId)) {
      if (frame.channel === 'iopub' && (!isExecution || frame.header.msg_type === 'status')) {
        this.push(isExecution ? withoutParent(frame) : frame);
      }
      return;
    }
    const waiting = this.held.get(parentId);
    if (waiting !== undefined) {
      waiting.push(frame);
    } else {
      this.push(frame);
    }
  }

  /** Puts a frame into the window's stream whatever it concerns. */
  push(frame: Frame): void {
    if (!this.closed) {
      this.coalescer.push(frame);
      this.schedule();
    }
  }

  pushBytes(bytes: Uint8Array): void {
    const frame = this.reader.read(bytes);
    if (frame !== null) {
      this.push(frame);
    }
  }

  /** Bytes that wait for the window. Whoever feeds a replay pauses on it. */
  get backlogBytes(): number {
    return this.coalescer.heldBytes;
  }

  acknowledge(): void {
    this.inFlight = Math.max(0, this.inFlight - 1);
    this.schedule();
  }

  close(): void {
    this.closed = true;
    this.held.clear();
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  get isClosed(): boolean {
    return this.closed;
  }

  private schedule(): void {
    if (this.timer !== null || this.coalescer.isEmpty || this.inFlight >= deliveriesInFlightMax || this.closed) {
      return;
    }
    const waitMs = Math.max(0, this.lastDeliveryMs + deliveryIntervalMs - this.nowMs());
    this.timer = setTimeout(() => this.deliver(), waitMs);
  }

  private deliver(): void {
    this.timer = null;
    if (this.closed || this.coalescer.isEmpty) {
      return;
    }
    this.lastDeliveryMs = this.nowMs();
    this.inFlight += 1;
    const isBehind = this.backlogBytes > deliveryBacklogBytes;
    this.post(this.nextDelivery++, this.coalescer.take(isBehind ? catchUpDeliveryBytesMax : deliveryBytesMax));
    this.schedule();
  }
}

/** The same state of the kernel, tied to no request. */
function withoutParent(frame: Frame): Frame {
  return makeFrame('iopub', frame.header, null, frame.content());
}
