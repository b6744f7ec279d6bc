/**
 * What a person sees of an outage: a gap in its cell with its size where no recorder may run, a cell that waits for the
 * connection and can be taken back, and a path that heals by itself.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { TestApp } from './support/app.ts';
import { FaultProxy } from './support/fault-proxy.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { notebookOf } from './support/notebooks.ts';
import { answerDialogs, chooseMenu, closeNotebooks, openNotebook } from './support/pages.ts';

const look = { timeout: 60_000, interval: 100 };
const printing =
  "import sys, time\nfor i in range(300):\n    sys.stdout.write(f'line {i}\\n'); sys.stdout.flush(); time.sleep(0.02)";

describe('an outage', () => {
  let server: TestServer;
  let proxy: FaultProxy;
  let app: TestApp;
  let profile = '';
  let page: Page;

  beforeAll(async () => {
    server = await startJupyter();
    proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
    const content = notebookOf([
      { id: 'printing', source: printing },
      { id: 'later', source: "print('later')" },
    ]);
    await server.rest('PUT', 'api/contents/outage.ipynb', { type: 'notebook', format: 'json', content });
    profile = TestApp.newProfile();
    app = await TestApp.start(profile, [`http://127.0.0.1:${proxy.port}/?token=${server.token}`]);
  });

  afterAll(async () => {
    await app?.close();
    TestApp.removeProfile(profile);
    await proxy?.stop();
    await server?.stop();
  });

  it('is recorded unless the person says no, in plain words', async () => {
    const files = await app.window('server');
    await files.evaluate(() => window.nightjar.invoke('window.openHome', {}));
    const home = await app.window('home');
    await home.getByRole('grid', { name: 'Servers' }).getByRole('row').first().click({ button: 'right' });
    await home.getByRole('menuitem', { name: 'Stop Recording There…' }).click();
    await home.getByRole('dialog').getByText('leaves nothing behind').waitFor();
    await home.getByRole('dialog').getByRole('button', { name: 'Stop Recording' }).click();
    await home.getByText('output is not recorded there').waitFor();
    await files.getByText('outage.ipynb').dblclick();
    page = await app.notebook();
    await expect
      .poll(() => page.getByTestId('status-protection').textContent(), look)
      .toBe('Not recorded on the server');
  });

  it('leaves a mark with the number of missing messages in its cell', async () => {
    const cells = page.locator('.jp-Notebook .jp-Cell');
    await cells.first().locator('.jp-InputPrompt').click();
    await page.keyboard.press('Shift+Enter');
    await page.getByText('line 20', { exact: false }).first().waitFor();
    proxy.blackhole();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // A computer that sleeps and wakes: the old connection is given up, the server does not know yet.
    await app.electron.evaluate(({ powerMonitor }) => {
      powerMonitor.emit('suspend');
      powerMonitor.emit('resume');
    });
    const note = cells.first().getByTestId('note-gap');
    await note.waitFor({ timeout: 60_000 });
    expect(await note.textContent()).toMatch(/^≈ \d+ messages missing, \d\d:\d\d:\d\d/);
  });

  it('lets a cell wait for the connection, and be taken back', async () => {
    proxy.setEntrance('refused');
    proxy.cut();
    const later = page.locator('.jp-Notebook .jp-Cell').nth(1);
    await later.locator('.jp-InputPrompt').click();
    await page.keyboard.press('Shift+Enter');
    await later.getByTestId('note-queued').waitFor();
    await later.getByRole('button', { name: 'Take Back' }).click();
    await later.getByTestId('note-queued').waitFor({ state: 'detached' });
    expect(await later.getByTestId('note-taken-back').textContent()).toContain('did not run');
    // Nothing is heard of the kernel: nothing is claimed.
    await expect.poll(() => page.getByTestId('status-kernel').textContent(), look).toMatch(/ when last seen$/);
    proxy.setEntrance('open');
    await expect.poll(() => page.getByTestId('status-link').textContent(), look).toBe('Connected');
    expect(await later.locator('.jp-OutputArea').textContent()).not.toContain('later');
  });

  it('tells what was not done to the kernel, and runs nothing after it', async () => {
    await answerDialogs(app, 0);
    proxy.setEntrance('refused');
    proxy.cut();
    await expect.poll(() => page.getByTestId('status-kernel').textContent(), look).toMatch(/ when last seen$/);
    await page.getByTestId('toolbar-restart-and-run-all').click();
    await page.getByTestId('banner').getByText('The kernel was not restarted').waitFor();
    expect(await page.getByTestId('note-queued').count()).toBe(0);
    await page.getByTestId('toolbar-interrupt').click();
    await page.getByTestId('banner').getByText('The kernel was not interrupted').waitFor();
    // A kernel that the server did not change or shut down is still the notebook's.
    await chooseMenu(app, 'shutdown');
    await page.getByTestId('banner').getByText('The kernel was not shut down').waitFor();
    await page.getByTestId('kernel-button').click();
    const another = page.getByRole('group', { name: 'Start another kernel' });
    await another.getByText('Python 3').click();
    await page.getByRole('button', { name: 'Select' }).click();
    await page.getByTestId('banner').getByText('The kernel was not changed').waitFor();
    expect(await page.getByTestId('kernel-button').innerText()).toContain('Python 3');
    proxy.setEntrance('open');
    await expect.poll(() => page.getByTestId('status-link').textContent(), look).toBe('Connected');
    await expect.poll(() => page.getByTestId('status-kernel').textContent(), look).toBe('Idle');
  });

  it('runs nothing that waited for a kernel that the server did not give', async () => {
    const later = page.locator('.jp-Notebook .jp-Cell').nth(1);
    const prompt = later.locator('.jp-Cell-inputArea .jp-InputPrompt');
    const before = await prompt.textContent();
    proxy.setEntrance('silent');
    proxy.blackhole();
    await page.getByTestId('kernel-button').click();
    await page.getByRole('group', { name: 'Start another kernel' }).getByText('Python 3').click();
    await page.getByRole('button', { name: 'Select' }).click();
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await prompt.click();
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => prompt.textContent(), look).toBe('[*]:');
    proxy.setEntrance('refused');
    proxy.cut();
    await page.getByTestId('banner').getByText('The kernel was not changed').waitFor();
    await expect.poll(() => prompt.textContent(), look).toBe(before);
    proxy.setEntrance('open');
    await expect.poll(() => page.getByTestId('status-link').textContent(), look).toBe('Connected');
    await expect.poll(() => page.getByTestId('status-kernel').textContent(), look).toBe('Idle');
    expect(await prompt.textContent()).toBe(before);
  });

  it('says that a new token is needed, and leads to where it is given', async () => {
    proxy.setEntrance(403);
    proxy.cut();
    const banner = page.getByTestId('banner');
    await banner.getByText('asks for a new token').waitFor();
    await banner.getByRole('button', { name: 'Enter Token…' }).click();
    const files = await app.window('server');
    const field = files.getByPlaceholder('Paste the new token');
    await field.waitFor();
    expect(await files.locator('.server-banner').innerText()).not.toContain('does not accept');
    proxy.setEntrance('open');
    await field.fill(server.token);
    await field.press('Enter');
    await expect.poll(() => page.getByTestId('status-link').textContent(), look).toBe('Connected');
    await expect.poll(() => banner.isVisible(), look).toBe(false);
    await expect.poll(() => page.getByTestId('status-kernel').textContent(), look).toBe('Idle');
  });

  it('runs cells of a notebook that was opened while the server was away, in their order, when there is a kernel', async () => {
    // A draft shows the notebook without the server.
    await page.locator('.jp-Notebook .jp-Cell').nth(1).locator('.cm-content').click();
    await page.keyboard.press('End');
    await page.keyboard.type(' # edited');
    await expect.poll(() => page.getByTestId('status-unsaved').textContent(), look).toBe('Unsaved edits');
    // A draft is on the disk within a second.
    await page.waitForTimeout(1_500);
    await closeNotebooks(app);
    proxy.setEntrance('refused');
    proxy.cut();
    page = await openNotebook(app, { ...server, baseUrl: `http://127.0.0.1:${proxy.port}/` }, 'outage.ipynb');
    const prompt = (index: number) =>
      page.locator('.jp-Notebook .jp-Cell').nth(index).locator('.jp-Cell-inputArea .jp-InputPrompt');
    const prompts = () => Promise.all([0, 1].map((index) => prompt(index).textContent()));
    await prompt(1).waitFor();
    const before = await prompts();
    for (const index of [0, 1]) {
      await prompt(index).click();
      await page.keyboard.press('Control+Enter');
    }
    await expect.poll(prompts, look).toEqual(['[*]:', '[*]:']);
    await page.keyboard.press('i');
    await page.keyboard.press('i');
    await expect.poll(prompts, look).toEqual(before);
    await prompt(1).click();
    await page.keyboard.press('Control+Enter');
    await prompt(0).click();
    await page.keyboard.press('Control+Enter');
    await expect.poll(prompts, look).toEqual(['[*]:', '[*]:']);
    proxy.setEntrance('open');
    await expect.poll(prompts, look).toEqual(['[3]:', '[2]:']);
  });
});
