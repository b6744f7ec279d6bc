/**
 * What is known of every execution of one kernel session.
 *
 * Pure bookkeeping: it watches requests go out and messages come in and keeps, per `execute_request`, how far it has
 * come. Nothing is guessed: each state is reached by a message that proves it.
 */
import { asCellId, asMsgId, type MsgId, type Seq } from '../../../shared/ids.ts';
import { type Execution, isPending } from '../../../shared/journal/entries.ts';
import { type Frame, isIdle } from '../../../shared/wire/codec.ts';
import type { End } from '../journal/protocol.ts';

interface Progress {
  execution: Execution;
  /** The notebook it was run in; `null` where that is not known, as after a start of the app. */
  readonly notebookPath: string | null;
  hasReply: boolean;
  hasIdle: boolean;
  /** The kernel said that it runs it: without that word a request that ended was refused. */
  hasInput: boolean;
  /** Monotonic time at which it was handed to the socket. */
  sentMs: number;
}

export class Executions {
  private readonly byId = new Map<string, Progress>();
  private readonly changed = new Set<string>();
  /** Ended with the kernel process that ran them, which may have said more of them than was heard. */
  private readonly brokenOff = new Set<string>();

  /** `ends`: what is in the journal already of the end of those that were running. */
  constructor(known: readonly Execution[], ends: readonly End[] = []) {
    const endOf = new Map(ends.map((end) => [end.msgId, end]));
    for (const execution of known) {
      const ended = !isPending(execution.state);
      const end = endOf.get(execution.msgId);
      this.byId.set(execution.msgId, {
        execution,
        notebookPath: null,
        hasReply: ended || end?.hasReply === true,
        hasIdle: ended || end?.hasIdle === true,
        hasInput: execution.executionCount !== null,
        sentMs: 0,
      });
      if (!ended && execution.state !== 'running') {
        // Written before it was sent, and perhaps sent before the app ended: only evidence can tell.
        this.update(execution.msgId, { state: 'in-doubt' });
      }
    }
  }

  get(msgId: string): Execution | undefined {
    return this.byId.get(msgId)?.execution;
  }

  /** In the order of their requests. */
  all(): Execution[] {
    return [...this.byId.values()].map((progress) => progress.execution);
  }

  /** True while the kernel process may have something to say of a request. */
  get hasUnfinished(): boolean {
    return this.brokenOff.size > 0 || this.outstanding().length > 0;
  }

  /** Another kernel process is heard: nothing more comes of the one before. */
  processReplaced(): void {
    this.brokenOff.clear();
  }

  pending(): Execution[] {
    return this.all().filter((execution) => isPending(execution.state));
  }

  /**
   * The last execution of each cell, in the order of their requests: of one notebook, or of all that use the kernel. Copies
   * of a notebook have cells of the same ids.
   */
  lastByCell(notebookPath: string | null = null): Execution[] {
    const last = new Map<string, Execution>();
    for (const { execution, notebookPath: own } of this.byId.values()) {
      const isMeant = notebookPath === null || own === null || own === notebookPath;
      if (execution.cellId !== null && isMeant) {
        const key = notebookPath === null ? `${own ?? ''}\n${execution.cellId}` : execution.cellId;
        last.delete(key);
        last.set(key, execution);
      }
    }
    return [...last.values()];
  }

  /** A notebook has another path from now on. */
  rename(from: string, to: string): void {
    for (const [msgId, progress] of this.byId) {
      if (progress.notebookPath === from) {
        this.byId.set(msgId, { ...progress, notebookPath: to });
      }
    }
  }

  /** Executions that changed since the last call: to be committed with the messages that changed them. */
  takeChanged(): Execution[] {
    const taken: Execution[] = [];
    for (const msgId of this.changed) {
      const execution = this.get(msgId);
      if (execution !== undefined) {
        taken.push(execution);
      }
    }
    this.changed.clear();
    return taken;
  }

  get hasChanges(): boolean {
    return this.changed.size > 0;
  }

  private update(msgId: string, change: Partial<Execution>): void {
    const progress = this.byId.get(msgId);
    if (progress !== undefined) {
      progress.execution = { ...progress.execution, ...change };
      this.changed.add(msgId);
    }
  }

  /** A new request, about to be journaled at `requestSeq`. */
  begin(frame: Frame, requestSeq: Seq, nowMs: number, notebookPath: string | null = null): void {
    const cellId = frame.metadata().cellId;
    const msgId = frame.header.msg_id;
    this.byId.set(msgId, {
      execution: {
        msgId: asMsgId(msgId),
        cellId: typeof cellId === 'string' && cellId.length <= 256 ? asCellId(cellId) : null,
        requestSeq,
        state: 'queued',
        status: null,
        executionCount: null,
        submittedTimeMs: nowMs,
        startedTimeMs: null,
        endedTimeMs: null,
        saved: false,
      },
      notebookPath,
      hasReply: false,
      hasIdle: false,
      hasInput: false,
      sentMs: 0,
    });
    this.changed.add(msgId);
  }

