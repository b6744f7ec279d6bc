/**
 * The player of one journal: where it stands, what it shows, what it does next. No pixels.
 *
 * Everything that moves it (a drag, a key, the clock, growth) only says where to be; one loop goes there, asking the
 * main process for one moment at a time and skipping what was overtaken meanwhile. Steps are taken one after the
 * other, each from where the last one arrives. A running session is the same line with an end that moves.
 */
import type { CommandArgs, CommandReply } from '../../shared/ipc/contract.ts';
import type { Moment, Place, PlaybackInfo } from '../../shared/ipc/playback.ts';
import type { Result } from '../../shared/result.ts';
import { advance } from './clock.ts';
import { createScale, foldsOf, type Scale } from './scale.ts';
import { nextScreen, type Screen, wholeScreen } from './screen.ts';

/** What the player asks of the main process. */
export interface PlaybackPort {
  info(): Promise<Result<PlaybackInfo>>;
  moment(seq: number, sinceSeq: number | null): Promise<Result<Moment>>;
  at(timeMs: number): Promise<Result<Place>>;
  find(args: FindArgs): Promise<Result<Place | null>>;
}

export type FindArgs = Omit<CommandArgs<'playback.find'>, 'journalId'>;
export type Found = CommandReply<'playback.find'>;

export interface PlayerState {
  readonly info: PlaybackInfo;
  readonly scale: Scale;
  readonly screen: Screen;
  /** Where the playhead stands: at the moment of the screen, or on its way there. */
  readonly timeMs: number;
  readonly isPlaying: boolean;
  readonly speed: number;
  /** True while the player stays at the end of a session that is being recorded. */
  readonly isLive: boolean;
  /** Set when the last question could not be answered. */
  readonly problem: string | null;
}

export interface PlayerTiming {
  /** Milliseconds that only grow. */
  readonly nowMs: () => number;
  /** The wall clock. */
  readonly wallMs: () => number;
  /** Calls back at the next frame; what it answers takes that back. */
  readonly onFrame: (callback: () => void) => () => void;
}

type Wanted = { readonly seq: number } | { readonly timeMs: number };

/** Steps that wait while one is under way: a held key must not go on for seconds after it was let go. */
const waitingStepsMax = 2;
/** A running session is drawn anew this often, and no more than a tenth of the time goes into asking about it. */
export const infoIntervalMs = 1_000;
const infoShare = 10;

export class Player {
  readonly #port: PlaybackPort;
  readonly #timing: PlayerTiming;
  readonly #listeners = new Set<() => void>();
  #state: PlayerState;
  #wanted: Wanted | null = null;
  #going: Promise<void> | null = null;
  #steps: Promise<unknown> = Promise.resolve();
  #waitingSteps = 0;
  #stopFrame: (() => void) | null = null;
  #lastFrameMs = 0;
  #isAsking = false;
  #askAgainMs = 0;

  private constructor(port: PlaybackPort, timing: PlayerTiming, state: PlayerState) {
    this.#port = port;
    this.#timing = timing;
    this.#state = state;
  }

  /** @param seq where to begin; null is the end of a running session and the beginning of any other */
  static async open(port: PlaybackPort, timing: PlayerTiming, seq: number | null): Promise<Result<Player>> {
    const info = await port.info();
    if (!info.ok) return info;
    const { state, lastSeq } = info.value;
    const isLive = seq === null && state === 'open';
    const first = await port.moment(seq ?? (isLive ? lastSeq : 0), null);
    if (!first.ok) return first;
    const screen = wholeScreen(first.value);
    return {
      ok: true,
      value: new Player(port, timing, {
        info: info.value,
        scale: scaleOf(info.value, timing.wallMs()),
        screen,
        timeMs: clampTime(info.value, screen.timeMs),
        isPlaying: false,
        speed: 1,
        isLive,
        problem: null,
      }),
    };
  }

