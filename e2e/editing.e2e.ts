/**
 * Working in a notebook all day: typing, finding, folding, moving about, and the settings that go with it.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress, TestApp } from './support/app.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import type { TestCell } from './support/notebooks.ts';
import {
  answerDialogs,
  cellTexts,
  chooseMenu,
  closeNotebooks,
  look,
  openNotebook,
  putNotebook,
  selectCell,
  untilIdle,
} from './support/pages.ts';

const small: readonly TestCell[] = [
  { id: 'one', source: 'one = 1' },
  { id: 'two', source: 'two = 2' },
  { id: 'three', source: 'three = 3' },
];

const sections: readonly TestCell[] = [
  { id: 'title', type: 'markdown', source: '# Report' },
  { id: 'load', type: 'markdown', source: '## Load' },
  { id: 'data', source: "rows = [1, 2, 3]\nword = 'größe'" },
  { id: 'work', type: 'markdown', source: '## Work' },
  {
    id: 'slow',
    source: "import time\nfor step in range(600):\n    time.sleep(0.1)\n    print('step', step, flush=True)",
  },
  { id: 'wrong', source: "raise ValueError('on purpose')" },
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
  await answerDialogs(app, 0);
  await app.notebook();
});

afterEach(async () => {
  await closeNotebooks(app);
});

afterAll(async () => {
  await app.close();
  TestApp.removeProfile(profile);
  await server.stop();
});

async function open(cells: readonly TestCell[]): Promise<{ page: Page; file: string }> {
  count += 1;
  const file = `editing-${count}.ipynb`;
  await putNotebook(server, file, cells);
  return { page: await openNotebook(app, server, file), file };
}

/** A notebook whose kernel has a variable `shared`; answers its file. */
async function openWithVariable(): Promise<string> {
  const { page, file } = await open([{ id: 'a', source: 'shared = 41' }]);
  await untilIdle(page);
  await selectCell(page, 0);
  await press(page, 'Control+Enter');
  await expect.poll(() => prompts(page), look).toEqual(['[1]:']);
  return file;
}

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

const banner = (page: Page) => page.locator('[data-testid="banner"]');
const prompts = (page: Page) => page.locator('.jp-Cell-inputArea .jp-InputPrompt').allTextContents();

