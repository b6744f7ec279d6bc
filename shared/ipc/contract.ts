/**
 * Every command a window may send to the main process, and every event it may receive, with decoders for both.
 *
 * Types derive from the decoders. Arguments are decoded in the main process, answers in the window. A command either
 * answers a value or a `Problem` whose sentence is shown to the person. Windows never see a token: servers, journals
 * and notebooks are named by opaque ids and paths.
 */
import * as v from 'valibot';
import { outputCharactersMax } from '../limits.ts';
import { settingsChange, settingsSchema } from '../settings.ts';
import { playbackCommands, playbackEvents } from './playback.ts';

const text = v.pipe(v.string(), v.maxLength(64 * 1024));
const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const identifier = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,128}$/));
const count = v.pipe(v.number(), v.minValue(0));
const timeMs = v.number();
const json = v.record(v.string(), v.unknown());

export const problem = v.object({ kind: v.string(), sentence: v.string() });
const nothing = v.null();

// --- Values -------------------------------------------------------------------------------------------------------

export const serverSummary = v.object({
  serverId: identifier,
  name: v.string(),
  baseUrl: v.string(),
  /** `unknown` before the first look; `local` servers were started by Nightjar on this machine. */
  state: v.picklist(['unknown', 'checking', 'online', 'away', 'needs-login', 'not-jupyter']),
  /** What the state means for the person, one sentence. Empty when online. */
  detail: v.string(),
  version: v.nullable(v.string()),
  isLocal: v.boolean(),
  /** Whether Nightjar may start its recorder there. */
  hasRecorder: v.boolean(),
  /** The server belongs to a JupyterHub, which may end servers that look idle. */
  isHub: v.boolean(),
  runningKernels: v.nullable(count),
  lastUsedTimeMs: v.nullable(timeMs),
});
export type ServerSummary = v.InferOutput<typeof serverSummary>;

export const recentNotebook = v.object({
  serverId: identifier,
  serverName: v.string(),
  path: v.string(),
  openedTimeMs: timeMs,
  /** `running`: a cell runs now; `guarded`: the kernel is connected and journaled; `none`: no session of ours. */
  session: v.picklist(['running', 'guarded', 'none']),
  /** True when unsaved edits are kept for it. */
  hasDraft: v.boolean(),
});
export type RecentNotebook = v.InferOutput<typeof recentNotebook>;

export const journalSummary = v.object({
  journalId: identifier,
  file: v.string(),
  serverName: v.string(),
  serverUrl: v.string(),
  notebookPath: v.nullable(v.string()),
  kernelName: v.nullable(v.string()),
  createdTimeMs: timeMs,
  lastEntryTimeMs: timeMs,
  entries: count,
  fileBytes: count,
  executions: count,
  errors: count,
  gaps: count,
  state: v.picklist(['open', 'closed', 'damaged']),
  /** What the person called it, else the notebook's file name. */
  title: v.string(),
  tags: v.array(v.string()),
  /** Kept ones are never pruned. */
  isKept: v.boolean(),
  /** It has entries that no window has shown yet. */
  isUnread: v.boolean(),
  leavesTimeMs: v.nullable(v.number()),
});

const gap = v.object({
  messages: v.nullable(v.number()),
  fromTimeMs: timeMs,
  toTimeMs: timeMs,
  why: v.string(),
});

export const verifyReport = v.object({
  sound: v.boolean(),
  head: v.string(),
  entries: count,
  frames: count,
  blocks: count,
  firstTimeMs: v.nullable(timeMs),
  lastTimeMs: v.nullable(timeMs),
  lostEntries: count,
  missingMessages: count,
  duplicateMessages: count,
  outOfOrderMessages: count,
  gaps: v.array(gap),
  damage: v.array(v.string()),
  findings: v.array(v.string()),
});

