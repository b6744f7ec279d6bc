/** `journal verify`. */
import type { JournalReader } from '../../core/journal/reader.ts';
import { verifyJournal } from '../../core/journal/verify.ts';
import { ExitCode, print } from '../output.ts';
import type { Options } from './options.ts';

export async function verify(reader: JournalReader, options: Options, head: boolean): Promise<number> {
  const report = verifyJournal(reader);
  if (options.json) {
    await print(`${JSON.stringify(report)}\n`);
  } else {
    const size = `${report.entries.toLocaleString('en')} entries, ${report.frames.toLocaleString('en')} messages`;
    await print(`${report.sound ? 'Sound' : 'Not sound'}: ${size}, ${report.gaps.length} gaps.\n`);
    for (const finding of report.findings) {
      await print(`- ${finding}\n`);
    }
    if (head) {
      await print(`${report.head}  ${report.entries} entries\n`);
    }
  }
  return report.sound ? ExitCode.ok : ExitCode.failed;
}
