/**
 * A notebook in the app is a notebook: what it shows, what it saves, what its keys do.
 *
 * What is saved is compared with what nbclient makes of the same notebook, so that the file is the one that any other
 * client would have written.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { normalizeOutputs } from '../shared/outputs/normalize.ts';
import { notebookAddress, TestApp } from './support/app.ts';
import { nbclientOutputs, startJupyter, type TestServer } from './support/jupyter-server.ts';
import { notebookOf, outputsById, type TestCell, tour } from './support/notebooks.ts';
import { brief, lookAt, restingCell } from './support/outputs.ts';
import {
  answerDialogs,
  cellTexts,
  chooseMenu,
  closeNotebooks,
  look,
  openNotebook,
  putNotebook,
  savedNotebook,
  selectCell,
  statusText,
  untilIdle,
} from './support/pages.ts';

const question: TestCell = { id: 'question', source: "name = input('Name?')\nprint('Hello', name)" };
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
  await putNotebook(server, 'tour.ipynb', [...tour, question]);
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(server, 'tour.ipynb')]);
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
  const file = `notebook-${count}.ipynb`;
  await putNotebook(server, file, cells);
  return { page: await openNotebook(app, server, file), file };
}

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

async function save(page: Page): Promise<void> {
  await page.keyboard.press('Control+s');
  await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Saved');
}

/** Unsaved edits on the disk, but for those that earlier tests left. */
function draftFiles(before: readonly string[] = []): string[] {
  const folder = path.join(profile, 'data', 'drafts');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names.filter((name) => name.endsWith('.draft.json') && !before.includes(name));
}

describe('every kind of output', () => {
  it('is shown as JupyterLab shows it, and saved as nbclient saves it', async () => {
    const page = await app.notebook();
    await untilIdle(page);
    await chooseMenu(app, 'run-all');
    await answerInput(page, tour.length, 'Ada');
    await untilIdle(page);
    const output = (id: string, look: (output: Locator) => Promise<void>) =>
      lookAt(
        page,
        tour.findIndex((cell) => cell.id === id),
        (cell) => look(cell.locator('.jp-OutputArea-output')),
      );

    await lookAt(page, 0, async (title) => {
      expect(await title.locator('mjx-container').count()).toBe(2);
      expect(await title.locator('h1').innerText(brief)).toContain('A tour');
    });
    let plain = '';
    await output('stdout', async (stdout) => {
      expect(await stdout.innerText(brief)).toBe('hello\nline 0\nline 1\nline 2\nline 3\nline 4');
      plain = await background(stdout);
    });
    await output('stderr', async (stderr) => {
      expect(await stderr.innerText(brief)).toBe('to stderr');
      expect(await background(stderr)).not.toBe(plain);
    });
    await output('png', async (png) => expect(await imageSize(png)).toEqual([64, 32]));
    await output('svg', async (svg) => expect(await imageSize(svg)).toEqual([120, 40]));
    await output('html', async (html) => {
      expect(await html.locator('table td').allInnerTexts()).toEqual(['alpha', '1']);
    });
    await output('clear', async (shown) => expect(await shown.innerText(brief)).toBe('pass 3'));
    for (const [id, text] of [
      ['updates', "'step 3'"],
      ['bar', '100% ##########'],
      ['result', "{'answer': 42}"],
      ['after', 'after the error'],
    ] as const) {
      await output(id, async (shown) => expect((await shown.innerText(brief)).trim()).toBe(text));
    }
    await output('error', async (error) => {
      expect(await error.innerText(brief)).toContain('ValueError: wrong on purpose');
      expect(await colours(error)).toBeGreaterThan(2);
    });

    await save(page);
    const saved = outputsById(await savedNotebook(server, 'tour.ipynb'));
    const file = path.join(server.root, 'reference.ipynb');
    fs.writeFileSync(file, JSON.stringify(notebookOf(tour)));
    const reference = outputsById(await nbclientOutputs(file, false));
    const { question: asked, ...others } = saved;
    expect(others).toEqual(reference);
    expect(Object.keys(others)).toHaveLength(tour.length - 1);
    expect(asked).toEqual({
      count: tour.length,
      outputs: normalizeOutputs([
        { output_type: 'stream', name: 'stdin', text: 'Name? Ada\n' },
        { output_type: 'stream', name: 'stdout', text: 'Hello Ada\n' },
      ]),
    });
  });
});

