/**
 * The core put together: servers, sessions, journals, drafts, tunnels.
 *
 * Runs in the Electron main process and under plain Node alike. It owns every socket and every file of Nightjar; its
 * hosts own windows. Opening it takes up all sessions that were left open, so that what servers buffered comes in
 * before a window asks for it.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { EventBody, RecentNotebook } from '../../shared/ipc/contract.ts';
import { asKernelId, type ServerId } from '../../shared/ids.ts';
import type { Execution } from '../../shared/journal/entries.ts';
import { describeUnknown, fail, ok } from '../../shared/result.ts';
import type { Core, CoreOptions, Journals, Notebooks, Playback, Servers, TunnelPort } from './api.ts';
import { CommitError, JournalClient } from './journal/client.ts';
import { NetworkWatch } from './link/network-watch.ts';
import { LibraryClient } from './library/client.ts';
import { JournalLibrary } from './library/journals.ts';
import { ensureLocalServer } from './local-server/local-server.ts';
import { DiskNotebooks } from './notebooks/disk.ts';
import { DraftStore } from './notebooks/drafts.ts';
import { NotebookKeeper } from './notebooks/keeper.ts';
import { Recents } from './notebooks/recents.ts';
import { RecorderService } from './recovery/service.ts';
import { downloadFile } from './servers/download.ts';
import { ServerRegistry, unknownServer } from './servers/registry.ts';
import { Token } from './servers/token.ts';
import { SessionManager } from './sessions/manager.ts';
import type { KernelSession } from './sessions/session.ts';
import { ReadAhead } from './tunnel/read-ahead.ts';
import { Tunnel } from './tunnel/tunnel.ts';

/** Status events to windows are at least this far apart: ten a second is live to the eye. */
const statusIntervalMs = 100;
const noJournal =
  'Nightjar could not make the journal of this kernel, so what it prints could not be kept, and nothing can be run yet. It tries again every few seconds; see that the disk of this computer has room.';
/** The journal's worker has ended: it keeps nothing any more, however often it is asked. */
const noKeeper =
  'The part of Nightjar that keeps journals has ended, so nothing can be run here. Everything up to then is on the disk: start Nightjar again to go on.';

class NightjarCore implements Core {
  readonly servers: Servers;
  readonly notebooks: Notebooks;
  readonly disk: DiskNotebooks;
  readonly journals: Journals;
  readonly playback: Playback;
  private readonly options: CoreOptions;
  private readonly client: JournalClient;
  private readonly library: JournalLibrary;
  private readonly registry: ServerRegistry;
  private readonly sessions: SessionManager;
  private readonly recorders: RecorderService;
  private readonly drafts: DraftStore;
  private readonly keeper: NotebookKeeper;
  private readonly recents: Recents;
  private readonly tunnels = new Set<Tunnel>();
  private readonly readAhead = new ReadAhead();
  private readonly dirtyStatus = new Set<KernelSession>();
  /** The notebook of each window that has a kernel. */
  private readonly shown = new Map<string, { readonly serverId: ServerId; readonly path: string }>();
  private statusTimer: NodeJS.Timeout | null = null;
  private localStart: AbortController | null = null;
  private takenUp: Promise<void> = Promise.resolve();
  private readonly network = new NetworkWatch(() => [...this.sessions.all(), this.recorders]);

  constructor(options: CoreOptions) {
    this.options = options;
    fs.mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    this.client = new JournalClient(options.workerUrl, options.log);
    this.recorders = new RecorderService(
      path.join(options.assetsDir, 'recorder.py'),
      path.join(options.dataDir, 'helpers.json'),
      (server) => this.registry.hasRecorder(server.serverId),
    );
    this.registry = new ServerRegistry(
      options.settings,
      options.secrets,
      options.events,
      (serverId) => this.onLogin(serverId),
      (baseUrl) => this.recorders.helpersOn(baseUrl),
    );
    this.sessions = new SessionManager(
      path.join(options.dataDir, 'journals'),
      this.client,
      {
        warns: true,
        onStatus: (session) => this.onStatus(session),
        notebookOf: (windowId) => this.shown.get(windowId)?.path ?? null,
        onExecution: (session, execution, windowId) => {
          const path = this.shown.get(windowId)?.path ?? session.notebookPath;
          if (path !== null) {
            const to = { to: 'notebook', serverId: session.serverId, path, exceptWindowId: windowId } as const;
            const { cellId, msgId } = execution;
            options.events.emit(to, 'execution.started', { path, cellId, msgId });
          }
        },
        log: options.log,
      },
      this.recorders,
    );
    this.drafts = new DraftStore(path.join(options.dataDir, 'drafts'), options.log);
    this.keeper = new NotebookKeeper(this.drafts, this.sessions, options.log);
    this.recents = new Recents(options.settings);
    this.disk = new DiskNotebooks(options.settings);
    this.servers = this.makeServers();
    this.notebooks = this.makeNotebooks();
    this.library = new JournalLibrary({
      dir: this.sessions.journalDir,
      client: new LibraryClient(options.libraryWorkerUrl, options.log),
      settings: options.settings,
      running: () =>
        this.sessions
          .all()
          .filter((session) => !session.isGone)
          .map((session) => session.journalId),
      onChanged: () => options.events.emit({ to: 'all' }, 'journals.changed', {}),
    });
    this.journals = this.library.journals;
    this.playback = this.library.playback;
  }

