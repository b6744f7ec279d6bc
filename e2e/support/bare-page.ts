/**
 * A page in a bare Chromium window: the engine of the app without the app, for files that have to do without it.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';

const main = `
  const { app, BrowserWindow } = require('electron');
  app.whenReady().then(() => {
    const window = new BrowserWindow({ width: 1100, height: 820, webPreferences: { sandbox: true } });
    window.loadFile(process.argv.at(-1));
  });
`;

export class BarePage {
  readonly requests: string[] = [];
  /** What the page wrote to the console as an error: a script that failed, a rule that it broke. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly dir: string,
    private readonly application: ElectronApplication,
    readonly page: Page,
  ) {
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  static async open(file: string): Promise<BarePage> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-page-'));
    const script = path.join(dir, 'main.cjs');
    fs.writeFileSync(script, main);
    const application = await _electron.launch({
      executablePath: process.env.NIGHTJAR_ELECTRON ?? '',
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        ...['--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${path.join(dir, 'data')}`, script, file],
      ],
      timeout: 60_000,
    });
    const opened = new BarePage(dir, application, await application.firstWindow());
    // Once more, with an ear at the page from its first moment.
    await opened.page.reload();
    return opened;
  }

  async close(): Promise<void> {
    await this.application.close();
    fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