  sent(msgId: string, nowMs: number): void {
    const progress = this.byId.get(msgId);
    if (progress?.execution.state === 'queued') {
      progress.sentMs = nowMs;
      this.update(msgId, { state: 'sent' });
    }
  }

  /** The server answered a ping that went out at `pingSentMs`: it has what was sent before (TCP keeps the order). */
  accepted(pingSentMs: number): void {
    for (const { execution, sentMs } of this.byId.values()) {
      if (execution.state === 'sent' && sentMs < pingSentMs) {
        this.update(execution.msgId, { state: 'accepted' });
      }
    }
  }

  /** Requests of which it is not known whether they arrived, in their order. */
  doubtful(): Execution[] {
    return this.all().filter((execution) => execution.state === 'in-doubt');
  }

  hasReply(msgId: string): boolean {
    return this.byId.get(msgId)?.hasReply === true;
  }

  /** When a request of which nothing was heard yet was handed to the socket (monotonic); null for any other. */
  unheardSinceMs(msgId: string): number | null {
    const progress = this.byId.get(msgId);
    const isUnheard =
      progress !== undefined && isPending(progress.execution.state) && progress.execution.startedTimeMs === null;
    return isUnheard ? progress.sentMs : null;
  }

  /** Requests that went out and of which nothing was heard yet, in their order. */
  unheard(): Execution[] {
    return this.outstanding().filter(
      ({ msgId, state, startedTimeMs }) => state !== 'in-doubt' && startedTimeMs === null && !this.hasReply(msgId),
    );
  }

  /** What nothing was heard of though it went out may never have arrived. */
  doubt(msgId: string): void {
    if (this.unheardSinceMs(msgId) !== null && !this.hasReply(msgId)) {
      this.update(msgId, { state: 'in-doubt' });
    }
  }

  /** Requests that have gone out and have not ended, as far as is known. */
  outstanding(): Execution[] {
    return this.all().filter(({ state }) => isPending(state) && state !== 'queued');
  }

  /** Requests that the kernel works on, or did when it was last heard of. */
  running(): Execution[] {
    return this.all().filter((execution) => execution.state === 'running' || execution.state === 'accepted');
  }

  /** It is proved that it ended, and nothing tells how: its end was lost. */
  endUnseen(msgId: string, nowMs: number): void {
    const progress = this.byId.get(msgId);
    if (progress !== undefined && isPending(progress.execution.state)) {
      // Of one whose code the kernel never echoed nothing says that it ran.
      const status = progress.execution.status ?? (progress.hasInput ? null : 'aborted');
      this.update(msgId, { state: 'done', status, endedTimeMs: nowMs });
    }
  }

  /** It is proved that the request never arrived: it goes out again. */
  requeue(msgId: string): void {
    if (this.get(msgId)?.state === 'in-doubt') {
      this.update(msgId, { state: 'queued' });
    }
  }

  /** The link was cut: what was sent and not acknowledged may or may not have arrived. */
  cut(): void {
    for (const { execution } of this.byId.values()) {
      if (execution.state === 'sent') {
        this.update(execution.msgId, { state: 'in-doubt' });
      }
    }
  }

  /** Takes back what was not sent, or gives up what may have been: then nobody says that it did not run. */
  cancel(msgId: string, nowMs: number): boolean {
    const state = this.get(msgId)?.state;
    if (state !== 'queued' && state !== 'in-doubt') {
      return false;
    }
    this.update(msgId, { state: 'cancelled', status: state === 'queued' ? 'aborted' : null, endedTimeMs: nowMs });
    return true;
  }

  saved(msgIds: readonly string[]): void {
    for (const msgId of msgIds) {
      const execution = this.get(msgId);
      if (execution !== undefined && !execution.saved && !isPending(execution.state)) {
        this.update(msgId, { saved: true });
      }
    }
  }

  /**
   * The kernel ended or was restarted: nothing more comes of what had gone out, or of what it was heard to work on.
   * Answers what was lost.
   */
  lose(nowMs: number, which: 'sent' | 'running' = 'sent'): MsgId[] {
    const lost: MsgId[] = [];
    for (const { execution, hasIdle } of this.byId.values()) {
      const isLost = which === 'sent' ? execution.state !== 'queued' : execution.state === 'running';
      if (isPending(execution.state) && isLost) {
        this.update(execution.msgId, { state: 'lost', status: 'aborted', endedTimeMs: nowMs });
        lost.push(execution.msgId);
        if (!hasIdle) {
          this.brokenOff.add(execution.msgId);
        }
      }
    }
    return lost;
  }

