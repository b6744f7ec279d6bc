/**
 * From the start of the process to a Home that can be used: its lists drawn, the address field ready for the caret.
 *
 * The app is started as a person starts it, not under a test driver, which would hold the start up: Chromium's own
 * debugging port is watched from outside, and the page itself says when the frame with its lists had been drawn.
 * The disk is warm from the run before; the first start is left out.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import WebSocket from 'ws';
import { TestApp } from '../support/app.ts';
import { startJupyter } from '../support/jupyter-server.ts';
import type { Figure } from './table.ts';

const runs = 5;
const timeoutMs = 60_000;
const pollMs = 5;

/** Resolves with the wall clock once the lists are on the screen; two frames later than in the page's tree. */
const whenUsable = `new Promise((resolve) => {
  const look = () => {
    const field = document.querySelector('form.add input');
    const hasLists = document.querySelector('.home-columns, .first') !== null;
    if (!hasLists || field === null || field.disabled) {
      requestAnimationFrame(look);
      return;
    }
    requestAnimationFrame(() => requestAnimationFrame(() => {
      field.focus();
      resolve({ timeMs: performance.timeOrigin + performance.now(), hasFocus: document.activeElement === field });
    }));
  };
  look();
})`;

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

/** Tries until there is an answer. */
async function until<Value>(what: string, attempt: () => Promise<Value | null> | Value | null): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await attempt();
    if (found !== null) {
      return found;
    }
    if (performance.now() > deadline) {
      throw new Error(`${what} did not come within ${timeoutMs / 1000} s`);
    }
    await pause(pollMs);
  }
}

interface Target {
  readonly url: string;
  readonly webSocketDebuggerUrl: string;
}

async function homeTarget(portFile: string): Promise<Target | null> {
  try {
    const [port] = fs.readFileSync(portFile, 'utf8').split('\n');
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const targets = (await response.json()) as readonly Target[];
    return targets.find((target) => target.url.includes('/home/')) ?? null;
  } catch {
    return null;
  }
}

interface Usable {
  readonly timeMs: number;
  readonly hasFocus: boolean;
}

function evaluate(target: Target, expression: string): Promise<Usable | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    const params = { expression, awaitPromise: true, returnByValue: true };
    socket.on('open', () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params })));
    socket.on('error', () => resolve(null));
    socket.on('close', () => resolve(null));
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString());
      if (answer.id === 1) {
        socket.close();
        const value = answer.result?.result?.value;
        // A page that is just being replaced gives no answer: the caller asks again.
        resolve(value ?? null);
      }
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(timer);
  }
}

async function startOnce(profile: string): Promise<number> {
  const data = path.join(profile, 'data');
  const portFile = path.join(data, 'DevToolsActivePort');
  fs.rmSync(portFile, { force: true });
  const startedMs = Date.now();
  const child = spawn(
    process.env.NIGHTJAR_ELECTRON ?? '',
    [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...['--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0', `--user-data-dir=${data}`],
    ],
    { stdio: 'ignore', env: { ...process.env, HOME: profile } },
  );
  try {
    const { timeMs, hasFocus } = await until('a usable Home window', async () => {
      const target = await homeTarget(portFile);
      return target === null ? null : evaluate(target, whenUsable);
    });
    if (!hasFocus) {
      throw new Error('the address field of Home could not be focused');
    }
    return timeMs - startedMs;
  } finally {
    await end(child);
  }
}

/** A profile as after the first day: one server, and Home as the window of the last time. */
async function usedProfile(): Promise<string> {
  const profile = TestApp.newProfile();
  const server = await startJupyter();
  try {
    const app = await TestApp.start(profile);
    const home = await app.window('home');
    await home.locator('form.add input').first().fill(`${server.baseUrl}?token=${server.token}`);
    await home.keyboard.press('Enter');
    const serverWindow = await app.window('server');
    await serverWindow.close();
    await app.close();
  } finally {
    await server.stop();
  }
  return profile;
}

export async function measureColdStart(say: (line: string) => void): Promise<Figure[]> {
  const profile = await usedProfile();
  try {
    await startOnce(profile);
    const values: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      values.push(await startOnce(profile));
      say(`cold start: ${values.at(-1)?.toFixed(0)} ms`);
    }
    return [{ name: 'cold start to usable Home', unit: 'ms', values, aim: '≤ 2,000 ms' }];
  } finally {
    TestApp.removeProfile(profile);
  }
}
