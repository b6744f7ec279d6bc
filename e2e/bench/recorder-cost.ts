/**
 * What a recorder costs its kernel: the same work with one and without, in turns, by the kernel's own clocks.
 *
 * Every line is sent to one subscriber more. How much of its processor time a kernel spends on that, all threads, is
 * measured line by line, at a pace that leaves the machine in peace; for work that prints as much as a person reads it
 * follows how much slower the work gets. A flood of single prints is the worst there is: nothing but messages. With a
 * client that takes all of it in, kernel, server and client already fill two cores, and a recorder takes its time from
 * them.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { startJupyter, type TestServer } from '../support/jupyter-server.ts';
import { unlimited } from './journaling.ts';
import { flood, guarded } from './recovery.ts';
import { type Figure, median } from './table.ts';

const floodMessages = 40_000;
/** Enough for the client to be gone before the kernel begins. */
const headStart = 'import time; time.sleep(2)';
const pacedLines = 2_000;
/** Lines in a second: as many as a person can follow. */
const readLines = 50;
/** The kernel's own processor time, in seconds: its threads send what another one printed. */
const paced = [
  'begun = time.process_time()',
  `for i in range(${pacedLines}):`,
  "    print(f'step {i}', flush=True)",
  '    time.sleep(0.004)',
  'time.sleep(0.3)',
  'spent = time.process_time() - begun',
].join('\n');

interface Case {
  readonly name: string;
  readonly source: string;
  readonly isAway: boolean;
  readonly runs: number;
}

const cases: readonly Case[] = [
  { name: `${pacedLines.toLocaleString('en')} paced lines, processor time`, source: paced, isAway: true, runs: 7 },
  { name: 'nothing but single prints, nobody connected', source: flood(floodMessages), isAway: true, runs: 3 },
  { name: 'nothing but single prints, to a client', source: flood(floodMessages), isAway: false, runs: 3 },
];

interface Cost {
  readonly seconds: number;
  /** Of the recorder; 0 where there is none. */
  readonly megabytes: number;
}

async function runOnce(server: TestServer, { source, isAway }: Case, hasRecorder: boolean): Promise<Cost> {
  const { window, session, proxy, kernelId, end } = await guarded(server, hasRecorder);
  try {
    const file = path.join(server.root, 'spent.txt');
    // Beside and renamed, so that it is never read half written.
    const tell = `import os; open('${file}.new', 'w').write(str(spent)); os.rename('${file}.new', '${file}')`;
    const msgId = window.run(`${headStart}\n${source}\n${tell}`);
    await window.until(() => session.execution(msgId)?.state === 'running');
    if (isAway) {
      proxy.setEntrance('refused');
      proxy.cut();
    }
    // A word of the kernel on another thread makes the server call it idle: only the file says that it is done.
    while (!fs.existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 100));
    const seconds = Number(fs.readFileSync(file, 'utf8'));
    fs.rmSync(file);
    return { seconds, megabytes: hasRecorder ? recorderMegabytes(kernelId) : 0 };
  } finally {
    await end();
  }
}

function recorderMegabytes(kernelId: string): number {
  if (process.platform !== 'linux') return Number.NaN;
  const lines = execFileSync('ps', ['-eo', 'rss,args'], { encoding: 'utf8' }).split('\n');
  const line = lines.find((text) => text.includes('--nightjar-record') && text.includes(kernelId));
  return Number(/^\s*(\d+)/.exec(line ?? '')?.[1] ?? Number.NaN) / 1024;
}

export async function measureRecorder(say: (line: string) => void): Promise<Figure[]> {
  // Without a recorder the server's rate limit would drop messages and so spare itself work.
  const server = await startJupyter(undefined, unlimited);
  const memory: number[] = [];
  const figures: Figure[] = [];
  try {
    for (const one of cases) {
      const [withOne, without] = [[] as number[], [] as number[]];
      for (let run = 0; run < one.runs; run += 1) {
        const { seconds, megabytes } = await runOnce(server, one, true);
        withOne.push(seconds);
        memory.push(megabytes);
        without.push((await runOnce(server, one, false)).seconds);
        say(`${one.name}: ${seconds.toFixed(2)} s with a recorder, ${without.at(-1)?.toFixed(2)} s without`);
      }
      figures.push({
        ...{ name: `a recorder’s cost: ${one.name}`, unit: 's', aim: '', values: withOne, peer: without },
        ...(figures.length === 0
          ? { note: 'by the kernel’s own clocks; the peer is the same without a recorder.' }
          : {}),
      });
      if (one.source === paced) {
        const share = (seconds: number): number => (100 * readLines * (seconds - median(without))) / pacedLines;
        const name = `  so work that prints ${readLines} lines a second takes longer by`;
        figures.push({ name, unit: '%', aim: '< 1 %', values: withOne.map(share) });
      }
    }
  } finally {
    await server.stop();
  }
  return [...figures, { ...{ name: 'memory of a recorder', unit: 'MB', aim: '≤ 50 MB' }, values: memory }];
}