  open(): void {
    this.library.open();
    this.takenUp = this.sessions.takeUp((baseUrl) => this.registry.accessByUrl(baseUrl));
  }

  // --- Servers ------------------------------------------------------------------------------------------------------

  private makeServers(): Servers {
    const { registry } = this;
    return {
      list: () => registry.list(),
      add: (address, token) => registry.add(address, token),
      rename: (serverId, name) => registry.rename(serverId, name),
      setToken: (serverId, token) => registry.setToken(serverId, token),
      check: (serverId) => registry.check(serverId),
      refresh: () => registry.refresh(),
      setRecorder: async (serverId, enabled) => {
        const set = registry.setRecorder(serverId, enabled);
        for (const session of this.sessions.all()) {
          if (set.ok && session.serverId === serverId) {
            session.setRecorderAllowed(enabled);
          }
        }
        return set;
      },
      remove: async (serverId) => {
        const removed = registry.remove(serverId);
        if (removed.ok) {
          this.recents.forgetServer(serverId);
          this.recentsChanged();
          const gone = this.sessions.all().filter((session) => session.serverId === serverId);
          await Promise.all(gone.map((session) => this.sessions.release(session)));
        }
        return removed;
      },
      startLocal: () => this.startLocal(),
      cancelLocal: () => this.localStart?.abort(),
      download: async (serverId, filePath, toFile) => {
        const server = registry.access(serverId);
        return server === null
          ? unknownServer()
          : downloadFile(server, filePath, toFile, (bytes, bytesTotal, done) =>
              this.options.events.emit({ to: 'all' }, 'files.progress', { path: filePath, bytes, bytesTotal, done }),
            );
      },
    };
  }

  private async startLocal(): ReturnType<Servers['startLocal']> {
    const { events, dataDir, assetsDir, log } = this.options;
    const progress = (body: EventBody<'local.progress'>): void => events.emit({ to: 'all' }, 'local.progress', body);
    const controller = new AbortController();
    this.localStart = controller;
    const ready = await ensureLocalServer({
      dataDir: path.join(dataDir, 'local-server'),
      rootDir: path.join(os.homedir(), 'Nightjar'),
      sampleDir: path.join(assetsDir, 'sample'),
      onProgress: progress,
      onLog: (line) => log(`local server: ${line}`),
      signal: controller.signal,
    });
    if (!ready.ok) {
      progress({ phase: 'failed', text: ready.problem.sentence, fraction: null });
      return ready;
    }
    const { server, samplePath } = ready.value;
    const summary = this.registry.addLocal(server.baseUrl, new Token(server.token), server.version);
    return ok({ server: summary, samplePath: samplePath ?? '' });
  }

  private onLogin(serverId: ServerId): void {
    for (const session of this.sessions?.all() ?? []) {
      if (session.serverId === serverId) {
        session.login();
      }
    }
  }

  // --- Notebooks ----------------------------------------------------------------------------------------------------