  get state(): PlayerState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the screen shows what was last asked for. */
  async settled(): Promise<void> {
    await this.#steps;
    while (this.#going !== null) await this.#going;
  }

  goToTime(timeMs: number): void {
    const { fromMs, toMs } = this.#state.scale;
    const clamped = Math.min(toMs, Math.max(fromMs, timeMs));
    const isEnd = clamped >= toMs;
    this.#set({ timeMs: clamped, isLive: isEnd && this.#isOpen });
    this.#go(isEnd ? { seq: this.#state.info.lastSeq } : { timeMs: clamped });
  }

  goToSeq(seq: number, timeMs?: number): void {
    this.#set({ isLive: this.#isOpen && seq >= this.#state.info.lastSeq, ...(timeMs === undefined ? {} : { timeMs }) });
    this.#go({ seq });
  }

  goToStart(): void {
    this.#set({ isLive: false, timeMs: this.#state.scale.fromMs });
    this.#go({ seq: 0 });
  }

  /** The last moment; in a running session from now on always the last one. */
  goToEnd(): void {
    this.#pause();
    this.#set({ isLive: this.#isOpen, timeMs: this.#state.scale.toMs });
    this.#go({ seq: this.#state.info.lastSeq });
  }

  /** What is shown once the player is where it was sent. */
  async arrived(): Promise<{ readonly seq: number; readonly timeMs: number }> {
    while (this.#going !== null) await this.#going;
    return { seq: this.#state.screen.seq, timeMs: this.#state.timeMs };
  }

  /** Goes to the next thing of a kind. Answers where that is, or null when there is none. */
  step(args: Omit<FindArgs, 'seq'>): Promise<Found> {
    if (this.#waitingSteps >= waitingStepsMax) return Promise.resolve(null);
    this.#waitingSteps += 1;
    const step = this.#steps.then(async (): Promise<Found> => {
      this.#pause();
      while (this.#going !== null) await this.#going;
      const found = await this.#port.find({ ...args, seq: this.#state.screen.seq });
      if (!found.ok) {
        this.#set({ problem: found.problem.sentence });
        return null;
      }
      if (found.value !== null) {
        this.goToSeq(found.value.seq, found.value.timeMs);
        while (this.#going !== null) await this.#going;
      }
      return found.value;
    });
    this.#steps = step.finally(() => {
      this.#waitingSteps -= 1;
    });
    return step;
  }

  togglePlay(): void {
    if (this.#state.isPlaying) this.#pause();
    else this.#play();
  }

  setSpeed(speed: number): void {
    this.#set({ speed });
  }

  dismissProblem(): void {
    this.#set({ problem: null });
  }

  /** The journal has grown. */
  grew(last: { readonly lastSeq: number; readonly lastTimeMs: number }): void {
    if (last.lastSeq <= this.#state.info.lastSeq) return;
    const info = { ...this.#state.info, ...last };
    this.#set({ info, scale: scaleOf(info, this.#timing.wallMs()) });
    if (this.#state.isLive) {
      this.#set({ timeMs: this.#state.scale.toMs });
      this.#go({ seq: last.lastSeq });
    }
    void this.refresh();
  }

  /** Asks anew what the session is made of, if it still runs and was not asked a moment ago. */
  async refresh(): Promise<void> {
    const askedMs = this.#timing.nowMs();
    if (!this.#isOpen || this.#isAsking || askedMs < this.#askAgainMs) return;
    this.#isAsking = true;
    const answer = await this.#port.info();
    this.#isAsking = false;
    const tookMs = this.#timing.nowMs() - askedMs;
    this.#askAgainMs = askedMs + Math.max(infoIntervalMs, tookMs * infoShare);
    if (!answer.ok) return;
    const info = answer.value;
    this.#set({ info, scale: scaleOf(info, this.#timing.wallMs()) });
    if (!this.#isOpen) this.#set({ isLive: false });
    else if (this.#state.isLive) this.#set({ timeMs: this.#state.scale.toMs });
    if (this.#state.isLive && info.lastSeq > this.#state.screen.seq) this.#go({ seq: info.lastSeq });
  }

  dispose(): void {
    this.#pause();
    this.#listeners.clear();
  }

  get #isOpen(): boolean {
    return this.#state.info.state === 'open';
  }

  #set(change: Partial<PlayerState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  #play(): void {
    const { timeMs, scale } = this.#state;
    // Playing from the end begins anew, as everywhere.
    if (timeMs >= scale.toMs) this.goToStart();
    this.#lastFrameMs = this.#timing.nowMs();
    this.#set({ isPlaying: true, isLive: false });
    this.#stopFrame = this.#timing.onFrame(() => this.#frame());
  }

  #pause(): void {
    this.#stopFrame?.();
    this.#stopFrame = null;
    if (this.#state.isPlaying) this.#set({ isPlaying: false });
  }

  #frame(): void {
    const nowMs = this.#timing.nowMs();
    const { timeMs, speed, scale } = this.#state;
    const next = advance(timeMs, nowMs - this.#lastFrameMs, speed, scale.folds);
    this.#lastFrameMs = nowMs;
    if (next >= scale.toMs) {
      this.goToEnd();
      return;
    }
    this.#set({ timeMs: next });
    this.#go({ timeMs: next });
    this.#stopFrame = this.#timing.onFrame(() => this.#frame());
  }

  #go(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#going ??= this.#follow().finally(() => {
      this.#going = null;
    });
  }

  async #follow(): Promise<void> {
    for (let wanted = this.#take(); wanted !== null; wanted = this.#take()) {
      const seq = 'seq' in wanted ? wanted.seq : await this.#seqAt(wanted.timeMs);
      if (seq === null || seq === this.#state.screen.seq) continue;
      const screen = await this.#screenAt(seq);
      if (screen !== null) this.#set({ screen, problem: null });
    }
  }

  #take(): Wanted | null {
    const wanted = this.#wanted;
    this.#wanted = null;
    return wanted;
  }

  async #seqAt(timeMs: number): Promise<number | null> {
    const place = await this.#port.at(timeMs);
    if (place.ok) return place.value.seq;
    this.#set({ problem: place.problem.sentence });
    return null;
  }

  async #screenAt(seq: number): Promise<Screen | null> {
    const before = this.#state.screen;
    const difference = await this.#port.moment(seq, before.seq);
    const next = difference.ok ? nextScreen(before, difference.value) : null;
    if (next !== null) return next;
    const whole = await this.#port.moment(seq, null);
    if (whole.ok) return wholeScreen(whole.value);
    this.#set({ problem: whole.problem.sentence });
    return null;
  }
}

function clampTime(info: PlaybackInfo, timeMs: number): number {
  return Math.min(Math.max(timeMs, info.firstTimeMs), Math.max(info.lastTimeMs, info.firstTimeMs));
}

/** A running session goes on to now, also while nothing is printed. */
function scaleOf(info: PlaybackInfo, wallMs: number): Scale {
  const { firstTimeMs, lastTimeMs, activity, state } = info;
  const endMs = state === 'open' ? Math.max(lastTimeMs, wallMs) : lastTimeMs;
  return createScale(firstTimeMs, endMs, foldsOf(activity, firstTimeMs, lastTimeMs, endMs));
}