describe('the keyboard', () => {
  it('loses no letter that is typed before a new cell is ready', async () => {
    const { page } = await open(small);
    await selectCell(page, 0);
    await press(page, 'b', 'Enter');
    await page.keyboard.type('fast = 1');
    await press(page, 'Enter');
    await page.keyboard.type('faster = 2');
    await expect.poll(async () => (await cellTexts(page))[1], look).toBe('fast = 1\nfaster = 2');
    await press(page, 'Escape', 'b', 'Enter');
    await page.keyboard.type('1 + 1');
    await press(page, 'Shift+Enter');
    await expect.poll(async () => (await cellTexts(page))[2], look).toBe('1 + 1');
    await expect.poll(async () => (await prompts(page))[2], look).toBe('[1]:');
  });

  it('takes a key for the notebook when nothing has the focus', async () => {
    const { page } = await open(small);
    await selectCell(page, 0);
    await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
    await press(page, 'b', 'Enter');
    await page.keyboard.type('typed = 1');
    await expect.poll(async () => (await cellTexts(page))[1], look).toBe('typed = 1');
  });

  it('reaches every command by name', async () => {
    const { page } = await open(small);
    await selectCell(page, 2);
    await press(page, 'Control+Shift+c');
    await page.locator('.nj-Palette input').waitFor();
    await page.keyboard.type('insert cell above');
    await expect.poll(() => page.locator('.lm-CommandPalette-item').first().innerText(), look).toContain('Above');
    await press(page, 'Enter');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', 'two = 2', '', 'three = 3']);
    // The next key is the notebook's, however fast it comes.
    await press(page, 'Control+Shift+c');
    await page.locator('.nj-Palette input').waitFor();
    await press(page, 'Escape', 'z');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', 'two = 2', 'three = 3']);
  });

  it('calls a command the same in the menu and in the palette', async () => {
    const { page } = await open(small);
    await selectCell(page, 0);
    await press(page, 'Control+Shift+c');
    await page.locator('.nj-Palette input').waitFor();
    const inPalette = await page.locator('.lm-CommandPalette-item').evaluateAll((items) =>
      items.map((item) => ({
        id: item instanceof HTMLElement ? (item.dataset.command ?? '') : '',
        label: item.querySelector('.lm-CommandPalette-itemLabel')?.textContent ?? '',
      })),
    );
    const inMenu = new Map(
      await app.electron.evaluate(({ Menu }) => {
        const itemsOf = (menu: Electron.Menu | undefined | null): [string, string][] =>
          // An ampersand marks the letter that chooses an item.
          (menu?.items ?? []).flatMap(({ id, label, submenu }) => [[id, label.replace('&', '')], ...itemsOf(submenu)]);
        return itemsOf(Menu.getApplicationMenu());
      }),
    );
    const inBoth = inPalette.filter(({ id }) => inMenu.has(id));
    expect(inBoth.length).toBeGreaterThan(40);
    expect(inBoth).toEqual(inBoth.map(({ id }) => ({ id, label: inMenu.get(id) })));
    await press(page, 'Escape');
  });

  it('follows the settings at once, and takes a key from the command that had it', async () => {
    const { page } = await open(small);
    await chooseMenu(app, 'settings');
    const settings = await app.window('settings');
    await settings.getByRole('button', { name: 'Keyboard' }).click();
    const row = settings.locator('[data-testid="shortcut-duplicate-cells"]');
    await row.hover();
    await row.getByRole('button', { name: 'Change' }).click();
    await press(settings, 'b');
    await expect.poll(() => row.innerText(), look).toContain('Insert Cell Below');
    await row.getByRole('button', { name: 'Take It' }).click();
    await expect.poll(() => row.innerText(), look).toContain('B');
    await selectCell(page, 1);
    await press(page, 'b');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', 'two = 2', 'two = 2', 'three = 3']);
    await settings.getByRole('button', { name: 'Reset All' }).click();
    await expect.poll(() => row.innerText(), look).not.toContain('Reset');
    await press(page, 'z');
    await selectCell(page, 1);
    await press(page, 'b');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', 'two = 2', '', 'three = 3']);
    await settings.close();
  });

  it('goes to a line, and splits and joins cells there', async () => {
    const { page } = await open([{ id: 'lines', source: 'a = 1\nb = 2\nc = 3' }]);
    await page.locator('.jp-Notebook .cm-content').first().click();
    await press(page, 'Alt+g');
    await page.locator('dialog.nj-Dialog input').fill('7');
    await press(page, 'Enter');
    await expect.poll(() => page.locator('.nj-Dialog-problem').innerText(), look).toContain('1 to 3');
    await page.locator('dialog.nj-Dialog input').fill('2');
    await press(page, 'Enter');
    await expect.poll(() => page.locator('[data-testid="status-cursor"]').innerText(), look).toBe('Line 2, column 1');
    await press(page, 'Control+Shift+Minus');
    await expect.poll(() => cellTexts(page), look).toEqual(['a = 1', 'b = 2\nc = 3']);
    await press(page, 'Escape', 'Control+Backspace');
    await expect.poll(() => cellTexts(page), look).toEqual(['a = 1\n\nb = 2\nc = 3']);
  });
});

