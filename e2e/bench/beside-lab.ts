/**
 * Nightjar beside JupyterLab 4: the same notebooks on the same server, opened, run and typed into in turns.
 *
 * JupyterLab comes from pip and runs in a bare window of the engine that Nightjar's windows have, so that only the
 * clients differ. Both run already when a notebook is opened: a double click in Home there, the same in JupyterLab's
 * file browser here. Each client shows one notebook at a time.
 */
import fs from 'node:fs';
import type { Page } from 'playwright-core';
import { TestApp } from '../support/app.ts';
import { endSessions, type TestServer } from '../support/jupyter-server.ts';
import { LabPage, labPython, startLabServer } from '../support/jupyterlab.ts';
import { notebookOf } from '../support/notebooks.ts';
import { unlimited } from './journaling.ts';
import { addServer, mixedBeginning, mixedNotebook, openFromHome, paintedTimeMs } from './open-cells.ts';
import { type Figure, median, percentile } from './table.ts';
import { lastSeen, nightjarEnd, type Watched, watch, watchedOf } from './watching.ts';

const runs = 3;
/** What takes longer is told as this long. */
const doneTimeoutMs = 90_000;
/** Between two keystrokes: a fast typist. */
const keyIntervalMs = 150;
const sizes = [500, 2_000] as const;
const labNotebook = '.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook';
const labEnd = '.jp-Notebook .jp-OutputArea-output pre';
const theEnd = "print(f'the end at {time.time() * 1000:.1f}', flush=True)";

const longOutput = `import time\nfor i in range(100_000):\n    print(f'line {i}')\n${theEnd}`;
const flushedPrints = `import time\nfor i in range(10_000):\n    print(f'line {i}', flush=True)\n${theEnd}`;

/** A program that shows notebooks. */
interface Client {
  readonly endSelector: string;
  /** Opens a notebook and answers how long it took until these texts of it were painted, in milliseconds. */
  open(notebook: string, texts: readonly string[]): Promise<number>;
  /** The page with the notebook that was opened last. */
  page(): Page;
  untilIdle(): Promise<void>;
  /** Puts the notebook away; its kernel is shut down by the one who measures. */
  leave(): Promise<void>;
  /** Megabytes of all its processes, without the files of the engine that they map. */
  memoryMb(): Promise<number>;
  close(): Promise<void>;
}

async function startNightjar(server: TestServer): Promise<Client> {
  const profile = TestApp.newProfile({});
  const app = await TestApp.start(profile);
  const home = await app.window('home');
  const serverId = await addServer(app, server);
  let shown: Page | null = null;
  const page = (): Page => {
    if (shown === null) throw new Error('no notebook is open');
    return shown;
  };
  return {
    endSelector: nightjarEnd,
    page,
    open: async (notebook, texts) => {
      // Watched from within before it is opened, as JupyterLab's page is: looking for the window would take time from it.
      shown = await app.untilReadyWindow();
      const painted = paintedTimeMs(shown, '.nj-Frame .jp-Notebook', texts);
      const startedMs = await openFromHome(home, serverId, notebook);
      return (await painted) - startedMs;
    },
    untilIdle: async () => {
      await page()
        .locator('[data-testid="status-kernel"]')
        .filter({ hasText: /^Idle$/ })
        .waitFor({ timeout: 60_000 });
    },
    leave: async () => {
      await page().close();
      shown = null;
    },
    memoryMb: async () =>
      memoryOf(await app.electron.evaluate(({ app: one }) => one.getAppMetrics().map((m) => m.pid))),
    close: async () => {
      await app.close();
      TestApp.removeProfile(profile);
    },
  };
}

async function startLab(server: TestServer): Promise<Client> {
  const lab = await LabPage.open(server);
  const { page, electron } = lab.browser;
  return {
    endSelector: labEnd,
    page: () => page,
    open: async (notebook, texts) => {
      const startedMs = await lab.openNotebook(notebook);
      return (await paintedTimeMs(page, labNotebook, texts)) - startedMs;
    },
    untilIdle: () => lab.untilIdle(),
    leave: async () => {
      // It may ask what to do with changes. Every run writes its notebook anew.
      await lab.execute('application:close-all');
      const panel = page.locator('.jp-NotebookPanel');
      const discard = page.locator('.jp-Dialog button').filter({ hasText: 'Discard' });
      const deadline = Date.now() + 60_000;
      while ((await panel.count()) > 0) {
        if (Date.now() > deadline) throw new Error('JupyterLab did not close its notebook');
        if ((await discard.count()) > 0) await discard.first().click();
        await page.waitForTimeout(100);
      }
    },
    memoryMb: async () => memoryOf(await electron.evaluate(({ app }) => app.getAppMetrics().map((m) => m.pid))),
    close: () => lab.browser.close(),
  };
}

function memoryOf(pids: readonly number[]): number {
  if (process.platform !== 'linux') return Number.NaN;
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const [, amount] of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm)) kilobytes += Number(amount);
    } catch {
      // Ended meanwhile.
    }
  }
  return kilobytes / 1024;
}

interface Flooded {
  readonly watched: Watched;
  /** From Shift+Enter to the frame with the last line. */
  readonly doneMs: number;
  readonly memoryMb: number;
}

