/**
 * Says plainly when a kernel has ended by itself, and what that means for the work.
 *
 * Restarts that somebody asked for are not news. JupyterLab's own dialog about them is taken out: it says less, and it
 * stands in the way.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { SessionStatus } from '../../shared/ipc/contract.ts';
import type { Banner } from './frame.ts';

export interface KernelNotices {
  setSession(status: SessionStatus): void;
}

export function watchKernelEnd(
  panel: NotebookPanel,
  notify: (banner: Banner | null) => void,
  run: (command: string) => void,
): KernelNotices {
  silenceStockDialog(panel);
  let last: SessionStatus['kernelState'] = 'unknown';
  let isTold = false;
  return {
    setSession: ({ kernelState }) => {
      if (kernelState === last) return;
      const before = last;
      last = kernelState;
      if (kernelState === 'autorestarting') {
        isTold = true;
        notify({
          tone: 'warning',
          text: 'The kernel ended unexpectedly, often because it ran out of memory, and the server is starting it again. Its variables are lost; everything it printed is kept.',
          action: { label: 'Run All Above', run: () => run('run-above') },
        });
      } else if (kernelState === 'dead' && before !== 'unknown') {
        isTold = true;
        notify({
          tone: 'error',
          text: 'The kernel has ended. Its variables are lost; the notebook and everything it printed are kept.',
          action: { label: 'Restart…', run: () => run('restart') },
        });
      } else if (isTold && before === 'dead' && (kernelState === 'idle' || kernelState === 'starting')) {
        isTold = false;
        notify(null);
      }
    },
  };
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
