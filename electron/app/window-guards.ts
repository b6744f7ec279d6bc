/**
 * What a window may not do, and what happens when its process fails.
 *
 * A window stays on its page, opens no other and holds no webview; its frames hold outputs and go nowhere else. When its process dies it is loaded again by
 * itself, because the main process owns the session and nothing is lost; when that repeats, the person is asked.
 */
import { CrashBudget } from './crash-budget.ts';
import { askIn } from './dialogs.ts';
import { isOutputPageUrl } from './output-pages.ts';
import { isOwnPage, type WindowKind } from './pages.ts';
import type { Pane } from './pane.ts';

export interface GuardOptions {
  readonly kind: WindowKind;
  readonly log: (line: string) => void;
  /** The page is gone (crash or reload): whatever belonged to it must end. */
  readonly onPageGone: () => void;
}

function denyLeaving({ contents }: Pane, { kind, log, onPageGone }: GuardOptions): void {
  // The request filter does not see WebRTC; without a proxy, and there is none, this leaves it no way out.
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-attach-webview', (event) => event.preventDefault());
  // This comes before `will-navigate`, which is not told of what was denied here: that one only backs it up.
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame ? isOwnPage(event.url, kind) : isOutputPageUrl(event.url)) return;
    log(`a ${kind} window tried to ${event.isMainFrame ? 'leave its page' : 'fill a frame'}; denied`);
    event.preventDefault();
  });
  contents.on('will-navigate', (event) => {
    if (!isOwnPage(event.url, kind)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('did-start-navigation', (event) => {
    if (event.isMainFrame && !event.isSameDocument) onPageGone();
  });
  // Unsaved edits are kept by the main process, so a page never has a reason to hold its window open.
  contents.on('will-prevent-unload', (event) => event.preventDefault());
}

function surviveCrashes(pane: Pane, { kind, log, onPageGone }: GuardOptions): void {
  const { contents } = pane;
  const budget = new CrashBudget();
  const reload = (): void => {
    if (!pane.isGone()) contents.reload();
  };
  const ask = async (): Promise<void> => {
    const answer = await askIn(pane.frame, {
      message: 'This window has stopped several times within a minute.',
      detail:
        'Nothing is lost: Nightjar goes on recording your kernels, and your unsaved edits are kept. ' +
        'Something it shows is probably too much for a window. Reload it to try once more, or close it.',
      buttons: ['Reload', 'Close Window'],
      defaultButton: 0,
      cancelButton: 1,
    });
    if (pane.isGone()) return;
    if (answer === 1) {
      pane.destroy();
      return;
    }
    budget.reset();
    reload();
  };
  contents.on('render-process-gone', (_event, details) => {
    onPageGone();
    if (details.reason === 'clean-exit' || pane.isGone()) return;
    const mayReload = budget.mayReload(performance.now());
    log(`the process of a ${kind} window ended (${details.reason}); ${mayReload ? 'loading it again' : 'asking'}`);
    // Chromium is still taking the old process apart inside this event.
    if (mayReload) setImmediate(reload);
    else void ask();
  });

  let question: AbortController | null = null;
  const offerReload = async (signal: AbortSignal): Promise<void> => {
    const answer = await askIn(pane.frame, {
      message: 'This window is not responding.',
      detail:
        'Nightjar goes on recording your kernels meanwhile, and your edits are kept up to about the last second. ' +
        'Wait for it, or reload it.',
      buttons: ['Wait', 'Reload'],
      defaultButton: 0,
      cancelButton: 0,
      signal,
    });
    if (answer !== 1 || signal.aborted || pane.isGone()) return;
    budget.reset();
    // A process that hangs cannot reload itself; ending it leads to `render-process-gone` above.
    contents.forcefullyCrashRenderer();
  };
  contents.on('unresponsive', () => {
    log(`a ${kind} window does not answer`);
    question?.abort();
    question = new AbortController();
    void offerReload(question.signal);
  });
  contents.on('responsive', () => {
    question?.abort();
    question = null;
  });
  pane.onGone(() => question?.abort());
}

export function guard(pane: Pane, options: GuardOptions): void {
  denyLeaving(pane, options);
  surviveCrashes(pane, options);
}
