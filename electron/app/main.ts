/**
 * The app's entry: puts the parts together, in the order in which the system needs them.
 *
 * Before ready: the name, the scheme of our pages, the lock that makes this the only instance for its data folder.
 * After it: windows first, so that the app is on the screen while the core opens journals and servers; every command
 * waits for the core by itself. Nothing is decided here that a part could decide.
 */
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, nativeTheme, powerMonitor, session } from 'electron';
import type { Core } from '../core/api.ts';
import { openCore } from '../core/core.ts';
import { decodeStartRequest, nothingAsked, parseArguments, type StartRequest } from './arguments.ts';
import { openJournalSwitch } from './association.ts';
import { tell } from './dialogs.ts';
import { createHandlers } from './handlers.ts';
import { createEventSink, sendTo } from './ipc/events.ts';
import { serveCommands } from './ipc/server.ts';
import { Tunnels } from './ipc/tunnel.ts';
import { Lifecycle } from './lifecycle.ts';
import { type Log, openLog } from './log.ts';
import { AppMenu } from './menu.ts';
import { OutputNetwork } from './output-network.ts';
import { Opener } from './opener.ts';
import { Players } from './players.ts';
import { registerAppScheme, serveWindows, wallIn } from './protocol.ts';
import { describeForLog } from './redact.ts';
import { systemSecretBox } from './secrets.ts';
import { Preferences } from './preferences.ts';
import { openSettings } from './settings.ts';
import { showInFolder } from './shell.ts';
import { Views } from './views.ts';
import { Windows } from './windows.ts';

/** A window that is kept ready takes about 80 MB; smaller computers have better use for it. */
const readyWindowMemoryMin = 6e9;

/** What lies beside the bundle of this file. */
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A bug that nobody caught: kept in the log, told once, and the app goes on, because kernels depend on it. */
function catchStrays(log: Log): void {
  let hasTold = false;
  const caught = (what: string, error: unknown): void => {
    log(`${what}: ${describeForLog(error)}`);
    if (hasTold || !app.isReady()) return;
    hasTold = true;
    void tell(
      null,
      'Something went wrong in Nightjar.',
      'It goes on, and what your kernels print is still being recorded. Save your work and restart Nightjar when it ' +
        'suits you. Help, Show Log File has the details.',
    );
  };
  process.on('uncaughtException', (error) => caught('uncaught exception', error));
  process.on('unhandledRejection', (error) => caught('unhandled rejection', error));
}

/** A core that cannot open ends the app with a message, in one place; others who wait for it need say nothing. */
function toldElsewhere(): void {}

async function coreCannotOpen(error: unknown, log: Log): Promise<void> {
  log(`the core could not be opened: ${describeForLog(error)}`);
  await tell(
    null,
    'Nightjar could not open its data folder.',
    `${app.getPath('userData')} may be on a full or read-only disk, or be in use by another program. Nothing in it was ` +
      'changed, and your kernels go on running on their servers. Free some space or check the folder, then start again.',
  );
  log.flush();
  app.exit(1);
}

function followTheDesktop(windows: Windows, core: Promise<Core>, emitTheme: (isDark: boolean) => void, log: Log): void {
  nativeTheme.on('updated', () => {
    for (const { pane } of windows.pages()) pane.repaint();
    emitTheme(nativeTheme.shouldUseDarkColors);
  });
  let opened: Core | null = null;
  core.then((value) => {
    opened = value;
  }, toldElsewhere);
  // Before sleep there is no time to wait for anything: a core that is not open yet has no links to close.
  powerMonitor.on('suspend', () => {
    log('the computer goes to sleep');
    opened?.suspend();
  });
  powerMonitor.on('resume', () => {
    log('the computer woke up');
    opened?.resume();
  });
}

