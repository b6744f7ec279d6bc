/**
 * What a journal is called among the kinds of files that a desktop knows, and the description of it for the shared
 * MIME database (Shared MIME-info Database specification, "Source file format"). Pure.
 */
import { journalEnding } from '../journal/library.ts';

export const mediaType = 'application/x-nightjar-journal';

export const mimePackageName = 'nightjar.xml';

/**
 * A journal is known by its name, and without the name by its first bytes: an SQLite database whose application id
 * is "NJAR" (journal/FORMAT.md). The id stands at offset 68 of an SQLite file, most significant byte first. The rule
 * is asked before the one for SQLite, which has priority 50; programs for SQLite are still offered for journals.
 */
export const mimePackage = `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="${mediaType}">
    <comment>Nightjar journal</comment>
    <sub-class-of type="application/vnd.sqlite3"/>
    <glob pattern="*${journalEnding}"/>
    <magic priority="60">
      <match type="string" offset="0" value="SQLite format 3">
        <match type="string" offset="68" value="NJAR"/>
      </match>
    </magic>
  </mime-type>
</mime-info>
`;

/** @param globs the text of the database's `globs2`: lines of weight, media type and pattern @returns whether it has ours */
export function isKnownIn(globs: string): boolean {
  return globs.split('\n').some((line) => {
    const [, type, pattern] = line.split(':');
    return type === mediaType && pattern === `*${journalEnding}`;
  });
}
