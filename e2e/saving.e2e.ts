/**
 * Saving never destroys work: not that of the person, and not what somebody else wrote to the same file.
 *
 * The other side is the server's own contents API, as another JupyterLab would use it.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { FaultProxy } from './support/fault-proxy.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { notebookOf, type TestCell } from './support/notebooks.ts';
import {
  cellTexts,
  chooseMenu,
  closeNotebooks,
  look,
  openNotebook,
  putNotebook,
  savedNotebook,
  statusText,
  untilIdle,
} from './support/pages.ts';

const small: readonly TestCell[] = [
  { id: 'one', source: 'one = 1' },
  { id: 'two', source: 'two = 2' },
  { id: 'three', source: 'three = 3' },
];

let server: TestServer;
let profile = '';
let app: TestApp;
let count = 0;

beforeAll(async () => {
  server = await startJupyter();
  await putNotebook(server, 'first.ipynb', small);
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(server, 'first.ipynb')]);
  const page = await app.notebook();
  // The focus of windows moves as tests open and close them: a test that is about autosave switches it on.
  await autosave(page, false);
});

afterEach(async () => {
  await closeNotebooks(app);
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  await server.stop();
});

async function autosave(page: Page, isOn: boolean): Promise<void> {
  const answer = await page.evaluate(
    (autosave) => window.nightjar.invoke('settings.change', { change: { autosave } }),
    isOn,
  );
  expect(answer).toMatchObject({ ok: true });
}

async function open(): Promise<{ page: Page; file: string }> {
  count += 1;
  const file = `saving-${count}.ipynb`;
  await putNotebook(server, file, small);
  return { page: await openNotebook(app, server, file), file };
}

/** Types at the end of a cell and leaves it. */
async function edit(page: Page, cell: number, text: string): Promise<void> {
  await page.locator('.jp-Notebook .jp-Cell').nth(cell).locator('.cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(text);
  await page.keyboard.press('Escape');
  await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Unsaved edits');
}

async function sourcesOnServer(file: string): Promise<string[]> {
  const notebook = await savedNotebook(server, file);
  const cells = typeof notebook === 'object' && notebook !== null && 'cells' in notebook ? notebook.cells : [];
  return Array.isArray(cells) ? cells.map((cell: { source: string }) => cell.source) : [];
}

const banner = (page: Page) => page.locator('[data-testid="banner"]');

const elsewhere: readonly TestCell[] = [
  { id: 'one', source: 'one = 1' },
  { id: 'between', source: 'between = 1.5' },
  { id: 'two', source: 'two = 2' },
  { id: 'three', source: 'three = 30' },
];

describe('a notebook that was also changed on the server', () => {
  it('is merged by itself where only one side changed', async () => {
    const { page, file } = await open();
    await edit(page, 0, '00');
    await putNotebook(server, file, elsewhere);
    await page.keyboard.press('Control+s');
    const all = ['one = 100', 'between = 1.5', 'two = 2', 'three = 30'];
    await expect.poll(() => sourcesOnServer(file), look).toEqual(all);
    expect(await cellTexts(page)).toEqual(all);
    await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Saved');
    expect(await banner(page).innerText()).toContain('1 cell edited, 1 cell added');
  });

  it('asks cell by cell where both changed, and keeps both on the person’s word', async () => {
    const { page, file } = await open();
    await edit(page, 2, '33');
    await putNotebook(server, file, elsewhere);
    await page.keyboard.press('Control+s');
    const dialog = page.locator('dialog.nj-Merge');
    await dialog.waitFor();
    expect(await dialog.locator('[data-testid="merge-card"]').count()).toBe(1);
    expect(await dialog.innerText()).toContain('three = 333');
    expect(await dialog.innerText()).toContain('three = 30');
    await dialog.getByRole('button', { name: 'Decide Later' }).click();
    await expect.poll(() => sourcesOnServer(file), look).toEqual(elsewhere.map(({ source }) => source));
    expect(await statusText(page, 'unsaved')).toBe('Unsaved edits');
    await banner(page).getByRole('button', { name: 'Review…' }).click();
    await dialog.getByRole('button', { name: 'Merge and Save' }).click();
    await dialog.locator('[data-missing="true"]').getByText('Choose what it becomes').waitFor();
    await dialog.getByText('Both, as two cells').click();
    expect(await dialog.getByText('Choose what it becomes').count()).toBe(0);
    await dialog.getByRole('button', { name: 'Merge and Save' }).click();
    const both = ['one = 1', 'between = 1.5', 'two = 2', 'three = 333', 'three = 30'];
    await expect.poll(() => sourcesOnServer(file), look).toEqual(both);
    expect(await cellTexts(page)).toEqual(both);
  });

  it('is merged with edits that were kept while it was closed', async () => {
    const { page, file } = await open();
    await edit(page, 0, '00');
    await closeNotebooks(app);
    await putNotebook(server, file, elsewhere);
    const again = await openNotebook(app, server, file);
    await expect.poll(() => cellTexts(again), look).toEqual(['one = 100', 'two = 2', 'three = 3']);
    await again.keyboard.press('Control+s');
    await expect
      .poll(() => sourcesOnServer(file), look)
      .toEqual(['one = 100', 'between = 1.5', 'two = 2', 'three = 30']);
  });

  it('is shown as it is there when nothing is unsaved here', async () => {
    const { page, file } = await open();
    await putNotebook(server, file, elsewhere);
    const come = async (): Promise<string[]> => {
      await page.evaluate(() => window.dispatchEvent(new Event('focus')));
      return cellTexts(page);
    };
    await expect.poll(come, look).toEqual(elsewhere.map(({ source }) => source));
    expect(await statusText(page, 'unsaved')).toBe('Saved');
    await edit(page, 1, '5');
    await page.keyboard.press('Control+s');
    await expect
      .poll(() => sourcesOnServer(file), look)
      .toEqual(['one = 1', 'between = 1.55', 'two = 2', 'three = 30']);
  });
});

describe('a notebook whose file was taken away on the server', () => {
  it('says so when its window comes to the front, and is written again on the person’s word', async () => {
    const { page, file } = await open();
    await server.rest('DELETE', `api/contents/${file}`);
    const come = async (): Promise<string> => {
      await page.evaluate(() => window.dispatchEvent(new Event('focus')));
      return banner(page).innerText();
    };
    await expect.poll(come, look).toContain('no longer on the server');
    await banner(page).getByRole('button', { name: 'Save Again' }).click();
    await expect.poll(() => sourcesOnServer(file), look).toEqual(small.map(({ source }) => source));
    await expect.poll(() => banner(page).isHidden(), look).toBe(true);
  });
});

describe('edits made while the server is away', () => {
  it('are kept, and merged and saved when it is back', async () => {
    const proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
    const home = await app.window('home');
    try {
      const farAway = { ...server, baseUrl: `http://127.0.0.1:${proxy.port}/` };
      const added = await home.evaluate(
        ([address, token]) => window.nightjar.invoke('servers.add', { address, token }),
        [farAway.baseUrl, server.token] as const,
      );
      expect(added).toMatchObject({ ok: true });
      await putNotebook(server, 'away.ipynb', small);
      const page = await openNotebook(app, farAway, 'away.ipynb');
      await untilIdle(page);
      proxy.setEntrance('refused');
      proxy.cut();
      await edit(page, 0, '00');
      await page.keyboard.press('Control+s');
      await expect.poll(() => banner(page).innerText(), look).toContain('edits are kept on this computer');
      expect(await statusText(page, 'unsaved')).toBe('Unsaved edits');
      await putNotebook(server, 'away.ipynb', elsewhere);
      proxy.setEntrance('open');
      const all = ['one = 100', 'between = 1.5', 'two = 2', 'three = 30'];
      await expect.poll(() => sourcesOnServer('away.ipynb'), { ...look, timeout: 40_000 }).toEqual(all);
      expect(await cellTexts(page)).toEqual(all);
    } finally {
      await closeNotebooks(app);
      await home.evaluate(async (port) => {
        const listed = await window.nightjar.invoke('servers.list', {});
        const servers = typeof listed === 'object' && listed !== null && 'value' in listed ? listed.value : [];
        for (const one of Array.isArray(servers) ? servers : []) {
          const isFarAway = one.baseUrl.includes(`:${port}/`);
          if (isFarAway) await window.nightjar.invoke('servers.remove', { serverId: one.serverId });
        }
      }, proxy.port);
      await proxy.stop();
    }
  });
});

describe('autosave', () => {
  it('saves when the window is left, and only announces what has to be decided', async () => {
    const { page, file } = await open();
    await autosave(page, true);
    const leave = () => page.evaluate(() => window.dispatchEvent(new Event('blur')));
    await edit(page, 0, '00');
    await leave();
    await expect.poll(() => sourcesOnServer(file), look).toEqual(['one = 100', 'two = 2', 'three = 3']);
    await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Saved');
    await edit(page, 0, '7');
    await putNotebook(server, file, [{ id: 'one', source: 'one = -1' }]);
    await leave();
    await banner(page).getByRole('button', { name: 'Review…' }).waitFor();
    expect(await page.locator('dialog').count()).toBe(0);
    await expect.poll(() => sourcesOnServer(file), look).toEqual(['one = -1']);
    await autosave(page, false);
  });
});

describe('a notebook file of this computer', () => {
  it('is opened with a kernel of the server, run, saved on this computer, and merged with what others write', async () => {
    const file = path.join(profile, 'local.ipynb');
    const write = (cells: readonly TestCell[]): void => fs.writeFileSync(file, JSON.stringify(notebookOf(cells)));
    write([{ id: 'where', source: 'import os\nprint(os.getcwd())' }, ...small]);
    await app.electron.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
    }, file);
    const before = app.electron.windows();
    await chooseMenu(app, 'open-local');
    const page = await app.notebook(before);
    await page.locator('.jp-Notebook .jp-Cell .jp-InputPrompt').first().click();
    await page.keyboard.press('Control+Enter');
    await page.locator('.jp-OutputArea-output').getByText(server.root).waitFor();
    await page.keyboard.press('Control+s');
    const source = (): string => fs.readFileSync(file, 'utf8');
    await expect.poll(source, look).toContain(server.root);
    await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Saved');
    await edit(page, 1, '00');
    write([...small, { id: 'late', source: 'late = 4' }]);
    await page.keyboard.press('Control+s');
    await expect.poll(source, look).toContain('one = 100');
    expect(source()).toContain('late = 4');
    // The first cell was deleted there, and nobody had changed it here since.
    expect(await cellTexts(page)).toEqual(['one = 100', 'two = 2', 'three = 3', 'late = 4']);
    await expect(savedNotebook(server, 'This computer/local.ipynb')).rejects.toThrow('404');
  });
});