  private makeNotebooks(): Notebooks {
    const { drafts, registry, sessions, recents } = this;
    const withoutJournal = new Set<string>();
    const emit = this.options.events.emit.bind(this.options.events);
    const urlOf = (serverId: ServerId): string | null => registry.access(serverId)?.baseUrl ?? null;
    return {
      recents: () => this.recentNotebooks(),
      readAhead: (serverId, notebookPath) => {
        const server = this.registry.access(serverId);
        // With a draft a window begins from that, and asks the server only when it saves or goes back.
        const isAsked = server !== null && !drafts.has(server.baseUrl, notebookPath);
        if (isAsked && this.disk.fileOf(notebookPath) === null) {
          this.readAhead.begin(server, notebookPath);
        }
      },
      opened: (serverId, notebookPath) => {
        recents.add(serverId, notebookPath, Date.now());
        registry.used(serverId);
        this.recentsChanged();
      },
      removeRecent: (serverId, notebookPath) => {
        recents.remove(serverId, notebookPath);
        this.recentsChanged();
      },
      restore: async (serverId, notebookPath) => {
        const url = urlOf(serverId);
        if (url === null) {
          return unknownServer();
        }
        await this.takenUp;
        const ofNotebook = sessions.ofNotebook(serverId, notebookPath);
        const live = ofNotebook.filter((session) => !session.isGone);
        const decided = await drafts.decidedOutputs(url, notebookPath);
        const isUndone = ({ cellId, submittedTimeMs }: Execution): boolean =>
          cellId !== null && decided.cells.has(cellId) && submittedTimeMs < decided.timeMs;
        return ok({
          draft: await drafts.restore(url, notebookPath),
          kernelId: live[live.length - 1]?.kernelId ?? null,
          executions: ofNotebook
            .flatMap((session) => session.lastExecutions(notebookPath))
            .filter((execution) => !isUndone(execution)),
        });
      },
      attached: async (serverId, windowId, { path: notebookPath, kernelId, kernelName }) => {
        const server = registry.access(serverId);
        if (server === null) {
          return unknownServer();
        }
        const wanted = { server, kernelId: asKernelId(kernelId), kernelName, notebookPath, owner: 'app' as const };
        this.shown.set(windowId, { serverId, path: notebookPath });
        let session: KernelSession;
        try {
          session = await sessions.ensure(wanted);
        } catch (error) {
          // Asked again every few seconds, the same answer is no news.
          if (!withoutJournal.has(kernelId)) {
            this.options.log(`${notebookPath}: no journal for its kernel: ${describeUnknown(error)}`);
          }
          withoutJournal.add(kernelId);
          return error instanceof CommitError ? fail('no-journal', noJournal) : fail('no-keeper', noKeeper);
        }
        withoutJournal.delete(kernelId);
        await session.attachNotebook(notebookPath, kernelName);
        await this.keeper.attached(session, server.baseUrl, notebookPath);
        emit({ to: 'window', windowId }, 'session.status', session.status(notebookPath));
        return ok(null);
      },
      draft: async (serverId, windowId, { path: notebookPath, change }) => {
        const url = urlOf(serverId);
        if (url === null) {
          return unknownServer();
        }
        const hadDraft = drafts.has(url, notebookPath);
        await drafts.change(url, notebookPath, change, Date.now());
        emit({ to: 'notebook', serverId, path: notebookPath, exceptWindowId: windowId }, 'notebook.edited', {
          path: notebookPath,
          change,
        });
        this.keeper.edited(serverId, url, notebookPath);
        if (!hadDraft) {
          this.recentsChanged();
        }
        return ok(null);
      },
      discardDraft: async (serverId, notebookPath) => {
        const url = urlOf(serverId);
        if (url === null) {
          return unknownServer();
        }
        await drafts.discard(url, notebookPath);
        this.recentsChanged();
        return ok(null);
      },
      base: async (serverId, windowId, { path: notebookPath, reason, notebook, lastModified, savedExecutions }) => {
        const url = urlOf(serverId);
        if (url === null) {
          return unknownServer();
        }
        const base = { serverUrl: url, path: notebookPath, lastModified, text: notebook };
        for (const session of sessions.ofNotebook(serverId, notebookPath)) {
          const own = savedExecutions.filter((msgId) => session.execution(msgId) !== undefined);
          await session.markSaved(notebookPath, own, notebook, reason);
        }
        if (reason === 'loaded') {
          await drafts.setBase(base, { keepsDraft: true });
          return ok(null);
        }
        await drafts.setBase(base, { keepsDraft: false });
        emit({ to: 'notebook', serverId, path: notebookPath, exceptWindowId: windowId }, 'notebook.saved', {
          path: notebookPath,
          lastModified,
        });
        this.recentsChanged();
        return ok(null);
      },
      readBase: async (serverId, notebookPath) => {
        const url = urlOf(serverId);
        return url === null ? unknownServer() : ok(await drafts.base(url, notebookPath));
      },
      renamed: async (serverId, from, to) => {
        const url = urlOf(serverId);
        if (url === null) {
          return unknownServer();
        }
        await drafts.rename(url, from, to);
        recents.rename(serverId, from, to);
        for (const session of sessions.ofNotebook(serverId, from)) {
          await session.renameNotebook(from, to);
        }
        for (const [windowId, shown] of this.shown) {
          if (shown.serverId === serverId && shown.path === from) {
            this.shown.set(windowId, { serverId, path: to });
          }
        }
        this.recentsChanged();
        return ok(null);
      },
      cancelExecution: async (msgId) => ok(sessions.findExecution(msgId)?.cancel(msgId) ?? false),
      answerLostPrompt: async (msgId, value) =>
        ok(sessions.findExecution(msgId)?.answerLostPrompt(msgId, value) ?? false),
      decideExecution: async (msgId, choice) => ok(sessions.findExecution(msgId)?.decide(msgId, choice) ?? false),
    };
  }

