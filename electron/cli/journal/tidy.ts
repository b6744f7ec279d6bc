/** `journal compact` and `journal prune`: the two that change files. */
import fs from 'node:fs';
import { compactJournal } from '../../core/journal/compact.ts';
import { Shelf } from '../../core/library/shelf.ts';
import { ExitCode, print, printProblem, sizeText, timeText } from '../output.ts';
import { bytesNamed, type Options } from './options.ts';

export async function compact(file: string): Promise<number> {
  const before = fs.statSync(file).size;
  const compacted = compactJournal(file);
  if (!compacted.ok) {
    printProblem(compacted.problem.sentence);
    return compacted.problem.kind === 'damaged' ? ExitCode.failed : ExitCode.badInput;
  }
  await print(`${sizeText(before)} before, ${sizeText(fs.statSync(file).size)} now\n`);
  return ExitCode.ok;
}

export async function prune(
  options: Options,
  wish: { readonly max: string | null; readonly dryRun: boolean },
): Promise<number> {
  const bytesMax = wish.max === null ? null : bytesNamed(wish.max);
  const problem =
    wish.max === null
      ? 'How much may journals take together? Say --max with a size like 500MB or 20GB.'
      : bytesMax === null
        ? `"${wish.max}" is no size. Say --max with a size like 500MB or 20GB.`
        : fs.existsSync(options.dir)
          ? null
          : `There is no folder ${options.dir}; --journal names another.`;
  if (problem !== null) {
    printProblem(problem);
    return ExitCode.badInput;
  }
  const shelf = new Shelf(options.dir);
  try {
    const plan = wish.dryRun ? shelf.plan(bytesMax, []) : shelf.prune(bytesMax, []);
    if (options.json) {
      await print(`${JSON.stringify(plan)}\n`);
      return ExitCode.ok;
    }
    for (const { journalId, title, fileBytes, lastEntryTimeMs } of plan.goes) {
      await print(`${timeText(lastEntryTimeMs)}  ${journalId}  ${title}  ${sizeText(fileBytes)}\n`);
    }
    const verb = wish.dryRun ? 'would be removed' : 'removed';
    const count = `${plan.goes.length} ${plan.goes.length === 1 ? 'journal' : 'journals'} ${verb}`;
    await print(`${count}: ${sizeText(plan.bytesNow)} before, ${sizeText(plan.bytesAfter)} after\n`);
    if (plan.note !== '') {
      printProblem(plan.note);
    }
    return ExitCode.ok;
  } finally {
    shelf.close();
  }
}
