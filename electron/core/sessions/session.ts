/**
 * One kernel session: its link, its journal, its executions, its windows.
 *
 * Everything that passes between windows and the kernel passes here. What goes out is on the disk before it is sent;
 * what comes in is on the disk before a window sees it. A request that is already known is never sent again: it is
 * answered from the journal. Windows come and go; the session does not notice.
 */
import crypto from 'node:crypto';
import type { SessionStatus } from '../../../shared/ipc/contract.ts';
import {
  asMsgId,
  asSeq,
  type JournalId,
  type KernelId,
  type MsgId,
  type Seq,
  type ServerId,
} from '../../../shared/ids.ts';
import {
  entryKinds,
  type Execution,
  type GapBody,
  isPending,
  type Lane,
  lanes,
} from '../../../shared/journal/entries.ts';
import { longOutageMs, queuedRequestsMax, replacedSocketMs } from '../../../shared/limits.ts';
import type { SnapshotBody } from '../../../shared/journal/snapshot.ts';
import { type Frame, FrameReader, isIdle, readFrame, withContent } from '../../../shared/wire/codec.ts';
import type { JournalClient } from '../journal/client.ts';
import type { KnownMessages, Opened } from '../journal/protocol.ts';
import type { JournalMeta } from '../journal/layout.ts';
import { Intake } from '../recovery/intake.ts';
import type { Spool } from '../recovery/spool.ts';
import { KernelLink, type LinkTarget } from '../link/link.ts';
import { type LinkState, type LinkTiming, linkTiming } from '../link/machine.ts';
import { Executions } from './executions.ts';
import { FirstWord } from './first-word.ts';
import { LostEnd } from './lost-end.ts';
import { LostPrompt } from './lost-prompt.ts';
import type { Neighbours } from './neighbours.ts';
import { Doubts } from './doubts.ts';
import { abortedReply, makeFrame, newHeader, statusFrame, kernelInfoRequest } from './messages.ts';
import { type KernelState, kernelStateOf, linkStatusOf, protectionOf, warningsOf } from './status.ts';
import type { Viewer } from './viewer.ts';
import { JournalWriter } from './writer.ts';

/** `idle` and `execute_reply` travel on two sockets; the reply is given this long after the idle. */
const replyGraceMs = 3_000;
/** After a long outage, while a server works off what it has buffered. */
const replyGraceAfterLongMs = 12_000;
/** Between two questions whether a kernel that said that it ends is gone, and how many there are. */
const endingLookMs = 1_500;
const endingLooks = 6;
/** A replay pauses while a window has this much unread. */
const replayBacklogBytes = 4 * 1024 * 1024;

/** Gaps that stand in their cells; more are in the journal. */
const gapMarksMax = 50;

/** Requests of ours that are told from other clients': their replies come within seconds. */
const sentIdsMax = 10_000;

export interface SessionHooks {
  /** Something a status bar shows has changed. Called often; the listener paces itself. */
  onStatus(session: KernelSession): void;
  /** A window submitted a new execution: other windows on the notebook follow it. */
  onExecution(session: KernelSession, execution: Execution, fromWindowId: string): void;
  /** A message id that this session does not know: another session (an earlier kernel) may. */
  findElsewhere(msgId: string): KernelSession | null;
  /** The notebook that a window shows, where that is known. */
  notebookOf?(windowId: string): string | null;
  /** The network was away since a moment (monotonic), and is back. */
  onReconnected(sinceMs: number): void;
  log(line: string): void;
}

/** Deadlines of a session; tests that run through hours of outages use smaller ones. */
export interface SessionTiming {
  readonly link: LinkTiming;
  /** See `replacedSocketMs` in the limits. */
  readonly replacedSocketMs: number;
  /** See `longOutageMs` in the limits. */
  readonly longOutageMs: number;
}

export const sessionTiming: SessionTiming = { link: linkTiming, replacedSocketMs, longOutageMs };

/** Pauses between renewals of a connection over which the kernel does not answer, doubling. */
const renewPauseMs = { first: 5_000, most: 600_000 };
const silenceBeforeRenewalMs = 5_000;

export interface SessionParts {
  readonly journalId: JournalId;
  readonly serverId: ServerId;
  readonly kernelId: KernelId;
  readonly client: JournalClient;
  readonly opened: Opened;
  readonly target: LinkTarget;
  /** The recorder's spool for this kernel; `null` where there are no recorders. */
  readonly spool: Spool | null;
  /** Whether the person allows a recorder on this server. */
  readonly isRecorderAllowed: boolean;
  /** Messages that are in the journal already and that the spool may bring again. */
  readonly known: KnownMessages;
  readonly timing: SessionTiming;
  /** Looks for other clients of the kernel; `null` where nobody is told. */
  readonly neighbours: Neighbours | null;
  readonly isHub: boolean;
  readonly hooks: SessionHooks;
}

const urgentTypes: ReadonlySet<string> = new Set(['error', 'execute_reply', 'input_request', 'status']);
/** Requests whose answer is worthless once the moment has passed: not kept for a link that is down. */
const momentary: ReadonlySet<string> = new Set(['complete_request', 'inspect_request', 'is_complete_request']);

