/**
 * Notices that a running cell may wait for an answer to a question that nobody saw.
 *
 * `input()` asks on a channel that no recorder hears: a question that was on its way when a connection or the app died
 * is gone, and the kernel waits for ever. Nothing proves it, a long silent computation looks the same; but a kernel
 * takes an answer only while it waits for one, so offering to answer does no harm. Offered for a cell that ran when the
 * link was lost and has said nothing for a while since it is back. What it says is no proof of the contrary: it may be
 * what was printed before the question and was fetched only now.
 *
 * A kernel that has just begun is such a time too: the server subscribes to its channels again one by one, and what the
 * kernel asks before that reaches nobody. Then only cells are suspected whose code looks as if it asks something.
 */
import type { Execution } from '../../../shared/journal/entries.ts';
import type { Frame } from '../../../shared/wire/codec.ts';

/** Silence after the link is back: what the server still holds arrives within round trips. */
const silenceMs = 4_000;
/** An offer that was wrong is made again only after twice the silence, up to this. */
const silenceMsMax = 64_000;

/** A server on a busy machine has all channels again by then. */
const youngMs = 10_000;
const mayAsk = /input|getpass|prompt|read|confirm|breakpoint|pdb|menu/i;

interface LostPromptParts {
  /** Executions that have gone out and have not ended. */
  pending(): readonly Execution[];
  /** Those of them that the kernel works on. */
  running(): readonly Execution[];
  /** The id of a question of this execution that stands in the journal without an answer. */
  questionOf(msgId: string): Promise<string | null>;
  changed(): void;
}

export class LostPrompt {
  /** Executions with a question that arrived, and the question's id: windows show it. */
  private readonly open = new Map<string, string>();
  private readonly suspects = new Set<string>();
  /** Suspects of an earlier run of the app, whose question may stand in the journal. */
  private readonly restored = new Set<string>();
  private found: string | null = null;
  private timer: NodeJS.Timeout | null = null;
  private silenceMs = silenceMs;
  private spokeAtMs = Number.NEGATIVE_INFINITY;
  private youngUntilMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: LostPromptParts) {
    for (const { msgId } of parts.pending()) {
      this.suspects.add(msgId);
      this.restored.add(msgId);
    }
  }

  /** The execution that may wait for an answer. */
  get msgId(): string | null {
    return this.found;
  }

  /** The link was lost. Questions that are known are no loss: windows show them again. */
  cut(): void {
    for (const { msgId } of this.parts.pending()) {
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
      this.timer = setTimeout(() => void this.look(), this.silenceMs);
    }
  }

  /** The kernel has just begun, or begun again. */
  began(): void {
    this.youngUntilMs = performance.now() + youngMs;
  }

  /** A cell goes out. */
  sent(msgId: string, code: string): void {
    if (performance.now() < this.youngUntilMs && mayAsk.test(code)) {
      this.suspects.add(msgId);
      if (this.timer === null) {
        this.begin();
      }
    }
  }

  observe(frame: Frame): void {
    const parentId = frame.parent?.msg_id ?? '';
    if (frame.header.msg_type === 'input_request') {
      this.open.set(parentId, frame.header.msg_id);
      this.clear(parentId);
    } else if (this.suspects.has(parentId)) {
      this.spoke(parentId);
    }
  }

  /** An answer goes out, and may be lost like anything else. `parentId`: the question, or its execution. */
  answered(parentId: string): void {
    for (const [msgId, promptId] of this.open) {
      if (msgId === parentId || promptId === parentId) {
        this.open.delete(msgId);
        this.clear(msgId);
      }
    }
    this.clear(parentId);
  }

  private spoke(msgId: string): void {
    if (this.found === msgId) {
      this.silenceMs = Math.min(this.silenceMs * 2, silenceMsMax);
      this.found = null;
      this.parts.changed();
    }
    this.spokeAtMs = performance.now();
    if (this.timer === null) {
      this.begin();
    }
  }

  private async look(): Promise<void> {
    this.timer = null;
    if (performance.now() - this.spokeAtMs < this.silenceMs) {
      this.begin();
      return;
    }
    const pending = new Set<string>(this.parts.pending().map(({ msgId }) => msgId));
    for (const msgId of this.suspects) {
      if (!pending.has(msgId)) {
        this.clear(msgId);
      }
    }
    // The others wait for their turn.
    const silent = this.parts.running()[0]?.msgId;
    if (silent === undefined || !this.suspects.has(silent)) {
      this.begin();
      return;
    }
    const question = this.restored.delete(silent) ? await this.parts.questionOf(silent) : null;
    if (question !== null) {
      this.open.set(silent, question);
      this.suspects.delete(silent);
      this.begin();
      return;
    }
    if (this.suspects.has(silent)) {
      this.found = silent;
      this.parts.changed();
    }
  }

  /** Nothing is amiss with it any more. */
  private clear(msgId: string): void {
    this.restored.delete(msgId);
    if (this.suspects.delete(msgId) && this.found === msgId) {
      this.found = null;
      this.parts.changed();
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
    this.suspects.clear();
  }
}
