/**
 * The gate before the journal: lets messages in, in the kernel's own order, each exactly once.
 *
 * While nothing is in doubt, what the websocket brings goes straight through. At any doubt (the link came back, a
 * number is missing, the server's limiter dropped something) live messages wait, the recorder's spool is fetched from
 * the last position that is safely in the journal, merged by message id in the spool's order, and only then the
 * waiting ones follow. The recorder may be behind the websocket: what raised the doubt has to have come out of the
 * spool before anything goes on, since only then everything before it has. Without a recorder nothing waits, and what
 * is missing becomes a gap with its exact count.
 */
import { countedId, endsRequest, isPublished, provesKernel, UnsentResults } from '../../../shared/journal/counter.ts';
import { type GapBody, type Lane, lanes } from '../../../shared/journal/entries.ts';
import { heldBytesMax } from '../../../shared/limits.ts';
import { type Frame, FrameReader, isIdle } from '../../../shared/wire/codec.ts';
import { Holes, holeGraceMs } from './holes.ts';
import { Known } from './known.ts';
import { isLimiterNotice, provesPassage } from './limiter.ts';
import type { RecorderCursor } from '../journal/layout.ts';
import type { KnownId, KnownMessages } from '../journal/protocol.ts';
import type { Pulled, Spool } from './spool.ts';
import { Unseen } from './unseen.ts';

/** Frames of a pull that are let in before other work gets a turn: about 5 ms. */
const sliceFrames = 400;
/** After a restart, for the first words of the new process: a websocket on a busy machine took over 2 s to bring them. */
const restartGraceMs = 6_000;
/** A person who quits waits for it; a reply on its way needs a round trip. */
const quiesceMs = 500;
/**
 * A recorder that cannot be reached for this long no longer holds up what is live and misses nothing. One that has
 * recorded has what was missed, and what goes on without it stands before that: it is waited for longer, but once. A
 * server that is let wait meanwhile is not heard, and must be before it is taken for dead.
 */
const giveUpAfterMs = { unknown: 30_000, known: 120_000, full: 10_000 };
/** Pause between attempts to reach the recorder. */
const retryMs = 500;
/** Pauses between quiet attempts to reach one that was given up. */
const laterMs = { first: 10_000, most: 300_000 };
/** A message may reach us a little before the recorder has written it. */
const holdAgainMs = 30;
/** While the server's limiter drops everything without a word, the spool is looked at; less often when it is quiet. */
const limitedPauseMs = { least: 100, most: 2_000 };
/** A recorder that answers and still has not what the websocket brought this long ago may have missed it. */
const markPatienceMs = 5_000;
/**
 * It runs at a low priority, and on a busy server it may stand still: while it is alive and has written nothing that the
 * kernel said later, it is behind and has missed nothing.
 */
const standstillMs = 30_000;
/** Of a kernel without numbers nothing tells whether a recorder that goes on writing has come past a message. */
const behindMostMs = 120_000;
/** The recorder may not yet listen to a kernel that was just restarted: nothing is waited for that it cannot have. */
const youngKernelMs = 3_000;
const youngPatienceMs = 500;
/** What a recorder on a busy server needs to bring the first words of a kernel process. */
const firstWordsMs = 2_000;
/** What a recorder on a busy server needs to write the last words of a kernel that is gone. */
const lastWordsMs = 300;
/** Without a link: a part of the spool takes a fraction of this, a new helper kernel a little more. */
const fetchPatienceMs = 3_000;
/** Messages that wait for longer are told as catching up: a hole is mostly filled in a fraction of it. */
const tellCatchingUpMs = 700;
/** Fetches that are asked for at once. */
const pullsInFlight = 2;
/** So many messages since the last safe position are enough to move it forward. */
const advanceAfterMessages = 5_000;
const advanceIntervalMs = 20_000;

export interface IntakeParts {
  readonly spool: Spool | null;
  /** Whether the person allows the recorder. */
  readonly isAllowed: boolean;
  readonly cursor: RecorderCursor | null;
  /** True when the session goes on from an earlier run: the recorder may have what nobody took then. */
  readonly isTakenUp: boolean;
  /** True for the id of a request that we sent. */
  readonly isOurs: (msgId: string) => boolean;
  /** True when the reply to an execution of ours is in the journal. */
  readonly hasReply: (msgId: string) => boolean;
  /** When an execution of which no message has come yet went out (monotonic); null for any other request. */
  readonly unheardSinceMs: (msgId: string) => number | null;
  /** True while a request of ours is with the kernel, or may be. */
  readonly hasUnfinished: () => boolean;
  /** Observes a message and journals it; answers its entry. */
  readonly admit: (frame: Frame, lane: Lane) => number;
  /** Another kernel process speaks than before: what the old one worked on is over. */
  readonly replaced: () => void;
  /** Lets the server wait with what it sends. */
  readonly pause: (isPaused: boolean) => void;
  /** False while the network is away: then waiting for the recorder is pointless. */
  readonly isLinkLive: () => boolean;
  /** Resolves when everything admitted until now is on the disk; answers the last entry of it. */
  readonly settle: () => Promise<number>;
  readonly saveCursor: (cursor: RecorderCursor) => Promise<void>;
  /** `parentId`: the request whose messages are missing, as far as that is known. */
  readonly gap: (body: GapBody, parentId: string | null) => void;
  readonly note: (body: Record<string, unknown>) => void;
  readonly changed: () => void;
  readonly log: (line: string) => void;
}

export type Protection =
  | { readonly state: 'recorded' | 'starting'; readonly reason: string }
  | { readonly state: 'buffer-only'; readonly reason: string };

const switchedOff: Protection = { state: 'buffer-only', reason: 'the recorder is switched off for this server' };
const beingStarted: Protection = { state: 'starting', reason: 'the recorder is being started' };