describe('the editor', () => {
  it('shows line numbers in every cell when they are asked for, and has a cursor in several places', async () => {
    const { page } = await open(small);
    await selectCell(page, 0);
    await press(page, 'Shift+l');
    await expect.poll(() => page.locator('.jp-Notebook .cm-lineNumbers').count(), look).toBe(3);
    await press(page, 'Shift+l');
    await expect.poll(() => page.locator('.jp-Notebook .cm-lineNumbers').count(), look).toBe(0);
    await page.locator('.jp-Notebook .cm-content').first().click();
    await press(page, 'Control+a', 'Delete');
    await page.keyboard.type('aa bb');
    await press(page, 'Home');
    const end = await page.locator('.jp-Notebook .cm-line').first().boundingBox();
    if (end === null) throw new Error('the line is not on the screen');
    await page.keyboard.down('Control');
    await page.mouse.click(end.x + end.width - 4, end.y + end.height / 2);
    await page.keyboard.up('Control');
    await page.keyboard.type('x');
    await expect.poll(async () => (await cellTexts(page))[0], look).toBe('xaa bbx');
  });
});

describe('finding', () => {
  it('looks through inputs and outputs, and replaces in the inputs', async () => {
    const { page } = await open([
      { id: 'print', source: "print('needle')" },
      { id: 'more', source: 'needle = 1' },
    ]);
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    await page.locator('.jp-OutputArea-output').getByText('needle').waitFor();
    await press(page, 'Control+f');
    // At once: the box takes a moment, and these letters would be commands of the notebook.
    await page.keyboard.type('needle');
    const box = page.locator('.nj-Find');
    await expect.poll(() => box.locator('.jp-DocumentSearch-index-counter').innerText(), look).toMatch(/\/\s*3$/);
    await box.getByPlaceholder('Find').fill('nowhere');
    await expect.poll(() => box.getAttribute('data-found'), look).toBe('nothing');
    await press(page, 'Escape');
    await box.waitFor({ state: 'detached' });
    await press(page, 'Control+h');
    await box.waitFor();
    await box.getByPlaceholder('Find').fill('needle');
    await box.getByPlaceholder('Replace').fill('thread');
    await expect.poll(() => box.locator('.jp-DocumentSearch-index-counter').innerText(), look).toMatch(/2$/);
    await box.getByText('Replace All').click();
    await expect.poll(() => cellTexts(page), look).toEqual(["print('thread')", 'thread = 1']);
  });
});

