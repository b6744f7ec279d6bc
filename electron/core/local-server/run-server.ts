/**
 * Starts, finds again and stops the one Jupyter server that Nightjar keeps on this machine.
 *
 * The server is a process group of its own and outlives Nightjar, however that ends: kernels must not die with a
 * window. `server.json` is written as soon as there is a process, so that the next Nightjar finds it again. The
 * server listens on the loopback address only and accepts one random token, which travels in the environment and
 * never in an argument, a URL or a log. Nothing is stopped or adopted whose birth differs from the recorded one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ok, type Result } from '../../../shared/result.ts';
import type { JupyterInstall } from './find-jupyter.ts';
import {
  adoptPatienceMs,
  killWaitMs,
  portAttemptsMax,
  shutdownWaitMs,
  startDeadlineMs,
  statusIntervalMs,
  terminateWaitMs,
} from './limits.ts';
import { LogFollower } from './log-follower.ts';
import { failed, kindOfFileError, type LocalServerProblem } from './problem.ts';
import { isAlive, nameProcess, signalGroup, waitUntilGone } from './processes.ts';
import {
  boundLog,
  forgetServer,
  prepareServerFiles,
  readServerRecord,
  type ServerFiles,
  type ServerRecord,
  serverFiles,
  writeServerRecord,
} from './server-files.ts';
import { askShutdown, askVersion } from './server-http.ts';
import { type Environment, killGroup } from './subprocess.ts';

/** A running server. The token is a getter over a private field, so that printing or serialising it shows none. */
export class LocalServer {
  readonly baseUrl: string;
  readonly pid: number;
  readonly version: string;
  /** The folder that the server shows, which for an adopted server may be another one than was asked for. */
  readonly rootDir: string;
  readonly #dataDir: string;
  readonly #record: ServerRecord;
  #stopping: Promise<void> | null = null;

  constructor(dataDir: string, record: ServerRecord, version: string) {
    this.baseUrl = `http://127.0.0.1:${record.port}/`;
    this.pid = record.pid;
    this.version = version;
    this.rootDir = record.rootDir;
    this.#dataDir = dataDir;
    this.#record = record;
  }

  get token(): string {
    return this.#record.token;
  }

  /** Ends the server and its kernels; settles when the process is gone, in less than 20 s. */
  stop(): Promise<void> {
    this.#stopping ??= stopProcess(this.#dataDir, this.#record);
    return this.#stopping;
  }
}

export interface StartOptions {
  readonly install: JupyterInstall;
  /** The folder whose notebooks the server shows; made when it is missing. */
  readonly rootDir: string;
  readonly dataDir: string;
  /** Gets the lines that the server prints while it starts, redacted. */
  readonly onLog: (line: string) => void;
  readonly signal: AbortSignal;
  readonly environment?: Environment;
}

export async function startLocalServer(options: StartOptions): Promise<Result<LocalServer, LocalServerProblem>> {
  try {
    await mkdir(options.rootDir, { recursive: true });
    const files = await prepareServerFiles(options.dataDir);
    for (let attempt = 1; ; attempt += 1) {
      const started = await startOnce(options, files, await freePort());
      if (started.ok || started.problem.kind !== 'port-taken' || attempt >= portAttemptsMax) return started;
    }
  } catch (error) {
    const kind = kindOfFileError(error);
    if (kind === null) throw error;
    return failed(kind);
  }
}

async function startOnce(
  options: StartOptions,
  files: ServerFiles,
  port: number,
): Promise<Result<LocalServer, LocalServerProblem>> {
  if (options.signal.aborted) return failed('cancelled');
  const token = randomBytes(24).toString('hex');
  const log = new LogFollower(files.log, token, options.onLog);
  await log.skipToEnd();
  const child = await spawnServer(options, files, port, token);
  let ended = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  child.once('exit', () => {
    ended = true;
  });
  if (child.pid === undefined) return failed('start-failed');
  try {
    const name = await nameProcess(child.pid);
    const record: ServerRecord = {
      schema: 1,
      pid: child.pid,
      birth: name?.birth ?? null,
      port,
      token,
      rootDir: options.rootDir,
      startedAt: new Date().toISOString(),
    };
    await writeServerRecord(options.dataDir, record);
    const outcome = await waitUntilReady({ record, hasEnded: () => ended, signal: options.signal, log });
    if (typeof outcome === 'object') {
      child.unref();
      return ok(new LocalServer(options.dataDir, record, outcome.version));
    }
    if (!ended) await endStarting(record);
    await forgetServer(options.dataDir, record.pid);
    await log.read();
    return failed(outcome === 'start-failed' && log.saysPortTaken() ? 'port-taken' : outcome, log.text());
  } catch (error) {
    // Without its record nobody would find this process again, so it does not stay.
    if (!ended) killGroup(child.pid, 'SIGKILL');
    throw error;
  }
}

interface Waiting {
  readonly record: ServerRecord;
  readonly hasEnded: () => boolean;
  readonly signal: AbortSignal;
  readonly log: LogFollower;
}

