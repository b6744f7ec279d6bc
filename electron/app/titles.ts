/**
 * Window titles as the desktop expects them. Pure.
 *
 * A page proposes a title that may hold a file name from a server; line breaks and direction marks, with which a name
 * could pretend to be another, are taken out.
 */

/** Title bars and task lists show far less. */
const titleLengthMax = 200;

/** macOS marks unsaved windows itself, with a dot in the close button; elsewhere a star stands before the name. */
export function windowTitle(title: string, isDirty: boolean, isMac: boolean): string {
  const clean = title
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, titleLengthMax);
  const named = clean === '' ? 'Nightjar' : isMac || clean.endsWith('Nightjar') ? clean : `${clean} — Nightjar`;
  return isDirty && !isMac ? `*${named}` : named;
}
