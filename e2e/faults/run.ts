/**
 * One run: a kernel, a witness, the app behind a faulty path, and a schedule. Answers what was wrong.
 *
 * Everything is real: the server, the kernel, the core in a process that is killed with SIGKILL, the sockets. Only the
 * path in between is ours.
 */
import { type ChildProcess, fork } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import WebSocket from 'ws';
import { JournalReader } from '../../electron/core/journal/reader.ts';
import { directions, entryKinds } from '../../shared/journal/entries.ts';
import { FrameReader } from '../../shared/wire/codec.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import type { TestServer } from '../support/jupyter-server.ts';
import type { AppState, Command } from './app-process.ts';
import { type Evidence, type Journaled, judge, type Verdict } from './checker.ts';
import type { WitnessedKernel } from './kernel.ts';
import { codeOf, type Fault, type Schedule } from './schedule.ts';

/** After the last fault everything must come in within this, on a machine that others use as well. */
const settleTimeoutMs = 150_000;
/** A window is shown an execution of some thousand messages in a fraction of this, also on a busy machine. */
const replayPatienceMs = 15_000;
/** A path that is half open is noticed by its pings, at the scale of the runs within 0.7 s: until then all seems quiet. */
const quietLooksMin = 20;
const commandTimeoutMs = 60_000;
/** A doubt or a silence that lasts so long is brought before a person. */
const patienceMs = 8_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class App {
  private child: ChildProcess;
  private readonly waiting = new Map<
    number,
    { resolve: (state: AppState | null) => void; reject: (why: Error) => void }
  >();
  private nextId = 1;
  private isGone = false;

  constructor(program: string, errors: string[]) {
    this.child = fork(program, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: ['--enable-source-maps'] });
    this.child.stderr?.on('data', (chunk) => errors.push(String(chunk)));
    this.child.on('message', ({ id, answer, error }: { id: number; answer: AppState | null; error?: string }) => {
      const waiter = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiter?.resolve(answer);
      else waiter?.reject(new Error(error));
    });
    // A command that is on its way to an app that was killed.
    this.child.on('error', () => undefined);
    this.child.on('exit', () => {
      this.isGone = true;
      for (const { resolve } of this.waiting.values()) resolve(null);
      this.waiting.clear();
    });
  }

  do(command: Command): Promise<AppState | null> {
    if (this.isGone || !this.child.connected) return Promise.resolve(null);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`"${command.do}" was not answered`)), commandTimeoutMs);
      const ended = (): void => clearTimeout(timer);
      this.waiting.set(id, {
        resolve: (state) => {
          ended();
          resolve(state);
        },
        reject: (why) => {
          ended();
          reject(why);
        },
      });
      this.child.send({ id, command });
    });
  }

  async kill(): Promise<void> {
    const gone = this.ended();
    this.child.kill('SIGKILL');
    await gone;
  }

  async ended(): Promise<void> {
    if (!this.isGone) await new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
  }
}

export interface RunParts {
  readonly server: TestServer;
  readonly kernel: WitnessedKernel;
  readonly program: string;
}

export interface Outcome extends Verdict {
  readonly seed: number;
  readonly seconds: number;
  readonly log: readonly string[];
}

export async function runSchedule(parts: RunParts, schedule: Schedule): Promise<Outcome> {
  const startedMs = performance.now();
  const run = new Run(parts, schedule);
  try {
    const verdict = judge(await run.perform());
    if (verdict.wrong.length > 0) run.log.push(...run.story());
    return { ...verdict, seed: schedule.seed, seconds: (performance.now() - startedMs) / 1000, log: run.log };
  } catch (error) {
    parts.kernel.isSpent = true;
    const why = error instanceof Error ? error.message : String(error);
    run.log.push(...run.story());
    return {
      ...{ messages: 0, lost: 0, twice: 0, outOfOrder: 0, altered: 0, executedTwice: 0, wrong: [why] },
      ...{ seed: schedule.seed, seconds: (performance.now() - startedMs) / 1000, log: run.log },
    };
  } finally {
    await run.cleanUp();
  }
}

class Run {
  readonly log: string[] = [];
  private readonly home = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-fault-'));
  private readonly startMs = performance.now();
  private readonly requests: { msgId: string; mark: string }[] = [];
  private readonly others: WebSocket[] = [];
  private proxy: FaultProxy | null = null;
  private app: App | null = null;
  private restarting: Promise<void> = Promise.resolve();
  private mayBeLost = false;
  private isWindowAway = false;
  private entranceUntilMs = 0;
  private hasAskedForLogin = false;

