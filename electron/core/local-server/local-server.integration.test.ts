/**
 * The local server against a real Python, real processes and real kills.
 * NIGHTJAR_TEST_PYTHON names a Python with jupyter_server and ipykernel; without it these tests are skipped visibly.
 * Every test has a folder of its own, and at the end no process that was started may live and no folder be left.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killWaitMs } from './limits.ts';
import {
  adoptLocalServer,
  ensureLocalServer,
  findJupyter,
  findRecordedServer,
  installPrivateJupyter,
  type JupyterInstall,
  type LocalServer,
  type LocalServerProgress,
  sampleNotebook,
  startLocalServer,
} from './local-server.ts';
import { isAlive, nameProcess, type ProcessName, signalGroup, waitUntilGone } from './processes.ts';
import { readServerRecord } from './server-files.ts';

const python = process.env.NIGHTJAR_TEST_PYTHON ?? '';
const withPython = describe.skipIf(python === '' || process.platform === 'win32');

/** `--retries 0` by way of the person's own setting: an index that does not answer must not slow the tests down. */
const pipEnvironment = { ...process.env, PIP_RETRIES: '0' };

const basePython = python === '' ? '' : baseOf(python);
const pipHasAnIndex = basePython !== '' && canInstall(basePython);

const folders: string[] = [];
const made: string[] = [];
const started: ProcessName[] = [];
let dataDir = '';
let rootDir = '';
const never = new AbortController().signal;

beforeEach(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-local-server-'));
  folders.push(folder);
  made.push(folder);
  dataDir = path.join(folder, 'data with a space');
  rootDir = path.join(folder, 'notebooks');
});

afterEach(async () => {
  const left: number[] = [];
  for (const name of started.splice(0)) {
    if (!(await isAlive(name))) continue;
    left.push(name.pid);
    await signalGroup(name, 'SIGKILL');
    await waitUntilGone(name, killWaitMs);
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, maxRetries: 5, retryDelay: 100 });
  expect(left, 'processes that a test left behind').toEqual([]);
});

afterAll(() => {
  expect(made.filter((folder) => existsSync(folder))).toEqual([]);
});

