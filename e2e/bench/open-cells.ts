/**
 * From the command to a notebook of 500 cells on the screen: the file fetched, the model made, the first screen drawn.
 *
 * The app runs already and Home gives the command, as a double click there does. The notebook is mixed: prose with
 * formulas, code, text, tables, errors and pictures as outputs.
 */
import type { Page } from 'playwright-core';
import { TestApp } from '../support/app.ts';
import { startJupyter, type TestServer } from '../support/jupyter-server.ts';
import type { Figure } from './table.ts';

const runs = 3;
const cells = 500;

/** A picture of one pixel: decoding is Chromium's, the way to it is ours. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

function outputsOf(index: number): unknown[] {
  const data = { 'text/plain': `<row ${index}>` };
  switch (index % 5) {
    case 0:
      return [
        { output_type: 'stream', name: 'stdout', text: Array.from({ length: 20 }, (_, line) => `line ${line}\n`) },
      ];
    case 1: {
      const rows = Array.from({ length: 10 }, (_, row) => `<tr><td>${row}</td><td>${row * index}</td></tr>`).join('');
      const html = `<table><tr><th>row</th><th>value</th></tr>${rows}</table>`;
      const result = { data: { ...data, 'text/html': html }, metadata: {}, execution_count: index };
      return [{ output_type: 'execute_result', ...result }];
    }
    case 2:
      return [{ output_type: 'display_data', data: { ...data, 'image/png': pixel }, metadata: {} }];
    case 3: {
      const traceback = ['\u001b[0;31mValueError\u001b[0m: wrong', '  line 1', '  line 2'];
      return [{ output_type: 'error', ename: 'ValueError', evalue: 'wrong', traceback }];
    }
    default:
      return [];
  }
}

function cellOf(index: number): unknown {
  const id = `cell-${index}`;
  if (index % 3 === 0) {
    const source = `## Part ${index}\n\nSome **prose** with $x_${index}^2$, a [link](https://jupyter.org) and\n\n- a list\n- of two`;
    return { id, cell_type: 'markdown', metadata: {}, source };
  }
  const source = `import math\n\ndef part_${index}(x):\n    """Documented."""\n    return [math.sqrt(value) for value in x]\n\npart_${index}(range(${index}))`;
  return { id, cell_type: 'code', metadata: {}, source, outputs: outputsOf(index), execution_count: index };
}

/** Prose with formulas, code, text, tables, errors and pictures. */
export function mixedNotebook(cells: number): unknown {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: Array.from({ length: cells }, (_, index) => cellOf(index)),
  };
}

/** Adds the server in Home, as a person does, and answers the id it got. */
export async function addServer(app: TestApp, server: TestServer): Promise<string> {
  const home = await app.window('home');
  await home.locator('form.add input').first().fill(`${server.baseUrl}?token=${server.token}`);
  await home.keyboard.press('Enter');
  const serverWindow = await app.window('server');
  const serverId = await home.evaluate(async () => {
    const bridge: unknown = Reflect.get(window, 'nightjar');
    const { invoke } = bridge as { invoke(name: string, args: unknown): Promise<unknown> };
    const answer = (await invoke('servers.list', {})) as { value: readonly { serverId: string }[] };
    return answer.value[0]?.serverId ?? '';
  });
  await serverWindow.close();
  return serverId;
}

/** Gives the command as Home's list does, and says when by the wall clock. */
export function openFromHome(home: Page, serverId: string, notebook: string): Promise<number> {
  return home.evaluate(
    async ({ serverId, notebook }) => {
      const timeMs = performance.timeOrigin + performance.now();
      const bridge: unknown = Reflect.get(window, 'nightjar');
      const { invoke } = bridge as { invoke(name: string, args: unknown): Promise<unknown> };
      await invoke('notebooks.open', { serverId, path: notebook, newWindow: true });
      return timeMs;
    },
    { serverId, notebook },
  );
}

/** Where a window of Nightjar has its notebook once it can be worked in. */
export const nightjarNotebook = 'body[data-nightjar-state="ready"] .jp-Notebook';
/** What stands in the first two cells of a mixed notebook. */
export const mixedBeginning: readonly string[] = ['Part 0', 'def part_1'];

/**
 * When these texts of a notebook were painted, in milliseconds since 1970. A cell alone proves nothing: an empty one may
 * be shown until the file is there.
 */
export async function paintedTimeMs(page: Page, notebook: string, texts: readonly string[]): Promise<number> {
  const painted = await page.waitForFunction(
    ({ notebook, texts }) => {
      const shown = document.querySelector(notebook)?.textContent ?? '';
      return texts.every((text) => shown.includes(text))
        ? new Promise<number>((resolve) => {
            requestAnimationFrame(() =>
              requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())),
            );
          })
        : 0;
    },
    { notebook, texts },
    { polling: 'raf', timeout: 120_000 },
  );
  return Number(await painted.jsonValue());
}

async function openTimesMs(keepWindowReady: boolean, say: (line: string) => void): Promise<number[]> {
  const server = await startJupyter();
  const profile = TestApp.newProfile({ keepWindowReady });
  const app = await TestApp.start(profile);
  try {
    await server.rest('PUT', 'api/contents/mixed.ipynb', {
      type: 'notebook',
      format: 'json',
      content: mixedNotebook(cells),
    });
    const home = await app.window('home');
    const serverId = await addServer(app, server);
    const values: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      if (keepWindowReady) await app.untilReadyWindow();
      const before = await app.seen();
      const startedMs = await openFromHome(home, serverId, 'mixed.ipynb');
      const page = await app.nextNotebook(before);
      values.push((await paintedTimeMs(page, nightjarNotebook, mixedBeginning)) - startedMs);
      say(`${cells} cells opened: ${values.at(-1)?.toFixed(0)} ms`);
      await page.close();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    return values;
  } finally {
    await app.close();
    await server.stop();
    TestApp.removeProfile(profile);
  }
}

export async function measureOpening(say: (line: string) => void): Promise<Figure[]> {
  const aim = '≤ 2,000 ms';
  return [
    { name: `open ${cells} cells`, unit: 'ms', values: await openTimesMs(true, say), aim },
    { name: '  when no window is kept ready', unit: 'ms', values: await openTimesMs(false, say), aim },
  ];
}
