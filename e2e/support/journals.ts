/** What stands in the journals that a test has had written. */
import path from 'node:path';
import { journalFiles } from '../../electron/core/journal/library.ts';
import { JournalReader } from '../../electron/core/journal/reader.ts';
import { verifyJournal } from '../../electron/core/journal/verify.ts';
import { entryKinds } from '../../shared/journal/entries.ts';
import { readFrame } from '../../shared/wire/codec.ts';

/** Of a journal in which something was found, so many entries are told. */
const entriesTold = 200;

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
      const { findings } = verifyJournal(opened.value);
      if (findings.length > 0) tellEntries(file, opened.value);
      return findings;
    } finally {
      opened.value.close();
    }
  });
}

/** What came in which order: a finding that comes once in a hundred runs has nothing else to go by. */
function tellEntries(file: string, reader: JournalReader): void {
  const lines: string[] = [];
  for (const { seq, kind, lane, timeUs, body } of reader.entries(1, entriesTold)) {
    const frame = kind === entryKinds.frame ? readFrame(body) : null;
    const what =
      frame === null
        ? new TextDecoder().decode(body).slice(0, 200)
        : `${frame.channel} ${frame.header.msg_type} ${frame.header.msg_id} of ${frame.parent?.msg_id ?? '-'}`;
    lines.push(`${seq} ${Math.round(timeUs / 1000) % 1_000_000} kind ${kind} lane ${lane} ${what}`);
  }
  process.stderr.write(`${path.basename(file)}:\n${lines.join('\n')}\n`);
}
