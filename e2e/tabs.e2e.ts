/**
 * Notebooks as tabs of one window: what is out of sight goes on, nothing of an edit is lost by closing, and the tabs
 * are there again at the next start.
 */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { notebookAddress, outputText, TestApp } from './support/app.ts';
import { journalFindings } from './support/journals.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { cellTexts, chooseMenu, look, putNotebook, selectCell, untilIdle } from './support/pages.ts';

let server: TestServer;
let profile = '';
let app: TestApp;
const names = ['one.ipynb', 'two.ipynb', 'three.ipynb'];

beforeAll(async () => {
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  profile = TestApp.newProfile({ openNotebooksIn: 'tabs' });
  for (const name of names) {
    await putNotebook(server, name, [
      {
        id: 'first',
        source: `import time\nfor i in range(40):\n    print('${name}', i, flush=True)\n    time.sleep(0.05)`,
      },
    ]);
  }
  app = await TestApp.start(
    profile,
    names.map((name) => notebookAddress(server, name)),
  );
});

afterEach(async () => {
  await app.close();
  for (const findings of journalFindings(profile)) expect(findings).toEqual([]);
  TestApp.removeProfile(profile);
});

/** The page of a notebook, once it is ready for work. */
async function pageOf(name: string): Promise<Page> {
  const find = async (): Promise<Page | undefined> => {
    for (const page of app.electron.windows().filter((one) => one.url().includes('/notebook/'))) {
      const title = await page.title().catch(() => '');
      if (title === name) return page;
    }
    return undefined;
  };
  await expect.poll(async () => (await find()) !== undefined, { timeout: 60_000, interval: 100 }).toBe(true);
  const page = (await find()) ?? expect.fail(`no page of ${name}`);
  await page.waitForSelector('body[data-nightjar-state="ready"]', { timeout: 60_000 });
  return page;
}

/** Asks every page whose address has this in it, from the main process: Playwright has no use for one that crashed. */
async function ask(part: string, script: string): Promise<unknown[]> {
  return app.electron.evaluate(
    ({ webContents }, [wanted, asked]) =>
      Promise.all(
        webContents
          .getAllWebContents()
          .filter((one) => one.getURL().includes(wanted ?? ''))
          .map((one): Promise<unknown> => {
            // A page that is going, or has crashed, never answers.
            const late = new Promise((resolve) => setTimeout(resolve, 1_000));
            return Promise.race([one.executeJavaScript(asked ?? '').catch(() => null), late]);
          }),
      ),
    [part, script],
  );
}

/** What the windows with tabs show: for each its tabs from left to right, the shown one with a star. */
async function strips(): Promise<unknown[]> {
  const script = `Array.from(document.querySelectorAll('[role="tab"]'), (tab) =>
    (tab.ariaSelected === 'true' ? '*' : '') + tab.querySelector('.tab-name').textContent).join(' ')`;
  return (await ask('/tabs/', script)).filter((text) => typeof text === 'string' && text !== '').toSorted();
}

/** The notebook that has the keyboard. */
async function inFront(): Promise<string> {
  return app.electron.evaluate(({ webContents }) => webContents.getFocusedWebContents()?.getTitle() ?? '');
}

function strip(): Promise<Page> {
  return app.window('tabs');
}

async function allOpen(): Promise<void> {
  for (const name of names) await untilIdle(await pageOf(name));
  await expect.poll(strips, look).toEqual(['one.ipynb two.ipynb *three.ipynb']);
}

