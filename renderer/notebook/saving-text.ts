/**
 * The sentences around saving. Pure.
 */
import type { Taken } from '../../shared/notebook-merge/merge.ts';
import { plural } from '../common/format.ts';

/** What was taken over from the server; `null` when there is nothing to tell. */
export function describeTaken(taken: Taken, how: 'merged' | 'shown'): string | null {
  const parts = [
    taken.edited > 0 ? `${plural(taken.edited, 'cell')} edited` : '',
    taken.added > 0 ? `${plural(taken.added, 'cell')} added` : '',
    taken.removed > 0 ? `${plural(taken.removed, 'cell')} removed` : '',
  ].filter((part) => part !== '');
  if (parts.length === 0 && !taken.other) {
    return null;
  }
  const what = parts.length === 0 ? 'cells moved or notebook details changed' : parts.join(', ');
  return how === 'merged'
    ? `This notebook was also changed on the server. Both are merged: ${what} there.`
    : `This notebook was changed on the server: ${what}. It is shown as it is now.`;
}

/** Why a save did not arrive, and what that means. `status`: the server's HTTP answer, `null` when it gave none. */
export function describeSaveFailure(status: number | null, detail: string): string {
  const kept = 'Your edits are kept on this computer';
  if (status === null)
    return `The server did not answer, so the notebook was not saved. ${kept} and saved when it is back.`;
  if (status === 401 || status === 403) {
    return `The server does not let this notebook be saved: it asks for a login or forbids writing here. ${kept}.`;
  }
  if (status === 413)
    return `The notebook is larger than the server accepts and was not saved. ${kept}. Clearing large outputs helps.`;
  if (status >= 500)
    return `The server could not write the notebook (${detail}). ${kept}; save again later, or save a copy elsewhere.`;
  return `The notebook was not saved: ${detail}. ${kept}.`;
}

/** The server did not keep the notebook (`SaveLost`). */
export const saveLostText =
  'The server did not keep the notebook: other programs read its file while it is written, and the server cannot cope with that. Your edits are kept on this computer; save again in a moment.';
