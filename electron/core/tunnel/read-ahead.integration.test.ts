import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTo } from '../../../e2e/support/core-host.ts';
import { startJupyter, type TestServer } from '../../../e2e/support/jupyter-server.ts';
import { notebookOf } from '../../../e2e/support/notebooks.ts';
import type { ServerAccess } from '../sessions/manager.ts';
import { ReadAhead } from './read-ahead.ts';

/** As `@jupyterlab/services` asks for a notebook. */
const query = '?type=notebook&content=1&hash=1';
const name = 'größe und maß.ipynb';
const asked = `api/contents/${encodeURIComponent(name)}${query}`;
const never = new AbortController().signal;

let server: TestServer;
let access: ServerAccess;
const ahead = new ReadAhead();

beforeAll(async () => {
  server = await startJupyter();
  access = accessTo(server.baseUrl, server.token);
  const content = notebookOf([{ id: 'a', source: 'one = 1' }]);
  await server.rest('PUT', `api/contents/${encodeURIComponent(name)}`, { type: 'notebook', format: 'json', content });
});

afterAll(async () => {
  ahead.close();
  await server.stop();
});

describe('a notebook that is asked for before its window', () => {
  it('is handed out once, to the request for just that', async () => {
    ahead.begin(access, name);
    expect(ahead.take(access, `api/contents/${encodeURIComponent(name)}?content=0&hash=1`, never)).toBeNull();
    expect(ahead.take(access, `api/contents/other.ipynb${query}`, never)).toBeNull();
    const answer = await ahead.take(access, asked, never);
    expect(answer?.status).toBe(200);
    const model: unknown = JSON.parse(new TextDecoder().decode(answer?.body));
    expect(model).toMatchObject({ type: 'notebook', content: { cells: [{ source: 'one = 1' }] } });
    expect(ahead.take(access, asked, never)).toBeNull();
  });

  it('is asked for again when something was changed meanwhile', async () => {
    ahead.begin(access, name);
    ahead.drop(accessTo('http://127.0.0.1:1/', ''));
    expect((await ahead.take(access, asked, never))?.status).toBe(200);
    ahead.begin(access, name);
    ahead.drop(access);
    expect(ahead.take(access, asked, never)).toBeNull();
  });

  it('is left to the window where the answer is none that can be shown', async () => {
    ahead.begin(access, 'missing.ipynb');
    expect(await ahead.take(access, `api/contents/missing.ipynb${query}`, never)).toBeNull();
    const closing = accessTo(server.baseUrl, 'wrong');
    ahead.begin(closing, name);
    expect(await ahead.take(closing, asked, never)).toBeNull();
  });

  it('is not taken for broken while somebody writes it', async () => {
    const file = path.join(server.root, 'being-written.ipynb');
    const backup = path.join(server.root, '.~being-written.ipynb');
    const notebook = (source: string): string => JSON.stringify(notebookOf([{ id: 'a', source }]));
    // As the server's own save leaves them: the version from before beside a file that is to be filled.
    fs.writeFileSync(backup, notebook('before = 1'));
    fs.writeFileSync(file, '');
    ahead.begin(access, 'being-written.ipynb');
    const answer = ahead.take(access, `api/contents/being-written.ipynb${query}`, never);
    await sleep(700);
    fs.writeFileSync(file, notebook('after = 1'));
    const model: unknown = JSON.parse(new TextDecoder().decode((await answer)?.body));
    expect(model).toMatchObject({ content: { cells: [{ source: 'after = 1' }] } });
    expect(fs.readdirSync(server.root)).not.toContain('being-written.ipynb.invalid');
  });

  it('ends with the request of the window', async () => {
    ahead.begin(access, name);
    const controller = new AbortController();
    const answer = ahead.take(access, asked, controller.signal);
    controller.abort();
    expect(await answer).toBeNull();
  });
});
