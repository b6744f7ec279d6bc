/**
 * All kernel sessions of this computer: found again at the start, made when a window asks, closed when the kernel is
 * gone and nothing unsaved is left.
 *
 * The journal is the register: a file whose state is `open` is a kernel Nightjar still answers for. Its `session_id`
 * was stored before its first use, so that after any crash the server hands out what it buffered.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { asJournalId, asKernelId, type JournalId, type KernelId, type ServerId } from '../../../shared/ids.ts';
import type { Execution } from '../../../shared/journal/entries.ts';
import { describeUnknown } from '../../../shared/result.ts';
import type { JournalClient } from '../journal/client.ts';
import { journalEnding, journalFile, journalFiles, newJournalId } from '../journal/library.ts';
import { JournalReader } from '../journal/reader.ts';
import type { KnownMessages, Opened } from '../journal/protocol.ts';
import type { JournalMeta } from '../journal/layout.ts';
import type { LinkTarget } from '../link/link.ts';
import type { Spool } from '../recovery/spool.ts';
import { Neighbours } from './neighbours.ts';
import { KernelSession, type SessionTiming, sessionTiming } from './session.ts';

/** Of messages that are not written down by their numbers, these many entries before the end are looked at for what a server may send again. */
const knownWithoutNumbers = 200_000;
/** Entries before the end that are looked at even where all is known to be in the journal. */
const lastWords = 1_000;

export interface ServerAccess {
  readonly serverId: ServerId;
  readonly name: string;
  /** With a trailing slash. */
  readonly baseUrl: string;
  readonly isHub?: boolean;
  readonly headers: () => Record<string, string>;
}

export interface ManagerHooks {
  onStatus(session: KernelSession): void;
  onExecution(session: KernelSession, execution: Execution, fromWindowId: string): void;
  log(line: string): void;
  /** The notebook that a window shows, where that is known. */
  notebookOf?(windowId: string): string | null;
  /** Whether somebody is there to be warned of other clients. */
  readonly warns?: boolean;
}

/** Recorders on servers; absent where there are none at all. */
export interface Recorders {
  /** The person's choice for the server. */
  isAllowed(server: ServerAccess): boolean;
  spoolOf(server: ServerAccess, kernelId: string, reader: string): Spool;
  reconnect(server: ServerAccess, sinceMs: number): void;
}

export interface NewSession {
  readonly server: ServerAccess;
  readonly kernelId: KernelId;
  readonly kernelName: string | null;
  readonly notebookPath: string | null;
  readonly owner: 'app' | 'cli';
}

export class SessionManager {
  private readonly sessions = new Map<string, KernelSession>();
  private readonly opening = new Map<string, Promise<KernelSession>>();

  constructor(
    readonly journalDir: string,
    private readonly client: JournalClient,
    private readonly hooks: ManagerHooks,
    private readonly recorders: Recorders | null = null,
    private readonly timing: SessionTiming = sessionTiming,
  ) {
    fs.mkdirSync(journalDir, { recursive: true, mode: 0o700 });
  }

  all(): KernelSession[] {
    return [...this.sessions.values()];
  }

  find(serverId: ServerId, kernelId: KernelId): KernelSession | undefined {
    return this.sessions.get(keyOf(serverId, kernelId));
  }

  /** The sessions of a notebook, the one it was attached to last at the end. */
  ofNotebook(serverId: ServerId, notebookPath: string): KernelSession[] {
    const attachedTimeMs = (session: KernelSession): number => session.attachedTimeMs(notebookPath) ?? 0;
    return this.all()
      .filter((session) => session.serverId === serverId && session.notebooks.includes(notebookPath))
      .sort(
        (left, right) => attachedTimeMs(left) - attachedTimeMs(right) || (left.journalId < right.journalId ? -1 : 1),
      );
  }

  findExecution(msgId: string): KernelSession | null {
    return this.all().find((session) => session.execution(msgId) !== undefined) ?? null;
  }

  /** The session for a kernel; made, with its journal, when there is none yet. */
  async ensure(wanted: NewSession): Promise<KernelSession> {
    const key = keyOf(wanted.server.serverId, wanted.kernelId);
    const known = this.sessions.get(key);
    if (known !== undefined) {
      return known;
    }
    const underWay = this.opening.get(key) ?? this.create(wanted);
    this.opening.set(key, underWay);
    try {
      return await underWay;
    } finally {
      this.opening.delete(key);
    }
  }

  private async create(wanted: NewSession): Promise<KernelSession> {
    const nowMs = Date.now();
    const journalId = newJournalId(nowMs, wanted.notebookPath ?? '');
    const meta: JournalMeta = {
      journalId,
      createdTimeMs: nowMs,
      serverName: wanted.server.name,
      serverUrl: wanted.server.baseUrl,
      kernelId: wanted.kernelId,
      kernelName: wanted.kernelName,
      notebookPath: wanted.notebookPath,
      clientSessionId: crypto.randomUUID(),
      kernelInfo: null,
      owner: wanted.owner,
      recorder: null,
      state: 'open',
    };
    const file = journalFile(this.journalDir, journalId);
    const opened = await this.client.call({ op: 'create', key: journalId, file, meta });
    return this.begin(journalId, wanted.server, opened, { ids: [], open: [] });
  }