  constructor(
    private readonly parts: RunParts,
    private readonly schedule: Schedule,
  ) {}

  private note(text: string): void {
    this.log.push(`${((performance.now() - this.startMs) / 1000).toFixed(2)} ${text}`);
  }

  async perform(): Promise<Evidence> {
    const { server, kernel } = this.parts;
    this.proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
    fs.mkdirSync(this.dataDir);
    if (fs.existsSync(kernel.helpersFile)) fs.copyFileSync(kernel.helpersFile, this.appHelpers);
    await this.startApp();
    await this.until('the link is live', (state) => state.link === 'live');
    if (this.schedule.hasRecorder) {
      await this.until('the recorder runs', (state) => state.protection === 'recorded' && !state.isRecovering);
    }
    if (!this.parts.kernel.isPrepared) await this.prepareKernel();
    this.parts.kernel.isPrepared = true;
    this.note('begin');
    const begunMs = performance.now();
    const at = async (ms: number): Promise<void> => pause(Math.max(0, begunMs + ms - performance.now()));
    const faults = this.schedule.faults.map(async (fault) => {
      await at(fault.atMs);
      await this.strike(fault);
    });
    const cells = this.schedule.submissions.map(async ({ atMs, cell }, index) => {
      await at(atMs);
      const mark = `m${this.schedule.seed}-${index}`;
      const msgId = crypto.randomUUID();
      const code = codeOf(cell, mark, this.markFile);
      this.note(`run ${mark} ${cell.what}`);
      const state = await this.app?.do({ do: 'run', msgId, cellId: `c${index}`, code });
      // A request that the app did not live to write down was never ours.
      if (state?.executions.some((execution) => execution.msgId === msgId)) this.requests.push({ msgId, mark });
    });
    await Promise.all([...faults, ...cells]);
    this.note('healed');
    await this.settle();
    return this.evidence();
  }

  private get markFile(): string {
    return path.join(this.home, 'marks');
  }

  private get dataDir(): string {
    return path.join(this.home, 'data');
  }

  private get appHelpers(): string {
    return path.join(this.dataDir, 'helpers.json');
  }

  private get kernelId(): string {
    return this.parts.kernel.kernelId;
  }

  /**
   * Proves the witness's subscription, and makes the kernel wait instead of dropping when a queue of ZeroMQ is full:
   * what is tested is the way, not that queue.
   */
  private async prepareKernel(): Promise<void> {
    const code = [
      'import zmq',
      'thread = get_ipython().kernel.iopub_thread',
      'thread.schedule(lambda: thread.socket.setsockopt(zmq.XPUB_NODROP, 1))',
    ].join('\n');
    for (let round = 0; round < 50; round++) {
      const msgId = crypto.randomUUID();
      await this.app?.do({ do: 'run', msgId, cellId: 'prepare', code });
      await this.until('the kernel answers', (state) =>
        state.executions.some((execution) => execution.msgId === msgId && execution.state === 'done'),
      );
      if (this.parts.kernel.witnessed().some(({ parent }) => parent === msgId)) return;
      await pause(100);
    }
    throw new Error('the witness hears nothing');
  }

  private async startApp(): Promise<void> {
    const errors: string[] = [];
    const app = new App(this.parts.program, errors);
    this.app = app;
    const { token } = this.parts.server;
    const { hasRecorder } = this.schedule;
    const baseUrl = `http://127.0.0.1:${this.proxy?.port ?? 0}/`;
    await app.do({ do: 'start', dir: this.dataDir, baseUrl, token, kernelId: this.kernelId, hasRecorder });
    if (errors.length > 0) this.note(errors.join(''));
  }

