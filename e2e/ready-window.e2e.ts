/** The notebook window that is kept ready: it becomes the next notebook, and is in nobody's way. */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from './support/app.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { chooseMenu, look, putNotebook, untilIdle } from './support/pages.ts';

let server: TestServer;
let profile = '';
let app: TestApp;

beforeAll(async () => {
  server = await startJupyter();
  await putNotebook(server, 'first.ipynb', [{ id: 'a', source: "print('the ' + 'first')" }]);
  profile = TestApp.newProfile({});
  app = await TestApp.start(profile, [`${server.baseUrl}?token=${server.token}`]);
  await (await app.window('server')).getByText('first.ipynb').waitFor();
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  await server.stop();
});

function notebookPages(): Page[] {
  return app.electron.windows().filter((page) => page.url().includes('/notebook/'));
}

describe('a window that is kept ready', () => {
  it('is not seen and told nothing, and becomes the notebook that is opened', async () => {
    await app.untilReadyWindow();
    const [ready] = notebookPages();
    if (ready === undefined) throw new Error('there is none');
    const before = await app.seen();
    expect(before).not.toContain(ready);
    // What it asks waits, whoever asks.
    const answered = ready.evaluate(() => window.nightjar.invoke('window.context', {}));
    expect(await Promise.race([answered, ready.waitForTimeout(1_000)])).toBeUndefined();

    await (await app.window('server')).getByText('first.ipynb').dblclick();
    const page = await app.nextNotebook(before);
    expect(page).toBe(ready);
    expect(await answered).toMatchObject({ ok: true, value: { path: 'first.ipynb' } });
    await untilIdle(page);
    await chooseMenu(app, 'run-all');
    await page.locator('.jp-OutputArea').getByText('the first').waitFor();
  });

  it('has shown a notebook to nobody by then, and nothing is left of it', async () => {
    await app.untilReadyWindow();
    const ready = notebookPages().at(-1);
    await ready?.waitForSelector('html[data-nightjar-rehearsed]', { state: 'attached' });
    expect(await ready?.locator('.nj-Rehearsal, .jp-Notebook').count()).toBe(0);
    expect(await app.seen()).not.toContain(ready);
  });

  it('is followed by another, and put away when it is not wanted', async () => {
    await app.untilReadyWindow();
    expect(notebookPages()).toHaveLength(2);
    const file = path.join(profile, 'data', 'preferences.json');
    fs.writeFileSync(file, '{ "keepWindowReady": false }');
    await expect.poll(() => notebookPages().length, look).toBe(1);
    fs.writeFileSync(file, '{}');
    await app.untilReadyWindow();
  });

  it('that fails is replaced', async () => {
    const readyId = (): Promise<number | undefined> =>
      app.electron.evaluate(
        ({ BrowserWindow }) => BrowserWindow.getAllWindows().find((one) => !one.isVisible())?.webContents.id,
      );
    const failing = await readyId();
    await app.electron.evaluate(
      ({ webContents }, id) => webContents.fromId(id ?? 0)?.forcefullyCrashRenderer(),
      failing,
    );
    await expect.poll(readyId, look).not.toBe(failing);
    await app.untilReadyWindow();
    expect(await app.seen()).toHaveLength(3);
  });

  it('does not keep Nightjar running when the last window is closed', async () => {
    const isRunning = (): boolean => {
      try {
        return process.kill(app.pid, 0);
      } catch {
        return false;
      }
    };
    await app.electron.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) if (window.isVisible()) window.close();
    });
    await expect.poll(isRunning, look).toBe(false);
  });
});
