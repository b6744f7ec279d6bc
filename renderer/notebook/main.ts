/**
 * The notebook window: asks what it is for, loads the notebook, puts JupyterLab's widgets into the frame, and connects
 * them to the main process. What each part does stands in its own file; the order of things stands here.
 */
import './quiet.ts';
import './styles.ts';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import { describeUnknown } from '../../shared/result.ts';
import { invoke } from '../common/bridge.ts';
import { tunnelSettings } from '../common/server-settings.ts';
import { applyTheme, followTheme } from '../common/theme.ts';
import { connectTunnel } from '../common/tunnel-client.ts';
import { DiskDrive } from './disk-drive.ts';
import { createFrame, failurePage, type Frame, skeleton } from './frame.ts';
import { loadNotebook, openNotebook } from './open.ts';
import { rehearse } from './rehearsal.ts';
import { createServices } from './services.ts';
import { openSettingsSource } from './settings-source.ts';

/** A notebook that is there sooner shows no skeleton: a flash of grey reads as slowness. */
const skeletonAfterMs = 1_000;

/** An answer that takes longer is none yet: the window is one that is kept ready. */
const readyAfterMs = 500;

async function start(): Promise<void> {
  // The engine knows the theme of the app: its style sheet need not wait for the answer.
  followTheme(matchMedia('(prefers-color-scheme: dark)').matches, { jupyterLab: true });
  const asked = invoke('window.context', {});
  const needed = new AbortController();
  void asked.finally(() => needed.abort());
  setTimeout(() => {
    // A rehearsal that fails has failed for nobody.
    if (!needed.signal.aborted) void rehearse(needed.signal).catch(() => undefined);
  }, readyAfterMs);
  const context = await asked;
  if (!context.ok) {
    throw new Error(context.problem.sentence);
  }
  applyTheme(context.value.isDark);
  const frame = createFrame();
  try {
    await show(context.value, frame);
  } catch (error) {
    fail(frame, error);
  }
}

async function show(window: WindowContext, frame: Frame): Promise<void> {
  const { path } = window;
  if (path === null) {
    throw new Error('This window was opened without a notebook. Close it and open the notebook from the Home window.');
  }
  const loading = setTimeout(() => frame.setPlaceholder(skeleton()), skeletonAfterMs);
  const [tunnel, restore, settings] = await Promise.all([
    connectTunnel(),
    invoke('notebook.restore', { path }),
    openSettingsSource(),
  ]);
  const serverSettings = tunnelSettings(tunnel);
  const services =
    window.file === null
      ? createServices(serverSettings)
      : createServices(serverSettings, new DiskDrive(serverSettings));
  // Its widgets are made meanwhile, and nobody needs to see them without a notebook.
  frame.notebook.classList.add('nj-mod-waiting');
  const asked = loadNotebook(services, path, restore, window.serverId, (page) => {
    clearTimeout(loading);
    frame.setPlaceholder(page);
  });
  const loaded = asked.then((found) => {
    clearTimeout(loading);
    frame.setPlaceholder(null);
    frame.notebook.classList.remove('nj-mod-waiting');
    return found;
  });
  await openNotebook({ window, path, frame, tunnel, services, loaded, settings });
  document.body.dataset['nightjarState'] = 'ready';
}

function fail(frame: Frame, error: unknown): void {
  frame.setPlaceholder(
    failurePage('The notebook could not be shown', describeUnknown(error), {
      label: 'Try again',
      run: () => location.reload(),
    }),
  );
}

start().catch((error: unknown) => {
  // Not even the frame is there: the bare page says why.
  document.body.textContent = describeUnknown(error);
});
