/**
 * One call that leads to a running local server: adopt the one of an earlier run, else find a Jupyter, else install
 * one, then start it, and put the sample notebook where it can be opened.
 *
 * Calls that overlap share one flight, and all of them see its progress. A caller that gives up leaves at once; the
 * flight itself is cancelled, and cleaned up, when the last one has left.
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ok, type Result } from '../../../shared/result.ts';
import { findJupyter, type JupyterInstall } from './find-jupyter.ts';
import { takeLock } from './flight-lock.ts';
import { installPrivateJupyter, type LocalServerProgress, type OnProgress } from './install-jupyter.ts';
import { errorCode, failed, kindOfFileError, type LocalServerProblem } from './problem.ts';
import { findRecordedServer, type LocalServer, startLocalServer } from './run-server.ts';
import type { Environment } from './subprocess.ts';

export interface EnsureOptions {
  readonly dataDir: string;
  readonly rootDir: string;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  /** Gets the lines that a starting server prints, redacted. */
  readonly onLog?: (line: string) => void;
  readonly environment?: Environment;
  /** The folder with the sample notebooks; bundles keep it beside them, sources beside this file. */
  readonly sampleDir?: string;
}

export interface ReadyServer {
  readonly server: LocalServer;
  /** The sample notebook as the server names it, or null when it could not be put there. */
  readonly samplePath: string | null;
}

type Ready = Result<ReadyServer, LocalServerProblem>;

interface Flight {
  readonly ready: Promise<Ready>;
  readonly cancel: AbortController;
  readonly listeners: Set<OnProgress>;
  latest: LocalServerProgress | null;
}

const flights = new Map<string, Flight>();

export const sampleNotebook = 'Welcome to Nightjar.ipynb';

export async function ensureLocalServer(options: EnsureOptions): Promise<Ready> {
  if (options.signal.aborted) return failed('cancelled');
  const key = path.resolve(options.dataDir);
  let flight = flights.get(key);
  while (flight?.cancel.signal.aborted === true) {
    // The one before is being cleaned up after; boarding it would only hand out its cancellation.
    await flight.ready.catch(() => undefined);
    flight = flights.get(key);
  }
  return board(flight ?? takeOff(key, options), options);
}

function takeOff(key: string, options: EnsureOptions): Flight {
  const cancel = new AbortController();
  const listeners = new Set<OnProgress>();
  const onProgress: OnProgress = (progress) => {
    flight.latest = progress;
    for (const listener of listeners) listener(progress);
  };
  const ready = fly({ ...options, onProgress, signal: cancel.signal }).finally(() => flights.delete(key));
  const flight: Flight = { ready, cancel, listeners, latest: null };
  flights.set(key, flight);
  return flight;
}

async function board(flight: Flight, { onProgress, signal }: EnsureOptions): Promise<Ready> {
  // The same function given twice is still two callers.
  const listener: OnProgress = (progress) => onProgress(progress);
  if (flight.latest !== null) listener(flight.latest);
  flight.listeners.add(listener);
  let leave: () => void = () => undefined;
  const left = new Promise<'left'>((resolve) => {
    leave = () => resolve('left');
  });
  signal.addEventListener('abort', leave, { once: true });
  try {
    const first = await Promise.race([flight.ready, left]);
    if (first !== 'left') return first;
    flight.listeners.delete(listener);
    if (flight.listeners.size > 0) return failed('cancelled');
    flight.cancel.abort();
    const end = await flight.ready;
    // It may have been ready already; then the server runs, and the next call adopts it.
    return end.ok ? failed('cancelled') : end;
  } finally {
    signal.removeEventListener('abort', leave);
    flight.listeners.delete(listener);
  }
}

async function fly(options: EnsureOptions): Promise<Ready> {
  try {
    await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
    const text = 'Another Nightjar on this computer is preparing the local server';
    const lock = await takeLock(options.dataDir, options.signal, () => {
      options.onProgress({ phase: 'finding', text, fraction: null });
    });
    if (lock.kind !== 'held') return failed(lock.kind);
    try {
      const server = await prepare(options);
      if (!server.ok) return server;
      const samplePath = await copySamples(options.sampleDir ?? (await ownSampleDir()), server.value.rootDir);
      const version = server.value.version;
      options.onProgress({ phase: 'ready', text: `jupyter_server ${version} is running`, fraction: 1 });
      return ok({ server: server.value, samplePath });
    } finally {
      await lock.release();
    }
  } catch (error) {
    const kind = kindOfFileError(error);
    if (kind === null) throw error;
    return failed(kind);
  }
}

async function prepare(options: EnsureOptions): Promise<Result<LocalServer, LocalServerProblem>> {
  const { dataDir, rootDir, onProgress, signal, environment = process.env } = options;
  onProgress({ phase: 'finding', text: 'Looking for Jupyter on this computer', fraction: null });
  const recorded = await findRecordedServer(dataDir, signal);
  if (recorded.kind === 'answering') return ok(recorded.server);
  if (signal.aborted) return failed('cancelled');
  if (recorded.kind === 'silent') return failed('server-silent');

  const install = await findOrInstall(dataDir, environment, onProgress, signal);
  if (!install.ok) return install;
  const { jupyterServerVersion, pythonVersion } = install.value;
  const text = `Starting jupyter_server ${jupyterServerVersion} with Python ${pythonVersion}`;
  onProgress({ phase: 'starting', text, fraction: null });
  const onLog = options.onLog ?? (() => undefined);
  return startLocalServer({ install: install.value, rootDir, dataDir, onLog, signal, environment });
}

async function findOrInstall(
  dataDir: string,
  environment: Environment,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Result<JupyterInstall, LocalServerProblem>> {
  const found = await findJupyter({ environment, dataDir, signal });
  if (signal.aborted) return failed('cancelled');
  return found === null ? installPrivateJupyter(dataDir, onProgress, signal, environment) : ok(found);
}

async function ownSampleDir(): Promise<string> {
  const bundled = fileURLToPath(new URL('./assets/sample/', import.meta.url));
  const found = await stat(bundled).catch(() => null);
  return found === null ? fileURLToPath(new URL('./sample/', import.meta.url)) : bundled;
}

/**
 * Copies the notebooks that are not there yet; one that is there is the person's own and stays as it is. A server
 * without its samples still is a good server, so a failed copy is told by a null path only.
 */
export async function copySamples(sampleDir: string, rootDir: string): Promise<string | null> {
  const names = await readdir(sampleDir).catch((): string[] => []);
  for (const name of names.filter((each) => each.endsWith('.ipynb'))) {
    try {
      // Written anew rather than copied: the original of an installed program is often read-only, the copy is not.
      await writeFile(path.join(rootDir, name), await readFile(path.join(sampleDir, name)), { flag: 'wx' });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' && name === sampleNotebook) return null;
    }
  }
  return names.includes(sampleNotebook) ? sampleNotebook : null;
}
