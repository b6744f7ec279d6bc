/**
 * A session that was recorded is played without its server, and shows what was on the screen when it ran.
 *
 * The live window's outputs are written down after each of a hundred steps, together with the journal's last entry.
 * Then the server is stopped, and the player is sent to those entries in another order.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalFiles } from '../electron/core/journal/library.ts';
import { TestApp } from './support/app.ts';
import { BarePage } from './support/bare-page.ts';
import { lastEntryOf } from './support/journals.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { restingCell } from './support/outputs.ts';
import {
  chooseMenu,
  closeNotebooks,
  look,
  openNotebook,
  putNotebook,
  selectCell,
  statusText,
  untilIdle,
} from './support/pages.ts';
import { letGo, programOf } from './support/program.ts';

const program = programOf(4, 25, "raise ValueError('the end, on purpose')");

interface Shown {
  readonly seq: number | null;
  readonly cells: Record<string, unknown>;
}

interface Moment {
  readonly seq: number;
  /** What the last step has left on the screen. */
  readonly mark: string;
  readonly cells: Record<string, unknown>;
}

let server: TestServer;
let profile = '';
let app: TestApp;
let player: Page;
const moments: Moment[] = [];

beforeAll(async () => {
  server = await startJupyter();
  await putNotebook(server, 'steps.ipynb', program.cells);
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [`${server.baseUrl}?token=${server.token}`]);
  await (await app.window('server')).getByText('steps.ipynb').waitFor();
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
});

function shown(page: Page): Promise<Shown> {
  return page.evaluate(() => {
    const { nightjarShown } = window as unknown as { nightjarShown?: () => Shown };
    return nightjarShown?.() ?? { seq: null, cells: {} };
  });
}

/** What the cells of the program show. An empty cell that JupyterLab adds after the last one is an edit, not output. */
function ofProgram(cells: Shown['cells']): Shown['cells'] {
  return Object.fromEntries(program.cells.flatMap(({ id }) => (id in cells ? [[id, cells[id]]] : [])));
}

/** What the player shows once it stands at an entry. */
async function shownAt(seq: number): Promise<Shown> {
  await expect.poll(async () => (await shown(player)).seq, look).toBe(seq);
  return shown(player);
}

/** The number of the journal's last entry. */
function lastSeq(): number {
  return lastEntryOf(path.join(profile, 'data', 'journals'));
}

/** Sends the player to an entry, as a search hit does. */
async function send(seq: number): Promise<void> {
  const answer = await player.evaluate(async (wanted) => {
    const context = await window.nightjar.invoke('window.context', {});
    const { value } = context as { value: { journalId: string } };
    return window.nightjar.invoke('playback.window', { journalId: value.journalId, seq: wanted });
  }, seq);
  expect(answer).toEqual({ ok: true, value: null });
}

async function openHome(): Promise<void> {
  await chooseMenu(app, 'home');
  await app.window('home');
}

describe('a session that runs', () => {
  it('is followed in its history, which can be dragged back and forward to now', async () => {
    await openHome();
    const live = await openNotebook(app, server, 'steps.ipynb');
    await untilIdle(live);
    await selectCell(live, 1);
    for (let cell = 0; cell < 2; cell += 1) await live.keyboard.press('Shift+Enter');
    await expect.poll(() => statusText(live, 'kernel'), look).toContain('Running');
    letGo(server.root, 0);
    await until(live, 's0.');
    await live.bringToFront();
    await live.getByRole('button', { name: 'History' }).click();
    player = await app.window('player');
    const liveButton = player.getByTestId('live');
    await expect.poll(() => liveButton.getAttribute('aria-pressed'), look).toBe('true');
    await until(player, 's0.');
    letGo(server.root, 1);
    await until(player, 's1.');

    const box = await player.locator('.tl-strip').boundingBox();
    if (box === null) throw new Error('the time line has no place');
    await player.mouse.move(box.x + box.width - 4, box.y + 30);
    await player.mouse.down();
    await player.mouse.move(box.x + 1, box.y + 30, { steps: 6 });
    await player.mouse.up();
    await expect.poll(() => liveButton.getAttribute('aria-pressed'), look).toBe('false');
    await expect.poll(async () => JSON.stringify((await shown(player)).cells).includes('s0.'), look).toBe(false);
    letGo(server.root, 2);
    await until(live, 's2.');
    expect(JSON.stringify((await shown(player)).cells)).not.toContain('s2.');
    await player.keyboard.press('End');
    await until(player, 's2.');
    expect(await liveButton.getAttribute('aria-pressed')).toBe('true');
    await closePlayers();
  });

  it('is written down, for the tests that follow', async () => {
    const live = await app.notebook();
    await (await restingCell(live, 3)).locator('.jp-Cell-inputArea .jp-InputPrompt').click();
    for (let cell = 0; cell < 3; cell += 1) await live.keyboard.press('Shift+Enter');
    for (let step = 3; step < program.steps; step += 1) {
      letGo(server.root, step);
      await until(live, `s${step}.`);
      moments.push({ mark: `s${step}.`, ...(await restingState(live)) });
    }
    await untilIdle(live);
    moments.push({ mark: 'ValueError', ...(await restingState(live)) });
    expect(JSON.stringify(moments.at(-1)?.cells)).toContain('"ename":"ValueError"');
    await closeNotebooks(app);
  });
});

