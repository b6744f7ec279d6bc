/**
 * Opening: from the path to a notebook on the screen, and from there to everything that lives with it.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { NotebookRestore, WindowContext } from '../../shared/ipc/contract.ts';
import type { Result } from '../../shared/result.ts';
import { invoke, listen } from '../common/bridge.ts';
import { baseName, formatRelative } from '../common/format.ts';
import type { Tunnel } from '../common/tunnel-client.ts';
import { type CommandHost, createCommands } from './commands.ts';
import type { CodeAssistance } from './completion.ts';
import { baseContent, createDocument, describeLoadFailure, draftContents, type NotebookDocument } from './document.ts';
import { Drafts } from './drafts.ts';
import { Executions } from './executions.ts';
import { failurePage, type Frame, showKeyList } from './frame.ts';
import { createWidgetFactory } from './jupyterlab.ts';
import { fetchAsDataUrl, followLinks, linkHandler, NotebookResolver } from './links.ts';
import { applyChange } from './mirror.ts';
import { Saving } from './saving.ts';
import { shownOutputs } from './shown.ts';
import { followKernel } from './session.ts';
import { pause, type Services } from './services.ts';
import { bindShortcuts, shortcutList } from './shortcuts.ts';
import { createStatusBar } from './status-bar.ts';
import { fillToolbar } from './toolbar.ts';

/** Between two attempts to load a notebook from a server that is away. */
const loadRetryMs = 4_000;

const nothingToRestore: NotebookRestore = { draft: null, kernelId: null, executions: [] };

export interface Loaded {
  readonly restore: NotebookRestore;
  /** Set when the main process could not say what was left: why, in a sentence. */
  readonly trouble: string | null;
}

/** Puts the notebook into the drive: the draft if there is one, else the file, however long the server takes. */
export async function loadNotebook(
  services: Services,
  path: string,
  restored: Result<NotebookRestore>,
  showPage: (page: HTMLElement | null) => void,
): Promise<Loaded> {
  const restore = restored.ok ? restored.value : nothingToRestore;
  const trouble = restored.ok ? null : restored.problem.sentence;
  if (restore.draft !== null) {
    services.drive.hold(draftContents(path, restore.draft));
    return { restore, trouble };
  }
  for (;;) {
    try {
      services.drive.hold(await services.drive.fetchNotebook(path));
      return { restore, trouble };
    } catch (error) {
      const failure = describeLoadFailure(error, path);
      const asked = new Promise<void>((resolve) => {
        showPage(failurePage(failure.title, failure.sentence, { label: 'Try again', run: resolve }));
      });
      await (failure.isFinal ? asked : Promise.race([asked, pause(loadRetryMs)]));
    }
  }
}

export interface Opening {
  readonly window: WindowContext;
  readonly path: string;
  readonly frame: Frame;
  readonly tunnel: Tunnel;
  readonly services: Services;
  readonly loaded: Loaded;
}

export async function openNotebook(opening: Opening): Promise<void> {
  const { path, frame, tunnel, services, loaded } = opening;
  const { restore } = loaded;
  const resolver = new NotebookResolver(path, (image) => fetchAsDataUrl(tunnel, image));
  const notebookDocument = createDocument(services, path, resolver);
  const { context, model } = notebookDocument;
  const panel = createWidgetFactory(linkHandler).createNew(context);
  panel.toolbar.hide();
  Widget.attach(panel, frame.notebook);
  followSize(panel, frame.notebook);

  const report = (sentence: string): void => frame.setBanner({ tone: 'error', text: sentence });
  const drafts = new Drafts(model, async (change) => {
    const sent = await invoke('notebook.draft', { path: context.path, change });
    if (!sent.ok) report(sent.problem.sentence);
    return sent.ok;
  });
  const executions = new Executions(panel.content);
  const saving = new Saving({ document: notebookDocument, services, drafts, executions, report });

  await context.initialize(false);
  drafts.start(restore.draft === null ? 'base' : 'inline', restore.draft?.executionOutputs ?? []);
  if (restore.draft === null) {
    await saving.tellBase('loaded', baseContent(model), []);
    model.dirty = false;
  } else {
    model.dirty = true;
    offerDiscard(frame, notebookDocument, restore.draft.changedTimeMs);
  }
  if (loaded.trouble !== null) report(loaded.trouble);
  saving.start();

  executions.started.connect((_executions, { cellId, msgId }) => drafts.setExecution(cellId, msgId));
  const kernel = followKernel(context, services, executions, restore, (attached) => {
    void invoke('notebook.attached', { path: context.path, kernelId: attached.id, kernelName: attached.name });
  });

  connectWindow(opening, notebookDocument, panel, saving);
  listen('execution.started', ({ path: where, cellId, msgId }) => {
    if (where === context.path && cellId !== null) kernel.takeUp([{ cellId, msgId }]);
  });
  listen('notebook.edited', ({ path: where, change }) => {
    if (where !== context.path) return;
    drafts.applying(() => kernel.takeUp(applyChange(model, change)));
  });
  await panel.revealed;
  panel.content.activate();
}

