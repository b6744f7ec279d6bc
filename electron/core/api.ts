/**
 * The face of the core: what the desktop app and the command line build on.
 *
 * Types only. Whoever hosts the core hands in ports for what differs between hosts (secrets, settings, what shows an
 * event); the core never imports Electron. Window-facing calls mirror the commands of `shared/ipc/contract.ts`.
 */
import type {
  DiskNotebook,
  EventBody,
  EventName,
  NotebookRestore,
  RecentNotebook,
  ServerSummary,
} from '../../shared/ipc/contract.ts';
import type { CommandArgs } from '../../shared/ipc/contract.ts';
import type {
  Moment,
  Place,
  PlaybackArgs,
  PlaybackInfo,
  PrunePlan,
  Retention,
  SearchAnswer,
} from '../../shared/ipc/playback.ts';
import type { ToWindow } from '../../shared/ipc/tunnel.ts';
import type { JournalId, MsgId, ServerId } from '../../shared/ids.ts';
import type { JournalListing, VerifyReport } from '../../shared/journal/entries.ts';
import type { Result } from '../../shared/result.ts';

/** Seals secrets for storage. The app uses the operating system's keychain. */
export interface SecretBox {
  /** False where the system offers no keychain: sealed values are then only protected by file permissions. */
  readonly hasKeychain: boolean;
  seal(plain: string): string;
  /** `null` when the value was sealed by another user, another machine, or is damaged. */
  open(sealed: string): string | null;
}

