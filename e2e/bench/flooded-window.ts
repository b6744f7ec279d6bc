/**
 * The app under a flood: what the main process needs, how the window stays alive, when the last line is on the screen.
 *
 * A cell makes 100,000 messages while somebody types in the next one. The page measures itself: frames that came late,
 * tasks that were long, and for every key the time from the keystroke to the frame that shows it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { journalFiles } from '../../electron/core/journal/library.ts';
import { JournalReader } from '../../electron/core/journal/reader.ts';
import { entryKinds } from '../../shared/journal/entries.ts';
import { FrameReader } from '../../shared/wire/codec.ts';
import { notebookAddress, TestApp } from '../support/app.ts';
import { startJupyter, type TestServer, yieldToApp } from '../support/jupyter-server.ts';
import { notebookOf } from '../support/notebooks.ts';
import { floodCode, unlimited } from './journaling.ts';
import { type Figure, median, percentile } from './table.ts';
import { lastSeen, nightjarEnd, traceLongestTask, type Watched, watch, watchedOf, watchIdle } from './watching.ts';

const runs = 3;
const lines = 100_000;
/** Took 60 to 120 s on two cores that others used as well. */
const floodTimeoutMs = 300_000;
/** Between two keystrokes: a fast typist. */
const keyIntervalMs = 150;
const sampleIntervalMs = 50;

/** The last line says when it was printed; kernel and window share this machine's clock. */
const flood = [
  'import time',
  floodCode(lines, "f'line {i}\\n'"),
  "sys.stdout.write(f'the end at {time.time() * 1000:.1f}\\n')",
].join('\n');

/** Megabytes of the main process. `own`: without the files of Electron that it maps, which all its processes share. */
interface Memory {
  readonly resident: number;
  readonly own: number;
}

async function memoryOf(app: TestApp): Promise<Memory> {
  if (process.platform === 'linux') {
    const status = fs.readFileSync(`/proc/${app.pid}/status`, 'utf8');
    const megabytes = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
    return { resident: megabytes('VmRSS'), own: megabytes('RssAnon') + megabytes('RssShmem') };
  }
  return app.electron.evaluate(({ app: electronApp }) => {
    const browser = electronApp.getAppMetrics().find((metric) => metric.type === 'Browser');
    const resident = (browser?.memory.workingSetSize ?? 0) / 1024;
    return { resident, own: (browser?.memory.privateBytes ?? 0) / 1024 };
  });
}

function mostOf(samples: readonly Memory[]): Memory {
  return {
    resident: Math.max(...samples.map(({ resident }) => resident)),
    own: Math.max(...samples.map(({ own }) => own)),
  };
}

interface Run {
  readonly watched: Watched;
  /** Longest task of the windows by processor time; 0 where nobody looked. */
  readonly longestTaskMs: number;
  /** Gaps between the frames of the Home window, which is open and idle. */
  readonly idleFrames: readonly number[];
  readonly idleMemory: Memory;
  readonly memory: Memory;
  readonly floodMs: number;
  /** When the last line reached this computer, by the journal. */
  readonly arrivedMs: number;
}

/** Read after the app has ended. Queues of the kernel and the server lie before this moment, ours behind it. */
function endArrivedMs(profile: string): number {
  for (const file of journalFiles(path.join(profile, 'data', 'journals'))) {
    const opened = JournalReader.open(file);
    if (!opened.ok) {
      continue;
    }
    const frames = new FrameReader();
    let arrivedMs = 0;
    for (const entry of opened.value.entries()) {
      const frame = entry.kind === entryKinds.frame ? frames.read(entry.body) : null;
      if (frame?.header.msg_type === 'stream' && String(frame.content().text).includes('the end at')) {
        arrivedMs = entry.timeUs / 1000;
      }
    }
    opened.value.close();
    if (arrivedMs > 0) {
      return arrivedMs;
    }
  }
  throw new Error('the last line of the flood is in no journal');
}

/** Tracing takes memory and time: what it tells is measured in a run of its own. */
async function runOnce(server: TestServer, notebook: string, isTraced: boolean): Promise<Run> {
  const profile = TestApp.newProfile();
  const app = await TestApp.start(profile, [notebookAddress(server, notebook)]);
  try {
    const page = await app.notebook();
    const cells = page.locator('.jp-Notebook .jp-Cell');
    const samples: Memory[] = [];
    await cells.first().locator('.jp-InputPrompt').click();
    const idleMemory = await memoryOf(app);
    yieldToApp(server);
    const idleFrames = await watchIdle(await app.window('home'));
    await watch(page, nightjarEnd);
    const longestTaskOf = isTraced ? await traceLongestTask(page) : () => Promise.resolve(0);
    const startedMs = Date.now();
    await page.keyboard.press('Shift+Enter');
    await cells.nth(1).locator('.cm-content').click();
    const deadline = Date.now() + floodTimeoutMs;
    let nextKeyMs = Date.now() + 1_000;
    let watched = await watchedOf(page);
    let nextLookMs = 0;
    while (watched.drawnMs === 0) {
      if (Date.now() > deadline) {
        throw new Error(`the last line did not show within ${floodTimeoutMs / 1000} s; ${await lastSeen(page)}`);
      }
      samples.push(await memoryOf(app));
      if (Date.now() >= nextKeyMs) {
        nextKeyMs = Date.now() + keyIntervalMs;
        await page.keyboard.press('x');
      }
      if (Date.now() >= nextLookMs) {
        nextLookMs = Date.now() + 500;
        watched = await watchedOf(page);
      }
      await new Promise((resolve) => setTimeout(resolve, sampleIntervalMs));
    }
    const frames = await idleFrames();
    const longestTaskMs = await longestTaskOf();
    await app.close();
    return {
      ...{ watched, longestTaskMs, idleFrames: frames, idleMemory, memory: mostOf(samples) },
      ...{ arrivedMs: endArrivedMs(profile), floodMs: watched.drawnMs - startedMs },
    };
  } finally {
    await app.close();
    TestApp.removeProfile(profile);
  }
}

