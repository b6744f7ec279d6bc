/**
 * A window that was taken over reaches nothing. What outputs try is in `hostile.e2e.ts`.
 *
 * A listener stands for the outside world; nothing may arrive there. The bridge, the tunnel, the policy and the token
 * are tried from inside a window, as a script that got in would try them.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { type Attacker, hostileNotebook, startAttacker } from './support/attack.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { answerDialogs, look, openNotebook, putNotebook, selectCell, untilIdle } from './support/pages.ts';

let server: TestServer;
let attacker: Attacker;
let profile = '';
let app: TestApp;
let page: Page;

beforeAll(async () => {
  server = await startJupyter();
  attacker = await startAttacker();
  const content = hostileNotebook(attacker.url);
  await server.rest('PUT', 'api/contents/hostile.ipynb', { type: 'notebook', format: 'json', content });
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(server, 'hostile.ipynb')]);
  page = await app.notebook();
  await untilIdle(page);
  // A dialog that nobody answers must not hold a test up: "cancel" is the second button of the question for links.
  await answerDialogs(app, 1);
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  await attacker.stop();
  await server.stop();
});

const attacked = (where: Page): Promise<unknown> => where.evaluate('window.attacked ?? []');

async function expectUntouched(): Promise<void> {
  expect(await attacked(page)).toEqual([]);
  expect(attacker.takeRequests()).toEqual([]);
  expect(page.url()).toBe('app://nightjar/notebook/index.html');
  for (const one of app.electron.windows()) expect(one.url()).toMatch(/^app:\/\/nightjar\//);
}

describe('a window that was taken over', () => {
  it('has three functions to call, and nothing of Node', async () => {
    const names = await page.evaluate(() => ({
      bridge: Object.keys(window.nightjar).sort(),
      node: ['require', 'process', 'module', 'Buffer', '__dirname', 'electron'].filter((name) => name in window),
    }));
    expect(names).toEqual({ bridge: ['invoke', 'on', 'pathOf'], node: [] });
  });

  it('finds no way out', async () => {
    const before = app.electron.windows().length;
    const outcomes = await page.evaluate(async (url) => {
      const tried: string[] = [];
      const attempt = async (name: string, run: () => unknown): Promise<void> => {
        try {
          await run();
          tried.push(name);
        } catch {
          // Refused, as it should be.
        }
      };
      const loads = (node: HTMLElement): Promise<void> =>
        new Promise((resolve, reject) => {
          node.onload = () => resolve();
          node.onerror = () => reject(new Error('refused'));
          document.body.append(node);
        });
      const opens = (socket: WebSocket | EventSource): Promise<void> =>
        new Promise((resolve, reject) => {
          socket.onopen = () => resolve();
          socket.onerror = () => reject(new Error('refused'));
        });
      await attempt('fetch', () => fetch(`${url}/fetch`, { mode: 'no-cors' }));
      await attempt('websocket', () => opens(new WebSocket(`${url.replace('http', 'ws')}/socket`)));
      await attempt('events', () => opens(new EventSource(`${url}/events`)));
      await attempt('image', () => loads(Object.assign(new Image(), { src: `${url}/image` })));
      await attempt('script', () => loads(Object.assign(document.createElement('script'), { src: `${url}/script` })));
      await attempt('style', () =>
        loads(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `${url}/style` })),
      );
      // biome-ignore lint/security/noGlobalEval: this is what must not work
      await attempt('eval', () => window.eval('1'));
      await attempt('function', () => new Function('return 1')());
      await attempt('import', () => import(`${url}/module.js`));
      const data = 'data:text/javascript,export default 1';
      await attempt('data import', () => import(data));
      await attempt('worker', () => {
        const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
        return new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = () => reject(new Error('refused'));
        });
      });
      await attempt('service worker', () => navigator.serviceWorker.register('/worker.js'));
      await attempt('window', () => {
        if (window.open(`${url}/open`) === null) throw new Error('refused');
      });
      navigator.sendBeacon(`${url}/beacon`, 'x');
      const form = Object.assign(document.createElement('form'), { action: `${url}/form`, method: 'post' });
      document.body.append(form);
      form.submit();
      const frame = Object.assign(document.createElement('iframe'), { src: `${url}/frame` });
      document.body.append(frame);
      location.href = `${url}/navigate`;
      return tried;
    }, attacker.url);
    expect(outcomes).toEqual([]);
    // The navigation comes last: when the main process has denied it, it has seen the others too.
    const log = path.join(profile, 'data', 'logs', 'nightjar.log');
    await expect.poll(() => fs.readFileSync(log, 'utf8'), look).toContain('tried to leave its page; denied');
    expect(app.electron.windows()).toHaveLength(before);
    await expectUntouched();
  });

  it('gets no permission', async () => {
    const answers = await page.evaluate(async () => {
      const states: Record<string, string> = {};
      for (const name of ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read'] as const) {
        const status = await navigator.permissions.query({ name: name as PermissionName });
        states[name] = status.state;
      }
      states.notification = await Notification.requestPermission();
      states.media = await navigator.mediaDevices.getUserMedia({ audio: true }).then(
        () => 'granted',
        () => 'denied',
      );
      return states;
    });
    expect(new Set(Object.values(answers))).toEqual(new Set(['denied']));
  });

  it('is served under a strict policy', async () => {
    const headers = await app.electron.evaluate(async ({ net }) => {
      const response = await net.fetch('app://nightjar/notebook/index.html');
      return Object.fromEntries(response.headers.entries());
    });
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'none'");
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('is refused what is not for it, and what is malformed', async () => {
    const invoke = (command: string, args: unknown): Promise<unknown> =>
      page.evaluate(
        ([name, value]) => window.nightjar.invoke(name, value).catch((error: unknown) => `rejected: ${String(error)}`),
        [command, args] as const,
      );
    const kindOf = async (command: string, args: unknown): Promise<string> => {
      const answer = await invoke(command, args);
      return (
        JSON.stringify(answer)
          .match(/"kind":"(\w+)"|rejected/)
          ?.slice(0, 2)
          .join(' ') ?? 'accepted'
      );
    };
    for (const name of ['shell.open', '__proto__', 'constructor', 'toString', '']) {
      expect(await kindOf(name, {})).toContain('rejected');
    }
    expect(await kindOf('servers.add', { address: 'http://127.0.0.1:1/', token: null })).toContain('refused');
    expect(await kindOf('journals.list', {})).toContain('refused');
    expect(await kindOf('notebooks.open', { serverId: 'another', path: 'a.ipynb', newWindow: false })).toContain(
      'refused',
    );
    expect(await kindOf('servers.setToken', { serverId: 'another', token: 'x' })).toContain('refused');
    for (const args of [
      null,
      'text',
      {},
      { path: 5 },
      { path: '' },
      { path: 'a', more: 1 },
      { path: 'x'.repeat(5_000) },
    ]) {
      expect(await kindOf('notebook.restore', args)).toContain('bug');
    }
    expect(await kindOf('window.openExternal', { url: `https://${'x'.repeat(70_000)}` })).toContain('bug');
    for (const url of ['file:///etc/passwd', 'javascript:alert(1)', 'smb://host/share', 'not a url']) {
      expect(JSON.stringify(await invoke('window.openExternal', { url }))).toContain('not-a-web-address');
    }
  });

  it('reaches only what a notebook needs of its server', async () => {
    const answers = await page.evaluate(async () => {
      const port = await new Promise<MessagePort>((resolve) => {
        window.addEventListener('message', (event) => {
          const [first] = event.ports;
          if (first !== undefined) resolve(first);
        });
        void window.nightjar.invoke('window.connect', {});
      });
      port.start();
      let id = 0;
      const ask = (method: string, where: string): Promise<string> => {
        id += 1;
        const own = id;
        return new Promise((resolve) => {
          port.addEventListener('message', ({ data }) => {
            if (data.id === own) resolve(data.t === 'answer' ? String(data.status) : data.t);
          });
          port.postMessage({ t: 'fetch', id: own, path: where, method, headers: [], body: null });
        });
      };
      for (const junk of [null, 5, 'text', {}, { t: 'fetch' }, { t: 'send', id: 'x' }, { t: 'open', id: -1 }]) {
        port.postMessage(junk);
      }
      const out: Record<string, string> = {};
      for (const where of [
        'api/status',
        'api/terminals',
        'api/shutdown',
        'api/contents/../../api/terminals',
        'api/contents/%2e%2e/%2e%2e/lab',
        'http://127.0.0.1:1/',
        '//127.0.0.1:1/',
        'lab',
        'login',
      ]) {
        out[where] = await ask('GET', where);
      }
      return out;
    });
    const { 'api/status': allowed, ...others } = answers;
    expect(allowed).toBe('200');
    expect(new Set(Object.values(others))).toEqual(new Set(['failed']));
  });
});

describe('the token of the server', () => {
  it('is in no window', async () => {
    const windows = [await app.window('home'), page];
    for (const one of windows) {
      const text = await one.evaluate(() => {
        const seen = new Set<unknown>();
        const texts: string[] = [
          document.documentElement.outerHTML,
          JSON.stringify({ ...localStorage, ...sessionStorage }),
        ];
        const walk = (value: unknown, depth: number): void => {
          if (typeof value === 'string') texts.push(value);
          if (depth === 0 || typeof value !== 'object' || value === null || seen.has(value)) return;
          seen.add(value);
          for (const key of Object.getOwnPropertyNames(value)) {
            try {
              walk((value as Record<string, unknown>)[key], depth - 1);
            } catch {
              // A getter that throws hides nothing.
            }
          }
        };
        walk(window, 6);
        return texts.join('\n');
      });
      expect(text.length).toBeGreaterThan(1_000);
      expect(text).not.toContain(server.token);
    }
  });

  it('stands on the disk only where it is kept', async () => {
    await putNotebook(server, 'plain.ipynb', [{ id: 'one', source: "print('kept')" }]);
    const plain = await openNotebook(app, server, 'plain.ipynb');
    await untilIdle(plain);
    await selectCell(plain, 0);
    await plain.keyboard.press('b');
    await plain.keyboard.press('k');
    await plain.keyboard.press('Control+Enter');
    await plain.getByText('kept', { exact: true }).waitFor();
    const drafts = path.join(profile, 'data', 'drafts');
    await expect.poll(() => fs.readdirSync(drafts).some((name) => name.endsWith('.draft.json')), look).toBe(true);
    await app.close();
    const forms = [
      server.token,
      Buffer.from(server.token).toString('base64'),
      Buffer.from(server.token).toString('hex'),
    ];
    const found = allFiles(profile).filter((file) => {
      const bytes = fs.readFileSync(file);
      return forms.some((form) => bytes.includes(form));
    });
    // Without a keychain, as on a machine for tests, the settings file has it and says that it is not sealed.
    const settings = path.join(profile, 'data', 'settings.json');
    expect(found.filter((file) => file !== settings)).toEqual([]);
    const text = fs.readFileSync(settings, 'utf8');
    expect(text).not.toContain(server.token);
    expect(text).toMatch(/"sealedToken": "(sealed|plain):/);
    expect(fs.statSync(settings).mode & 0o077).toBe(0);
    expect(allFiles(profile).some((file) => file.endsWith('.log') && fs.statSync(file).size > 0)).toBe(true);
  });
});

function allFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
