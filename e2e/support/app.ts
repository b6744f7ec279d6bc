/**
 * The real app under Playwright: own profile, own home folder, ended by its process id.
 *
 * `--no-sandbox` is added only as root, where Chromium refuses to start otherwise; one suite runs as another user
 * with the sandbox on. `app.close()` may hang, so it is raced and the process is then killed by the id it was given.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, errors, type Page } from 'playwright-core';
import type { TestServer } from './jupyter-server.ts';

const closeTimeoutMs = 8_000;

export class TestApp {
  /** Apps that were started and have not ended. */
  static readonly running = new Set<TestApp>();

  private constructor(
    readonly profile: string,
    private readonly application: ElectronApplication,
    readonly pid: number,
    private readonly child: ChildProcess,
  ) {}

  /**
   * A new profile folder; remove it with `removeProfile`. Without a window that is kept ready, which would count as one
   * more wherever windows are counted, unless that is what it is about.
   */
  static newProfile(settings: Readonly<Record<string, unknown>> = { keepWindowReady: false }): string {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-app-'));
    fs.mkdirSync(path.join(profile, 'data'));
    fs.writeFileSync(path.join(profile, 'data', 'preferences.json'), JSON.stringify(settings));
    return profile;
  }

  static removeProfile(profile: string): void {
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  static async start(profile: string, args: readonly string[] = []): Promise<TestApp> {
    const launch = (): Promise<ElectronApplication> => TestApp.launch(profile, args);
    // Of some hundred starts on a busy machine one stands still before its first line of ours. A second try is none more.
    const application = await launch().catch((error: unknown) => {
      if (!(error instanceof errors.TimeoutError)) throw error;
      process.stderr.write('Electron did not start within a minute and is started again\n');
      return launch();
    });
    const child = application.process();
    const app = new TestApp(profile, application, child.pid ?? 0, child);
    TestApp.running.add(app);
    child.once('exit', () => TestApp.running.delete(app));
    return app;
  }

  private static launch(profile: string, args: readonly string[]): Promise<ElectronApplication> {
    return _electron.launch({
      executablePath: process.env.NIGHTJAR_ELECTRON ?? '',
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        ...['--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${path.join(profile, 'data')}`, ...args],
      ],
      env: { ...(process.env as Record<string, string>), HOME: profile },
      timeout: 60_000,
    });
  }

  get electron(): ElectronApplication {
    return this.application;
  }

  /** The window whose address has this page in it, once it is there. */
  async window(
    page: 'home' | 'server' | 'notebook' | 'settings' | 'player' | 'tabs',
    notIn: readonly Page[] = [],
  ): Promise<Page> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const found = this.application
        .windows()
        .find(
          (candidate) => candidate.url().includes(`/${page}/`) && !notIn.includes(candidate) && !candidate.isClosed(),
        );
      if (found !== undefined) {
        return found;
      }
      if (Date.now() > deadline) {
        throw new Error(
          `no ${page} window; there are ${this.application
            .windows()
            .map((one) => one.url())
            .join(', ')}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Windows that a person sees; one that is kept ready is none. */
  async seen(): Promise<Page[]> {
    const pages = this.application.windows();
    const seen = await Promise.all(
      pages.map(async (page) => {
        const window = await this.application.browserWindow(page);
        return window.evaluate((one) => one.isVisible()).catch(() => false);
      }),
    );
    return pages.filter((_page, index) => seen[index]);
  }

  /** The page of the window that is kept ready, once it has come to rest. */
  async untilReadyWindow(): Promise<Page> {
    const deadline = Date.now() + 60_000;
    const isThere = (): Promise<boolean> =>
      this.application.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().some(
          (one) =>
            !one.isDestroyed() &&
            !one.isVisible() &&
            one.webContents.getURL().includes('/notebook/') &&
            !one.webContents.isLoading(),
        ),
      );
    // A window may go while it is looked at.
    while (!(await isThere().catch(() => false))) {
      if (Date.now() > deadline) throw new Error('no window is kept ready');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const seen = await this.seen();
    const ready = this.application.windows().find((one) => one.url().includes('/notebook/') && !seen.includes(one));
    if (ready === undefined) throw new Error('the window that was kept ready is gone');
    await ready.waitForSelector('html[data-nightjar-rehearsed]', { state: 'attached', timeout: 60_000 });
    return ready;
  }

  /** A notebook window that was not seen before, once it is. */
  async nextNotebook(before: readonly Page[]): Promise<Page> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      const next = (await this.seen()).find((page) => page.url().includes('/notebook/') && !before.includes(page));
      if (next !== undefined) return next;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('no notebook window came');
  }

  /** A notebook window that is ready for work. */
  async notebook(notIn: readonly Page[] = []): Promise<Page> {
    const page = await this.window('notebook', notIn);
    await page.waitForSelector('body[data-nightjar-state="ready"]', { timeout: 60_000 });
    return page;
  }

  /** kill -9, as a crash or a power cut would. */
  async kill(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    process.kill(this.pid, 'SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      return;
    }
    const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    const quit = this.application.evaluate(({ app }) => app.quit()).catch(() => undefined);
    const timeout = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), closeTimeoutMs));
    if ((await Promise.race([Promise.all([quit, gone]), timeout])) === 'late') {
      process.kill(this.pid, 'SIGKILL');
      await gone;
    }
  }
}

/** The address a person would paste for a notebook of this server. */
export function notebookAddress(server: TestServer, notebook: string): string {
  return `${server.baseUrl}lab/tree/${notebook}?token=${server.token}`;
}

/**
 * Answers, in a page, the text of the outputs of a cell as a person would copy it. What is out of sight is not laid
 * out, and `innerText` leaves out what is not: for this look all of it is.
 */
export function outputTextScript(cell: number): string {
  return `(() => {
    const area = document.querySelectorAll('.jp-Notebook .jp-Cell')[${cell}]?.querySelector('.jp-OutputArea');
    const style = document.createElement('style');
    style.textContent = '.nj-Stream > pre > div { content-visibility: visible !important; }';
    document.head.append(style);
    const text = area?.innerText.trimEnd() ?? '';
    style.remove();
    return text;
  })()`;
}

/** Text of the outputs of a cell, by the cell's place; without blank lines at its end. */
export function outputText(page: Page, cell: number): Promise<string> {
  return page.evaluate<string>(outputTextScript(cell));
}

/** True where a command is on this machine. */
export function hasCommand(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}
