/**
 * A page in a bare Chromium window: the engine of the app without the app, for files that have to do without it, and
 * for other clients that run in a browser.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';

const main = `
  const { app, BrowserWindow } = require('electron');
  app.whenReady().then(() => {
    const window = new BrowserWindow({ width: 1100, height: 820, webPreferences: { sandbox: true } });
    const target = process.argv.at(-1);
    if (/^https?:/.test(target)) window.loadURL(target);
    else window.loadFile(target);
  });
`;

/** The runtime without the app in it, beside the one that has it: its files are the same ones. */
function bareRuntime(): string {
  const executable = process.env.NIGHTJAR_ELECTRON ?? '';
  const from = path.dirname(executable);
  const to = fs.mkdtempSync(path.join(path.dirname(from), 'bare-'));
  for (const entry of fs.readdirSync(from, { recursive: true, withFileTypes: true })) {
    const inside = path.relative(from, path.join(entry.parentPath, entry.name));
    if (entry.isFile() && !inside.startsWith(path.join('resources', 'app'))) {
      fs.mkdirSync(path.dirname(path.join(to, inside)), { recursive: true });
      fs.linkSync(path.join(from, inside), path.join(to, inside));
    }
  }
  const app = path.join(to, 'resources', 'app');
  fs.mkdirSync(app, { recursive: true });
  fs.writeFileSync(path.join(app, 'package.json'), '{ "name": "page", "main": "main.cjs" }');
  fs.writeFileSync(path.join(app, 'main.cjs'), main);
  return path.join(to, path.basename(executable));
}

export class BarePage {
  readonly requests: string[] = [];
  /** What the page wrote to the console as an error: a script that failed, a rule that it broke. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly folders: readonly string[],
    readonly electron: ElectronApplication,
    readonly page: Page,
  ) {
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** `target` is a file or an address of the web. */
  static async open(target: string): Promise<BarePage> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-page-'));
    const executablePath = bareRuntime();
    const application = await _electron.launch({
      executablePath,
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        ...['--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${path.join(dir, 'data')}`, target],
      ],
      timeout: 60_000,
    });
    const opened = new BarePage([dir, path.dirname(executablePath)], application, await application.firstWindow());
    // Once more, with an ear at the page from its first moment.
    await opened.page.reload();
    return opened;
  }

  async close(): Promise<void> {
    // A page may ask whether it may be left; nothing in it is worth an answer.
    await this.electron.evaluate(({ app }) => app.exit()).catch(() => undefined);
    await this.electron.close();
    for (const folder of this.folders) {
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  }
}
