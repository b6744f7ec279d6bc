/**
 * The command line: runs notebooks headless and reads journals, over the same core as the app.
 *
 * Exit codes: 0 done, 1 a cell failed (or a journal is not sound), 2 bad input, 130 interrupted. Results go to
 * standard output, progress and problems to standard error; a problem is one plain line.
 */
import { journalCommand } from './journal/journal.ts';
import { ExitCode, helpText, isUsageError, printProblem } from './output.ts';
import { runCommand } from './run.ts';

const help = `
nightjar: remote Jupyter that loses nothing

  nightjar run PATH.ipynb --server URL    run a notebook of a server, on the server
  nightjar journal list                   the journals on this computer
  nightjar journal show JOURNAL           what a journal holds, or the notebook at a moment
  nightjar journal search QUERY           words in the code and the output of all journals
  nightjar journal verify JOURNAL         prove that nothing is missing
  nightjar journal export JOURNAL         as a notebook, a page that plays, a log, JSON
  nightjar journal compact JOURNAL        make it as small as this version can
  nightjar journal prune --max SIZE       remove the oldest until all fit

Every command explains itself with --help.
`;

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case 'run':
      return runCommand(rest);
    case 'journal':
      return journalCommand(rest);
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(helpText(help));
      return command === undefined ? ExitCode.badInput : ExitCode.ok;
    default:
      printProblem(`There is no command "${command}". "nightjar --help" lists them.`);
      return ExitCode.badInput;
  }
}

// A reader that closes its end (`| head`) is not an error worth a word.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? ExitCode.ok : ExitCode.failed);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  printProblem(
    isUsageError(error)
      ? `${error.message}. Add --help to see the options.`
      : 'Something went wrong inside Nightjar. What was journaled so far is safe; please report this with the command you ran.',
  );
  process.exitCode = ExitCode.badInput;
}
