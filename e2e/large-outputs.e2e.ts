/**
 * Outputs that nobody reads line by line: a million lines in the viewer, a notebook full of plots, a flood without end.
 *
 * Whatever a cell makes, all of it is there, the page holds only what is on the screen, and the window still answers.
 * The server itself lets a megabyte of text a second pass: what is larger comes from the recorder, so each notebook
 * waits for that before it runs anything.
 */
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { notebookAddress, outputText, TestApp } from './support/app.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import type { TestCell } from './support/notebooks.ts';
import { restingCell } from './support/outputs.ts';
import {
  cellTexts,
  chooseMenu,
  closeNotebooks,
  look,
  openNotebook,
  putNotebook,
  selectCell,
  statusText,
  untilIdle,
} from './support/pages.ts';

/** For what is large: it is made, fetched and shown on a machine that may be busy. */
const longLook = { timeout: 120_000, interval: 100 };

/** A thousand lines to a print, so that the messages are few. */
const million: readonly TestCell[] = [
  {
    id: 'million',
    source:
      "for first in range(0, 1_000_000, 1_000):\n    print('\\n'.join(f'line {i}' for i in range(first, first + 1_000)))",
  },
  { id: 'below', source: "print('below')" },
];

let server: TestServer;
let profile = '';
let app: TestApp;

beforeAll(async () => {
  server = await startJupyter();
  await putNotebook(server, 'million.ipynb', million);
  profile = TestApp.newProfile();
  app = await TestApp.start(profile, [notebookAddress(server, 'million.ipynb')]);
});

afterAll(async () => {
  await app?.close();
  TestApp.removeProfile(profile);
  await server?.stop();
});

async function untilRecorded(page: Page): Promise<void> {
  await untilIdle(page);
  await expect.poll(() => page.getByTestId('status-protection').textContent(), longLook).toBe('Recorded on the server');
}

/** A notebook of these cells in a window of its own. */
async function open(name: string, cells: readonly TestCell[]): Promise<Page> {
  await closeNotebooks(app);
  await putNotebook(server, name, cells);
  const page = await openNotebook(app, server, name);
  await untilRecorded(page);
  return page;
}

async function run(page: Page, cell: number): Promise<void> {
  await selectCell(page, cell);
  await page.keyboard.press('Control+Enter');
}

const promptOf = (cell: Locator): Promise<string | null> =>
  cell.locator('.jp-Cell-inputArea .jp-InputPrompt').textContent();

/** How many lines the output says it has; none while all of them are on the page. */
async function lineCount(page: Page): Promise<number> {
  const labels = await page.getByRole('button', { name: /^Open all / }).allTextContents();
  return Number(/[\d,]+/.exec(labels.join(''))?.[0].replaceAll(',', '') ?? 0);
}

