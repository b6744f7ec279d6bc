/**
 * What a hand and an eye do with the windows: wait until something is there, press keys, choose from the menu, open
 * notebooks, go to a cell, put away what lies over the page.
 */
import type { Locator, Page } from 'playwright-core';
import type { TestApp } from '../support/app.ts';
import type { TestServer } from '../support/jupyter-server.ts';
import { notebookOf, type TestCell } from '../support/notebooks.ts';

/** For what an idle machine does at once; a busy one needs a while. */
const patienceMs = 60_000;

export const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

export async function until(what: string, look: () => Promise<boolean>, timeoutMs = patienceMs): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come within ${timeoutMs / 1000} s`);
    await pause(80);
  }
}

export function within<Value>(timeoutMs: number, asked: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${timeoutMs / 1000} s`)), timeoutMs);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

export async function untilText(locator: Locator, text: string | RegExp, timeoutMs = patienceMs): Promise<void> {
  await locator.filter({ hasText: text }).first().waitFor({ timeout: timeoutMs });
}

/** A command of the bridge, as a window gives it. Answers its value; a problem is an error with its sentence. */
export async function invoke(page: Page, command: string, args: Record<string, unknown>): Promise<unknown> {
  const answer: unknown = await page.evaluate(([name, given]) => window.nightjar.invoke(name, given), [
    command,
    args,
  ] as const);
  if (typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === true) {
    return 'value' in answer ? answer.value : null;
  }
  throw new Error(`${command}: ${JSON.stringify(answer)}`);
}

export async function serverIdOf(home: Page, baseUrl: string): Promise<string> {
  const listed = await invoke(home, 'servers.list', {});
  for (const one of Array.isArray(listed) ? listed : []) {
    if (one.baseUrl === baseUrl) return String(one.serverId);
  }
  throw new Error(`${baseUrl} is not in the list of servers`);
}

export async function putNotebook(server: TestServer, path: string, cells: readonly TestCell[]): Promise<void> {
  await server.rest('PUT', `api/contents/${encodeURI(path)}`, {
    type: 'notebook',
    format: 'json',
    content: notebookOf(cells),
  });
}

/** Opens a notebook in a window of its own, which may still be loading. */
export async function openWindow(app: TestApp, baseUrl: string, path: string): Promise<Page> {
  const home = await app.window('home');
  const before = app.electron.windows();
  const serverId = await serverIdOf(home, baseUrl);
  await invoke(home, 'notebooks.open', { serverId, path, newWindow: true });
  return app.window('notebook', before);
}

export async function openNotebook(app: TestApp, baseUrl: string, path: string): Promise<Page> {
  const page = await openWindow(app, baseUrl, path);
  await ready(page);
  await untilIdle(page);
  await front(app, page);
  return page;
}

/** The window of a notebook that is open. */
export async function notebookNamed(app: TestApp, name: string): Promise<Page> {
  for (const page of app.electron.windows()) {
    if (page.url().includes('/notebook/') && !page.isClosed() && (await page.title()) === name) return page;
  }
  throw new Error(`${name} is not open`);
}

export async function ready(page: Page): Promise<void> {
  await page.waitForSelector('body[data-nightjar-state="ready"]', { timeout: 60_000 });
}

export async function untilIdle(page: Page, timeoutMs = 90_000): Promise<void> {
  await untilText(page.getByTestId('status-kernel'), /^Idle$/, timeoutMs);
}

/** Brings the window of a page to the front, so that the menu and the keys are its own. */
export async function front(app: TestApp, page: Page): Promise<void> {
  const handle = await app.electron.browserWindow(page);
  const focus = (): Promise<boolean> =>
    handle.evaluate((browser: Electron.BrowserWindow) => {
      if (!browser.isFocused()) {
        browser.show();
        browser.moveTop();
        browser.focus();
      }
      return browser.isFocused();
    });
  await until('the focus', focus, 20_000);
  await handle.dispose();
}

export async function resize(app: Pick<TestApp, 'electron'>, page: Page, width: number, height: number): Promise<void> {
  const handle = await app.electron.browserWindow(page);
  await handle.evaluate(
    (browser: Electron.BrowserWindow, size: { width: number; height: number }) =>
      browser.setContentSize(size.width, size.height),
    { width, height },
  );
  await handle.dispose();
}

