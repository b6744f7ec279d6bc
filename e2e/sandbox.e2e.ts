/**
 * The app as people start it: not as root, and with Chromium's sandbox on.
 *
 * Root cannot start Chromium with its sandbox, so as root the app is started as "nobody". Where neither another account
 * nor user namespaces are to be had the test is skipped, and its name says why.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { _electron, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookAddress } from './support/app.ts';
import { startJupyter, type TestServer } from './support/jupyter-server.ts';
import { look, putNotebook, selectCell, untilIdle } from './support/pages.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
});

/** "nobody" on every Linux: an account with no rights at all. */
const nobody = 65_534;
const asNobody = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

/** Why Chromium's sandbox cannot be tried here; null when it can. */
function noSandbox(): string | null {
  if (process.platform !== 'linux') return 'it is a matter of Linux';
  if (process.getuid?.() !== 0) return null;
  const tried = spawnSync('setpriv', [...asNobody, 'unshare', '--user', '--map-root-user', 'true']);
  return tried.status === 0 ? null : 'this machine allows neither another account nor user namespaces';
}

const reason = noSandbox();

describe('the sandbox of Chromium', () => {
  it.skipIf(reason !== null)(
    `is on around a notebook window${reason === null ? '' : ` (skipped: ${reason})`}`,
    async () => {
      const home = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-nobody-'));
      const electron = process.env.NIGHTJAR_ELECTRON ?? '';
      const launcher = path.join(home, 'electron');
      const command = process.getuid?.() === 0 ? `setpriv ${asNobody.join(' ')} "${electron}"` : `"${electron}"`;
      fs.writeFileSync(launcher, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
      const data = path.join(home, 'data');
      fs.mkdirSync(data);
      fs.writeFileSync(path.join(data, 'preferences.json'), '{ "keepWindowReady": false }');
      if (process.getuid?.() === 0) for (const one of [home, data]) fs.chownSync(one, nobody, nobody);
      await putNotebook(server, 'sandboxed.ipynb', [{ id: 'one', source: "print('from a sandbox')" }]);
      const args = ['--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${data}`];
      const application = await _electron.launch({
        executablePath: launcher,
        args: [...args, notebookAddress(server, 'sandboxed.ipynb')],
        env: { ...(process.env as Record<string, string>), HOME: home },
        chromiumSandbox: true,
        timeout: 60_000,
      });
      const child = application.process();
      try {
        const isNotebook = (one: Page): boolean => one.url().includes('/notebook/');
        await expect.poll(() => application.windows().some(isNotebook), look).toBe(true);
        const notebook = application.windows().find(isNotebook) ?? expect.fail('there is no notebook window');
        await notebook.waitForSelector('body[data-nightjar-state="ready"]');
        await untilIdle(notebook);
        await selectCell(notebook, 0);
        await notebook.keyboard.press('Control+Enter');
        await notebook.getByText('from a sandbox', { exact: true }).waitFor();
        const pid = await application.evaluate(
          ({ BrowserWindow }) =>
            BrowserWindow.getAllWindows()
              .find((window) => window.webContents.getURL().includes('/notebook/'))
              ?.webContents.getOSProcessId() ?? 0,
        );
        const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
        // 2: system calls pass a filter. Without the sandbox it is 0.
        expect(status).toMatch(/^Seccomp:\t2$/m);
        expect(status).toMatch(/^NoNewPrivs:\t1$/m);
        expect(fs.readlinkSync(`/proc/${pid}/ns/user`)).not.toBe(fs.readlinkSync('/proc/self/ns/user'));
      } finally {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        void application.evaluate(({ app: running }) => running.quit()).catch(() => undefined);
        const late = setTimeout(() => child.kill('SIGKILL'), 8_000);
        await gone;
        clearTimeout(late);
        fs.rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
      }
    },
  );
});