/** Small persistent settings: servers, recents, window places. Values are plain JSON. */
export interface SettingsPort {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/** To whom an event goes. */
export type EventTarget =
  | { readonly to: 'all' }
  | { readonly to: 'window'; readonly windowId: string }
  /** Every window that shows this notebook, but for `exceptWindowId`. */
  | {
      readonly to: 'notebook';
      readonly serverId: ServerId;
      readonly path: string;
      readonly exceptWindowId: string | null;
    };

export interface EventSink {
  emit<Name extends EventName>(target: EventTarget, name: Name, body: EventBody<Name>): void;
}

export interface CoreOptions {
  /** Where journals, drafts and the local server live. Created when missing, for this account only. */
  readonly dataDir: string;
  readonly secrets: SecretBox;
  readonly settings: SettingsPort;
  readonly events: EventSink;
  /** The journal worker's bundle. */
  readonly workerUrl: URL;
  /** The library workers' bundle. */
  readonly libraryWorkerUrl: URL;
  /** Folder with `recorder.py` and the sample notebook. */
  readonly assetsDir: string;
  /** One line for the log file. Never a secret, never output of a kernel. */
  readonly log: (line: string) => void;
}

/** A window's end of the tunnel, as the core sees it. */
export interface TunnelPort {
  post(message: ToWindow): void;
  /** Raw messages: the core decodes them. */
  onMessage(callback: (message: unknown) => void): void;
  close(): void;
}

export interface Servers {
  list(): ServerSummary[];
  add(address: string, token: string | null): Promise<Result<{ server: ServerSummary; notebookPath: string | null }>>;
  rename(serverId: ServerId, name: string): Result<ServerSummary>;
  setToken(serverId: ServerId, token: string): Promise<Result<ServerSummary>>;
  remove(serverId: ServerId): Promise<Result<null>>;
  /** Whether recorders may run on the server. Takes effect at once, also for kernels that are open. */
  setRecorder(serverId: ServerId, enabled: boolean): Promise<Result<ServerSummary>>;
  check(serverId: ServerId): Promise<Result<ServerSummary>>;
  /** Looks at every server that was not looked at lately; what is found goes out as `servers.changed`. */
  refresh(): void;
  /** Starts or finds the Jupyter server of this machine; progress goes out as `local.progress` events. */
  startLocal(): Promise<Result<{ server: ServerSummary; samplePath: string }>>;
  cancelLocal(): void;
  /** Streams a file of the server to a local path. Writes beside it first, so that a cut leaves no half file. */
  download(serverId: ServerId, path: string, toFile: string): Promise<Result<null>>;
}

export interface Notebooks {
  recents(): RecentNotebook[];
  /** A window for this notebook is about to come: its file is asked for meanwhile. */
  readAhead(serverId: ServerId, path: string): void;
  /** Notes that a notebook was opened, for recents. */
  opened(serverId: ServerId, path: string): void;
  removeRecent(serverId: ServerId, path: string): void;
  restore(serverId: ServerId, path: string): Promise<Result<NotebookRestore>>;
  attached(serverId: ServerId, windowId: string, args: CommandArgs<'notebook.attached'>): Promise<Result<null>>;
  draft(serverId: ServerId, windowId: string, args: CommandArgs<'notebook.draft'>): Promise<Result<null>>;
  discardDraft(serverId: ServerId, path: string): Promise<Result<null>>;
  base(serverId: ServerId, windowId: string, args: CommandArgs<'notebook.base'>): Promise<Result<null>>;
  /** What drafts begin from; null when nothing is known of it. */
  readBase(serverId: ServerId, path: string): Promise<Result<Record<string, unknown> | null>>;
  renamed(serverId: ServerId, path: string, newPath: string): Promise<Result<null>>;
  cancelExecution(msgId: MsgId): Promise<Result<boolean>>;
  /** Answers a question that was lost with a connection. False when nothing waits for it any more. */
  answerLostPrompt(msgId: MsgId, value: string): Promise<Result<boolean>>;
  /** The person's word on a request in doubt. False when it has been decided otherwise meanwhile. */
  decideExecution(msgId: MsgId, choice: 'run-again' | 'leave'): Promise<Result<boolean>>;
}

export type ExportFormat = PlaybackArgs<'journals.export'>['to'];

/** Notebooks that are files of this computer. */
export interface Disk {
  nameOf(file: string): string;
  fileOf(name: string): string | null;
  read(name: string): Promise<Result<DiskNotebook>>;
  look(name: string): Promise<Result<Pick<DiskNotebook, 'lastModified' | 'hash'>>>;
  write(name: string, notebook: Record<string, unknown>): Promise<Result<Pick<DiskNotebook, 'lastModified' | 'hash'>>>;
}

export interface Journals {
  /** Newest first, without deleted ones. */
  list(): Promise<JournalListing[]>;
  verify(journalId: JournalId): Promise<Result<VerifyReport>>;
  /** Absolute path of the journal's file. */
  fileOf(journalId: JournalId): Result<string>;
  /** Over inputs and outputs of all journals; the query is what a person types, any text is allowed. */
  search(query: string, limit: number): Promise<Result<SearchAnswer>>;
  /** An empty title gives the journal its own name back (the notebook's). */
  rename(journalId: JournalId, title: string): Promise<Result<null>>;
  tag(journalId: JournalId, tags: readonly string[]): Promise<Result<null>>;
  keep(journalId: JournalId, keep: boolean): Promise<Result<null>>;
  /** Moves it aside for an hour. Refused while its session runs. */
  delete(journalId: JournalId): Promise<Result<null>>;
  undelete(journalId: JournalId): Promise<Result<null>>;
  /** A name for the exported file, with its ending: what a save dialog suggests. */
  exportName(journalId: JournalId, to: ExportFormat): Promise<string>;
  /** Writes the journal at a moment (null: the last one) to a file, beside first, and answers the file's path. */
  exportTo(journalId: JournalId, to: ExportFormat, seq: number | null, file: string): Promise<Result<string>>;
  /** Copies a journal file into the library. One that is there already is found again, not copied. */
  importFile(file: string): Promise<Result<JournalId>>;
  retention(): Retention;
  setRetention(retention: Retention): void;
  /** What would go for journals to take `bytesMax` together. Changes nothing. */
  prunePlan(bytesMax: number | null): Promise<Result<PrunePlan>>;
  /** Removes what the plan says and answers the plan. */
  prune(bytesMax: number | null): Promise<Result<PrunePlan>>;
}

/** Journals as time lines. Works without any server, and while a journal grows. */
export interface Playback {
  info(journalId: JournalId): Promise<Result<PlaybackInfo>>;
  moment(journalId: JournalId, seq: number, sinceSeq: number | null): Promise<Result<Moment>>;
  at(journalId: JournalId, timeMs: number): Promise<Result<Place>>;
  find(args: PlaybackArgs<'playback.find'>): Promise<Result<Place | null>>;
  /** Calls back when the journal has grown, at most four times a second. What it answers ends that. */
  watch(journalId: JournalId, onGrew: (last: Place) => void): () => void;
}

export interface Core {
  readonly servers: Servers;
  readonly notebooks: Notebooks;
  readonly disk: Disk;
  readonly journals: Journals;
  readonly playback: Playback;
  /** Gives a window its virtual fetch and websocket to one server. Returns what ends it. */
  connectWindow(serverId: ServerId, windowId: string, port: TunnelPort): { close(): void };
  /** Sessions with a cell that is running or queued: asked before the app quits. */
  busySessions(): readonly { readonly serverName: string; readonly notebookPath: string | null }[];
  /** The machine is about to sleep: links close cleanly, so that servers buffer from that instant. */
  suspend(): void;
  /** The machine woke up, or the network changed: links are probed at once. */
  resume(): void;
  /** Commits and closes everything; links are closed cleanly. Journals stay open sessions for the next start. */
  close(): Promise<void>;
}
