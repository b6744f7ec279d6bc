/**
 * The outages of a real network, with packets that vanish between two hosts: what a proxy on loopback cannot do is a
 * connection whose own system goes on sending, and an address that this computer no longer has.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NetworkWatch } from '../../electron/core/link/network-watch.ts';
import { type KernelSession, sessionTiming } from '../../electron/core/sessions/session.ts';
import { asKernelId } from '../../shared/ids.ts';
import { accessTo, CoreHost, TestWindow } from '../support/core-host.ts';
import { startJupyter, type TestServer, testPython } from '../support/jupyter-server.ts';
import { TwoHosts, whyNoTwoHosts } from '../support/two-hosts.ts';

const reason = whyNoTwoHosts();
const patience = { timeout: 50_000, interval: 20 };
const lines = 1_000;
const printing = [
  'import sys, time',
  `for i in range(${lines}):`,
  "    sys.stdout.write(f'line {i}\\n'); sys.stdout.flush(); time.sleep(0.02)",
].join('\n');
const printed = Array.from({ length: lines }, (_, index) => `line ${index}\n`).join('');
/** Nothing is found out by asking: only the network itself says that it is another one. */
const withoutPings = { ...sessionTiming, link: { ...sessionTiming.link, pingIntervalMs: 3_600_000 } };

describe.skipIf(reason !== null)(`a network between two hosts${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let hosts: TwoHosts;
  let server: TestServer | null = null;
  let dir = '';
  let host: CoreHost;
  let watch: NetworkWatch;
  let session: KernelSession;
  let window: TestWindow;
  let msgId = '';

  beforeAll(async () => {
    hosts = TwoHosts.lay();
    server = await startJupyter(testPython(), [], hosts.other);
  });

  afterAll(async () => {
    try {
      await server?.stop();
    } finally {
      hosts.remove();
    }
  });

  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-two-hosts-'));
  });

  afterEach(async () => {
    hosts.restore();
    watch.close();
    await host.close();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  /** A cell that prints, on a kernel that is recorded. */
  async function begin(timing = sessionTiming): Promise<void> {
    if (server === null) throw new Error('there is no server');
    host = new CoreHost(dir, accessTo(server.baseUrl, server.token), true, timing);
    watch = new NetworkWatch(() => [...host.sessions.all(), host.recorders]);
    const { id } = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
    session = await host.ensure(asKernelId(id));
    window = new TestWindow(session);
    await expect.poll(() => session.status().protection.state, patience).toBe('recorded');
    msgId = window.run(printing);
    await expect.poll(() => window.text(msgId), patience).toContain('line 20\n');
  }

  /** An attempt to reach what is not there fails at once; one that a stranger has taken goes on. */
  async function isStuckConnecting(): Promise<boolean> {
    const before = session.linkPhase;
    await new Promise((resolve) => setTimeout(resolve, 400));
    return before === 'connecting' && session.linkPhase === 'connecting';
  }

  async function expectEverything(): Promise<void> {
    await expect.poll(() => session.execution(msgId)?.state, patience).toBe('done');
    await expect.poll(() => window.text(msgId), patience).toBe(printed);
    await expect.poll(() => host.findings(session), patience).toEqual([]);
    expect(session.status().journal.gaps).toBe(0);
  }

  it('loses every packet and closes nothing: that is noticed without a hint, and everything is there', async () => {
    await begin();
    hosts.drop();
    await expect.poll(() => session.linkPhase, patience).not.toBe('live');
    hosts.heal();
    await expectEverything();
  });

  it('is another one when the computer is back: its connection is given up for a new one, and everything is there', async () => {
    await begin(withoutPings);
    hosts.leave();
    await expect.poll(() => session.linkPhase, patience).not.toBe('live');
    hosts.comeBack();
    await expectEverything();
  });

  it('is a strange one in between, that takes every connection and answers nothing: it is not waited for', async () => {
    await begin(withoutPings);
    hosts.leave();
    await hosts.meetStranger(Number(new URL(server?.baseUrl ?? '').port));
    await expect.poll(() => hosts.strangersConnections, patience).toBeGreaterThan(0);
    await expect.poll(isStuckConnecting, patience).toBe(true);
    const phases = new Set<string>();
    const look = setInterval(() => phases.add(session.linkPhase), 10);
    hosts.comeBack();
    await expect.poll(() => session.linkPhase, patience).toBe('live');
    clearInterval(look);
    // Had the stranger been waited for, the attempt would have failed first.
    expect([...phases]).not.toContain('down');
    await expectEverything();
  });
});