export const executionSummary = v.object({
  msgId: v.string(),
  cellId: v.nullable(v.string()),
  requestSeq: count,
  state: v.picklist(['queued', 'sent', 'accepted', 'running', 'done', 'in-doubt', 'lost', 'cancelled']),
  status: v.nullable(v.picklist(['ok', 'error', 'aborted'])),
  executionCount: v.nullable(v.number()),
  submittedTimeMs: timeMs,
  startedTimeMs: v.nullable(timeMs),
  endedTimeMs: v.nullable(timeMs),
  saved: v.boolean(),
});
export type ExecutionSummary = v.InferOutput<typeof executionSummary>;

/**
 * Where the outputs of a drafted code cell come from. `base`: as in the notebook file the draft was begun from.
 * `execution`: from the journal, by message id. `cleared`: none. `inline`: given here (pasted or undone cells).
 */
export const draftOutputs = v.variant('from', [
  v.object({ from: v.literal('base') }),
  v.object({ from: v.literal('execution'), msgId: v.string() }),
  v.object({ from: v.literal('cleared') }),
  v.object({ from: v.literal('inline'), outputs: v.array(v.unknown()), executionCount: v.nullable(v.number()) }),
]);

export const draftCell = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  type: v.picklist(['code', 'markdown', 'raw']),
  source: v.string(),
  metadata: json,
  attachments: v.nullable(json),
  outputs: draftOutputs,
});
export type DraftCell = v.InferOutput<typeof draftCell>;

/** A change to a draft: the whole order of cells, and only the cells that changed since the last one. */
export const draftChange = v.object({
  order: v.array(v.string()),
  cells: v.array(draftCell),
  metadata: json,
});
export type DraftChange = v.InferOutput<typeof draftChange>;

export const linkStatus = v.object({
  state: v.picklist(['connecting', 'live', 'suspect', 'down', 'needs-login', 'kernel-gone', 'closed']),
  sinceTimeMs: timeMs,
  /** Plain words for the status bar, for example "no answer from the server, trying again in 4 s". */
  sentence: v.string(),
  nextTryTimeMs: v.nullable(timeMs),
  roundTripMs: v.nullable(v.number()),
});
export type LinkStatus = v.InferOutput<typeof linkStatus>;

export const sessionStatus = v.object({
  kernelId: v.string(),
  kernelName: v.nullable(v.string()),
  kernelState: v.picklist(['unknown', 'starting', 'idle', 'busy', 'restarting', 'autorestarting', 'dead']),
  link: linkStatus,
  /** Whether the server keeps what is printed while nobody is connected, in words. */
  protection: v.object({ state: v.picklist(['recorded', 'starting', 'buffer-only']), sentence: v.string() }),
  /** Set while messages that were missed are being fetched; without any as long as nothing has come of it. */
  recovery: v.nullable(v.object({ messages: count, bytes: count, bytesLeft: v.nullable(count) })),
  journal: v.object({
    journalId: identifier,
    entries: count,
    bytes: count,
    gaps: count,
    /** The latest gaps, for the cells they fall into. */
    gapMarks: v.array(v.object({ ...gap.entries, cellId: v.nullable(v.string()) })),
    /** Set when the journal itself has trouble (disk full, for one): what it means and what to do. */
    trouble: v.nullable(v.string()),
  }),
  executions: v.array(executionSummary),
  /** The execution that waits for the answer to a question (`input()`), which stands below its cell. */
  question: v.nullable(v.string()),
  /** An execution that may wait for an answer to a question that was lost with a connection. */
  lostPrompt: v.nullable(v.string()),
  /** What a person should know before it is too late, a sentence each. */
  warnings: v.array(v.string()),
});
export type SessionStatus = v.InferOutput<typeof sessionStatus>;