export interface RecoveryProgress {
  readonly messages: number;
  readonly bytes: number;
  /** Bytes still to come, as far as is known. */
  readonly bytesLeft: number | null;
}

/** What has to come out of the spool before what waits may go. */
interface Mark {
  /**
   * `hole`: a message whose predecessor is missing. `limiter`: the first one that passes the server's limiter again.
   * `link`: the first one of a new connection, where the kernel numbers nothing.
   */
  readonly why: 'hole' | 'limiter' | 'link';
  /** Null until the websocket brings it. */
  readonly msgId: string | null;
  /** When the websocket brought it (monotonic), and for how long it is waited for in any case. */
  readonly sinceMs: number;
  readonly patienceMs: number;
}

interface Brought {
  readonly firstId: string;
  readonly first: number;
  readonly last: number;
}

export class Intake {
  private readonly known = new Known();
  /** Sessions that only kernels have spoken under. */
  private readonly kernels = new Set<string>();
  private readonly reader = new FrameReader();
  private readonly unsent = new UnsentResults();
  private readonly holes: Holes;
  private held: Frame[] | null = null;
  private heldBytes = 0;
  /** Which connection brought what waits. */
  private readonly broughtBy = new WeakMap<Frame, number>();
  /** Since when messages wait (monotonic). */
  private heldSinceMs = 0;
  private cursor: RecorderCursor | null;
  private protection: Protection;
  private running: Promise<void> | null = null;
  private again = false;
  private progress: RecoveryProgress | null = null;
  private lastTimeMs = Date.now();
  /** Monotonic times: when something was last found missing, and since when the recorder has everything. */
  private lastLossMs = Number.NEGATIVE_INFINITY;
  private recordedSinceMs = Number.POSITIVE_INFINITY;
  private advancedMs = 0;
  /** The end of the spool when it was last read, and when it was found to have grown (monotonic). */
  private spoolEnd = 0;
  private grownMs = Number.NEGATIVE_INFINITY;
  /** When a recorder that stood still was looked after (monotonic). */
  private lookedMs = Number.NEGATIVE_INFINITY;
  private sinceCursor = 0;
  private readonly unseen = new Unseen();
  /** Connections so far, and the one over which the kernel was heard last, and when (monotonic). */
  private links = 0;
  private heardOver = 0;
  /** By kernel session: the first message that the websocket brought, and the connections of that and of the last one. */
  private readonly broughtOver = new Map<string, Brought>();
  private heardMs = Number.NEGATIVE_INFINITY;
  private heardTimeMs = Date.now();
  /** The request that shut the kernel down last. */
  private shutBy: string | null = null;
  private mark: Mark | null = null;
  /** The recorder missed something and has to be asked whether it is still there. */
  private hasMissed = false;
  private nextRound: NodeJS.Timeout | null = null;
  private laterTimer: NodeJS.Timeout | null = null;
  private limitedMs = limitedPauseMs.least;
  /** Fetched since the last note of it in the journal. */
  private merged = { messages: 0, bytes: 0 };
  private toldWhy = '';
  /** A recorder that recorded was waited for in vain. */
  private hasGivenUp = false;
  /** Since when more waits than memory should hold (monotonic). */
  private fullSinceMs = Number.POSITIVE_INFINITY;
  private fetchedMs = 0;
  /** When all that the spool had was here (monotonic). */
  private caughtUpMs = Number.NEGATIVE_INFINITY;
  /** The kernel is gone, and what its recorder had written by then is here. */
  private isDrained = false;
  private closed = false;

  constructor(private readonly parts: IntakeParts) {
    this.cursor = parts.cursor;
    if (parts.cursor?.known !== undefined) {
      this.known.restore(parts.cursor.known);
    }
    this.protection = parts.spool === null || !parts.isAllowed ? switchedOff : beingStarted;
    this.holes = new Holes({
      known: this.known,
      recordedSinceMs: () => (this.protection.state === 'recorded' ? this.recordedSinceMs : null),
      reason: () => this.protection.reason,
      ask: () => this.doubt(),
      lost: (foundMs) => {
        this.lastLossMs = Math.max(this.lastLossMs, foundMs);
      },
      gap: parts.gap,
      note: parts.note,
    });
  }

  /** Starts the recorder, or tells it that nothing more is asked of it. */
  setAllowed(isAllowed: boolean): void {
    const { spool } = this.parts;
    if (spool === null || this.closed || isAllowed === (this.protection !== switchedOff)) {
      return;
    }
    if (isAllowed) {
      this.protection = beingStarted;
      this.doubt();
    } else {
      this.protection = switchedOff;
      this.cursor = null;
      this.recordedSinceMs = Number.POSITIVE_INFINITY;
      this.parts.note({ what: 'recorder-off', why: switchedOff.reason });
      this.dropMark(switchedOff.reason);
      if (this.running === null) {
        this.release();
      }
      void this.settled().then(() => spool.leave());
    }
    this.parts.changed();
  }

  get status(): { readonly protection: Protection; readonly recovery: RecoveryProgress | null } {
    const isFetching = this.progress !== null && this.progress.messages > 0;
    const isCatchingUp = this.held !== null && performance.now() - this.heldSinceMs >= tellCatchingUpMs;
    const recovery = isFetching ? this.progress : isCatchingUp ? { messages: 0, bytes: 0, bytesLeft: null } : null;
    return { protection: this.protection, recovery };
  }

  /**
   * Whether every message that the kernel published since then (monotonic) is here: by the recorder, by the kernel's
   * own numbers, or not known.
   */
  hasEverythingSince(nowMs: number): 'recorded' | 'counted' | 'no' {
    if (this.lastLossMs >= nowMs || this.held !== null || !this.holes.isEmpty) {
      return 'no';
    }
    const isRecorded = this.protection.state === 'recorded' && this.recordedSinceMs <= nowMs;
    return isRecorded ? 'recorded' : this.hasNumbers ? 'counted' : 'no';
  }

