/**
 * The outages of a real network, with packets that vanish between two hosts: what a proxy on loopback cannot do is a
 * connection whose own system goes on sending, and an address that this computer no longer has.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NetworkWatch } from '../../electron/core/link/network-watch.ts';
import type { KernelSession } from '../../electron/core/sessions/session.ts';
import { asKernelId } from '../../shared/ids.ts';
import { accessTo, CoreHost, TestWindow } from '../support/core-host.ts';
import { startJupyter, type TestServer, testPython } from '../support/jupyter-server.ts';
import { TwoHosts, whyNoTwoHosts } from '../support/two-hosts.ts';

const reason = whyNoTwoHosts();
const patience = { timeout: 50_000, interval: 50 };
const lines = 1_000;
const printing = [
  'import sys, time',
  `for i in range(${lines}):`,
  "    sys.stdout.write(f'line {i}\\n'); sys.stdout.flush(); time.sleep(0.02)",
].join('\n');
const printed = Array.from({ length: lines }, (_, index) => `line ${index}\n`).join('');

describe.skipIf(reason !== null)(`a network between two hosts${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let hosts: TwoHosts;
  let server: TestServer;
  let dir = '';
  let host: CoreHost;
  let session: KernelSession;
  let window: TestWindow;
  let msgId = '';

  beforeAll(async () => {
    hosts = TwoHosts.lay();
    server = await startJupyter(testPython(), [], hosts.other);
  });

  afterAll(async () => {
    await server.stop();
    hosts.remove();
  });

  /** A cell that prints, on a kernel that is recorded. */
  beforeEach(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-two-hosts-'));
    host = new CoreHost(dir, accessTo(server.baseUrl, server.token));
    const { id } = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
    session = await host.ensure(asKernelId(id));
    window = new TestWindow(session);
    await expect.poll(() => session.status().protection.state, patience).toBe('recorded');
    msgId = window.run(printing);
    await expect.poll(() => window.text(msgId), patience).toContain('line 20\n');
  });

  afterEach(async () => {
    await host.close();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  /** As the core does it. */
  function watchNetwork(): NetworkWatch {
    return new NetworkWatch((addresses) => {
      session.networkChanged(addresses);
      host.recorders.networkChanged(addresses);
    });
  }

  async function expectEverything(): Promise<void> {
    await expect.poll(() => session.execution(msgId)?.state, patience).toBe('done');
    await expect.poll(() => window.text(msgId), patience).toBe(printed);
    await expect.poll(() => host.findings(session), patience).toEqual([]);
    expect(session.status().journal.gaps).toBe(0);
  }

  it('loses every packet and closes nothing: that is noticed without a hint, and everything is there', async () => {
    hosts.drop();
    await expect.poll(() => session.linkPhase, patience).not.toBe('live');
    hosts.heal();
    await expectEverything();
  });

  it('is another one when the computer is back: its connection is given up for a new one, and everything is there', async () => {
    const watch = watchNetwork();
    hosts.leave();
    await expect.poll(() => session.linkPhase, patience).not.toBe('live');
    hosts.comeBack();
    await expectEverything();
    watch.close();
  });

  it('is a strange one in between, that takes every connection and answers nothing: all the same', async () => {
    const watch = watchNetwork();
    hosts.leave();
    const stranger = await hosts.meetStranger(Number(new URL(server.baseUrl).port));
    await expect.poll(() => session.linkPhase, patience).not.toBe('live');
    await expect.poll(() => stranger.taken(), patience).toBeGreaterThan(0);
    stranger.stop();
    hosts.comeBack();
    const phases = new Set<string>();
    while (session.linkPhase !== 'live') {
      phases.add(session.linkPhase);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // It did not wait for the stranger to be given up.
    expect([...phases]).toEqual(['connecting']);
    await expectEverything();
    watch.close();
  });
});