describe('the file', () => {
  it('goes back to its checkpoint, and that can be taken back', async () => {
    const { page, file } = await open();
    await edit(page, 0, '0');
    await page.keyboard.press('Control+s');
    await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Saved');
    await edit(page, 0, '0');
    await chooseMenu(app, 'checkpoints');
    const dialog = page.locator('dialog.nj-Dialog');
    await dialog.getByRole('radio').first().waitFor();
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 10', 'two = 2', 'three = 3']);
    await expect.poll(() => sourcesOnServer(file), look).toEqual(['one = 10', 'two = 2', 'three = 3']);
    await banner(page).getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 100', 'two = 2', 'three = 3']);
    expect(await statusText(page, 'unsaved')).toBe('Unsaved edits');
  });

  it('is copied under another name, with what is unsaved, and never over another file', async () => {
    const { page, file } = await open();
    await edit(page, 0, '0');
    const copyAs = async (name: string): Promise<void> => {
      await chooseMenu(app, 'save-copy');
      await page.locator('dialog.nj-Dialog input').fill(name);
      await page.keyboard.press('Enter');
    };
    await copyAs(`copy-of-${file}`);
    await banner(page).getByRole('button', { name: 'Open It' }).waitFor();
    expect((await sourcesOnServer(`copy-of-${file}`))[0]).toBe('one = 10');
    expect((await sourcesOnServer(file))[0]).toBe('one = 1');
    await copyAs('first.ipynb');
    const dialog = page.locator('dialog.nj-Dialog');
    await dialog.getByText('already a file named first.ipynb').waitFor();
    // What was typed stays, to be mended.
    await dialog.locator('input').fill(`again-${file}`);
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await sourcesOnServer(`again-${file}`).catch(() => []))[0], look).toBe('one = 10');
    expect((await sourcesOnServer('first.ipynb'))[0]).toBe('one = 1');
  });

  it('gets another name, and unsaved edits go with it', async () => {
    const { page, file } = await open();
    await edit(page, 0, '0');
    await chooseMenu(app, 'rename');
    await page.locator('dialog.nj-Dialog input').fill(`renamed-${file}`);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.title(), look).toBe(`renamed-${file}`);
    expect(await statusText(page, 'unsaved')).toBe('Unsaved edits');
    await page.keyboard.press('Control+s');
    await expect.poll(async () => (await sourcesOnServer(`renamed-${file}`))[0], look).toBe('one = 10');
    await expect(savedNotebook(server, file)).rejects.toThrow('404');
  });
});
