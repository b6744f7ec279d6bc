/** What stands in the journals that a test has had written. */
import path from 'node:path';
import { journalFiles } from '../../electron/core/journal/library.ts';
import { JournalReader } from '../../electron/core/journal/reader.ts';
import { verifyJournal } from '../../electron/core/journal/verify.ts';

/** The number of the last entry of a folder's first journal, which may be recorded at the moment. */
export function lastEntryOf(journals: string): number {
  const opened = JournalReader.open(journalFiles(journals)[0] ?? '');
  if (!opened.ok) throw new Error(opened.problem.sentence);
  try {
    return opened.value.lastSeqStated();
  } finally {
    opened.value.close();
  }
}

/** What `verify` finds in each journal of a profile after the app has ended, in the order of the files; a sound one has none. */
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
