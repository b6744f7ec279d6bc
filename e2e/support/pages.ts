/**
 * What tests do with windows as a person would: the native menu, the system's dialogs, cells on the screen.
 *
 * The notebook keeps only the cells on the screen in the page, so a cell is looked for by its place and scrolled to.
 * Answers to system dialogs are set in the main process, because nobody can click those under a virtual display.
 */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Bridge } from '../../shared/ipc/contract.ts';
import type { TestApp } from './app.ts';
import type { TestServer } from './jupyter-server.ts';
import { notebookOf, type TestCell } from './notebooks.ts';

declare global {
  interface Window {
    readonly nightjar: Bridge;
  }
}

/** Between two looks at something that is not there yet. */
export const look = { timeout: 20_000, interval: 50 };

export async function putNotebook(server: TestServer, path: string, cells: readonly TestCell[]): Promise<void> {
  await server.rest('PUT', `api/contents/${path}`, { type: 'notebook', format: 'json', content: notebookOf(cells) });
}

/** The notebook's file as it stands on the server. */
export async function savedNotebook(server: TestServer, path: string): Promise<unknown> {
  return contentOf(await server.rest('GET', `api/contents/${path}?content=1`));
}

function contentOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'content' in answer ? answer.content : null;
}

/** Chooses an item of the application menu, by its id or its label. */
export async function chooseMenu(app: TestApp, item: string): Promise<void> {
  const chosen = await app.electron.evaluate(({ Menu }, wanted) => {
    const find = (items: readonly Electron.MenuItem[]): Electron.MenuItem | undefined => {
      for (const one of items) {
        if (one.id === wanted || one.label === wanted) return one;
        const below = one.submenu === undefined || one.submenu === null ? undefined : find(one.submenu.items);
        if (below !== undefined) return below;
      }
      return undefined;
    };
    const found = find(Menu.getApplicationMenu()?.items ?? []);
    if (found === undefined || !found.enabled) return false;
    found.click();
    return true;
  }, item);
  expect(chosen, `the menu item ${item} is there and enabled`).toBe(true);
}

/** From now on every message box of the system is answered with this button. */
export async function answerDialogs(app: TestApp, button: number): Promise<void> {
  await app.electron.evaluate(({ dialog }, response) => {
    dialog.showMessageBox = () => Promise.resolve({ response, checkboxChecked: false });
  }, button);
}

/** Selects a cell in command mode. */
export async function selectCell(page: Page, index: number): Promise<void> {
  await page.locator('.jp-Notebook .jp-Cell').nth(index).locator('.jp-Cell-inputArea .jp-InputPrompt').click();
  await expect.poll(() => page.locator('.jp-Notebook.jp-mod-commandMode').count(), look).toBe(1);
}

/** What stands in the cells, from the top: the text of the editor, or of the rendered markdown. */
export function cellTexts(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.jp-Notebook .jp-Cell')].map((cell) => {
      const rendered = cell.querySelector('.jp-MarkdownOutput:not(.lm-mod-hidden)');
      const lines = [...cell.querySelectorAll('.cm-line')].map((line) => line.textContent ?? '');
      return rendered instanceof HTMLElement ? rendered.innerText.trim() : lines.join('\n');
    }),
  );
}

export function statusText(page: Page, item: 'kernel' | 'link' | 'journal' | 'cursor' | 'unsaved'): Promise<string> {
  return page.locator(`[data-testid="status-${item}"]`).innerText();
}

/** Opens a notebook from Home's side of the bridge, in a window that was not there before. */
export async function openNotebook(app: TestApp, server: TestServer, path: string): Promise<Page> {
  const home = await app.window('home');
  const others = [...app.electron.windows()];
  const answer = await home.evaluate(
    async ([baseUrl, notebook]) => {
      const listed = await window.nightjar.invoke('servers.list', {});
      const servers = typeof listed === 'object' && listed !== null && 'value' in listed ? listed.value : [];
      for (const one of Array.isArray(servers) ? servers : []) {
        if (one.baseUrl === baseUrl) {
          const args = { serverId: one.serverId, path: notebook, newWindow: true };
          return JSON.stringify(await window.nightjar.invoke('notebooks.open', args));
        }
      }
      return 'the server is not in the list';
    },
    [server.baseUrl, path] as const,
  );
  expect(answer).toBe('{"ok":true,"value":null}');
  const name = path.split('/').at(-1) ?? path;
  for (;;) {
    const page = await app.notebook(others);
    // The window of the notebook that the app was started with may come only now.
    if ((await page.title()) === name) {
      await giveKeyboard(app, page);
      return page;
    }
    others.push(page);
  }
}

/** The window in which a person types has the keyboard: another one that came late may have taken it. */
async function giveKeyboard(app: TestApp, page: Page): Promise<void> {
  const window = await app.electron.browserWindow(page);
  await expect
    .poll(async () => {
      const isThere = await page.evaluate(() => document.hasFocus());
      if (!isThere) await window.evaluate((one) => one.focus());
      return isThere;
    }, look)
    .toBe(true);
}

/** Closes every notebook window, as the cross in its title bar does. */
export async function closeNotebooks(app: TestApp): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow }) => {
    for (const window of BrowserWindow.getAllWindows()) {
      if (window.webContents.getURL().includes('/notebook/')) window.close();
    }
  });
  await expect
    .poll(() => app.electron.windows().filter((page) => page.url().includes('/notebook/')).length, look)
    .toBe(0);
}

/** The kernel has done all that it was asked to. */
export async function untilIdle(page: Page): Promise<void> {
  await page
    .locator('[data-testid="status-kernel"]')
    .filter({ hasText: /^Idle$/ })
    .waitFor();
}
