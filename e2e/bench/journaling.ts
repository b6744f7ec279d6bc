/**
 * How fast a real kernel's output becomes durable, beside a bare websocket client that throws the same output away.
 *
 * The two take turns on one server, a fresh kernel and a fresh process for each run. Afterwards every journal is
 * proved, and must hold every message: a fast journal with a hole would be no journal.
 *
 * Server and kernel are another machine in life. On this one they have a core of their own and the client has another,
 * so that neither takes the time of the other; beside it stands what comes out when all share every core.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { journalFiles } from '../../electron/core/journal/library.ts';
import { JournalReader } from '../../electron/core/journal/reader.ts';
import { verifyJournal } from '../../electron/core/journal/verify.ts';
import { entryKinds } from '../../shared/journal/entries.ts';
import { FrameReader } from '../../shared/wire/codec.ts';
import { hasCommand } from '../support/app.ts';
import { startJupyter, type TestServer } from '../support/jupyter-server.ts';
import { askProcess } from './ask-process.ts';
import type { FloodRequest, FloodResult } from './flood-client.ts';
import type { Figure } from './table.ts';

/** Runs of each: the middle one of three is not the one in which the machine was doing something else. */
const runs = 3;

export interface Flood {
  readonly name: string;
  readonly messages: number;
  readonly code: string;
}

/** Switches off the server's limiter (zero means none) under both names it has had. */
export const unlimited: readonly string[] = ['ServerApp', 'ZMQChannelsWebsocketConnection'].flatMap((owner) => [
  `--${owner}.iopub_msg_rate_limit=0`,
  `--${owner}.iopub_data_rate_limit=0`,
]);

/**
 * Python that prints `lineCount` lines, a message each. One write a line: `print` makes two, and the kernel's own timed
 * flush now and then comes between them. Between kernel and server ZeroMQ drops what a queue of 1,000 messages does
 * not hold (a sixth of this flood, before any client can see it); here the kernel waits instead, so that what is
 * measured is the way and not the hole in it.
 */
export function floodCode(lineCount: number, line: string): string {
  return [
    'import sys, zmq',
    'thread = get_ipython().kernel.iopub_thread',
    'thread.schedule(lambda: thread.socket.setsockopt(zmq.XPUB_NODROP, 1))',
    `for i in range(${lineCount}):`,
    `    sys.stdout.write(${line})`,
    '    sys.stdout.flush()',
  ].join('\n');
}

const lines = 100_000;
const small: Flood = { name: 'small messages', messages: lines, code: floodCode(lines, "f'line {i}\\n'") };

const bodies = 1_000;
const large: Flood = { name: '100 kB messages', messages: bodies, code: floodCode(bodies, "'x' * 99_999 + '\\n'") };

function beside(name: string): string {
  return path.join(import.meta.dirname, name);
}

/** Which core the server has with its kernels, and which the client. */
const cores = { server: 0, client: 1 } as const;

function canDivideCores(): boolean {
  return process.platform === 'linux' && os.availableParallelism() >= 2 && hasCommand('taskset');
}

/** Keeps a process on these cores, with all its threads and what it starts from now on. */
function keepOn(pid: number, list: string): void {
  const { status, stderr } = spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', list, String(pid)]);
  if (status !== 0) {
    throw new Error(`taskset could not keep process ${pid} on the cores ${list}: ${stderr.toString().trim()}`);
  }
}

function runOnce(request: FloodRequest, isApart: boolean): Promise<FloodResult> {
  return askProcess('flood-client', `a ${request.client} client`, request, {
    prepare: ({ pid }) => {
      if (isApart && pid !== undefined) keepOn(pid, String(cores.client));
    },
  });
}

/** Output messages in a journal; throws when the journal is not sound. */
function provedMessages(file: string): number {
  const opened = JournalReader.open(file);
  if (!opened.ok) {
    throw new Error(opened.problem.sentence);
  }
  const reader = opened.value;
  try {
    const { findings } = verifyJournal(reader);
    if (findings.length > 0) {
      throw new Error(`the journal of a flood is not sound: ${findings.join(' ')}`);
    }
    const frames = new FrameReader();
    let count = 0;
    for (const entry of reader.entries()) {
      const isOutput = entry.kind === entryKinds.frame && frames.read(entry.body)?.header.msg_type === 'stream';
      count += isOutput ? 1 : 0;
    }
    return count;
  } finally {
    reader.close();
  }
}

