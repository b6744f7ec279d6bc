/** `journal list` and `journal search`. */
import fs from 'node:fs';
import { SearchIndex } from '../../core/library/search.ts';
import { Shelf } from '../../core/library/shelf.ts';
import { ExitCode, print, printProblem, sizeText, timeText } from '../output.ts';
import type { Options } from './options.ts';

/** A search waits for the index at most this long; then it answers with what is there and says so. */
const indexingMs = 60_000;

function folderProblem(dir: string): string | null {
  return fs.existsSync(dir)
    ? null
    : `There is no folder ${dir}. Journals appear there when a notebook is run; --journal names another.`;
}

export async function list(options: Options): Promise<number> {
  const problem = folderProblem(options.dir);
  if (problem !== null) {
    printProblem(problem);
    return ExitCode.badInput;
  }
  const shelf = new Shelf(options.dir);
  try {
    const listed = shelf.list();
    if (options.json) {
      for (const journal of listed) {
        await print(`${JSON.stringify(journal)}\n`);
      }
      return ExitCode.ok;
    }
    if (listed.length === 0) {
      await print(`No journals in ${options.dir} yet.\n`);
    }
    for (const {
      journalId,
      title,
      serverName,
      entries,
      fileBytes,
      gaps,
      errors,
      state,
      createdTimeMs,
      isKept,
    } of listed) {
      const marks = [
        state === 'closed' ? '' : state,
        errors === 0 ? '' : `${errors} ${errors === 1 ? 'error' : 'errors'}`,
        gaps === 0 ? '' : `${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`,
        isKept ? 'kept' : '',
      ];
      const size = `${entries.toLocaleString('en')} entries`;
      const fields = [timeText(createdTimeMs), journalId, title, serverName, size, sizeText(fileBytes), ...marks];
      await print(`${fields.filter((field) => field !== '').join('  ')}\n`);
    }
    return ExitCode.ok;
  } finally {
    shelf.close();
  }
}

export async function search(options: Options, query: string, limitText: string): Promise<number> {
  const limit = /^\d{1,4}$/.test(limitText) ? Number(limitText) : 0;
  const problem =
    query.trim() === ''
      ? 'What should be searched for? Name words after "journal search".'
      : limit < 1
        ? `--limit takes a number from 1 on, not "${limitText}".`
        : folderProblem(options.dir);
  if (problem !== null) {
    printProblem(problem);
    return ExitCode.badInput;
  }
  const shelf = new Shelf(options.dir);
  const index = new SearchIndex(shelf);
  try {
    const endMs = performance.now() + indexingMs;
    do {
      index.step();
    } while (!index.isCurrent && performance.now() < endMs);
    const { hits, hasMore } = index.search(query, limit);
    for (const hit of hits) {
      await print(options.json ? `${JSON.stringify(hit)}\n` : hitLine(hit));
    }
    if (hasMore && !options.json) {
      printProblem(`There are more places; --limit shows more than ${limit}.`);
    }
    if (!index.isCurrent) {
      printProblem('Not every journal is indexed yet; search again in a while.');
    }
    return hits.length === 0 ? ExitCode.failed : ExitCode.ok;
  } finally {
    index.close();
    shelf.close();
  }
}

function hitLine(hit: { journalId: string; seq: number; timeMs: number; where: string; snippet: string }): string {
  const where = hit.where === 'output' ? ' ' : hit.where === 'input' ? '>' : '!';
  return `${hit.journalId}  #${hit.seq}  ${timeText(hit.timeMs)} ${where} ${hit.snippet}\n`;
}
