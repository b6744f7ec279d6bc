/** Whoever scrolls stays where they scrolled to, whatever prints meanwhile. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { restingCell } from './support/outputs.ts';
import { look, openNotebook, putNotebook, untilIdle } from './support/pages.ts';

let server: TestServer;
let profile = '';
let app: TestApp;
let page: Page;

/** A cell that grows for half a minute, by fewer lines than get a scroll box, from which on it would grow no more. */
const growing = "import time\nfor i in range(95):\n    print('grown by', i, flush=True)\n    time.sleep(0.3)";
/** More lines than are shown at once, before it goes on. */
const boxed =
  "import time\nfor i in range(300):\n    print('boxed', i, flush=True)\n    time.sleep(0.05 if i > 150 else 0)\nprint('the end')";

beforeAll(async () => {
  server = await startJupyter();
  const texts = Array.from({ length: 30 }, (_, index) => ({ id: `text${index}`, source: `# ${index}\n\n\n\n\n1` }));
  await putNotebook(server, 'long.ipynb', [...texts, { id: 'growing', source: growing }, { id: 'last', source: '1' }]);
  await putNotebook(server, 'box.ipynb', [{ id: 'box', source: boxed }]);
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(server, 'long.ipynb')]);
  page = await app.notebook();
  await untilIdle(page);
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  await server.stop();
});

const scrollTop = (): Promise<number> => page.locator('.jp-WindowedPanel-outer').evaluate((node) => node.scrollTop);

/** A notch that meets the very moment in which the notebook moves by itself has no effect: a wheel is turned further. */
async function afterTurningUp(where: Page, found: () => Promise<number>): Promise<number> {
  await where.mouse.wheel(0, -120);
  await where.waitForTimeout(200);
  return found();
}

it('a person who scrolls away from a cell that grows is not pulled back', async () => {
  const cell = await restingCell(page, 30);
  await cell.locator('.cm-content').click();
  await page.keyboard.press('Shift+Enter');
  await page.getByText('grown by 5', { exact: false }).first().waitFor();
  const box = await page.locator('.jp-WindowedPanel-outer').boundingBox();
  await page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 200);
  const before = await scrollTop();
  await expect.poll(() => afterTurningUp(page, scrollTop), look).toBeLessThan(before - 300);
  const places: number[] = [];
  for (let glance = 0; glance < 30; glance += 1) {
    places.push(await scrollTop());
    await page.waitForTimeout(100);
  }
  expect(Math.max(...places) - Math.min(...places)).toBeLessThan(100);
});

it('a box of output follows its end, until a person scrolls up in it, and again once they are back', async () => {
  const window = await openNotebook(app, server, 'box.ipynb');
  await untilIdle(window);
  await (await restingCell(window, 0)).locator('.cm-content').click();
  await window.keyboard.press('Control+Enter');
  const box = window.locator('.nj-Stream > pre.nj-mod-scrolled');
  const toEnd = (): Promise<number> => box.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
  await window.getByText('boxed 160', { exact: false }).waitFor();
  await expect.poll(toEnd, look).toBeLessThan(1);
  await box.hover();
  await expect.poll(() => afterTurningUp(window, toEnd), look).toBeGreaterThan(200);
  const away = await box.evaluate((node) => node.scrollTop);
  await window.getByText('the end', { exact: false }).waitFor();
  expect(await box.evaluate((node) => node.scrollTop)).toBe(away);
  await window.mouse.wheel(0, 10_000);
  await expect.poll(toEnd, look).toBeLessThan(1);
  await window.keyboard.press('Control+Enter');
  await untilIdle(window);
  await expect.poll(() => box.innerText(), look).toContain('the end');
  await expect.poll(toEnd, look).toBeLessThan(1);
});