describe('a million lines', () => {
  /** Three times what is drawn for a window of usual height. */
  const drawnMax = 300;

  let page: Page;
  let viewer: Locator;
  let hasRun = false;

  beforeEach(async () => {
    if (!hasRun) return;
    await page.getByRole('button', { name: 'Open all 1,000,000 lines' }).click();
    await viewer.waitFor();
  });

  afterEach(async () => {
    if (hasRun && (await viewer.count()) > 0) await viewer.getByRole('button', { name: 'Close', exact: true }).click();
    await viewer.waitFor({ state: 'detached' });
  });

  it('are printed, and the cell says how many there are', { timeout: 300_000 }, async () => {
    page = await app.notebook();
    await untilRecorded(page);
    await run(page, 0);
    await expect.poll(() => promptOf(page.locator('.jp-Notebook .jp-Cell').first()), longLook).toBe('[1]:');
    await expect.poll(() => lineCount(page), longLook).toBe(1_000_000);
    viewer = page.getByRole('dialog', { name: 'Output [1]' });
    hasRun = true;
  });

  /** A line as the viewer shows it: its number, counted from one, and its text. */
  const row = (line: number): string => `${line + 1} line ${line}`;

  /** What a person sees: lines that are drawn above and below the screen are left out. */
  const seen = (): Promise<string[]> =>
    viewer.locator('.nj-TextViewer-scroller').evaluate((scroller) => {
      const screen = scroller.getBoundingClientRect();
      return [...scroller.querySelectorAll<HTMLElement>('.nj-TextViewer-line')]
        .filter((line) => {
          const { top, bottom } = line.getBoundingClientRect();
          return top >= screen.top - 2 && bottom <= screen.bottom + 2;
        })
        .map((line) => `${line.dataset.line} ${line.textContent}`);
    });

  const told = (): Promise<string | null> => viewer.getByRole('status').textContent();
  const current = (): Promise<string[]> => viewer.locator('.nj-TextViewer-line.nj-mod-current').allTextContents();

  async function find(text: string): Promise<void> {
    await page.keyboard.press('Control+f');
    await page.keyboard.type(text);
  }

  async function expectStays(line: number): Promise<void> {
    await expect.poll(seen, look).toContain(row(line));
    // The viewer looks four times a second whether more has come; what stands on the screen must not move by that.
    await page.waitForTimeout(1_000);
    expect(await seen()).toContain(row(line));
  }

  it('are all in the viewer, which draws only the screen and goes to what is searched', async () => {
    expect(await viewer.locator('.nj-TextViewer-count').textContent()).toBe('1,000,000 lines');
    await expect.poll(async () => (await seen())[0], look).toBe(row(0));
    await find('line 987654');
    await expect.poll(told, longLook).toMatch(/^1 of 1 line/);
    await expectStays(987_654);
    expect(await current()).toEqual(['line 987654']);
    const lines = await seen();
    const first = Number.parseInt(lines[0] ?? '', 10) - 1;
    expect(lines.length).toBeGreaterThan(10);
    expect(lines).toEqual(lines.map((_line, index) => row(first + index)));
    expect(await viewer.locator('.nj-TextViewer-line').count()).toBeLessThan(drawnMax);
  });

  it('are walked from one found line to the next, and around their end', async () => {
    await find('line 99999');
    await expect.poll(told, longLook).toBe('1 of 11 lines');
    await expect.poll(seen, look).toContain(row(99_999));
    await page.keyboard.press('Enter');
    await expect.poll(told, look).toBe('2 of 11 lines');
    await expect.poll(seen, look).toContain(row(999_990));
    await page.keyboard.press('Shift+Enter');
    await expect.poll(told, look).toBe('1 of 11 lines');
    await page.keyboard.press('Shift+Enter');
    await expect.poll(told, look).toBe('11 of 11 lines');
    expect(await current()).toEqual(['line 999999']);
    await expectStays(999_999);
  });

  it('are told not to contain what they do not contain', async () => {
    await find('line 1000000');
    await expect.poll(told, longLook).toBe('Not found');
    expect(await current()).toEqual([]);
  });

  it('keep a found line on the screen also a little before their end', async () => {
    await find('line 999960');
    await expect.poll(told, longLook).toMatch(/^1 of 1 line/);
    await expectStays(999_960);
    expect(await current()).toEqual(['line 999960']);
  });

  it('are gone through to their ends by the keyboard', async () => {
    await page.keyboard.press('End');
    await expectStays(999_999);
    expect((await seen()).at(-1)).toBe(row(999_999));
    expect(await viewer.locator('.nj-TextViewer-line').count()).toBeLessThan(drawnMax);
    await page.keyboard.press('Home');
    await expectStays(0);
    expect((await seen())[0]).toBe(row(0));
  });

  // Last, because it adds a cell.
  it('take the keys while the viewer is open, and give them back to the notebook', async () => {
    const cells = page.locator('.jp-Notebook .jp-Cell');
    const hasFocus = (): Promise<boolean> =>
      page.evaluate(() => document.activeElement?.closest('.jp-Notebook') != null);
    await page.keyboard.press('d');
    await page.keyboard.press('d');
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    expect(await cellTexts(page)).toHaveLength(million.length);
    expect(await hasFocus()).toBe(true);
    await selectCell(page, 0);
    const output = cells.first().locator('.jp-OutputArea-child').first();
    await output.dispatchEvent('contextmenu', { clientX: 200, clientY: 200 });
    await page.locator('.lm-Menu-itemLabel').getByText('Open in Viewer', { exact: true }).click();
    await viewer.waitFor();
    await viewer.getByRole('button', { name: 'Close', exact: true }).click();
    await viewer.waitFor({ state: 'detached' });
    await expect.poll(hasFocus, look).toBe(true);
    await page.keyboard.press('b');
    await expect.poll(async () => (await cellTexts(page)).slice(1), look).toEqual(['', "print('below')"]);
  });
});