/** What a notebook window needs to come up as it was left. */
export const notebookRestore = v.object({
  /** A whole notebook (nbformat JSON) composed of base and draft, or null when there are no unsaved edits. */
  draft: v.nullable(
    v.object({
      notebook: json,
      /** The server's `last_modified` of the file the draft was begun from. */
      baseLastModified: v.nullable(v.string()),
      changedTimeMs: timeMs,
      /** Cells whose outputs come from executions rather than from `notebook`. */
      executionOutputs: v.array(v.object({ cellId: v.string(), msgId: v.string() })),
    }),
  ),
  kernelId: v.nullable(v.string()),
  /** Last execution of each cell in the current kernel session, oldest first; `saved` ones stand in the file. */
  executions: v.array(executionSummary),
});
export type NotebookRestore = v.InferOutput<typeof notebookRestore>;

export const windowContext = v.object({
  kind: v.picklist(['home', 'server', 'notebook', 'settings', 'player', 'tabs']),
  windowId: identifier,
  serverId: v.nullable(identifier),
  serverName: v.nullable(v.string()),
  path: v.nullable(v.string()),
  /** The journal of a player window. */
  journalId: v.nullable(identifier),
  /** Where a player window begins; null is the end of a running session and the beginning of any other. */
  seq: v.nullable(count),
  /** Set when the notebook is a file of this computer rather than of the server: where it lies, for people. */
  file: v.nullable(v.string()),
  isDark: v.boolean(),
  platform: v.picklist(['linux', 'darwin', 'win32']),
  version: v.string(),
});
export type WindowContext = v.InferOutput<typeof windowContext>;

/** The tabs of a window, from left to right, and the one that is shown. */
export const tabsState = v.object({
  /** `folder`: where the notebook lies on its server; empty at the top. */
  tabs: v.array(v.object({ windowId: identifier, title: v.string(), folder: v.string(), isDirty: v.boolean() })),
  selected: v.nullable(identifier),
});
export type TabsState = v.InferOutput<typeof tabsState>;

const tab = v.strictObject({ windowId: identifier });

export const settingsState = v.object({
  settings: settingsSchema,
  /** Sentences about values or a file that do not fit; empty when all is well. */
  problems: v.array(v.string()),
  file: v.string(),
  /** False while the file is no JSON: then changes are refused, so that nothing in it is lost. */
  isWritable: v.boolean(),
});
export type SettingsState = v.InferOutput<typeof settingsState>;

const diskVersion = { lastModified: v.string(), hash: v.string() };
/** A notebook that is a file of this computer. */
export const diskNotebook = v.object({ notebook: json, ...diskVersion });
export type DiskNotebook = v.InferOutput<typeof diskNotebook>;

/** How a notebook was looked at, to look the same when it is opened again. */
export const notebookView = v.object({
  activeCellId: v.nullable(v.pipe(v.string(), v.maxLength(256))),
  /** The cell at the upper edge of the window, and how far it is scrolled out, in pixels. */
  topCellId: v.nullable(v.pipe(v.string(), v.maxLength(256))),
  topOffset: v.number(),
  /** The side panel that is open. */
  panel: v.nullable(v.picklist(['outline', 'variables'])),
});
export type NotebookView = v.InferOutput<typeof notebookView>;

// --- Commands -----------------------------------------------------------------------------------------------------

/** An output on its way out of the app. */
const outputContent = v.variant('kind', [
  v.strictObject({ kind: v.literal('text'), text: v.pipe(v.string(), v.maxLength(outputCharactersMax)) }),
  v.strictObject({
    kind: v.literal('base64'),
    data: v.pipe(v.string(), v.maxLength(outputCharactersMax), v.regex(/^[A-Za-z0-9+/]*={0,2}$/)),
  }),
]);

/** `grant` is the word that the addresses of the notebook's frames carry; null when nothing is allowed. */
const outputGrant = v.object({ grant: v.nullable(v.string()), origins: v.pipe(v.array(v.string()), v.readonly()) });

const none = v.strictObject({});
const server = v.strictObject({ serverId: identifier });
const journal = v.strictObject({ journalId: identifier });
const notebook = v.strictObject({ path });

