/**
 * `nightjar journal …`: lists, shows, searches, proves, exports and tidies journals.
 *
 * Everything but `compact` and `prune` only reads, and the app may have the journals open meanwhile. Results go to
 * standard output in a form that pipes well; a problem is one line on standard error.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Result } from '../../../shared/result.ts';
import { Player } from '../../core/playback/player.ts';
import { defaultJournalDir, ExitCode, helpText, printProblem } from '../output.ts';
import { type ExportWish, exportTo } from './export.ts';
import { fileNamed, type Options } from './options.ts';
import { list, search } from './list.ts';
import { show } from './show.ts';
import { compact, prune } from './tidy.ts';
import { verify } from './verify.ts';

const help = `
nightjar journal list                        the journals on this computer
nightjar journal show JOURNAL                what it holds, message by message
nightjar journal show JOURNAL --at TIME      the notebook as it stood at that moment
nightjar journal search QUERY                words in the code and the output of all journals
nightjar journal verify JOURNAL              prove that nothing is missing
nightjar journal export JOURNAL --to FORMAT  ipynb, html (plays by itself), txt or jsonl
nightjar journal compact JOURNAL             write it anew, as small as this version can
nightjar journal prune --max SIZE            remove the oldest until all fit

JOURNAL is a file, or the id that "list" shows (its beginning is enough).
TIME is like 2026-03-31T14:05 or 14:05:30 (on the journal's last day), or an entry like #1200.

  --journal DIR   folder of the journals (default: where the app keeps its own)
  --json          one JSON value per line, for programs (list, show, search, verify, prune)
  --follow        show: go on as the journal grows, until its session ends
  --limit N       search: at most so many places (default 20)
  --head          verify: also print the hash of everything that was recorded, to compare later
  --output FILE   export: write there instead of to standard output
  --dry-run       prune: only say what would go
  --help          this text

"prune" never removes a journal that is kept, that is being recorded, or that nobody has looked at.
Exit codes: 0 done; 1 not sound, or nothing found; 2 bad input.
`;

const actions = ['list', 'show', 'search', 'verify', 'export', 'compact', 'prune'] as const;

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      journal: { type: 'string' },
      json: { type: 'boolean', default: false },
      follow: { type: 'boolean', short: 'f', default: false },
      at: { type: 'string' },
      limit: { type: 'string' },
      head: { type: 'boolean', default: false },
      to: { type: 'string' },
      output: { type: 'string', short: 'o' },
      max: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

type Values = ReturnType<typeof parse>['values'];
type Action = (typeof actions)[number];

/** Options that mean something to an action; any other one is a mistake worth a word. */
const meant: Readonly<Record<Action, readonly (keyof Values)[]>> = {
  list: ['json'],
  show: ['json', 'at', 'follow'],
  search: ['json', 'limit'],
  verify: ['json', 'head'],
  export: ['to', 'at', 'output'],
  compact: [],
  prune: ['json', 'max', 'dry-run'],
};

function misplaced(action: Action, values: Values): string | null {
  const given = Object.entries(values).filter(([, value]) => value !== false && value !== undefined);
  const wrong = given.find(([name]) => name !== 'journal' && !meant[action].some((known) => known === name));
  return wrong === undefined ? null : `--${wrong[0]} means nothing to "journal ${action}"; --help explains.`;
}

function badInput(sentence: string): number {
  printProblem(sentence);
  return ExitCode.badInput;
}

export async function journalCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    process.stdout.write(helpText(help));
    return ExitCode.ok;
  }
  const [named, ...names] = positionals;
  const action = actions.find((candidate) => candidate === named);
  if (action === undefined) {
    const what = named === undefined ? 'Say what to do with journals' : `There is no "journal ${named}"`;
    return badInput(`${what}: ${actions.join(', ')}. --help explains.`);
  }
  const wrong = misplaced(action, values);
  if (wrong !== null) {
    return badInput(wrong);
  }
  const options: Options = { dir: path.resolve(values.journal ?? defaultJournalDir()), json: values.json };
  if (action === 'list' || action === 'prune') {
    if (names.length > 0) {
      return badInput(`"journal ${action}" takes no names; --journal DIR names a folder.`);
    }
    return action === 'list' ? list(options) : prune(options, { max: values.max ?? null, dryRun: values['dry-run'] });
  }
  if (action === 'search') {
    return search(options, names.join(' '), values.limit ?? '20');
  }
  const [name, ...more] = names;
  if (name === undefined || more.length > 0) {
    return badInput(
      name === undefined
        ? `Which journal? "nightjar journal list" shows them; name one after "journal ${action}".`
        : `Name one journal after "journal ${action}", not ${names.length}.`,
    );
  }
  const file = fileNamed(name, options.dir);
  return file.ok ? onFile(action, file.value, options, values) : badInput(file.problem.sentence);
}

async function onFile(
  action: Exclude<Action, 'list' | 'prune' | 'search'>,
  file: string,
  options: Options,
  values: Values,
): Promise<number> {
  const opened: Result<Player> = Player.open(file);
  if (!opened.ok) {
    return badInput(opened.problem.sentence);
  }
  const player = opened.value;
  try {
    switch (action) {
      case 'compact':
        player.close();
        return await compact(file);
      case 'show':
        return await show(player, options, { at: values.at ?? null, follow: values.follow });
      case 'verify':
        return await verify(player.reader, options, values.head);
      case 'export': {
        const wish: ExportWish = { to: values.to ?? null, at: values.at ?? null, output: values.output ?? null };
        return await exportTo(player, wish);
      }
    }
  } finally {
    player.close();
  }
}
