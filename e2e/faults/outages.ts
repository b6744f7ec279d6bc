/**
 * The outages that stock servers and clients are known to lose output in, each run with both clients at once: one
 * server, a kernel and a faulty path for each client, the same cell, the same fault at the same time.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import WebSocket from 'ws';
import type { KernelSession } from '../../electron/core/sessions/session.ts';
import { asKernelId } from '../../shared/ids.ts';
import type { Frame } from '../../shared/wire/codec.ts';
import { accessTo, CoreHost, TestWindow } from '../support/core-host.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import type { TestServer } from '../support/jupyter-server.ts';
import { StockClient } from './stock-client.ts';

export interface Seen {
  readonly text: string;
  /** What came, in its order, for a person who looks for a fault. */
  readonly course?: () => string;
  readonly error: boolean;
  readonly chart: boolean;
  readonly reply: boolean;
  readonly prompt: boolean;
  /** It says itself that more is to come: a silence is then no end. */
  readonly isComing?: boolean;
  /** Why it has nothing to show: it never was connected, say. */
  readonly problem?: string;
}

const nothing: Seen = { text: '', error: false, chart: false, reply: false, prompt: false };

/** Messages in the order they came, consecutive ones of a type and consecutive lines as one. */
function courseOf(frames: readonly Frame[]): string {
  const parts: string[] = [];
  let lines: { from: number; to: number } | null = null;
  const endLines = (): void => {
    if (lines !== null) parts.push(`lines ${lines.from} to ${lines.to}`);
    lines = null;
  };
  for (const frame of frames) {
    const { msg_type: type } = frame.header;
    const numbers =
      type === 'stream' ? [...String(frame.content().text).matchAll(/^line (\d+)$/gm)].map(([, n]) => Number(n)) : [];
    if (numbers.length === 0) {
      endLines();
      parts.push(type === 'status' ? String(frame.content().execution_state) : type);
    }
    for (const number of numbers) {
      if (lines !== null && number === lines.to + 1) {
        lines.to = number;
      } else {
        endLines();
        lines = { from: number, to: number };
      }
    }
  }
  endLines();
  return parts.slice(-60).join(', ');
}

export interface OutageClient {
  ready(): Promise<void>;
  run(code: string): void;
  look(): Seen;
  close(): Promise<void>;
}

/** Nightjar's core with a window on it. */
class NightjarClient implements OutageClient {
  private readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-outage-'));
  private readonly host: CoreHost;
  private session: KernelSession | null = null;
  private window: TestWindow | null = null;
  private msgId = '';

  constructor(
    baseUrl: string,
    token: string,
    private readonly kernelId: string,
  ) {
    this.host = new CoreHost(this.dir, accessTo(baseUrl, token));
  }

  async ready(): Promise<void> {
    const session = await this.host.ensure(asKernelId(this.kernelId));
    this.session = session;
    this.window = new TestWindow(session);
    // One that is not reached in half a minute is tried again, with pauses.
    const deadline = Date.now() + 150_000;
    while (session.status().protection.state !== 'recorded' || session.isHolding) {
      if (Date.now() > deadline)
        throw new Error(`not recorded: ${JSON.stringify(session.status().protection)}\n${this.host.log.join('\n')}`);
      await pause(50);
    }
  }

  run(code: string): void {
    this.msgId = this.window?.run(code, { stdin: true }) ?? '';
  }

  look(): Seen {
    const frames = this.window?.of(this.msgId) ?? [];
    const types = new Set(frames.map((frame) => frame.header.msg_type));
    const { link, protection, recovery } = this.session?.status() ?? {};
    const isHolding = this.session?.isHolding ?? false;
    const state = { link, protection, recovery, isHolding };
    return {
      isComing: isHolding || this.session?.execution(this.msgId)?.state !== 'done',
      text: this.window?.text(this.msgId) ?? '',
      course: () => [courseOf(frames), JSON.stringify(state), ...this.host.log.slice(-40)].join('\n'),
      ...{ error: types.has('error'), chart: types.has('display_data') },
      ...{ reply: types.has('execute_reply'), prompt: types.has('input_request') },
    };
  }

