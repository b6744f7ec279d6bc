/**
 * The journals of Home: found by what was run or printed in them, named, deleted and brought back, taken in from files.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalFiles } from '../electron/core/journal/library.ts';
import { JournalReader } from '../electron/core/journal/reader.ts';
import { outputText, TestApp } from './support/app.ts';
import { startJupyter, type TestServer, testPython } from './support/jupyter-server.ts';
import {
  answerDialogs,
  chooseMenu,
  closeNotebooks,
  look,
  openNotebook,
  putNotebook,
  selectCell,
  statusText,
  untilIdle,
} from './support/pages.ts';

let server: TestServer;
let profile = '';
let app: TestApp;
let home: Page;

beforeAll(async () => {
  server = await startJupyter();
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [`${server.baseUrl}?token=${server.token}`]);
  await app.window('server');
  await chooseMenu(app, 'home');
  home = await app.window('home');
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  await server.stop();
});

/** Runs a notebook of one cell; `ends` shuts its kernel down afterwards, so that its journal is complete. */
async function record(file: string, source: string, awaited: string, ends: boolean): Promise<void> {
  await putNotebook(server, file, [{ id: 'only', source }]);
  const page = await openNotebook(app, server, file);
  await untilIdle(page);
  await selectCell(page, 0);
  await page.keyboard.press('Control+Enter');
  await expect.poll(() => outputText(page, 0), look).toContain(awaited);
  await untilIdle(page);
  if (ends) {
    await answerDialogs(app, 0);
    await chooseMenu(app, 'shutdown');
    await expect.poll(() => statusText(page, 'kernel'), look).toBe('No kernel');
  }
  await closeNotebooks(app);
}

const table = () => home.getByRole('grid', { name: 'Journals' });
const row = (name: string) => table().getByRole('row').filter({ hasText: name });

async function choose(name: string, item: string): Promise<void> {
  await row(name).click({ button: 'right' });
  await home.getByRole('menuitem', { name: item }).click();
}

function shownSeq(page: Page): Promise<unknown> {
  return page.getByTestId('player').getAttribute('data-seq');
}

async function answerOpenDialog(...filePaths: string[]): Promise<void> {
  await app.electron.evaluate(({ dialog }, files) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: files.length === 0, filePaths: files });
  }, filePaths);
}

