/** What may be the name of a notebook on a server. Pure. */

/** Most file systems end here, and the ending `.ipynb` needs room. */
const nameLengthMax = 240;

/** What is wrong with the name, in a sentence; `null` when nothing is. */
export function wrongName(name: string): string | null {
  if (/[/\\]/.test(name)) return 'A name cannot contain a slash: the file stays in its folder.';
  if (/^\.+$|[\p{Cc}\p{Cf}]/u.test(name)) return 'This is no name for a file.';
  return name.length > nameLengthMax ? 'This name is too long for a file.' : null;
}
