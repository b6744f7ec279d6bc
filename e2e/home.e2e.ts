/**
 * From an empty first window to work on a server: adding it, its files and kernels, the journals, the local Jupyter.
 *
 * A token that was given once is never to be seen again, and whatever goes wrong is said in a sentence.
 */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, outputText, TestApp } from './support/app.ts';
import { startJupyter, type TestServer, testPython } from './support/jupyter-server.ts';
import { restingCell } from './support/outputs.ts';
import { look, putNotebook, selectCell, untilIdle } from './support/pages.ts';
import { freePort, listen } from './support/ports.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
});

describe('adding a server', () => {
  let profile = '';
  let app: TestApp;
  let home: Page;

  beforeAll(async () => {
    profile = TestApp.newProfile();
    app = await TestApp.start(profile);
    home = await app.window('home');
  });

  afterAll(async () => {
    await app.close();
    TestApp.removeProfile(profile);
  });

  const connect = async (address: string): Promise<void> => {
    await home.getByLabel('Address of a Jupyter server').fill(address);
    await home.getByRole('button', { name: 'Connect' }).click();
  };
  const problem = async (address: string): Promise<string> => {
    await connect(address);
    return home.locator('.add [role="alert"]').innerText();
  };

  it('begins with a page that says what to do', async () => {
    await home.getByText('Run it there. Keep everything here.').waitFor();
    expect(await home.getByRole('button', { name: 'Start a local Jupyter' }).count()).toBe(1);
    expect(await home.getByRole('grid').count()).toBe(0);
  });

  it('answers what is no address with how one looks', async () => {
    expect(await problem('not an address')).toContain('not an address Nightjar can read');
    expect(await problem('ftp://somewhere/')).toContain('begins with http:// or https://');
  });

  it('answers where nothing listens with what to check', async () => {
    const port = await freePort();
    expect(await problem(`http://127.0.0.1:${port}/`)).toContain(`Nothing answers at 127.0.0.1:${port}`);
  });

  it('tells a web server that is not Jupyter from one that is', async () => {
    const other = http.createServer((_request, response) => response.end('<h1>Hello</h1>'));
    const port = await listen(other);
    expect(await problem(`http://127.0.0.1:${port}/`)).toContain('not a Jupyter server');
    await new Promise((resolve) => other.close(resolve));
  });

  it('asks for a token, refuses a wrong one, and shows a right one nowhere', async () => {
    expect(await problem(`${server.baseUrl}lab`)).toContain('asks for a token');
    const field = home.getByLabel('Token', { exact: true });
    expect(await field.getAttribute('type')).toBe('password');
    await field.fill('wrong');
    await field.press('Enter');
    await home.getByText('does not accept this token').waitFor();
    await field.fill(server.token);
    await field.press('Enter');
    const files = await app.window('server');
    await files.getByText('This folder is empty').waitFor();
    await home.getByRole('grid', { name: 'Servers' }).waitFor();
    for (const page of [home, files]) {
      expect(await page.content()).not.toContain(server.token);
      expect(
        await page.evaluate(() => [...document.querySelectorAll('input')].map((input) => input.value)),
      ).not.toContain(server.token);
    }
  });

  it('takes a pasted address with a token, and opens its notebook', async () => {
    await putNotebook(server, 'pasted.ipynb', [{ id: 'one', source: '1 + 1' }]);
    await connect(notebookAddress(server, 'pasted.ipynb'));
    const notebook = await app.notebook();
    await untilIdle(notebook);
    await home.getByRole('grid', { name: 'Recent notebooks' }).getByText('pasted.ipynb').waitFor();
    // The same server again is the same line in the list.
    expect(await home.getByRole('grid', { name: 'Servers' }).getByRole('row').count()).toBe(1);
    for (const page of [home, notebook]) expect(await page.content()).not.toContain(server.token);
    await home.getByText('As soon as a cell runs').waitFor({ state: 'detached' });
  });

  it('proves a journal in plain words', async () => {
    const notebook = await app.notebook();
    await selectCell(notebook, 0);
    await notebook.keyboard.press('Control+Enter');
    await expect.poll(() => outputText(notebook, 0), look).toContain('2');
    const journals = home.getByRole('grid', { name: 'Journals' });
    await journals.getByText('pasted.ipynb').first().waitFor();
    await journals.getByText('pasted.ipynb').first().click({ button: 'right' });
    await home.getByRole('menuitem', { name: 'Verify' }).click();
    const report = home.getByRole('dialog', { name: 'The journal is complete' });
    await report.waitFor();
    expect(await report.innerText()).toMatch(/All \d+ messages are there exactly once/);
    await report.getByRole('button', { name: 'Close' }).click();
    await report.waitFor({ state: 'detached' });
  });

  it('shows of everything what matches a word', async () => {
    await home.bringToFront();
    const filter = home.getByLabel('Filter servers, notebooks and journals');
    await filter.fill('pasted');
    await home.getByText('No server matches').waitFor();
    await home.getByRole('grid', { name: 'Recent notebooks' }).getByText('pasted.ipynb').waitFor();
    await filter.fill('127.0.0');
    await home.getByRole('grid', { name: 'Servers' }).waitFor();
    await filter.press('Escape');
    expect(await filter.inputValue()).toBe('');
  });

  it('forgets a server when asked to, and keeps its journals', async () => {
    await home.getByRole('grid', { name: 'Servers' }).getByRole('row').first().click({ button: 'right' });
    await home.getByRole('menuitem', { name: 'Remove…' }).click();
    await home.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await home.getByText('No servers', { exact: true }).waitFor();
    await home.getByRole('grid', { name: 'Journals' }).getByText('pasted.ipynb').first().waitFor();
    const settings = fs.readFileSync(path.join(profile, 'data', 'settings.json'), 'utf8');
    expect(settings).not.toContain(server.baseUrl);
  });
});

