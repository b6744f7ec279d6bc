/**
 * What a person allows outputs: to run their scripts, and to load from one place for one notebook, until it is taken back.
 *
 * Two listeners stand for places on the network and write down whatever reaches them.
 */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { outputFrame } from './support/outputs.ts';
import { listen } from './support/ports.ts';
import {
  answerDialogs,
  chooseMenu,
  closeNotebooks,
  look,
  openNotebook,
  putNotebook,
  selectCell,
  statusText,
} from './support/pages.ts';

interface Place {
  readonly url: string;
  readonly requests: http.IncomingMessage[];
  stop(): void;
}

/** A picture of one pixel. */
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

async function startPlace(): Promise<Place> {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (request.url === '/sunrise.png') {
      response.setHeader('Content-Type', 'image/png');
      response.end(Buffer.from(dot, 'base64'));
      return;
    }
    response.setHeader('Content-Type', request.url === '/data' ? 'application/json' : 'text/javascript');
    response.end(request.url === '/data' ? '{"answer":42}' : "document.querySelector('#out').textContent += ' script'");
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

let server: TestServer;
let allowed: Place;
let other: Place;
let profile = '';
let app: TestApp;
let page: Page;

/** A cell whose output loads a script and data from the one place, and tries the other. */
function loading(): string {
  const page = [
    '<p id="out">loaded:</p>',
    `<script src="${allowed.url}/lib.js"></script>`,
    `<script>fetch('${allowed.url}/data').then((r) => r.json()).then((d) => { document.querySelector('#out').textContent += ' ' + d.answer }, () => undefined);`,
    `fetch('${allowed.url}/data', { method: 'POST', body: 'x' }).catch(() => undefined);`,
    `fetch('${other.url}/data').catch(() => undefined); new WebSocket('${other.url.replace('http', 'ws')}/')</script>`,
  ].join('');
  return `from IPython.display import HTML, display\ndisplay(HTML(${JSON.stringify(page)}))`;
}

beforeAll(async () => {
  server = await startJupyter();
  allowed = await startPlace();
  other = await startPlace();
  for (const name of ['one.ipynb', 'two.ipynb']) {
    await putNotebook(server, name, [{ id: 'loading', source: loading() }]);
  }
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(server, 'one.ipynb')]);
  page = await app.notebook();
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  allowed.stop();
  other.stop();
  await server.stop();
});

async function run(): Promise<void> {
  await selectCell(page, 0);
  await page.keyboard.press('Control+Enter');
  await outputFrame(page, 0);
}

const frameOf = (one: Page): Frame | undefined =>
  one.frames().find((frame) => frame.url().startsWith('app://outputs/script.html'));
const shown = async (): Promise<string> => (await frameOf(page)?.locator('#out').textContent()) ?? '';
const host = (place: Place): string => new URL(place.url).host;

describe('the network of outputs', () => {
  it('is closed, and each place that was asked for can be allowed', async () => {
    await run();
    await page.getByText(`This output wanted to load something from`).waitFor();
    await page.getByRole('button', { name: `Allow ${host(allowed)}…` }).waitFor();
    expect(await shown()).toBe('loaded:');
    await answerDialogs(app, 1);
    await page.getByRole('button', { name: `Allow ${host(allowed)}…` }).click();
    await page.waitForTimeout(500);
    expect(frameOf(page)?.url()).toBe('app://outputs/script.html');
    expect(allowed.requests).toEqual([]);
  });

  it('opens to the one place for the one notebook when the person says yes, for reading', async () => {
    await answerDialogs(app, 0);
    await page.getByRole('button', { name: `Allow ${host(allowed)}…` }).click();
    await expect.poll(shown, look).toMatch(/script/);
    await expect.poll(shown, look).toMatch(/42/);
    expect(new Set(allowed.requests.map(({ method, url }) => `${method} ${url}`))).toEqual(
      new Set(['GET /lib.js', 'GET /data']),
    );
    for (const { headers } of allowed.requests) {
      expect(headers.cookie).toBeUndefined();
      expect(headers.referer).toBeUndefined();
    }
    // The other place is still named as kept away, and has heard nothing.
    await page.getByRole('button', { name: `Allow ${host(other)}…` }).waitFor();
    expect(other.requests).toEqual([]);
    const count = allowed.requests.length;
    const grant = new URL(frameOf(page)?.url() ?? '').searchParams.get('grant');
    page = await openNotebook(app, server, 'two.ipynb');
    await run();
    await page.getByRole('button', { name: `Allow ${host(allowed)}…` }).waitFor();
    // Not even with the word of the other notebook.
    const tried = await frameOf(page)?.evaluate(
      (url) =>
        fetch(url).then(
          () => 'loaded',
          () => 'refused',
        ),
      `nightjar-net://${grant}/http/${host(allowed)}/data`,
    );
    expect(tried).toBe('refused');
    expect(allowed.requests.length).toBe(count);
  });

  it('can be read and taken back by no other notebook’s window', async () => {
    const ask = (command: string, notebook: string): Promise<unknown> =>
      page.evaluate(([name, path]) => window.nightjar.invoke(name, { path }), [command, notebook] as const);
    // This is the window of the second notebook.
    expect(await ask('outputs.network', 'two.ipynb')).toMatchObject({ ok: true, value: { origins: [] } });
    expect(await ask('outputs.network', 'one.ipynb')).toMatchObject({ ok: false });
    expect(await ask('outputs.forbid', 'one.ipynb')).toMatchObject({ ok: false });
  });

  it('stays open when the notebook is opened again, until it is taken back', async () => {
    await closeNotebooks(app);
    page = await openNotebook(app, server, 'one.ipynb');
    await run();
    await expect.poll(shown, look).toMatch(/script/);
    await chooseMenu(app, 'outputs-network');
    await page.getByRole('button', { name: `Allow ${host(allowed)}…` }).waitFor();
    await expect.poll(shown, look).toBe('loaded:');
    expect(other.requests).toEqual([]);
  });
});

