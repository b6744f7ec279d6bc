import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessTo, CoreHost, TestWindow } from '../../../e2e/support/core-host.ts';
import { FaultProxy } from '../../../e2e/support/fault-proxy.ts';
import { startJupyter, type TestServer } from '../../../e2e/support/jupyter-server.ts';
import { asKernelId, type KernelId } from '../../../shared/ids.ts';
import type { ServerAccess } from '../sessions/manager.ts';
import { type KernelSession, sessionTiming } from '../sessions/session.ts';
import { RecorderService } from './service.ts';

let server: TestServer;
let proxy: FaultProxy;
let access: ServerAccess;
let dir = '';
const hosts: CoreHost[] = [];

beforeAll(async () => {
  server = await startJupyter();
  proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
  access = accessTo(`http://127.0.0.1:${proxy.port}/`, server.token);
});

afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-recovery-'));
  proxy.setEntrance('open');
});

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
  fs.rmSync(dir, { recursive: true, force: true });
});

function newHost(hasRecorder = true, timing = sessionTiming): CoreHost {
  const host = new CoreHost(dir, access, hasRecorder, timing);
  hosts.push(host);
  return host;
}

async function newKernel(): Promise<KernelId> {
  const model = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
  return asKernelId(model.id);
}

async function recorded(session: KernelSession): Promise<void> {
  await expect.poll(() => session.status().protection.state, { timeout: 60_000 }).toBe('recorded');
}

/** A window on a fresh kernel that is recorded. */
async function openRecorded(timing = sessionTiming): Promise<{
  readonly host: CoreHost;
  readonly kernelId: KernelId;
  readonly session: KernelSession;
  readonly window: TestWindow;
}> {
  const host = newHost(true, timing);
  const kernelId = await newKernel();
  const session = await host.ensure(kernelId);
  await recorded(session);
  return { host, kernelId, session, window: new TestWindow(session) };
}