  private begin(journalId: JournalId, server: ServerAccess, opened: Opened, known: KnownMessages): KernelSession {
    const kernelId = asKernelId(opened.meta.kernelId);
    const session = new KernelSession({
      journalId,
      serverId: server.serverId,
      kernelId,
      client: this.client,
      opened,
      target: targetOf(server, kernelId, opened.meta.connectionId ?? opened.meta.clientSessionId),
      spool: this.recorders?.spoolOf(server, kernelId, opened.meta.clientSessionId) ?? null,
      isRecorderAllowed: this.recorders?.isAllowed(server) ?? false,
      known,
      timing: this.timing,
      isHub: server.isHub ?? false,
      neighbours: this.hooks.warns === true ? this.neighboursOf(server, kernelId) : null,
      hooks: {
        onStatus: (changed) => this.hooks.onStatus(changed),
        onExecution: (changed, execution, windowId) => this.hooks.onExecution(changed, execution, windowId),
        findElsewhere: (msgId) => this.findExecution(msgId),
        notebookOf: (windowId) => this.hooks.notebookOf?.(windowId) ?? null,
        onReconnected: (sinceMs) => this.recorders?.reconnect(server, sinceMs),
        log: (line) => this.hooks.log(line),
      },
    });
    this.sessions.set(keyOf(server.serverId, kernelId), session);
    session.start();
    return session;
  }

  private neighboursOf(server: ServerAccess, kernelId: KernelId): Neighbours {
    const session = (): KernelSession | undefined => this.find(server.serverId, kernelId);
    return new Neighbours(
      server,
      kernelId,
      () => session()?.linkPhase === 'live',
      () => {
        const found = session();
        if (found !== undefined) {
          this.hooks.onStatus(found);
        }
      },
    );
  }

  /** At the start: takes up every journal that was left open, links and all. */
  async takeUp(serverOf: (baseUrl: string) => ServerAccess | null): Promise<void> {
    for (const file of journalFiles(this.journalDir)) {
      const opened = JournalReader.open(file);
      if (!opened.ok) {
        this.hooks.log(`journal ${path.basename(file)}: ${opened.problem.sentence}`);
        continue;
      }
      const { meta } = opened.value;
      const sound = !opened.value.isSalvaging;
      opened.value.close();
      const server = meta.state === 'open' && meta.owner === 'app' && sound ? serverOf(meta.serverUrl) : null;
      if (server === null || this.sessions.has(keyOf(server.serverId, asKernelId(meta.kernelId)))) {
        continue;
      }
      const journalId = asJournalId(path.basename(file, journalEnding));
      try {
        const taken = await this.client.call({ op: 'open', key: journalId, file });
        // The last words are known in any case: they say which kernel process spoke, and how far it had counted.
        const { recorder } = taken.meta;
        const isWhole = recorder?.known?.isWhole === true;
        const numberedSeq = isWhole ? recorder.seq : taken.lastSeq - knownWithoutNumbers;
        const fromSeq = Math.max(0, Math.min(recorder?.seq ?? taken.lastSeq, numberedSeq, taken.lastSeq - lastWords));
        const known = await this.client.call({ op: 'ids', key: journalId, fromSeq: fromSeq + 1 });
        this.begin(journalId, server, taken, known);
      } catch (error) {
        // A damaged journal is left as it is, for reading; a window on this kernel begins a new one.
        this.hooks.log(`journal ${journalId}: ${describeUnknown(error)}`);
      }
    }
  }

  /** Forgets a session whose kernel is gone. With unsaved outputs its journal stays open, so that they come back. */
  async release(session: KernelSession): Promise<void> {
    this.sessions.delete(keyOf(session.serverId, session.kernelId));
    await session.close(session.hasUnsaved() ? 'open' : 'closed');
  }

  async closeAll(): Promise<void> {
    const sessions = this.all();
    this.sessions.clear();
    await Promise.all(
      sessions.map((session) => session.close(session.isGone && !session.hasUnsaved() ? 'closed' : 'open')),
    );
  }
}

function keyOf(serverId: ServerId, kernelId: KernelId): string {
  return `${serverId} ${kernelId}`;
}

/** The websocket of a kernel. The token travels in a header, never in the address. */
export function targetOf(server: ServerAccess, kernelId: KernelId, sessionId: string): LinkTarget {
  const base = server.baseUrl.replace(/^http/, 'ws');
  const kernel = encodeURIComponent(kernelId);
  return {
    url: `${base}api/kernels/${kernel}/channels?session_id=${encodeURIComponent(sessionId)}`,
    headers: server.headers,
  };
}
