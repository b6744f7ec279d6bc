/**
 * Holds cells back after a start or a restart until the kernel is heard.
 *
 * A kernel that has just started publishes to nobody until the server, and the recorder, have subscribed to it again;
 * a cell that is already waiting for it runs in that time, and what it prints is lost to everyone. So cells wait until
 * a question of ours has been seen on iopub: from then on everything is.
 */
import type { Frame } from '../../../shared/wire/codec.ts';
import { kernelInfoRequest } from './messages.ts';

/** A subscription takes 50 ms once the kernel listens. */
const askAgainMs = 250;
/** A kernel that answers and yet says nothing on iopub is one of those that never do. */
const silentAnswerMs = 2_000;
/** Longer than a kernel takes to start on a busy machine; then what waits is sent, as it was. */
const giveUpMs = 30_000;

export interface FirstWordParts {
  readonly clientSessionId: string;
  readonly isLive: () => boolean;
  readonly send: (frame: Frame) => void;
  /** Cells need no longer wait. */
  readonly heard: () => void;
}

export class FirstWord {
  private readonly asked = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private isWaiting = false;
  private isAsking = false;
  private isMeeting = false;
  /** The server has not answered a request of ours for a restart. */
  private isRestarting = false;

  constructor(private readonly parts: FirstWordParts) {}

  get isAwaited(): boolean {
    return this.isWaiting;
  }

  /** A restart has been asked for. The old kernel may still answer: nothing is asked yet. */
  restarting(): void {
    this.isRestarting = true;
    this.isWaiting = true;
  }

  /** The request for a restart was answered, or came to nothing. */
  restarted(): void {
    this.isRestarting = false;
    this.begin();
  }

  /** A kernel that was never heard: whatever it says on iopub shows that we hear it. */
  meet(): void {
    this.isMeeting = true;
    this.begin();
  }

  /** The old kernel is gone. */
  begin(): void {
    this.isWaiting = true;
    if (!this.isAsking && !this.isRestarting) {
      this.isAsking = true;
      this.after(giveUpMs, () => this.end());
      this.ask();
    }
  }

  observe(frame: Frame): void {
    const isWord = this.isMeeting && frame.channel === 'iopub';
    if (!this.isWaiting || !(isWord || this.asked.has(frame.parent?.msg_id ?? ''))) {
      return;
    }
    if (frame.channel === 'iopub') {
      this.end();
    } else {
      this.after(silentAnswerMs, () => this.end());
    }
  }

  close(): void {
    this.isWaiting = false;
    this.stop();
  }

  private ask(): void {
    if (this.parts.isLive()) {
      const request = kernelInfoRequest(this.parts.clientSessionId);
      this.asked.add(request.header.msg_id);
      this.parts.send(request);
    }
    this.after(askAgainMs, () => this.ask());
  }

  private end(): void {
    this.isWaiting = false;
    this.stop();
    this.parts.heard();
  }

  private stop(): void {
    this.isAsking = false;
    this.isMeeting = false;
    this.asked.clear();
    for (const timer of this.timers) {
      clearTimeout(timer);
    }
    this.timers.clear();
  }

  private after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }
}