async function onFreshKernel(
  server: TestServer,
  client: FloodRequest['client'],
  flood: Flood,
  isApart: boolean,
): Promise<FloodResult> {
  const model = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
  const journalDir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-bench-'));
  try {
    const { baseUrl, token } = server;
    const result = await runOnce(
      {
        ...{ client, baseUrl, token, kernelId: model.id, code: flood.code, journalDir },
        workerFile: beside('../app/journal-worker.js'),
      },
      isApart,
    );
    const kept = client === 'bare' ? result.messages : journalFiles(journalDir).map(provedMessages)[0];
    if (result.messages !== flood.messages || kept !== flood.messages) {
      throw new Error(`${client}: ${result.messages} of ${flood.messages} messages came, ${kept ?? 0} are kept`);
    }
    return result;
  } finally {
    fs.rmSync(journalDir, { recursive: true, force: true });
    await server.rest('DELETE', `api/kernels/${model.id}`);
  }
}

const perSecond = ({ messages, elapsedMs }: FloodResult): number => (messages * 1000) / elapsedMs;
const megabytesPerSecond = ({ bytes, elapsedMs }: FloodResult): number => bytes / 1000 / elapsedMs;

async function compare(server: TestServer, flood: Flood, isApart: boolean, say: (line: string) => void) {
  if (canDivideCores()) {
    keepOn(server.pid, isApart ? String(cores.server) : `0-${os.cpus().length - 1}`);
  }
  const nightjar: FloodResult[] = [];
  const bare: FloodResult[] = [];
  for (let run = 0; run < runs; run += 1) {
    for (const [client, results] of [['nightjar', nightjar] as const, ['bare', bare] as const]) {
      const result = await onFreshKernel(server, client, flood, isApart);
      results.push(result);
      say(
        `${flood.name}, ${client}: ${(result.elapsedMs / 1000).toFixed(1)} s, ${result.cpuMs.toFixed(0)} ms of processor`,
      );
    }
  }
  return { nightjar, bare };
}

const cpuOf = (results: readonly FloodResult[]): number[] => results.map(({ cpuMs }) => cpuMs / 1000);
const cpuPer100MbOf = (results: readonly FloodResult[]): number[] =>
  results.map(({ cpuMs, bytes }) => (cpuMs / 1000) * (1e8 / bytes));

async function measureBoth(server: TestServer, isApart: boolean, say: (line: string) => void): Promise<Figure[]> {
  const many = await compare(server, small, isApart, say);
  const big = await compare(server, large, isApart, say);
  const where = isApart || !canDivideCores() ? '' : ', all on the same cores';
  const aim = where === '' ? 'ratio ≥ 0.9' : '';
  const journaled = `${small.messages.toLocaleString('en-US')} of ${small.messages.toLocaleString('en-US')}`;
  const machines = isApart ? ' Server and kernel have one core, the client has another.' : '';
  return [
    {
      ...{ name: `small messages journaled${where}`, unit: 'messages/s', aim },
      values: many.nightjar.map(perSecond),
      peer: many.bare.map(perSecond),
      note: `flushed prints, first to last committed; ${journaled} stood in every journal. The peer is a websocket client that throws everything away.${machines}`,
    },
    {
      ...{ name: '  processor time for them', unit: 's', aim: '' },
      values: cpuOf(many.nightjar),
      peer: cpuOf(many.bare),
    },
    {
      ...{ name: `100 kB messages journaled${where}`, unit: 'MB/s', aim },
      values: big.nightjar.map(megabytesPerSecond),
      peer: big.bare.map(megabytesPerSecond),
    },
    {
      ...{ name: '  processor time per 100 MB', unit: 's', aim: '' },
      values: cpuPer100MbOf(big.nightjar),
      peer: cpuPer100MbOf(big.bare),
    },
  ];
}

export async function measureJournaling(say: (line: string) => void): Promise<Figure[]> {
  const server = await startJupyter(undefined, unlimited);
  try {
    const apart = canDivideCores() ? await measureBoth(server, true, say) : [];
    return [...apart, ...(await measureBoth(server, false, say))];
  } finally {
    await server.stop();
  }
}