  /** True while messages wait for the recorder. */
  get isHolding(): boolean {
    return this.held !== null;
  }

  /** What is in the journal already, and what was being missed when the app ended. */
  remember({ ids, open }: KnownMessages): void {
    for (const known of ids) {
      this.rememberId(known);
      if (known.isIopub && this.cursor !== null && known.seq > this.cursor.seq) {
        // The recorder may have been behind when the app ended, and still be.
        this.unseen.add(known.msgId, known.seq);
      }
    }
    for (const numbers of open) {
      this.holes.add({ ...numbers, foundMs: performance.now(), isReply: false, isAskedFor: false });
    }
  }

  private rememberId({ msgId, isIopub, kernelSession }: KnownId): void {
    this.known.add(msgId, isIopub, Number.NEGATIVE_INFINITY);
    if (kernelSession !== null) {
      this.kernels.add(kernelSession);
    }
  }

  /** Of a session that no kernel is known to have. Children of a kernel print under its session, and number anew. */
  private isOfUnknown(frame: Frame): boolean {
    return !this.kernels.has(frame.header.session);
  }

  private get hasNumbers(): boolean {
    return this.known.hasNumbersOf(this.kernels);
  }

  /** What is missing before a message, by the numbers of its kernel. The server's own numbers say nothing. */
  private missingBefore(frame: Frame, lane: Lane): ReturnType<Known['missingBefore']> {
    const counted = this.kernels.has(frame.header.session) ? countedId(frame.header.msg_id) : null;
    if (counted === null) {
      return null;
    }
    if (this.unsent.explains(frame, lane)) {
      this.known.account(counted.series, counted.number - 1, counted.number - 1);
    }
    return this.known.missingBefore(frame, isIdle(frame) && this.parts.hasReply(frame.parent?.msg_id ?? ''));
  }

  /** One number missing before the `idle` of a request of ours whose reply is still on its way: that, or a loss. */
  private maybeReply(frame: Frame): ReturnType<Known['missingBefore']> {
    const isOurs = isIdle(frame) && this.parts.isOurs(frame.parent?.msg_id ?? '');
    return isOurs && this.kernels.has(frame.header.session) ? this.known.missingBefore(frame, true) : null;
  }

  /** A message from a websocket: `connection` tells which, in the order in which they were made. */
  receive(frame: Frame, connection = 0): void {
    // A kernel could say the same; then what it said is in the spool and comes from there.
    const isNotice = isLimiterNotice(frame);
    const isFetched =
      this.protection.state === 'recorded' || (this.protection.state === 'starting' && this.cursor !== null);
    if (isNotice && isFetched) {
      // What the notice stands for is fetched instead; it is the server's word, not the kernel's.
      this.parts.note({ what: 'limiter', text: 'the rate limit of the server dropped messages' });
      this.setMark('limiter');
      this.doubt();
      return;
    }
    this.noteWay(frame);
    this.findMark(frame);
    if (this.held !== null) {
      this.hold(frame, connection);
      return;
    }
    if (this.known.has(frame.header.msg_id)) {
      return;
    }
    if (isNotice) {
      this.unsent.forget();
    }
    if (isNotice && this.protection.state === 'starting') {
      // It says so once and then drops in silence: the recorder is asked as soon as it is there.
      this.setMark('limiter');
    }
    const missing = this.missingBefore(frame, lanes.live);
    const isFirst = this.isFirstWord(frame);
    if ((missing !== null || isFirst || this.isSkipping(frame)) && this.protection.state === 'recorded') {
      this.mark = { why: 'hole', ...this.markAt(frame, isFirst) };
      this.doubt();
      this.hold(frame, connection);
      return;
    }
    this.letIn(frame, lanes.live, missing);
  }

  /**
   * Something may have been missed: the link came up, a message was skipped, the app was started. Fetches what the
   * recorder has; messages wait meanwhile, if there is a position to fetch from.
   */
  doubt(): void {
    if (this.parts.spool === null || this.protection.state === 'buffer-only' || this.closed) {
      return;
    }
    // A recorder whose start was never answered may have begun before the link was lost, and have what was missed.
    const mayHaveMissed = this.cursor !== null || this.parts.isTakenUp || this.links > 1;
    if (mayHaveMissed) {
      this.beginHolding();
    }
    if (this.running !== null) {
      this.again = true;
      return;
    }
    this.stopWaiting();
    this.running = this.recover(this.parts.spool).finally(() => {
      this.running = null;
      // While the limiter drops, round follows round: what was fetched stays on show.
      this.progress = this.held === null ? null : this.progress;
      this.parts.changed();
      if ((this.held !== null || this.hasMissed) && this.parts.isLinkLive()) {
        this.hasMissed = false;
        this.scheduleRound();
      } else {
        this.tryLater(laterMs.first);
      }
    });
  }

  /** Tries a recorder that did not start in time again and again, and holds nothing up meanwhile. */
  private tryLater(afterMs: number): void {
    const { spool } = this.parts;
    const isNeeded = (): boolean => this.protection.state === 'starting' && !this.closed && this.parts.isLinkLive();
    if (spool === null || this.laterTimer !== null || !isNeeded()) {
      return;
    }
    const attempt = async (): Promise<void> => {
      const started = isNeeded() && this.running === null ? await spool.start() : null;
      if (started?.ok === false) {
        this.tellWhy(started.problem.sentence);
      }
      this.laterTimer = null;
      if (started !== null && (started.ok || started.problem.kind !== 'unreachable') && isNeeded()) {
        this.doubt();
      } else {
        // A link that is away raises the doubt itself when it is back.
        this.tryLater(Math.min(laterMs.most, afterMs * 2));
      }
    };
    this.laterTimer = setTimeout(() => void attempt(), afterMs);
  }

