/**
 * Every command of the notebook window, by name.
 *
 * The native menu, the toolbar and the keyboard run the same commands. What they do is JupyterLab's own
 * `NotebookActions`; what differs is here: saving tells the main process, interrupting takes back what is still queued.
 */
import { YNotebook } from '@jupyter/ydoc';
import { SessionContextDialogs } from '@jupyterlab/apputils';
import type { Context } from '@jupyterlab/docregistry';
import { type INotebookModel, type Notebook, NotebookActions } from '@jupyterlab/notebook';
import { CommandRegistry } from '@lumino/commands';
import type { CommandArgs, CommandReply } from '../../shared/ipc/contract.ts';

/** What the commands need from the window around the notebook. */
export interface CommandHost {
  readonly notebook: Notebook;
  readonly context: Context<INotebookModel>;
  save(): Promise<void>;
  /** Takes back the requests that have not gone out. */
  cancelQueued(): Promise<void>;
  ask(question: CommandArgs<'window.ask'>): Promise<CommandReply<'window.ask'>>;
  showShortcuts(): void;
  /** Opens the time line of this session. */
  showHistory(): void;
  complete(): void;
  inspect(): void;
}

type Run = () => unknown;

export function createCommands(host: CommandHost): CommandRegistry {
  const registry = new CommandRegistry();
  const all = { ...notebookCommands(host), ...kernelCommands(host), ...moveCommands(host) };
  for (const [id, run] of Object.entries(all)) {
    registry.addCommand(id, {
      label: id,
      execute: () => {
        separateUndoSteps(host.notebook);
        const hadFocus = host.notebook.node.contains(document.activeElement);
        const done = run();
        if (hadFocus) void keepFocus(host.notebook);
        return done;
      },
    });
  }
  // A failing cell rejects its run: the cell shows the error, nothing is left to report.
  registry.commandExecuted.connect((_registry, { result }) => void result.catch(() => undefined));
  return registry;
}

/** The undo history joins what happens within half a second. Two commands are two steps, however fast they come. */
function separateUndoSteps(notebook: Notebook): void {
  const shared = notebook.model?.sharedModel;
  if (shared instanceof YNotebook) {
    shared.undoManager.stopCapturing();
  }
}

/** A replaced cell is laid out within two frames, measured; the others are for a busy machine. */
const focusFrames = 6;

/**
 * A command that replaces the active cell (another type, an undo) takes the focus away with the old cell, and
 * JupyterLab gives it to the new one before that can take it. The next key is meant for the notebook all the same.
 */
async function keepFocus(notebook: Notebook): Promise<void> {
  for (let frame = 0; frame < focusFrames; frame += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    if (document.activeElement === document.body && notebook.mode === 'command') {
      notebook.activeCell?.node.focus({ preventScroll: true });
    }
  }
}

