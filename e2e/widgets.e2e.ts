/**
 * ipywidgets on a real kernel in the real app: live, after the window was loaded again, after an outage; and hostile.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { type Attacker, startAttacker } from './support/attack.ts';
import { FaultProxy } from './support/fault-proxy.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { restingCell } from './support/outputs.ts';
import { chooseMenu, look, openNotebook, putNotebook, selectCell, untilIdle } from './support/pages.ts';

let server: TestServer;
let proxy: FaultProxy;
/** The server as the app reaches it. */
let proxied: TestServer;
let attacker: Attacker;
let profile = '';
let app: TestApp;
let page: Page;
let ids: string[] = [];

beforeAll(async () => {
  server = await startJupyter();
  proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
  proxied = { ...server, baseUrl: `http://127.0.0.1:${proxy.port}/` };
  attacker = await startAttacker();
  const file = fileURLToPath(new URL('notebooks/widgets.ipynb', import.meta.url));
  const notebook: { cells: { id: string }[] } = JSON.parse(fs.readFileSync(file, 'utf8'));
  ids = notebook.cells.map(({ id }) => id);
  fs.copyFileSync(file, path.join(server.root, 'widgets.ipynb'));
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(proxied, 'widgets.ipynb')]);
  page = await app.notebook();
  await untilIdle(page);
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  await proxy.stop();
  await attacker.stop();
  await server.stop();
});

async function outputsOf(id: string): Promise<Locator> {
  return (await restingCell(page, ids.indexOf(id))).locator('.jp-Cell-outputArea');
}

async function printedSliderValue(): Promise<string> {
  const index = ids.indexOf('value');
  const cell = await restingCell(page, index);
  await cell.locator('.jp-Cell-inputArea .jp-InputPrompt').click();
  await page.keyboard.press('Control+Enter');
  await untilIdle(page);
  return (await outputsOf('value')).innerText();
}

async function moveSlider(): Promise<void> {
  const handle = (await outputsOf('controls')).locator('.noUi-handle');
  await handle.focus();
  await page.keyboard.press('ArrowRight');
}

const sliderReads = async (): Promise<string> =>
  (await outputsOf('controls')).locator('.widget-readout').first().innerText();

describe('widgets', () => {
  it('are drawn, and what a person does with them reaches the kernel', async () => {
    await chooseMenu(app, 'run-all');
    await untilIdle(page);
    await expect.poll(sliderReads, look).toBe('3');
    expect(await (await outputsOf('controls')).locator('.widget-html-content b').innerText()).toBe('bold');
    await moveSlider();
    await expect.poll(sliderReads, look).toBe('4');
    await expect.poll(printedSliderValue, look).toContain('the slider is at 4');
    const progress = await outputsOf('tqdm');
    await expect.poll(() => progress.innerText(), look).toContain('20/20');
    expect(await progress.innerText()).toContain('tqdm done');
    await expect.poll(async () => (await outputsOf('interact')).innerText(), look).toContain('square 4');
    await (await outputsOf('tabs')).getByText('Progress').waitFor();
  });

  it('have the icons that they name', async () => {
    const icon = (await outputsOf('output')).locator('button i.fa-check');
    const shown = await icon.evaluate(async (node) => {
      const { content, fontFamily, fontWeight } = getComputedStyle(node, '::before');
      const faces = await document.fonts.load(`${fontWeight} 14px ${fontFamily}`);
      return { content, loaded: faces.map(({ status }) => status) };
    });
    expect(shown).toEqual({ content: '"\uf00c"', loaded: ['loaded'] });
  });

  it('take output of a button into their output widget', async () => {
    const output = await outputsOf('output');
    await output.getByRole('button', { name: 'Press' }).click();
    await expect.poll(() => output.innerText(), look).toContain('pressed at 4');
  });

  it('come back when the window is loaded again, with the state that the kernel has now', async () => {
    await page.reload();
    page = await app.notebook();
    await untilIdle(page);
    await expect.poll(sliderReads, look).toBe('4');
    await expect.poll(async () => (await outputsOf('output')).innerText(), look).toContain('pressed at 4');
    await expect.poll(async () => (await outputsOf('tqdm')).innerText(), look).toContain('20/20');
    await moveSlider();
    await expect.poll(sliderReads, look).toBe('5');
    await expect.poll(printedSliderValue, look).toContain('the slider is at 5');
  });

  it('show after an outage what happened during it', async () => {
    const source = [
      'import time',
      'import ipywidgets as widgets',
      "bar = widgets.IntProgress(max=40, description='Outage')",
      "said = widgets.Label(value='step 0')",
      'display(bar, said)',
      'for step in range(1, 41):',
      '    time.sleep(0.1)',
      '    bar.value = step',
      "    said.value = f'step {step}'",
    ].join('\n');
    await putNotebook(server, 'outage.ipynb', [{ id: 'long', source }]);
    page = await openNotebook(app, proxied, 'outage.ipynb');
    await expect
      .poll(() => page.getByTestId('status-protection').textContent(), { timeout: 60_000 })
      .toBe('Recorded on the server');
    await selectCell(page, 0);
    await page.keyboard.press('Control+Enter');
    await page.getByText(/^step [5-9]$/).waitFor();
    proxy.blackhole();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    proxy.cut();
    await page.getByText('step 40', { exact: true }).waitFor({ timeout: 60_000 });
    expect(await page.locator('.widget-hprogress .progress-bar').first().getAttribute('style')).toContain('100%');
  });
});