  private async strike(fault: Fault): Promise<void> {
    this.note(JSON.stringify(fault));
    const { proxy } = this;
    if (proxy === null) return;
    switch (fault.kind) {
      case 'cut':
        proxy.cut();
        await this.away('refused', fault.ms, fault.hint);
        return;
      case 'half-open':
        proxy.blackhole();
        await this.away('silent', fault.ms, fault.hint);
        return;
      case 'cut-after':
        proxy.cutAfter(fault.bytes);
        return;
      case 'status':
        proxy.cut();
        await this.away(fault.status, fault.ms, false);
        return;
      case 'slow':
      case 'delay':
        proxy.slow(fault.kind === 'slow' ? fault.bytesPerSecond : null, fault.kind === 'delay' ? fault.delayMs : 0);
        await pause(fault.ms);
        proxy.slow(null);
        return;
      case 'garbage':
        proxy.garble();
        return;
      case 'sleep':
        if (fault.isTold) await this.app?.do({ do: 'suspend' });
        proxy.blackhole();
        await this.away('silent', fault.ms, true);
        return;
      case 'window-killed':
        this.isWindowAway = true;
        await this.app?.do({ do: 'window-gone' });
        await pause(fault.ms);
        await this.app?.do({ do: 'window-back' });
        this.isWindowAway = false;
        return;
      case 'app-killed':
        // One app at a time: the desktop app sees to that by a lock.
        this.restarting = this.restarting.then(async () => {
          await this.app?.kill();
          await pause(fault.ms);
          await this.startApp();
        });
        await this.restarting;
        return;
      case 'other-client':
        this.openOther(fault.ms);
        return;
      case 'clock':
        await this.app?.do({ do: 'clock', shiftMs: fault.shiftMs });
        return;
      case 'interrupt':
      case 'restart':
        this.mayBeLost = true;
        this.parts.kernel.isSpent = fault.kind === 'restart';
        await this.parts.server.rest('POST', `api/kernels/${this.kernelId}/${fault.kind}`).catch(() => undefined);
        return;
      case 'recorder-killed':
        this.signalRecorder('SIGKILL');
        return;
      case 'recorder-stopped':
        this.signalRecorder('SIGSTOP');
        await pause(fault.ms);
        this.signalRecorder('SIGCONT');
        return;
      case 'helper-ended':
        await this.parts.kernel.endHelpers(this.appHelpers);
        return;
    }
  }

  /** New connections meet something else for a while; of two faults at once the longer one counts. */
  private async away(entrance: 'refused' | 'silent' | number, ms: number, hint: boolean): Promise<void> {
    const untilMs = performance.now() + ms;
    this.entranceUntilMs = Math.max(this.entranceUntilMs, untilMs);
    this.proxy?.setEntrance(entrance);
    this.hasAskedForLogin ||= entrance === 401;
    await pause(ms);
    if (performance.now() >= this.entranceUntilMs - 1) {
      this.proxy?.setEntrance('open');
      if (this.hasAskedForLogin) await this.app?.do({ do: 'login' });
      this.hasAskedForLogin = false;
    }
    if (hint) await this.app?.do({ do: 'resume' });
  }

  private openOther(ms: number): void {
    const { baseUrl, token } = this.parts.server;
    const url = `${baseUrl.replace(/^http/, 'ws')}api/kernels/${this.kernelId}/channels?session_id=${crypto.randomUUID()}`;
    const socket = new WebSocket(url, { headers: { Authorization: `token ${token}` } });
    socket.on('error', () => undefined);
    this.others.push(socket);
    setTimeout(() => socket.close(), ms);
  }

  private signalRecorder(signal: NodeJS.Signals): void {
    const dir = this.parts.kernel.recorderDir;
    for (const name of fs.existsSync(dir) ? fs.readdirSync(dir) : []) {
      const pid = /"pid": ?(\d+)/.exec(
        name.endsWith('.json') ? fs.readFileSync(path.join(dir, name), 'utf8') : '',
      )?.[1];
      if (pid !== undefined) {
        try {
          process.kill(Number(pid), signal);
        } catch {
          // Already gone.
        }
      }
    }
  }

  private async until(what: string, is: (state: AppState) => boolean): Promise<AppState> {
    const deadline = performance.now() + settleTimeoutMs;
    for (;;) {
      const state = await this.app?.do({ do: 'state' });
      if (state != null && is(state)) return state;
      if (performance.now() > deadline) {
        throw new Error(
          `${what}: not within ${settleTimeoutMs / 1000} s; ${JSON.stringify({ ...state, shown: null })}`,
        );
      }
      await pause(50);
    }
  }