/** Runs the first cell, types in the second while it runs if asked to, and waits for the last line. */
async function flood(client: Client, isTyping: boolean, say: (line: string) => void): Promise<Flooded> {
  await client.untilIdle();
  const page = client.page();
  const cells = page.locator('.jp-Notebook .jp-Cell');
  await cells.first().locator('.jp-InputPrompt').first().click();
  await watch(page, client.endSelector);
  const startedMs = Date.now();
  await page.keyboard.press('Shift+Enter');
  // The next cell is chosen by then. Output that floods moves it away from under a pointer, and a letter that is not typed
  // into a cell is a command: this one would cut the cell.
  if (isTyping) {
    await page.keyboard.press('Enter');
    await cells.nth(1).locator('.cm-content:focus').waitFor({ state: 'attached' });
  }
  for (;;) {
    const nextMs = Date.now() + keyIntervalMs;
    if (isTyping) await page.keyboard.press('x');
    const watched = await watchedOf(page);
    const isLate = Date.now() - startedMs > doneTimeoutMs;
    if (watched.drawnMs > 0 || isLate) {
      if (isLate) say(`the last line did not show: ${await lastSeen(page)}`);
      const doneMs = isLate ? doneTimeoutMs : watched.drawnMs - startedMs;
      return { watched, doneMs, memoryMb: await client.memoryMb() };
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs - Date.now())));
  }
}

/** What one client did, per figure, over the runs. */
type Measured = Map<string, number[]>;

function add(measured: Measured, name: string, value: number): void {
  const values = measured.get(name) ?? [];
  values.push(value);
  measured.set(name, values);
}

async function runOnce(
  client: Client,
  server: TestServer,
  measured: Measured,
  say: (line: string) => void,
): Promise<void> {
  for (const size of sizes) {
    add(measured, `open ${size}`, await client.open(`mixed-${size}.ipynb`, mixedBeginning));
    await client.untilIdle();
    if (size === sizes.at(-1)) add(measured, 'memory of 2000', await client.memoryMb());
    await client.leave();
    await endSessions(server);
  }
  for (const [name, source, isTyping] of [
    ['long', longOutput, false],
    ['prints', flushedPrints, true],
  ] as const) {
    const cells = [
      { id: 'flood', source },
      { id: 'typing', source: '# ' },
    ];
    await server.rest('PUT', `api/contents/${name}.ipynb`, {
      ...{ type: 'notebook', format: 'json', content: notebookOf(cells) },
    });
    await client.open(`${name}.ipynb`, ['import time', 'range(']);
    const { watched, doneMs, memoryMb } = await flood(client, isTyping, say);
    add(measured, `${name}: done`, doneMs);
    add(measured, `${name}: frame`, Math.max(...watched.frames));
    add(measured, `${name}: memory`, memoryMb);
    if (isTyping) {
      add(measured, `${name}: key`, median(watched.keys));
      add(measured, `${name}: late key`, percentile(watched.keys, 0.95));
    }
    await client.leave();
    await endSessions(server);
  }
}

const rows: readonly { readonly key: string; readonly name: string; readonly unit: string; readonly aim: string }[] = [
  { key: 'open 500', name: 'open 500 cells', unit: 'ms', aim: 'ratio ≤ 0.5' },
  { key: 'open 2000', name: 'open 2,000 cells', unit: 'ms', aim: 'ratio ≤ 0.5' },
  { key: 'memory of 2000', name: '  memory with it, all processes', unit: 'MB', aim: 'ratio < 1' },
  { key: 'long: done', name: '100,000 lines of output, to the last on screen', unit: 'ms', aim: 'ratio ≤ 0.5' },
  { key: 'long: frame', name: '  longest gap between frames', unit: 'ms', aim: 'ratio < 1' },
  { key: 'long: memory', name: '  memory, all processes', unit: 'MB', aim: 'ratio < 1' },
  { key: 'prints: done', name: '10,000 flushed prints, to the last on screen', unit: 'ms', aim: 'ratio ≤ 0.5' },
  { key: 'prints: frame', name: '  longest gap between frames', unit: 'ms', aim: 'ratio < 1' },
  { key: 'prints: memory', name: '  memory, all processes', unit: 'MB', aim: 'ratio < 1' },
  { key: 'prints: key', name: '  key to paint meanwhile', unit: 'ms', aim: 'ratio < 1' },
  { key: 'prints: late key', name: '  95th percentile', unit: 'ms', aim: 'ratio < 1' },
];

export async function measureBesideLab(say: (line: string) => void): Promise<Figure[]> {
  const python = labPython();
  if (python === null) throw new Error('pip could not install JupyterLab, so there is nothing to compare with');
  const server = await startLabServer(python, unlimited);
  const mine: Measured = new Map();
  const theirs: Measured = new Map();
  try {
    for (const size of sizes) {
      const content = mixedNotebook(size);
      await server.rest('PUT', `api/contents/mixed-${size}.ipynb`, { type: 'notebook', format: 'json', content });
    }
    for (let run = 0; run < runs; run += 1) {
      for (const [name, start, measured] of [
        ['Nightjar', startNightjar, mine],
        ['JupyterLab', startLab, theirs],
      ] as const) {
        const client = await start(server);
        try {
          await runOnce(client, server, measured, say);
        } finally {
          await client.close();
        }
        const last = rows.map(
          ({ key, unit }) => `${key} ${(measured.get(key)?.at(-1) ?? Number.NaN).toFixed(0)} ${unit}`,
        );
        say(`${name}: ${last.join(', ')}`);
      }
    }
  } finally {
    await server.stop();
  }
  const note = `the peer is JupyterLab in a bare window of the same engine; ${runs} runs in turns. What took over ${doneTimeoutMs / 1000} s is told as that.`;
  return rows.map(({ key, name, unit, aim }, index) => ({
    ...{ name, unit, aim, values: mine.get(key) ?? [], peer: theirs.get(key) ?? [] },
    ...(index === 0 ? { note } : {}),
  }));
}
