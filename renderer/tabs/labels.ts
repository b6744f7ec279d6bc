/** What stands in a tab, and where a drag leaves it. Pure. */

export interface Label {
  readonly name: string;
  /** The folder of the notebook, or its server, when another tab has the same name. */
  readonly place: string | null;
}

/** A page is titled "name — server". */
export function labelsOf(tabs: readonly { readonly title: string; readonly folder: string }[]): Label[] {
  const parts = tabs.map(({ title, folder }) => {
    const at = title.lastIndexOf(' — ');
    return at < 0
      ? { name: title, folder, server: '' }
      : { name: title.slice(0, at), folder, server: title.slice(at + 3) };
  });
  return parts.map((part) => {
    const same = parts.filter(({ name }) => name === part.name);
    const isElsewhere = same.some(({ server }) => server !== part.server);
    const place = isElsewhere ? part.server : part.folder === '' ? '/' : part.folder;
    return { name: part.name, place: same.length === 1 || place === '' ? null : place };
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
