/**
 * A projector brought to an entry of a journal: from the nearest stored state, then through the entries after it.
 */
import { type LoadSnapshot, Projector } from '../../../shared/journal/projector.ts';
import { FrameReader } from '../../../shared/wire/codec.ts';
import type { JournalReader } from './reader.ts';

/** A projector at the nearest stored state at or before `seq`. */
export function projectorNear(
  reader: JournalReader,
  seq: number,
  load: LoadSnapshot = (hash) => reader.snapshotText(hash),
): Projector {
  const stored = reader.stateBefore(seq);
  const restored =
    stored === null ? null : Projector.restore(stored.text, load, (id) => reader.piece(id), new FrameReader());
  // A state that claims another place than its row is not believed.
  return restored !== null && restored.seq === stored?.seq ? restored : new Projector(load, new FrameReader());
}

/** Goes on to `seq`. */
export function advance(projector: Projector, reader: JournalReader, seq: number): void {
  for (const entry of reader.entries(projector.seq + 1, seq)) {
    projector.apply(entry);
  }
}
