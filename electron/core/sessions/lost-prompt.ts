/**
 * Notices that a running cell may wait for an answer to a question that nobody saw.
 *
 * `input()` asks on a channel that no recorder hears: a question that was on its way when a connection died is gone,
 * and the kernel waits for ever. Nothing proves it, a long silent computation looks the same; but a kernel takes an
 * answer only while it waits for one, so offering to answer does no harm. Offered for a cell that ran when the link was
 * lost and has said nothing for a while since it is back.
 */
import type { Execution } from '../../../shared/journal/entries.ts';
import type { Frame } from '../../../shared/wire/codec.ts';

/** Silence after the link is back: what the server still holds arrives within round trips. */
const silenceMs = 4_000;

export class LostPrompt {
  private readonly open = new Set<string>();
  private suspects = new Set<string>();
  private found: string | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly running: () => readonly Execution[],
    private readonly changed: () => void,
  ) {}

  /** The execution that may wait for an answer. */
  get msgId(): string | null {
    return this.found;
  }

  /** The link was lost. Questions that are known are no loss: windows show them again. */
  cut(): void {
    for (const { msgId } of this.running()) {
      if (!this.open.has(msgId)) {
        this.suspects.add(msgId);
      }
    }
    this.stop();
  }

  /** The link is back. */
  begin(): void {
    this.stop();
    if (this.suspects.size > 0) {
      this.timer = setTimeout(() => {
        const silent = this.running().find(({ msgId }) => this.suspects.has(msgId));
        this.found = silent?.msgId ?? null;
        this.changed();
      }, silenceMs);
    }
  }

  observe(frame: Frame): void {
    const parentId = frame.parent?.msg_id ?? '';
    if (frame.header.msg_type === 'input_request') {
      this.open.add(parentId);
    }
    this.spoke(parentId);
  }

  /** An answer goes out. `parentId` is the prompt's execution. */
  answered(parentId: string): void {
    this.open.delete(parentId);
    this.spoke(parentId);
  }

  private spoke(msgId: string): void {
    if (this.suspects.delete(msgId) && this.found === msgId) {
      this.found = null;
      this.changed();
    }
  }

  private stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  close(): void {
    this.stop();
    this.suspects = new Set();
  }
}
