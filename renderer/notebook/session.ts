/**
 * Ties the notebook to its kernel: tells the main process which one it is, and lets cells take up what they had.
 *
 * An id is only ever submitted again to the kernel it was run on. Submitting it to another would run the code, which
 * nobody asked for.
 */
import type { Context } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { NotebookRestore } from '../../shared/ipc/contract.ts';
import type { CellExecution, Executions } from './executions.ts';
import { executionsToResume } from './resumable.ts';
import { pause, type Services } from './services.ts';

/** How long a server may take to list its sessions before outputs are asked for without it. */
const offlineAfterMs = 3_000;

export interface FollowedKernel {
  /** Whether the notebook is on this kernel, or was on it last, where it has none now. */
  isFollowed(kernelId: string): boolean;
  /** Executions that another window has started: they are taken up now, or when there is a kernel. */
  takeUp(executions: readonly CellExecution[]): void;
}

export function followKernel(
  context: Context<INotebookModel>,
  services: Services,
  executions: Executions,
  restore: NotebookRestore,
  onAttached: (kernel: Kernel.IKernelConnection) => void,
): FollowedKernel {
  const session = context.sessionContext;
  const left = executionsToResume(restore);
  let current: Kernel.IKernelConnection | null = null;
  let lastId = restore.kernelId;
  let waiting: CellExecution[] = [];

  const follow = (): void => {
    const kernel = session.session?.kernel ?? null;
    if (kernel === current) {
      return;
    }
    current = kernel;
    executions.watch(kernel);
    if (kernel === null) {
      return;
    }
    lastId = kernel.id;
    onAttached(kernel);
    if (kernel.id === restore.kernelId) {
      executions.resume(kernel, left);
      left.length = 0;
    }
    executions.resume(kernel, waiting);
    waiting = [];
  };
  session.kernelChanged.connect(follow);
  session.sessionChanged.connect(follow);
  follow();

  const resumeOffline = async (): Promise<void> => {
    await Promise.race([session.ready, pause(offlineAfterMs)]);
    if (current === null && left.length > 0 && restore.kernelId !== null && !context.isDisposed) {
      const model = { id: restore.kernelId, name: context.model.defaultKernelName };
      // The main process answers from the journal, so this works while the server is away.
      executions.resume(services.manager.kernels.connectTo({ model }), left);
    }
  };
  void resumeOffline();

  return {
    isFollowed: (kernelId) => lastId === null || kernelId === lastId,
    takeUp: (more) => {
      if (current === null) {
        waiting.push(...more);
      } else {
        executions.resume(current, more);
      }
    },
  };
}
