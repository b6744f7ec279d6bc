/**
 * How fast a large outage is caught up, and how soon a link is live again.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { asKernelId } from '../../shared/ids.ts';
import { notebookAddress, TestApp } from '../support/app.ts';
import { accessTo, CoreHost, TestWindow } from '../support/core-host.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { endSessions, startJupyter, type TestServer, yieldToApp } from '../support/jupyter-server.ts';
import { notebookOf } from '../support/notebooks.ts';
import { type Figure, median } from './table.ts';
import { nightjarEnd, traceLongestTask, watch, watchedOf, watchIdle } from './watching.ts';

const messages = 300_000;
/** 177 MB of wire frames in 300,000 messages. */
const padding = 70;
const windowRuns = 3;
/** Far more than it takes: a window that never gets there must not hold the others up. */
const windowTimeoutMs = 180_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const flood = (count: number): string =>
  [
    'import sys, time, zmq',
    'thread = get_ipython().kernel.iopub_thread',
    'thread.schedule(lambda: thread.socket.setsockopt(zmq.XPUB_NODROP, 1))',
    'begun = time.time()',
    `for i in range(${count}):`,
    `    sys.stdout.write(f'{i:07} ' + 'x' * ${padding} + '\\n'); sys.stdout.flush()`,
    'spent = time.time() - begun',
    "print(f'spent {spent:.6f}')",
  ].join('\n');

export interface Guarded {
  readonly host: CoreHost;
  readonly window: TestWindow;
  readonly session: Awaited<ReturnType<CoreHost['ensure']>>;
  readonly kernelId: string;
  readonly proxy: FaultProxy;
  end(): Promise<void>;
}

