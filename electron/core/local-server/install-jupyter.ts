/**
 * Makes Nightjar's private environment: a venv with `jupyter_server` and `ipykernel`, and nothing else.
 * A venv cannot be moved, so it is built in its place and a marker file, written last, says that it is whole; one
 * without the marker is never used and is built anew. Cancelled or failed, it leaves nothing behind. It runs Python
 * in isolated mode, so that no PYTHONPATH or user packages leak in, and respects the person's pip configuration
 * except where that would install to another place.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { ok, type Result } from '../../../shared/result.ts';
import { askPython, findBasePython, installOf, type JupyterInstall } from './find-jupyter.ts';
import { packageCountIntervalMs, pipTimeoutMs, venvTimeoutMs } from './limits.ts';
import { countInstalled, pipStart, readPipLine } from './pip-progress.ts';
import { failed, kindOfFileError, type LocalServerProblem, type LocalServerProblemKind } from './problem.ts';
import { nameProcess, signalGroup, waitUntilGone } from './processes.ts';
import { completionMarker, privateEnvironment, pythonOfEnvironment } from './python-candidates.ts';
import { type Environment, type RunOptions, type RunOutcome, runBounded } from './subprocess.ts';

export type LocalServerPhase = 'finding' | 'creating' | 'installing' | 'starting' | 'ready';

export interface LocalServerProgress {
  readonly phase: LocalServerPhase;
  /** One line for people. */
  readonly text: string;
  /** Of this phase, from 0 to 1; null while nobody can tell. */
  readonly fraction: number | null;
}

export type OnProgress = (progress: LocalServerProgress) => void;

const packages = ['jupyter_server', 'ipykernel'];

export async function installPrivateJupyter(
  dataDir: string,
  onProgress: OnProgress,
  signal: AbortSignal,
  environment: Environment = process.env,
): Promise<Result<JupyterInstall, LocalServerProblem>> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await endLeftoverInstaller(dataDir);
    await removeEnvironment(dataDir);
    const result = await build(dataDir, onProgress, signal, environment);
    if (!result.ok) await removeEnvironment(dataDir);
    await rm(installerRecord(dataDir), { force: true });
    return result;
  } catch (error) {
    const kind = kindOfFileError(error);
    if (kind === null) throw error;
    await removeEnvironment(dataDir).catch(() => undefined);
    return failed(kind);
  }
}

async function build(
  dataDir: string,
  onProgress: OnProgress,
  signal: AbortSignal,
  environment: Environment,
): Promise<Result<JupyterInstall, LocalServerProblem>> {
  onProgress({ phase: 'finding', text: 'Looking for Python on this computer', fraction: null });
  const base = await findBasePython({ environment, dataDir, signal });
  if (signal.aborted) return failed('cancelled');
  if (base.kind === 'none') return failed('python-missing');
  if (base.kind === 'without-venv') return failed('venv-missing');

  onProgress({ phase: 'creating', text: 'Making a private Python environment for Nightjar', fraction: null });
  const run = (options: Omit<RunOptions, 'environment' | 'signal' | 'cwd'>) =>
    runRecorded(dataDir, { ...options, environment: installEnvironment(environment), signal, cwd: dataDir });
  const folder = privateEnvironment(dataDir);
  const made = await run({ file: base.python, args: ['-I', '-m', 'venv', folder], timeoutMs: venvTimeoutMs });
  const venvProblem = problemOf(made, kindOfVenvFailure);
  if (venvProblem !== null) return { ok: false, problem: venvProblem };

  const python = pythonOfEnvironment(folder);
  const installed = await runPip(python, folder, onProgress, run, environment);
  const pipProblem = problemOf(installed, kindOfPipFailure);
  if (pipProblem !== null) return { ok: false, problem: pipProblem };

  const facts = await askPython({ file: python, args: [] }, environment, signal);
  if (signal.aborted) return failed('cancelled');
  const install = facts === null ? null : installOf(facts, 'private');
  if (install === null) return failed('install-failed', 'pip ended well, but Jupyter could not be imported');
  await writeFile(completionMarker(dataDir), `${JSON.stringify(install, null, 2)}\n`, { mode: 0o600 });
  const text = `Installed jupyter_server ${install.jupyterServerVersion} and ipykernel ${install.ipykernelVersion}`;
  onProgress({ phase: 'installing', text, fraction: 1 });
  return ok(install);
}

type Run = (options: Omit<RunOptions, 'environment' | 'signal' | 'cwd'>) => Promise<RunOutcome>;

async function runPip(
  python: string,
  folder: string,
  onProgress: OnProgress,
  run: Run,
  environment: Environment,
): Promise<RunOutcome> {
  let state = pipStart;
  const report = () => onProgress({ phase: 'installing', text: state.text, fraction: state.fraction });
  report();
  const atFirst = await countPackages(folder);
  let counting = false;
  const count = async () => {
    if (counting || state.toInstall.length === 0) return;
    counting = true;
    state = countInstalled(state, (await countPackages(folder)) - atFirst);
    counting = false;
    report();
  };
  const counter = setInterval(() => void count(), packageCountIntervalMs);
  try {
    return await run({
      file: python,
      args: ['-I', '-u', '-X', 'utf8', '-m', 'pip', ...pipArguments(environment), ...packages],
      timeoutMs: pipTimeoutMs,
      onLine: (line) => {
        const next = readPipLine(state, line);
        if (next === state) return;
        state = next;
        report();
      },
    });
  } finally {
    clearInterval(counter);
  }
}

