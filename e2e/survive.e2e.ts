/**
 * The window is only a view: whatever happens to it, or to the whole app, in the middle of a cell, no line is missing
 * and none stands twice.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { notebookAddress, outputText, outputTextScript, TestApp } from './support/app.ts';
import { FaultProxy } from './support/fault-proxy.ts';
import { journalFindings } from './support/journals.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { notebookOf } from './support/notebooks.ts';

const lines = 200;
const loop = `import time\nfor i in range(${lines}):\n    print('line', i, flush=True)\n    time.sleep(0.03)`;
const after = "print('second cell')";
const expected = Array.from({ length: lines }, (_, index) => `line ${index}`).join('\n');

let server: TestServer;
let profile = '';
let app: TestApp;
let notebook = '';
let count = 0;

beforeAll(async () => {
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  profile = TestApp.newProfile();
  count += 1;
  notebook = `loop-${count}.ipynb`;
  const content = notebookOf([
    { id: 'loop', source: loop },
    { id: 'after', source: after },
  ]);
  await server.rest('PUT', `api/contents/${notebook}`, { type: 'notebook', format: 'json', content });
  app = await TestApp.start(profile, [notebookAddress(server, notebook)]);
});

afterEach(async () => {
  await app.close();
  TestApp.removeProfile(profile);
});

async function runBoth(page: Page): Promise<void> {
  await expect
    .poll(() => page.getByTestId('status-protection').textContent(), { timeout: 60_000 })
    .toBe('Recorded on the server');
  await page.locator('.jp-Notebook .jp-Cell').first().locator('.jp-InputPrompt').click();
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.press('Shift+Enter');
  await untilText(page, 0, 'line 30');
}

async function untilText(page: Page, cell: number, text: string): Promise<void> {
  await expect.poll(() => outputText(page, cell), { timeout: 60_000, interval: 100 }).toContain(text);
}

async function expectWhole(page: Page): Promise<void> {
  await untilText(page, 1, 'second cell');
  expect(await outputText(page, 0)).toBe(expected);
  expect(await outputText(page, 1)).toBe('second cell');
  // Shift+Enter in the last cell appends an empty one.
  await expect
    .poll(() => page.locator('.jp-InputPrompt').allTextContents(), { timeout: 20_000 })
    .toEqual(['[1]:', '[2]:', '[ ]:']);
}

/** After the app has ended: its one journal is proved. */
function expectSound(): void {
  expect(journalFindings(profile)).toEqual([[]]);
}

describe('in the middle of a cell', () => {
  it('the window is reloaded', async () => {
    const page = await app.notebook();
    await runBoth(page);
    await page.evaluate(() => location.reload());
    await page.waitForSelector('body[data-nightjar-state="ready"]');
    await untilText(page, 0, 'line 30');
    await expectWhole(page);
    await app.close();
    expectSound();
  });

  it('the window is closed and opened again', async () => {
    const page = await app.notebook();
    await runBoth(page);
    const home = await app.window('home');
    await app.electron.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()
        .find((window) => window.webContents.getURL().includes('/notebook/'))
        ?.destroy();
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await home.getByText(notebook).first().dblclick();
    const again = await app.notebook([page]);
    await untilText(again, 0, 'line 30');
    await expectWhole(again);
    await app.close();
    expectSound();
  });

  it('the window’s process is killed', async () => {
    const page = await app.notebook();
    await runBoth(page);
    const pid = await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.webContents.getURL().includes('/notebook/'))
        ?.webContents.getOSProcessId(),
    );
    expect(pid).toBeGreaterThan(0);
    process.kill(pid ?? 0, 'SIGKILL');
    // Playwright gives up on a page whose process died; the test looks through the main process from here on.
    const text = (cell: number): Promise<string> =>
      app.electron.evaluate(async ({ BrowserWindow }, script) => {
        const window = BrowserWindow.getAllWindows().find((one) => one.webContents.getURL().includes('/notebook/'));
        // A script sent to a page that is just going never answers.
        const late = new Promise((resolve) => setTimeout(() => resolve(''), 2_000));
        return String((await Promise.race([window?.webContents.executeJavaScript(script), late])) ?? '');
      }, outputTextScript(cell));
    await expect.poll(() => text(1).catch(() => ''), { timeout: 60_000 }).toContain('second cell');
    expect(await text(0)).toBe(expected);
    await app.close();
    expectSound();
  });

  it('the whole app is killed with kill -9 and started again', async () => {
    const page = await app.notebook();
    await runBoth(page);
    await app.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    app = await TestApp.start(profile);
    const again = await app.notebook();
    await expectWhole(again);
    await app.close();
    expectSound();
  });

  it('the app is killed, and comes back when the cell has long ended', async () => {
    const page = await app.notebook();
    await runBoth(page);
    await app.kill();
    await new Promise((resolve) => setTimeout(resolve, 9_000));
    app = await TestApp.start(profile, [notebookAddress(server, notebook)]);
    const again = await app.notebook();
    await expectWhole(again);
    await app.close();
    expectSound();
  });

  it('the app is killed, and started a minute later on another network', async () => {
    await app.close();
    TestApp.removeProfile(profile);
    profile = TestApp.newProfile();
    const proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
    try {
      const address = notebookAddress({ ...server, baseUrl: `http://127.0.0.1:${proxy.port}/` }, notebook);
      app = await TestApp.start(profile, [address]);
      await runBoth(await app.notebook());
      // The old network took its connections with it: the server goes on believing in them.
      proxy.blackhole();
      await app.kill();
      proxy.setEntrance('refused');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      proxy.setEntrance('open');
      app = await TestApp.start(profile, [address]);
      await expectWhole(await app.notebook());
      await app.close();
      expectSound();
    } finally {
      await proxy.stop();
    }
  });
});

describe('unsaved edits', () => {
  it('come back after kill -9, at most a second old', async () => {
    const page = await app.notebook();
    await page.locator('.jp-Notebook .jp-Cell').nth(1).locator('.cm-content').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\nprint("typed and never saved")');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await app.kill();
    app = await TestApp.start(profile);
    const again = await app.notebook();
    await expect
      .poll(() => again.locator('.jp-Notebook .jp-Cell').nth(1).locator('.cm-content').innerText(), { timeout: 20_000 })
      .toContain('typed and never saved');
    const onServer = fs.readFileSync(path.join(server.root, notebook), 'utf8');
    expect(onServer).not.toContain('never saved');
  });
});