  /** Until every cell has ended and everything has come in. Prompts are answered, doubts that nobody can settle left. */
  private async settle(): Promise<void> {
    const pending = new Set(['queued', 'sent', 'accepted', 'running', 'in-doubt']);
    const deadline = performance.now() + settleTimeoutMs;
    let quietLooks = 0;
    let doubtSinceMs = Number.POSITIVE_INFINITY;
    const begunMs = performance.now();
    if (this.isWindowAway) await this.app?.do({ do: 'window-back' });
    let before = '';
    let replaySinceMs = begunMs;
    while (quietLooks < quietLooksMin) {
      if (performance.now() > deadline) {
        const state = await this.app?.do({ do: 'state' });
        throw new Error(`it never came to rest; ${JSON.stringify({ ...state, shown: null })}`);
      }
      await pause(60);
      const state = await this.app?.do({ do: 'state' });
      if (state == null) continue;
      if (state.prompt !== null) await this.app?.do({ do: 'answer', text: 'forty-two' });
      if (state.lostPrompt !== null) {
        this.note('a question was lost and is answered');
        await this.app?.do({ do: 'answer-lost', msgId: state.lostPrompt, text: 'forty-two' });
      }
      const open = state.executions.filter((execution) => pending.has(execution.state));
      // Where messages were lost, nothing may prove what became of a request: then a person says that it is left.
      const isDoubtful = open.some((execution) => execution.state === 'in-doubt') && state.link === 'live';
      doubtSinceMs = isDoubtful ? Math.min(doubtSinceMs, performance.now()) : Number.POSITIVE_INFINITY;
      if (performance.now() - doubtSinceMs > patienceMs && (!this.isAlwaysRecorded || state.gaps > 0)) {
        for (const { msgId } of open.filter((execution) => execution.state === 'in-doubt')) {
          this.note(`left ${msgId}`);
          this.leftInDoubt.add(msgId);
          await this.app?.do({ do: 'leave', msgId });
        }
      }
      const isStuck = open.length > 0 && performance.now() > begunMs + 5 * patienceMs;
      if (isStuck && !this.mayBeLost && !this.isAlwaysRecorded) {
        // A prompt that was lost with a connection leaves the kernel waiting: a person would interrupt it.
        this.mayBeLost = true;
        this.note('interrupted by hand');
        await this.parts.server.rest('POST', `api/kernels/${this.kernelId}/interrupt`).catch(() => undefined);
      }
      const isProtected = !this.schedule.hasRecorder || state.protection === 'recorded';
      const now = `${this.parts.kernel.witnessed().length} ${state.gaps}`;
      const isDone = open.length === 0 && isProtected && !state.isRecovering && state.link === 'live';
      // A window that came back is shown everything anew, which takes its time on a busy machine. One that is never
      // shown it is judged as it is.
      if (!isDone || !state.isReplaying) replaySinceMs = performance.now();
      const isShown = performance.now() - replaySinceMs < 20 || performance.now() - replaySinceMs > replayPatienceMs;
      const isQuiet = isDone && isShown && now === before;
      quietLooks = isQuiet ? quietLooks + 1 : 0;
      before = now;
    }
    if (!this.schedule.hasRecorder) await pause(2_200);
  }

  private readonly leftInDoubt = new Set<string>();

  /** A recorder that is killed while nobody is connected leaves a hole like none at all. */
  private get isAlwaysRecorded(): boolean {
    const { hasRecorder, faults } = this.schedule;
    return hasRecorder && !faults.some(({ kind }) => kind === 'recorder-killed');
  }

  private async evidence(): Promise<Evidence> {
    const state = await this.app?.do({ do: 'state' });
    if (state == null) throw new Error('the app is gone');
    this.log.push(...state.log.map((line) => `    ${line}`));
    await this.app?.do({ do: 'close' });
    await this.app?.ended();
    const opened = JournalReader.open(path.join(this.dataDir, `${state.journalId}.nightjar`));
    if (!opened.ok) throw new Error(opened.problem.sentence);
    const reader = opened.value;
    try {
      const gaps = gapsOf(reader);
      const states = new Map(reader.executions().map((execution) => [execution.msgId as string, execution]));
      for (const gap of gaps) this.note(`gap ${JSON.stringify(gap)}`);
      return {
        hasRecorder: this.isAlwaysRecorded,
        witnessed: this.parts.kernel.witnessed(),
        journaled: journaledOf(reader),
        gapMessages: gaps.some(({ messages }) => messages === null)
          ? null
          : gaps.reduce((sum, { messages }) => sum + (messages ?? 0), 0),
        isUncountedRecorded: gaps.some(({ messages, isRecorded }) => messages === null && isRecorded),
        requests: this.requests
          .filter(({ msgId }) => !this.leftInDoubt.has(msgId))
          .map(({ msgId, mark }) => ({
            ...{ msgId, mark, state: states.get(msgId)?.state ?? 'unknown', status: states.get(msgId)?.status ?? null },
            shown: state.shown[msgId] ?? {},
          })),
        marks: fs.existsSync(this.markFile) ? fs.readFileSync(this.markFile, 'utf8').trim().split('\n') : [],
        mayBeLost: this.mayBeLost,
        wasRestarted: this.schedule.faults.some(({ kind }) => kind === 'restart'),
      };
    } finally {
      reader.close();
    }
  }