/** The screen and the journal's last entry, once neither changes: a reply may come after the output of the next cell. */
async function restingState(live: Page): Promise<{ seq: number; cells: Shown['cells'] }> {
  for (;;) {
    const before = { seq: lastSeq(), cells: ofProgram((await shown(live)).cells) };
    await live.waitForTimeout(40);
    const after = { seq: lastSeq(), cells: ofProgram((await shown(live)).cells) };
    if (JSON.stringify(before) === JSON.stringify(after)) return after;
  }
}

/** Waits until a mark is on the screen. */
async function until(page: Page, mark: string): Promise<void> {
  await expect.poll(async () => JSON.stringify((await shown(page)).cells), look).toContain(mark);
}

async function closePlayers(): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow }) => {
    for (const window of BrowserWindow.getAllWindows()) {
      if (window.webContents.getURL().includes('/player/')) window.close();
    }
  });
  await expect
    .poll(() => app.electron.windows().filter((page) => page.url().includes('/player/')).length, look)
    .toBe(0);
}

describe('a session that was recorded', () => {
  it('plays with its server gone: a hundred moments, each as it was on the screen', async () => {
    await server.stop();
    const home = await app.window('home');
    await home.bringToFront();
    await home.getByRole('button', { name: 'Play steps.ipynb' }).click();
    player = await app.window('player');
    await player.getByTestId('player').waitFor();
    expect(moments.length).toBeGreaterThan(90);
    const order = moments.toSorted((a, b) => ((a.seq * 7919) % 1009) - ((b.seq * 7919) % 1009));
    for (const moment of order) {
      await send(moment.seq);
      const { cells } = await shownAt(moment.seq);
      expect(ofProgram(cells), `entry ${moment.seq}`).toEqual(moment.cells);
      // Not only in the model: it is drawn.
      await expect.poll(() => player.locator('.jp-Notebook').innerText(), look).toContain(moment.mark);
    }
  });

  it('is stepped through with the keyboard, by message, run, error and cell', async () => {
    await player.bringToFront();
    const said = player.getByTestId('said');
    await player.keyboard.press('Home');
    await shownAt(0);
    await player.keyboard.press('ArrowRight');
    await expect.poll(async () => (await shown(player)).seq, look).toBeGreaterThan(0);
    await expect.poll(() => said.innerText(), look).toMatch(/^\d\d:\d\d:\d\d\. /);
    const first = (await shown(player)).seq;
    await player.keyboard.press('Shift+ArrowRight');
    await expect.poll(async () => (await shown(player)).seq, look).not.toBe(first);
    await player.keyboard.press('e');
    await expect.poll(() => said.innerText(), look).toContain('ValueError: the end, on purpose');
    await player.keyboard.press('e');
    await expect.poll(() => said.innerText(), look).toBe('There is no later error.');
    await player.keyboard.press('Home');
    await shownAt(0);
    await player.keyboard.press('ArrowRight');
    await player.locator('.jp-Cell').first().waitFor();
    await player.keyboard.press('ArrowDown');
    await player.keyboard.press('ArrowDown');
    await player.keyboard.press('ArrowDown');
    await expect.poll(() => player.getByTestId('selected-cell').innerText(), look).toContain('Cell 3');
    // Its request is the first change of a cell, its first output a later one.
    await expect
      .poll(async () => {
        await player.keyboard.press('c');
        return JSON.stringify((await shown(player)).cells);
      }, look)
      .toContain('s0.');
    const slider = player.getByRole('slider', { name: 'Playhead' });
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/\d\d:\d\d:\d\d, Cell 3 runs/);
    expect(Number(await slider.getAttribute('aria-valuenow'))).toBeGreaterThan(0);
  });

  it('plays to its end at a thousand times the speed', async () => {
    await player.keyboard.press('Home');
    await shownAt(0);
    for (let press = 0; press < 9; press += 1) await player.keyboard.press('+');
    await player.getByRole('button', { name: 'Speed 1000 times' }).waitFor();
    await player.keyboard.press('Space');
    await until(player, '"ename":"ValueError"');
    await player.getByRole('button', { name: 'Play (Space)' }).waitFor();
  });

  it('says what was new between two moments', async () => {
    const [from, to] = [moments[30], moments[36]];
    if (from === undefined || to === undefined) throw new Error('too few moments');
    await send(from.seq);
    await shownAt(from.seq);
    await player.keyboard.press('a');
    await send(to.seq);
    await shownAt(to.seq);
    await player.keyboard.press('b');
    const bar = player.getByTestId('compare');
    await expect.poll(() => bar.innerText(), look).toContain('1 cell changed between the two.');
    await player.locator('.jp-Cell[data-nightjar-badge="new output"]').first().waitFor();
    await player.keyboard.press('Escape');
    await bar.waitFor({ state: 'detached' });
  });

  it('goes to a time that is typed', async () => {
    const before = (await shown(player)).seq;
    await player.keyboard.press('g');
    const field = player.getByLabel('Time', { exact: true });
    await field.fill('never');
    await field.press('Enter');
    await player.getByText('cannot read this as a time').waitFor();
    await field.fill('-1h');
    await field.press('Enter');
    await field.waitFor({ state: 'detached' });
    await expect.poll(async () => (await shown(player)).seq, look).toBeLessThan(Number(before));
  });

  it('is exported as it stood at the moment that is shown', async () => {
    const moment = moments[40];
    if (moment === undefined) throw new Error('too few moments');
    await send(moment.seq);
    await shownAt(moment.seq);
    const file = path.join(profile, 'exported.ipynb');
    await app.electron.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
    }, file);
    await player.keyboard.press('x');
    await player.getByRole('dialog').getByRole('button', { name: 'Export…' }).click();
    await player.getByText(`Exported to ${file}`).waitFor();
    const notebook: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    const text = JSON.stringify(notebook);
    expect(text).toContain('s43.');
    expect(text).not.toContain('s44.');
  });

  it('is exported as a page that plays by itself, in a browser that knows nothing of Nightjar', async () => {
    const page = path.join(profile, 'exported.html');
    const [journal = ''] = journalFiles(path.join(profile, 'data', 'journals'));
    const cli = ['.out/cli/nightjar.js', 'journal', 'export', journal, '--to', 'html', '--output', page];
    const exported = spawnSync(process.execPath, cli, { encoding: 'utf8' });
    expect(exported).toMatchObject({ status: 0, stderr: '' });
    const browser = await BarePage.open(page);
    try {
      const last = moments.at(-2)?.mark ?? '';
      await expect.poll(() => browser.page.title(), look).toContain('steps.ipynb');
      await browser.page.locator('main section').first().waitFor();
      // It opens at its end; from the beginning it plays to the same.
      await expect.poll(() => browser.page.locator('main').innerText(), look).toContain(last);
      const whole = await browser.page.locator('main').innerText();
      await browser.page.locator('#place').press('Home');
      await expect.poll(() => browser.page.locator('main').innerText(), look).not.toContain(last);
      await browser.page
        .locator('#speed')
        .selectOption({ index: -1 + (await browser.page.locator('#speed option').count()) });
      await browser.page.locator('#play').click();
      await expect.poll(() => browser.page.locator('main').innerText(), look).toBe(whole);
      expect(browser.requests.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([]);
      expect(browser.complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