describe('notebooks in tabs', () => {
  it('fill their window, whichever is shown while it changes its size', async () => {
    for (const name of names) await pageOf(name);
    const resized = (width: number, height: number): Promise<void> =>
      app.electron.evaluate(
        ({ BrowserWindow }, [w, h]) => {
          for (const one of BrowserWindow.getAllWindows()) {
            if (one.webContents.getURL().includes('/tabs/')) one.setContentSize(w ?? 0, h ?? 0);
          }
        },
        [width, height],
      );
    const sizes = async (): Promise<string[]> => {
      const [strip] = await ask('/tabs/', "[innerWidth, innerHeight].join(' ')");
      const pages = await ask('/notebook/', "[innerWidth, innerHeight].join(' ')");
      return [strip, ...pages].map(String);
    };
    for (const [width, height] of [
      [900, 640],
      [1200, 800],
      [700, 500],
    ] as const) {
      await chooseMenu(app, 'next-tab');
      await resized(width, height);
      const below = `${width} ${height - 38}`;
      await expect.poll(sizes, look).toEqual([`${width} ${height}`, below, below, below]);
    }
  });

  it('stand in one window, and one that is out of sight goes on', async () => {
    await allOpen();
    await chooseMenu(app, 'next-tab');
    await expect.poll(strips, look).toEqual(['*one.ipynb two.ipynb three.ipynb']);
    await expect.poll(inFront, look).toBe('one.ipynb');
    const one = await pageOf('one.ipynb');
    await selectCell(one, 0);
    await one.keyboard.press('Control+Enter');
    await (await strip()).getByRole('tab', { name: 'two.ipynb' }).click();
    await expect.poll(strips, look).toEqual(['one.ipynb *two.ipynb three.ipynb']);
    await expect.poll(inFront, look).toBe('two.ipynb');
    const whole = Array.from({ length: 40 }, (_, index) => `one.ipynb ${index}`).join('\n');
    await expect.poll(() => outputText(one, 0), look).toBe(whole);
    // The menu is that of the tab that is shown.
    await chooseMenu(app, 'run-all');
    const two = await pageOf('two.ipynb');
    await expect.poll(() => outputText(two, 0), look).toContain('two.ipynb 39');
  });

  it('close one by one, move and leave, and a window closes with its last tab', async () => {
    await allOpen();
    const tabs = await strip();
    await tabs.getByRole('tab', { name: 'three.ipynb' }).press('ArrowLeft');
    await expect.poll(strips, look).toEqual(['one.ipynb *two.ipynb three.ipynb']);
    const [from, to] = await Promise.all(
      ['one.ipynb', 'three.ipynb'].map((name) => tabs.getByRole('tab', { name }).boundingBox()),
    );
    await tabs.mouse.move((from?.x ?? 0) + 30, 20);
    await tabs.mouse.down();
    await tabs.mouse.move((to?.x ?? 0) + 90, 20, { steps: 5 });
    await tabs.mouse.up();
    await expect.poll(strips, look).toEqual(['two.ipynb three.ipynb *one.ipynb']);
    await chooseMenu(app, 'detach-tab');
    await expect.poll(strips, look).toEqual(['*one.ipynb', 'two.ipynb *three.ipynb']);
    const seen = (): Promise<number> =>
      app.electron.evaluate(
        ({ BrowserWindow }) => BrowserWindow.getAllWindows().filter((one) => one.isVisible()).length,
      );
    const before = await seen();
    await expect.poll(inFront, look).toBe('one.ipynb');
    await chooseMenu(app, 'close');
    await expect.poll(strips, look).toEqual(['two.ipynb *three.ipynb']);
    expect(await seen()).toBe(before - 1);
    await tabs.getByRole('button', { name: 'Close three.ipynb' }).click();
    await expect.poll(strips, look).toEqual(['*two.ipynb']);
    await expect.poll(inFront, look).toBe('two.ipynb');
  });

  it('keep what was typed a moment before their window was closed, and come back as they stood', async () => {
    await allOpen();
    const two = await pageOf('two.ipynb');
    await chooseMenu(app, 'previous-tab');
    await two.locator('.jp-Notebook .cm-content').first().click();
    await two.keyboard.press('Control+End');
    await two.keyboard.type(' # kept');
    await app.close();
    app = await TestApp.start(profile);
    for (const name of names) await pageOf(name);
    await expect.poll(strips, look).toEqual(['one.ipynb *two.ipynb three.ipynb']);
    await expect.poll(() => pageOf('two.ipynb').then(cellTexts), look).toEqual([expect.stringContaining(' # kept')]);
  });

  it('and their strip come back when a process dies', async () => {
    await allOpen();
    const crash = (part: string): Promise<void> =>
      app.electron.evaluate(({ webContents }, wanted) => {
        webContents
          .getAllWebContents()
          .find((one) => one.getURL().includes(wanted))
          ?.forcefullyCrashRenderer();
      }, part);
    await crash('/tabs/');
    await expect.poll(strips, look).toEqual(['one.ipynb two.ipynb *three.ipynb']);
    await crash('/notebook/');
    const states = (): Promise<unknown[]> => ask('/notebook/', 'document.body.dataset.nightjarState');
    await expect.poll(states, { timeout: 60_000 }).toEqual(['ready', 'ready', 'ready']);
    expect(await strips()).toEqual(['one.ipynb two.ipynb *three.ipynb']);
  });
});
