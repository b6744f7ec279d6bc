/**
 * How journals of any length open, seek, search and export, how small they are, and what memory that takes.
 *
 * Sessions are made up and written through the real store, as the app writes them: training loops that print, progress
 * bars, images, errors, over many cells. What is timed is what a window waits for, with the file in the system's cache.
 * Each stage has a process of its own, with the memory that the app allows the thread for it. Ten million messages take
 * minutes to write: NIGHTJAR_BENCH_MESSAGES=10000000 asks for them.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { libraryWorkerHeapMegabytes } from '../../shared/limits.ts';
import { askProcess } from './ask-process.ts';
import type { StageName, StageRequest, StageResult } from './journal-stage.ts';
import { type Figure, median } from './table.ts';

type Say = (line: string) => void;

async function measureSize(messages: number, say: Say): Promise<Figure[]> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-bench-journals-'));
  const values: Record<string, readonly number[]> = {};
  const peaks = new Map<StageName, number>();
  const count = messages.toLocaleString('en');
  try {
    for (const stage of ['write', 'open', 'seek', 'index', 'search', 'export'] as const) {
      const request: StageRequest = { stage, dir, messages };
      const result = await askProcess<StageResult>('journal-stage', `the stage "${stage}" of a journal`, request, {
        execArgv: [`--max-old-space-size=${libraryWorkerHeapMegabytes}`],
      });
      Object.assign(values, result.values);
      peaks.set(stage, result.peakMebibytes);
      say(`${count} messages: ${stage} done`);
    }
    const of = (name: string): readonly number[] => values[name] ?? [];
    const most = (name: string): number => Math.max(...of(name));
    const { size } = fs.statSync(path.join(dir, 'bench.nightjar'));
    const name = (what: string): string => `${count} messages: ${what}`;
    const isLarge = messages > 1_000_000;
    const aim = (ms: number): string => `≤ ${isLarge ? 2 * ms : ms} ms`;
    const peak = (stage: StageName): Figure => ({
      name: name(`memory at most: ${stage}`),
      unit: 'MiB',
      values: [peaks.get(stage) ?? 0],
      aim: 'bounded',
    });
    return [
      { name: name('open'), unit: 'ms', values: [...of('open')], aim: aim(300) },
      { name: name('first paint'), unit: 'ms', values: [...of('paint')], aim: '' },
      { name: name('seek, median'), unit: 'ms', values: [median(of('seek'))], aim: aim(100) },
      { name: name(`seek, worst of ${of('seek').length}`), unit: 'ms', values: [most('seek')], aim: aim(300) },
      { name: name('search, median'), unit: 'ms', values: [median(of('search'))], aim: aim(200) },
      { name: name('search, worst'), unit: 'ms', values: [most('search')], aim: aim(200) },
      { name: name('indexing for search'), unit: 's', values: [most('index') / 1000], aim: '' },
      { name: name('export as a notebook'), unit: 's', values: [most('export') / 1000], aim: '' },
      { name: name('bytes a message'), unit: 'B', values: [size / messages], aim: '' },
      { name: name('of the raw frames'), unit: '%', values: [(100 * size) / most('frameBytes')], aim: '≤ 10 %' },
      { name: name('written'), unit: '1000/s', values: [messages / most('written')], aim: '' },
      ...[...peaks.keys()].map(peak),
    ];
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

export async function measureJournals(say: Say): Promise<Figure[]> {
  const asked = (process.env.NIGHTJAR_BENCH_MESSAGES ?? '10000,1000000').split(',').map(Number);
  const figures: Figure[] = [];
  for (const messages of asked.filter((one) => one >= 1_000)) {
    figures.push(...(await measureSize(messages, say)));
  }
  return figures;
}