async function answerInput(page: Page, index: number, text: string): Promise<void> {
  await expect.poll(() => statusText(page, 'kernel'), look).toContain('Running');
  const field = (await restingCell(page, index)).locator('.jp-Stdin-input');
  await field.waitFor();
  expect(await field.getAttribute('aria-label')).toBe('Name?');
  await field.fill(text);
  await expect.poll(() => statusText(page, 'cursor'), look).toBe('Answering');
  await field.press('Enter');
  await expect.poll(() => statusText(page, 'cursor'), look).not.toBe('Answering');
}

function background(output: Locator): Promise<string> {
  return output.evaluate((node) => getComputedStyle(node).backgroundColor, undefined, brief);
}

/** How many text colours stand in it. */
function colours(output: Locator): Promise<number> {
  return output.evaluate(
    (node) => new Set([...node.querySelectorAll('*')].map((one) => getComputedStyle(one).color)).size,
    undefined,
    brief,
  );
}

function imageSize(output: Locator): Promise<number[]> {
  return output.locator('img').evaluate(
    async (node) => {
      if (!(node instanceof HTMLImageElement)) return [];
      await node.decode();
      return [node.naturalWidth, node.naturalHeight];
    },
    undefined,
    brief,
  );
}

describe('the keys of JupyterLab', () => {
  it('insert, delete, cut, copy, paste, take back and merge cells', async () => {
    const { page } = await open(small);
    await selectCell(page, 0);
    await press(page, 'a');
    await expect.poll(() => cellTexts(page), look).toEqual(['', 'one = 1', 'two = 2', 'three = 3']);
    await press(page, 'd', 'd');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', 'two = 2', 'three = 3']);
    await press(page, 'b');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', '', 'two = 2', 'three = 3']);
    await press(page, 'z');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', 'two = 2', 'three = 3']);
    await selectCell(page, 0);
    await press(page, 'c', 'v');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', 'one = 1', 'two = 2', 'three = 3']);
    await press(page, 'x');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1', 'two = 2', 'three = 3']);
    await selectCell(page, 0);
    await press(page, 'Shift+ArrowDown', 'Shift+m');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1\n\ntwo = 2', 'three = 3']);
  });

  it('change the kind of a cell, go into it and out of it, and run it', async () => {
    const { page } = await open([{ id: 'text', source: '# heading' }, ...small]);
    await selectCell(page, 0);
    await press(page, 'm');
    await expect.poll(() => page.locator('.jp-MarkdownCell').count(), look).toBe(1);
    await press(page, 'Shift+Enter');
    await page.locator('.jp-MarkdownCell h1').waitFor();
    await selectCell(page, 0);
    await press(page, 'Enter');
    await page.locator('.jp-Notebook.jp-mod-editMode').waitFor();
    await page.keyboard.type('!');
    await press(page, 'Escape');
    await page.locator('.jp-Notebook.jp-mod-commandMode').waitFor();
    await press(page, 'y');
    await expect.poll(() => page.locator('.jp-MarkdownCell').count(), look).toBe(0);
    await expect.poll(async () => (await cellTexts(page))[0], look).toContain('!');
    await selectCell(page, 1);
    await press(page, 'Shift+Enter', 'Control+Enter');
    await expect
      .poll(() => page.locator('.jp-Cell-inputArea .jp-InputPrompt').allTextContents(), look)
      .toEqual(['[ ]:', '[1]:', '[2]:', '[ ]:']);
  });

  it('complete a name with Tab', async () => {
    const { page } = await open([
      { id: 'long', source: 'a_rather_long_name = 1' },
      { id: 'use', source: '' },
    ]);
    await selectCell(page, 0);
    await press(page, 'Shift+Enter');
    // Idle is what the kernel was before as well: the number says that it ran.
    await page.locator('.jp-InputPrompt').getByText('[1]:').waitFor();
    await untilIdle(page);
    await press(page, 'Enter');
    await page.keyboard.type('a_rat');
    await press(page, 'Tab');
    const offered = page.locator('.jp-Completer:not(.lm-mod-hidden)');
    await offered.waitFor();
    expect(await offered.innerText()).toContain('a_rather_long_name');
    await press(page, 'Enter');
    await expect.poll(() => cellTexts(page), look).toEqual(['a_rather_long_name = 1', 'a_rather_long_name']);
    await page.keyboard.type('.');
    await press(page, 'Tab');
    await offered.waitFor();
    expect(await offered.innerText()).toContain('bit_length');
  });

  it('interrupt a running cell with I I, and restart the kernel with 0 0', async () => {
    await answerDialogs(app, 0);
    const { page } = await open([
      { id: 'sleep', source: "import time\nprint('begun', flush=True)\ntime.sleep(600)" },
      { id: 'kept', source: "print('kept' in dir())\nkept = 1" },
    ]);
    await selectCell(page, 0);
    await press(page, 'Control+Enter');
    await page.getByText('begun', { exact: true }).waitFor();
    await press(page, 'i', 'i');
    await page.getByText('KeyboardInterrupt').first().waitFor();
    await untilIdle(page);
    await selectCell(page, 1);
    await press(page, 'Control+Enter');
    const output = page.locator('.jp-Cell').nth(1).locator('.jp-OutputArea-output');
    await expect.poll(() => output.allInnerTexts(), look).toEqual(['False']);
    await press(page, 'Control+Enter');
    await expect.poll(() => output.allInnerTexts(), look).toEqual(['True']);
    await press(page, '0', '0');
    // A kernel that was restarted counts from one again, and knows nothing.
    await untilIdle(page);
    await press(page, 'Control+Enter');
    await expect.poll(() => output.allInnerTexts(), look).toEqual(['False']);
    await expect
      .poll(() => page.locator('.jp-Cell-inputArea .jp-InputPrompt').allTextContents(), look)
      .toEqual(['[1]:', '[1]:']);
  });
});

