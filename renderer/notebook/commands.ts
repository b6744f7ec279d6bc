/**
 * Every command of the notebook window, by name.
 *
 * The native menu, the toolbar, the palette and the keyboard run the same commands. What they do is JupyterLab's own
 * `NotebookActions`; what differs is here and in the files beside: saving tells the main process, interrupting takes
 * back what is still queued.
 */
import { YNotebook } from '@jupyter/ydoc';
import type { Context } from '@jupyterlab/docregistry';
import type { INotebookModel, Notebook } from '@jupyterlab/notebook';
import { CommandRegistry } from '@lumino/commands';
import type { CommandArgs, CommandReply } from '../../shared/ipc/contract.ts';
import { cellCommands, moveCommands } from './cell-commands.ts';
import { commandEntry } from './command-list.ts';
import { KernelDialogs } from './kernel-chooser.ts';
import { kernelCommands } from './kernel-commands.ts';
import { nextFrame } from './services.ts';

/** What the commands need from the window around the notebook. */
export interface CommandHost {
  readonly notebook: Notebook;
  readonly context: Context<INotebookModel>;
  /** Takes back the requests that have not gone out. */
  cancelQueued(): Promise<void>;
  ask(question: CommandArgs<'window.ask'>): Promise<CommandReply<'window.ask'>>;
  /** Says that something could not be done. */
  tell(sentence: string): void;
}

export type Run = () => unknown;
export type Runs = Readonly<Record<string, Run>>;

/** `others` are the commands of the window itself: saving, finding, panels. */
export function createCommands(host: CommandHost, others: Runs): CommandRegistry {
  const registry = new CommandRegistry();
  const dialogs = new KernelDialogs();
  const all = {
    ...cellCommands(host, dialogs),
    ...kernelCommands(host, dialogs),
    ...moveCommands(host),
    ...others,
    revert: () => revert(host),
  };
  for (const [id, run] of Object.entries(all)) {
    registry.addCommand(id, {
      label: commandEntry(id)?.label ?? id,
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
export async function keepFocus(notebook: Notebook): Promise<void> {
  for (let frame = 0; frame < focusFrames; frame += 1) {
    await nextFrame();
    if (document.activeElement === document.body && notebook.mode === 'command') {
      notebook.activeCell?.node.focus({ preventScroll: true });
    }
  }
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
