/**
 * When the app ends, and when it goes on without a window.
 *
 * Closing the last window ends Nightjar on Linux and Windows, and that window is there again at the next start. While
 * a cell runs the person is asked first: go on in the background (recording, without a window, until the cells are
 * done) or quit. Starting Nightjar again brings the window back. Quitting from the menu never asks. Every end closes
 * the core, which commits what it holds; that is given a bounded time.
 */
import { app } from 'electron';
import type { Core, SettingsPort } from '../core/api.ts';
import { type Busy, describeBusy } from './busy.ts';
import { askAndRemember } from './dialogs.ts';
import type { Opener } from './opener.ts';
import type { AppWindow, Windows } from './windows.ts';

/** Committing and closing takes milliseconds; a disk that hangs must not keep the desktop from shutting down. */
const closeTimeoutMs = 5_000;
/** In the background: how often to look whether cells still run. Two looks in a row bridge the pause between cells. */
const backgroundLookMs = 30_000;
const quietLooksMin = 2;

const choiceKey = 'app.closeWhileBusy';
type Choice = 'background' | 'quit';

export interface LifecycleOptions {
  readonly settings: SettingsPort;
  readonly core: Promise<Core>;
  readonly log: ((line: string) => void) & { flush(): void };
}

export class Lifecycle {
  readonly #options: LifecycleOptions;
  #core: Core | null = null;
  #isAsking = false;
  #isQuitting = false;
  #background: NodeJS.Timeout | null = null;
  #hasClosedCore = false;
  #ending: Promise<void> | null = null;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Hooks the app's own events; `windows` and `opener` exist by then. */
  start(windows: Windows, opener: Opener): void {
    this.#options.core.then(
      (core) => {
        this.#core = core;
      },
      // The entry tells the person and ends the app.
      () => {},
    );
    app.on('activate', () => void this.comeBack(windows, opener));
    app.on('window-all-closed', () => {
      if (process.platform !== 'darwin' && this.#background === null) app.quit();
    });
    app.on('before-quit', () => {
      this.#isQuitting = true;
      windows.quitting();
    });
    app.on('will-quit', (event) => {
      if (this.#hasClosedCore) return;
      event.preventDefault();
      // Asked to end once more while it does: the core is closed once.
      this.#ending ??= this.#end();
    });
  }

  /** A window for somebody who asks for the app: the current one, or what was there before it went to the background. */
  async comeBack(windows: Windows, opener: Opener): Promise<void> {
    this.#leaveBackground();
    windows.thaw();
    const current = windows.current();
    if (current === null) await opener.restore();
    else windows.show(current);
  }

  /** True keeps the window open, because the person is being asked. */
  lastWindowCloses(window: AppWindow, windows: Windows): boolean {
    if (process.platform === 'darwin' || this.#isQuitting) return false;
    const busy = this.#core?.busySessions() ?? [];
    if (busy.length === 0) {
      // The app ends with this window: it counts as open, and the next start shows it again.
      windows.freeze();
      return false;
    }
    const chosen = this.#options.settings.get(choiceKey);
    if (chosen === 'background' || chosen === 'quit') {
      this.#prepare(chosen, windows);
      return false;
    }
    if (!this.#isAsking) void this.#ask(window, windows, busy);
    return true;
  }

  async #ask(window: AppWindow, windows: Windows, busy: Busy): Promise<void> {
    this.#isAsking = true;
    const { button, isTicked } = await askAndRemember(
      window.pane.frame,
      {
        message: describeBusy(busy),
        detail:
          'It goes on running on the server whatever you choose. In the background Nightjar keeps recording what it ' +
          'prints, and ends by itself when the cells are done; start Nightjar again to see it. If you quit, Nightjar ' +
          'fetches at its next start what was kept on the server until then.',
        buttons: ['Keep Running in the Background', 'Quit', 'Cancel'],
        defaultButton: 0,
        cancelButton: 2,
      },
      'Always do this',
    ).finally(() => {
      this.#isAsking = false;
    });
    if (button === 2 || window.pane.isGone()) return;
    const choice: Choice = button === 0 ? 'background' : 'quit';
    if (isTicked) this.#options.settings.set(choiceKey, choice);
    if (windows.list().some((one) => one.pane.frame !== window.pane.frame)) {
      // Another window was opened while the question stood: then this is no longer the end.
      window.pane.frame.close();
      return;
    }
    this.#prepare(choice, windows);
    window.pane.frame.close();
  }

  /** Keeps the window on the list of open ones, and decides what happens when it is gone. */
  #prepare(choice: Choice, windows: Windows): void {
    windows.freeze();
    if (choice === 'quit') return;
    this.#options.log('the last window closed while cells run; going on in the background');
    let quietLooks = 0;
    this.#background ??= setInterval(() => {
      quietLooks = (this.#core?.busySessions().length ?? 0) === 0 ? quietLooks + 1 : 0;
      if (quietLooks >= quietLooksMin) app.quit();
    }, backgroundLookMs);
  }

  #leaveBackground(): void {
    if (this.#background !== null) clearInterval(this.#background);
    this.#background = null;
  }

  async #end(): Promise<void> {
    this.#leaveBackground();
    const { core, log } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), closeTimeoutMs);
    });
    const closing = core.then((opened) => opened.close()).then(() => 'closed' as const);
    const outcome = await Promise.race([closing.catch(() => 'failed' as const), timeout]);
    clearTimeout(timer);
    if (outcome !== 'closed') log(`the core did not close in order (${outcome}); its journals need no repair`);
    this.#hasClosedCore = true;
    log('ended');
    log.flush();
    app.exit(0);
  }
}