export class KernelSession {
  readonly journalId: JournalId;
  readonly serverId: ServerId;
  readonly kernelId: KernelId;
  private readonly parts: SessionParts;
  private readonly executions: Executions;
  private readonly writer: JournalWriter;
  private readonly link: KernelLink;
  private readonly intake: Intake;
  private readonly doubts: Doubts;
  private readonly reader = new FrameReader();
  private readonly viewers = new Set<Viewer>();
  private readonly outbox: Frame[] = [];
  private readonly infoWaiters: { viewer: Viewer; header: Frame['header'] }[] = [];
  private readonly secretPrompts = new Set<string>();
  private readonly listeners = new Set<(frame: Frame) => void>();
  private readonly graceTimers = new Set<NodeJS.Timeout>();
  private readonly sentIds = new Set<string>();
  private meta: JournalMeta;
  private lastSnapshot: string | null = null;
  private kernelState: KernelState = 'unknown';
  private busyHeader: Frame['header'] | null = null;
  private ownInfoRequest: string | null = null;
  private trouble: string | null = null;
  private gapCount = 0;
  private hasBeenLive = false;
  /** Attempts to connect so far, and when the last one was begun (monotonic). */
  private attempts = 0;
  private attemptMs = 0;
  private readonly lostPrompt: LostPrompt;
  private readonly lostEnd: LostEnd;
  /** Monotonic. */
  private renewAfterMs = 0;
  private renewPauseMs = renewPauseMs.first;
  private lastFrameMs = Number.NEGATIVE_INFINITY;
  /** The server is let wait: by the journal's disk, and by what waits for the recorder. */
  private isUnderPressure = false;
  private isFull = false;
  private lostLinkMs = Number.POSITIVE_INFINITY;
  private notedLink: Pick<LinkState, 'phase' | 'reason'> | null = null;
  private hasFetchedFirst = false;
  private replyGraceUntilMs = 0;
  private readonly firstWord: FirstWord;
  private draining: Promise<void> = Promise.resolve();

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.journalId = parts.journalId;
    this.serverId = parts.serverId;
    this.kernelId = parts.kernelId;
    this.meta = parts.opened.meta;
    this.executions = new Executions(parts.opened.executions, parts.opened.ends);
    this.writer = new JournalWriter(
      {
        client: parts.client,
        key: parts.journalId,
        takeExecutions: () => this.executions.takeChanged(),
        hasExecutionChanges: () => this.executions.hasChanges,
        onCommitted: (frames) => this.onCommitted(frames),
        onPressure: (isHigh) => {
          this.isUnderPressure = isHigh;
          this.link.setPaused(isHigh || this.isFull);
        },
        onTrouble: (sentence) => {
          this.trouble = sentence;
          this.changed();
        },
        log: (line) => parts.hooks.log(line),
      },
      parts.opened.lastSeq,
    );
    this.link = new KernelLink(
      parts.target,
      {
        onFrame: (bytes, connection) => this.onFrame(bytes, connection),
        onState: (state, previous) => this.onLink(state, previous),
        beforeConnect: () => this.beforeConnect(),
      },
      parts.timing.link,
    );
    this.intake = new Intake({
      spool: parts.spool,
      isAllowed: parts.isRecorderAllowed,
      cursor: this.meta.recorder,
      isTakenUp: parts.opened.lastSeq > 0,
      isOurs: (msgId) => this.sentIds.has(msgId) || this.executions.get(msgId) !== undefined,
      hasReply: (msgId) => this.executions.hasReply(msgId),
      unheardSinceMs: (msgId) => this.executions.unheardSinceMs(msgId),
      hasUnfinished: () => this.executions.hasUnfinished,
      admit: (frame, lane) => this.admit(frame, lane),
      // What went out and was not heard of may have reached either.
      replaced: () => {
        this.loseExecutions('running');
        this.executions.processReplaced();
      },
      isLinkLive: () => this.link.isLive,
      pause: (isPaused) => {
        this.isFull = isPaused;
        this.link.setPaused(isPaused || this.isUnderPressure);
      },
      settle: async () => {
        const lastSeq = this.writer.nextEntrySeq - 1;
        await this.writer.committedNext();
        return lastSeq;
      },
      saveCursor: (recorder) => this.setMeta({ recorder }),
      gap: (body, parentId) => this.addGap(body, parentId),
      note: (body) => this.writer.addEvent(entryKinds.app, body),
      changed: () => {
        this.link.setRecorded(this.intake.status.protection.state === 'recorded');
        this.changed();
      },
      log: (line) => parts.hooks.log(`session ${parts.journalId}: ${line}`),
    });
    this.intake.remember(parts.known);
    this.gapCount = this.meta.gapMarks?.length ?? 0;
    this.lostPrompt = new LostPrompt({
      pending: () => this.executions.outstanding(),
      running: () => this.executions.running(),
      questionOf: (msgId) => this.questionOf(asMsgId(msgId)),
      unanswered: () => this.renewLink(),
      changed: () => this.changed(),
    });
    this.lostEnd = new LostEnd({
      clientSessionId: this.meta.clientSessionId,
      awaiting: () => this.executions.awaitingIdle(),
      mayAsk: () => this.link.isLive && !this.intake.isHolding,
      send: (frame) => void this.sendOut(frame),
      end: (msgId) => this.endWithoutIdle(msgId),
    });
    this.firstWord = new FirstWord({
      clientSessionId: this.meta.clientSessionId,
      isLive: () => this.link.isLive,
      send: (frame) => void this.sendOut(frame),
      heard: () => {
        this.lostPrompt.began();
        this.drain();
      },
    });
    this.doubts = new Doubts({
      executions: this.executions,
      clientSessionId: this.meta.clientSessionId,
      replacedSocketMs: parts.timing.replacedSocketMs,
      isLive: () => this.link.isLive,
      send: (frame) => void this.sendOut(frame),
      isProof: (sinceMs) => this.intake.hasEverythingSince(sinceMs),
      resend: (executions) => this.resend(executions),
      unanswered: () => {
        // A kernel that works answers later, and what waits for the recorder may be the answer.
        if (this.kernelState !== 'busy' && !this.intake.isHolding) {
          this.renewLink();
        }
      },
      endUnseen: (execution) => {
        this.executions.endUnseen(execution.msgId, Date.now());
        this.addRebuiltReply(execution);
      },
      changed: () => {
        this.writer.touch();
        this.drain();
        this.changed();
      },
    });
  }

  // --- What others ask ----------------------------------------------------------------------------------------------

  /** The first notebook that was attached: the one the journal is about. */
  get notebookPath(): string | null {
    return this.meta.notebookPath;
  }

  /** All notebooks that were attached. */
  get notebooks(): readonly string[] {
    return this.attachments.map(({ path }) => path);
  }

  private get attachments(): NonNullable<JournalMeta['notebooks']> {
    const { notebooks, notebookPath, createdTimeMs } = this.meta;
    return notebooks ?? (notebookPath === null ? [] : [{ path: notebookPath, attachedTimeMs: createdTimeMs }]);
  }

  /** When this notebook was last attached; `null`: never. */
  attachedTimeMs(notebookPath: string): number | null {
    return this.attachments.find(({ path }) => path === notebookPath)?.attachedTimeMs ?? null;
  }

  get isBusy(): boolean {
    return this.executions.pending().length > 0;
  }

  get isGone(): boolean {
    return this.link.current.phase === 'kernel-gone';
  }

  get linkPhase(): LinkState['phase'] {
    return this.link.current.phase;
  }

  /** True while messages have come in that are not on the disk yet, and so were shown to nobody. */
  get isUncommitted(): boolean {
    return this.writer.nextEntrySeq - 1 > this.writer.committedSeq;
  }

  execution(msgId: string): Execution | undefined {
    return this.executions.get(msgId);
  }

  /** In the order of their requests. */
  allExecutions(): Execution[] {
    return this.executions.all();
  }

  /** True while messages wait for the recorder. */
  get isHolding(): boolean {
    return this.intake.isHolding;
  }

  /** True while a window shows what comes in. */
  get isShown(): boolean {
    return this.viewers.size > 0;
  }

  /** The last of each cell: of one notebook, or of all. */
  lastExecutions(notebookPath: string | null = null): Execution[] {
    return this.executions.lastByCell(notebookPath);
  }

  hasUnsaved(): boolean {
    return this.executions.lastByCell().some((execution) => !execution.saved);
  }

  /** As it is for the windows of one notebook; of all of them when none is named. */
  status(notebookPath: string | null = null): SessionStatus {
    return {
      kernelId: this.kernelId,
      kernelName: this.meta.kernelName,
      kernelState: this.link.current.phase === 'kernel-gone' ? 'dead' : this.kernelState,
      link: linkStatusOf(this.link.current),
      protection: protectionOf(this.intake.status.protection),
      recovery: this.intake.status.recovery,
      journal: {
        journalId: this.journalId,
        entries: this.writer.committedSeq,
        bytes: this.writer.bytes,
        gaps: this.gapCount,
        gapMarks: [...(this.meta.gapMarks ?? [])].map((mark) => ({ ...mark, cellId: mark.cellId ?? null })),
        trouble: this.trouble,
      },
      executions: this.executions.lastByCell(notebookPath),
      question: this.lostPrompt.askedBy,
      lostPrompt: this.lostPrompt.msgId,
      warnings: warningsOf({
        others: this.parts.neighbours?.others ?? 0,
        isHub: this.parts.isHub,
        isRecorded: this.intake.status.protection.state === 'recorded',
        isBusy: this.isBusy,
      }),
    };
  }

  /** Puts a gap into the journal and beside the cell it falls into. */
  private addGap(body: GapBody, parentId: string | null): void {
    const of = this.executions.get(parentId ?? '') ?? this.executions.running()[0];
    const mark = { ...body, cellId: of?.cellId ?? null };
    this.gapCount += 1;
    this.writer.addEvent(entryKinds.gap, mark);
    this.doubts.lost();
    void this.setMeta({ gapMarks: [...(this.meta.gapMarks ?? []), mark].slice(-gapMarksMax) });
  }

  /**
   * Answers a question that was lost with a connection. What was asked is not known, so the answer is kept out of the
   * journal like that to a password prompt.
   */
  answerLostPrompt(msgId: string, value: string): boolean {
    if (this.lostPrompt.msgId !== msgId) {
      return false;
    }
    this.secretPrompts.add(msgId);
    this.lostPrompt.offered(msgId);
    const parent = { msg_id: msgId, msg_type: 'execute_request', session: this.meta.clientSessionId };
    const header = newHeader('input_reply', this.meta.clientSessionId);
    this.writer.addEvent(entryKinds.app, { what: 'answered-lost-prompt', msgId });
    void this.sendOut(makeFrame('stdin', header, parent, { status: 'ok', value }));
    return true;
  }

  // --- Life ---------------------------------------------------------------------------------------------------------

  start(): void {
    this.writer.addEvent(entryKinds.app, { what: 'session-opened' });
    const { gapMarks = [] } = this.meta;
    const hasGap = ({ submittedTimeMs }: Execution): boolean =>
      gapMarks.some(({ toTimeMs }) => toTimeMs >= submittedTimeMs);
    this.doubts.suspect(this.executions.running().filter(hasGap));
    this.link.start();
    for (const { msgId } of this.executions.running()) {
      if (this.executions.awaitsReply(msgId)) {
        // Its idle was the last that was journaled when the app ended, and does not come again.
        this.awaitReply(msgId);
      }
    }
  }

  suspend(): void {
    this.link.suspend();
  }

  resume(): void {
    this.link.resume();
  }

  networkChanged(addresses: ReadonlySet<string>): void {
    this.link.networkChanged(addresses);
  }

  login(): void {
    this.link.login();
  }

  /** The person allowed the recorder on this server, or no longer does. */
  setRecorderAllowed(isAllowed: boolean): void {
    this.intake.setAllowed(isAllowed);
  }

  /** Ends link and windows, commits what is left, closes the journal file. */
  async close(state: 'open' | 'closed'): Promise<void> {
    for (const timer of this.graceTimers) {
      clearTimeout(timer);
    }
    this.doubts.close();
    this.lostPrompt.close();
    this.lostEnd.close();
    this.firstWord.close();
    this.parts.neighbours?.close();
    for (const viewer of this.viewers) {
      viewer.close();
    }
    this.viewers.clear();
    await this.intake.quiesce();
    await this.link.stop();
    this.intake.close();
    await this.intake.settled();
    if (state === 'closed') {
      await this.parts.spool?.leave();
    }
    this.writer.addEvent(entryKinds.app, { what: 'session-closed' });
    await this.writer.committedNext();
    await this.parts.client.call({ op: 'meta', key: this.journalId, change: { state } });
    await this.parts.client.call({ op: 'close', key: this.journalId });
  }

  /** A window shows this notebook on the kernel. Others that do stay attached. */
  async attachNotebook(notebookPath: string, kernelName: string | null): Promise<void> {
    const others = this.attachments.filter(({ path }) => path !== notebookPath);
    await this.setMeta({
      notebookPath: this.meta.notebookPath ?? notebookPath,
      notebooks: [...others, { path: notebookPath, attachedTimeMs: Date.now() }],
      kernelName: kernelName ?? this.meta.kernelName,
    });
  }

  async renameNotebook(from: string, to: string): Promise<void> {
    await this.setMeta({
      notebookPath: this.meta.notebookPath === from ? to : this.meta.notebookPath,
      notebooks: this.attachments.map((one) => (one.path === from ? { ...one, path: to } : one)),
    });
    this.executions.rename(from, to);
  }

  private async setMeta(change: Partial<JournalMeta>): Promise<void> {
    this.meta = { ...this.meta, ...change };
    await this.parts.client.call({ op: 'meta', key: this.journalId, change });
    this.changed();
  }

  /** Outputs of these executions stand in the notebook as it was saved or loaded; `text` is that notebook. */
  async markSaved(
    notebookPath: string,
    msgIds: readonly string[],
    text: string,
    reason: 'saved' | 'loaded',
  ): Promise<void> {
    this.executions.saved(msgIds);
    await this.snapshot(notebookPath, reason, text, Date.now());
  }

  /**
   * Keeps the notebook as it was at `timeMs`, so that the time line has sources and markdown. An edited one that is
   * the one before is not noted again. A journal is about one notebook: of another that uses the kernel it has the cells
   * that were run.
   */
  async snapshot(notebookPath: string, reason: SnapshotBody['reason'], text: string, timeMs: number): Promise<void> {
    if (notebookPath !== this.meta.notebookPath) {
      return;
    }
    const hash = await this.parts.client.call({ op: 'snapshot', key: this.journalId, text });
    if (reason === 'saved' || hash !== this.lastSnapshot) {
      this.lastSnapshot = hash;
      this.writer.addEvent(entryKinds.snapshot, { hash, path: notebookPath, reason, timeMs });
    }
    await this.writer.committedNext();
  }

  cancel(msgId: MsgId): boolean {
    const cancelled = this.executions.cancel(msgId, Date.now());
    if (cancelled) {
      const index = this.outbox.findIndex((frame) => frame.header.msg_id === msgId);
      if (index >= 0) {
        this.outbox.splice(index, 1);
      }
      this.writer.touch();
      this.endForViewers({ msg_id: msgId, msg_type: 'execute_request', session: this.meta.clientSessionId });
      this.drain();
      this.changed();
    }
    return cancelled;
  }

  /** The person's word on a request of which nobody else can tell whether it arrived. */
  decide(msgId: MsgId, choice: 'run-again' | 'leave'): boolean {
    const execution = this.executions.get(msgId);
    if (execution?.state !== 'in-doubt') {
      return false;
    }
    if (choice === 'leave') {
      return this.cancel(msgId);
    }
    void this.resend([execution]);
    return true;
  }

  /** Sends requests again that never reached the kernel, in their order and before what waits. */
  private async resend(executions: readonly Execution[]): Promise<void> {
    const frames: Frame[] = [];
    for (const { requestSeq, msgId } of executions) {
      const bytes = await this.parts.client.call({ op: 'entry', key: this.journalId, seq: requestSeq });
      const frame = bytes === null ? null : readFrame(bytes);
      if (frame?.header.msg_id === msgId && this.executions.get(msgId)?.state === 'in-doubt') {
        this.executions.requeue(msgId);
        frames.push(frame);
      }
    }
    this.outbox.unshift(...frames);
    this.writer.addEvent(entryKinds.app, { what: 'sent-again', msgIds: frames.map((frame) => frame.header.msg_id) });
    this.drain();
    this.changed();
  }

  /** Somebody here asked for a restart: what has not been sent yet is for the new kernel. */
  kernelEnding(): void {
    this.firstWord.restarting();
  }

  /** The restart was answered: what ran is over, where it was done. */
  kernelEnded(isDone: boolean): void {
    this.firstWord.restarted();
    if (!isDone) {
      return;
    }
    this.loseExecutions();
    this.kernelState = 'restarting';
    this.busyHeader = null;
    this.changed();
  }

  /** A kernel was shut down, perhaps this one: the server knows, and is asked at once. */
  lookForKernel(): void {
    this.link.doubt();
  }

  /**
   * The kernel said that it ends. A server that is asked before it has ended holds its answer back until it gives up on
   * the kernel (15 s); asked again, it says at once that there is none.
   */
  private lookForEnding(looks = endingLooks): void {
    this.link.doubt();
    const timer = setTimeout(() => {
      this.graceTimers.delete(timer);
      if (looks > 1 && this.link.current.phase === 'connecting') {
        this.lookForEnding(looks - 1);
      }
    }, endingLookMs);
    this.graceTimers.add(timer);
  }

  // --- Windows ------------------------------------------------------------------------------------------------------

  addViewer(viewer: Viewer): void {
    this.viewers.add(viewer);
  }

  removeViewer(viewer: Viewer): void {
    this.viewers.delete(viewer);
    viewer.close();
  }

  /** Calls back for every committed frame of the kernel, in order, until the returned function is called. */
  onFrames(listener: (frame: Frame) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A frame that a window sends to the kernel. */
  submit(viewer: Viewer, bytes: Uint8Array): void {
    const frame = readFrame(bytes);
    if (frame === null) {
      this.parts.hooks.log(`session ${this.journalId}: a window sent a frame that is none`);
      return;
    }
    const { msg_type: type, msg_id: msgId } = frame.header;
    viewer.asks(type === 'input_reply' ? (frame.parent?.msg_id ?? msgId) : msgId);
    if (type === 'input_reply') {
      this.lostPrompt.answered(frame.parent?.msg_id ?? '');
    }
    if (type === 'kernel_info_request') {
      this.answerKernelInfo(viewer, frame.header);
    } else if (type === 'execute_request') {
      this.submitExecution(viewer, frame);
    } else if (momentary.has(type) && !this.link.isLive) {
      return;
    } else {
      void this.sendOut(frame);
    }
  }

  /** Sends a request of our own making; resolves once it is journaled. */
  async execute(frame: Frame): Promise<void> {
    this.executions.begin(frame, this.writer.nextEntrySeq, Date.now());
    await this.sendOut(frame);
  }

  private submitExecution(viewer: Viewer, frame: Frame): void {
    const msgId = frame.header.msg_id;
    const source = this.executions.get(msgId) === undefined ? this.parts.hooks.findElsewhere(msgId) : this;
    if (source !== null) {
      void source.replayTo(viewer, frame.header);
      return;
    }
    if (frame.metadata().nightjarResume === true || this.outbox.length >= queuedRequestsMax) {
      // Only a window's memory says that this was run: it is not run again by guesswork.
      this.pushAborted(viewer, frame.header);
      return;
    }
    const notebookPath = this.parts.hooks.notebookOf?.(viewer.windowId) ?? null;
    this.executions.begin(frame, this.writer.nextEntrySeq, Date.now(), notebookPath);
    const execution = this.executions.get(msgId);
    void this.sendOut(frame);
    if (execution !== undefined) {
      this.parts.hooks.onExecution(this, execution, viewer.windowId);
    }
    this.changed();
  }

  private pushAborted(viewer: Viewer, header: Frame['header']): void {
    viewer.push(abortedReply(header, this.meta.clientSessionId));
    viewer.push(statusFrame('idle', header, this.meta.clientSessionId));
  }

  /** Shows an execution to a window from its beginning: first what is in the journal, then what comes. */
  private async replayTo(viewer: Viewer, header: Frame['header']): Promise<void> {
    const msgId = header.msg_id;
    if (viewer.isHolding(msgId)) {
      return;
    }
    const execution = this.executions.get(msgId);
    viewer.hold(msgId);
    const { client } = this.parts;
    const toSeq = this.writer.committedSeq;
    const fromSeq = execution?.requestSeq ?? asSeq(1);
    const replay = await client.call({ op: 'replay', key: this.journalId, msgId, fromSeq, toSeq });
    let hasReply = false;
    let hasIdle = false;
    for (;;) {
      const part = await client.call({ op: 'replayNext', replay });
      hasReply ||= part.hasReply;
      hasIdle ||= part.hasIdle;
      for (const bytes of part.frames) {
        viewer.pushBytes(bytes);
      }
      if (part.done || viewer.isClosed) {
        break;
      }
      while (viewer.backlogBytes > replayBacklogBytes && !viewer.isClosed) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const current = this.executions.get(msgId);
    if (current !== undefined && !isPending(current.state) && !(hasReply && hasIdle)) {
      // What ended it may have come since: it waits for the window, or is on its way to the disk. An end that is made up
      // here would come before the last of the output, and a window takes nothing after an end.
      await this.writer.committedNext();
      for (const waiting of viewer.heldOf(msgId)) {
        hasReply ||= waiting.header.msg_type === 'execute_reply';
        hasIdle ||= isIdle(waiting);
      }
      if (!hasReply) {
        viewer.push(this.rebuiltReply(header, current));
      }
      if (!hasIdle) {
        viewer.push(statusFrame('idle', header, this.meta.clientSessionId));
      }
    }
    viewer.release(msgId);
  }

  /** The question that a window would see last of this execution, when there is one. */
  private async questionOf(msgId: MsgId): Promise<string | null> {
    const { client } = this.parts;
    const toSeq = this.writer.committedSeq;
    const fromSeq = this.executions.get(msgId)?.requestSeq ?? asSeq(1);
    const replay = await client.call({ op: 'replay', key: this.journalId, msgId, fromSeq, toSeq });
    for (;;) {
      const { done, frames } = await client.call({ op: 'replayNext', replay });
      if (done) {
        const last = frames.at(-1);
        const header = last === undefined ? undefined : readFrame(last)?.header;
        return header?.msg_type === 'input_request' ? header.msg_id : null;
      }
    }
  }

  private rebuiltReply(header: Frame['header'], execution: Execution): Frame {
    const status = execution.status ?? 'aborted';
    return makeFrame('shell', newHeader('execute_reply', this.meta.clientSessionId), header, {
      status,
      execution_count: execution.executionCount,
      ...(status === 'error' ? { ename: '', evalue: '', traceback: [] } : {}),
    });
  }

  private answerKernelInfo(viewer: Viewer, header: Frame['header']): void {
    const content = this.meta.kernelInfo;
    if (content === null) {
      this.infoWaiters.push({ viewer, header });
      this.requestKernelInfo();
      return;
    }
    const session = this.meta.clientSessionId;
    viewer.push(statusFrame('busy', header, session));
    viewer.push(makeFrame('shell', newHeader('kernel_info_reply', session), header, content));
    viewer.push(statusFrame('idle', header, session));
    if (this.kernelState === 'busy') {
      viewer.push(statusFrame('busy', this.busyHeader, session));
    } else if (this.isGone) {
      viewer.push(statusFrame('dead', null, session));
    }
  }

  private requestKernelInfo(): void {
    if (this.ownInfoRequest === null && this.link.isLive) {
      const request = kernelInfoRequest(this.meta.clientSessionId);
      this.ownInfoRequest = request.header.msg_id;
      void this.sendOut(request);
    }
  }

  // --- Out ----------------------------------------------------------------------------------------------------------

  /** Journals a frame, then sends it, or keeps it for when the link is up. */
  private async sendOut(frame: Frame): Promise<void> {
    this.sentIds.add(frame.header.msg_id);
    if (this.sentIds.size > sentIdsMax) {
      const [oldest] = this.sentIds;
      this.sentIds.delete(oldest ?? '');
    }
    const committed = this.writer.addOutgoing(this.journaledBytes(frame));
    this.outbox.push(frame);
    await committed;
    this.drain();
  }

  /** What a password prompt was answered with never reaches the disk. */
  private journaledBytes(frame: Frame): Uint8Array {
    const parentId = frame.parent?.msg_id ?? '';
    if (frame.header.msg_type !== 'input_reply' || !this.secretPrompts.has(parentId)) {
      return frame.bytes;
    }
    this.secretPrompts.delete(parentId);
    const redacted = { ...frame.content(), value: '' };
    return withContent(frame, new TextEncoder().encode(JSON.stringify(redacted)));
  }

  private drain(): void {
    this.draining = this.draining.then(() => this.drainNow());
  }

  private async drainNow(): Promise<void> {
    while (this.link.isLive) {
      const frame = this.takeSendable();
      if (frame === null) {
        break;
      }
      this.executions.sent(frame.header.msg_id, performance.now());
      if (frame.header.msg_type === 'execute_request') {
        this.lostPrompt.sent(frame.header.msg_id, String(frame.content().code ?? ''));
        this.doubts.sent();
      }
      if (!(await this.link.send(frame))) {
        // The socket went while writing: whether any of it arrived is not known.
        this.executions.cut();
        this.doubts.cut();
        this.writer.touch();
        return;
      }
    }
    this.writer.touch();
    this.changed();
  }

  /**
   * The next frame that may go out. Cells wait behind one of which it is not known whether it arrived, and for a kernel
   * that has just been restarted.
   */
  private takeSendable(): Frame | null {
    const isHeld = this.doubts.isOpen || this.firstWord.isAwaited;
    const index = this.outbox.findIndex((frame) => !isHeld || frame.header.msg_type !== 'execute_request');
    return this.outbox.splice(index, index < 0 ? 0 : 1)[0] ?? null;
  }

  // --- In -----------------------------------------------------------------------------------------------------------

  private onFrame(bytes: Uint8Array, connection: number): void {
    const frame = this.reader.read(bytes);
    if (frame === null) {
      this.parts.hooks.log(`session ${this.journalId}: the server sent a frame without a usable header`);
      return;
    }
    this.lastFrameMs = performance.now();
    if (frame.channel === 'shell') {
      this.renewPauseMs = renewPauseMs.first;
    }
    this.intake.receive(frame, connection);
  }

  /** Takes note of a message and journals it. */
  private admit(frame: Frame, lane: Lane): Seq {
    const ended = this.observe(frame);
    return this.writer.addIncoming(frame, lane, ended || urgentTypes.has(frame.header.msg_type));
  }

  private observe(frame: Frame): boolean {
    const ended = this.executions.observe(frame, Date.now());
    this.doubts.observe(frame);
    this.lostPrompt.observe(frame);
    this.lostEnd.observe(frame);
    this.firstWord.observe(frame);
    switch (frame.header.msg_type) {
      case 'status':
        this.observeStatus(frame);
        break;
      case 'kernel_info_reply':
        this.observeKernelInfo(frame);
        break;
      case 'execute_reply':
        this.lostEnd.look();
        break;
      case 'shutdown_reply':
        if (frame.channel === 'iopub' && frame.content().restart === true) {
          // Whoever restarted it: what ran is over.
          this.loseExecutions();
          this.firstWord.begin();
        } else if (frame.channel === 'iopub') {
          this.lookForEnding();
        }
        break;
      case 'input_request':
        if (frame.content().password === true) {
          this.secretPrompts.add(frame.header.msg_id);
          this.secretPrompts.add(frame.parent?.msg_id ?? '');
        }
        break;
      default:
        break;
    }
    if (ended) {
      this.endEarlier(frame.parent?.msg_id ?? '');
      this.changed();
    }
    return ended;
  }

  private observeStatus(frame: Frame): void {
    const state = kernelStateOf(frame.content().execution_state);
    if (state === null) {
      return;
    }
    this.kernelState = state;
    this.busyHeader = state === 'busy' ? frame.parent : null;
    if (state === 'restarting' || state === 'autorestarting' || state === 'dead') {
      this.loseExecutions();
      if (state !== 'dead') {
        this.firstWord.begin();
      }
    }
    const parentId = frame.parent?.msg_id ?? '';
    if (state === 'idle' && this.executions.awaitsReply(parentId)) {
      this.awaitReply(parentId);
    }
    this.changed();
  }

  /**
   * Kernels take our requests one after another: when a later one is done, an earlier one that still seems to run has
   * ended without a word (an interrupt can strike the kernel's own code).
   */
  private endEarlier(doneId: string): void {
    const doneSeq = this.executions.get(doneId)?.requestSeq ?? 0;
    const overdue = this.executions.running().filter(({ requestSeq }) => requestSeq < doneSeq);
    if (overdue.length === 0) {
      return;
    }
    const timer = setTimeout(() => {
      this.graceTimers.delete(timer);
      for (const execution of overdue) {
        const current = this.executions.get(execution.msgId);
        if (current !== undefined && isPending(current.state) && !this.intake.isHolding) {
          this.executions.endUnseen(execution.msgId, Date.now());
          this.addRebuiltReply(execution);
        }
      }
    }, replyGraceMs);
    this.graceTimers.add(timer);
  }

  private awaitReply(msgId: string): void {
    const timer = setTimeout(() => {
      this.graceTimers.delete(timer);
      const mayCome = this.intake.isHolding || !this.link.isLive || performance.now() < this.replyGraceUntilMs;
      if (mayCome && this.executions.awaitsReply(msgId)) {
        // The reply may be among what waits, here or at the server.
        this.awaitReply(msgId);
      } else {
        this.endWithoutReply(msgId);
      }
    }, replyGraceMs);
    this.graceTimers.add(timer);
  }

  private endWithoutReply(msgId: string): void {
    const execution = this.executions.get(msgId);
    if (execution !== undefined && this.executions.endWithoutReply(msgId, Date.now())) {
      this.addRebuiltReply(execution);
    }
  }

  private endWithoutIdle(msgId: string): void {
    if (this.executions.endWithoutIdle(msgId, Date.now())) {
      const session = this.meta.clientSessionId;
      const header = { msg_id: msgId, msg_type: 'execute_request', session };
      this.writer.addIncoming(statusFrame('idle', header, session), lanes.rebuilt, true);
      this.changed();
    }
  }

  /** Puts a reply that was lost into the journal, from what is known, and so on every screen. */
  private addRebuiltReply(execution: Execution): void {
    const { msgId } = execution;
    const header = { msg_id: msgId, msg_type: 'execute_request', session: this.meta.clientSessionId };
    const reply = this.rebuiltReply(header, this.executions.get(msgId) ?? execution);
    this.writer.addIncoming(reply, lanes.rebuilt, true);
    this.changed();
  }

  private observeKernelInfo(frame: Frame): void {
    const content = frame.content();
    if (frame.parent?.msg_id === this.ownInfoRequest) {
      this.ownInfoRequest = null;
    }
    if (content.status !== 'ok' && content.status !== undefined) {
      return;
    }
    void this.setMeta({ kernelInfo: content });
    for (const { viewer, header } of this.infoWaiters.splice(0)) {
      this.answerKernelInfo(viewer, header);
    }
  }

  private onCommitted(frames: readonly Frame[]): void {
    for (const frame of frames) {
      for (const listener of this.listeners) {
        listener(frame);
      }
      const isExecution = this.executions.get(frame.parent?.msg_id ?? '') !== undefined;
      for (const viewer of this.viewers) {
        viewer.offer(frame, isExecution);
      }
    }
    this.changed();
  }

  private loseExecutions(which: 'sent' | 'running' = 'sent'): void {
    this.lostEnd.forget();
    for (const { msgId } of this.executions.running()) {
      // What was done before the kernel ended is not lost with it.
      this.endWithoutReply(msgId);
    }
    for (const msgId of this.executions.lose(Date.now(), which)) {
      this.endForViewers({ msg_id: msgId, msg_type: 'execute_request', session: this.meta.clientSessionId });
    }
    this.writer.touch();
  }

  /** Ends an execution in every window that shows it: no cell stays `[*]` for ever. */
  private endForViewers(header: Frame['header']): void {
    const reply = abortedReply(header, this.meta.clientSessionId);
    const idle = statusFrame('idle', header, this.meta.clientSessionId);
    for (const viewer of this.viewers) {
      viewer.offer(reply, true);
      viewer.offer(idle, true);
    }
    for (const listener of this.listeners) {
      listener(reply);
      listener(idle);
    }
  }

  // --- Link ---------------------------------------------------------------------------------------------------------

  /**
   * After a long outage the recorder is asked first. A server that is asked to connect first works off everything it has
   * buffered for us, and answers nothing meanwhile: 7 s for 300,000 messages (measured).
   */
  private beforeConnect(): (() => Promise<void>) | null {
    this.attempts += 1;
    this.attemptMs = performance.now();
    const isFirst = !this.hasBeenLive && this.parts.opened.lastSeq > 0 && this.isBusy;
    const wasLong = performance.now() - this.lostLinkMs >= this.parts.timing.longOutageMs;
    if (this.hasFetchedFirst || !(isFirst || wasLong) || !this.intake.canFetchFirst) {
      return null;
    }
    return async () => {
      if (this.hasBeenLive) {
        this.parts.hooks.onReconnected(this.lostLinkMs);
      }
      // What answers at the address may be a proxy or a tunnel without the server behind it: the next attempt asks again.
      this.hasFetchedFirst = await this.intake.fetchFirst();
      this.replyGraceUntilMs = performance.now() + replyGraceAfterLongMs;
    };
  }

  /** An outage is told when it begins, when its reason changes and when it ends, not at every attempt to come back. */
  private noteLink({ phase, reason }: LinkState): void {
    const isAway = this.notedLink?.phase === 'down';
    if (isAway && (phase === 'connecting' || (phase === 'down' && reason === this.notedLink?.reason))) {
      return;
    }
    this.notedLink = { phase, reason };
    this.writer.addEvent(entryKinds.link, { phase, reason });
  }

  private onLink(state: LinkState, previous: LinkState): void {
    if (state.phase !== previous.phase) {
      this.noteLink(state);
      if (previous.phase === 'live' || previous.phase === 'suspect') {
        if (state.phase !== 'live' && state.phase !== 'suspect') {
          this.lostLinkMs = performance.now();
          this.hasFetchedFirst = false;
          this.executions.cut();
          this.doubts.cut();
          this.lostPrompt.cut();
          this.lostEnd.forget();
          this.ownInfoRequest = null;
        }
      }
      if (state.phase === 'live' && previous.phase === 'connecting') {
        if (!this.hasBeenLive && this.attempts > 1) {
          // The recorder's connection may be as dead as the first attempt was.
          this.parts.hooks.onReconnected(this.attemptMs);
        }
        if (this.hasBeenLive) {
          this.parts.hooks.onReconnected(this.lostLinkMs);
          this.parts.neighbours?.reconnected(this.parts.timing.link.serverGivesUpMs);
        } else if (this.parts.opened.lastSeq === 0) {
          this.firstWord.meet();
        }
        this.hasBeenLive = true;
        // What a server has kept for us comes now, replies among it.
        this.replyGraceUntilMs = Math.max(this.replyGraceUntilMs, performance.now() + replyGraceMs);
        this.intake.linkUp();
      }
      if (state.phase === 'live') {
        this.doubts.begin();
        this.lostPrompt.begin();
        this.lostEnd.look();
        void this.parts.neighbours?.look();
        this.drain();
        if (this.meta.kernelInfo === null) {
          this.requestKernelInfo();
        }
      }
      if (state.phase === 'kernel-gone') {
        void this.endWithKernel();
      }
    } else if (state.roundTripMs !== previous.roundTripMs && state.phase === 'live') {
      this.executions.accepted(performance.now() - (state.roundTripMs ?? 0));
    }
    this.changed();
  }

  /**
   * The server's own sockets to the kernel can be dead under a live connection: of two with one identity that connect to
   * a kernel at the same time, as those of an old and a new connection do when it restarts, ZeroMQ serves one for ever
   * (measured, 6 of 12). A new connection gets new ones. It does no harm where the kernel is only busy.
   *
   * The identity is the connection's `session_id`. Under the same one what runs can still answer and ask us, so that is
   * tried first; where old sockets of the server stand in the way of that as well, only another one helps.
   */
  private renewLink(): void {
    const nowMs = performance.now();
    // Without a recorder what is published while connections change is lost: only a silent kernel is disturbed.
    const isSilent = nowMs - this.lastFrameMs > silenceBeforeRenewalMs;
    const isSafe = isSilent || this.intake.status.protection.state === 'recorded';
    if (nowMs < this.renewAfterMs || !this.link.isLive || !isSafe) {
      return;
    }
    const hasBeenTried = this.renewPauseMs > renewPauseMs.first;
    this.renewPauseMs = Math.min(renewPauseMs.most, this.renewPauseMs * 2);
    this.renewAfterMs = nowMs + this.renewPauseMs;
    this.writer.addEvent(entryKinds.app, { what: 'link-renewed', why: 'the kernel answers nothing' });
    if (hasBeenTried) {
      // Written down before it is used, or the server would throw away what it keeps for it.
      const connectionId = crypto.randomUUID();
      void this.setMeta({ connectionId }).then(() => this.link.renew(connectionId));
    } else {
      this.link.renew();
    }
  }

  /** The kernel is gone: fetches what the recorder still has, then ends what never ended. */
  private async endWithKernel(): Promise<void> {
    await this.intake.finish();
    this.loseExecutions();
    for (const viewer of this.viewers) {
      viewer.push(statusFrame('dead', null, this.meta.clientSessionId));
    }
    this.changed();
    await this.parts.spool?.leave();
  }

  private changed(): void {
    this.parts.hooks.onStatus(this);
  }

  /** Last entry on the disk; for tests and status. */
  get committedSeq(): Seq {
    return this.writer.committedSeq;
  }
}