describe('fifty plots', () => {
  const plots = Array.from({ length: 50 }, (_, index) => index + 1);
  /** Each plot has a width of its own, so that none is taken for another. */
  const widthOf = (plot: number): number => 256 + plot;
  const cells: readonly TestCell[] = [
    {
      id: 'setup',
      source: [
        '%matplotlib inline',
        // As wide as the figure, not as wide as what is drawn in it.
        "%config InlineBackend.print_figure_kwargs = {'bbox_inches': None}",
        'import matplotlib.pyplot as plt',
      ].join('\n'),
    },
    ...plots.map((plot) => ({
      id: `plot-${plot}`,
      source: `plt.figure(figsize=(${widthOf(plot)} / 64, 3), dpi=64)\nplt.plot([${plot}, 3, 2])\nplt.show()`,
    })),
  ];

  async function expectPlots(page: Page): Promise<void> {
    for (const plot of plots) {
      const shown = async (): Promise<unknown> =>
        (await restingCell(page, plot)).evaluate((cell) => ({
          prompt: cell.querySelector('.jp-Cell-inputArea .jp-InputPrompt')?.textContent,
          widths: [...cell.querySelectorAll<HTMLImageElement>('.jp-OutputArea-output img')].map(
            (image) => image.naturalWidth,
          ),
        }));
      await expect.poll(shown, longLook).toEqual({ prompt: `[${plot + 1}]:`, widths: [widthOf(plot)] });
    }
  }

  it('are in their cells after one run, and again after the window was reloaded', async () => {
    const page = await open('plots.ipynb', cells);
    await chooseMenu(app, 'run-all');
    await expectPlots(page);
    await untilIdle(page);
    await page.reload();
    await page.waitForSelector('body[data-nightjar-state="ready"]');
    await expectPlots(page);
  });
});

// Last, because a kernel that could not be interrupted would keep the machine busy.
describe('a flood without end', () => {
  const flood = "import itertools\nfor i in itertools.count():\n    print('flood', i)";

  /** The numbers of the lines of the flood that stand on the page. */
  async function shownNumbers(page: Page): Promise<number[]> {
    const lines = (await outputText(page, 0)).split('\n');
    return lines.filter((line) => /^flood \d+$/.test(line)).map((line) => Number(line.slice('flood '.length)));
  }

  it('leaves the window usable, ends by I I, and is there to its last line', async () => {
    const page = await open('flood.ipynb', [
      { id: 'flood', source: flood },
      { id: 'last', source: '' },
    ]);
    await run(page, 0);
    await expect.poll(() => lineCount(page), longLook).toBeGreaterThan(100_000);
    const below = await restingCell(page, 1);
    await below.locator('.cm-content').click();
    await page.keyboard.type('i');
    await expect.poll(async () => (await cellTexts(page))[1], look).toBe('i');
    expect(await statusText(page, 'kernel')).toContain('Running');
    await page.keyboard.press('Escape');
    await page.locator('.jp-Notebook.jp-mod-commandMode').waitFor();
    await page.keyboard.press('i');
    await page.keyboard.press('i');
    await page.getByText('KeyboardInterrupt').first().waitFor({ timeout: longLook.timeout });
    await untilIdle(page);

    const answering = await restingCell(page, 1);
    await answering.locator('.jp-Cell-inputArea .jp-InputPrompt').click();
    await page.keyboard.press('Control+Enter');
    const answer = answering.locator('.jp-OutputArea-output');
    await answer.waitFor();
    const last = Number(await answer.innerText());
    expect(last).toBeGreaterThan(100_000);
    await expect.poll(() => promptOf(answering), look).toBe('[2]:');

    const flooded = await restingCell(page, 0);
    expect(await promptOf(flooded)).toBe('[1]:');
    // Its text and its error: no word of the server's about its rate limit, no gap.
    const outputs = flooded.locator('.jp-OutputArea-output');
    expect(await outputs.count()).toBe(2);
    expect(await outputs.nth(1).innerText()).toMatch(/KeyboardInterrupt:?\s*$/);
    expect(await flooded.getByTestId('note-gap').count()).toBe(0);
    // The interrupt may have come before, in or after the printing of the last number.
    await expect.poll(async () => (await lineCount(page)) - last, look).toBeOneOf([0, 1]);
    await expect.poll(async () => (await shownNumbers(page)).at(-1), look).toBeOneOf([last - 1, last]);
    const numbers = await shownNumbers(page);
    const [first = 0] = numbers;
    expect(numbers.length).toBeGreaterThan(100);
    expect(numbers).toEqual(numbers.map((_number, index) => first + index));
  });
});
