/**
 * A save that is disturbed by the server itself: a stock server takes a notebook that is read while it is written for
 * a broken one, and loses what was saved.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerConnection } from '@jupyterlab/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotebookDrive } from './services.ts';
import { startJupyter, type TestServer } from '../../e2e/support/jupyter-server.ts';
import { notebookOf, type TestCell } from '../../e2e/support/notebooks.ts';

const name = 'read-meanwhile.ipynb';
const rounds = 5;
/** Large enough that the server is busy with writing it for a while. */
const cellCount = 4_000;

let server: TestServer;

beforeAll(async () => {
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
});

function numbered(round: number): TestCell[] {
  return Array.from({ length: cellCount }, (_, cell) => ({ id: `c${cell}`, source: `# ${round}\n`.repeat(20) }));
}

function sourceInFile(): string {
  try {
    const notebook: unknown = JSON.parse(fs.readFileSync(path.join(server.root, name), 'utf8'));
    return JSON.stringify(notebook).slice(0, 400);
  } catch (error) {
    return String(error);
  }
}

/** As JupyterLab saves: looks, writes, looks again. */
async function save(drive: NotebookDrive, round: number): Promise<void> {
  await drive.get(name, { content: false, hash: true });
  await drive.save(name, { type: 'notebook', format: 'json', content: notebookOf(numbered(round)) });
  await drive.get(name, { content: false, hash: true });
}

describe('a save while others read the file', () => {
  it('arrives, whatever the server made of the file meanwhile', async () => {
    const serverSettings = ServerConnection.makeSettings({ baseUrl: server.baseUrl, token: server.token });
    const drive = new NotebookDrive({ serverSettings });
    const content = notebookOf(numbered(0));
    await server.rest('PUT', `api/contents/${name}`, { type: 'notebook', format: 'json', content });
    await drive.get(name, { content: true, hash: true });
    let disturbed = 0;
    for (let round = 1; round <= rounds; round += 1) {
      const saving = save(drive, round).then(
        () => 'saved',
        (error: unknown) => String(error),
      );
      const readers: Promise<unknown>[] = [];
      for (let delayMs = 0; delayMs < 400; delayMs += 20) {
        await sleep(20);
        readers.push(server.rest('GET', `api/contents/${name}?type=notebook&content=1`).catch(() => null));
      }
      expect(await saving).toBe('saved');
      await Promise.all(readers);
      expect(sourceInFile(), `after save ${round}`).toContain(`# ${round}\\n`);
      disturbed += fs.existsSync(path.join(server.root, `${name}.invalid`)) ? 1 : 0;
      fs.rmSync(path.join(server.root, `${name}.invalid`), { force: true });
    }
    // A server that no longer does this makes the test empty: it should be told.
    expect(disturbed).toBeGreaterThan(0);
    drive.dispose();
  });
});
