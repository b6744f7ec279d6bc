/** `nightjar run`: a notebook of a server, run on the server, journaled here. */
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { asServerId } from '../../shared/ids.ts';
import type { GapBody } from '../../shared/journal/entries.ts';
import { serializeNotebook } from '../../shared/outputs/notebook.ts';
import { describeUnknown } from '../../shared/result.ts';
import { parseJupyterAddress, serverNameOf } from '../../shared/urls.ts';
import { JournalClient } from '../core/journal/client.ts';
import { journalFile } from '../core/journal/library.ts';
import { RecorderService } from '../core/recovery/service.ts';
import { ServerRest } from '../core/run/rest.ts';
import { type RunReport, runNotebook } from '../core/run/runner.ts';
import { probeServer } from '../core/servers/probe.ts';
import { authorizationOf, Token } from '../core/servers/token.ts';
import { type ServerAccess, SessionManager } from '../core/sessions/manager.ts';
import { asJournalId } from '../../shared/ids.ts';
import { defaultJournalDir, ExitCode, helpText, printProblem } from './output.ts';
import { ProgressLine } from './progress.ts';

const help = `
nightjar run PATH.ipynb --server URL [options]

Runs a notebook of the server, on the server, in a fresh kernel. Every message is journaled here; the outputs are
written back into the server's notebook. The first failing cell ends the run.

  --server URL        address of the Jupyter server; a token in it is understood
  --token-env NAME    environment variable that holds the token (default JUPYTER_TOKEN)
  --journal DIR       folder for the journal (default: where the app keeps its own)
  --output FILE       also write the executed notebook to this file
  --kernel NAME       kernel to use instead of the notebook's own
  --allow-errors      go on after a failing cell
  --quiet             no progress
  --help              this text

Standard error says what could not be kept, if anything: how many messages, when and why.

Exit code: 0 all cells ran, 1 a cell failed, 2 bad input, 130 interrupted.
`;

interface Input {
  readonly notebookPath: string;
  readonly baseUrl: string;
  readonly token: Token | null;
  readonly journalDir: string;
  readonly outputFile: string | null;
  readonly kernelName: string | null;
  readonly allowErrors: boolean;
  readonly quiet: boolean;
}

function readInput(args: readonly string[]): Input | 'help' | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      server: { type: 'string' },
      'token-env': { type: 'string' },
      journal: { type: 'string' },
      output: { type: 'string' },
      kernel: { type: 'string' },
      'allow-errors': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    return 'help';
  }
  const [given, ...more] = positionals;
  if (more.length > 0) {
    return `One notebook at a time: "${more[0]}" is one too many.`;
  }
  if (values.server === undefined) {
    return 'Which server? Add --server URL, the address JupyterLab has in the browser.';
  }
  const address = parseJupyterAddress(values.server);
  if (!address.ok) {
    return address.problem.sentence;
  }
  const notebookPath = (given ?? address.value.notebookPath ?? '').replace(/^\/+/, '');
  if (notebookPath === '') {
    return 'Which notebook? Name its path on the server, for example: nightjar run work/train.ipynb --server URL.';
  }
  const tokenName = values['token-env'];
  const fromEnvironment = process.env[tokenName ?? 'JUPYTER_TOKEN'];
  if (tokenName !== undefined && (fromEnvironment === undefined || fromEnvironment === '')) {
    return `The environment variable ${tokenName}, named by --token-env, is not set.`;
  }
  const token = fromEnvironment === undefined || fromEnvironment === '' ? address.value.token : fromEnvironment;
  return {
    notebookPath,
    baseUrl: address.value.baseUrl,
    token: token === null ? null : new Token(token),
    journalDir: path.resolve(values.journal ?? defaultJournalDir()),
    outputFile: values.output === undefined ? null : path.resolve(values.output),
    kernelName: values.kernel ?? null,
    allowErrors: values['allow-errors'],
    quiet: values.quiet,
  };
}

/** A place that cannot be written is found out before an hour of work, not after. */
function unwritable(input: Input): string | null {
  try {
    fs.mkdirSync(input.journalDir, { recursive: true, mode: 0o700 });
    fs.accessSync(input.journalDir, fs.constants.W_OK);
  } catch (error) {
    return `The journal folder ${input.journalDir} cannot be used: ${describeUnknown(error)}.`;
  }
  if (input.outputFile !== null) {
    const folder = path.dirname(input.outputFile);
    if (!fs.existsSync(folder) || !fs.statSync(folder).isDirectory()) {
      return `The folder ${folder} for --output does not exist. Create it first.`;
    }
    if (fs.existsSync(input.outputFile) && fs.statSync(input.outputFile).isDirectory()) {
      return `${input.outputFile} is a folder; --output names a file.`;
    }
  }
  return null;
}

