/**
 * Notices that a running cell may wait for an answer to a question that nobody saw.
 *
 * `input()` asks on a channel that no recorder hears: a question that was on its way when a connection or the app died
 * is gone, and the kernel waits for ever. Nothing proves it, a long silent computation looks the same; but a kernel
 * takes an answer only while it waits for one, so offering to answer does no harm. Offered for a cell that ran when the
 * link was lost and has said nothing for a while since it is back. What it says is no proof of the contrary: it may be
 * what was printed before the question and was fetched only now.
 *
 * A connection or a kernel that has just begun is such a time too: the server opens its channels to the kernel one by
 * one, and what the kernel asks before that, or is answered, may reach nobody. Then only cells are suspected whose code
 * looks as if it asks something, and those that were just answered.
 *
 * An answer that was offered proves nothing either: the kernel throws away what comes before it asks. The cell stays
 * suspected until it ends or its question is seen.
 */
import type { Execution } from '../../../shared/journal/entries.ts';
import type { Frame } from '../../../shared/wire/codec.ts';

/** Silence after the link is back: what the server still holds arrives within round trips. */
const silenceMs = 4_000;
/** An offer that was wrong is made again only after twice the silence, up to this. */
const silenceMsMax = 64_000;

/** A server on a busy machine has all channels again by then. */
const youngMs = 10_000;
const mayAsk = /input|getpass|prompt|confirm|breakpoint|set_trace|pdb|readline|\bmenu\b|keyboard|\bcin\b|getline/i;

interface LostPromptParts {
  /** Executions that have gone out and have not ended. */
  pending(): readonly Execution[];
  /** Those of them that the kernel works on. */
  running(): readonly Execution[];
  /** The id of a question of this execution that stands in the journal without an answer. */
  questionOf(msgId: string): Promise<string | null>;
  /** An answer has changed nothing: the way to the kernel may be dead. */
  unanswered(): void;
  changed(): void;
}

/** What is known of an execution: `asked` is shown by windows under this id; `restored` may stand in the journal. */
type Question =
  | { readonly state: 'asked'; readonly id: string }
  | { readonly state: 'suspected'; readonly wasAnswered?: boolean }
  | { readonly state: 'restored' };

export class LostPrompt {
  private readonly questions = new Map<string, Question>();
  private found: string | null = null;
  private timer: NodeJS.Timeout | null = null;
  private silenceMs = silenceMs;
  private spokeAtMs = Number.NEGATIVE_INFINITY;
  private youngUntilMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: LostPromptParts) {
    for (const { msgId } of parts.pending()) {
      this.questions.set(msgId, { state: 'restored' });
    }
  }

  /** The execution that may wait for an answer. */
  get msgId(): string | null {
    const { found } = this;
    return found !== null && this.parts.pending().some(({ msgId }) => msgId === found) ? found : null;
  }

  /** The execution whose question is known and has no answer yet. */
  get askedBy(): string | null {
    const asked = [...this.questions].filter(([, { state }]) => state === 'asked').map(([msgId]) => msgId);
    return asked.length === 0 ? null : (this.parts.pending().find(({ msgId }) => asked.includes(msgId))?.msgId ?? null);
  }

  /** The link was lost. Questions that are known are no loss: windows show them again. */
  cut(): void {
    for (const { msgId } of this.parts.pending()) {
      if (!this.questions.has(msgId)) {
        this.questions.set(msgId, { state: 'suspected' });
      }
    }
    this.stop();
  }

  /** The link is up, for the first time or again. */
  begin(): void {
    this.began();
    this.lookLater();
  }

  /** The kernel has just begun, or begun again. */
  began(): void {
    this.youngUntilMs = performance.now() + youngMs;
  }

  /** A cell goes out. */
  sent(msgId: string, code: string): void {
    if (performance.now() < this.youngUntilMs && mayAsk.test(code)) {
      this.questions.set(msgId, { state: 'suspected' });
      if (this.timer === null) {
        this.lookLater();
      }
    }
  }

  observe(frame: Frame): void {
    const parentId = frame.parent?.msg_id ?? '';
    if (frame.header.msg_type === 'input_request') {
      this.questions.set(parentId, { state: 'asked', id: frame.header.msg_id });
      this.hide(parentId);
    } else if (this.isSuspect(parentId)) {
      this.spoke(parentId);
    }
  }

  /** The answer to a question goes out, and may be lost like anything else. */
  answered(questionId: string): void {
    for (const [msgId, question] of this.questions) {
      if (question.state !== 'asked' || question.id !== questionId) {
        continue;
      }
      if (performance.now() < this.youngUntilMs) {
        this.offered(msgId);
      } else {
        this.questions.delete(msgId);
      }
    }
  }

  /** An answer goes out to a question that was not seen: if it never was asked, it is offered again. */
  offered(msgId: string): void {
    this.questions.set(msgId, { state: 'suspected', wasAnswered: true });
    this.spoke(msgId);
  }

  private isSuspect(msgId: string): boolean {
    const state = this.questions.get(msgId)?.state;
    return state === 'suspected' || state === 'restored';
  }

  private spoke(msgId: string): void {
    if (this.found === msgId) {
      this.silenceMs = Math.min(this.silenceMs * 2, silenceMsMax);
      this.hide(msgId);
    }
    this.spokeAtMs = performance.now();
    if (this.timer === null) {
      this.lookLater();
    }
  }

  private lookLater(): void {
    this.stop();
    if ([...this.questions.keys()].some((msgId) => this.isSuspect(msgId))) {
      this.timer = setTimeout(() => void this.look(), this.silenceMs);
    }
  }

  private async look(): Promise<void> {
    this.timer = null;
    if (performance.now() - this.spokeAtMs < this.silenceMs) {
      this.lookLater();
      return;
    }
    const pending = new Set<string>(this.parts.pending().map(({ msgId }) => msgId));
    for (const msgId of this.questions.keys()) {
      if (!pending.has(msgId)) {
        this.questions.delete(msgId);
        this.hide(msgId);
      }
    }
    // The others wait for their turn.
    const silent = this.parts.running()[0]?.msgId ?? '';
    const question = this.questions.get(silent);
    if (question === undefined || question.state === 'asked') {
      this.lookLater();
      return;
    }
    const id = question.state === 'restored' ? await this.parts.questionOf(silent) : null;
    if (this.questions.get(silent) !== question) {
      this.lookLater();
    } else if (id !== null) {
      this.questions.set(silent, { state: 'asked', id });
      this.lookLater();
    } else {
      if (question.state === 'suspected' && question.wasAnswered === true) {
        this.parts.unanswered();
      }
      this.questions.set(silent, { state: 'suspected' });
      this.found = silent;
      this.parts.changed();
    }
  }

  private hide(msgId: string): void {
    if (this.found === msgId) {
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
    this.questions.clear();
  }
}
