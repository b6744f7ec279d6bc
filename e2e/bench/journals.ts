/**
 * How journals of any length open, seek, search and export, and how small they are.
 *
 * Sessions are made up and written through the real store, as the app writes them: training loops that print, progress
 * bars, images, errors, over many cells. What is timed is what a window waits for, in this process, with the file in
 * the system's cache. Ten million messages take minutes to write: NIGHTJAR_BENCH_MESSAGES=10000000 asks for them.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exported } from '../../electron/core/export/export.ts';
import { notebookOf, TestSession } from '../../electron/core/journal/testing/session.ts';
import { SearchIndex } from '../../electron/core/library/search.ts';
import { Shelf } from '../../electron/core/library/shelf.ts';
import { infoOf } from '../../electron/core/playback/info.ts';
import { Player } from '../../electron/core/playback/player.ts';
import { batchBytesMax } from '../../shared/limits.ts';
import { type Figure, median } from './table.ts';

type Say = (line: string) => void;

const cells = 40;
const seeks = 200;
const opens = 5;

/** Numbers that look like chance and are the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One message of a cell that trains: mostly a line, now and then something else. */
function step(session: TestSession, index: number, random: () => number): void {
  session.timeMs += random() < 0.001 ? 2_000 : 1 + random() * 4;
  if (index % 20_000 === 19_999) {
    const image = Buffer.from(Array.from({ length: 15_000 }, () => Math.floor(random() * 256))).toString('base64');
    session.say('display_data', {
      data: { 'image/png': image, 'text/plain': '<Figure>' },
      metadata: {},
      transient: {},
    });
  } else if (index % 7 === 0) {
    session.print(`\r${String(index % 1_000).padStart(4)}/1000 [${'='.repeat((index % 1_000) / 40).padEnd(25)}]`);
  } else {
    const loss = (3 * Math.exp(-index / 200_000) + random() * 0.1).toFixed(5);
    session.print(
      `epoch ${index >> 10} step ${index} loss ${loss} lr 3.0e-04 ${(random() * 900).toFixed(1)} samples/s\n`,
    );
  }
}

/** Writes a journal of about so many messages; answers the bytes of its frames. */
function write(file: string, messages: number): number {
  const session = new TestSession(file, { journalId: path.basename(file, '.nightjar') });
  const random = chance(messages);
  const sources = Object.fromEntries(
    Array.from({ length: cells }, (_, index) => [`cell-${index}`, `train(part=${index})\nplot()`]),
  );
  session.snapshot(notebookOf({ title: '# Training', ...sources }), 'loaded');
  const perCell = Math.max(1, Math.floor(messages / cells) - 5);
  for (let cell = 0; cell < cells; cell++) {
    session.begin(`cell-${cell}`, sources[`cell-${cell}`] ?? '');
    for (let index = 0; index < perCell; index++) {
      step(session, cell * perCell + index, random);
      if (session.heldBytes >= batchBytesMax) {
        session.settle();
      }
    }
    if (cell % 10 === 9) {
      session.fail('RuntimeError', `part ${cell} diverged`);
    } else {
      session.end();
    }
  }
  session.store.setMeta({ state: 'closed' });
  session.close();
  return session.frameBytes;
}

function timed<Value>(work: () => Value): { readonly ms: number; readonly value: Value } {
  const startMs = performance.now();
  const value = work();
  return { ms: performance.now() - startMs, value };
}

function opened(file: string): Player {
  const result = Player.open(file);
  if (!result.ok) {
    throw new Error(result.problem.sentence);
  }
  return result.value;
}

function measureOpen(file: string): { open: number[]; paint: number[] } {
  const open: number[] = [];
  const paint: number[] = [];
  for (let round = 0; round < opens; round++) {
    const player = timed(() => opened(file));
    const info = timed(() => infoOf(player.value, null));
    const first = timed(() => player.value.moment(info.value.lastSeq, null));
    open.push(player.ms + info.ms);
    paint.push(player.ms + info.ms + first.ms);
    player.value.close();
  }
  return { open, paint };
}

