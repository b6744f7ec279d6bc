/**
 * Messages that came live and have not been seen in the recorder's spool yet.
 *
 * The recorder may be behind the websocket. What is not in the spool yet lies beyond its end, and has to be looked at
 * again before the safe position may pass it, or a later start would let it in twice.
 */

/** Twenty times what comes between two safe positions in a flood; beyond it the safe position waits. */
const unseenMax = 100_000;

export class Unseen {
  /** Entries by message, in order. */
  private readonly entries = new Map<string, number>();
  /** The last entry that no longer found room. */
  private beyondSeq = 0;

  add(msgId: string, seq: number): void {
    if (this.entries.size < unseenMax) {
      this.entries.set(msgId, seq);
    } else {
      this.beyondSeq = seq;
    }
  }

  /** The entry of a message that stands here, or 0. */
  seqOf(msgId: string): number {
    return this.entries.get(msgId) ?? 0;
  }

  /** The spool has the message of this entry, and so all that came live before it, as far as it has it at all. */
  seenUpTo(seq: number): void {
    if (seq >= this.beyondSeq) {
      this.beyondSeq = 0;
    }
    for (const [msgId, unseenSeq] of this.entries) {
      if (unseenSeq > seq) {
        return;
      }
      this.entries.delete(msgId);
    }
  }

  /**
   * The entry that goes with the end of the spool.
   * @param safeSeq the entry of the safe position until now
   * @param lastSeq the last entry in the journal
   */
  safeSeq(safeSeq: number, lastSeq: number): number {
    if (this.beyondSeq > safeSeq) {
      return safeSeq;
    }
    const [first = Number.POSITIVE_INFINITY] = this.entries.values();
    return Math.max(safeSeq, Math.min(lastSeq, first - 1));
  }
}