describe('a hostile widget', () => {
  it('is shown as text and plain HTML, and code of other modules is refused', async () => {
    const hostile = `<b>html</b><img src=x onerror="window.attacked=1"><script>window.attacked=1</script><style>@import url('${attacker.url}/w.css')</style><img src="${attacker.url}/w.png"><form action="${attacker.url}/f"><input></form><div style="background:url(${attacker.url}/d.png)">styled</div><a href="javascript:window.attacked=1">link</a>`;
    const source = [
      'import ipywidgets as widgets',
      'from traitlets import Unicode',
      `hostile = ${JSON.stringify(hostile)}`,
      'class Foreign(widgets.DOMWidget):',
      "    _model_name = Unicode('<img src=x onerror=window.attacked=1>').tag(sync=True)",
      "    _model_module = Unicode('foreign<img src=x onerror=window.attacked=1>').tag(sync=True)",
      "    _view_name = Unicode('ForeignView').tag(sync=True)",
      "    _view_module = Unicode('foreign').tag(sync=True)",
      'slider = widgets.IntSlider(description=hostile, description_allow_html=True)',
      'check = widgets.Checkbox(description=hostile, description_allow_html=True, tooltip=hostile)',
      "picture = widgets.Image(format='url')",
      `picture.value = b'${attacker.url}/image-widget.png'`,
      'display(widgets.VBox([slider, check, widgets.HTML(hostile), widgets.HTMLMath(hostile), picture, Foreign()]))',
    ].join('\n');
    await putNotebook(server, 'hostile-widgets.ipynb', [{ id: 'hostile', source }]);
    page = await openNotebook(app, proxied, 'hostile-widgets.ipynb');
    await untilIdle(page);
    await selectCell(page, 0);
    await page.keyboard.press('Control+Enter');
    await page.getByText('which does not come with Nightjar').waitFor();
    const html = page.locator('.widget-html-content');
    await html.locator('b').waitFor();
    expect(await page.locator('.widget-html-content :is(script, style)').count()).toBe(0);
    expect(await page.locator('.jp-OutputArea [onerror]').count()).toBe(0);
    expect(await page.locator('.widget-html-content a[href^="javascript:"]').count()).toBe(0);
    for (const link of await page.locator('.jp-OutputArea a').all()) await link.dispatchEvent('click');
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(attacker.takeRequests()).toEqual([]);
  });
});