export async function measureFloodedWindow(say: (line: string) => void): Promise<Figure[]> {
  const server = await startJupyter(undefined, unlimited);
  yieldToApp(server);
  const results: Run[] = [];
  const traced: Run[] = [];
  try {
    for (let run = 0; run <= runs; run += 1) {
      const notebook = `flood-${run}.ipynb`;
      const content = notebookOf([
        { id: 'flood', source: flood },
        { id: 'typing', source: '# ' },
      ]);
      await server.rest('PUT', `api/contents/${notebook}`, { type: 'notebook', format: 'json', content });
      const result = await runOnce(server, notebook, run === runs);
      (run === runs ? traced : results).push(result);
      const { watched, memory, idleMemory, floodMs } = result;
      say(
        `flood of ${lines} in a window: ${(floodMs / 1000).toFixed(1)} s, main process ${idleMemory.resident.toFixed(0)} to ` +
          `${memory.resident.toFixed(0)} MB, longest task ${Math.max(0, ...watched.tasks).toFixed(0)} ms, longest frame ` +
          `${Math.max(...watched.frames).toFixed(0)} ms, ${watched.tasks.length} long tasks, ${watched.keys.length} keys`,
      );
    }
  } finally {
    await server.stop();
  }
  const of = (value: (run: Run) => number): number[] => results.map(value);
  return [
    {
      ...{ name: 'main process in the flood, most', unit: 'MB', aim: '≤ 250 MB' },
      values: of(({ memory }) => memory.resident),
      note: `resident set during ${lines.toLocaleString('en-US')} messages, sampled; ${median(of(({ idleMemory }) => idleMemory.resident)).toFixed(0)} MB before it.`,
    },
    {
      ...{ name: '  its own, without mapped files', unit: 'MB', aim: '≤ 250 MB' },
      values: of(({ memory }) => memory.own),
      note: `${median(of(({ idleMemory }) => idleMemory.own)).toFixed(0)} MB before it. The rest is the program of Electron itself, which all its processes share.`,
    },
    {
      ...{ name: 'longest task in the window', unit: 'ms', aim: '≤ 50 ms' },
      values: of(({ watched }) => Math.max(0, ...watched.tasks)),
      note: 'tasks under 50 ms are not reported by Chromium and count as 0.',
    },
    {
      ...{ name: '  longest by its processor time', unit: 'ms', aim: '≤ 50 ms' },
      values: traced.map(({ longestTaskMs }) => longestTaskMs),
      note: 'what the window itself did; the rest of the task it waited for a core. Server and kernel run at low priority, as if they were elsewhere.',
    },
    {
      ...{ name: 'longest gap between frames', unit: 'ms', aim: '≤ 50 ms' },
      values: of(({ watched }) => Math.max(...watched.frames)),
      peer: of(({ idleFrames }) => Math.max(...idleFrames)),
      note: 'the peer is an idle window of the same app in the same minutes: what the machine itself holds up.',
    },
    {
      ...{ name: '  99th percentile of the gaps', unit: 'ms', aim: '' },
      values: of(({ watched }) => percentile(watched.frames, 0.99)),
      peer: of(({ idleFrames }) => percentile(idleFrames, 0.99)),
    },
    {
      ...{ name: 'last line: arrived to on screen', unit: 'ms', aim: '≤ 500 ms' },
      values: of(({ watched, arrivedMs }) => watched.drawnMs - arrivedMs),
    },
    {
      ...{ name: '  printed to on screen', unit: 'ms', aim: '' },
      values: of(({ watched }) => watched.drawnMs - watched.printedMs),
      note: 'mostly the queues of kernel and server, which hold some thousands of messages in a flood.',
    },
    {
      ...{ name: 'key to paint in the flood', unit: 'ms', aim: '≤ 50 ms' },
      values: of(({ watched }) => median(watched.keys)),
    },
    {
      ...{ name: '  95th percentile', unit: 'ms', aim: '' },
      values: of(({ watched }) => percentile(watched.keys, 0.95)),
    },
  ];
}
