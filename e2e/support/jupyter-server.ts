/**
 * A real Jupyter server for a test: own folder, own token, own configuration, on loopback or in a network of its own.
 *
 * Which Python is used comes from the environment (`npm test` prepares it). Ended by the process id it was started
 * with; a test that forgets to stop it fails in `afterAll`, because the folder is removed with it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';
import type { Host } from './two-hosts.ts';

const startTimeoutMs = 60_000;
const startsMax = 3;

export interface TestServer {
  readonly baseUrl: string;
  readonly token: string;
  readonly root: string;
  readonly pid: number;
  /** Ends the server and its kernels, and removes its folder. */
  stop(): Promise<void>;
  /** REST with the token; parsed JSON, or null for an empty answer. */
  rest(method: string, path: string, body?: unknown): Promise<unknown>;
  log(): string;
}

export const testPython = (): string => process.env.NIGHTJAR_TEST_PYTHON ?? 'python3';
export const oldPython = (): string | null => process.env.NIGHTJAR_TEST_OLD_PYTHON ?? null;

function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));
}

async function stopProcess(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) {
    return;
  }
  // The server leads its own process group, kernels included.
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch {
      // Already gone.
    }
  };
  signal('SIGTERM');
  const timer = setTimeout(() => signal('SIGKILL'), 5_000);
  await ended(child);
  clearTimeout(timer);
  signal('SIGKILL');
}

/** Between the look for a free port and the server's use of it another test can take that port. */
const isPortTaken = (error: unknown): boolean => /port \d+ is (already in use|not available)/i.test(String(error));

const thisComputer: Host = { address: '127.0.0.1', prefix: [] };

export async function startJupyter(
  python = testPython(),
  extraArgs: readonly string[] = [],
  host = thisComputer,
): Promise<TestServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(python, extraArgs, host);
    } catch (error) {
      if (attempt === startsMax || !isPortTaken(error)) throw error;
    }
  }
}

async function startOnce(python: string, extraArgs: readonly string[], host: Host): Promise<TestServer> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-jupyter-'));
  const root = path.join(home, 'root');
  fs.mkdirSync(root);
  const token = crypto.randomBytes(24).toString('hex');
  const port = await freePort();
  const logFile = path.join(home, 'server.log');
  const log = fs.openSync(logFile, 'w');
  const [program = python, ...before] = [...host.prefix, python];
  const child = spawn(
    program,
    [
      ...before,
      ...['-m', 'jupyter_server', '--allow-root', '--no-browser', `--port=${port}`, '--ServerApp.port_retries=0'],
      ...[`--ip=${host.address}`, `--ServerApp.root_dir=${root}`, ...extraArgs],
    ],
    {
      detached: true,
      cwd: home,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        HOME: home,
        JUPYTER_TOKEN: token,
        JUPYTER_CONFIG_DIR: path.join(home, 'config'),
        JUPYTER_RUNTIME_DIR: path.join(home, 'runtime'),
        IPYTHONDIR: path.join(home, 'ipython'),
        PYTHONUNBUFFERED: '1',
      },
    },
  );
  fs.closeSync(log);
  const baseUrl = `http://${host.address}:${port}/`;
  const rest = async (method: string, restPath: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${baseUrl}${restPath}`, {
      method,
      headers: { Authorization: `token ${token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${restPath}: ${response.status} ${text.slice(0, 200)}`);
    }
    return text === '' ? null : JSON.parse(text);
  };
  const stop = async (): Promise<void> => {
    await stopProcess(child);
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      await rest('GET', 'api/status');
      break;
    } catch (error) {
      if (Date.now() > deadline || child.exitCode !== null) {
        const text = fs.readFileSync(logFile, 'utf8').slice(-2000);
        await stop();
        throw new Error(`the Jupyter server did not start: ${String(error)}\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return { baseUrl, token, root, pid: child.pid ?? 0, stop, rest, log: () => fs.readFileSync(logFile, 'utf8') };
}

/**
 * For measuring what an app's windows need: server, kernels and this process, which is the network between, stand for
 * other computers and take no core that the app wants. Asked again once they run: a kernel and its recorder have sessions
 * of their own, and where the system shares its cores among sessions first (Linux, autogroup), a priority counts only
 * within one.
 */
export function yieldToApp(server: TestServer): void {
  os.setPriority(server.pid, os.constants.priority.PRIORITY_LOW);
  if (process.platform !== 'linux' || !fs.existsSync('/proc/self/autogroup')) return;
  for (const name of fs.readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const isElsewhere =
        [server.pid, process.pid].includes(Number(name)) ||
        isOfServer(fs.readFileSync(`/proc/${name}/environ`, 'utf8'), server);
      if (isElsewhere) fs.writeFileSync(`/proc/${name}/autogroup`, String(os.constants.priority.PRIORITY_LOW));
    } catch {
      // Ended meanwhile, or somebody else's.
    }
  }
}

/** jupyter_client tells every kernel the process that started it, and what a kernel starts inherits that. */
const isOfServer = (environ: string, { pid }: TestServer): boolean =>
  environ.split('\0').includes(`JPY_PARENT_PID=${pid}`);

const run = promisify(execFile);

/** What nbclient makes of a notebook file, executed in its own folder. */
export async function nbclientOutputs(file: string, allowErrors: boolean): Promise<unknown> {
  const script = [
    'import json, sys, nbformat, os',
    'from nbclient import NotebookClient',
    'nb = nbformat.read(sys.argv[1], as_version=4)',
    'client = NotebookClient(nb, kernel_name="python3", allow_errors=sys.argv[2] == "yes", resources={"metadata": {"path": os.path.dirname(sys.argv[1])}})',
    'try:',
    '    client.execute()',
    'except Exception as error:',
    '    print(type(error).__name__, file=sys.stderr)',
    'print(nbformat.writes(nb))',
  ].join('\n');
  const { stdout } = await run(testPython(), ['-c', script, file, allowErrors ? 'yes' : 'no'], {
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  });
  return JSON.parse(stdout);
}

/** Shuts down the kernel of every notebook. */
export async function endSessions(server: TestServer): Promise<void> {
  const sessions = (await server.rest('GET', 'api/sessions')) as { id: string }[];
  for (const { id } of sessions) await server.rest('DELETE', `api/sessions/${id}`);
}
