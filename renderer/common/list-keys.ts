/**
 * The keyboard of a list, as pure functions: where the focus goes for a key, and what typing finds.
 *
 * One item of a list is in the tab order at a time; arrows move within the list. The DOM side is in `use-rows.ts`.
 */

/** Rows that Page Up and Page Down move by where the list does not say how many it shows. */
const pageRows = 10;

/** The index to move to, or `null` when the key does not move. `index` is -1 when nothing is active yet. */
export function moveIndex(key: string, index: number, count: number): number | null {
  if (count === 0) {
    return null;
  }
  const last = count - 1;
  const clamp = (value: number): number => Math.min(last, Math.max(0, value));
  switch (key) {
    case 'ArrowDown':
      return clamp(index + 1);
    case 'ArrowUp':
      return index === -1 ? last : clamp(index - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'PageDown':
      return clamp(index + pageRows);
    case 'PageUp':
      return clamp(index - pageRows);
    default:
      return null;
  }
}

/** Typing is one word as long as the pauses are shorter than this, as in desktop file managers. */
export const typePauseMs = 900;

/**
 * The index of the next item that begins with what was typed, or -1. A single letter typed again goes on to the next
 * item with that letter; a longer text stays on the item as long as it still matches.
 */
export function findTyped(labels: readonly string[], typed: string, from: number): number {
  const wanted = typed.toLocaleLowerCase();
  const isRepeat = wanted.length > 1 && [...wanted].every((letter) => letter === wanted[0]);
  const prefix = isRepeat ? wanted.slice(0, 1) : wanted;
  const start = prefix.length === 1 ? from + 1 : Math.max(0, from);
  for (let step = 0; step < labels.length; step += 1) {
    const index = (start + step) % labels.length;
    if (labels[index]?.toLocaleLowerCase().startsWith(prefix)) {
      return index;
    }
  }
  return -1;
}

/** Where the focus goes when the item at `index` was removed from a list that now has `count` items. */
export function indexAfterRemoval(index: number, count: number): number {
  return Math.min(index, count - 1);
}

/** Whether every word of the query is somewhere in one of the texts. An empty query matches everything. */
export function matchesQuery(query: string, texts: readonly (string | null)[]): boolean {
  const words = query
    .toLocaleLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const haystack = texts
    .filter((text) => text !== null)
    .join('\n')
    .toLocaleLowerCase();
  return words.every((word) => haystack.includes(word));
}
