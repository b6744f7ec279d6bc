/**
 * One handler per command of the contract, over the core and the desktop.
 *
 * The sender, the kind of window and the shape of the arguments are checked before a handler runs. A handler answers
 * a value or a problem; what it throws is a bug. Windows are told of servers by id, and never of tokens.
 */
import path from 'node:path';
import { app, nativeTheme } from 'electron';
import { asMsgId, asServerId, type ServerId } from '../../shared/ids.ts';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Core } from '../core/api.ts';
import { askIn, askWhereToSave } from './dialogs.ts';
import type { Handlers } from './ipc/server.ts';
import type { Tunnels } from './ipc/tunnel.ts';
import { journalHandlers } from './journal-handlers.ts';
import type { Opener } from './opener.ts';
import { copyOutput, saveOutput } from './outputs.ts';
import { fetchPicture } from './output-fetch.ts';
import { isNearby, originOf, type OutputNetwork } from './output-network.ts';
import type { Grant } from './output-pages.ts';
import { webAddressOf } from './pages.ts';
import type { Preferences } from './preferences.ts';
import { openInBrowser, showInFolder } from './shell.ts';
import type { Players } from './players.ts';
import { tabHandlers } from './tab-handlers.ts';
import type { Views } from './views.ts';
import type { AppWindow, Windows } from './windows.ts';

export interface HandlerOptions {
  readonly core: Promise<Core>;
  readonly windows: Windows;
  readonly tunnels: Tunnels;
  readonly opener: Opener;
  readonly preferences: Preferences;
  readonly views: Views;
  readonly network: OutputNetwork;
  readonly players: Players;
}

/** The server of a server or notebook window. Commands that need it are not open to Home. */
function serverOf(window: AppWindow): ServerId {
  if (window.serverId === null) throw new Error(`a ${window.kind} window has no server`);
  return asServerId(window.serverId);
}

function thisPlatform(): WindowContext['platform'] {
  return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
}

async function contextOf(window: AppWindow, coming: Promise<Core>): Promise<WindowContext> {
  // Home does not wait for the core: it is on the screen while journals are still being opened.
  const core = window.serverId === null ? null : await coming;
  const servers = core?.servers.list() ?? [];
  return {
    kind: window.kind,
    windowId: window.windowId,
    serverId: window.serverId,
    serverName: servers.find(({ serverId }) => serverId === window.serverId)?.name ?? null,
    path: window.path,
    journalId: window.journalId,
    seq: window.seq,
    file: window.path === null ? null : (core?.disk.fileOf(window.path) ?? null),
    isDark: nativeTheme.shouldUseDarkColors,
    platform: thisPlatform(),
    version: app.getVersion(),
  };
}

/** A window reads and writes the file it was opened for, and no other. */
function isOwnPath(window: AppWindow, name: string): boolean {
  return window.path === name;
}

const notOwn = fail('refused', 'This window was opened for another file.');

async function openExternal(window: AppWindow, text: string): Promise<Result<null>> {
  const url = webAddressOf(text);
  if (url === null) {
    return fail('not-a-web-address', 'Nightjar opens only http and https addresses. This link was not opened.');
  }
  const answer = await askIn(window.pane.frame, {
    message: `Open ${url.host} in your browser?`,
    detail: url.href,
    buttons: ['Open', 'Cancel'],
    defaultButton: 0,
    cancelButton: 1,
  });
  if (answer === 0) await openInBrowser(url);
  return ok(null);
}

/** Asks the person whether outputs of the notebook may load from there, and remembers a yes. */
async function allowOutputs(
  window: AppWindow,
  network: OutputNetwork,
  notebookPath: string,
  address: string,
): Promise<Result<Grant>> {
  const serverId = serverOf(window);
  const origin = originOf(address);
  if (origin === null) return fail('not-a-web-address', 'Outputs can be allowed only http and https addresses.');
  const { host, protocol } = new URL(origin);
  const answer = await askIn(window.pane.frame, {
    message: `Let outputs of ${path.posix.basename(notebookPath)} load from ${host}?`,
    detail: [
      `What they load can tell ${host} what these outputs contain. Tokens, files and other outputs stay out of their reach.`,
      isNearby(origin)
        ? 'This address is on your own computer or network: a notebook from elsewhere has no business there.'
        : '',
      protocol === 'http:' ? 'The connection is not encrypted.' : '',
      'Nightjar remembers this for this notebook. To take it back, choose File > Network of Outputs.',
    ]
      .filter((line) => line !== '')
      .join('\n\n'),
    buttons: ['Allow', 'Cancel'],
    defaultButton: 1,
    cancelButton: 1,
  });
  return ok(answer === 0 ? network.allow(serverId, notebookPath, origin) : network.of(serverId, notebookPath));
}

async function download(window: AppWindow, core: Core, remotePath: string): Promise<Result<string | null>> {
  const file = await askWhereToSave(window.pane.frame, path.posix.basename(remotePath));
  if (file === null) return ok(null);
  const done = await core.servers.download(serverOf(window), remotePath, file);
  return done.ok ? ok(file) : done;
}