describe('the window of a server', () => {
  let profile = '';
  let app: TestApp;
  let files: Page;

  beforeAll(async () => {
    profile = TestApp.newProfile();
    fs.writeFileSync(path.join(server.root, 'notes.txt'), 'some notes');
    app = await TestApp.start(profile, [`${server.baseUrl}?token=${server.token}`]);
    files = await app.window('server');
  });

  afterAll(async () => {
    await app.close();
    TestApp.removeProfile(profile);
  });

  const row = (name: string) => files.getByRole('row').filter({ hasText: name });
  const choose = async (name: string, item: string): Promise<void> => {
    await row(name).click({ button: 'right' });
    await files.getByRole('menuitem', { name: item }).click();
  };

  it('lists, renames and deletes', async () => {
    fs.writeFileSync(path.join(server.root, 'taken.txt'), 'other notes');
    await files.getByRole('button', { name: 'Refresh' }).click();
    await row('taken.txt').waitFor();
    await choose('notes.txt', 'Rename');
    const field = files.getByLabel('New name of notes.txt');
    await field.fill('never.txt');
    await field.press('Escape');
    await field.waitFor({ state: 'detached' });
    await choose('notes.txt', 'Rename');
    await field.fill('taken.txt');
    await field.press('Enter');
    await files.getByText('already something named').waitFor();
    // What was typed stays, to be mended.
    expect(await field.inputValue()).toBe('taken.txt');
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    await field.fill('renamed.txt');
    expect(await field.getAttribute('aria-invalid')).toBe('false');
    await field.press('Enter');
    await row('renamed.txt').waitFor();
    expect(fs.readFileSync(path.join(server.root, 'renamed.txt'), 'utf8')).toBe('some notes');
    // What was given up was never asked for, and nothing was asked for twice.
    expect(await files.locator('.nj-toast[data-tone="bad"]').filter({ hasText: 'keeps its name' }).count()).toBe(0);
    await choose('renamed.txt', 'Delete…');
    await files.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await row('renamed.txt').waitFor({ state: 'detached' });
    expect(fs.existsSync(path.join(server.root, 'renamed.txt'))).toBe(false);
  });

  it('offers nothing to be put into a folder that is gone', async () => {
    const folder = path.join(server.root, 'soon gone');
    fs.mkdirSync(folder);
    await files.getByRole('button', { name: 'Refresh' }).click();
    await row('soon gone').dblclick();
    await files.getByText('This folder is empty').waitFor();
    fs.rmdirSync(folder);
    await files.getByRole('button', { name: 'Refresh' }).click();
    await files.getByText('no longer there').waitFor();
    for (const name of ['New notebook', 'New folder', 'Upload files']) {
      expect(await files.getByRole('button', { name }).isDisabled()).toBe(true);
    }
    await files.getByRole('button', { name: 'Go to the top folder' }).click();
    await row('notes.txt').or(row('taken.txt')).first().waitFor();
    expect(await files.getByRole('button', { name: 'New notebook' }).isDisabled()).toBe(false);
  });

  it('sends files to the server and brings them back whole', async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7) % 251));
    const local = path.join(profile, 'data.bin');
    fs.writeFileSync(local, bytes);
    await files.getByLabel('Files to upload').setInputFiles(local);
    await row('data.bin').waitFor();
    await expect.poll(() => fs.readFileSync(path.join(server.root, 'data.bin')).equals(bytes), look).toBe(true);
    const saved = path.join(profile, 'back.bin');
    await app.electron.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
    }, saved);
    await choose('data.bin', 'Download…');
    await files.getByText(`data.bin was saved as ${saved}`).waitFor();
    expect(fs.readFileSync(saved).equals(bytes)).toBe(true);
  });

  it('makes a notebook, and lists and ends its kernel', async () => {
    await files.getByRole('button', { name: 'New notebook' }).click();
    // One kernel is taken at once; of several the person chooses.
    const choice = files.getByRole('menuitem', { name: 'Python 3 (ipykernel)' });
    const opened = app.notebook();
    await Promise.race([choice.click().catch(() => undefined), opened]);
    const notebook = await opened;
    await untilIdle(notebook);
    await row('Untitled.ipynb').waitFor();
    await files.getByRole('tab', { name: /Kernels/ }).click();
    const line = files.getByRole('grid', { name: 'Running kernels' }).getByRole('row').filter({ hasText: 'Untitled' });
    await line.getByText('Idle').waitFor();
    await line.getByRole('button', { name: 'Shut down' }).click();
    await files.getByRole('dialog').getByRole('button', { name: 'Shut down' }).click();
    await line.waitFor({ state: 'detached' });
    const running = await server.rest('GET', 'api/sessions');
    expect(JSON.stringify(running)).not.toContain('Untitled');
  });
});

