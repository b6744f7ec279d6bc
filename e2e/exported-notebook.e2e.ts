/**
 * A notebook that was exported from a journal is an ordinary one: nbformat finds it valid, and JupyterLab opens it.
 *
 * It is run headless on the server, exported at two moments, and handed to a JupyterLab that has never seen the session.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalFiles } from '../electron/core/journal/library.ts';
import { lastEntryOf } from './support/journals.ts';
import { startJupyter, testPython, type TestServer } from './support/jupyter-server.ts';
import { LabPage, labPython, startLabServer } from './support/jupyterlab.ts';
import { outputsById, tour } from './support/notebooks.ts';
import { look, putNotebook } from './support/pages.ts';

const run = promisify(execFile);
const cli = path.resolve('.out/cli/nightjar.js');
const lab = labPython();
const strict = 'import sys, nbformat\nnbformat.validate(nbformat.read(sys.argv[1], nbformat.NO_CONVERT))';

let server: TestServer;
let dir = '';
/** As the server's notebook stands after the run. */
let ran: unknown;

beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-exported-'));
  server = await startJupyter();
  await putNotebook(server, 'tour.ipynb', tour);
  const journals = path.join(dir, 'journals');
  await run(
    process.execPath,
    [cli, 'run', 'tour.ipynb', '--server', server.baseUrl, '--token-env', 'MY_TOKEN', '--journal', journals],
    { env: { ...process.env, HOME: dir, MY_TOKEN: server.token } },
  );
  ran = JSON.parse(fs.readFileSync(path.join(server.root, 'tour.ipynb'), 'utf8'));
  await server.stop();
});

afterAll(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

function journal(): string {
  return journalFiles(path.join(dir, 'journals'))[0] ?? '';
}

/** Exports the journal to a file of a folder, whole or as it stood at a moment. */
async function exportTo(folder: string, name: string, ...at: string[]): Promise<unknown> {
  const file = path.join(folder, name);
  await run(process.execPath, [cli, 'journal', 'export', journal(), '--to', 'ipynb', '--output', file, ...at]);
  await run(testPython(), ['-c', strict, file]);
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

describe('an exported notebook', () => {
  it('is valid, and has what the session left, or what stood there at a moment', async () => {
    expect(outputsById(await exportTo(dir, 'whole.ipynb'))).toEqual(outputsById(ran));
    const half = outputsById(
      await exportTo(dir, 'half.ipynb', '--at', `#${Math.floor(lastEntryOf(path.join(dir, 'journals')) / 2)}`),
    );
    expect(Object.keys(half)).toEqual(Object.keys(outputsById(ran)));
    expect(half.stdout).toEqual(outputsById(ran).stdout);
    expect(half.after).toEqual({ outputs: [], count: null });
  });

  it.skipIf(lab === null)('opens in JupyterLab as it stands in the file', async () => {
    const labServer = await startLabServer(lab ?? '');
    try {
      const exported = await exportTo(labServer.root, 'exported.ipynb');
      const opened = await LabPage.open(labServer);
      try {
        const { page } = opened.browser;
        await opened.openNotebook('exported.ipynb');
        const notebook = page.locator('.jp-NotebookPanel .jp-Notebook');
        await expect.poll(() => notebook.innerText(), look).toContain('after the error');
        await expect.poll(() => notebook.locator('h1').innerText(), look).toContain('A tour');
        await notebook.locator('.jp-OutputArea-output img').first().waitFor();
        await notebook.locator('.jp-OutputArea-output table').first().waitFor();
        await expect.poll(() => notebook.innerText(), look).toContain('ValueError');
        const model = await page.evaluate(() => {
          const app: unknown = Reflect.get(window, 'jupyterapp');
          const { shell } = app as { shell: { currentWidget: { content: { model: { toJSON(): unknown } } } } };
          return shell.currentWidget.content.model.toJSON();
        });
        expect(outputsById(model)).toEqual(outputsById(exported));
        // It would ask about a file that it cannot read, or a kernel that it does not know.
        expect(await page.locator('.jp-Dialog').allInnerTexts()).toEqual([]);
        await page.screenshot({ path: path.join('.out', 'exported-in-jupyterlab.png') });
      } finally {
        await opened.browser.close();
      }
    } finally {
      await labServer.stop();
    }
  });
});
