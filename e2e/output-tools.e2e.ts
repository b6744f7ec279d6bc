/** What a person does with an output: copy and save it, fold it away. */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { outputFrame, restingCell } from './support/outputs.ts';
import { chooseMenu, look, putNotebook, untilIdle } from './support/pages.ts';

let server: TestServer;
let profile = '';
let app: TestApp;
let page: Page;

beforeAll(async () => {
  server = await startJupyter();
  await putNotebook(server, 'tools.ipynb', [
    { id: 'text', source: "print('\\x1b[31mred\\x1b[0m and plain')" },
    {
      id: 'image',
      source: 'import matplotlib.pyplot as plt\nplt.figure(figsize=(3, 2))\nplt.plot([1, 3, 2])\nplt.show()',
    },
    {
      id: 'figure',
      source: 'import plotly.graph_objects as go\ngo.Figure(go.Bar(x=[1, 2], y=[3, 4])).update_layout(height=260)',
    },
  ]);
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(server, 'tools.ipynb')]);
  page = await app.notebook();
  await untilIdle(page);
  await chooseMenu(app, 'run-all');
  await untilIdle(page);
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  await server.stop();
});

async function chooseOn(index: number, label: string, where = page): Promise<void> {
  const cell = await restingCell(where, index);
  await cell.locator('.jp-OutputArea-child').first().dispatchEvent('contextmenu', { clientX: 200, clientY: 200 });
  await where.locator('.lm-Menu-itemLabel').getByText(label, { exact: true }).click();
}

/** From now on the system's dialog answers with this file. */
async function saveTo(name: string): Promise<string> {
  const file = path.join(profile, name);
  await app.electron.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
  }, file);
  return file;
}

const fileHead = (file: string): string => (fs.existsSync(file) ? fs.readFileSync(file).toString('latin1', 0, 4) : '');

describe('an output', () => {
  it('is copied as text without its colours, and as an image', async () => {
    await chooseOn(0, 'Copy Text');
    await expect
      .poll(() => app.electron.evaluate(({ clipboard }) => clipboard.readText()), look)
      .toBe('red and plain\n');
    await chooseOn(1, 'Copy Image');
    await expect
      .poll(
        () =>
          app.electron.evaluate(({ clipboard }) => Reflect.get(clipboard, 'readImage').call(clipboard).getSize().width),
        look,
      )
      .toBeGreaterThan(100);
  });

  it('is saved where the person says: a picture, a drawn figure, text', async () => {
    const picture = await saveTo('picture.png');
    await chooseOn(1, 'Save Image as PNG…');
    await expect.poll(() => fileHead(picture), look).toBe('\x89PNG');
    await outputFrame(page, 2);
    const figure = await saveTo('figure.png');
    await chooseOn(2, 'Save Image as PNG…');
    await expect.poll(() => fileHead(figure), look).toBe('\x89PNG');
    const drawing = await saveTo('figure.svg');
    await chooseOn(2, 'Save Image as SVG…');
    await expect.poll(() => fileHead(drawing), look).toBe('<svg');
    const text = await saveTo('text.txt');
    await chooseOn(0, 'Save Text…');
    await expect.poll(() => (fs.existsSync(text) ? fs.readFileSync(text, 'utf8') : ''), look).toBe('red and plain\n');
  });

  it('is put into a scroll box, and hidden, by its menu', async () => {
    await chooseOn(0, 'Show in a Scroll Box');
    const cell = await restingCell(page, 0);
    expect(await cell.getAttribute('class')).toContain('jp-mod-outputsScrolled');
    await chooseOn(0, 'Hide Outputs');
    await cell.locator('.jp-OutputPlaceholder').waitFor();
    await cell.locator('.jp-OutputPlaceholder').click();
    await cell.locator('.jp-OutputArea').getByText('and plain').waitFor();
  });

  it('is copied, saved and read in the history too, which needs no kernel', async () => {
    await chooseMenu(app, 'history');
    const player = await app.window('player');
    await chooseOn(0, 'Copy Text', player);
    await expect
      .poll(() => app.electron.evaluate(({ clipboard }) => clipboard.readText()), look)
      .toBe('red and plain\n');
    const picture = await saveTo('replayed.png');
    await chooseOn(1, 'Save Image as PNG…', player);
    await expect.poll(() => fileHead(picture), look).toBe('\x89PNG');
    await chooseOn(0, 'Open in Viewer', player);
    await player.locator('.nj-TextViewer').getByText('red and plain').waitFor();
    await player.keyboard.press('Escape');
    await player.locator('.nj-TextViewer').waitFor({ state: 'detached' });
  });
});
