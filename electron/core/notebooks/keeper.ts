/**
 * Puts the notebook into the journals of its kernels as it changes, so that a time line shows sources and markdown as
 * they were: when it is opened on a kernel, and a moment after the person stopped typing.
 *
 * A failure is told to the log and to nobody else: outputs are journaled with or without it.
 */
import type { ServerId } from '../../../shared/ids.ts';
import { snapshotDelayMs, snapshotDelayMsMax } from '../../../shared/limits.ts';
import { describeUnknown } from '../../../shared/result.ts';
import type { KernelSession } from '../sessions/session.ts';
import type { SessionManager } from '../sessions/manager.ts';
import type { DraftStore } from './drafts.ts';

interface Waiting {
  readonly sinceMs: number;
  readonly timer: NodeJS.Timeout;
}

export class NotebookKeeper {
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly drafts: DraftStore,
    private readonly sessions: SessionManager,
    private readonly log: (line: string) => void,
  ) {}

  /** A kernel was attached to the notebook: its time line begins with what was on the screen. */
  async attached(session: KernelSession, serverUrl: string, notebookPath: string): Promise<void> {
    await this.keep(session, serverUrl, notebookPath, true);
  }

  /** The person edited something. */
  edited(serverId: ServerId, serverUrl: string, notebookPath: string): void {
    const key = `${serverId} ${notebookPath}`;
    const before = this.waiting.get(key);
    const sinceMs = before?.sinceMs ?? Date.now();
    if (before !== undefined) {
      clearTimeout(before.timer);
    }
    const leftMs = Math.max(0, sinceMs + snapshotDelayMsMax - Date.now());
    const timer = setTimeout(
      () => {
        this.waiting.delete(key);
        const live = this.sessions.ofNotebook(serverId, notebookPath).filter((session) => !session.isGone);
        void this.keep(live.at(-1), serverUrl, notebookPath, false);
      },
      Math.min(snapshotDelayMs, leftMs),
    );
    timer.unref();
    this.waiting.set(key, { sinceMs, timer });
  }

  private async keep(
    session: KernelSession | undefined,
    serverUrl: string,
    notebookPath: string,
    evenLoaded: boolean,
  ): Promise<void> {
    try {
      const current = await this.drafts.current(serverUrl, notebookPath);
      if (current === null || (current.reason === 'loaded' && !evenLoaded)) {
        return;
      }
      if (session?.isGone === false) {
        await session.snapshot(notebookPath, current.reason, current.text, current.timeMs);
      }
    } catch (error) {
      this.log(`notebook ${notebookPath}: not kept in its journal: ${describeUnknown(error)}`);
    }
  }

  close(): void {
    for (const { timer } of this.waiting.values()) {
      clearTimeout(timer);
    }
    this.waiting.clear();
  }
}