describe('the library', () => {
  it('lists every journal with what happened in it', async () => {
    await record(
      'harvest.ipynb',
      "for day in range(40):\n    print('day', day, 'marmalade' if day == 27 else 'bread')",
      'day 39',
      false,
    );
    await record('weather.ipynb', "print('rain')\nsunshine", 'NameError', true);
    await home.bringToFront();
    await home.getByRole('button', { name: /^Journals/ }).click();
    await row('harvest.ipynb').waitFor();
    await row('weather.ipynb').waitFor();
    // The error of the second one, in its column.
    await expect.poll(() => row('weather.ipynb').innerText(), look).toMatch(/\n1\n/);
  });

  it('finds what was printed, and opens the player at that moment', async () => {
    await home.keyboard.press('/');
    await home.keyboard.type('marmalade');
    const results = home.getByRole('grid', { name: 'Search results' });
    const hit = results.getByRole('row').filter({ hasText: 'day 27' });
    await hit.first().waitFor();
    expect(await hit.first().locator('mark').innerText()).toBe('marmalade');
    await home.keyboard.press('ArrowDown');
    for (let press = 0; press < 5 && !(await isFocused(hit.first())); press += 1)
      await home.keyboard.press('ArrowDown');
    await home.keyboard.press('Enter');
    const player = await app.window('player');
    await player.getByTestId('player').waitFor();
    await player.getByText('day 27 marmalade').first().waitFor();
    expect(Number(await shownSeq(player))).toBeGreaterThan(0);
    await home.bringToFront();
    await home.getByLabel('Search in all journals').press('Escape');
    await closePlayers();
  });

  it('finds what is printed while the search stands open', async () => {
    await home.keyboard.press('/');
    await home.keyboard.type('cranberry');
    await home.getByText('Nothing was run or printed with').waitFor();
    await record('pantry.ipynb', "print('a jar of cran' + 'berry')", 'cranberry', false);
    const results = home.getByRole('grid', { name: 'Search results' });
    await results.getByRole('row').filter({ hasText: 'a jar of' }).first().waitFor();
    await home.bringToFront();
    await home.getByLabel('Search in all journals').press('Escape');
  });

  it('names a journal in its place, tags it, and keeps it', async () => {
    await row('harvest.ipynb').click();
    await home.keyboard.press('F2');
    const field = home.getByLabel('New name of harvest.ipynb');
    await field.fill('The harvest of the year');
    await field.press('Enter');
    await row('The harvest of the year').waitFor();
    await choose('The harvest of the year', 'Tags…');
    await home.getByLabel('Tags', { exact: true }).fill('garden, 2026');
    await home.getByRole('button', { name: 'Save' }).click();
    await row('The harvest of the year').getByRole('button', { name: 'garden' }).click();
    await row('weather.ipynb').waitFor({ state: 'detached' });
    await home.getByRole('button', { name: 'Tag: garden' }).click();
    await home.getByRole('menuitem', { name: 'Any tag' }).click();
    await row('weather.ipynb').waitFor();
    await choose('The harvest of the year', 'Keep forever');
    await row('The harvest of the year').getByTitle('Kept: it is never removed automatically').waitFor();
  });

  it('says of a running one that it cannot be deleted, deletes one that has ended, and brings it back', async () => {
    await choose('harvest', 'Delete');
    await home.getByText('still running').waitFor();
    await home.getByRole('button', { name: 'Dismiss' }).first().click();
    await row('harvest').waitFor();
    await row('weather.ipynb').getByTitle('Being recorded now').waitFor({ state: 'detached' });
    // What its last entries need to reach the file.
    await expect
      .poll(async () => {
        if ((await row('weather.ipynb').count()) === 0) return 'gone';
        await row('weather.ipynb').click();
        await home.keyboard.press('Delete');
        await home.waitForTimeout(500);
        return (await row('weather.ipynb').count()) === 0 ? 'gone' : 'there';
      }, look)
      .toBe('gone');
    await home.getByRole('button', { name: 'Undo' }).click();
    await row('weather.ipynb').waitFor();
  });

  it('shows what would go before it goes', async () => {
    await home.getByRole('button', { name: /journals · / }).click();
    const dialog = home.getByRole('dialog', { name: 'Storage for journals' });
    await dialog.getByText('Nothing would go.').waitFor();
    await dialog.getByLabel('Gigabytes').fill('none');
    await dialog.getByText('Write a number of gigabytes').waitFor();
    await dialog.getByLabel('Gigabytes').fill('5');
    await dialog.getByText('Nothing would go.').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await home.getByText('Journals take up to 5.0 GB.').waitFor();
  });
});