  async close(): Promise<void> {
    await this.host.close();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Outage {
  readonly name: string;
  readonly lines: number;
  /** What else must be there at the end. */
  readonly also: readonly ('reply' | 'chart' | 'error' | 'prompt')[];
  readonly code: string;
  /** Longest time from the start of the cell to the end of the outage. */
  readonly seconds: number;
  readonly strike: (path: Path) => Promise<void>;
}

/** One client's way to its kernel, with the faults that can strike it. */
export interface Path {
  readonly proxy: FaultProxy;
  readonly kernelId: string;
  readonly server: TestServer;
  /** Somebody else's tab; answers what closes it. */
  openOther(): () => void;
}

export interface OutageResult {
  readonly name: string;
  readonly lines: number;
  readonly nightjar: Seen;
  readonly stock: Seen;
  readonly also: Outage['also'];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Nothing for 30 s: then nothing more comes, unless the client says that it does. */
const quietLooksMax = 120;
/** A server without a free core works off what all outages at once left behind. */
const comingMs = 240_000;

const paced = (count: number, perSecond: number): string =>
  `import sys, time\nbegun = time.time()\nfor i in range(${count}):\n    sys.stdout.write(f'line {i}\\n'); sys.stdout.flush()\n    time.sleep(max(0, begun + (i + 1) / ${perSecond} - time.time()))`;
/**
 * Between kernel and server ZeroMQ drops what a queue of 1,000 does not hold, when the machine starves: here the kernel
 * waits instead, so that what is compared is what happens behind it.
 */
const flushed = (count: number): string =>
  `import sys, zmq\nthread = get_ipython().kernel.iopub_thread\nthread.schedule(lambda: thread.socket.setsockopt(zmq.XPUB_NODROP, 1))\nfor i in range(${count}):\n    sys.stdout.write(f'line {i}\\n'); sys.stdout.flush()`;
/** The path is cut so that the server sees it, and nobody gets through for a while. */
const away = async ({ proxy }: Path, ms: number): Promise<void> => {
  proxy.setEntrance('refused');
  proxy.cut();
  await pause(ms);
  proxy.setEntrance('open');
};
const halfOpen = async ({ proxy }: Path, ms: number): Promise<void> => {
  proxy.setEntrance('silent');
  proxy.blackhole();
  await pause(ms);
  proxy.setEntrance('open');
};
const chart = "display({'image/png': 'iVBORw0KGgo='}, raw=True)";

export const outages: readonly Outage[] = [
  {
    ...{ name: '15 s half-open, 50 lines/s', lines: 1_500, also: ['reply'], seconds: 20, code: paced(1_500, 50) },
    strike: async (way) => {
      await pause(5_000);
      await halfOpen(way, 15_000);
    },
  },
  {
    ...{ name: '45 s away after a clean cut, 50 lines/s', lines: 2_500, also: ['reply'], seconds: 50 },
    code: paced(2_500, 50),
    strike: async (way) => {
      await pause(3_000);
      await away(way, 45_000);
    },
  },
  {
    ...{ name: '20,000 flushed prints while away', lines: 20_000, also: ['reply'], seconds: 25 },
    code: `import time\ntime.sleep(3)\n${flushed(20_000)}`,
    strike: async (way) => {
      await pause(1_000);
      await away(way, 20_000);
    },
  },
  {
    ...{ name: '6,000 prints, a chart and an error while away', lines: 6_000, also: ['reply', 'chart', 'error'] },
    ...{ seconds: 20, code: `import time\ntime.sleep(3)\n${flushed(6_000)}\n${chart}\nraise ValueError('end')` },
    strike: async (way) => {
      await pause(1_000);
      await away(way, 15_000);
    },
  },
  {
    ...{ name: 'another client opens the kernel meanwhile', lines: 750, also: ['reply'], seconds: 15 },
    code: paced(750, 50),
    strike: async (way) => {
      await pause(3_000);
      const outage = away(way, 10_000);
      await pause(4_000);
      const close = way.openOther();
      await pause(3_000);
      close();
      await outage;
    },
  },
  {
    ...{ name: 'another client stays connected', lines: 750, also: ['reply'], seconds: 15, code: paced(750, 50) },
    strike: async (way) => {
      const close = way.openOther();
      await pause(3_000);
      await away(way, 10_000);
      setTimeout(close, 10_000);
    },
  },
  {
    ...{ name: 'cut again in the middle of the replay', lines: 6_000, also: ['reply'], seconds: 20 },
    code: `import time\ntime.sleep(3)\n${flushed(6_000)}`,
    strike: async (way) => {
      await pause(1_000);
      way.proxy.setEntrance('refused');
      way.proxy.cut();
      await pause(12_000);
      way.proxy.cutAfter(60_000);
      way.proxy.setEntrance('open');
    },
  },
  {
    ...{ name: 'a flood above the rate limit, connected', lines: 8_000, also: ['reply'], seconds: 10 },
    ...{ code: flushed(8_000), strike: async () => undefined },
  },
  {
    ...{ name: 'input() is asked while away', lines: 1, also: ['prompt'], seconds: 12 },
    code: "import time\nprint('line 0')\ntime.sleep(3)\ninput('? ')",
    strike: async (way) => {
      await pause(1_000);
      await away(way, 8_000);
    },
  },
];

/** Too long for every test run. */
export const longOutages: readonly Outage[] = [
  {
    ...{ name: '150 s half-open, 20 lines/s', lines: 3_400, also: ['reply'], seconds: 160, code: paced(3_400, 20) },
    strike: async (way) => {
      await pause(5_000);
      await halfOpen(way, 150_000);
    },
  },
];

/** What ipykernel itself prints into a cell when its own output waits for ten seconds, as on a machine without a free core. */
const kernelsOwnLine = 'IOStream.flush timed out';

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== kernelsOwnLine);

/** Lines that came, each once. */
export function linesIn(text: string): number {
  return new Set(linesOf(text).filter((line) => /^line \d+$/.test(line))).size;
}

/** What a client has not, or has in another way than it was printed; empty when all is as it should be. */
export function faultsIn(seen: Seen, { lines, also }: Pick<Outage, 'lines' | 'also'>): string[] {
  if (seen.problem !== undefined) return [seen.problem];
  // The last line ends as the others do, and nothing follows.
  const expected = [...Array.from({ length: lines }, (_, index) => `line ${index}`), ''];
  const shown = linesOf(seen.text);
  const wrong = expected.findIndex((line, index) => shown[index] !== line);
  const more = shown.length - expected.length;
  return [
    ...(wrong < 0 ? [] : [`instead of line ${wrong}: ${JSON.stringify(shown.slice(wrong, wrong + 3))}`]),
    ...(more <= 0 ? [] : [`${more} lines too many`]),
    ...also.filter((what) => !seen[what]).map((what) => `no ${what}`),
  ];
}

/** The same for a person who looks for the fault: with all that came. */
export function faultsAndCourse(seen: Seen, outage: Pick<Outage, 'lines' | 'also'>): string[] {
  const faults = faultsIn(seen, outage);
  return faults.length === 0 || seen.course === undefined ? faults : [...faults, `what came: ${seen.course()}`];
}

/** Everything there, once, in order. */
export function isWhole(seen: Seen, outage: Pick<Outage, 'lines' | 'also'>): boolean {
  return faultsIn(seen, outage).length === 0;
}

/** What never ends says so here, instead of in a time limit that names nothing. */
async function within<Value>(ms: number, what: string, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/** A client at its own kernel, over its own path. */
interface Seat {
  readonly client: OutageClient;
  readonly proxy: FaultProxy;
  readonly kernelId: string;
  /** Why it is not connected. */
  readonly problem?: string;
}

type MakeClient = (baseUrl: string, kernelId: string) => OutageClient;

async function takeSeat(server: TestServer, make: MakeClient): Promise<Seat> {
  const { id: kernelId } = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
  const proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
  const client = make(`http://127.0.0.1:${proxy.port}/`, kernelId);
  const seat = { client, proxy, kernelId };
  return within(200_000, `connecting (${client.constructor.name})`, client.ready()).then(
    () => seat,
    (error: unknown) => ({ ...seat, problem: String(error) }),
  );
}

async function leaveSeat(server: TestServer, { client, proxy, kernelId }: Seat): Promise<void> {
  await within(60_000, 'closing', client.close());
  await proxy.stop();
  await within(60_000, 'the end of the kernel', server.rest('DELETE', `api/kernels/${kernelId}`)).catch(
    () => undefined,
  );
}

async function throughOutage(server: TestServer, outage: Outage, seat: Seat): Promise<Seen> {
  const { client, proxy, kernelId, problem } = seat;
  try {
    if (problem !== undefined) return { ...nothing, problem };
    client.run(outage.code);
    await outage.strike({ proxy, server, kernelId, openOther: () => openOther(server, kernelId) });
    // As long as it takes while something still comes, or while a client says itself that it does.
    const deadline = Date.now() + comingMs;
    let before = '';
    for (let quietLooks = 0; quietLooks < quietLooksMax && Date.now() < deadline; ) {
      await pause(250);
      const seen = client.look();
      if (isWhole(seen, outage)) break;
      quietLooks = seen.text === before && seen.isComing !== true ? quietLooks + 1 : 0;
      before = seen.text;
    }
    return client.look();
  } finally {
    await leaveSeat(server, seat);
  }
}

function openOther(server: TestServer, kernelId: string): () => void {
  const url = `${server.baseUrl.replace(/^http/, 'ws')}api/kernels/${kernelId}/channels?session_id=other`;
  const socket = new WebSocket(url, { headers: { Authorization: `token ${server.token}` } });
  socket.on('error', () => undefined);
  return () => socket.close();
}

/**
 * Runs outages with both clients at the same time, all at once. First everybody is connected, one outage after another: a
 * small machine that starts all kernels at once keeps each of them waiting, and that is no outage.
 */
export async function compareOutages(server: TestServer, all: readonly Outage[]): Promise<OutageResult[]> {
  const seats: (readonly [Outage, nightjar: Seat, stock: Seat])[] = [];
  for (const outage of all) {
    const nightjar = takeSeat(server, (baseUrl, kernelId) => new NightjarClient(baseUrl, server.token, kernelId));
    const stock = takeSeat(server, (baseUrl, kernelId) => new StockClient(baseUrl, server.token, kernelId));
    seats.push([outage, await nightjar, await stock]);
  }
  return Promise.all(
    seats.map(async ([outage, nightjar, stock]) => {
      const [ours, theirs] = await Promise.all([
        throughOutage(server, outage, nightjar),
        throughOutage(server, outage, stock),
      ]);
      return { name: outage.name, lines: outage.lines, also: outage.also, nightjar: ours, stock: theirs };
    }),
  );
}