withPython('the local server', () => {
  it('a Python that was chosen is found and asked for its versions', async () => {
    const install = await chosenInstall();
    expect(install.source).toBe('chosen');
    expect(install.jupyterServerVersion).toMatch(/^\d+\.\d+/);
    expect(install.ipykernelVersion).toMatch(/^\d+\.\d+/);
  });

  it('starts on the loopback address, answers to its token only, and stops with its kernels', async () => {
    const server = await start();
    expect(server.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(server.token).toMatch(/^[0-9a-f]{48}$/);
    expect((await call(server, 'api/status')).status).toBe(200);
    expect((await fetch(`${server.baseUrl}api/status`)).status).toBe(403);
    expect((await call(server, 'api/status', { token: '0'.repeat(48) })).status).toBe(403);

    const kernel = await startKernel(server);
    await server.stop();
    expect(await isAlive(kernel)).toBe(false);
    expect(await readServerRecord(dataDir)).toBeNull();
  });

  it('its token is in no argument, no log and no environment of a kernel', async () => {
    const lines: string[] = [];
    const server = await start((line) => lines.push(line));
    const kernel = await startKernel(server);
    expect(lines.join('\n')).toMatch(/Jupyter Server|jupyter_server/i);
    expect(lines.join('\n')).not.toContain(server.token);
    expect(await readFile(path.join(dataDir, 'server.log'), 'utf8')).not.toContain(server.token);
    if (process.platform === 'linux') {
      expect(await readFile(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain(server.token);
      const environment = await readFile(`/proc/${kernel.pid}/environ`, 'utf8');
      expect(environment).toContain('JUPYTER_RUNTIME_DIR=');
      expect(environment).not.toContain(server.token);
    }
    expect((await stat(path.join(dataDir, 'server.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(dataDir, 'runtime'))).mode & 0o077).toBe(0);
    await server.stop();
  });

  it('the configuration and the notebooks of the person cannot break it', async () => {
    const home = path.join(rootDir, 'home');
    await mkdir(path.join(home, '.jupyter'), { recursive: true });
    await writeFile(
      path.join(home, '.jupyter', 'jupyter_server_config.py'),
      'raise RuntimeError("not for Nightjar")\n',
    );
    await writeFile(path.join(rootDir, 'random.py'), 'raise RuntimeError("a notebook folder is not for the server")\n');
    const environment = { ...process.env, HOME: home, JUPYTER_TOKEN: 'theirs', JUPYTER_CONFIG_PATH: home };
    const server = await start(() => undefined, environment);
    expect((await call(server, 'api/status')).status).toBe(200);
    await server.stop();
    expect(await readFile(path.join(dataDir, 'server.log'), 'utf8')).not.toContain('not for Nightjar');
  });

  it('survives a Nightjar that is killed, and the next one adopts it with its kernels', async () => {
    // A process that starts the server as Nightjar does, and is then killed with no chance to say goodbye.
    const install = await chosenInstall();
    const source = `
      import { startLocalServer } from ${JSON.stringify(await bundledModule())};
      const started = await startLocalServer({
        install: ${JSON.stringify(install)}, rootDir: ${JSON.stringify(rootDir)}, dataDir: ${JSON.stringify(dataDir)},
        onLog: () => undefined, signal: new AbortController().signal,
      });
      console.log(started.ok ? 'ready' : JSON.stringify(started.problem));
      setInterval(() => undefined, 1000);
    `;
    const host = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const [said] = await once(host.stdout, 'data');
    expect(String(said)).toContain('ready');
    // The whole group, as when the terminal or the session it was started from goes away.
    process.kill(-(host.pid ?? 0), 'SIGKILL');
    await once(host, 'close');

    const adopted = await adoptLocalServer(dataDir);
    expect(adopted).not.toBeNull();
    if (adopted === null) return;
    await remember(adopted.pid);
    expect(adopted.rootDir).toBe(rootDir);
    const kernel = await startKernel(adopted);
    const again = await adoptLocalServer(dataDir);
    expect(again?.pid).toBe(adopted.pid);
    expect(await isAlive(kernel)).toBe(true);
    await adopted.stop();
    expect(await adoptLocalServer(dataDir)).toBeNull();
  });

  it('a server that was killed is not adopted, and a new one starts in its place', async () => {
    const first = await start();
    process.kill(-first.pid, 'SIGKILL');
    await delay(300);
    expect(await adoptLocalServer(dataDir)).toBeNull();
    const second = await start();
    expect(second.token).not.toBe(first.token);
    expect((await stat(path.join(dataDir, 'server.previous.log'))).size).toBeGreaterThan(0);
    await second.stop();
  });

  it('a server that hangs is told apart from none, left alone, and can be stopped', async () => {
    const server = await start();
    process.kill(server.pid, 'SIGSTOP');
    const giveUp = AbortSignal.timeout(2_500);
    const recorded = await findRecordedServer(dataDir, giveUp);
    expect(recorded.kind).toBe('silent');
    if (recorded.kind === 'silent') await recorded.stop();
    expect(await readServerRecord(dataDir)).toBeNull();
  });

  it('a start that fails says so in a sentence, with the reason below it and no process left', async () => {
    const install = await chosenInstall();
    await mkdir(rootDir, { recursive: true });
    const broken = path.join(rootDir, 'python');
    await writeFile(broken, '#!/bin/sh\necho "ImportError: no jupyter here" >&2\nexit 1\n', { mode: 0o755 });
    const failed = await startLocalServer({
      install: { ...install, python: broken },
      rootDir,
      dataDir,
      onLog: () => undefined,
      signal: never,
    });
    expect(failed.ok ? null : failed.problem.kind).toBe('start-failed');
    expect(failed.ok ? '' : failed.problem.detail).toContain('ImportError: no jupyter here');
    expect(failed.ok ? '' : failed.problem.sentence).toContain('The last it said: “ImportError: no jupyter here”.');
    expect(await readServerRecord(dataDir)).toBeNull();
    const missing = await startLocalServer({
      install: { ...install, python: path.join(rootDir, 'nowhere') },
      rootDir,
      dataDir,
      onLog: () => undefined,
      signal: never,
    });
    expect(missing.ok ? null : missing.problem.kind).toBe('start-failed');
  });

  it('a start that is cancelled leaves no process and no record', async () => {
    const cancel = new AbortController();
    const starting = startLocalServer({
      install: await chosenInstall(),
      rootDir,
      dataDir,
      onLog: () => undefined,
      signal: cancel.signal,
    });
    let pid = 0;
    while (pid === 0) {
      await delay(20);
      pid = (await readServerRecord(dataDir))?.pid ?? 0;
    }
    await remember(pid);
    cancel.abort();
    const outcome = await starting;
    expect(outcome.ok ? null : outcome.problem.kind).toBe('cancelled');
    expect(await readServerRecord(dataDir)).toBeNull();
  });
});

withPython('one call for a running server', () => {
  it('overlapping calls share one server, both see progress, the sample is there, and later calls adopt', async () => {
    const seen: LocalServerProgress[][] = [[], []];
    const calls = seen.map((progress) => ensure(progress));
    const [first, second] = await Promise.all(calls);
    expect(first?.pid).toBe(second?.pid);
    for (const progress of seen) {
      expect(progress.at(-1)?.phase).toBe('ready');
      expect(new Set(progress.map(({ phase }) => phase))).toEqual(new Set(['finding', 'starting', 'ready']));
    }
    expect(existsSync(path.join(rootDir, sampleNotebook))).toBe(true);
    const later = await ensure([]);
    expect(later.pid).toBe(first?.pid);
    expect(existsSync(path.join(dataDir, 'server.lock'))).toBe(false);
    await later.stop();
  });

  it('a caller who leaves does not stop the others; the last one does', async () => {
    const leave = new AbortController();
    const first = ensureLocalServer({ ...ensureOptions(), signal: leave.signal });
    const second = ensureLocalServer(ensureOptions());
    leave.abort();
    const gone = await first;
    expect(gone.ok ? null : gone.problem.kind).toBe('cancelled');
    const stayed = await second;
    expect(stayed.ok).toBe(true);
    if (stayed.ok) {
      await remember(stayed.value.server.pid);
      await stayed.value.server.stop();
    }

    const last = new AbortController();
    const onProgress = ({ phase }: LocalServerProgress) => {
      if (phase === 'starting') last.abort();
    };
    const alone = await ensureLocalServer({ ...ensureOptions(), onProgress, signal: last.signal });
    expect(alone.ok ? null : alone.problem.kind).toBe('cancelled');
    expect(await readServerRecord(dataDir)).toBeNull();
    expect(existsSync(path.join(dataDir, 'server.lock'))).toBe(false);
  });

  it('the sample notebook runs from top to bottom with Python and IPython alone', () => {
    const sample = fileURLToPath(new URL(`./sample/${sampleNotebook}`, import.meta.url));
    const script = `
import builtins, json, sys, time
from IPython.core.interactiveshell import InteractiveShell
time.sleep = lambda seconds: None
builtins.input = lambda prompt="": "a friend"
shell = InteractiveShell.instance()
before = set(sys.modules)
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        ok = shell.run_cell("".join(cell["source"])).success
        assert ok != ("raises-exception" in cell["metadata"].get("tags", [])), cell["id"]
heavy = {"numpy", "pandas", "matplotlib"} & (set(sys.modules) - before)
assert not heavy, heavy
print("all cells ran")
`;
    const environment = { ...process.env, IPYTHONDIR: path.join(path.dirname(dataDir), 'ipython'), PYTHONUTF8: '1' };
    const ran = spawnSync(python, ['-c', script, sample], { encoding: 'utf8', env: environment, timeout: 60_000 });
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toContain('all cells ran');
    expect(ran.stdout).toContain('40 of 40');
    expect(ran.stdout).toContain('Good morning, a friend');
  });
});

withPython('installing a private Jupyter', () => {
  it.skipIf(!pipHasAnIndex)('makes a marked environment, tells its progress, and starts from it', async () => {
    const progress: LocalServerProgress[] = [];
    const environment = { ...pipEnvironment, NIGHTJAR_PYTHON: basePython, PATH: path.dirname(basePython) };
    const installed = await installPrivateJupyter(dataDir, (step) => progress.push(step), never, environment);
    expect(installed.ok ? '' : `${installed.problem.kind}: ${installed.problem.detail}`).toBe('');
    if (!installed.ok) return;
    expect(installed.value.source).toBe('private');
    expect(installed.value.python.startsWith(path.join(dataDir, 'python'))).toBe(true);
    expect(existsSync(path.join(dataDir, 'python', 'nightjar-complete.json'))).toBe(true);
    expect(existsSync(path.join(dataDir, 'installer.json'))).toBe(false);

    const texts = progress.map(({ text }) => text);
    expect(texts.some((text) => /^Looking up|^Downloading/.test(text))).toBe(true);
    expect(texts.some((text) => /^Installing .+ \(\d+ of \d+ packages\)$/.test(text))).toBe(true);
    const fractions = progress.filter(({ phase }) => phase === 'installing').map(({ fraction }) => fraction ?? 0);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);

    const found = await findJupyter({ environment: { PATH: '' }, dataDir });
    expect(found).toEqual(installed.value);
    const server = await start(() => undefined, process.env, installed.value);
    expect(server.version).toBe(installed.value.jupyterServerVersion);
    await server.stop();
  });

  it.skipIf(!pipHasAnIndex)('cancelled, it ends pip and removes the half-made environment', async () => {
    const cancel = new AbortController();
    const environment = { ...pipEnvironment, NIGHTJAR_PYTHON: basePython };
    let pip: ProcessName | null = null;
    const onProgress = ({ phase, fraction }: LocalServerProgress) => {
      if (phase !== 'installing' || (fraction ?? 0) < 0.05 || cancel.signal.aborted) return;
      void readFile(path.join(dataDir, 'installer.json'), 'utf8').then(async (text) => {
        pip = await nameProcess(Number(/"pid":(\d+)/.exec(text)?.[1]));
        cancel.abort();
      });
    };
    const outcome = await installPrivateJupyter(dataDir, onProgress, cancel.signal, environment);
    expect(outcome.ok ? null : outcome.problem.kind).toBe('cancelled');
    expect(pip).not.toBeNull();
    if (pip !== null) started.push(pip);
    expect(existsSync(path.join(dataDir, 'python'))).toBe(false);
    expect(existsSync(path.join(dataDir, 'installer.json'))).toBe(false);
  });

  it('without a package index it says so and leaves nothing behind', async () => {
    const environment = {
      ...pipEnvironment,
      NIGHTJAR_PYTHON: basePython,
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: rootDir,
    };
    await mkdir(rootDir, { recursive: true });
    const outcome = await installPrivateJupyter(dataDir, () => undefined, never, environment);
    expect(outcome.ok ? null : outcome.problem.kind).toBe('index-unreachable');
    expect(existsSync(path.join(dataDir, 'python'))).toBe(false);
  });
});

function ensureOptions() {
  return {
    dataDir,
    rootDir,
    onProgress: (_: LocalServerProgress) => undefined,
    signal: never,
    environment: { ...process.env, NIGHTJAR_PYTHON: python },
  };
}

async function ensure(progress: LocalServerProgress[]): Promise<LocalServer> {
  const ready = await ensureLocalServer({ ...ensureOptions(), onProgress: (step) => void progress.push(step) });
  if (!ready.ok) throw new Error(`${ready.problem.kind}: ${ready.problem.detail}`);
  expect(ready.value.samplePath).toBe(sampleNotebook);
  await remember(ready.value.server.pid);
  return ready.value.server;
}

async function chosenInstall(): Promise<JupyterInstall> {
  const install = await findJupyter({ environment: { ...process.env, NIGHTJAR_PYTHON: python }, dataDir });
  if (install === null) throw new Error('NIGHTJAR_TEST_PYTHON has no jupyter_server and ipykernel');
  return install;
}

async function start(
  onLog: (line: string) => void = () => undefined,
  environment: NodeJS.ProcessEnv = process.env,
  install?: JupyterInstall,
): Promise<LocalServer> {
  const outcome = await startLocalServer({
    install: install ?? (await chosenInstall()),
    rootDir,
    dataDir,
    onLog,
    signal: never,
    environment,
  });
  if (!outcome.ok) throw new Error(`${outcome.problem.kind}: ${outcome.problem.detail}`);
  await remember(outcome.value.pid);
  return outcome.value;
}

async function remember(pid: number): Promise<ProcessName | null> {
  const name = await nameProcess(pid);
  if (name !== null) started.push(name);
  return name;
}

function call(server: LocalServer, where: string, more: { method?: string; token?: string } = {}): Promise<Response> {
  return fetch(`${server.baseUrl}${where}`, {
    method: more.method ?? 'GET',
    headers: { authorization: `token ${more.token ?? server.token}` },
  });
}

/** Starts a kernel and finds its process: the child of the server that was not there before. */
async function startKernel(server: LocalServer): Promise<ProcessName> {
  const before = childrenOf(server.pid);
  expect((await call(server, 'api/kernels', { method: 'POST' })).status).toBe(201);
  const pid = childrenOf(server.pid).find((child) => !before.includes(child)) ?? 0;
  const name = await remember(pid);
  if (name === null) throw new Error('the kernel has no process');
  return name;
}

function childrenOf(pid: number): number[] {
  const listed = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).stdout;
  const rows = listed.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return rows.filter((row) => row[1] === pid).map((row) => row[0] ?? 0);
}

function baseOf(file: string): string {
  const asked = spawnSync(file, ['-c', 'import sys; print(sys._base_executable)'], { encoding: 'utf8' });
  return asked.stdout.trim();
}

function canInstall(file: string): boolean {
  const args = ['-m', 'pip', 'install', '--dry-run', '--ignore-installed', '--no-deps', '-q', '--retries', '0'];
  const asked = spawnSync(file, [...args, 'jupyter_server', 'ipykernel'], { encoding: 'utf8', timeout: 60_000 });
  return asked.status === 0;
}

/** The module as plain JavaScript, for a process of its own: Node 20 cannot load TypeScript. */
async function bundledModule(): Promise<string> {
  const { rolldown } = await import('rolldown');
  const input = fileURLToPath(new URL('./local-server.ts', import.meta.url));
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  const file = path.join(path.dirname(dataDir), 'local-server.mjs');
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  return file;
}