async function waitUntilReady(
  waiting: Waiting,
): Promise<{ readonly version: string } | 'start-failed' | 'start-timeout' | 'cancelled'> {
  const deadline = performance.now() + startDeadlineMs;
  for (;;) {
    if (waiting.signal.aborted) return 'cancelled';
    if (waiting.hasEnded()) return 'start-failed';
    const version = await askVersion(waiting.record);
    await waiting.log.read();
    // Another program on that port could not know the token, but a server that ended cannot be the one that answered.
    if (version !== null && !waiting.hasEnded()) return { version };
    if (performance.now() >= deadline) return 'start-timeout';
    await delay(statusIntervalMs);
  }
}

/** A server that is still starting has no kernels to be kind to. */
async function endStarting(record: ServerRecord): Promise<void> {
  await signalGroup(record, 'SIGTERM');
  if (await waitUntilGone(record, terminateWaitMs)) return;
  await signalGroup(record, 'SIGKILL');
  await waitUntilGone(record, killWaitMs);
}

async function spawnServer(
  options: StartOptions,
  files: ServerFiles,
  port: number,
  token: string,
): Promise<ChildProcess> {
  const log = await open(files.log, 'a', 0o600);
  try {
    const child = spawn(options.install.python, ['-m', 'jupyter_server', ...serverArguments(port, options.rootDir)], {
      // Not the root folder: `-m` puts the working folder first on Python's path, and a notebook folder may well hold
      // a `random.py`. Kernels get the folder of their notebook from the server.
      cwd: options.dataDir,
      env: serverEnvironment(options.environment ?? process.env, files, token),
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      windowsHide: true,
    });
    child.on('error', () => undefined);
    return child;
  } finally {
    await log.close();
  }
}

/** The options of jupyter_server 1.13 and of 2.x alike; arguments win over any configuration file. */
export function serverArguments(port: number, rootDir: string): string[] {
  const runsAsRoot = process.getuid?.() === 0;
  return [
    '--no-browser',
    '--ServerApp.ip=127.0.0.1',
    `--ServerApp.port=${port}`,
    '--ServerApp.port_retries=0',
    '--ServerApp.base_url=/',
    '--ServerApp.allow_remote_access=False',
    `--ServerApp.root_dir=${rootDir}`,
    ...(runsAsRoot ? ['--allow-root'] : []),
  ];
}

/**
 * Nightjar's environment with a Jupyter of its own: private configuration and runtime folders, the person's kernels
 * (JUPYTER_PATH and the data folder stay), and without what would turn the server into something else.
 */
export function serverEnvironment(environment: Environment, files: ServerFiles, token: string): NodeJS.ProcessEnv {
  const own: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!/^(ELECTRON_|JUPYTER_GATEWAY_|KG_|JPY_|JUPYTERHUB_)/.test(name)) own[name] = value;
  }
  for (const name of ['JUPYTER_CONFIG_PATH', 'JUPYTER_NO_CONFIG', 'JUPYTER_TOKEN_FILE']) delete own[name];
  own.JUPYTER_CONFIG_DIR = files.configDir;
  own.JUPYTER_RUNTIME_DIR = files.runtimeDir;
  own.JUPYTER_TOKEN = token;
  return own;
}

/** A port that was free a moment ago. The server binds it itself; losing that race is noticed and tried again. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('a TCP server has no port'));
        else resolve(address.port);
      });
    });
  });
}

export type RecordedServer =
  | { readonly kind: 'none' }
  | { readonly kind: 'answering'; readonly server: LocalServer }
  /** Its process lives, but it does not answer: it may be busy, and kernels may be working in it. */
  | { readonly kind: 'silent'; readonly stop: () => Promise<void> };

/** Looks for the server of an earlier run, and gives a busy or still starting one some time to answer. */
export async function findRecordedServer(dataDir: string, signal?: AbortSignal): Promise<RecordedServer> {
  const record = await readServerRecord(dataDir);
  if (record === null) return { kind: 'none' };
  const sinceStartMs = Math.max(0, Date.now() - Date.parse(record.startedAt));
  const patienceMs = Math.max(adoptPatienceMs, startDeadlineMs - sinceStartMs);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    // The process is looked at before the token is sent: its port may belong to somebody else by now.
    if (!(await isAlive(record))) return { kind: 'none' };
    const version = await askVersion(record);
    if (version !== null) {
      await boundLog(dataDir);
      return { kind: 'answering', server: new LocalServer(dataDir, record, version) };
    }
    // Where the system tells no birth, a silent process is more likely a stranger with the same id than our server.
    if (record.birth === null) return { kind: 'none' };
    if (signal?.aborted === true || performance.now() >= deadline) {
      return { kind: 'silent', stop: () => stopProcess(dataDir, record) };
    }
    await delay(statusIntervalMs);
  }
}

/** The server of an earlier run if it lives and accepts its token, else null. */
export async function adoptLocalServer(dataDir: string): Promise<LocalServer | null> {
  const recorded = await findRecordedServer(dataDir);
  return recorded.kind === 'answering' ? recorded.server : null;
}

/** Asks first, then insists. Each step only reaches the very process that was recorded. */
async function stopProcess(dataDir: string, record: ServerRecord): Promise<void> {
  if (await isAlive(record)) {
    const accepted = await askShutdown(record);
    const gone = accepted && (await waitUntilGone(record, shutdownWaitMs));
    if (!gone) await endStarting(record);
  }
  await forgetServer(dataDir, record.pid);
}

/** Where people find the log of the server. */
export function localServerLog(dataDir: string): string {
  return path.resolve(serverFiles(dataDir).log);
}