  private recentNotebooks(): RecentNotebook[] {
    return this.recents.list().map(({ serverId, path: notebookPath, openedTimeMs }) => {
      const live = this.sessions.ofNotebook(serverId, notebookPath).filter((session) => !session.isGone);
      const url = this.registry.access(serverId)?.baseUrl ?? '';
      return {
        serverId,
        serverName: this.registry.nameOf(serverId),
        path: notebookPath,
        openedTimeMs,
        session: live.some((session) => session.isBusy) ? 'running' : live.length > 0 ? 'guarded' : 'none',
        hasDraft: this.drafts.has(url, notebookPath),
      };
    });
  }

  private recentsChanged(): void {
    this.options.events.emit({ to: 'all' }, 'recents.changed', { recents: this.recentNotebooks() });
  }

  // --- Windows ------------------------------------------------------------------------------------------------------

  connectWindow(serverId: ServerId, windowId: string, port: TunnelPort): { close(): void } {
    const server = this.registry.access(serverId);
    if (server === null) {
      port.close();
      return { close: () => undefined };
    }
    const tunnel = new Tunnel({
      windowId,
      server,
      sessions: this.sessions,
      port,
      log: this.options.log,
      isHelper: (kernelId) => this.recorders.isHelper(kernelId),
      onServerState: () => void this.registry.check(serverId),
      readAhead: this.readAhead,
    });
    this.tunnels.add(tunnel);
    return {
      close: () => {
        this.tunnels.delete(tunnel);
        // A window that was loaded again has the next tunnel already.
        if (![...this.tunnels].some((other) => other.windowId === windowId)) {
          this.shown.delete(windowId);
        }
        tunnel.close();
      },
    };
  }

  private onStatus(session: KernelSession): void {
    this.dirtyStatus.add(session);
    this.statusTimer ??= setTimeout(() => {
      this.statusTimer = null;
      this.emitStatus();
    }, statusIntervalMs);
  }

  private emitStatus(): void {
    for (const session of this.dirtyStatus) {
      const { serverId } = session;
      if (session.isShown) {
        this.library.seen(session.journalId, session.committedSeq);
      }
      for (const path of session.notebooks) {
        const to = { to: 'notebook', serverId, path, exceptWindowId: null } as const;
        this.options.events.emit(to, 'session.status', session.status(path));
      }
    }
    this.dirtyStatus.clear();
    this.options.events.emit({ to: 'all' }, 'journals.changed', {});
  }

  busySessions(): { serverName: string; notebookPath: string | null }[] {
    return this.sessions
      .all()
      .filter((session) => session.isBusy && !session.isGone)
      .map((session) => ({
        serverName: this.registry.nameOf(session.serverId),
        notebookPath: session.notebookPath,
      }));
  }

  suspend(): void {
    for (const session of this.sessions.all()) {
      session.suspend();
    }
  }

  resume(): void {
    for (const session of this.sessions.all()) {
      session.resume();
    }
  }

  async close(): Promise<void> {
    this.localStart?.abort();
    this.network.close();
    for (const tunnel of this.tunnels) {
      tunnel.close();
    }
    this.tunnels.clear();
    this.readAhead.close();
    this.keeper.close();
    await this.takenUp;
    await this.drafts.settled();
    // Before the journals are closed: whoever reads one keeps its log beside it.
    await this.library.close();
    await this.sessions.closeAll();
    await this.recorders.close();
    if (this.statusTimer !== null) {
      clearTimeout(this.statusTimer);
    }
    await this.client.close();
  }
}

/** Opens the core. Sessions of the last run are taken up in the background. */
export async function openCore(options: CoreOptions): Promise<Core> {
  const core = new NightjarCore(options);
  core.open();
  return core;
}