export async function guarded(server: TestServer, hasRecorder = true): Promise<Guarded> {
  const model = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
  const proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-recovery-'));
  const host = new CoreHost(dir, accessTo(`http://127.0.0.1:${proxy.port}/`, server.token), hasRecorder);
  const session = await host.ensure(asKernelId(model.id));
  const window = new TestWindow(session);
  while (
    session.linkPhase !== 'live' ||
    (hasRecorder && (session.status().protection.state !== 'recorded' || session.isHolding))
  ) {
    await pause(20);
  }
  return {
    ...{ host, window, session, proxy, kernelId: model.id },
    end: async () => {
      await host.close();
      await proxy.stop();
      await server.rest('DELETE', `api/kernels/${model.id}`);
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface CaughtUp {
  /** Until the last message was on this disk, and until the cell was done by its reply. */
  readonly seconds: number;
  readonly wholeSeconds: number;
  readonly megabytes: number;
  readonly wireMegabytes: number;
}

/** From the network being back. */
async function catchUp(server: TestServer): Promise<CaughtUp> {
  const { proxy, session, window, end } = await guarded(server);
  try {
    proxy.setEntrance('refused');
    const msgId = window.run(flood(messages));
    await window.until(() => session.execution(msgId)?.state === 'running');
    proxy.cut();
    await untilIdle(server, session.kernelId);
    const entriesBefore = session.status().journal.bytes;
    const wireBefore = proxy.bytes;
    let committedMs = 0;
    const stopListening = session.onFrames((frame) => {
      const isShort = frame.contentBytes.byteLength < padding;
      if (isShort && frame.header.msg_type === 'stream' && String(frame.content().text).includes('spent')) {
        committedMs = performance.now();
      }
    });
    const begunMs = performance.now();
    proxy.setEntrance('open');
    session.resume();
    while (session.execution(msgId)?.state !== 'done' || session.isHolding || session.isUncommitted) {
      await pause(10);
    }
    stopListening();
    return {
      seconds: (committedMs - begunMs) / 1000,
      wholeSeconds: (performance.now() - begunMs) / 1000,
      megabytes: (session.status().journal.bytes - entriesBefore) / 1e6,
      wireMegabytes: (proxy.bytes - wireBefore) / 1e6,
    };
  } finally {
    await end();
  }
}

interface WindowMeanwhile {
  /** Longest gap between frames, and that of an idle window of the same app. */
  readonly frame: number;
  readonly idleFrame: number;
  /** Longest task, by its processor time. */
  readonly task: number;
  /** From the network being back to the last line on the screen. */
  readonly seconds: number;
}

/** The frames of a window while its notebook is caught up: what a person feels of it. */
async function windowWhileCatchingUp(): Promise<WindowMeanwhile> {
  const server = await startJupyter();
  yieldToApp(server);
  const proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
  const profile = TestApp.newProfile();
  const source = `${flood(messages)}\nprint(f'the end at {time.time() * 1000:.1f}', flush=True)`;
  const content = notebookOf([{ id: 'flood', source }]);
  await server.rest('PUT', 'api/contents/recovery.ipynb', { type: 'notebook', format: 'json', content });
  const far = { ...server, baseUrl: `http://127.0.0.1:${proxy.port}/` };
  const app = await TestApp.start(profile, [notebookAddress(far, 'recovery.ipynb')]);
  try {
    const page = await app.notebook();
    await page.getByTestId('status-protection').filter({ hasText: 'Recorded on the server' }).waitFor();
    await page.locator('.jp-Notebook .jp-Cell').first().locator('.jp-InputPrompt').click();
    await page.keyboard.press('Control+Enter');
    await page
      .locator('[data-testid="status-kernel"]')
      .filter({ hasText: /^Running/ })
      .waitFor();
    proxy.setEntrance('refused');
    proxy.cut();
    const kernels = (await server.rest('GET', 'api/sessions')) as { path: string; kernel: { id: string } }[];
    await untilIdle(server, kernels.find((one) => one.path === 'recovery.ipynb')?.kernel.id ?? '');
    yieldToApp(server);
    const idleFrames = await watchIdle(await app.window('home'));
    await watch(page, nightjarEnd);
    const longestTaskOf = await traceLongestTask(page);
    const begunMs = Date.now();
    proxy.setEntrance('open');
    for (const deadline = begunMs + windowTimeoutMs; ; ) {
      const { drawnMs, frames } = await watchedOf(page);
      if (drawnMs > 0) {
        const idle = await idleFrames();
        const seconds = (drawnMs - begunMs) / 1000;
        return {
          frame: Math.max(...frames),
          idleFrame: Math.max(...idle),
          task: await longestTaskOf(),
          seconds,
        };
      }
      if (Date.now() > deadline) throw new Error('the last line of the outage did not show');
      await pause(200);
    }
  } finally {
    await app.close();
    TestApp.removeProfile(profile);
    await proxy.stop();
    await endSessions(server);
    await server.stop();
  }
}

async function untilIdle(server: TestServer, kernelId: string): Promise<void> {
  for (;;) {
    const model = (await server.rest('GET', `api/kernels/${kernelId}`)) as { execution_state: string };
    if (model.execution_state === 'idle') return;
    await pause(250);
  }
}

/** From the network being back, without any hint, to a live link, after outages of different length. */
async function liveAgainMs(server: TestServer): Promise<number[]> {
  const { proxy, session, end } = await guarded(server);
  const found: number[] = [];
  try {
    for (const outageMs of [1_000, 2_300, 4_100, 7_700, 12_900]) {
      // Refused rather than silent: an end of silence would be a hint.
      proxy.setEntrance('refused');
      proxy.cut();
      await pause(outageMs);
      proxy.setEntrance('open');
      const begunMs = performance.now();
      while (session.linkPhase !== 'live') {
        await pause(5);
      }
      found.push(performance.now() - begunMs);
      await pause(500);
    }
    return found;
  } finally {
    await end();
  }
}

/** From a path that went silent, without any hint, to the link saying so. */
async function noticedSeconds(server: TestServer): Promise<number> {
  const { proxy, session, end } = await guarded(server);
  try {
    await pause(1_000);
    proxy.setEntrance('silent');
    proxy.blackhole();
    const begunMs = performance.now();
    while (session.linkPhase === 'live') {
      await pause(20);
    }
    return (performance.now() - begunMs) / 1000;
  } finally {
    await end();
  }
}

export async function measureRecovery(say: (line: string) => void): Promise<Figure[]> {
  const server = await startJupyter();
  try {
    const caught = [await catchUp(server), await catchUp(server), await catchUp(server)];
    say(caught.map(({ seconds, megabytes }) => `${megabytes.toFixed(0)} MB in ${seconds.toFixed(1)} s`).join(', '));
    const windows: WindowMeanwhile[] = [];
    for (let run = 0; run < windowRuns; run += 1) windows.push(await windowWhileCatchingUp());
    const live = await liveAgainMs(server);
    const rawSeconds = (median(caught.map(({ megabytes }) => megabytes)) * 8) / 20;
    return [
      {
        ...{ name: `${messages.toLocaleString('en-US')} messages caught up`, unit: 's', aim: '≤ 5 s' },
        values: caught.map(({ seconds }) => seconds),
        note: `${median(caught.map(({ megabytes }) => megabytes)).toFixed(0)} MB of messages in ${median(caught.map(({ wireMegabytes }) => wireMegabytes)).toFixed(1)} MB on the wire, which a 20 Mbit/s link carries ${(rawSeconds / ((median(caught.map(({ wireMegabytes }) => wireMegabytes)) * 8) / 20)).toFixed(1)} times faster than the messages themselves.`,
      },
      {
        ...{ name: '  until the cell is done by its reply', unit: 's', aim: '' },
        values: caught.map(({ wholeSeconds }) => wholeSeconds),
        note: 'the server first works off all that it has buffered.',
      },
      {
        ...{ name: '  until the last line is on the screen of a window', unit: 's', aim: '' },
        values: windows.map(({ seconds }) => seconds),
      },
      {
        ...{ name: '  longest gap between its frames meanwhile', unit: 'ms', aim: '≤ 50 ms' },
        values: windows.map(({ frame }) => frame),
        peer: windows.map(({ idleFrame }) => idleFrame),
        note: 'the peer is an idle window of the same app in the same seconds. Server and kernel run at low priority, as if they were elsewhere.',
      },
      {
        ...{ name: '  its longest task, by processor time', unit: 'ms', aim: '≤ 50 ms' },
        values: windows.map(({ task }) => task),
      },
      {
        ...{ name: 'network back to live, no hint', unit: 'ms', aim: '≤ 1,000 ms' },
        values: live,
      },
      {
        ...{ name: 'half-open path noticed, no hint', unit: 's', aim: '≤ 15 s' },
        values: [await noticedSeconds(server)],
      },
    ];
  } finally {
    await server.stop();
  }
}