export const commands = {
  'window.context': { args: none, reply: windowContext },
  /** Asks for the tunnel port (see `tunnel.ts`), which then arrives as a window message. */
  'window.connect': { args: none, reply: nothing },
  /** Title and the unsaved mark (a dot on macOS, a star elsewhere). */
  'window.title': { args: v.strictObject({ title: text, dirty: v.boolean() }), reply: nothing },
  'window.openHome': { args: none, reply: nothing },
  /** A question with buttons, shown as the system shows them. Answers the index of the button. */
  'window.ask': {
    args: v.strictObject({
      message: text,
      detail: text,
      buttons: v.pipe(v.array(text), v.minLength(1), v.maxLength(4)),
      defaultButton: count,
      cancelButton: count,
    }),
    reply: v.number(),
  },
  /** Opens an http(s) address in the person's browser, after asking. Other schemes are refused. */
  'window.openExternal': { args: v.strictObject({ url: text }), reply: nothing },

  'servers.list': { args: none, reply: v.array(serverSummary) },
  /** Takes a pasted address apart, checks the server, saves it. Adding a known base URL updates its token. */
  'servers.add': {
    args: v.strictObject({ address: text, token: v.nullable(text) }),
    reply: v.object({ server: serverSummary, notebookPath: v.nullable(v.string()) }),
  },
  'servers.rename': { args: v.strictObject({ serverId: identifier, name: text }), reply: serverSummary },
  'servers.setToken': { args: v.strictObject({ serverId: identifier, token: text }), reply: serverSummary },
  /** Whether recorders may be started on the server. Takes effect at once, also for kernels that are open. */
  'servers.setRecorder': { args: v.strictObject({ serverId: identifier, enabled: v.boolean() }), reply: serverSummary },
  'servers.remove': { args: server, reply: nothing },
  'servers.check': { args: server, reply: serverSummary },
  /** Looks at every server that was not looked at lately. What is found comes as `servers.changed`. */
  'servers.refresh': { args: none, reply: nothing },
  'servers.open': { args: server, reply: nothing },

  'notebooks.open': {
    args: v.strictObject({ serverId: identifier, path, newWindow: v.boolean() }),
    reply: nothing,
  },
  'recents.list': { args: none, reply: v.array(recentNotebook) },
  'recents.remove': { args: v.strictObject({ serverId: identifier, path }), reply: nothing },

  'journals.list': { args: none, reply: v.array(journalSummary) },
  'journals.verify': { args: journal, reply: verifyReport },
  'journals.reveal': { args: journal, reply: nothing },

  'settings.read': { args: none, reply: settingsState },
  'settings.change': { args: v.strictObject({ change: settingsChange }), reply: settingsState },
  /** Opens the settings window. */
  'settings.open': { args: none, reply: nothing },
  /** Shows the settings file in its folder. */
  'settings.reveal': { args: none, reply: nothing },

  /** Starts (or finds) a Jupyter server on this machine; `open` opens the sample notebook when it is ready. */
  'local.start': { args: v.strictObject({ open: v.boolean() }), reply: serverSummary },
  'local.cancel': { args: none, reply: nothing },

  /** Saves a file of this window's server to this computer; asks where. Answers null when the person cancelled. */
  'files.download': { args: v.strictObject({ path }), reply: v.nullable(text) },

  /** For the window of a notebook that is a file of this computer. `path` is the name under which the window has it. */
  'disk.read': { args: notebook, reply: diskNotebook },
  'disk.look': { args: notebook, reply: v.object(diskVersion) },
  'disk.write': { args: v.strictObject({ path, notebook: json }), reply: v.object(diskVersion) },
  /** Puts an output into the clipboard: text, or an image as PNG, JPEG or the like. */
  'outputs.copy': { args: v.strictObject({ content: outputContent }), reply: nothing },
  /** Saves an output as a file; asks where. Answers its path, or null when the person cancelled. */
  'outputs.save': { args: v.strictObject({ name: text, content: outputContent }), reply: v.nullable(text) },
  /** What outputs of the notebook may load from the network. */
  'outputs.network': { args: notebook, reply: outputGrant },
  /** Asks the person whether they may load from this origin too; answers what holds after that. */
  'outputs.allow': { args: v.strictObject({ path, origin: text }), reply: outputGrant },
  /** A picture of the web for a cell, as a data URL, from where they may load. */
  'outputs.picture': { args: v.strictObject({ path, url: text }), reply: v.string() },
  /** Keeps them off the network again. */
  'outputs.forbid': { args: notebook, reply: nothing },

  /** For the strip of a window with tabs; a tab is named by its `windowId`. */
  'tabs.read': { args: none, reply: tabsState },
  /** `focus`: the page gets the keyboard; else the strip keeps it. */
  'tabs.select': { args: v.strictObject({ ...tab.entries, focus: v.boolean() }), reply: nothing },
  /** The strip has another size on the screen. */
  'tabs.zoomed': { args: none, reply: nothing },
  'tabs.close': { args: tab, reply: nothing },
  'tabs.move': {
    args: v.strictObject({ ...tab.entries, to: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
    reply: nothing,
  },
  /** The system's menu for a tab: close it, close the others, give it a window of its own. */
  'tabs.menu': { args: tab, reply: nothing },

  /** For notebook windows. `path` is the notebook on this window's server. */
  'notebook.restore': { args: notebook, reply: notebookRestore },
  /** Ties the notebook to the kernel it uses, so that reopening finds it again. */
  'notebook.attached': {
    args: v.strictObject({ path, kernelId: text, kernelName: v.nullable(text) }),
    reply: nothing,
  },
  'notebook.draft': { args: v.strictObject({ path, change: draftChange }), reply: nothing },
  'notebook.discardDraft': { args: notebook, reply: nothing },
  /**
   * The notebook was loaded from or saved to the server as `notebook`; drafts start from it from now on. A save ends
   * the draft and is told to the other windows; a load leaves what another window has drafted meanwhile.
   */
  'notebook.base': {
    args: v.strictObject({
      path,
      reason: v.picklist(['loaded', 'saved']),
      /** JSON: as one text it crosses and is written in a fraction of the time that its objects take. */
      notebook: v.string(),
      lastModified: v.nullable(text),
      /** Executions whose outputs stand complete in this state of the notebook. */
      savedExecutions: v.array(text),
    }),
    reply: nothing,
  },
  /** What drafts begin from: the notebook as it was last loaded or saved. `null` when that is not known. */
  'notebook.readBase': { args: notebook, reply: v.nullable(json) },
  /** How the notebook was looked at last; null the first time. */
  'notebook.readView': { args: notebook, reply: v.nullable(notebookView) },
  'notebook.keepView': { args: v.strictObject({ path, view: notebookView }), reply: nothing },
  'notebook.renamed': { args: v.strictObject({ path, newPath: path }), reply: nothing },
  /** Takes back a request that is still queued. Answers false when it has already gone out. */
  'notebook.cancelExecution': { args: v.strictObject({ msgId: text }), reply: v.boolean() },
  /** Answers a question that was lost with a connection. Answers false when nothing waits for it any more. */
  'notebook.answerLostPrompt': { args: v.strictObject({ msgId: text, value: text }), reply: v.boolean() },
  /** Of a request in doubt: run it again, or leave it. Answers false when it was decided otherwise meanwhile. */
  'notebook.decideExecution': {
    args: v.strictObject({ msgId: text, choice: v.picklist(['run-again', 'leave']) }),
    reply: v.boolean(),
  },

  ...playbackCommands,
} as const;

export type CommandName = keyof typeof commands;
export type CommandArgs<Name extends CommandName> = v.InferOutput<(typeof commands)[Name]['args']>;
export type CommandReply<Name extends CommandName> = v.InferOutput<(typeof commands)[Name]['reply']>;

// --- Events -------------------------------------------------------------------------------------------------------

/** Commands of the native menu that a window carries out. */
export const menuCommands = [
  'save',
  'save-copy',
  'rename',
  'checkpoints',
  'trust',
  'outputs-network',
  'revert',
  'run-cell',
  'run-and-advance',
  'run-and-insert',
  'run-all',
  'run-above',
  'run-below',
  'interrupt',
  'restart',
  'restart-and-run-all',
  'restart-and-clear',
  'clear-outputs',
  'clear-all-outputs',
  'insert-above',
  'insert-below',
  'delete-cells',
  'cut-cells',
  'copy-cells',
  'paste-cells',
  'paste-cells-above',
  'duplicate-cells',
  'undo',
  'redo',
  'move-up',
  'move-down',
  'split',
  'merge',
  'to-code',
  'to-markdown',
  'to-raw',
  'shutdown',
  'change-kernel',
  'toggle-line-numbers',
  'find',
  'replace',
  'find-next',
  'find-previous',
  'go-to-line',
  'outline',
  'variables',
  'toggle-output',
  'toggle-code',
  'hide-all-code',
  'show-all-code',
  'hide-all-outputs',
  'show-all-outputs',
  'collapse-all-headings',
  'expand-all-headings',
  'go-running',
  'go-error',
  'palette',
  'show-shortcuts',
  'new-notebook',
  'refresh',
  'add-server',
  'history',
  'export-journal',
] as const;
export type MenuCommand = (typeof menuCommands)[number];

export const events = {
  /** To the strip of a window with tabs. */
  'tabs.changed': tabsState,
  'settings.changed': settingsState,
  'theme.changed': v.object({ isDark: v.boolean() }),
  'menu.command': v.object({ command: v.picklist(menuCommands) }),
  'servers.changed': v.object({ servers: v.array(serverSummary) }),
  'recents.changed': v.object({ recents: v.array(recentNotebook) }),
  'journals.changed': v.object({}),
  'local.progress': v.object({
    phase: v.picklist(['finding', 'creating', 'installing', 'starting', 'ready', 'failed']),
    text: v.string(),
    fraction: v.nullable(v.number()),
  }),
  'files.progress': v.object({ path: v.string(), bytes: count, bytesTotal: v.nullable(count), done: v.boolean() }),
  /** To notebook windows: the state of the kernel session behind the notebook. At most ten a second. */
  'session.status': sessionStatus,
  /** To the other windows on the same notebook: a cell was run there. They resubmit the same id. */
  'execution.started': v.object({ path: v.string(), cellId: v.nullable(v.string()), msgId: v.string() }),
  /** To the other windows on the same notebook: it was edited there. */
  'notebook.edited': v.object({ path: v.string(), change: draftChange }),
  /** To the other windows on the same notebook: it was saved there. */
  'notebook.saved': v.object({ path: v.string(), lastModified: v.nullable(v.string()) }),

  ...playbackEvents,
} as const;

export type EventName = keyof typeof events;
export type EventBody<Name extends EventName> = v.InferOutput<(typeof events)[Name]>;

/** What the preload script puts on `window.nightjar`. Three functions; every value is decoded on both sides. */
export interface Bridge {
  /** Rejects only on a bug; expected failures come back as `{ ok: false, problem }`. */
  invoke(command: string, args: unknown): Promise<unknown>;
  /** Calls back for each event of that name until the returned function is called. */
  on(event: string, callback: (body: unknown) => void): () => void;
  /** Where a file lies that the person dropped on the window; empty for a file that a page made itself. */
  pathOf(file: object): string;
}

/** The window message that brings the tunnel port (`event.ports[0]`). */
export const tunnelPortMessage = 'nightjar-tunnel-port';
