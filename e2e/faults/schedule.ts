/**
 * What happens in one run: cells that are run and faults that strike, all from one seed.
 *
 * Times are real milliseconds and stand for twenty times as much: the link's deadlines are scaled alike (`timing`), so
 * an outage of 6 s is one of two minutes. Pure: a seed is a complete description of its run, and prints as one.
 */
import type { SessionTiming } from '../../electron/core/sessions/session.ts';
import { Chance } from './random.ts';

const scale = 20;

/** The deadlines of links at the scale of the runs. */
export const timing: SessionTiming = {
  link: {
    pingIntervalMs: 9_000 / scale,
    pongDeadlineMs: 5_000 / scale,
    serverGivesUpMs: 95_000 / scale,
    backoffFirstMs: 20,
    backoffEarlyMaxMs: 100,
    backoffMaxMs: 15_000 / scale,
    tcpTimeoutMs: 300,
    tcpTimeoutSlowMs: 1_000,
    tickMs: 25,
  },
  // The server's closing handshake takes its 5 s whatever the scale; on loopback nothing lingers on the way.
  replacedSocketMs: 300,
  longOutageMs: 10_000 / scale,
};

/** The server's pings at the same scale: every 30 s, 90 s until it gives up. */
export const serverArgs = [
  `--ServerApp.tornado_settings={"ws_ping_interval":${30_000 / scale},"ws_ping_timeout":${90_000 / scale}}`,
];

export type Cell =
  | { readonly what: 'lines'; readonly count: number; readonly pauseMs: number }
  | { readonly what: 'flood'; readonly count: number }
  | { readonly what: 'rich' | 'error' | 'input' | 'progress' | 'mixed' }
  | { readonly what: 'silent'; readonly ms: number }
  | { readonly what: 'thread'; readonly count: number };

export interface Submission {
  readonly atMs: number;
  readonly cell: Cell;
}

export type Fault =
  /** Connections are reset, or go silent; new ones are refused, or go silent too, until the network is back. */
  | { readonly kind: 'cut' | 'half-open'; readonly atMs: number; readonly ms: number; readonly hint: boolean }
  /** Reset after so many more bytes have passed towards the app: in the middle of a frame, a replay, a recovery. */
  | { readonly kind: 'cut-after'; readonly atMs: number; readonly bytes: number }
  | {
      readonly kind: 'status';
      readonly atMs: number;
      readonly ms: number;
      readonly status: 401 | 424 | 502 | 503 | 504;
    }
  | { readonly kind: 'slow'; readonly atMs: number; readonly ms: number; readonly bytesPerSecond: number }
  | { readonly kind: 'delay'; readonly atMs: number; readonly ms: number; readonly delayMs: number }
  | { readonly kind: 'garbage'; readonly atMs: number }
  | { readonly kind: 'sleep'; readonly atMs: number; readonly ms: number; readonly isTold: boolean }
  | { readonly kind: 'window-killed'; readonly atMs: number; readonly ms: number }
  | { readonly kind: 'app-killed'; readonly atMs: number; readonly ms: number }
  /** Another client opens the kernel, and stays or goes. */
  | { readonly kind: 'other-client'; readonly atMs: number; readonly ms: number }
  | { readonly kind: 'clock'; readonly atMs: number; readonly shiftMs: number }
  | { readonly kind: 'interrupt' | 'restart'; readonly atMs: number }
  | { readonly kind: 'recorder-killed' | 'helper-ended'; readonly atMs: number }
  /** It stands still, as on a server without a free core, and goes on. */
  | { readonly kind: 'recorder-stopped'; readonly atMs: number; readonly ms: number };

export interface Schedule {
  readonly seed: number;
  readonly hasRecorder: boolean;
  readonly submissions: readonly Submission[];
  readonly faults: readonly Fault[];
}

function cellOf(chance: Chance): Cell {
  switch (chance.between(0, 9)) {
    case 0:
    case 1:
    case 2:
      return { what: 'lines', count: chance.between(20, 150), pauseMs: chance.between(2, 15) };
    case 3:
      return { what: 'flood', count: chance.between(1_200, 4_000) };
    case 4:
      return { what: 'silent', ms: chance.between(100, 900) };
    case 5:
      return { what: 'thread', count: chance.between(10, 60) };
    default:
      return { what: chance.pick(['rich', 'error', 'input', 'progress', 'mixed']) };
  }
}

/** 0.1 s to two minutes, scaled. */
const outage = (chance: Chance): number => chance.skewed(5, 6_000);