  /** Takes note of a message from the kernel. Answers true when it ends an execution. */
  observe(frame: Frame, nowMs: number): boolean {
    const parentId = frame.parent?.msg_id;
    const progress = parentId === undefined ? undefined : this.byId.get(parentId);
    if (parentId === undefined || progress === undefined) {
      return false;
    }
    if (isIdle(frame)) {
      this.brokenOff.delete(parentId);
    }
    if (progress.execution.state === 'lost' && frame.header.msg_type === 'execute_input') {
      // A request that waited outside the kernel while it was restarted: the new one runs it.
      progress.hasReply = false;
      progress.hasIdle = false;
      this.update(parentId, { state: 'running', status: null, endedTimeMs: null });
    }
    if (!isPending(progress.execution.state)) {
      return false;
    }
    switch (frame.header.msg_type) {
      case 'status':
        return this.observeStatus(parentId, progress, frame.content().execution_state, nowMs);
      case 'execute_input': {
        const count = frame.content().execution_count;
        progress.hasInput = true;
        this.started(parentId, progress, nowMs);
        this.update(parentId, { executionCount: typeof count === 'number' ? count : null });
        return false;
      }
      case 'error':
        this.proveRun(parentId, progress, frame, nowMs);
        this.update(parentId, { status: 'error' });
        return false;
      case 'execute_reply': {
        const { status, execution_count: count } = frame.content();
        progress.hasReply = true;
        this.update(parentId, {
          status: status === 'error' || status === 'ok' ? status : 'aborted',
          ...(typeof count === 'number' ? { executionCount: count } : {}),
        });
        return this.endIfComplete(parentId, progress, nowMs);
      }
      default:
        this.proveRun(parentId, progress, frame, nowMs);
        return false;
    }
  }

  private observeStatus(msgId: string, progress: Progress, state: unknown, nowMs: number): boolean {
    if (state === 'busy') {
      this.started(msgId, progress, nowMs);
      return false;
    }
    if (state === 'idle') {
      progress.hasIdle = true;
      return this.endIfComplete(msgId, progress, nowMs);
    }
    return false;
  }

  /** What it prints proves that it runs, also where nobody heard it begin. */
  private proveRun(msgId: string, progress: Progress, frame: Frame, nowMs: number): void {
    if (frame.channel === 'iopub') {
      progress.hasInput = true;
      this.started(msgId, progress, nowMs);
    }
  }

  private started(msgId: string, progress: Progress, nowMs: number): void {
    const { state, startedTimeMs } = progress.execution;
    if (state !== 'running' || startedTimeMs === null) {
      this.update(msgId, { state: 'running', startedTimeMs: startedTimeMs ?? nowMs });
    }
  }

  private endIfComplete(msgId: string, progress: Progress, nowMs: number): boolean {
    if (!progress.hasIdle || !progress.hasReply) {
      return false;
    }
    this.update(msgId, { state: 'done', endedTimeMs: nowMs });
    return true;
  }

  /** `idle` came long ago and the reply never did: the execution is over, its status as far as it is known. */
  endWithoutReply(msgId: string, nowMs: number): boolean {
    const progress = this.byId.get(msgId);
    if (progress === undefined || !progress.hasIdle || !isPending(progress.execution.state)) {
      return false;
    }
    progress.hasReply = true;
    this.update(msgId, {
      state: 'done',
      status: progress.execution.status ?? (progress.hasInput ? 'ok' : 'aborted'),
      endedTimeMs: nowMs,
    });
    return true;
  }

  /** True when only the reply is missing. */
  awaitsReply(msgId: string): boolean {
    const progress = this.byId.get(msgId);
    return progress?.hasIdle === true && !progress.hasReply && isPending(progress.execution.state);
  }

  /** Executions of which only the `idle` is missing, in the order of their requests. */
  awaitingIdle(): MsgId[] {
    return this.outstanding()
      .map(({ msgId }) => msgId)
      .filter((msgId) => this.hasReply(msgId) && this.byId.get(msgId)?.hasIdle === false);
  }

  /** The reply came, and it is proved that the `idle` never will. */
  endWithoutIdle(msgId: string, nowMs: number): boolean {
    const progress = this.byId.get(msgId);
    if (progress === undefined || !progress.hasReply || !isPending(progress.execution.state)) {
      return false;
    }
    progress.hasIdle = true;
    return this.endIfComplete(msgId, progress, nowMs);
  }
}
