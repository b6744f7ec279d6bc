/**
 * One stage of a journal's life, in a process of its own: written, opened, sought in, searched, exported. What a stage
 * holds in memory is then its own, and the memory it may take is what the app gives the thread that does it.
 *
 * Asked by one message from its parent, answers with one, and ends.
 */
import path from 'node:path';
import { exported } from '../../electron/core/export/export.ts';
import { notebookOf, TestSession } from '../../electron/core/journal/testing/session.ts';
import { SearchIndex } from '../../electron/core/library/search.ts';
import { Shelf } from '../../electron/core/library/shelf.ts';
import { infoOf } from '../../electron/core/playback/info.ts';
import { Player } from '../../electron/core/playback/player.ts';
import { batchBytesMax } from '../../shared/limits.ts';

export type StageName = 'write' | 'open' | 'seek' | 'index' | 'search' | 'export';

export interface StageRequest {
  readonly stage: StageName;
  readonly dir: string;
  readonly messages: number;
}

/** Times in ms, or bytes of frames where a journal is written. */
export interface StageResult {
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly peakMebibytes: number;
}

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

function measureSeeks(file: string): number[] {
  const player = opened(file);
  const random = chance(7);
  const { lastSeq } = player;
  const times = Array.from({ length: seeks }, () => timed(() => player.moment(Math.ceil(random() * lastSeq), null)).ms);
  player.close();
  return times;
}

function withIndex<Value>(dir: string, work: (search: SearchIndex) => Value): Value {
  const shelf = new Shelf(dir);
  const search = new SearchIndex(shelf);
  try {
    return work(search);
  } finally {
    search.close();
    shelf.close();
  }
}

function measureIndexing(dir: string): number {
  return withIndex(dir, (search) => {
    const { ms } = timed(() => {
      do {
        search.step();
      } while (!search.isCurrent);
    });
    return ms;
  });
}

const queries = ['loss', 'epoch 7', 'step 54321', 'ep', 'diverged', 'l', 'samples 899', 'nowhere', 'Runtime'];

function measureSearch(dir: string): number[] {
  return withIndex(dir, (search) => queries.map((query) => timed(() => search.search(query, 50)).ms));
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

function valuesOf({ stage, dir, messages }: StageRequest): StageResult['values'] {
  const file = path.join(dir, 'bench.nightjar');
  switch (stage) {
    case 'write': {
      const { ms, value } = timed(() => write(file, messages));
      return { written: [ms], frameBytes: [value] };
    }
    case 'open':
      return { ...measureOpen(file) };
    case 'seek':
      return { seek: measureSeeks(file) };
    case 'index':
      return { index: [measureIndexing(dir)] };
    case 'search':
      return { search: measureSearch(dir) };
    case 'export':
      return { export: [measureExport(file)] };
  }
}

process.once('message', (request: StageRequest) => {
  const values = valuesOf(request);
  const result: StageResult = { values, peakMebibytes: process.resourceUsage().maxRSS / 1024 };
  process.send?.(result, () => process.disconnect());
});