  /** A new connection: the limiter of the old one is gone, and what it lost is unknown. */
  linkUp(): void {
    this.links += 1;
    this.unsent.forget();
    this.mark = null;
    if (this.cursor !== null && !(this.hasNumbers && this.known.isCounting)) {
      this.setMark('link');
    }
    this.doubt();
  }

  /** True when much may stand in the spool that is not here. */
  get canFetchFirst(): boolean {
    return this.parts.spool !== null && this.cursor !== null && this.protection !== switchedOff && !this.closed;
  }

  /**
   * Fetches what the spool has while there is no link; gives up when nothing comes for a while. What needs the websocket
   * to be put in its place is left for when it is there. False when there was no coming to the end of it.
   */
  async fetchFirst(): Promise<boolean> {
    const begunMs = performance.now();
    this.fetchedMs = begunMs;
    this.doubt();
    while (this.running !== null && performance.now() - this.fetchedMs < fetchPatienceMs) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.caughtUpMs >= begunMs;
  }

  /** The kernel is gone: takes what the recorder has, and gives it a moment for what it has not written yet. */
  async finish(): Promise<void> {
    const rounds = this.protection.state === 'recorded' ? 2 : 1;
    for (let round = 0; round < rounds && !this.closed; round += 1) {
      this.mark = null;
      this.doubt();
      await this.settled();
      this.isDrained = this.protection.state === 'recorded';
      if (round + 1 < rounds) {
        await new Promise((resolve) => setTimeout(resolve, lastWordsMs));
      }
    }
    if (this.held !== null && !this.closed) {
      // The server is not to be reached either: what came is all there will be.
      this.protection = { state: 'starting', reason: 'the recorder cannot be reached' };
      this.release();
    }
  }

  /** Resolves when no recovery is under way. */
  async settled(): Promise<void> {
    while (this.running !== null) {
      await this.running;
    }
  }

