/**
 * Figures of the libraries that people use, run on a real kernel and drawn in the real app.
 *
 * Each figure with a script lives in a sandboxed frame, which Playwright can look into although the window cannot.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { brief, outputFrame, restingCell, seenInFrame } from './support/outputs.ts';
import { chooseMenu, look, untilIdle } from './support/pages.ts';

let server: TestServer;
let profile = '';
let app: TestApp;
let page: Page;
let ids: string[] = [];

beforeAll(async () => {
  server = await startJupyter();
  const file = fileURLToPath(new URL('notebooks/figures.ipynb', import.meta.url));
  const notebook: { cells: { id: string }[] } = JSON.parse(fs.readFileSync(file, 'utf8'));
  ids = notebook.cells.map(({ id }) => id);
  fs.copyFileSync(file, path.join(server.root, 'figures.ipynb'));
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(server, 'figures.ipynb')]);
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

async function outputOf(id: string): Promise<Locator> {
  return (await restingCell(page, ids.indexOf(id))).locator('.jp-OutputArea-output');
}

const frameOf = (id: string): Promise<FrameLocator> => outputFrame(page, ids.indexOf(id));

describe('a figure', () => {
  it('of plotly is drawn from its data', async () => {
    const title = await seenInFrame(page, ids.indexOf('plotly'), async (frame) => {
      await frame
        .locator('.main-svg .scatterlayer path')
        .first()
        .waitFor({ state: 'attached', ...brief });
      return frame.locator('.gtitle').textContent(brief);
    });
    expect(title).toBe('Plotly');
  });

  it('of bokeh is drawn although its library is not on the network', async () => {
    await (await outputOf('bokeh-load')).getByText('Bokeh plots are drawn by the BokehJS').waitFor();
    const frame = await frameOf('bokeh');
    await frame.locator('.bk-Figure canvas').first().waitFor({ state: 'attached' });
  });

  it('of altair is drawn from its page and from its data', async () => {
    for (const id of ['altair', 'altair-mime']) {
      const frame = await frameOf(id);
      await frame.locator('.vega-embed .marks').first().waitFor({ state: 'attached' });
    }
  });

  it('of matplotlib, a table of pandas and its styled form are shown', async () => {
    await (await outputOf('matplotlib')).locator('img').first().waitFor();
    const table = await outputOf('pandas');
    expect(await table.locator('td').first().innerText()).toBe('A');
    expect(await table.locator('iframe').count()).toBe(0);
    const color = await seenInFrame(page, ids.indexOf('styler'), (frame) =>
      frame
        .locator('td.col1')
        .first()
        .evaluate((node) => getComputedStyle(node).backgroundColor, undefined, brief),
    );
    expect(color).toBe('rgb(68, 1, 84)');
  });

  it('of GeoJSON is drawn without a map from the network', async () => {
    await (await frameOf('geojson')).locator('.marks').first().waitFor({ state: 'attached' });
  });

  it('that is HTML with a script, or a script, runs in its frame', async () => {
    await (await frameOf('html-script')).getByText('a script made this').waitFor();
    await (await frameOf('javascript')).getByText('javascript made this').waitFor();
  });
});

describe('frames', () => {
  it('follow the theme', async () => {
    const frame = await frameOf('altair-mime');
    const theme = (): Promise<string | null> => frame.locator('html').getAttribute('data-theme');
    for (const wanted of ['dark', 'light'] as const) {
      await app.electron.evaluate(({ nativeTheme }, source) => {
        nativeTheme.themeSource = source;
      }, wanted);
      await expect.poll(theme, look).toBe(wanted);
    }
  });
});
