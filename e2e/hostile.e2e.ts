/**
 * Every output is hostile: a notebook that wants out gets nowhere, as it stands in the file and when it was just run.
 *
 * A listener stands for the outside world; nothing may arrive there, not even a connection. What outputs run, they run
 * in frames; the test looks into those, which the window itself cannot.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { type Attacker, hostileNotebook, startAttacker } from './support/attack.ts';
import { frameScript, hostileFigures } from './support/attack-frames.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import type { TestCell } from './support/notebooks.ts';
import { outputFrame, restingCell } from './support/outputs.ts';
import { answerDialogs, look, openNotebook, putNotebook, selectCell, untilIdle } from './support/pages.ts';

let server: TestServer;
let attacker: Attacker;
let profile = '';
let app: TestApp;
let page: Page;

beforeAll(async () => {
  server = await startJupyter();
  attacker = await startAttacker();
  // Written past the server, as a download would be: a notebook that it saves itself gets its signature and its trust.
  fs.writeFileSync(path.join(server.root, 'hostile.ipynb'), JSON.stringify(hostileNotebook(attacker.url)));
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

const log = (): string => fs.readFileSync(path.join(profile, 'data', 'logs', 'nightjar.log'), 'utf8');

async function expectUntouched(): Promise<void> {
  expect(await page.evaluate('window.attacked ?? []')).toEqual([]);
  expect(attacker.takeRequests()).toEqual([]);
  expect(page.url()).toBe('app://nightjar/notebook/index.html');
  for (const one of app.electron.windows()) expect(one.url()).toMatch(/^app:\/\/nightjar\//);
  // Frames within an output were refused what they asked for, and show the browser's page about that, or nothing.
  for (const frame of page.frames().slice(1)) {
    expect(frame.url()).toMatch(/^(app:\/\/outputs\/(still|plot|script)\.html|chrome-error:.*|about:.*|)$/);
  }
}

const outputFrames = (): Frame[] => page.frames().filter((frame) => frame.url().startsWith('app://outputs/'));

/** A notebook of these cells in a window of its own, run from the top. */
async function run(name: string, cells: readonly TestCell[]): Promise<void> {
  await putNotebook(server, name, cells);
  page = await openNotebook(app, server, name);
  await untilIdle(page);
  for (const index of cells.keys()) {
    await selectCell(page, index);
    await page.keyboard.press('Control+Enter');
    await untilIdle(page);
  }
}

const html = (source: string): string =>
  `from IPython.display import HTML, display\ndisplay(HTML(${JSON.stringify(source)}))`;

/** Clicks whatever a document offers to click, then waits for two drawn frames. */
async function clickEverything(where: Page | Frame): Promise<void> {
  // Clicked in the page: Playwright's own click waits for a navigation that it sees begin, and here none may end. The
  // clicks come after the answer, because the answer too is held back while a frame seems to navigate.
  await where.evaluate(() => {
    setTimeout(() => {
      for (const node of document.querySelectorAll<HTMLElement>('a, .nj-html button, .nj-html div, mjx-container *')) {
        node.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
        node.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
      }
    });
  });
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
}

describe('a hostile notebook', () => {
  it('runs nothing and reaches nobody, as it stands in the file', async () => {
    await fetch(`${attacker.url}/is-listening`);
    expect(attacker.takeRequests()).toEqual(['GET /is-listening']);
    const cell = await restingCell(page, 0);
    await cell.getByRole('heading', { name: 'hostile markdown' }).waitFor();
    await cell.locator('mjx-container').first().waitFor();
    const frame = await outputFrame(page, 1);
    await frame.getByText('hostile html saved').waitFor({ state: 'attached' });
    // What is shown of it is on the page where nothing of an output runs, and its scripts wait to be asked for.
    expect(outputFrames().map((one) => one.url())).toEqual(['app://outputs/still.html']);
    await page.getByRole('button', { name: 'Run it in isolation' }).first().waitFor();
    expect(await page.getByRole('button', { name: 'Run it in isolation' }).count()).toBe(2);
    for (const one of outputFrames()) {
      expect(await one.evaluate('window.attacked ?? []')).toEqual([]);
      await clickEverything(one);
    }
    await clickEverything(page);
    await expectUntouched();
  });

  it('runs in isolation and reaches nobody when it was just run', async () => {
    // A window of its own: in the other Playwright waits for the end of a navigation that was refused.
    page = await openNotebook(app, server, 'hostile.ipynb');
    await untilIdle(page);
    const cell = await restingCell(page, 2);
    await cell.locator('.jp-Cell-inputArea .jp-InputPrompt').click();
    await page.keyboard.press('Control+Enter');
    await untilIdle(page);
    const frame = await outputFrame(page, 2);
    await frame.getByText('hostile html run').waitFor({ state: 'attached' });
    const scripts = (): Frame[] => outputFrames().filter((one) => one.url().endsWith('/script.html'));
    // Frames are made when they come into view, one after another: the second is scrolled to.
    await outputFrame(page, 2, 1);
    await expect.poll(() => scripts().length, { timeout: 30_000, interval: 100 }).toBe(2);
    await expect
      .poll(() => scripts()[0]?.evaluate('window.attacked ?? []'), { timeout: 30_000, interval: 100 })
      .toContain('script');
    for (const one of outputFrames()) await clickEverything(one);
    await clickEverything(page);
    await expectUntouched();
  });
});

