/**
 * Giving a notebook another kernel, or its kernel a new start, and saying so where it was not done.
 *
 * JupyterLab keeps a refused restart to itself, so that "Restart and Run All" would go on with the old kernel; it does
 * nothing at all for a kernel that is gone, where here another one of the same kind takes its place; and a refused change
 * leaves the notebook without the kernel that it still has. Until the server has answered it sends cells to the kernel
 * that is being shut down: here it is known that a change is under way.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, Session } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { KernelDialogs } from './kernel-chooser.ts';

const underWay = new WeakMap<ISessionContext, Promise<unknown>>();
const withoutKernel = new WeakSet<ISessionContext>();
const changes = new Signal<object, ISessionContext>({});
const refusals = new Signal<object, ISessionContext>({});

/** A change of this session's kernel began, or was answered. */
export const kernelChanging: ISignal<object, ISessionContext> = changes;

/** A change was not done. What waited for it was meant for another kernel than the one there is. */
export const kernelRefused: ISignal<object, ISessionContext> = refusals;

/** Whether the kernel that the session has now may be another in a moment. */
export function isChanging(session: ISessionContext): boolean {
  return underWay.has(session);
}

/** Gives the notebook another kernel: a new one of a kind, or one that runs. */
export async function changeKernel(session: ISessionContext, options: Partial<Kernel.IModel>): Promise<void> {
  // The context itself would let go of the session when the server refuses, as if the kernel were gone.
  const connection = session.isTerminating ? null : session.session;
  await during(session, (connection ?? session).changeKernel(options));
}

/** Ends the kernel; the notebook has none afterwards. */
export async function shutDownKernel(session: ISessionContext): Promise<void> {
  // The context itself would say that there is no kernel, also when the server refuses.
  if (session.session === null) return;
  await during(session, session.session.shutdown());
  withoutKernel.add(session);
  const forget = (_session: ISessionContext, { newValue }: Session.ISessionConnection.IKernelChangedArgs): void => {
    if (newValue === null) return;
    withoutKernel.delete(session);
    session.kernelChanged.disconnect(forget);
  };
  session.kernelChanged.connect(forget);
}

/** Whether the notebook has no kernel because somebody shut it down here. */
export function wasShutDown(session: ISessionContext): boolean {
  return withoutKernel.has(session);
}

async function during(session: ISessionContext, change: Promise<unknown>): Promise<void> {
  underWay.set(session, change);
  changes.emit(session);
  try {
    await change;
  } catch (error) {
    refusals.emit(session);
    throw error;
  } finally {
    // A later change is under way still.
    if (underWay.get(session) === change) {
      underWay.delete(session);
      changes.emit(session);
    }
  }
}

/** Nothing reaches the kernel over this connection any more. */
export function hasEnded(kernel: Kernel.IKernelConnection): boolean {
  return kernel.isDisposed || kernel.status === 'dead';
}

const restarts = new WeakMap<ISessionContext, Promise<string | null>>();

/**
 * Answers `null` when there is a new kernel, else why there is none. While a restart is under way, that is the one that
 * is meant.
 */
export function restartKernel(session: ISessionContext, dialogs: KernelDialogs): Promise<string | null> {
  const restarted = restarts.get(session) ?? restart(session, dialogs).finally(() => restarts.delete(session));
  restarts.set(session, restarted);
  return restarted;
}

async function restart(session: ISessionContext, dialogs: KernelDialogs): Promise<string | null> {
  const kernel = session.session?.kernel ?? null;
  if (kernel === null || hasEnded(kernel)) {
    const isStarted = await startAnother(session, dialogs, kernel?.name ?? null);
    return isStarted ? null : 'No kernel was started: the server did not do it, or does not answer.';
  }
  await session.restartKernel();
  // It says whether the last restart was done, and is the only one to say it.
  return session.isReady
    ? null
    : 'The kernel was not restarted: the server did not do it, or does not answer. What it holds in memory is kept.';
}

async function startAnother(session: ISessionContext, dialogs: KernelDialogs, name: string | null): Promise<boolean> {
  // A server lets go of the session together with the kernel, or keeps it. Which of the two it was is asked first.
  await session.sessionManager.refreshRunning().catch(() => undefined);
  if (session.session !== null && name !== null) {
    await changeKernel(session, { name }).catch(() => undefined);
  } else if (await session.startKernel()) {
    await dialogs.selectKernel(session);
  }
  const kernel = session.session?.kernel ?? null;
  return kernel !== null && !hasEnded(kernel);
}