/** Chooses an item of the application menu by its id, for this page. */
export async function chooseMenu(app: TestApp, page: Page, item: string): Promise<void> {
  await front(app, page);
  await until(`the menu item ${item}`, () =>
    app.electron.evaluate(({ Menu }, id) => {
      const found = Menu.getApplicationMenu()?.getMenuItemById(id) ?? null;
      if (found === null || !found.enabled) return false;
      found.click();
      return true;
    }, item),
  );
}

export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

export const cellOf = (page: Page, index: number): Locator =>
  page.locator(`.jp-Notebook .jp-Cell[data-windowed-list-index="${index}"]`);

const outerOf = '.jp-WindowedPanel-outer';

/** Scrolls until the cell stands at the top, or as far up as the end of the notebook allows, and stays there. */
export async function showCell(page: Page, index: number): Promise<void> {
  let still = 0;
  await until(`cell ${index} at rest`, async () => {
    const isThere = await page.evaluate(
      async ([place, selector]) => {
        const outer = document.querySelector(selector);
        if (outer === null) return false;
        const all = [...document.querySelectorAll<HTMLElement>('.jp-Notebook .jp-Cell')];
        const drawn = all.filter((cell) => cell.offsetParent !== null);
        const cell = drawn.find((one) => Number(one.dataset.windowedListIndex) === place);
        const before = outer.scrollTop;
        const margin = 8;
        if (cell === undefined) {
          const first = Number(drawn[0]?.dataset.windowedListIndex ?? 0);
          outer.scrollTop += (first > place ? -0.6 : 0.6) * outer.clientHeight;
        } else {
          outer.scrollTop += cell.getBoundingClientRect().top - outer.getBoundingClientRect().top - margin;
        }
        const moved = Math.abs(outer.scrollTop - before);
        for (let frame = 0; frame < 6; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
        return cell !== undefined && moved < 3;
      },
      [index, outerOf] as const,
    );
    still = isThere ? still + 1 : 0;
    return still >= 3;
  });
}

/** Selects a cell in command mode. */
export async function selectCell(page: Page, index: number): Promise<void> {
  await showCell(page, index);
  await cellOf(page, index).locator('.jp-Cell-inputArea .jp-InputPrompt').click();
  await page.locator('.jp-Notebook.jp-mod-commandMode').waitFor();
  // Away from the cell, which shows more while it is pointed at.
  await page.mouse.move(4, 4);
}

export async function runCell(page: Page, index: number): Promise<void> {
  await selectCell(page, index);
  await page.keyboard.press('Control+Enter');
}

/** Puts the caret at the end of a cell's text. */
export async function editCell(page: Page, index: number): Promise<void> {
  await selectCell(page, index);
  await page.keyboard.press('Enter');
  await page.locator('.jp-Cell.jp-mod-active .cm-content:focus').waitFor();
  await page.keyboard.press('Control+End');
}

export async function replaceText(page: Page, index: number, text: string): Promise<void> {
  await editCell(page, index);
  await press(page, 'Control+a', 'Delete');
  await page.keyboard.type(text);
}

/** Whatever lies over a page and closes on Escape. */
const overlays = [
  ...['dialog[open]', '.nj-menu', '.lm-Menu', '.jp-Dialog', '.nj-Find', '.nj-Documentation'],
  ...['.nj-Palette:not(.lm-mod-hidden)', '.jp-Completer:not(.lm-mod-hidden)', 'input.name-field', 'input.rename'],
].join(', ');

export async function tidy(page: Page): Promise<void> {
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const isOpen = await page.evaluate((selector) => document.querySelector(selector) !== null, overlays);
    if (!isOpen) return;
    await page.keyboard.press('Escape');
    await pause(200);
  }
}

/** As a file that is held over the page, or taken away again. */
export function dragOver(page: Page, selector: string, event: 'dragover' | 'dragleave'): Promise<void> {
  return page.evaluate(
    ([wanted, type]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['a file'], 'a file.txt'));
      document
        .querySelector(wanted)
        ?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    },
    [selector, event] as const,
  );
}
