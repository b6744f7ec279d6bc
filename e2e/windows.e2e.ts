/**
 * Several windows, one kernel session: what is done in one window shows in the others, and there is one journal.
 *
 * A second start of the app hands over what it was asked for and ends; it touches no file of the first.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { journalFiles } from '../electron/core/journal/library.ts';
import { notebookAddress, outputText, TestApp } from './support/app.ts';
import { journalFindings } from './support/journals.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import {
  cellTexts,
  chooseMenu,
  look,
  openNotebook,
  putNotebook,
  savedNotebook,
  selectCell,
  statusText,
  untilIdle,
} from './support/pages.ts';

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
  notebook = `shared-${count}.ipynb`;
  await putNotebook(server, notebook, [
    { id: 'first', source: "import time\nfor i in range(20):\n    print('line', i, flush=True)\n    time.sleep(0.02)" },
    { id: 'second', source: "print('second')" },
  ]);
  app = await TestApp.start(profile, [notebookAddress(server, notebook)]);
});

afterEach(async () => {
  await app.close();
  expectSoundJournals();
  TestApp.removeProfile(profile);
});

function expectSoundJournals(): void {
  for (const findings of journalFindings(profile)) expect(findings).toEqual([]);
}

async function run(page: Page, cell: number): Promise<void> {
  await selectCell(page, cell);
  await page.keyboard.press('Control+Enter');
}

async function kernelsOf(name: string): Promise<number> {
  const sessions = await server.rest('GET', 'api/sessions');
  return Array.isArray(sessions) ? sessions.filter((session) => session.path === name).length : 0;
}

const whole = Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n');

describe('a window whose page takes its time', () => {
  it('comes without the keyboard when another one was opened after it', async () => {
    await untilIdle(await app.notebook());
    await holdBackNextWindow();
    await chooseMenu(app, 'Settings…');
    const settings = await app.window('settings');
    await chooseMenu(app, 'home');
    await expect.poll(() => focusedPath(), look).toContain('/home/');
    await letHeldWindowCome();
    await expect.poll(() => app.seen(), look).toContain(settings);
    await settings.locator('h1, h2').first().waitFor();
    // A focus that is taken is told a moment later.
    await settings.waitForTimeout(500);
    expect(await focusedPath()).toContain('/home/');
    // The menu follows the window in front.
    await chooseMenu(app, 'refresh');
  });
});

/** The next window that is made does not hear that its page can be shown until {@link letHeldWindowCome}. */
async function holdBackNextWindow(): Promise<void> {
  await app.electron.evaluate(({ app: electronApp }) => {
    electronApp.once('browser-window-created', (_event, window) => {
      const emit = window.emit.bind(window);
      window.emit = (name: string, ...rest: unknown[]) => name !== 'ready-to-show' && emit(name, ...rest);
      electronApp.once('let-held-window-come' as 'activate', () => {
        window.emit = emit;
        emit('ready-to-show');
      });
    });
  });
}

async function letHeldWindowCome(): Promise<void> {
  await app.electron.evaluate(({ app: electronApp }) => electronApp.emit('let-held-window-come'));
}

describe('two windows on one notebook', () => {
  it('show each other’s runs from one kernel and one journal', async () => {
    const one = await app.notebook();
    await untilIdle(one);
    const two = await openNotebook(app, server, notebook);
    await untilIdle(two);
    await run(one, 0);
    for (const page of [one, two]) await expect.poll(() => outputText(page, 0), look).toBe(whole);
    await run(two, 1);
    for (const page of [one, two]) await expect.poll(() => outputText(page, 1), look).toBe('second');
    for (const page of [one, two]) {
      await expect
        .poll(() => page.locator('.jp-Cell-inputArea .jp-InputPrompt').allTextContents(), look)
        .toEqual(['[1]:', '[2]:']);
    }
    expect(await kernelsOf(notebook)).toBe(1);
    expect(journalFiles(path.join(profile, 'data', 'journals'))).toHaveLength(1);
  });

  it('show each other’s edits, and one save saves them for both', async () => {
    const one = await app.notebook();
    await untilIdle(one);
    const two = await openNotebook(app, server, notebook);
    await untilIdle(two);
    await one.locator('.jp-Notebook .cm-content').nth(1).click();
    await one.keyboard.press('Control+End');
    await one.keyboard.type(' # from one');
    await expect.poll(() => cellTexts(two).then((texts) => texts[1]), look).toBe("print('second') # from one");
    await selectCell(two, 0);
    await two.keyboard.press('b');
    await two.keyboard.press('Enter');
    // The editor of a new cell is made a moment after the cell; a person's next key comes later than a test's.
    await two.locator('.jp-Cell.jp-mod-active .cm-content:focus').waitFor();
    await two.keyboard.type('between = 1');
    await expect.poll(() => cellTexts(one).then((texts) => texts[1]), look).toBe('between = 1');
    await two.keyboard.press('Control+s');
    for (const page of [one, two]) await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Saved');
    const saved = JSON.stringify(await savedNotebook(server, notebook));
    expect(saved).toContain('# from one');
    expect(saved).toContain('between = 1');
    // The other window saves on top of it without being told that somebody else changed the file.
    await one.locator('.jp-Notebook .cm-content').nth(2).click();
    await one.keyboard.press('Control+End');
    await one.keyboard.type(' again');
    await expect.poll(() => statusText(one, 'unsaved'), look).toBe('Unsaved edits');
    await one.keyboard.press('Control+s');
    await expect.poll(() => statusText(one, 'unsaved'), look).toBe('Saved');
    expect(JSON.stringify(await savedNotebook(server, notebook))).toContain('# from one again');
  });

  it('does not call outputs saved because a second window was opened', async () => {
    const one = await app.notebook();
    await untilIdle(one);
    await run(one, 1);
    await expect.poll(() => outputText(one, 1), look).toBe('second');
    await expect.poll(() => statusText(one, 'unsaved'), look).toBe('Unsaved edits');
    const two = await openNotebook(app, server, notebook);
    await expect.poll(() => outputText(two, 1), look).toBe('second');
    await untilIdle(two);
    for (const page of [one, two]) expect(await statusText(page, 'unsaved')).toBe('Unsaved edits');
    expect(JSON.stringify(await savedNotebook(server, notebook))).not.toContain('stdout');
  });
});