function faultOf(chance: Chance, hasRecorder: boolean): Fault {
  const atMs = chance.between(50, 2_500);
  switch (chance.between(0, hasRecorder ? 20 : 16)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'cut', atMs, ms: outage(chance), hint: chance.isOneIn(2) };
    case 3:
    case 4:
    case 5:
      return { kind: 'half-open', atMs, ms: outage(chance), hint: chance.isOneIn(2) };
    case 6:
      return { kind: 'cut-after', atMs, bytes: chance.skewed(1, 200_000) };
    case 7:
      return { kind: 'status', atMs, ms: outage(chance), status: chance.pick([401, 424, 502, 503, 504]) };
    case 8:
      return chance.isOneIn(2)
        ? { kind: 'slow', atMs, ms: chance.between(200, 1_500), bytesPerSecond: chance.skewed(10_000, 500_000) }
        : { kind: 'delay', atMs, ms: chance.between(200, 1_500), delayMs: chance.between(5, 200) };
    case 9:
      return { kind: 'garbage', atMs };
    case 10:
      return { kind: 'sleep', atMs, ms: outage(chance), isTold: chance.isOneIn(2) };
    case 11:
    case 12:
      return { kind: 'window-killed', atMs, ms: chance.between(0, 500) };
    case 13:
      return { kind: 'app-killed', atMs, ms: chance.between(0, 1_500) };
    case 14:
      return { kind: 'other-client', atMs, ms: chance.between(100, 3_000) };
    case 15:
      return { kind: 'clock', atMs, shiftMs: chance.pick([-3_600_000, -5_000, 5_000, 86_400_000]) };
    case 16:
      return { kind: chance.isOneIn(3) ? 'restart' : 'interrupt', atMs };
    case 17:
      return { kind: 'app-killed', atMs, ms: chance.between(0, 1_500) };
    case 18:
      return { kind: 'recorder-killed', atMs };
    case 19:
      return { kind: 'recorder-stopped', atMs, ms: chance.skewed(100, 9_000) };
    default:
      return { kind: 'helper-ended', atMs };
  }
}

export function scheduleOf(seed: number): Schedule {
  const chance = new Chance(seed);
  const hasRecorder = !chance.isOneIn(7);
  const faults = Array.from({ length: chance.between(1, 4) }, () => faultOf(chance, hasRecorder));
  const submissions: Submission[] = [];
  let atMs = 0;
  for (let left = chance.between(2, 4); left > 0; left--) {
    submissions.push({ atMs, cell: cellOf(chance) });
    atMs += chance.between(0, 900);
  }
  return { seed, hasRecorder, submissions, faults: faults.sort((left, right) => left.atMs - right.atMs) };
}

/** Python of a cell. Its first act leaves a mark on the server, so that running twice would show. */
export function codeOf(cell: Cell, mark: string, markFile: string): string {
  const head = `with open(${JSON.stringify(markFile)}, 'a') as f: f.write(${JSON.stringify(`${mark}\n`)})\n`;
  return `${head}import sys, time\n${bodyOf(cell, mark)}`;
}

function bodyOf(cell: Cell, mark: string): string {
  switch (cell.what) {
    case 'lines':
      return `for i in range(${cell.count}):\n    sys.stdout.write(f'${mark} {i}\\n'); sys.stdout.flush(); time.sleep(${cell.pauseMs / 1000})`;
    case 'flood':
      return `for i in range(${cell.count}):\n    sys.stdout.write(f'${mark} {i}\\n'); sys.stdout.flush()`;
    case 'silent':
      return `time.sleep(${cell.ms / 1000})\nprint('${mark} woke')`;
    case 'thread':
      return [
        'import threading',
        'def later():',
        `    for i in range(${cell.count}):`,
        `        print('${mark} later', i, flush=True); time.sleep(0.01)`,
        'threading.Thread(target=later).start()',
        `print('${mark} started')`,
      ].join('\n');
    case 'rich':
      return [
        'from IPython.display import HTML, clear_output, display',
        `h = display(HTML('<b>${mark} 0</b>'), display_id='${mark}')`,
        'for i in range(20):',
        `    h.update(HTML(f'<b>${mark} {i}</b>')); time.sleep(0.02)`,
        'clear_output(wait=True)',
        "display({'image/png': 'iVBORw0KGgo=' + 'A' * 40000}, raw=True)",
        `HTML('<table>${mark}</table>')`,
      ].join('\n');
    case 'error':
      return `for i in range(30):\n    print('${mark}', i, flush=True); time.sleep(0.01)\nraise ValueError('${mark} failed')`;
    case 'input':
      return `print('${mark} before')\nanswer = input('${mark}? ')\nprint('${mark} got', answer)`;
    case 'progress':
      return `for i in range(60):\n    sys.stderr.write(f'\\r${mark} {i}%'); sys.stderr.flush(); time.sleep(0.01)\nprint()`;
    case 'mixed':
      return `for i in range(40):\n    print('${mark} out', i, flush=True); print('${mark} err', i, file=sys.stderr, flush=True); time.sleep(0.005)`;
  }
}