export async function runCommand(args: readonly string[]): Promise<number> {
  const input = readInput(args);
  if (input === 'help') {
    process.stdout.write(helpText(help));
    return ExitCode.ok;
  }
  const wrong = typeof input === 'string' ? input : unwritable(input);
  if (typeof input === 'string' || wrong !== null) {
    printProblem(wrong ?? 'unusable input');
    return ExitCode.badInput;
  }
  const probed = await probeServer(input.baseUrl, input.token);
  if (!probed.ok) {
    printProblem(probed.problem.sentence);
    return ExitCode.badInput;
  }
  return runOn(input);
}

async function runOn(input: Input): Promise<number> {
  const server: ServerAccess = {
    serverId: asServerId('command-line'),
    name: serverNameOf(input.baseUrl),
    baseUrl: input.baseUrl,
    headers: () => authorizationOf(input.token),
  };
  const log = process.env.NIGHTJAR_LOG === undefined ? (): void => undefined : printProblem;
  const client = new JournalClient(new URL('./journal-worker.js', import.meta.url), log);
  const recorders = new RecorderService(
    fileURLToPath(new URL('./assets/recorder.py', import.meta.url)),
    path.join(input.journalDir, '.helpers.json'),
  );
  const hooks = { onStatus: () => undefined, onExecution: () => undefined, log };
  const sessions = new SessionManager(input.journalDir, client, hooks, recorders);
  const line = new ProgressLine(process.stderr, input.quiet);
  const controller = new AbortController();
  const onSignal = (): void => {
    line.say('Interrupting; outputs so far are kept and saved.');
    controller.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const result = await runNotebook({
      server,
      rest: new ServerRest(input.baseUrl, input.token),
      sessions,
      notebookPath: input.notebookPath,
      kernelName: input.kernelName,
      allowErrors: input.allowErrors,
      signal: controller.signal,
      onProgress: (progress) => line.show(progress),
    });
    line.end();
    if (!result.ok) {
      printProblem(result.problem.sentence);
      return ExitCode.badInput;
    }
    return await report(input, result.value);
  } finally {
    line.end();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await sessions.closeAll();
    await recorders.close();
    await client.close();
  }
}

const timeOf = (timeMs: number): string => new Date(timeMs).toTimeString().slice(0, 8);

/** What is not in the outputs, for the one who reads them. */
function gapText({ messages, fromTimeMs, toTimeMs, why }: GapBody): string {
  const size = messages === null ? 'unknown size' : `${messages} ${messages === 1 ? 'message' : 'messages'}`;
  const [from, to] = [timeOf(Math.min(fromTimeMs, toTimeMs)), timeOf(toTimeMs)];
  const when = from === to ? `at ${to}` : `${from} to ${to}`;
  return `The outputs have a gap of ${size}, ${when}: ${why}. The journal marks the place.`;
}

async function report(input: Input, run: RunReport): Promise<number> {
  if (input.outputFile !== null) {
    await fsPromises.writeFile(input.outputFile, serializeNotebook(run.notebook));
  }
  const journal = journalFile(input.journalDir, asJournalId(run.journalId));
  process.stdout.write(`${run.cells} ${run.cells === 1 ? 'cell' : 'cells'} run, journal ${journal}\n`);
  if (run.unguarded !== null) {
    printProblem(run.unguarded);
  }
  for (const gap of run.gaps) {
    printProblem(gapText(gap));
  }
  if (run.misplaced > 0) {
    printProblem(
      `The notebook was changed on the server meanwhile: the outputs of ${run.misplaced} cells found no cell there. They are in the journal${input.outputFile === null ? '' : ' and in the output file'}.`,
    );
  }
  if (run.saveProblem !== null) {
    printProblem(
      `${run.saveProblem} The outputs are in the journal${input.outputFile === null ? '' : ' and in the output file'}.`,
    );
  }
  for (const error of run.errors) {
    printProblem(`Cell ${error.cell} failed: ${error.ename}${error.evalue === '' ? '' : `: ${error.evalue}`}`);
  }
  if (run.interrupted) {
    return ExitCode.interrupted;
  }
  return run.saveProblem !== null || (run.errors.length > 0 && !input.allowErrors) ? ExitCode.failed : ExitCode.ok;
}