describe('a kernel whose journal cannot be made', () => {
  it('is told, and works from the moment that it can', async () => {
    await untilIdle(await app.notebook());
    const journals = path.join(profile, 'data', 'journals');
    fs.renameSync(journals, `${journals}-away`);
    fs.writeFileSync(journals, '');
    await putNotebook(server, 'late.ipynb', [{ id: 'only', source: "print('here')" }]);
    const page = await openNotebook(app, server, 'late.ipynb');
    const banner = page.getByTestId('banner').filter({ hasText: 'could not make the journal' });
    await banner.waitFor();
    // A save takes messages of what went wrong away; this one is still so.
    await page.keyboard.press('Control+s');
    // JupyterLab's connection knocks seven times, in up to two minutes, and then no more.
    await page.clock.install();
    for (let knock = 0; knock < 8; knock += 1) {
      await page.clock.runFor(64_000);
      await page.waitForTimeout(300);
    }
    await page.clock.resume();
    await banner.waitFor();
    fs.rmSync(journals);
    fs.renameSync(`${journals}-away`, journals);
    await banner.waitFor({ state: 'hidden' });
    await untilIdle(page);
    await run(page, 0);
    await expect.poll(() => outputText(page, 0), look).toContain('here');
    expect(journalFiles(journals)).toHaveLength(2);
  });
});

describe('opening what is open', () => {
  it('brings its window to the front instead of opening another', async () => {
    const page = await app.notebook();
    const home = await openHome();
    await home.getByText(notebook).first().dblclick();
    await expect.poll(() => focusedPath(), look).toContain('/notebook/');
    expect(app.electron.windows().filter((one) => one.url().includes('/notebook/'))).toEqual([page]);
  });
});

async function openHome(): Promise<Page> {
  await app.electron.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()
      .find((window) => window.webContents.getURL().includes('/home/'))
      ?.focus();
  });
  await expect.poll(() => focusedPath(), look).toContain('/home/');
  return app.window('home');
}

function focusedPath(): Promise<string> {
  return app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getFocusedWindow()?.webContents.getURL() ?? '');
}

describe('a second start with the same data', () => {
  it('hands its address to the app that runs, and ends in order', async () => {
    const page = await app.notebook();
    await run(page, 0);
    const another = `another-${count}.ipynb`;
    await putNotebook(server, another, [{ id: 'only', source: "print('from the second start')" }]);
    const before = app.electron.windows();
    const { code, stdout } = await startAgain(notebookAddress(server, another));
    expect(code).toBe(0);
    expect(stdout).toContain('Nightjar is already running');
    expect(stdout).not.toContain(server.token);
    const opened = await app.notebook(before);
    await untilIdle(opened);
    await run(opened, 0);
    await expect.poll(() => outputText(opened, 0), look).toBe('from the second start');
    await expect.poll(() => outputText(page, 0), look).toBe(whole);
  });
});

function startAgain(address: string): Promise<{ code: number | null; stdout: string }> {
  const rootFlags = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(
    process.env.NIGHTJAR_ELECTRON ?? '',
    [
      ...rootFlags,
      '--disable-gpu',
      '--disable-dev-shm-usage',
      `--user-data-dir=${path.join(profile, 'data')}`,
      address,
    ],
    { env: { ...process.env, HOME: profile }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let stdout = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString('utf8');
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout })));
}