describe('finding the way', () => {
  it('the outline shows headings, what runs below them, and leads there', async () => {
    const { page } = await open(sections);
    await untilIdle(page);
    await press(page, 'Control+Shift+k');
    const outline = page.locator('.nj-Outline');
    await expect
      .poll(() => outline.locator('.nj-Outline-text').allInnerTexts(), look)
      .toEqual(['Report', 'Load', 'Work']);
    await page.locator('.jp-CodeCell').nth(1).locator('.jp-InputPrompt').click();
    await press(page, 'Control+Enter');
    const work = outline.locator('.nj-Outline-item').nth(2);
    await work.locator('[data-state="running"]').waitFor();
    await selectCell(page, 0);
    await press(page, 'Alt+Shift+r');
    await expect.poll(() => page.locator('.jp-Cell.jp-mod-active').innerText(), look).toContain('import time');
    // A press during which a mark changes is a click all the same.
    await outline.locator('.nj-Outline-item').nth(1).hover();
    await page.mouse.down();
    await chooseMenu(app, 'interrupt');
    await work.locator('[data-state="error"]').waitFor();
    await page.mouse.up();
    await expect.poll(() => page.locator('.jp-Cell.jp-mod-active').innerText(), look).toContain('Load');
    await press(page, 'Alt+Shift+e');
    await expect.poll(() => page.locator('.jp-Cell.jp-mod-active').innerText(), look).toContain('import time');
    // A heading that comes above meanwhile takes the row along: where the pressed one is now, the release is its click.
    await selectCell(page, 0);
    await press(page, 'c');
    await outline.locator('.nj-Outline-item').nth(1).hover();
    await page.mouse.down();
    await chooseMenu(app, 'paste-cells-above');
    await expect
      .poll(() => outline.locator('.nj-Outline-text').allInnerTexts(), look)
      .toEqual(['Report', 'Report', 'Load', 'Work']);
    await outline.locator('.nj-Outline-item').nth(2).hover();
    await page.mouse.up();
    await expect.poll(() => page.locator('.jp-Cell.jp-mod-active').innerText(), look).toContain('Load');
  });

  it('the variables are listed without a trace in the kernel', async () => {
    const { page } = await open([
      { id: 'data', source: "rows = [1, 2, 3]\nword = 'größe'\nimport os" },
      { id: 'trace', source: 'print(get_ipython().user_ns["In"][1:])' },
    ]);
    await untilIdle(page);
    await press(page, 'Control+Shift+e');
    const panel = page.locator('.nj-Variables');
    await expect.poll(() => panel.innerText(), look).toContain('No variables yet');
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    await expect
      .poll(
        () =>
          panel
            .locator('.nj-Variables-row')
            .allInnerTexts()
            .then((rows) => rows.map((row) => row.split('\n'))),
        look,
      )
      .toEqual([
        ['rows', 'list', '3 items'],
        ['word', 'str', "'größe'"],
      ]);
    await selectCell(page, 1);
    await press(page, 'Control+Enter');
    const output = page.locator('.jp-Cell').nth(1).locator('.jp-OutputArea-output');
    await expect
      .poll(() => output.allInnerTexts(), look)
      .toEqual(['["rows = [1, 2, 3]\\nword = \'größe\'\\nimport os", \'print(get_ipython().user_ns["In"][1:])\']']);
    await expect.poll(() => prompts(page), look).toEqual(['[1]:', '[2]:']);
  });

  it('a notebook opens where it was left', async () => {
    const cells = Array.from({ length: 40 }, (_, index) => ({ id: `c${index}`, source: `x${index} = ${index}\n\n\n` }));
    const { page, file } = await open(cells);
    const top = (from: Page) =>
      from.evaluate(() => {
        const edge = document.querySelector('.jp-WindowedPanel-outer')?.getBoundingClientRect().top ?? 0;
        const all = [...document.querySelectorAll('.jp-Notebook .jp-Cell')];
        return all.find((cell) => cell.getBoundingClientRect().bottom > edge + 1)?.querySelector('.cm-line')
          ?.textContent;
      });
    await page.locator('.jp-WindowedPanel-outer').evaluate((node) => node.scrollTo({ top: 1500 }));
    await chooseMenu(app, 'outline');
    const kept = async () => {
      const answer = await page.evaluate((path) => window.nightjar.invoke('notebook.readView', { path }), file);
      return JSON.stringify(answer);
    };
    // Heights settle while cells are drawn; what is kept is what is on the screen once they have.
    await expect
      .poll(async () => (await kept()).includes(`"topCellId":"c${/\d+/.exec((await top(page)) ?? '')?.[0]}"`), look)
      .toBe(true);
    expect(await kept()).toContain('"panel":"outline"');
    const before = await top(page);
    expect(before).not.toBe('x0 = 0');
    await closeNotebooks(app);
    const again = await openNotebook(app, server, file);
    await expect.poll(() => top(again), look).toBe(before);
    await again.locator('.nj-Outline').waitFor();
  });
});