  /**
   * What the journal says of link, recorder and gaps: for a run that came to no end, or broke a promise. With
   * NIGHTJAR_FAULTS_STORY set, also each message that came in.
   */
  story(): string[] {
    if (!fs.existsSync(this.dataDir)) return [];
    const names = fs.readdirSync(this.dataDir).filter((name) => name.endsWith('.nightjar'));
    const frames = new FrameReader();
    const isWhole = process.env.NIGHTJAR_FAULTS_STORY !== undefined;
    return names.flatMap((name) => {
      const opened = JournalReader.open(path.join(this.dataDir, name));
      if (!opened.ok) return [opened.problem.sentence];
      const told: number[] = [entryKinds.link, entryKinds.app, entryKinds.gap];
      const lines: string[] = [];
      for (const { kind, timeUs, body, lane, direction } of opened.value.entries()) {
        const at = new Date(timeUs / 1000).toISOString().slice(14, 23);
        if (told.includes(kind)) lines.push(`    ${at} ${Buffer.from(body)}`);
        const frame = isWhole && kind === entryKinds.frame && direction === directions.in ? frames.read(body) : null;
        if (frame === null) continue;
        const { msg_id: id, msg_type: type } = frame.header;
        lines.push(`    ${at} lane ${lane} ${frame.channel} ${id.slice(-12)} ${type} ${frame.parent?.msg_id ?? ''}`);
      }
      opened.value.close();
      return lines;
    });
  }

  async cleanUp(): Promise<void> {
    await this.app?.kill();
    for (const other of this.others) other.terminate();
    if (fs.existsSync(this.appHelpers)) fs.copyFileSync(this.appHelpers, this.parts.kernel.helpersFile);
    await this.proxy?.stop();
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}

function journaledOf(reader: JournalReader): Journaled[] {
  const frames = new FrameReader();
  const found: Journaled[] = [];
  for (const entry of reader.entries()) {
    const isIncoming = entry.kind === entryKinds.frame && entry.direction === directions.in;
    const frame = isIncoming ? frames.read(entry.body) : null;
    if (frame !== null) {
      found.push({
        ...{ id: frame.header.msg_id, type: frame.header.msg_type, parent: frame.parent?.msg_id ?? '' },
        channel: frame.channel,
        sha: crypto.createHash('sha1').update(frame.contentBytes).digest('hex'),
      });
    }
  }
  return found;
}

/** Every gap, and whether a recorder ran when it began. */
function gapsOf(reader: JournalReader): { readonly messages: number | null; readonly isRecorded: boolean }[] {
  const found: { messages: number | null; isRecorded: boolean }[] = [];
  let recordedSinceMs = Number.POSITIVE_INFINITY;
  for (const { kind, body, timeUs } of reader.entries()) {
    if (kind === entryKinds.app || kind === entryKinds.note) {
      const { what } = JSON.parse(Buffer.from(body).toString()) as { what?: string };
      if (what === 'recorder-on') recordedSinceMs = Math.min(recordedSinceMs, timeUs / 1000);
      else if (what === 'recorder-off' || what === 'session-opened') recordedSinceMs = Number.POSITIVE_INFINITY;
    } else if (kind === entryKinds.gap) {
      const gap = JSON.parse(Buffer.from(body).toString()) as { messages: number | null; fromTimeMs: number };
      found.push({ ...gap, isRecorded: recordedSinceMs <= gap.fromTimeMs });
    }
  }
  return found;
}