/** Toolbar, status bar, commands, keyboard, links, title: what surrounds the notebook. */
function connectWindow(
  opening: Opening,
  { context, model }: NotebookDocument,
  panel: NotebookPanel,
  saving: Saving,
): void {
  const { window: self, frame } = opening;
  let assistance: Promise<CodeAssistance> | null = null;
  const assist = (): Promise<CodeAssistance> => {
    assistance ??= import('./completion.ts').then((module) => module.createCodeAssistance(panel, commands));
    return assistance;
  };
  let queued: string[] = [];
  let journalId: string | null = null;
  const report = (text: string): void => frame.setBanner({ tone: 'info', text });
  const host: CommandHost = {
    notebook: panel.content,
    context,
    save: () => saving.save(),
    cancelQueued: async () => {
      await Promise.all(queued.map((msgId) => invoke('notebook.cancelExecution', { msgId })));
    },
    ask: async (question) => {
      const answer = await invoke('window.ask', question);
      return answer.ok ? answer.value : question.cancelButton;
    },
    showShortcuts: () => showKeyList(shortcutList(self.platform === 'darwin')),
    showHistory: () => {
      if (journalId === null) report('There is no history yet: it begins when the kernel starts.');
      else void invoke('playback.window', { journalId, seq: null });
    },
    complete: () => void assist().then((code) => code.complete()),
    inspect: () => void assist().then((code) => code.inspect()),
  };
  const commands = createCommands(host);
  bindShortcuts(commands);
  fillToolbar(frame.toolbar, commands, panel.content, context);
  const status = createStatusBar(frame.status, panel.content, model, host.showHistory);
  listen('session.status', (session) => {
    queued = session.executions.filter(({ state }) => state === 'queued').map(({ msgId }) => msgId);
    journalId = session.journal.journalId;
    status.setSession(session);
  });
  listen('menu.command', ({ command }) => {
    if (commands.hasCommand(command)) void commands.execute(command).catch(() => undefined);
  });
  followLinks({
    openExternal: (url) => void invoke('window.openExternal', { url }),
    openNotebook: (path) => {
      if (self.serverId !== null) void invoke('notebooks.open', { serverId: self.serverId, path, newWindow: false });
    },
    download: (path) => void invoke('files.download', { path }),
  });
  followTitle(self, context, model);
  followEmptiness(frame, model);
  window.nightjarShown = () => ({ seq: null, cells: shownOutputs(model) });
  // Once the first screen is there, so that the first Tab does not wait for the code behind it.
  requestIdleCallback(() => void assist());
}

function followTitle(
  self: WindowContext,
  context: NotebookDocument['context'],
  model: NotebookDocument['model'],
): void {
  const show = (): void => {
    const name = baseName(context.path);
    document.title = name;
    const title = self.serverName === null ? name : `${name} — ${self.serverName}`;
    void invoke('window.title', { title, dirty: model.dirty });
  };
  model.stateChanged.connect((_model, change) => {
    if (change.name === 'dirty') show();
  });
  let { path } = context;
  context.pathChanged.connect((_context, newPath) => {
    void invoke('notebook.renamed', { path, newPath });
    path = newPath;
    show();
  });
  show();
}

function followEmptiness(frame: Frame, model: NotebookDocument['model']): void {
  const show = (): void => {
    const isEmpty = model.cells.length === 1 && model.cells.get(0).sharedModel.getSource() === '';
    frame.notebook.classList.toggle('nj-mod-empty', isEmpty);
  };
  model.contentChanged.connect(show);
  show();
}

/** Lumino lays out on messages, not on CSS: the widget hears of its new size. */
function followSize(panel: Widget, node: HTMLElement): void {
  new ResizeObserver(() => MessageLoop.sendMessage(panel, Widget.ResizeMessage.UnknownSize)).observe(node);
}

function offerDiscard(frame: Frame, { context }: NotebookDocument, changedTimeMs: number): void {
  frame.setBanner({
    tone: 'info',
    text: `Your unsaved edits are back (last change ${formatRelative(changedTimeMs, Date.now())}).`,
    action: {
      label: 'Discard them',
      run: () => {
        const discard = async (): Promise<void> => {
          const answer = await invoke('window.ask', {
            message: 'Discard the unsaved edits?',
            detail: 'The notebook goes back to the file on the server. The edits cannot be brought back.',
            buttons: ['Discard', 'Keep'],
            defaultButton: 1,
            cancelButton: 1,
          });
          if (answer.ok && answer.value === 0) {
            await context.revert();
            frame.setBanner(null);
          }
        };
        void discard().catch(() => undefined);
      },
    },
  });
  context.saveState.connect((_context, state) => {
    if (state === 'completed') frame.setBanner(null);
  });
}
