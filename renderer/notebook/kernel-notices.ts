/**
 * Says plainly when a kernel has ended by itself, and what that means for the work.
 *
 * Restarts that somebody asked for are not news. JupyterLab's own dialog about them is taken out: it says less, and it
 * stands in the way.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { invoke } from '../common/bridge.ts';
import type { CellExecutor } from './cell-executor.ts';
import type { Banner, Frame } from './frame.ts';
import { isChanging } from './kernel-change.ts';
import { pause } from './services.ts';

const journalRetryMs = 2_000;

export function watchKernelEnd(
  panel: NotebookPanel,
  executor: CellExecutor,
  frame: Frame,
  run: (command: string) => void,
): void {
  silenceStockDialog(panel);
  const restarted = (): Banner => ({
    tone: 'warning',
    text: 'The kernel ended unexpectedly, often because it ran out of memory; the server starts it again. Its variables are lost; the output that arrived is kept.',
    // Above the first cell there is nothing to run.
    action:
      panel.content.activeCellIndex > 0
        ? { label: 'Run All Above', run: () => run('run-above') }
        : { label: 'Run All Cells', run: () => run('run-all') },
  });
  const dead: Banner = {
    tone: 'error',
    text: 'The kernel has ended and was not started again. Its variables are lost; the notebook and the output that arrived are kept.',
    action: { label: 'Restart…', run: () => run('restart') },
  };
  const refused: Banner = {
    ...dead,
    text: 'Nothing was run: the kernel of this notebook has ended. The notebook and its outputs are as they were.',
  };
  executor.refused.connect(() => frame.setBanner(refused));
  panel.sessionContext.statusChanged.connect((session, status) => {
    // The kernel that another takes the place of ends before the server says that it did.
    if (isChanging(session)) return;
    if (status === 'autorestarting') frame.setBanner(restarted());
    else if (status === 'dead') frame.setBanner(dead);
    // It lives again, so nothing is left to do about it. What a restart took away stays said.
    else if (status === 'idle') frame.dropBanner((shown) => shown === dead || shown === refused);
  });
}

/**
 * Says to the main process which kernel this notebook is on, until its journal is there: a window whose kernel has none
 * would not hear of its state.
 */
export async function followJournal(
  context: NotebookPanel['context'],
  frame: Frame,
  kernel: Kernel.IKernelConnection,
): Promise<void> {
  const isShown = (): boolean => context.sessionContext.session?.kernel?.id === kernel.id;
  let told: Banner | null = null;
  for (;;) {
    const answer = await invoke('notebook.attached', {
      path: context.path,
      kernelId: kernel.id,
      kernelName: kernel.name,
    });
    if (answer.ok || !isShown()) break;
    const { kind, sentence } = answer.problem;
    if (told === null || told.text !== sentence) {
      told = { tone: 'error', text: sentence };
      frame.setBanner(told);
    } else {
      // A save, or something else that was said, took its place: it is still so.
      frame.offerBanner(told);
    }
    if (kind !== 'no-journal') return;
    await pause(journalRetryMs);
    if (!isShown()) break;
  }
  if (told === null) return;
  frame.dropBanner((shown) => shown === told);
  // Refused for a minute or two, JupyterLab's connection knocks no more.
  if (isShown() && kernel.connectionStatus !== 'connected') await kernel.reconnect().catch(() => undefined);
}

/** The panel shows a dialog when the server restarts a kernel; the handler is a method of it that has no other use. */
function silenceStockDialog(panel: NotebookPanel): void {
  const handler: unknown = Reflect.get(panel, '_onSessionStatusChanged');
  if (isHandler(handler)) {
    panel.context.sessionContext.statusChanged.disconnect(handler, panel);
  }
}

function isHandler(value: unknown): value is () => void {
  return typeof value === 'function';
}