describe('a journal file', () => {
  it('of a newer Nightjar is refused with a sentence', async () => {
    const file = copyOf(path.join(profile, 'newer.nightjar'), 'PRAGMA user_version = 900');
    await answerOpenDialog(file);
    await home.getByRole('button', { name: 'Import…' }).click();
    await home.getByText('was written by a newer Nightjar').waitFor();
    await home.getByRole('button', { name: 'Dismiss' }).first().click();
  });

  it('that is damaged is taken in as far as it can be read, and the player says what is missing', async () => {
    const file = copyOf(path.join(profile, 'damaged.nightjar'));
    damage(file);
    await answerOpenDialog(file);
    await home.getByRole('button', { name: 'Import…' }).click();
    await home.getByText('damaged').first().waitFor();
    const damaged = table().getByRole('row').filter({ hasText: 'Damaged' });
    await damaged.first().waitFor();
    await damaged.first().dblclick();
    const player = await app.window('player');
    await player.getByText('This journal is damaged').waitFor();
    await closePlayers();
  });

  it('that is dropped on Home is taken in', async () => {
    const file = copyOf(path.join(profile, 'dropped.nightjar'));
    const before = await table().getByRole('row').count();
    // Only a file that a person chose or dropped has a path; a field for files stands in for the hand.
    await home.evaluate(() => {
      const field = document.createElement('input');
      field.type = 'file';
      field.id = 'hand';
      document.body.append(field);
    });
    await home.locator('#hand').setInputFiles(file);
    await home.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>('#hand');
      const dataTransfer = new DataTransfer();
      for (const one of field?.files ?? []) dataTransfer.items.add(one);
      for (const type of ['dragover', 'drop']) {
        const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
        document.querySelector('.home')?.dispatchEvent(event);
      }
      field?.remove();
    });
    await home.locator('.nj-toast').filter({ hasText: 'is in your library' }).waitFor();
    await expect.poll(() => table().getByRole('row').count(), look).toBe(before + 1);
  });

  it('that the system hands to the app is played', async () => {
    const file = copyOf(path.join(profile, 'opened.nightjar'));
    await app.electron.evaluate(({ app: electronApp }, path_) => {
      electronApp.emit('open-file', { preventDefault: () => undefined }, path_);
    }, file);
    const player = await app.window('player');
    await player.getByTestId('player').waitFor();
    await player.keyboard.press('End');
    await player.getByText('day 39').first().waitFor();
    await closePlayers();
  });

  it('that is none is refused with a sentence', async () => {
    const file = path.join(profile, 'letter.nightjar');
    fs.writeFileSync(file, 'Dear friend, this is no journal.');
    await answerOpenDialog(file);
    await home.getByRole('button', { name: 'Import…' }).click();
    await home.locator('.nj-toast[data-tone="bad"]').filter({ hasText: 'letter' }).waitFor();
  });
});

/** A copy of the journal of the harvest as one file, as one would send it; SQL is run on it before. */
function copyOf(file: string, ...statements: string[]): string {
  const source = journalFiles(path.join(profile, 'data', 'journals')).find(
    (one) => notebookOf(one) === 'harvest.ipynb',
  );
  if (source === undefined) throw new Error('there is no journal of the harvest');
  for (const ending of ['', '-wal']) {
    if (fs.existsSync(`${source}${ending}`)) fs.copyFileSync(`${source}${ending}`, `${file}${ending}`);
  }
  const script =
    'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nfor s in sys.argv[2:]: c.execute(s)';
  const all = [...statements, 'PRAGMA wal_checkpoint(TRUNCATE)', 'PRAGMA journal_mode = DELETE'];
  const done = spawnSync(testPython(), ['-c', script, file, ...all], { encoding: 'utf8' });
  expect(done.stderr).toBe('');
  return file;
}

function notebookOf(file: string): string | null {
  const opened = JournalReader.open(file);
  if (!opened.ok) return null;
  const { notebookPath } = opened.value.meta;
  opened.value.close();
  return notebookPath;
}

async function isFocused(locator: ReturnType<Page['locator']>): Promise<boolean> {
  return locator.evaluate((node) => node === document.activeElement);
}

/** Overwrites the index of the file, as a failing disk would: what is left are the blocks, page by page. */
function damage(file: string): void {
  const bytes = fs.readFileSync(file);
  bytes.fill(0x5a, 100, 4096);
  fs.writeFileSync(file, bytes);
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

describe('a journal file given to the app', () => {
  it('is opened in the player without any server, by a computer that has never seen it', async () => {
    const elsewhere = TestApp.newProfile();
    const file = copyOf(path.join(elsewhere, 'from a friend.nightjar'));
    const other = await TestApp.start(elsewhere, [file]);
    try {
      const player = await other.window('player');
      await player.getByTestId('player').waitFor();
      await expect.poll(() => shownSeq(player), look).not.toBeNull();
      await player.keyboard.press('End');
      await player.getByText('day 39').first().waitFor();
    } finally {
      await other.close();
      TestApp.removeProfile(elsewhere);
    }
  });
});