async function start(request: StartRequest): Promise<void> {
  await app.whenReady();
  const dataDir = app.getPath('userData');
  const logDir = path.join(dataDir, 'logs');
  const log = openLog(logDir);
  catchStrays(log);
  log(`Nightjar ${app.getVersion()} on Electron ${process.versions.electron}, ${process.platform} ${process.arch}`);
  const settings = openSettings(dataDir, log);
  const network = new OutputNetwork(settings);
  serveWindows(session.defaultSession, { windows: beside('../renderer/'), outputs: beside('../outputs/'), network });
  wallIn(session.defaultSession, network, log);

  // The parts know one another through functions that are called only once all of them are there.
  const tunnels = new Tunnels();
  const windows = new Windows({
    settings,
    log,
    preloadFile: beside('./preload.cjs'),
    opensInTabs: () => preferences.state().settings.openNotebooksIn === 'tabs',
    keepsReady: () => preferences.state().settings.keepWindowReady && os.totalmem() >= readyWindowMemoryMin,
    quit: () => app.quit(),
    onPageGone: (windowId) => {
      tunnels.close(windowId);
      players.pageGone(windowId);
    },
    onChange: () => menu.update(),
    onContextCommand: (window, command) => sendTo(window, 'menu.command', { command }),
    onLastClosing: (window) => lifecycle.lastWindowCloses(window, windows),
    onTabsChange: (strip, state) => sendTo(strip, 'tabs.changed', state),
  });
  const events = createEventSink(windows, (name) => {
    if (name === 'recents.changed') queueMicrotask(() => showRecents());
  });
  const core = openCore({
    dataDir,
    secrets: systemSecretBox(),
    settings,
    events,
    workerUrl: new URL('./journal-worker.js', import.meta.url),
    libraryWorkerUrl: new URL('./library-worker.js', import.meta.url),
    assetsDir: beside('./assets/'),
    log,
  });
  const preferences = new Preferences({
    dataDir,
    log,
    onChange: (state) => {
      nativeTheme.themeSource = state.settings.theme;
      windows.prepare();
      events.emit({ to: 'all' }, 'settings.changed', state);
    },
  });
  nativeTheme.themeSource = preferences.state().settings.theme;
  const lifecycle = new Lifecycle({ settings, core, log });
  const players = new Players(windows, core);
  const opener = new Opener(windows, players, core);
  const journals = openJournalSwitch({ windows, onChange: () => menu.update() });
  const menu = new AppMenu({
    windows,
    opener,
    journals,
    showLog: () => showInFolder(path.join(logDir, 'nightjar.log')),
  });
  serveCommands(
    createHandlers({ core, windows, tunnels, opener, players, preferences, network, views: new Views(settings) }),
    windows,
    log,
  );
  lifecycle.start(windows, opener);
  followTheDesktop(windows, core, (isDark) => events.emit({ to: 'all' }, 'theme.changed', { isDark }), log);
  app.on('second-instance', (_event, _args, _folder, handedOver) => {
    void lifecycle.comeBack(windows, opener).then(() => opener.request(decodeStartRequest(handedOver)));
  });
  const showRecents = (): void => {
    core.then(({ notebooks }) => menu.setRecents(notebooks.recents()), toldElsewhere);
  };
  showRecents();
  try {
    await opener.restore();
    await core;
  } catch (error) {
    await coreCannotOpen(error, log);
    return;
  }
  journals?.follow();
  // From here on files are opened as they come; one that came while the first are being opened would be forgotten.
  openFile = (file) => void opener.request({ ...nothingAsked, files: [file] });
  await opener.request({ ...request, files: [...request.files, ...openedEarly] });
}

app.setName('Nightjar');
registerAppScheme();
// Windows have no business on the network: the main process talks to servers with its own sockets. What Chromium
// would look up behind the back of the request filter (prefetches, preconnects) finds no host.
app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');

// macOS hands over files by this event, before and after the app is ready; elsewhere they are arguments.
const openedEarly: string[] = [];
let openFile = (file: string): void => void openedEarly.push(file);
app.on('open-file', (event, file) => {
  event.preventDefault();
  openFile(file);
});

const asked = parseArguments(process.argv.slice(process.defaultApp ? 2 : 1));
// Files are named from the folder this process was started in; whoever it hands over to stands in another one.
const request = { ...asked, files: asked.files.map((file) => path.resolve(file)) };
if (app.requestSingleInstanceLock({ ...request })) {
  void start(request);
} else {
  process.stdout.write('Nightjar is already running; it shows what you asked for.\n', () => app.exit(0));
}