describe('edits', () => {
  it('are unsaved until they are saved, and can be thrown away', async () => {
    await answerDialogs(app, 0);
    const others = draftFiles();
    const { page, file } = await open(small);
    await page.locator('.jp-Notebook .cm-content').first().click();
    await press(page, 'Control+End');
    await page.keyboard.type(' + 10');
    await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Unsaved edits');
    await save(page);
    expect(JSON.stringify(await savedNotebook(server, file))).toContain('one = 1 + 10');
    await page.keyboard.type(' + 100');
    await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Unsaved edits');
    await expect.poll(() => draftFiles(others).length, look).toBe(1);
    await chooseMenu(app, 'revert');
    await expect.poll(() => cellTexts(page), look).toEqual(['one = 1 + 10', 'two = 2', 'three = 3']);
    await expect.poll(() => statusText(page, 'unsaved'), look).toBe('Saved');
    await expect.poll(() => draftFiles(others).length, look).toBe(0);
    expect(JSON.stringify(await savedNotebook(server, file))).not.toContain('100');
  });

  it('are none when a notebook was only opened', async () => {
    const others = draftFiles();
    const { page, file } = await open(small);
    const before = fs.readFileSync(path.join(server.root, file), 'utf8');
    await untilIdle(page);
    // The kernel has told its language by now, and JupyterLab has written that into the notebook's metadata.
    await page.locator('.cm-content[data-language="python"]').first().waitFor();
    await expect.poll(() => page.locator('.nj-Dot').getAttribute('data-state'), look).toBe('idle');
    expect(await statusText(page, 'unsaved')).toBe('Saved');
    expect(draftFiles(others)).toEqual([]);
    const title = await app.electron.evaluate(
      ({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()
          .find((window) => window.webContents.getURL().includes('/notebook/'))
          ?.getTitle() ?? '',
    );
    expect(title).toContain(file);
    expect(title).not.toMatch(/^[*•]/);
    await closeNotebooks(app);
    expect(draftFiles(others)).toEqual([]);
    expect(fs.readFileSync(path.join(server.root, file), 'utf8')).toBe(before);
  });
});
