/** What stands in a tab, and where a drag leaves it. Pure. */

export interface Label {
  readonly name: string;
  /** Where the notebook is, when another tab has the same name. */
  readonly place: string | null;
}

/** A page is titled "name — where it is". */
export function labelsOf(titles: readonly string[]): Label[] {
  const parts = titles.map((title) => {
    const at = title.lastIndexOf(' — ');
    return at < 0 ? { name: title, place: '' } : { name: title.slice(0, at), place: title.slice(at + 3) };
  });
  return parts.map(({ name, place }) => {
    const isAlone = parts.filter((other) => other.name === name).length === 1;
    return { name, place: isAlone || place === '' ? null : place };
  });
}

/**
 * The place of a tab after a drag, or null where it stays.
 * @param middles of all tabs, in pixels from the left
 * @param at the place of the dragged one
 * @param byPx how far it was dragged to the right
 */
export function placeAfterDrag(middles: readonly number[], at: number, byPx: number): number | null {
  const from = middles[at];
  if (from === undefined) return null;
  const to = middles.filter((middle, index) => index !== at && middle < from + byPx).length;
  return to === at ? null : to;
}
