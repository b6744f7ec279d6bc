/**
 * One hash of everything a journal holds, entry after entry: it shows later that nothing was changed, added in between
 * or taken away.
 *
 * Each entry's hash takes in the hash before it, so a journal that only grew has the old head at the old length. Blocks
 * and their compression do not matter. Layout in FORMAT.md, "The hash of a journal".
 */
import crypto from 'node:crypto';
import type { Entry } from '../../../shared/journal/entries.ts';

/** Entries that are hashed in one go; part of the definition. */
export const chainStepEntries = 1024;

export class HashChain {
  private previous = Buffer.alloc(32);
  private hash = crypto.createHash('sha256').update(this.previous);
  private readonly head_ = Buffer.alloc(28);
  private inStep = 0;
  entries = 0;

  add(entry: Entry): void {
    const head = this.head_;
    head.writeDoubleLE(entry.seq, 0);
    head.writeDoubleLE(entry.timeUs, 8);
    head.writeUInt8(entry.kind, 16);
    head.writeUInt8(entry.direction, 17);
    head.writeUInt8(entry.lane, 18);
    head.writeUInt32LE(entry.body.byteLength, 20);
    this.hash.update(head).update(entry.body);
    this.entries += 1;
    this.inStep += 1;
    if (this.inStep === chainStepEntries) {
      this.previous = this.hash.digest();
      this.hash = crypto.createHash('sha256').update(this.previous);
      this.inStep = 0;
    }
  }

  /** The head so far, in hex. More may be added afterwards. */
  get head(): string {
    return (this.inStep === 0 ? this.previous : this.hash.copy().digest()).toString('hex');
  }
}
