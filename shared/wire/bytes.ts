/** Bytes compared where they stand: a view for every comparison would keep the collector busy in a flood. */

/** Whether the bytes of a pattern, or those between two places of it, stand where it would if it began at `at`. */
export function hasAt(
  bytes: Uint8Array,
  at: number,
  pattern: Uint8Array,
  from = 0,
  // Looked up once: in the loop it would take longer than the comparison.
  to = pattern.byteLength,
): boolean {
  for (let index = from; index < to; index++) {
    if (bytes[at + index] !== pattern[index]) {
      return false;
    }
  }
  return true;
}