function notebookCommands(host: CommandHost): Record<string, Run> {
  const { notebook, context } = host;
  const session = context.sessionContext;
  const dialogs = new SessionContextDialogs();
  const edit = (): void => {
    notebook.mode = 'edit';
  };
  return {
    save: () => host.save(),
    revert: () => revert(host),
    'run-cell': () => NotebookActions.run(notebook, session, dialogs),
    'run-and-advance': () => NotebookActions.runAndAdvance(notebook, session, dialogs),
    'run-and-insert': () => NotebookActions.runAndInsert(notebook, session, dialogs),
    'run-all': () => NotebookActions.runAll(notebook, session, dialogs),
    'run-above': () => NotebookActions.runAllAbove(notebook, session, dialogs),
    'run-below': () => NotebookActions.runAllBelow(notebook, session, dialogs),
    'clear-outputs': () => NotebookActions.clearOutputs(notebook),
    'clear-all-outputs': () => NotebookActions.clearAllOutputs(notebook),
    'insert-above': () => NotebookActions.insertAbove(notebook),
    'insert-below': () => NotebookActions.insertBelow(notebook),
    'delete-cells': () => NotebookActions.deleteCells(notebook),
    'cut-cells': () => NotebookActions.cut(notebook),
    'copy-cells': () => NotebookActions.copy(notebook),
    'paste-cells': () => NotebookActions.paste(notebook),
    undo: () => NotebookActions.undo(notebook),
    redo: () => NotebookActions.redo(notebook),
    'move-up': () => NotebookActions.moveUp(notebook),
    'move-down': () => NotebookActions.moveDown(notebook),
    split: () => NotebookActions.splitCell(notebook),
    merge: () => NotebookActions.mergeCells(notebook),
    'to-code': () => NotebookActions.changeCellType(notebook, 'code'),
    'to-markdown': () => NotebookActions.changeCellType(notebook, 'markdown'),
    'to-raw': () => NotebookActions.changeCellType(notebook, 'raw'),
    'toggle-line-numbers': () => NotebookActions.toggleAllLineNumbers(notebook),
    'toggle-output': () => NotebookActions.toggleOutput(notebook),
    'show-shortcuts': () => host.showShortcuts(),
    history: () => host.showHistory(),
    complete: () => host.complete(),
    inspect: () => host.inspect(),
    'edit-mode': edit,
    'command-mode': () => {
      notebook.mode = 'command';
    },
    ...Object.fromEntries(
      [1, 2, 3, 4, 5, 6].map((level) => [`heading-${level}`, () => NotebookActions.setMarkdownHeader(notebook, level)]),
    ),
  };
}

function kernelCommands(host: CommandHost): Record<string, Run> {
  const session = host.context.sessionContext;
  const dialogs = new SessionContextDialogs();
  const restart = async (): Promise<boolean> => {
    const answer = await host.ask({
      message: 'Restart the kernel?',
      detail:
        'Everything it holds in memory is lost: variables, imports, running cells. The notebook and its outputs stay.',
      buttons: ['Restart', 'Cancel'],
      defaultButton: 0,
      cancelButton: 1,
    });
    if (answer !== 0) {
      return false;
    }
    await host.cancelQueued();
    await session.restartKernel();
    return true;
  };
  return {
    interrupt: async () => {
      await host.cancelQueued();
      await session.session?.kernel?.interrupt();
    },
    restart,
    'restart-and-run-all': async () => {
      if (await restart()) {
        await NotebookActions.runAll(host.notebook, session, dialogs);
      }
    },
    shutdown: async () => {
      const answer = await host.ask({
        message: 'Shut down the kernel?',
        detail: 'Everything it holds in memory is lost. The notebook, its outputs and its journal stay.',
        buttons: ['Shut Down', 'Cancel'],
        defaultButton: 0,
        cancelButton: 1,
      });
      if (answer === 0) {
        await session.shutdown();
      }
    },
    'change-kernel': () => dialogs.selectKernel(session),
  };
}

function moveCommands(host: CommandHost): Record<string, Run> {
  const { notebook } = host;
  /** As a page of text scrolls: a screen, less a line to find one's place again. */
  const scroll = (direction: 1 | -1): void => {
    const area = notebook.outerNode;
    area.scrollBy({ top: direction * area.clientHeight * 0.9 });
  };
  return {
    'select-above': () => NotebookActions.selectAbove(notebook),
    'select-below': () => NotebookActions.selectBelow(notebook),
    'extend-above': () => NotebookActions.extendSelectionAbove(notebook),
    'extend-below': () => NotebookActions.extendSelectionBelow(notebook),
    'select-all': () => NotebookActions.selectAll(notebook),
    'scroll-down': () => scroll(1),
    'scroll-up': () => scroll(-1),
  };
}

async function revert(host: CommandHost): Promise<void> {
  const answer = await host.ask({
    message: 'Go back to the saved notebook?',
    detail: 'Edits made since the last save are lost. The kernel and its journal are not touched.',
    buttons: ['Revert', 'Cancel'],
    defaultButton: 1,
    cancelButton: 1,
  });
  if (answer === 0) {
    await host.context.revert();
  }
}