function measureSeeks(file: string, messages: number): number[] {
  const player = opened(file);
  const random = chance(7);
  const { lastSeq } = player;
  const times = Array.from({ length: seeks }, () => timed(() => player.moment(Math.ceil(random() * lastSeq), null)).ms);
  player.close();
  return messages > 0 ? times : [];
}

function measureSearch(dir: string): { index: number; search: number[] } {
  const shelf = new Shelf(dir);
  const search = new SearchIndex(shelf);
  const { ms } = timed(() => {
    do {
      search.step();
    } while (!search.isCurrent);
  });
  const queries = ['loss', 'epoch 7', 'step 54321', 'ep', 'diverged', 'l', 'samples 899', 'nowhere', 'Runtime'];
  const times = queries.map((query) => timed(() => search.search(query, 50)).ms);
  search.close();
  shelf.close();
  return { index: ms, search: times };
}

function measureExport(file: string): number {
  const player = opened(file);
  const { ms } = timed(() => {
    for (const _part of exported(player, 'ipynb', null, 'bench')) {
      // Only made, not written.
    }
  });
  player.close();
  return ms;
}

/** The most this process ever had in memory: of writing, opening, seeking, indexing and searching, whatever came before. */
const peakMebibytes = (): number => process.resourceUsage().maxRSS / 1024;

function measureSize(messages: number, say: Say): Figure[] {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-bench-journals-'));
  try {
    const file = path.join(dir, 'bench.nightjar');
    const written = timed(() => write(file, messages));
    const { size } = fs.statSync(file);
    say(`${messages.toLocaleString('en')} messages written in ${(written.ms / 1000).toFixed(1)} s`);
    const { open, paint } = measureOpen(file);
    const times = measureSeeks(file, messages);
    const { index, search } = measureSearch(dir);
    const readPeak = peakMebibytes();
    const exportMs = measureExport(file);
    const exportPeak = peakMebibytes();
    const name = (what: string): string => `${messages.toLocaleString('en')} messages: ${what}`;
    const isLarge = messages > 1_000_000;
    const aim = (ms: number): string => `≤ ${isLarge ? 2 * ms : ms} ms`;
    return [
      { name: name('open'), unit: 'ms', values: open, aim: aim(300) },
      { name: name('first paint'), unit: 'ms', values: paint, aim: '' },
      { name: name('seek, median'), unit: 'ms', values: [median(times)], aim: aim(100) },
      { name: name(`seek, worst of ${seeks}`), unit: 'ms', values: [Math.max(...times)], aim: aim(300) },
      { name: name('search, median'), unit: 'ms', values: [median(search)], aim: aim(200) },
      { name: name('search, worst'), unit: 'ms', values: [Math.max(...search)], aim: aim(200) },
      { name: name('indexing for search'), unit: 's', values: [index / 1000], aim: '' },
      { name: name('export as a notebook'), unit: 's', values: [exportMs / 1000], aim: '' },
      { name: name('bytes a message'), unit: 'B', values: [size / messages], aim: '' },
      { name: name('of the raw frames'), unit: '%', values: [(100 * size) / written.value], aim: '≤ 10 %' },
      { name: name('written'), unit: '1000/s', values: [messages / written.ms], aim: '' },
      { name: name('memory at most, until here'), unit: 'MiB', values: [readPeak], aim: 'bounded' },
      { name: name('and with the whole notebook exported'), unit: 'MiB', values: [exportPeak], aim: '' },
    ];
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

export async function measureJournals(say: Say): Promise<Figure[]> {
  const asked = (process.env.NIGHTJAR_BENCH_MESSAGES ?? '10000,1000000').split(',').map(Number);
  return asked.filter((messages) => messages >= 1_000).flatMap((messages) => measureSize(messages, say));
}