export function createHandlers(options: HandlerOptions): Handlers {
  const { core: coming, windows, tunnels, opener, preferences, views, network } = options;
  return {
    ...journalHandlers(options),
    ...tabHandlers(windows),
    'window.context': async (window) => ok(await contextOf(window, coming)),
    'window.connect': async (window) => {
      const core = await coming;
      const serverId = serverOf(window);
      if (!window.pane.isGone()) {
        tunnels.connect(window, (port) => core.connectWindow(serverId, window.windowId, port));
      }
      return ok(null);
    },
    'window.title': ({ pane }, { title, dirty }) => {
      pane.setTitle(title, dirty);
      return ok(null);
    },
    'window.openHome': () => {
      windows.openHome();
      return ok(null);
    },
    'window.ask': async ({ pane }, question) => ok(await askIn(pane.frame, question)),
    'window.openExternal': (window, { url }) => openExternal(window, url),

    'servers.list': async (window) => {
      const servers = (await coming).servers.list();
      return ok(window.kind === 'home' ? servers : servers.filter(({ serverId }) => serverId === window.serverId));
    },
    'servers.add': async (_window, { address, token }) => (await coming).servers.add(address, token),
    'servers.rename': async (_window, { serverId, name }) => (await coming).servers.rename(asServerId(serverId), name),
    'servers.setToken': async (_window, { serverId, token }) =>
      (await coming).servers.setToken(asServerId(serverId), token),
    'servers.remove': async (_window, { serverId }) => {
      const removed = await (await coming).servers.remove(asServerId(serverId));
      if (removed.ok) windows.closeOfServer(serverId);
      return removed;
    },
    'servers.refresh': async () => {
      (await coming).servers.refresh();
      return ok(null);
    },
    'servers.check': async (_window, { serverId }) => (await coming).servers.check(asServerId(serverId)),
    'servers.open': (_window, { serverId }) => opener.server(serverId),

    'notebooks.open': (_window, args) => opener.notebook(args.serverId, args.path, args.newWindow),
    'recents.list': async () => ok((await coming).notebooks.recents()),
    'recents.remove': async (_window, args) => {
      (await coming).notebooks.removeRecent(asServerId(args.serverId), args.path);
      return ok(null);
    },

    'settings.read': () => ok(preferences.state()),
    'settings.change': (_window, { change }) => preferences.change(change),
    'settings.open': () => {
      windows.openSettings();
      return ok(null);
    },
    'settings.reveal': () => {
      showInFolder(preferences.ensureFile());
      return ok(null);
    },

    'local.start': async (_window, { open }) => {
      const started = await (await coming).servers.startLocal();
      if (!started.ok) return started;
      const { server, samplePath } = started.value;
      if (!open) return ok(server);
      const opened = await opener.notebook(server.serverId, samplePath, false);
      return opened.ok ? ok(server) : opened;
    },
    'local.cancel': async () => {
      (await coming).servers.cancelLocal();
      return ok(null);
    },

    'files.download': async (window, args) => download(window, await coming, args.path),
    'outputs.copy': (_window, { content }) => copyOutput(content),
    'outputs.network': (window, args) =>
      isOwnPath(window, args.path) ? ok(network.of(serverOf(window), args.path)) : notOwn,
    'outputs.allow': (window, args) =>
      isOwnPath(window, args.path) ? allowOutputs(window, network, args.path, args.origin) : notOwn,
    'outputs.picture': (window, args) =>
      isOwnPath(window, args.path) ? fetchPicture(args.url, network.of(serverOf(window), args.path).origins) : notOwn,
    'outputs.forbid': (window, args) => {
      if (!isOwnPath(window, args.path)) return notOwn;
      network.forbid(serverOf(window), args.path);
      return ok(null);
    },
    'outputs.save': (window, { name, content }) => saveOutput(window, name, content),

    'disk.read': async (window, args) => (isOwnPath(window, args.path) ? (await coming).disk.read(args.path) : notOwn),
    'disk.look': async (window, args) => (isOwnPath(window, args.path) ? (await coming).disk.look(args.path) : notOwn),
    'disk.write': async (window, args) =>
      isOwnPath(window, args.path) ? (await coming).disk.write(args.path, args.notebook) : notOwn,

    'notebook.restore': async (window, args) => (await coming).notebooks.restore(serverOf(window), args.path),
    'notebook.attached': async (window, args) =>
      (await coming).notebooks.attached(serverOf(window), window.windowId, args),
    'notebook.draft': async (window, args) => (await coming).notebooks.draft(serverOf(window), window.windowId, args),
    'notebook.discardDraft': async (window, args) => (await coming).notebooks.discardDraft(serverOf(window), args.path),
    'notebook.base': async (window, args) => (await coming).notebooks.base(serverOf(window), window.windowId, args),
    'notebook.readBase': async (window, args) => (await coming).notebooks.readBase(serverOf(window), args.path),
    'notebook.readView': (window, { path: notebookPath }) => ok(views.get(serverOf(window), notebookPath)),
    'notebook.keepView': (window, { path: notebookPath, view }) => {
      views.keep(serverOf(window), notebookPath, view);
      return ok(null);
    },
    'notebook.renamed': async (window, args) => {
      const renamed = await (await coming).notebooks.renamed(serverOf(window), args.path, args.newPath);
      if (renamed.ok) {
        const same = windows.list().filter((one) => one.serverId === window.serverId && one.path === args.path);
        for (const one of same) windows.renamed(one, args.newPath);
        views.rename(serverOf(window), args.path, args.newPath);
        network.rename(serverOf(window), args.path, args.newPath);
      }
      return renamed;
    },
    'notebook.cancelExecution': async (_window, { msgId }) => (await coming).notebooks.cancelExecution(asMsgId(msgId)),
    'notebook.answerLostPrompt': async (_window, { msgId, value }) =>
      (await coming).notebooks.answerLostPrompt(asMsgId(msgId), value),
    'notebook.decideExecution': async (_window, { msgId, choice }) =>
      (await coming).notebooks.decideExecution(asMsgId(msgId), choice),
    'servers.setRecorder': async (_window, { serverId, enabled }) =>
      (await coming).servers.setRecorder(asServerId(serverId), enabled),
  };
}
