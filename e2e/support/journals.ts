/** What `verify` says of the journals in a profile, for after the app has ended. */
import path from 'node:path';
import { journalFiles } from '../../electron/core/journal/library.ts';
import { JournalReader } from '../../electron/core/journal/reader.ts';
import { verifyJournal } from '../../electron/core/journal/verify.ts';

/** The findings of each journal, in the order of the files; a sound one has none. */
export function journalFindings(profile: string): readonly (readonly string[])[] {
  return journalFiles(path.join(profile, 'data', 'journals')).map((file) => {
    const opened = JournalReader.open(file);
    if (!opened.ok) {
      return [opened.problem.sentence];
    }
    try {
      return verifyJournal(opened.value).findings;
    } finally {
      opened.value.close();
    }
  });
}