describe('kernels', () => {
  it('leave the time of each run, also after the window was loaded again', async () => {
    const { page } = await open([{ id: 'sleep', source: 'import time\ntime.sleep(0.6)' }]);
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    const time = page.locator('.nj-Time');
    await expect.poll(() => time.textContent(), look).toMatch(/^\d\.\d\d s$/);
    expect(await time.getAttribute('title')).toMatch(/^Started .+, finished .+/);
    await page.reload();
    await page.waitForSelector('body[data-nightjar-state="ready"]');
    await expect.poll(() => time.textContent(), look).toMatch(/^\d\.\d\d s$/);
  });

  it('are chosen from a list, and only on purpose', async () => {
    const otherFile = await openWithVariable();
    const { page, file } = await open([{ id: 'b', source: 'print(shared + 1)' }]);
    await untilIdle(page);
    const kernelOf = async (path: string): Promise<string> => {
      const sessions = (await server.rest('GET', 'api/sessions')) as { path: string; kernel: { id: string } }[];
      return sessions.find((one) => one.path === path)?.kernel.id ?? '';
    };
    const before = await kernelOf(file);
    const choose = async (isOther: boolean): Promise<string> => {
      await page.locator('[data-testid="kernel-button"]').click();
      const dialog = page.locator('dialog[open]');
      await dialog.getByText('Current kernel').waitFor();
      // The machine may have kernels of other languages, and they come first.
      const wanted = dialog
        .getByRole('group', { name: 'Start another kernel' })
        .getByRole('radio', { name: 'Python 3' });
      while (isOther && !(await wanted.isChecked())) await press(page, 'ArrowDown');
      const hint = await dialog.locator('.nj-Dialog-hint').innerText();
      await press(page, 'Enter');
      await dialog.waitFor({ state: 'detached' });
      return hint;
    };
    expect(await choose(false)).toBe('');
    expect(await kernelOf(file)).toBe(before);
    expect(await choose(true)).toContain('its variables are lost');
    await expect.poll(() => kernelOf(file), look).not.toBe(before);
    const started = await kernelOf(file);
    expect(started).not.toBe(await kernelOf(otherFile));
    await untilIdle(page);
    await page.locator('[data-testid="kernel-button"]').click();
    await page.locator('.nj-Kernels').getByText(otherFile).click();
    await page.getByRole('button', { name: 'Select' }).click();
    await expect.poll(async () => (await kernelOf(file)) === (await kernelOf(otherFile)), look).toBe(true);
    // The server knows it a moment before the window does: until then a cell waits, and goes to no kernel that ends.
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    await page.locator('.jp-OutputArea-output').getByText('42').waitFor();
  });

  it('are the ones that were chosen last, however soon', async () => {
    const otherFile = await openWithVariable();
    const { page } = await open([{ id: 'b', source: 'print(shared + 1)' }]);
    await untilIdle(page);
    const choose = async (group: string, row: string): Promise<void> => {
      await page.locator('[data-testid="kernel-button"]').click();
      await page.getByRole('group', { name: group }).getByRole('radio', { name: row }).check();
      await page.getByRole('button', { name: 'Select' }).click();
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    };
    // It is gone again before a busy machine looks.
    await page.locator('[data-testid="status-kernel"]').evaluate((node) => {
      const told: string[] = [];
      Reflect.set(window, 'told', told);
      new MutationObserver(() => told.push(node.textContent ?? '')).observe(node, { childList: true });
    });
    await choose('Start another kernel', 'Python 3');
    await choose('Use the kernel of another notebook', otherFile);
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    await page.locator('.jp-OutputArea-output').getByText('42').waitFor();
    expect(await page.evaluate(() => Reflect.get(window, 'told') as unknown)).toContain('Changing the kernel');
    await page.waitForTimeout(1_000);
    expect(await banner(page).isVisible()).toBe(false);
    await press(page, 'Control+Enter');
    await expect.poll(() => prompts(page), look).toEqual(['[3]:']);
  });

  it.each(['kernel', 'session'])('that somebody shut down, the %s, take no cells, and are replaced', async (what) => {
    const { page, file } = await open([{ id: 'b', source: 'print(41 + 1)' }]);
    await untilIdle(page);
    const sessions = (await server.rest('GET', 'api/sessions')) as {
      id: string;
      path: string;
      kernel: { id: string };
    }[];
    const own = sessions.find((one) => one.path === file);
    await server.rest('DELETE', what === 'kernel' ? `api/kernels/${own?.kernel.id}` : `api/sessions/${own?.id}`);
    await expect.poll(() => banner(page).innerText(), look).toContain('was not started again');
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    // A server may have let go of the session as well: then a cell starts the next kernel, as in every notebook.
    if ((await banner(page).innerText()).includes('Nothing was run')) {
      expect(await prompts(page)).toEqual(['[ ]:']);
      await banner(page).getByRole('button', { name: 'Restart…' }).click();
      await untilIdle(page);
      await press(page, 'Control+Enter');
    }
    await page.locator('.jp-OutputArea-output').getByText('42').waitFor();
    await expect.poll(() => page.locator('[data-testid="status-kernel"]').innerText(), look).toBe('Idle');
    expect(await page.locator('[data-testid="status-link"]').innerText()).toBe('Connected');
  });

  it('that two notebooks share lose the cells of neither, and mix up none', async () => {
    const slow = "import time\nfor step in range(60):\n    print('mine', step, flush=True)\n    time.sleep(0.1)";
    const { page: first, file: firstFile } = await open([{ id: 'same', source: slow }]);
    await untilIdle(first);
    // As a copy of the first would have it: a cell of the same id.
    const { page: second } = await open([{ id: 'same', source: "print('of the second')" }]);
    await untilIdle(second);
    await second.locator('[data-testid="kernel-button"]').click();
    await second.locator('.nj-Kernels').getByText(firstFile).click();
    await second.getByRole('button', { name: 'Select' }).click();
    await second.locator('dialog[open]').waitFor({ state: 'detached' });
    await selectCell(second, 0);
    await press(second, 'Control+Enter');
    await second.locator('.jp-OutputArea-output').getByText('of the second').waitFor();
    await untilIdle(first);
    expect(await first.locator('.jp-OutputArea-output').count()).toBe(0);

    await selectCell(first, 0);
    await press(first, 'Control+Enter');
    await first.locator('.jp-OutputArea-output').getByText('mine 3').first().waitFor();
    await expect.poll(() => first.locator('[data-testid="status-kernel"]').innerText(), look).toContain('Running');
    await first.reload();
    await first.waitForSelector('body[data-nightjar-state="ready"]');
    const lines = Array.from({ length: 60 }, (_, step) => `mine ${step}`).join('\n');
    await expect.poll(() => first.locator('.jp-OutputArea-output').allInnerTexts(), look).toEqual([lines]);
    expect(await second.locator('.jp-OutputArea-output').allInnerTexts()).toEqual(['of the second']);
    const entries = (page: Page) => page.locator('[data-testid="status-journal"]').innerText();
    await expect.poll(async () => (await entries(first)) === (await entries(second)), look).toBe(true);
  });

  it('that are shut down on purpose leave a notebook without one, until a cell is run', async () => {
    const { page } = await open([{ id: 'b', source: 'print(41 + 1)' }]);
    await untilIdle(page);
    await chooseMenu(app, 'shutdown');
    const status = page.locator('[data-testid="status-kernel"]');
    await expect.poll(() => status.innerText(), look).toBe('No kernel');
    expect(await page.locator('[data-testid="status-link"]').isVisible()).toBe(false);
    expect(await page.locator('[data-testid="status-journal"]').isVisible()).toBe(true);
    expect(await banner(page).isVisible()).toBe(false);
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    await page.locator('.jp-OutputArea-output').getByText('42').waitFor();
    await expect.poll(() => status.innerText(), look).toBe('Idle');
    await expect.poll(() => page.locator('[data-testid="status-link"]').isVisible(), look).toBe(true);
  });

  it('that end by themselves are told plainly, with what it means', async () => {
    const { page } = await open([{ id: 'die', source: 'import os\nos._exit(1)' }]);
    await untilIdle(page);
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    await expect.poll(() => banner(page).innerText(), look).toContain('ended unexpectedly');
    expect(await banner(page).innerText()).toContain('variables are lost');
    expect(await page.locator('dialog.jp-Dialog').count()).toBe(0);
  });
});