describe('starting with --demo', () => {
  let profile = '';
  let app: TestApp;

  beforeAll(() => {
    profile = TestApp.newProfile();
  });

  afterAll(async () => {
    await app.close();
    endLocalServer(profile);
    TestApp.removeProfile(profile);
  });

  it('starts a Jupyter server here and opens a sample notebook that runs', async () => {
    const before = process.env.NIGHTJAR_PYTHON;
    process.env.NIGHTJAR_PYTHON = testPython();
    app = await TestApp.start(profile, ['--demo']);
    if (before === undefined) delete process.env.NIGHTJAR_PYTHON;
    else process.env.NIGHTJAR_PYTHON = before;
    const notebook = await app.notebook();
    await untilIdle(notebook);
    const home = await app.window('home');
    await home.getByRole('grid', { name: 'Servers' }).getByText('This computer').waitFor();
    // The chart: its first cell shows for twenty seconds how output survives, which other tests do.
    const cell = await restingCell(notebook, 4);
    await cell.locator('.jp-Cell-inputArea .jp-InputPrompt').click();
    await notebook.keyboard.press('Shift+Enter');
    await expect.poll(() => cell.locator('.jp-Cell-inputArea .jp-InputPrompt').innerText(), look).toBe('[1]:');
    await cell.locator('.jp-OutputArea img').first().waitFor();
  });
});

/** The server of this computer outlives the app on purpose; the test ends it by the id on its record. */
function endLocalServer(profile: string): void {
  const file = path.join(profile, 'data', 'local-server', 'server.json');
  if (!fs.existsSync(file)) return;
  const record: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (typeof record === 'object' && record !== null && 'pid' in record && typeof record.pid === 'number') {
    process.kill(record.pid, 'SIGTERM');
  }
}