/** An argument would win over the person's own setting, so ours is given only where they have none. */
export function pipArguments(environment: Environment): string[] {
  const retries = environment.PIP_RETRIES === undefined ? ['--retries', '1'] : [];
  return ['install', '--disable-pip-version-check', '--no-input', '--prefer-binary', ...retries];
}

/** The person's settings, without those that would make pip install somewhere else than into our environment. */
export function installEnvironment(environment: Environment): Environment {
  const { PIP_TARGET: _target, PIP_PREFIX: _prefix, PIP_ROOT: _root, ...rest } = environment;
  return { ...rest, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' };
}

function problemOf(
  outcome: RunOutcome,
  kindOfFailure: (log: string) => LocalServerProblemKind,
): LocalServerProblem | null {
  switch (outcome.kind) {
    case 'cancelled':
      return failed('cancelled').problem;
    case 'not-started':
      return failed('install-failed').problem;
    case 'timed-out':
      return failed('install-timeout', outcome.stderr).problem;
    case 'exited': {
      if (outcome.code === 0) return null;
      const log = `${outcome.stdout}\n${outcome.stderr}`;
      return failed(kindOfFailure(log), outcome.stderr.trim() === '' ? outcome.stdout : outcome.stderr).problem;
    }
  }
}

const diskFull = /No space left on device|Errno 28\b|Disk quota exceeded|not enough space on the disk|WinError 112/i;

export function kindOfVenvFailure(log: string): LocalServerProblemKind {
  if (diskFull.test(log)) return 'disk-full';
  if (/ensurepip is not available|No module named '?(venv|ensurepip)|python3[\d.]*-venv/i.test(log)) {
    return 'venv-missing';
  }
  if (/Permission denied|Errno 13\b|Read-only file system/i.test(log)) return 'folder-unwritable';
  return 'install-failed';
}

export function kindOfPipFailure(log: string): LocalServerProblemKind {
  if (diskFull.test(log)) return 'disk-full';
  const unreachable = [
    'NewConnectionError',
    'ConnectTimeoutError',
    'ReadTimeoutError',
    'ProxyError',
    'SSLError',
    'CERTIFICATE_VERIFY_FAILED',
    'Failed to establish a new connection',
    'name resolution',
    'No matching distribution found for (jupyter_server|ipykernel)',
  ];
  if (new RegExp(unreachable.join('|'), 'i').test(log)) return 'index-unreachable';
  return 'install-failed';
}

async function countPackages(folder: string): Promise<number> {
  const names = await readdir(await packagesFolder(folder)).catch(() => []);
  return names.filter((name) => name.endsWith('.dist-info')).length;
}

async function packagesFolder(folder: string): Promise<string> {
  if (process.platform === 'win32') return path.join(folder, 'Lib', 'site-packages');
  const versions = await readdir(path.join(folder, 'lib')).catch(() => []);
  const version = versions.find((name) => name.startsWith('python')) ?? 'python3';
  return path.join(folder, 'lib', version, 'site-packages');
}

function removeEnvironment(dataDir: string): Promise<void> {
  // A process that was just killed may have been creating files below a folder while it is emptied, so try again.
  return rm(privateEnvironment(dataDir), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

const InstallerRecord = v.object({ pid: v.pipe(v.number(), v.integer(), v.minValue(2)), birth: v.string() });

function installerRecord(dataDir: string): string {
  return path.join(dataDir, 'installer.json');
}

/** Runs a part of the installation and notes its process on disk, for the case that Nightjar dies before it ends. */
async function runRecorded(dataDir: string, options: RunOptions): Promise<RunOutcome> {
  let recorded: Promise<void> = Promise.resolve();
  const outcome = await runBounded({
    ...options,
    onStarted: (pid) => {
      recorded = recordInstaller(dataDir, pid);
    },
  });
  await recorded;
  return outcome;
}

async function recordInstaller(dataDir: string, pid: number): Promise<void> {
  const name = await nameProcess(pid);
  if (name?.birth == null) return;
  // Without the record only the cleaning up after a crash is lost, so a failed write does not fail the installation.
  await writeFile(installerRecord(dataDir), JSON.stringify(name), { mode: 0o600 }).catch(() => undefined);
}

/** A pip that outlived a killed Nightjar would go on writing into the environment that is about to be built. */
async function endLeftoverInstaller(dataDir: string): Promise<void> {
  const text = await readFile(installerRecord(dataDir), 'utf8').catch(() => null);
  if (text === null) return;
  const record = v.safeParse(v.pipe(v.string(), v.parseJson(), InstallerRecord), text);
  if (!record.success) return;
  await signalGroup(record.output, 'SIGKILL');
  await waitUntilGone(record.output, 5_000);
}