const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index}\n`).join('');
const printing = (count: number, pauseSeconds: number): string =>
  // One write and one flush make one message; `print` may make two.
  `import sys, time\nfor i in range(${count}):\n    sys.stdout.write(f'line {i}\\n')\n    sys.stdout.flush()\n    time.sleep(${pauseSeconds})`;

/** Where the recorder of a kernel keeps its files. */
const spoolDir = (kernelId: KernelId): string => path.join(path.dirname(server.root), 'runtime', 'nightjar', kernelId);

/** What the recorder of a kernel wrote down of itself. */
function recorderState(kernelId: KernelId): { readonly pid: number } {
  return JSON.parse(fs.readFileSync(path.join(spoolDir(kernelId), 'state.json'), 'utf8')) as { pid: number };
}

/** What its server believes that a kernel does. */
async function stateOf(kernelId: KernelId): Promise<unknown> {
  return ((await server.rest('GET', `api/kernels/${kernelId}`)) as { execution_state?: unknown }).execution_state;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function expectSound(host: CoreHost, session: KernelSession): Promise<void> {
  await expect.poll(() => host.findings(session), { timeout: 15_000 }).toEqual([]);
}

/**
 * The app dies when the recorder has brought all of a long outage and the server has not yet sent what it buffered of
 * it. What the next start shows of the cell.
 */
async function crashBeforeReplay(lines: number): Promise<string> {
  const { kernelId, session, window } = await openRecorded({ ...sessionTiming, longOutageMs: 300 });
  const msgId = window.run(printing(lines, 0.0005));
  await window.until(() => window.text(msgId).includes('line 10\n'));
  proxy.setEntrance('refused');
  proxy.cut();
  await expect.poll(() => stateOf(kernelId), { timeout: 60_000 }).toBe('idle');
  await pause(1_000);
  const isThere = new Promise<void>((resolve) => {
    session.onFrames((frame) => {
      if (!String(frame.content().text).includes(`line ${lines - 1}\n`)) return;
      proxy.setEntrance('refused');
      proxy.cut();
      resolve();
    });
  });
  proxy.setEntrance('open');
  await isThere;
  expect(session.linkPhase).not.toBe('live');
  await expect.poll(() => session.isUncommitted).toBe(false);
  // The cursor is written down a moment after what it stands for.
  await pause(500);
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-crashed-'));
  fs.cpSync(dir, copy, { recursive: true });
  const next = new CoreHost(copy, accessTo(server.baseUrl, server.token));
  hosts.push(next);
  const taken = await next.takeUp();
  const again = new TestWindow(taken);
  again.run('', { id: msgId, resume: true });
  await again.done(msgId);
  await expect.poll(() => taken.linkPhase).toBe('live');
  await pause(2_000);
  await expectSound(next, taken);
  await next.close();
  hosts.splice(hosts.indexOf(next), 1);
  fs.rmSync(copy, { recursive: true, force: true });
  return again.text(msgId);
}

describe('with a recorder', () => {
  it('a half-open connection loses nothing', async () => {
    const { host, session, window } = await openRecorded();
    const msgId = window.run(printing(200, 0.02));
    await window.until(() => window.text(msgId).includes('line 30\n'));
    proxy.blackhole();
    await pause(2_000);
    session.resume();
    await window.done(msgId);
    expect(window.text(msgId)).toBe(numbered(200));
    await expectSound(host, session);
  });

  it('a long outage is fetched before the server is asked to connect, however often it did not answer', async () => {
    const { host, session, window } = await openRecorded({ ...sessionTiming, longOutageMs: 300 });
    const msgId = window.run(printing(100, 0.01));
    await window.until(() => window.text(msgId).includes('line 10\n'));
    proxy.setEntrance(502);
    proxy.cut();
    await expect.poll(() => session.status().link.sentence, { timeout: 10_000 }).toMatch(/^Not connected/);
    await pause(2_500);
    const phases: string[] = [];
    session.onFrames((frame) => {
      if (String(frame.content().text).includes('line 99\n')) phases.push(session.linkPhase);
    });
    proxy.setEntrance('open');
    await window.done(msgId);
    expect(phases).toEqual(['connecting']);
    expect(window.text(msgId)).toBe(numbered(100));
    await expectSound(host, session);
  });

  it('a recorder behind a half-open connection is asked again over another one', async () => {
    const source = process.env.NIGHTJAR_RECORDER ?? path.resolve('electron/core/recorder/recorder.py');
    const recorders = new RecorderService(source, path.join(dir, 'helpers.json'));
    const spool = recorders.spoolOf(access, await newKernel(), 'reader');
    await expect.poll(async () => (await spool.start()).ok, { timeout: 30_000 }).toBe(true);
    proxy.blackhole();
    expect(await spool.start()).toMatchObject({ problem: { sentence: 'the connection does not answer' } });
    expect(await spool.start()).toMatchObject({ ok: true });
    await recorders.close();
  });

  it('what a server sends again after a crash does not stand there twice, however long ago the recorder brought it', async () => {
    expect((await crashBeforeReplay(3_000)) === numbered(3_000)).toBe(true);
  });

  it('cuts again and again, also in the middle of a recovery, lose nothing and double nothing', async () => {
    const { host, session, window } = await openRecorded();
    const msgId = window.run(printing(400, 0.01));
    await window.until(() => window.text(msgId).includes('line 10\n'));
    for (const ms of [300, 50, 400, 10, 200, 600]) {
      proxy.cut();
      await pause(ms);
    }
    await window.done(msgId);
    expect(window.text(msgId)).toBe(numbered(400));
    await expectSound(host, session);
  });

  it('a cell that ends while nobody is connected is whole, and ended, afterwards', async () => {
    const { session, window } = await openRecorded();
    const msgId = window.run(`${printing(100, 0.01)}\nraise ValueError('at the end')`);
    await window.until(() => window.text(msgId).includes('line 10\n'));
    proxy.setEntrance('refused');
    proxy.blackhole();
    session.resume();
    await pause(3_000);
    proxy.setEntrance('open');
    await window.done(msgId);
    expect(window.text(msgId)).toBe(numbered(100));
    expect(window.of(msgId).filter((frame) => frame.header.msg_type === 'error')).toHaveLength(1);
    expect(session.execution(msgId)).toMatchObject({ state: 'done', status: 'error' });
  });

  it('a flood above the rate limit of the server is complete and in order', async () => {
    const { host, session, window } = await openRecorded();
    const msgId = window.run('for i in range(8000):\n    print("line", i, flush=True)');
    await window.done(msgId);
    expect(window.text(msgId)).toBe(numbered(8_000));
    expect(window.text(msgId)).not.toContain('rate exceeded');
    await expectSound(host, session);
  });

  it('one message above the data rate limit of the server is there, and is the only thing that came', async () => {
    const { host, session, window } = await openRecorded();
    const msgId = window.run("print('x' * 20_000_000)");
    await window.until(() => window.text(msgId).length > 20_000_000);
    await window.done(msgId);
    expect(window.text(msgId).length).toBe(20_000_001);
    await expectSound(host, session);
  });

  it('what the server’s limiter drops without a word is shown while the cell still runs', async () => {
    const { host, kernelId, session, window } = await openRecorded();
    // Each of them is over the limit by itself, so the limiter never lets go; it has said so once.
    const large = "    sys.stdout.write('x' * 4_000_000 + f' {i}\\n')\n    sys.stdout.flush()\n    time.sleep(0.5)";
    const msgId = window.run(`import sys, time\nfor i in range(6):\n${large}\nprint('at the end')\ntime.sleep(600)`);
    await window.until(() => window.text(msgId).includes('at the end\n'));
    expect(window.text(msgId).replaceAll('x', '')).toBe(' 0\n 1\n 2\n 3\n 4\n 5\nat the end\n');
    expect(session.execution(msgId)?.state).toBe('running');
    await server.rest('POST', `api/kernels/${kernelId}/interrupt`);
    await window.done(msgId);
    expect(session.execution(msgId)).toMatchObject({ state: 'done', status: 'error' });
    await expectSound(host, session);
    expect(session.isHolding).toBe(false);
  });

  it('a recorder that stands still for long is waited for, and the order is kept', async () => {
    const { host, kernelId, session, window } = await openRecorded();
    // Above the limit of the server, then below it again: what the limiter dropped only the recorder has.
    const msgId = window.run(`${printing(4_000, 0)}\ntime.sleep(5)\n${printing(200, 0.05)}`);
    await window.until(() => session.execution(msgId)?.state === 'running');
    const { pid } = recorderState(kernelId);
    process.kill(pid, 'SIGSTOP');
    try {
      await pause(20_000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await window.done(msgId);
    expect(window.text(msgId) === numbered(4_000) + numbered(200)).toBe(true);
    expect(session.status().protection.state).toBe('recorded');
    await expectSound(host, session);
  });

  it('leaves nothing on the server when the kernel has ended', async () => {
    const { host, kernelId, window } = await openRecorded();
    await window.done(window.run('print(1)'));
    expect(fs.existsSync(spoolDir(kernelId))).toBe(true);
    await server.rest('DELETE', `api/kernels/${kernelId}`);
    await expect.poll(() => fs.existsSync(spoolDir(kernelId)), { timeout: 90_000 }).toBe(false);
    await host.close();
    hosts.splice(hosts.indexOf(host), 1);
    const kernels = (await server.rest('GET', 'api/kernels')) as { id: string }[];
    expect(kernels.map((kernel) => kernel.id)).not.toContain(kernelId);
    const memory = fs.readFileSync(path.join(dir, 'helpers.json'), 'utf8');
    expect(memory).toBe('{}');
  });
});

describe.skipIf(!fs.existsSync('/usr/share/jupyter/kernels/ir/kernel.json'))('a kernel without numbers', () => {
  // R flushes after each `cat`.
  const printingR = (count: number, pauseSeconds: number): string =>
    `for (i in 0:${count - 1}) { cat(sprintf("line %d\\n", i)); Sys.sleep(${pauseSeconds}) }`;

  async function startR(): Promise<KernelId> {
    const model = (await server.rest('POST', 'api/kernels', { name: 'ir' })) as { id: string };
    return asKernelId(model.id);
  }

  it('loses nothing and keeps its order over cuts and a half-open connection', async () => {
    const host = newHost();
    const session = await host.ensure(await startR());
    const window = new TestWindow(session);
    await recorded(session);
    const msgId = window.run(printingR(400, 0.02));
    await window.until(() => window.text(msgId).includes('line 20\n'));
    for (const ms of [300, 50, 700]) {
      proxy.cut();
      await pause(ms);
    }
    proxy.blackhole();
    await pause(2_000);
    session.resume();
    await window.done(msgId);
    expect(window.text(msgId)).toBe(numbered(400));
    expect(session.execution(msgId)).toMatchObject({ state: 'done', status: 'ok' });
    await expectSound(host, session);
  });

  it('keeps its order over the limiter of the server, also from one cell to the next', async () => {
    const host = newHost();
    const session = await host.ensure(await startR());
    const window = new TestWindow(session);
    await recorded(session);
    const large = 'x <- strrep("x", 4e6); for (i in 0:3) { cat(x, i, "\\n"); Sys.sleep(0.3) }';
    const first = window.run(large, { cellId: 'first' });
    const second = window.run(printingR(50, 0), { cellId: 'second' });
    await window.done(second);
    expect(window.text(first).replaceAll('x', '')).toBe(' 0 \n 1 \n 2 \n 3 \n');
    expect(window.text(second)).toBe(numbered(50));
    const order = window.frames
      .filter(({ header }) => header.msg_type === 'stream')
      .map((frame) => frame.parent?.msg_id);
    expect(order.lastIndexOf(first)).toBeLessThan(order.indexOf(second));
    expect(window.text(first)).not.toContain('rate exceeded');
    await expectSound(host, session);
  });
});

describe('without a recorder', () => {
  it('what is lost becomes a gap with the exact count', async () => {
    const host = newHost(false);
    const session = await host.ensure(await newKernel());
    const window = new TestWindow(session);
    const msgId = window.run(printing(200, 0.02));
    await window.until(() => window.text(msgId).includes('line 30\n'));
    proxy.blackhole();
    await pause(1_500);
    // The server believes the old connection alive: what it writes there is gone.
    session.suspend();
    session.resume();
    await window.until(() => window.text(msgId).includes('line 199\n'));
    const got = window.text(msgId).trim().split('\n').length;
    expect(got).toBeLessThan(200);
    // A status of the kernel's start can be missing as well: nobody had subscribed yet, and that is told by itself.
    const told = (): string => host.findings(session).join('\n');
    await expect.poll(told, { timeout: 15_000 }).toContain(`A gap of ${200 - got} messages`);
    expect(session.status().protection.state).toBe('buffer-only');
  });
});