  /**
   * Gives replies that are under way a moment to arrive, so that closing does not make a gap of them, and what waits for
   * the recorder a moment to be put in its place, so that the journal is whole until the next start.
   */
  async quiesce(): Promise<void> {
    const deadline = performance.now() + quiesceMs;
    const isMerging = (): boolean => this.held !== null && this.parts.isLinkLive();
    while ((this.holes.hasMissing || isMerging()) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  close(): void {
    this.closed = true;
    this.holes.close();
    this.stopWaiting();
    if (this.laterTimer !== null) {
      clearTimeout(this.laterTimer);
    }
    this.noteMerge();
    // With a recorder, what waits on iopub stands in the spool and is fetched, in its place, at the next start.
    const isRecorded = this.protection.state === 'recorded';
    const waiting = this.held ?? [];
    this.held = null;
    for (const frame of waiting) {
      if (!this.known.has(frame.header.msg_id) && !(isRecorded && frame.channel === 'iopub')) {
        this.letIn(frame, lanes.live, isRecorded ? null : this.missingBefore(frame, lanes.live));
      }
    }
    this.holes.settleAll();
  }

  // --- Letting in ---------------------------------------------------------------------------------------------------

  private connectionOf(waiting: Frame): number {
    return this.broughtBy.get(waiting) ?? 0;
  }

  private beginHolding(): void {
    if (this.held === null) {
      this.held = [];
      this.heldBytes = 0;
      this.heldSinceMs = performance.now();
      const tell = (): void => {
        if (!this.closed) this.parts.changed();
      };
      setTimeout(tell, tellCatchingUpMs).unref();
    }
  }

  /** What a replaced connection still brings was said before what the new one brings. */
  private hold(frame: Frame, connection: number): void {
    this.broughtBy.set(frame, connection);
    const before = this.held?.findLastIndex((waiting) => this.connectionOf(waiting) <= connection) ?? -1;
    this.held?.splice(before + 1, 0, frame);
    this.heldBytes += frame.bytes.byteLength;
    if (this.heldBytes > heldBytesMax && this.protection.state !== 'recorded') {
      // Nobody else may have it: the server waits until the recorder is there, or is given up.
      this.fullSinceMs = Math.min(this.fullSinceMs, performance.now());
      this.parts.pause(true);
    } else if (this.heldBytes > heldBytesMax && this.held !== null) {
      // The spool has every iopub message: only what it has not is kept.
      this.held = this.held.filter((waiting) => waiting.channel !== 'iopub');
      this.heldBytes = 0;
      this.again = true;
    }
  }

  private letIn(frame: Frame, lane: Lane, missing: { readonly from: number; readonly count: number } | null): void {
    const counted = countedId(frame.header.msg_id);
    const open = missing ?? (lane === lanes.live ? this.maybeReply(frame) : null);
    if (counted !== null && open !== null) {
      this.holes.add({
        series: counted.series,
        from: open.from,
        to: counted.number - 1,
        fromTimeMs: this.lastTimeMs,
        toTimeMs: Date.now(),
        foundMs: performance.now(),
        parentId: frame.parent?.msg_id ?? null,
        isReply: missing === null,
        isAskedFor: false,
      });
    }
    this.tellLostEnd(frame);
    if (missing === null) {
      this.tellLateStart(frame);
    }
    const isOurs = this.parts.isOurs(frame.parent?.msg_id ?? '');
    this.known.add(frame.header.msg_id, isPublished(frame), performance.now(), isOurs);
    if (endsRequest(frame) && frame.channel === 'iopub' && (lane === lanes.recorder || !isOurs)) {
      this.explainReply(frame, isOurs);
    }
    this.unsent.add(frame, lane);
    this.lastTimeMs = Date.now();
    if (provesKernel(frame)) {
      this.kernels.add(frame.header.session);
    }
    const seq = this.parts.admit(frame, lane);
    if (lane === lanes.live && frame.channel === 'iopub' && this.protection.state !== 'buffer-only') {
      this.unseen.add(frame.header.msg_id, seq);
    }
    this.sinceCursor += 1;
    this.maybeAdvance(frame, seq);
  }

  /** The reply went to another client, or was lost with a connection and is rebuilt. */
  private explainReply(frame: Frame, isOurs: boolean): void {
    const parentId = frame.parent?.msg_id ?? '';
    // A kernel that shuts down may add an idle to its word: the two stand behind one reply.
    if (parentId !== this.shutBy) {
      this.known.explainReply(frame, isOurs);
    }
    if (!isIdle(frame)) {
      this.shutBy = parentId;
    }
  }

  /**
   * A restarted kernel may print before anybody could subscribe to it again. Its first messages are then known to
   * nobody, their number neither; that an execution is first heard of without its `busy` shows it.
   */
  private tellLateStart(frame: Frame): void {
    const parentId = frame.parent?.msg_id ?? '';
    const sentMs = frame.channel === 'iopub' && !provesKernel(frame) ? this.parts.unheardSinceMs(parentId) : null;
    // A kernel process that was heard before it went out counts its own messages: a hole is then told with its size.
    if (sentMs !== null && this.known.heardSinceMs(frame.header.msg_id) > sentMs) {
      this.lastLossMs = performance.now();
      const why = 'the kernel was restarted and printed before anybody could listen to it again';
      this.parts.gap({ messages: null, fromTimeMs: this.lastTimeMs, toTimeMs: Date.now(), why }, parentId);
    }
  }

  private noteWay(frame: Frame): void {
    const { session, msg_id: msgId } = frame.header;
    const over = this.broughtOver.get(session);
    if (over?.last !== this.links && isPublished(frame)) {
      this.broughtOver.set(session, {
        firstId: over?.firstId ?? msgId,
        first: over?.first ?? this.links,
        last: this.links,
      });
    }
  }

  /**
   * The first word of a kernel process: nobody has heard it before, or the websocket has not. No number says yet what
   * stands before it, and the one of the two that listened earlier may still bring that.
   */
  private isFirstWord(frame: Frame): boolean {
    const { session, msg_id: msgId } = frame.header;
    const isNew = this.isOfUnknown(frame) && this.known.isNew(msgId);
    const isFirstHere = this.broughtOver.get(session)?.firstId === msgId && this.known.isRecorded(msgId);
    return (isNew || isFirstHere) && isPublished(frame);
  }

  /** Something that a kernel said earlier may still come out of the spool, though nothing of the kernel is counted yet. */
  private isSkipping(frame: Frame): boolean {
    const { session, msg_id: msgId } = frame.header;
    const isKernels = this.kernels.has(session) || provesKernel(frame) || this.known.isRecorded(msgId);
    return isKernels && isPublished(frame) && this.known.isSkipping(frame);
  }

  /**
   * Another process speaks than the one that was heard last, and the connection was away in between: what the old one
   * printed last has no number after it that would show it.
   */
  private tellLostEnd(frame: Frame): void {
    const isKnown = this.kernels.has(frame.header.session);
    if (countedId(frame.header.msg_id) === null || !(isKnown || provesKernel(frame))) {
      return;
    }
    const isNew = !isKnown && this.kernels.size > 0;
    const isRecorded = this.protection.state === 'recorded' && this.recordedSinceMs <= this.heardMs;
    // What waited for the recorder came when it came.
    const { first, last } = this.broughtOver.get(frame.header.session) ?? { first: this.links, last: this.links };
    if (isNew && this.heardOver < first && !isRecorded && this.parts.hasUnfinished()) {
      this.lastLossMs = performance.now();
      const why = 'the kernel was restarted while the connection was away; what it had printed last is not known';
      this.parts.gap({ messages: null, fromTimeMs: this.heardTimeMs, toTimeMs: Date.now(), why }, null);
    }
    if (isNew) {
      this.parts.replaced();
    }
    this.heardOver = last;
    this.heardMs = performance.now();
    this.heardTimeMs = Date.now();
  }

  private release(): void {
    this.parts.pause(false);
    this.fullSinceMs = Number.POSITIVE_INFINITY;
    const waiting = this.held ?? [];
    this.held = null;
    this.heldBytes = 0;
    this.noteMerge();
    // One of them may raise a doubt of its own: `receive` then makes the rest wait again.
    for (const frame of waiting) {
      this.receive(frame, this.connectionOf(frame));
    }
  }

  /** Lets in what no spool has; iopub goes on waiting. */
  private releaseReplies(): void {
    const waiting = this.held ?? [];
    this.held = [];
    this.heldBytes = 0;
    for (const frame of waiting) {
      if (this.known.has(frame.header.msg_id)) {
        continue;
      }
      if (frame.channel === 'iopub') {
        this.held.push(frame);
        this.heldBytes += frame.bytes.byteLength;
      } else {
        this.letIn(frame, lanes.live, null);
      }
    }
  }

  // --- The mark -----------------------------------------------------------------------------------------------------

  private setMark(why: Mark['why']): void {
    this.unsent.forget();
    this.mark = { why, msgId: null, sinceMs: Number.POSITIVE_INFINITY, patienceMs: markPatienceMs };
    this.limitedMs = limitedPauseMs.least;
  }

  /** Takes a message of the websocket as the one that was waited for, if it is one. */
  private findMark(frame: Frame): void {
    if (this.mark === null || this.mark.msgId !== null || !this.isMark(frame, this.mark.why)) {
      return;
    }
    if (this.protection.state !== 'recorded' && this.held === null) {
      // It goes straight through, and so does what follows.
      this.mark = null;
      return;
    }
    // Nothing else may come: a recorder that is being started is asked for this one when it is there.
    this.mark = { ...this.mark, msgId: frame.header.msg_id, sinceMs: performance.now() };
    if (this.protection.state === 'recorded') {
      this.doubt();
    }
  }

  /** A recorder that brought something of a kernel process listens to it; one that did not may come too late for it. */
  private markAt({ header: { msg_id: msgId } }: Frame, isFirst: boolean): Omit<Mark, 'why'> {
    const sinceMs = performance.now();
    const isYoung = sinceMs - this.known.heardSinceMs(msgId) < youngKernelMs;
    const listens = this.known.isRecorded(msgId) || !isYoung;
    return { msgId, sinceMs, patienceMs: listens ? markPatienceMs : isFirst ? firstWordsMs : youngPatienceMs };
  }

  private isMark(frame: Frame, why: Mark['why']): boolean {
    // What a recorder brings of a new process is no proof that a kernel speaks, but the server says none of it.
    const isKernels = this.kernels.has(frame.header.session) || this.known.isRecorded(frame.header.msg_id);
    if (frame.channel !== 'iopub' || !isKernels) {
      return false;
    }
    return why !== 'limiter' || provesPassage(frame);
  }

  /** True when everything that was missed before the waiting messages has been fetched, or cannot be. */
  private isPassed(): boolean {
    const { mark } = this;
    if (mark === null) {
      return true;
    }
    if (mark.msgId === null) {
      return mark.why === 'link';
    }
    if (this.known.has(mark.msgId)) {
      this.mark = null;
      return true;
    }
    if (performance.now() - mark.sinceMs <= mark.patienceMs || this.isBehind(mark.msgId, mark)) {
      return false;
    }
    // The recorder may be dead without our knowing: it is asked for anew once what waits is in.
    this.protection = { state: 'starting', reason: 'the recorder missed a message' };
    this.recordedSinceMs = performance.now();
    this.hasMissed = true;
    this.dropMark(this.protection.reason);
    return true;
  }

  /** Whether the recorder may still bring what it has not written yet. */
  private isBehind(msgId: string, { sinceMs, patienceMs }: Mark): boolean {
    const nowMs = performance.now();
    const stillMs = nowMs - Math.max(sinceMs, this.grownMs);
    // One that may not listen yet is waited for as long as it writes.
    const isGoingOn = stillMs <= (patienceMs < markPatienceMs ? patienceMs : standstillMs);
    const isCounted = countedId(msgId) !== null;
    return isGoingOn && !this.known.isRecordedPast(msgId) && (isCounted || nowMs - sinceMs <= behindMostMs);
  }

  /** The recorder has stood still for so long that it may not run any more, and nobody has looked since. */
  private get isStandingStill(): boolean {
    const sinceMs = Math.max(this.mark?.sinceMs ?? Number.POSITIVE_INFINITY, this.grownMs, this.lookedMs);
    return this.mark !== null && this.mark.msgId !== null && performance.now() - sinceMs > markPatienceMs;
  }

  /** What the mark stood for cannot be fetched. Numbers tell what is missing; without them this does. */
  private dropMark(reason: string): void {
    const { mark } = this;
    this.mark = null;
    if (mark !== null && mark.why !== 'link' && !this.hasNumbers) {
      this.gapOfUnknownSize(`the rate limit of the server dropped messages, and they could not be fetched (${reason})`);
    }
  }

  private scheduleRound(): void {
    this.stopWaiting();
    if (this.closed) {
      return;
    }
    const isDropping = this.mark?.why === 'limiter' && this.mark.msgId === null;
    this.nextRound = setTimeout(() => this.doubt(), isDropping ? this.limitedMs : holdAgainMs);
    this.limitedMs = Math.min(limitedPauseMs.most, this.limitedMs * 1.5);
  }

  private stopWaiting(): void {
    if (this.nextRound !== null) {
      clearTimeout(this.nextRound);
      this.nextRound = null;
    }
  }

  // --- Recovery -----------------------------------------------------------------------------------------------------

  private async recover(spool: Spool): Promise<void> {
    const begunMs = performance.now();
    do {
      this.again = false;
      const outcome = await this.catchUp(spool, (pulled, fresh) => this.countMerged(pulled, fresh));
      if (outcome === 'off') {
        this.dropMark(this.protection.reason);
        this.release();
        return;
      }
      if (outcome === 'unreachable') {
        if (!this.parts.isLinkLive()) {
          // What waits goes on waiting: the next connection raises the doubt again.
          this.noteMerge();
          return;
        }
        if (this.closed || performance.now() > this.giveUpMs(begunMs)) {
          this.giveUp();
          break;
        }
        if (this.held !== null) {
          this.releaseReplies();
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        this.again = true;
      }
    } while (this.again && !this.closed);
    if (this.isStandingStill && this.protection.state === 'recorded' && this.parts.isLinkLive()) {
      // One that has died is started anew, and tells what it cannot have.
      this.lookedMs = performance.now();
      await spool.start();
    }
    if (this.isPassed()) {
      this.release();
    } else {
      this.releaseReplies();
    }
  }

  /** Why the recorder is not there, into the log: once, not at every attempt. */
  private tellWhy(sentence: string): void {
    if (sentence !== this.toldWhy) {
      this.toldWhy = sentence;
      this.parts.log(`the recorder: ${sentence}`);
    }
  }

  /** Until when a recorder that cannot be reached is waited for (monotonic). */
  private giveUpMs(begunMs: number): number {
    const mayKnow = this.cursor !== null && !this.hasGivenUp;
    return Math.min(
      begunMs + (mayKnow ? giveUpAfterMs.known : giveUpAfterMs.unknown),
      this.fullSinceMs + giveUpAfterMs.full,
    );
  }

  /** What misses nothing goes on; a message before which one is missing raises its doubt again, and waits again. */
  private giveUp(): void {
    const reason = 'the recorder cannot be reached';
    this.hasGivenUp = true;
    this.parts.log(`${reason}; going on with what the server sends`);
    if (!this.closed) {
      this.dropMark(reason);
    }
  }

  private countMerged(pulled: Pulled, fresh: number): void {
    this.fetchedMs = performance.now();
    this.merged.messages += fresh;
    this.merged.bytes += pulled.bytes;
    if (fresh > 0) {
      this.limitedMs = limitedPauseMs.least;
    }
    this.progress = { ...this.merged, bytesLeft: Math.max(0, pulled.end - pulled.next) };
    this.parts.changed();
  }

  /** Fetches from the cursor to the end of the spool. */
  private async catchUp(
    spool: Spool,
    onPull: (pulled: Pulled, fresh: number) => void,
  ): Promise<'done' | 'unreachable' | 'off'> {
    if (this.protection.state !== 'recorded') {
      const started = await spool.start();
      if (this.protection === switchedOff) {
        return 'off';
      }
      if (!started.ok) {
        if (started.problem.kind === 'unreachable') {
          this.tellWhy(started.problem.sentence);
          return 'unreachable';
        }
        this.protection = { state: 'buffer-only', reason: started.problem.sentence };
        this.parts.note({ what: 'recorder-off', why: started.problem.sentence });
        this.parts.changed();
        return 'off';
      }
      this.protection = { state: 'recorded', reason: '' };
      this.toldWhy = '';
      this.hasGivenUp = false;
      this.fullSinceMs = Number.POSITIVE_INFINITY;
      this.parts.pause(false);
      this.parts.note({ what: 'recorder-on' });
      if (this.cursor === null || this.cursor.birth !== started.value.birth) {
        if (this.cursor !== null && !this.hasNumbers) {
          this.gapOfUnknownSize('the recorder’s spool was begun anew, and this kernel does not number its messages');
        }
        // What came before this recorder is known by id; from here on the spool has everything.
        await this.setCursor({ ...started.value, seq: 0 });
        this.spoolEnd = 0;
        this.beginHolding();
        this.recordedSinceMs = performance.now();
      } else {
        // The spool goes on from a position that is safe here: it has all that came meanwhile.
        this.beginHolding();
        this.recordedSinceMs = this.recordedSinceMs === Number.POSITIVE_INFINITY ? 0 : this.recordedSinceMs;
      }
      this.parts.changed();
    }
    return this.pullAll(spool, onPull);
  }

  private async pullAll(
    spool: Spool,
    onPull: (pulled: Pulled, fresh: number) => void,
  ): Promise<'done' | 'unreachable' | 'off'> {
    let expected = this.cursor?.position ?? 0;
    const queue = [spool.pull(expected)];
    // A part is let in while the one before it goes to the disk.
    let saved: Promise<void> = Promise.resolve();
    while (!this.closed) {
      while (queue.length < pullsInFlight) {
        queue.push(spool.pull('next'));
      }
      const pulled = await queue.shift();
      if (pulled === undefined || !pulled.ok || pulled.value.position !== expected) {
        await Promise.all([...queue, saved]);
        if (pulled?.ok === false && pulled.problem.kind === 'absent' && this.isDrained) {
          // The recorder ends with its kernel, and takes the spool away when all of it is acknowledged.
          return 'done';
        }
        if (pulled?.ok === false && pulled.problem.kind === 'absent') {
          this.parts.log('the spool is gone; the recorder is started anew');
          this.protection = beingStarted;
          this.cursor = null;
          this.recordedSinceMs = Number.POSITIVE_INFINITY;
          this.gapOfUnknownSize('the recorder’s spool was no longer on the server');
        }
        return 'unreachable';
      }
      if (pulled.value.end > this.spoolEnd) {
        this.spoolEnd = pulled.value.end;
        this.grownMs = performance.now();
      }
      const fresh = await this.merge(pulled.value);
      await saved;
      if (fresh === null) {
        await Promise.all(queue);
        return 'unreachable';
      }
      expected = pulled.value.next;
      const isDrained = expected >= pulled.value.end;
      saved = this.savePosition(expected, isDrained);
      onPull(pulled.value, fresh);
      if (isDrained) {
        await Promise.all(queue);
        break;
      }
    }
    await saved;
    this.sinceCursor = 0;
    this.caughtUpMs = performance.now();
    void spool.acknowledge(expected);
    return 'done';
  }

  /** The cursor moves once all before it is on the disk. */
  private async savePosition(position: number, isDrained: boolean): Promise<void> {
    const known = this.known.numbers();
    const lastSeq = await this.parts.settle();
    if (this.cursor === null) {
      // The recorder was switched off meanwhile.
      return;
    }
    const { birth, seq } = this.cursor;
    // Until all is fetched, entries that came live may lie beyond this position: they are looked at again.
    await this.setCursor({ position, birth, known, seq: isDrained ? this.unseen.safeSeq(seq, lastSeq) : seq });
  }

  private gapOfUnknownSize(why: string): void {
    this.lastLossMs = performance.now();
    this.parts.gap({ messages: null, fromTimeMs: this.lastTimeMs, toTimeMs: Date.now(), why }, null);
  }

  /**
   * Lets in what a pull brought and is not in the journal yet, in the spool's order. Answers how many; null when it
   * stopped at a message that cannot be put in its place without the websocket.
   */
  private async merge(pulled: Pulled): Promise<number | null> {
    if (pulled.dropped !== null) {
      const { messages, why } = pulled.dropped;
      this.lastLossMs = performance.now();
      this.parts.gap({ messages, fromTimeMs: this.lastTimeMs, toTimeMs: Date.now(), why }, null);
    } else if (pulled.hasHoles && !this.hasNumbers) {
      this.gapOfUnknownSize('the recorder was interrupted, and this kernel does not number its messages');
    }
    if (pulled.hasHoles) {
      this.unsent.forget();
      this.recordedSinceMs = performance.now();
    }
    let fresh = 0;
    let ids: ReadonlySet<string> | null = null;
    const idsOfPull = (): ReadonlySet<string> => (ids ??= this.idsOf(pulled));
    let looked = 0;
    for (const bytes of pulled.frames) {
      looked += 1;
      if (looked % sliceFrames === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const frame = this.reader.read(bytes);
      if (frame === null) {
        continue;
      }
      if (this.known.has(frame.header.msg_id)) {
        this.known.meet(frame.header.msg_id);
        this.unseen.seenUpTo(this.unseen.seqOf(frame.header.msg_id));
        continue;
      }
      fresh += 1;
      const isUnmet = this.isOfUnknown(frame) && this.known.isUnmet(frame.header.msg_id);
      // What the recorder has not can only come from the websocket. It is waited for where the recorder began after us
      // or was away.
      const waits = (this.cursor?.seq ?? 0) === 0 || pulled.hasHoles;
      const isMissing = !isUnmet && this.missingBefore(frame, lanes.recorder) !== null;
      if (!this.parts.isLinkLive() && (isUnmet || (isMissing && waits))) {
        return null;
      }
      if (isUnmet) {
        // A kernel that has just started: the websocket may have subscribed before the recorder, and be late itself.
        await this.takeEarlier(frame, restartGraceMs, idsOfPull);
      } else if (isMissing) {
        await this.takeEarlier(frame, waits ? holeGraceMs : 0, idsOfPull);
      }
      // A recorder that ran without a break has all that reached it; a kernel can drop messages itself, and says so
      // by its numbers.
      this.letIn(frame, lanes.recorder, this.missingBefore(frame, lanes.recorder));
      this.known.meet(frame.header.msg_id);
    }
    return fresh;
  }

  private idsOf({ frames }: Pulled): ReadonlySet<string> {
    return new Set(Array.from(frames, (bytes) => this.reader.read(bytes)?.header.msg_id ?? ''));
  }

  /**
   * Lets in waiting messages that the kernel published before this one, once the websocket has passed it. Two threads of
   * a kernel can publish in another order than they number: what waits behind this one, or comes later in the same pull
   * (`idsOfPull`; what came earlier in it is known), is not earlier, whatever its number.
   */
  private async takeEarlier(frame: Frame, waitMs: number, idsOfPull: () => ReadonlySet<string>): Promise<void> {
    const counted = countedId(frame.header.msg_id);
    const numberOf = (waiting: Frame): number => {
      const other = waiting.channel === 'iopub' ? countedId(waiting.header.msg_id) : null;
      return other !== null && counted !== null && other.series === counted.series ? other.number : -1;
    };
    const deadline = performance.now() + waitMs;
    const number = counted?.number ?? 0;
    const hasPassed = (): boolean =>
      (this.known.lastPublished(counted?.series ?? '') ?? -1) >= number ||
      (this.held ?? []).some((waiting) => numberOf(waiting) >= number);
    while (!hasPassed() && performance.now() < deadline && !this.closed) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const waiting of this.held ?? []) {
      const { msg_id: msgId } = waiting.header;
      if (msgId === frame.header.msg_id) {
        break;
      }
      const other = numberOf(waiting);
      if (other >= 0 && other < number && !this.known.has(msgId) && !idsOfPull().has(msgId)) {
        this.letIn(waiting, lanes.live, this.missingBefore(waiting, lanes.live));
      }
    }
  }

  private noteMerge(): void {
    const { messages, bytes } = this.merged;
    this.merged = { messages: 0, bytes: 0 };
    if (messages > 0) {
      this.parts.note({ what: 'merged', messages, bytes });
    }
  }

  // --- The safe position --------------------------------------------------------------------------------------------

  private async setCursor(cursor: RecorderCursor): Promise<void> {
    this.cursor = cursor;
    await this.parts.saveCursor(cursor);
  }

  /** In quiet times the safe position follows what came live, so that a later recovery fetches only what is new. */
  private maybeAdvance(frame: Frame, seq: number): void {
    const { spool } = this.parts;
    const nowMs = performance.now();
    if (
      spool === null ||
      this.protection.state !== 'recorded' ||
      this.held !== null ||
      !this.holes.isEmpty ||
      frame.channel !== 'iopub' ||
      this.sinceCursor < advanceAfterMessages ||
      nowMs - this.advancedMs < advanceIntervalMs
    ) {
      return;
    }
    this.advancedMs = nowMs;
    void this.advance(spool, frame.header.msg_id, seq);
  }

  private async advance(spool: Spool, msgId: string, seq: number): Promise<void> {
    const { cursor } = this;
    const known = this.known.numbers();
    await this.parts.settle();
    const position = cursor === null ? null : await spool.locate(cursor.position, msgId);
    // A recovery that went on meanwhile has brought the safe position further, perhaps in another spool.
    const isOld = cursor === null || this.cursor !== cursor;
    if (position === null || isOld || this.held !== null || !this.holes.isEmpty || this.closed) {
      return;
    }
    this.sinceCursor = 0;
    this.unseen.seenUpTo(seq);
    await this.setCursor({ position, seq, birth: cursor.birth, known });
    await spool.acknowledge(position);
  }
}