describe('a picture of the web in a text cell', () => {
  it('stands behind a button, and is shown once its place is allowed, and no longer when it is taken back', async () => {
    await putNotebook(server, 'pictures.ipynb', [
      { id: 'text', type: 'markdown', source: `Before ![sunrise](${allowed.url}/sunrise.png) after` },
      { id: 'other', type: 'markdown', source: `<img src="${other.url}/sunrise.png" alt="other">` },
    ]);
    page = await openNotebook(app, server, 'pictures.ipynb');
    const count = allowed.requests.length;
    const button = page.getByRole('button', { name: `sunrise · Show pictures from ${host(allowed)}…` });
    await button.waitFor();
    expect(allowed.requests.length).toBe(count);
    await answerDialogs(app, 1);
    await button.click();
    await page.waitForTimeout(500);
    expect(allowed.requests.length).toBe(count);
    await answerDialogs(app, 0);
    await button.click();
    const width = (alt: string): Promise<number> =>
      page.locator(`.jp-MarkdownOutput img[alt="${alt}"]`).evaluate((node) => (node as HTMLImageElement).naturalWidth);
    await expect.poll(() => width('sunrise'), look).toBe(1);
    expect(await button.count()).toBe(0);
    const [request] = allowed.requests.slice(count);
    expect(request?.url).toBe('/sunrise.png');
    expect([request?.headers.cookie, request?.headers.referer]).toEqual([undefined, undefined]);
    expect(other.requests).toEqual([]);
    // The main process loads nothing that was not allowed, whatever the window asks.
    const asked = await page.evaluate(
      (url) => window.nightjar.invoke('outputs.picture', { path: 'pictures.ipynb', url }),
      `${other.url}/sunrise.png`,
    );
    expect(asked).toMatchObject({ ok: false });
    expect(other.requests).toEqual([]);
    await chooseMenu(app, 'outputs-network');
    await button.waitFor();
    expect(await width('sunrise')).toBe(0);
    await closeNotebooks(app);
  });
});

describe('trust', () => {
  it('lets scripts of saved outputs run by themselves, here and when the notebook is opened again', async () => {
    const html = '<p id="out">saved</p><script>document.querySelector(\'#out\').textContent += " and run"</script>';
    const output = { output_type: 'display_data', data: { 'text/html': html, 'text/plain': 'x' }, metadata: {} };
    const cell = { id: 'saved', cell_type: 'code', source: '1', metadata: {}, execution_count: 1, outputs: [output] };
    // Written past the server, as a download would be: what it saves itself it trusts.
    fs.writeFileSync(
      path.join(server.root, 'saved.ipynb'),
      JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] }),
    );
    page = await openNotebook(app, server, 'saved.ipynb');
    await page.getByRole('button', { name: 'Run it in isolation' }).waitFor();
    expect(frameOf(page)).toBeUndefined();
    await answerDialogs(app, 1);
    await chooseMenu(app, 'trust');
    await page.waitForTimeout(500);
    expect(frameOf(page)).toBeUndefined();
    await answerDialogs(app, 0);
    await chooseMenu(app, 'trust');
    await expect.poll(shown, look).toBe('saved and run');
    await expect.poll(() => statusText(page, 'unsaved'), look).not.toContain('Unsaved');
    await closeNotebooks(app);
    page = await openNotebook(app, server, 'saved.ipynb');
    await expect.poll(shown, look).toBe('saved and run');
  });
});
