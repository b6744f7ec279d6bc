import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessTo } from '../../../e2e/support/core-host.ts';
import { startJupyter, type TestServer } from '../../../e2e/support/jupyter-server.ts';
import { notebookOf } from '../../../e2e/support/notebooks.ts';
import type { ToWindow } from '../../../shared/ipc/tunnel.ts';
import { ReadAhead } from './read-ahead.ts';
import { Tunnel } from './tunnel.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
});

/** What a window gets for its request, through a tunnel of its own. */
function answerTo(pathOfRequest: string): Promise<ToWindow> {
  return new Promise((resolve) => {
    let ask: (message: unknown) => void = () => undefined;
    const tunnel = new Tunnel({
      windowId: 'a window',
      server: accessTo(server.baseUrl, server.token),
      // Only requests that concern kernels look for sessions.
      sessions: null as never,
      port: {
        post: (message) => {
          resolve(message);
          tunnel.close();
        },
        onMessage: (listener) => {
          ask = listener;
        },
        close: () => undefined,
      },
      log: () => undefined,
      isHelper: () => false,
      onServerState: () => undefined,
      readAhead: new ReadAhead(),
    });
    ask({ t: 'fetch', id: 1, method: 'GET', path: pathOfRequest, headers: [], body: null });
  });
}

it('a notebook that somebody writes at the moment is not taken for broken', async () => {
  const name = 'being-written.ipynb';
  const file = path.join(server.root, name);
  const notebook = (source: string): string => JSON.stringify(notebookOf([{ id: 'a', source }]));
  // As the server's own save leaves them: the version from before beside a file that is to be filled.
  fs.writeFileSync(path.join(server.root, `.~${name}`), notebook('before = 1'));
  fs.writeFileSync(file, '');
  const answer = answerTo(`api/contents/${name}?type=notebook&content=1&hash=1`);
  await sleep(700);
  fs.writeFileSync(file, notebook('after = 1'));
  const received = await answer;
  const body = received.t === 'answer' ? received.body : null;
  const model: unknown = JSON.parse(new TextDecoder().decode(body ?? new Uint8Array()));
  expect(model).toMatchObject({ content: { cells: [{ source: 'after = 1' }] } });
  expect(fs.readdirSync(server.root)).not.toContain(`${name}.invalid`);
});