describe('a script in an output', () => {
  it('finds no bridge, no storage, no network and no way out', async () => {
    await run('script.ipynb', [
      { id: 'sibling', source: html('<p id="sibling">a quiet neighbour</p><script>0</script>') },
      {
        id: 'script',
        source: html(`<p>trying</p><script>${frameScript(attacker.url, attacker.datagramHost)}</script>`),
      },
    ]);
    await outputFrame(page, 1);
    const frame = outputFrames().at(-1);
    await frame?.waitForFunction('window.outcome !== undefined');
    const outcome: unknown = await frame?.evaluate('window.outcome');
    expect(outcome).toEqual({
      worked: [],
      refused: [
        'base-uri',
        'connect-src',
        'default-src',
        'font-src',
        'frame-src',
        'img-src',
        'media-src',
        'object-src',
        'script-src-elem',
        'style-src-elem',
      ],
    });
    await page.getByText('This output wanted to load something from').waitFor();
    const sibling = await outputFrame(page, 0);
    expect(await sibling.locator('#sibling').innerText()).toBe('a quiet neighbour');
    expect(await page.locator('body[data-nightjar-state="ready"]').count()).toBe(1);
    await expectUntouched();
  });

  it('that leaves its page is stopped, and the output says so', async () => {
    await run('leaver.ipynb', [
      {
        id: 'self',
        source: html(`<script>setTimeout(() => { location.href = '${attacker.url}/leave' }, 100)</script>`),
      },
      { id: 'data', source: html("<script>setTimeout(() => { location.href = 'data:text/html,x' }, 100)</script>") },
      { id: 'blank', source: html("<script>setTimeout(() => { location.href = 'about:blank' }, 100)</script>") },
      {
        id: 'refresh',
        source: html(`<meta http-equiv="refresh" content="0;url=${attacker.url}/refresh"><script>0</script>`),
      },
      {
        id: 'ours',
        source: html("<script>setTimeout(() => { location.href = 'app://outputs/lib/vega.js' }, 100)</script>"),
      },
    ]);
    await expect.poll(log, look).toContain('tried to fill a frame; denied');
    await expectUntouched();
  });
});

describe('hostile figures', () => {
  it('are drawn as data: nothing in them runs or loads', async () => {
    const figures = JSON.stringify(JSON.stringify(hostileFigures(attacker.url)));
    const source = `import json\nfrom IPython.display import display\nfor data in json.loads(${figures}):\n    display(data, raw=True)`;
    await run('figures.ipynb', [{ id: 'figures', source }]);
    const cell = await restingCell(page, 0);
    expect(await cell.locator('.nj-OutputFrame').count()).toBe(5);
    for (let frame = 0; frame < 5; frame += 1) await outputFrame(page, 0, frame);
    const plot = await outputFrame(page, 0);
    expect(new Set(outputFrames().map((one) => one.url()))).toEqual(
      new Set(['app://outputs/plot.html', 'app://outputs/still.html']),
    );
    await plot.locator('.gtitle').first().waitFor({ state: 'attached' });
    for (const one of outputFrames()) {
      expect(await one.evaluate('window.attacked ?? []')).toEqual([]);
      expect(await one.locator('script:not([src])').count()).toBe(0);
      await clickEverything(one);
    }
    await page.getByText('This output wanted to load something from').first().waitFor();
    await expectUntouched();
  });
});

describe('the session behind all windows', () => {
  it('cancels what no policy stands before', async () => {
    const answer = await app.electron.evaluate(async ({ session }, url) => {
      try {
        return (await session.defaultSession.fetch(`${url}/past-the-policy`)).status;
      } catch (error) {
        return String(error);
      }
    }, attacker.url);
    expect(answer).toContain('ERR_BLOCKED_BY_CLIENT');
    expect(attacker.takeRequests()).toEqual([]);
  });
});

// Last, because the frames of all windows share a process, which this keeps busy.
describe('an output', () => {
  it('that never ends, or sends messages without end, leaves the window usable', async () => {
    const flood =
      "setInterval(() => { for (let i = 0; i < 500; i += 1) parent.postMessage({ t: 'size', i }, '*'); }, 1)";
    await run('busy.ipynb', [
      { id: 'flood', source: html(`<script>${flood}</script><p>flooding</p>`) },
      { id: 'loop', source: html('<script>for (;;);</script><p>looping</p>') },
      { id: 'after', source: "print('still here')" },
    ]);
    await page.getByText('still here', { exact: true }).waitFor();
    await expectUntouched();
  });
});
