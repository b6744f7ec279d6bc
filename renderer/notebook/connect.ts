/**
 * What surrounds the notebook in its window: toolbar, status bar, commands, keyboard, panels, links.
 */
import { type ICellModel, isCodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { NotebookRestore, NotebookView, WindowContext } from '../../shared/ipc/contract.ts';
import type { Settings } from '../../shared/settings.ts';
import { invoke, listen } from '../common/bridge.ts';
import type { NotebookNetwork } from '../outputs/actions.ts';
import type { Autosave } from './autosave.ts';
import type { CellExecutor } from './cell-executor.ts';
import { CellNotes } from './cell-notes.ts';
import { CellTimes } from './cell-times.ts';
import { type CommandHost, createCommands, keepFocus, type Runs } from './commands.ts';
import type { CodeAssistance } from './completion.ts';
import type { NotebookDocument } from './document.ts';
import { goToCheckpoint, rename, saveCopy } from './file-commands.ts';
import type { Find } from './find.ts';
import type { Banner, Frame } from './frame.ts';
import { followContextMenu } from './context-menu.ts';
import { goToLine } from './go-to-line.ts';
import { watchKernelEnd } from './kernel-notices.ts';
import { holdTyping } from './held-typing.ts';
import { focused, keepKeys } from './kept-keys.ts';
import { showKeyList } from './key-list.ts';
import { followLinks } from './links.ts';
import type { Opening } from './open.ts';
import { isChanging, kernelChanging, wasShutDown } from './kernel-change.ts';
import { outputCommands } from './output-commands.ts';
import { createOutline } from './outline.ts';
import { createPalette } from './palette.ts';
import type { Saving } from './saving.ts';
import { bindShortcuts, readableKeys } from './shortcuts.ts';
import { shownOutputs } from './shown.ts';
import { SidePanel } from './side-panel.ts';
import type { FollowedKernel } from './session.ts';
import { createStatusBar } from './status-bar.ts';
import { isOutOfSight } from './status-text.ts';
import { fillToolbar } from './toolbar.ts';
import { createVariables } from './variables.ts';
import { yieldToScrolling } from './own-scrolling.ts';
import { followView, restoreView } from './view-state.ts';

export interface Surroundings {
  readonly opening: Opening;
  readonly restore: NotebookRestore;
  readonly document: NotebookDocument;
  readonly panel: NotebookPanel;
  readonly executor: CellExecutor;
  readonly kernel: FollowedKernel;
  readonly network: NotebookNetwork;
  readonly saving: Saving;
  readonly autosave: Autosave;
}

export interface ConnectedWindow {
  /** Scrolls to where the notebook was left. */
  restoreView(view: NotebookView | null): Promise<void>;
}

export function connectWindow(parts: Surroundings): ConnectedWindow {
  const { opening, restore, document: notebookDocument, panel, autosave } = parts;
  const { window: self, frame, settings } = opening;
  const { context, model } = notebookDocument;
  const notebook = panel.content;
  const live: LiveState = {
    queued: [],
    isLive: false,
    isCompleting: false,
    journalId: null,
    told: new Set(),
    shortcuts: settings.current.settings.shortcuts,
  };
  const notes = new CellNotes(notebook);
  const times = new CellTimes(notebook);
  times.setExecutions(restore.executions);
  const side = new SidePanel(frame.side, {
    outline: () => createOutline(panel, requireParser(panel)),
    variables: () => createVariables(context.sessionContext, () => live.isLive),
  });
  const host: CommandHost = {
    notebook,
    context,
    cancelQueued: async () => {
      parts.executor.cancelWaiting();
      await Promise.all(live.queued.map((msgId) => invoke('notebook.cancelExecution', { msgId })));
    },
    ask: async (question) => {
      const answer = await invoke('window.ask', question);
      return answer.ok ? answer.value : question.cancelButton;
    },
    tell: (text) => frame.setBanner({ tone: 'error', text }),
  };
  const commands = createCommands(host, {
    ...windowCommands(parts, live, side, times),
    ...outputCommands(host, parts),
    palette: () => openPalette(),
  });
  const openPalette = createPalette(commands, () => giveFocusBack(notebook));
  const assist = createAssistance(panel, commands);
  const run = (command: string): void => {
    if (commands.hasCommand(command)) void commands.execute(command).catch(() => undefined);
  };
  commands.addCommand('complete', { execute: () => void assist().then((code) => code.complete()) });
  commands.addCommand('inspect', { execute: () => void assist().then((code) => code.inspect()) });
  keepKeys(notebook);
  const keyboard = bindShortcuts(commands, live.shortcuts);
  const tellProblems = problemTeller(frame);
  settings.follow((state) => {
    live.shortcuts = state.settings.shortcuts;
    keyboard.setChanges(live.shortcuts);
    times.setShown(state.settings.cellTimes);
    const { completeWhileTyping } = state.settings;
    if (completeWhileTyping !== live.isCompleting) {
      live.isCompleting = completeWhileTyping;
      void assist().then((code) => code.setWhileTyping(completeWhileTyping));
    }
    tellProblems(state.problems);
  });
  fillToolbar(frame.toolbar, commands, notebook, context, (command) =>
    readableKeys(command, live.shortcuts, self.platform === 'darwin'),
  );
  followContextMenu(notebook);
  yieldToScrolling(notebook);
  const status = createStatusBar(frame.status, notebook, model, () => run('history'));
  kernelChanging.connect(() => status.setChanging(isChanging(context.sessionContext)));
  watchKernelEnd(panel, parts.executor, frame, run);
  const tellLogin = loginTeller(self, frame);
  listen('session.status', (session) => {
    if (!parts.kernel.isFollowed(session.kernelId)) return;
    frame.toolbar.dataset['kernel'] = isOutOfSight(session.link.state) ? 'unseen' : 'seen';
    tellLogin(session.link.state === 'needs-login');
    live.queued = session.executions.filter(({ state }) => state === 'queued').map(({ msgId }) => msgId);
    live.isLive = session.link.state === 'live';
    live.journalId = session.journal.journalId;
    status.setSession(session, session.kernelState === 'dead' && wasShutDown(context.sessionContext));
    notes.setSession(session);
    tellWarnings(frame, session.warnings, live.told);
    times.setExecutions(session.executions);
    autosave.setLink(live.isLive, session.recovery !== null);
  });
  listen('menu.command', ({ command }) => run(command));
  connectLinks(self);
  window.nightjarShown = () => ({ seq: null, cells: shownOutputs(model) });
  // Once the first screen is there, so that the first Tab does not wait for the code behind it.
  requestIdleCallback(() => {
    void assist();
    side.prepare('outline');
  });
  return {
    restoreView: async (view) => {
      if (view !== null) await restoreView(notebook, side, view);
      followView(notebook, side, (now) => void invoke('notebook.keepView', { path: context.path, view: now }));
    },
  };
}

function tellWarnings(frame: Frame, warnings: readonly string[], told: Set<string>): void {
  const fresh = warnings.filter((warning) => !told.has(warning));
  for (const warning of fresh) told.add(warning);
  if (fresh.length > 0) frame.setBanner({ tone: 'info', text: fresh.join(' ') });
}

interface LiveState {
  queued: string[];
  isLive: boolean;
  isCompleting: boolean;
  journalId: string | null;
  /** Warnings that were shown: each is said once. */
  readonly told: Set<string>;
  shortcuts: Settings['shortcuts'];
}

/** Commands that need more than the notebook: files, panels, search. */
function windowCommands(parts: Surroundings, live: LiveState, side: SidePanel, times: CellTimes): Runs {
  const { opening, document: notebookDocument, panel, saving } = parts;
  const { window: self, frame, services } = opening;
  const notebook = panel.content;
  const host = {
    file: self.file,
    document: notebookDocument,
    services,
    saving,
    notify: frame.setBanner,
    open: (path: string) => openNotebook(self, path),
  };
  const openSettings = (): void => void invoke('settings.open', {});
  let finding: Promise<Find> | null = null;
  const find = (use: (found: Find) => void): void => {
    finding ??= import('./find.ts').then((module) => module.createFind(panel, frame.notebook));
    void finding.then(use);
  };
  const openFind = (withReplace: boolean): void => {
    const field = new Promise<HTMLTextAreaElement>((resolve) =>
      find((found) => void found.open(withReplace).then(resolve)),
    );
    holdTyping(field);
  };
  const goTo = (what: 'running' | 'error'): void => {
    const id = times.find(what);
    const known = notebook.widgets.findIndex((cell) => cell.model.id === id);
    // What the session says of a cell is a little behind what the cell itself shows.
    const index = known < 0 ? notebook.widgets.findLastIndex(({ model }) => shows(model, what)) : known;
    if (index < 0) {
      frame.setBanner({ tone: 'info', text: what === 'running' ? 'No cell is running.' : 'No cell has failed.' });
      return;
    }
    notebook.mode = 'command';
    notebook.deselectAll();
    notebook.activeCellIndex = index;
    void notebook.scrollToItem(index, 'smart', 0).catch(() => undefined);
  };
  return {
    save: async () => {
      const outcome = await saving.save('asked');
      if (outcome === 'saved') frame.dropBanner(({ tone }) => tone === 'error');
    },
    'save-copy': () => saveCopy(host),
    rename: () => rename(host),
    checkpoints: () => goToCheckpoint(host),
    settings: openSettings,
    history: () => {
      const { journalId } = live;
      if (journalId === null) {
        frame.setBanner({ tone: 'info', text: 'There is no history yet: it begins when the kernel starts.' });
      } else {
        void invoke('playback.window', { journalId, seq: null });
      }
    },
    find: () => openFind(false),
    replace: () => openFind(true),
    'find-next': () => find((found) => found.next()),
    'find-previous': () => find((found) => found.previous()),
    'go-to-line': () => goToLine(notebook),
    'go-running': () => goTo('running'),
    'go-error': () => goTo('error'),
    outline: () => side.toggle('outline'),
    variables: () => side.toggle('variables'),
    'toggle-line-numbers': async () => {
      const { lineNumbers } = opening.settings.current.settings;
      const changed = await invoke('settings.change', { change: { lineNumbers: !lineNumbers } });
      if (!changed.ok) frame.setBanner({ tone: 'warning', text: changed.problem.sentence });
    },
    'show-shortcuts': () => showKeyList(live.shortcuts, self.platform === 'darwin', openSettings),
  };
}

function shows(model: ICellModel, what: 'running' | 'error'): boolean {
  if (!isCodeCellModel(model)) {
    return false;
  }
  return what === 'running'
    ? model.executionState === 'running'
    : model.outputs.toJSON().some(({ output_type: type }) => type === 'error');
}

/** The palette is gone and nothing else has taken the focus: the next key is meant for the notebook. */
function giveFocusBack(notebook: NotebookPanel['content']): void {
  requestAnimationFrame(() => {
    if (focused() === null) notebook.activate();
    void keepFocus(notebook);
  });
}

function createAssistance(
  panel: NotebookPanel,
  commands: ReturnType<typeof createCommands>,
): () => Promise<CodeAssistance> {
  let assistance: Promise<CodeAssistance> | null = null;
  return () => {
    assistance ??= import('./completion.ts').then((module) => module.createCodeAssistance(panel, commands));
    return assistance;
  };
}

function connectLinks(self: WindowContext): void {
  followLinks({
    openExternal: (url) => void invoke('window.openExternal', { url }),
    openNotebook: (path) => openNotebook(self, path),
    download: (path) => void invoke('files.download', { path }),
  });
}

function openNotebook(self: WindowContext, path: string): void {
  if (self.serverId !== null) void invoke('notebooks.open', { serverId: self.serverId, path, newWindow: false });
}

/**
 * Says that the server asks for a new token, for as long as it does. The token is given in the server's window: nothing
 * that a notebook shows is near it there.
 */
function loginTeller({ serverId, serverName }: WindowContext, frame: Frame): (isNeeded: boolean) => void {
  const banner: Banner = {
    tone: 'warning',
    text: `${serverName ?? 'The server'} asks for a new token. Kernels there go on; what they print comes when you have given it.`,
    action: {
      label: 'Enter Token…',
      run: () => {
        if (serverId !== null) void invoke('servers.open', { serverId });
      },
    },
  };
  let isTold = false;
  return (isNeeded) => {
    if (isNeeded && !isTold) frame.setBanner(banner);
    else if (!isNeeded) frame.dropBanner((shown) => shown === banner);
    isTold = isNeeded;
  };
}

/** Says what is wrong with the settings for as long as it is. */
function problemTeller(frame: Frame): (problems: readonly string[]) => void {
  let told: Banner | null = null;
  return ([first]) => {
    frame.dropBanner((shown) => shown === told);
    told =
      first === undefined
        ? null
        : {
            tone: 'warning',
            text: first,
            action: { label: 'Settings…', run: () => void invoke('settings.open', {}) },
          };
    if (told !== null) frame.setBanner(told);
  };
}

function requireParser(panel: NotebookPanel): NonNullable<NotebookPanel['content']['rendermime']['markdownParser']> {
  const parser = panel.content.rendermime.markdownParser;
  if (parser === null) throw new Error('the notebook has no markdown parser');
  return parser;
}