describe('the interrupt button', () => {
  it('works while output floods', async () => {
    const { page } = await open([{ id: 'flood', source: "while True:\n    print('x' * 200)" }]);
    await untilIdle(page);
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    await page.locator('.jp-OutputArea-output').getByText('xxxx').first().waitFor();
    await page.locator('[data-testid="toolbar-interrupt"]').click();
    await untilIdle(page);
    await page.getByText('KeyboardInterrupt').last().waitFor();
  });
});

describe('cells', () => {
  it('are moved by dragging, several at once', async () => {
    const { page } = await open(small);
    await selectCell(page, 1);
    await press(page, 'Shift+ArrowDown');
    const prompt = (index: number) =>
      page.locator('.jp-Notebook .jp-Cell').nth(index).locator('.jp-Cell-inputArea .jp-InputPrompt');
    const from = await prompt(1).boundingBox();
    const target = await page.locator('.jp-Notebook .jp-Cell').nth(0).boundingBox();
    if (from === null || target === null) throw new Error('the cells are not on the screen');
    await page.mouse.move(from.x + 10, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(from.x + 20, from.y + 30, { steps: 4 });
    await page.mouse.move(target.x + 60, target.y + 8, { steps: 8 });
    await page.mouse.up();
    await expect.poll(() => cellTexts(page), look).toEqual(['two = 2', 'three = 3', 'one = 1']);
  });

  it('fold with their section', async () => {
    const { page } = await open(sections);
    await selectCell(page, 1);
    await press(page, 'ArrowLeft');
    await expect.poll(() => page.locator('.jp-CodeCell').first().isVisible(), look).toBe(false);
    await press(page, 'ArrowRight');
    await expect.poll(() => page.locator('.jp-CodeCell').first().isVisible(), look).toBe(true);
  });
});

describe('the right mouse button', () => {
  it('offers in code what an editor offers, for the cell under it', async () => {
    const { page } = await open(small);
    await app.electron.evaluate(({ Menu }) => {
      Reflect.set(globalThis, 'shownMenu', []);
      Menu.prototype.popup = function popup(this: Electron.Menu) {
        Reflect.set(
          globalThis,
          'shownMenu',
          this.items.map(({ role, label }) => role ?? label),
        );
      };
    });
    const shown = (): Promise<unknown> => app.electron.evaluate(() => Reflect.get(globalThis, 'shownMenu'));
    await selectCell(page, 0);
    const below = page.locator('.jp-Notebook .jp-Cell').nth(1);
    await below.locator('.cm-content').click({ button: 'right' });
    await expect.poll(shown, look).toEqual(expect.arrayContaining(['cut', 'copy', 'paste', 'Run Cells']));
    await expect.poll(() => below.evaluate((cell) => cell.classList.contains('jp-mod-active')), look).toBe(true);
  });
});

describe('the settings file', () => {
  it('that is broken is told in a sentence, and is left as it is', async () => {
    const { page } = await open(small);
    const file = path.join(profile, 'data', 'preferences.json');
    fs.writeFileSync(file, '{ "theme": dark }');
    await expect.poll(() => banner(page).innerText(), look).toContain('not valid JSON');
    await banner(page).getByRole('button', { name: 'Settings…' }).click();
    const settings = await app.window('settings');
    await settings.getByText('not valid JSON').first().waitFor();
    await settings.getByText('Dark', { exact: true }).click();
    await expect.poll(() => settings.getByRole('alert').count(), look).toBe(1);
    expect(fs.readFileSync(file, 'utf8')).toBe('{ "theme": dark }');
    fs.writeFileSync(file, '{ "theme": "dark" }');
    await expect.poll(() => settings.getByRole('alert').count(), look).toBe(0);
    await expect.poll(() => banner(page).isVisible(), look).toBe(false);
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme), look).toBe('dark');
    fs.rmSync(file);
    await settings.close();
  });
});
