/**
 * Commands on the kernel. What takes variables away asks first, in words that say what stays.
 */
import { NotebookActions } from '@jupyterlab/notebook';
import { describeUnknown } from '../../shared/result.ts';
import type { CommandHost, Runs } from './commands.ts';
import type { KernelDialogs } from './kernel-chooser.ts';
import { hasEnded, restartKernel, shutDownKernel } from './kernel-change.ts';

export function kernelCommands(host: CommandHost, dialogs: KernelDialogs): Runs {
  const session = host.context.sessionContext;
  const attempt = async (failure: string, make: () => Promise<void>): Promise<void> => {
    try {
      await make();
    } catch (error) {
      host.tell(`${failure}: ${describeUnknown(error)}`);
    }
  };
  const restart = async (action: string, fate = 'The notebook and its outputs stay.'): Promise<boolean> => {
    const answer = await host.ask({
      message: 'Restart the kernel?',
      detail: `Everything it holds in memory is lost: variables, imports, running cells. ${fate}`,
      buttons: [action, 'Cancel'],
      defaultButton: 0,
      cancelButton: 1,
    });
    if (answer !== 0) {
      return false;
    }
    await host.cancelQueued();
    const problem = await restartKernel(session, dialogs);
    if (problem !== null) host.tell(problem);
    return problem === null;
  };
  return {
    interrupt: async () => {
      try {
        await host.cancelQueued();
      } finally {
        const kernel = session.session?.kernel ?? null;
        if (kernel !== null && !hasEnded(kernel)) {
          await attempt('The kernel was not interrupted', () => kernel.interrupt());
        }
      }
    },
    restart: () => restart('Restart'),
    'restart-and-clear': async () => {
      if (await restart('Restart and Clear Outputs', 'The notebook stays; its outputs are cleared.'))
        NotebookActions.clearAllOutputs(host.notebook);
    },
    'restart-and-run-all': async () => {
      if (await restart('Restart and Run All', 'The notebook stays; new outputs take the place of the old.'))
        await NotebookActions.runAll(host.notebook, session, dialogs);
    },
    'restart-and-run-to-selected': async () => {
      const { notebook } = host;
      const upTo = notebook.activeCellIndex;
      if (await restart('Restart and Run', 'The notebook stays; new outputs take the place of the old.')) {
        await NotebookActions.runCells(notebook, notebook.widgets.slice(0, upTo + 1), session, dialogs);
      }
    },
    shutdown: async () => {
      const answer = await host.ask({
        message: 'Shut down the kernel?',
        detail:
          'Its variables and whatever it computes now are lost, and this cannot be undone. The notebook and the journal of its output stay.',
        buttons: ['Shut Down', 'Cancel'],
        defaultButton: 0,
        cancelButton: 1,
      });
      if (answer === 0) {
        await attempt('The kernel was not shut down', () => shutDownKernel(session));
      }
    },
    'change-kernel': () =>
      attempt('The kernel was not changed; the notebook keeps the one it has', () => dialogs.selectKernel(session)),
  };
}
