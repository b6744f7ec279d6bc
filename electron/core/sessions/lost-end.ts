/**
 * An execution that was answered and whose `idle` does not come.
 *
 * A kernel that finds no free core drops what its queue to the server does not hold, the `idle` of a cell with it (seen
 * at 10,000 flushed prints): the reply is there, and the cell would run for ever. Kernels take requests one after
 * another: when a question that was asked after the reply has its `idle`, that of the execution will not come any more.
 */
import { type Frame, isIdle } from '../../../shared/wire/codec.ts';
import { kernelInfoRequest } from './messages.ts';

/** The reply and the `idle` travel on two ways: the one may be here long before the other. */
const graceMs = 3_000;
/** A kernel may work on something else for hours: it is asked again less and less often. */
const askAgainMs = { first: 30_000, most: 600_000 };

export interface LostEndParts {
  readonly clientSessionId: string;
  /** Executions with a reply and without an `idle`. */
  readonly awaiting: () => readonly string[];
  /** True while what the kernel says arrives, in its order. */
  readonly mayAsk: () => boolean;
  readonly send: (frame: Frame) => void;
  /** Its `idle` was lost. */
  readonly end: (msgId: string) => void;
}

interface Question {
  readonly msgId: string;
  readonly about: readonly string[];
  readonly askedMs: number;
}

export class LostEnd {
  private timer: NodeJS.Timeout | null = null;
  private question: Question | null = null;
  private againMs = askAgainMs.first;
  private isClosed = false;

  constructor(private readonly parts: LostEndParts) {}

  /** A reply came, or the link did: looks a little later whether an `idle` is missing. */
  look(): void {
    if (!this.isClosed) {
      this.timer ??= setTimeout(() => this.ask(), graceMs);
    }
  }

  private ask(): void {
    this.timer = null;
    const about = this.parts.awaiting();
    if (about.length === 0) {
      return;
    }
    const nowMs = performance.now();
    const isDue = this.question === null || nowMs - this.question.askedMs > this.againMs;
    if (isDue && this.parts.mayAsk()) {
      if (this.question !== null) {
        this.againMs = Math.min(askAgainMs.most, this.againMs * 2);
      }
      const request = kernelInfoRequest(this.parts.clientSessionId);
      this.question = { msgId: request.header.msg_id, about, askedMs: nowMs };
      this.parts.send(request);
    }
    this.look();
  }

  /** Feed every message of the kernel, in its order. */
  observe(frame: Frame): void {
    const { question } = this;
    if (question === null || !isIdle(frame) || frame.parent?.msg_id !== question.msgId) {
      return;
    }
    this.forget();
    const waiting = new Set(this.parts.awaiting());
    for (const msgId of question.about) {
      if (waiting.has(msgId)) {
        this.parts.end(msgId);
      }
    }
  }

  /** The connection or the kernel is gone, and the question with it. */
  forget(): void {
    this.question = null;
    this.againMs = askAgainMs.first;
  }

  close(): void {
    this.isClosed = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
