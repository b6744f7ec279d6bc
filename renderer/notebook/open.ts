/**
 * Opening: from the path to a notebook on the screen, and from there to everything that lives with it.
 */
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { NotebookRestore, WindowContext } from '../../shared/ipc/contract.ts';
import type { Result } from '../../shared/result.ts';
import { invoke, listen } from '../common/bridge.ts';
import { baseName, formatRelative } from '../common/format.ts';
import type { Tunnel } from '../common/tunnel-client.ts';
import { Autosave } from './autosave.ts';
import { connectWindow } from './connect.ts';
import { createDocument, describeLoadFailure, draftContents, type NotebookDocument } from './document.ts';
import { Drafts } from './drafts.ts';
import { Executions } from './executions.ts';
import { type Banner, failurePage, type Frame } from './frame.ts';
import { rememberGuesses } from './guessed-heights.ts';
import { CellExecutor } from './cell-executor.ts';
import { createWidgetFactory } from './jupyterlab.ts';
import { fetchAsDataUrl, linkHandler, NotebookResolver } from './links.ts';
import { decideMerge } from './merge-dialog.ts';
import { frameHost, NotebookNetwork, outputActions } from '../outputs/actions.ts';
import { RemotePictures } from './remote-pictures.ts';
import { OutputTools } from '../outputs/tools.ts';
import { LiveWidgets } from '../outputs/widgets/widgets.ts';
import { applyChange } from './mirror.ts';
import { Saving } from './saving.ts';
import { followJournal } from './kernel-notices.ts';
import { followKernel } from './session.ts';
import { nextFrame, pause, type Services, statusOf } from './services.ts';
import { applySettings, type SettingsSource } from './settings-source.ts';
import { topCellOf } from './view-state.ts';

/** Between two attempts to load a notebook from a server that is away. */
const loadRetryMs = 4_000;

/** A window can be covered while it is looked at, and draws nothing then. */
const drawnMsMax = 200;

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
  serverId: string | null,
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
        const actions = [{ label: 'Try again', run: resolve }];
        if (statusOf(error) === 404 && serverId !== null) {
          actions.push({ label: 'Show the server’s files', run: () => void invoke('servers.open', { serverId }) });
        }
        showPage(failurePage(failure.title, failure.sentence, ...actions));
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
  /** The notebook, once the server has answered. */
  readonly loaded: Promise<Loaded>;
  readonly settings: SettingsSource;
}

export async function openNotebook(opening: Opening): Promise<void> {
  const { path, frame, tunnel, services, settings } = opening;
  // Everything that needs no content is made while the server works on its answer.
  const resolver = new NotebookResolver(path, (image) => fetchAsDataUrl(tunnel, image));
  const notebookDocument = createDocument(services, path, resolver);
  const { context, model } = notebookDocument;
  const tellError = (sentence: string): void => frame.setBanner({ tone: 'error', text: sentence });
  const network = new NotebookNetwork(() => context.path, tellError);
  const actions = outputActions(tellError);
  let widgets: LiveWidgets | null = null;
  const executor = new CellExecutor();
  const panel = createWidgetFactory(
    linkHandler,
    frameHost(actions, tellError, network),
    () => widgets,
    executor,
  ).createNew(context);
  const live = new LiveWidgets(context, panel.content.rendermime);
  widgets = live;
  new OutputTools(panel.content, actions).start();
  rememberGuesses(panel.content);
  panel.toolbar.hide();
  Widget.attach(panel, frame.notebook);
  followSize(panel, frame.notebook);

  const notify = frame.setBanner;
  const report = (sentence: string): void => notify({ tone: 'error', text: sentence });
  const drafts = new Drafts(model, async (change) => {
    const sent = await invoke('notebook.draft', { path: context.path, change });
    if (!sent.ok) report(sent.problem.sentence);
    return sent.ok;
  });
  const executions = new Executions(panel.content);
  const saving = new Saving({
    document: notebookDocument,
    services,
    drafts,
    executions,
    notify,
    unsay: (banner) => frame.dropBanner((shown) => shown === banner),
    decide: decideMerge,
  });
  const autosave = new Autosave(saving, model, settings.current.settings);
  settings.follow((state) => {
    applySettings(panel.content, state.settings);
    autosave.setSettings(state.settings);
  });

  const allowed = network.read();
  const left = invoke('notebook.readView', { path });
  const { restore, trouble } = await opening.loaded;
  await context.initialize(false);
  // From here on there are cells that a person can type into: what is known of the file is taken before they can.
  drafts.start(restore.draft === null ? 'base' : 'inline', restore.draft?.executionOutputs ?? []);
  const base = restore.draft === null ? saving.tellBase('loaded', model.sharedModel.toJSON(), []) : null;
  const view = await left.then((answer) => (answer.ok ? answer.value : null));
  // Reading begins here: what a person needs for more than that is made when the first cells are drawn. Where others are
  // to be on the screen, they come at once.
  const isAtTop = view === null || topCellOf(panel.content, view) === null;
  await Promise.all([allowed, base, isAtTop ? drawn() : null]);
  new RemotePictures(panel.content.node, network).start();
  if (restore.draft === null) {
    model.dirty = !drafts.isPristine;
  } else {
    model.dirty = true;
    offerDiscard(frame, notebookDocument, restore.draft.changedTimeMs);
  }
  if (trouble !== null) report(trouble);
  saving.start();
  autosave.start();

  executions.started.connect((_executions, { cellId, msgId }) => drafts.setExecution(cellId, msgId));
  const ended = new Set(restore.executions.filter(({ state }) => state === 'done').map(({ msgId }) => msgId));
  executions.resumed.connect((_executions, { kernel: connection, msgId, done }) => {
    if (connection !== context.sessionContext.session?.kernel) live.attach(connection);
    if (ended.has(msgId)) live.replaying(done);
  });
  const kernel = followKernel(context, services, executions, restore, (attached) => {
    void followJournal(context, frame, attached);
  });

  followTitle(opening.window, context, model);
  followEmptiness(frame, model);
  const window = connectWindow({
    opening,
    restore,
    document: notebookDocument,
    panel,
    executor,
    kernel,
    network,
    saving,
    autosave,
  });
  listen('execution.started', ({ path: where, cellId, msgId }) => {
    if (where === context.path && cellId !== null) kernel.takeUp([{ cellId, msgId }]);
  });
  listen('notebook.edited', ({ path: where, change }) => {
    if (where !== context.path) return;
    drafts.applying(() => kernel.takeUp(applyChange(model, change)));
  });
  await panel.revealed;
  panel.content.activate();
  await window.restoreView(view);
}

/** Two frames from now; at once where nothing is drawn because nobody sees the window. */
async function drawn(): Promise<void> {
  if (document.visibilityState !== 'visible') return;
  await Promise.race([nextFrame().then(nextFrame), pause(drawnMsMax)]);
}

function followTitle(
  self: WindowContext,
  context: NotebookDocument['context'],
  model: NotebookDocument['model'],
): void {
  const show = (): void => {
    const name = baseName(context.path);
    document.title = name;
    const where = self.file === null ? self.serverName : `this computer, kernel on ${self.serverName ?? 'a server'}`;
    const title = where === null ? name : `${name} — ${where}`;
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
  const banner: Banner = {
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
            frame.dropBanner((shown) => shown === banner);
          }
        };
        void discard().catch(() => undefined);
      },
    },
  };
  frame.setBanner(banner);
  context.saveState.connect((_context, state) => {
    if (state === 'completed') frame.dropBanner((shown) => shown === banner);
  });
}
