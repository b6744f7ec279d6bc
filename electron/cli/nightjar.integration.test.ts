import { execFile } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nbclientOutputs, startJupyter, type TestServer, oldPython } from '../../e2e/support/jupyter-server.ts';
import { notebookOf, outputsById, tour } from '../../e2e/support/notebooks.ts';
import { freePort } from '../../e2e/support/ports.ts';

const cli = path.resolve('.out/cli/nightjar.js');
let server: TestServer;
let dir = '';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function nightjar(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const environment: NodeJS.ProcessEnv = { ...process.env, HOME: dir, ...env };
    execFile(process.execPath, [cli, ...args], { env: environment, timeout: 100_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 99), out, err });
    });
  });
}

const tokenEnv = (): Record<string, string> => ({ MY_TOKEN: server.token });

async function put(name: string, notebook: unknown): Promise<void> {
  await server.rest('PUT', `api/contents/${name}`, { type: 'notebook', format: 'json', content: notebook });
}

async function get(name: string): Promise<unknown> {
  const model = await server.rest('GET', `api/contents/${name}?content=1`);
  return (model as { content: unknown }).content;
}

beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-cli-'));
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

const run = (...args: string[]): Promise<Ran> =>
  nightjar(
    ['run', ...args, '--server', server.baseUrl, '--token-env', 'MY_TOKEN', '--journal', path.join(dir, 'j')],
    tokenEnv(),
  );

describe('nightjar run', () => {
  it('makes of a notebook what nbclient makes of it, cell by cell, and proves the journal', async () => {
    await put('tour.ipynb', notebookOf(tour));
    const output = path.join(dir, 'out.ipynb');
    const ran = await run('tour.ipynb', '--output', output);
    expect(ran.err).not.toMatch(/nightjar:/);
    expect(ran.code).toBe(0);
    const reference = path.join(server.root, 'reference.ipynb');
    fs.writeFileSync(reference, JSON.stringify(notebookOf(tour)));
    const expected = outputsById(await nbclientOutputs(reference, false));
    expect(outputsById(await get('tour.ipynb'))).toEqual(expected);
    expect(outputsById(JSON.parse(fs.readFileSync(output, 'utf8')))).toEqual(expected);
    const journal = /journal (.*)$/m.exec(ran.out)?.[1] ?? '';
    const verified = await nightjar(['journal', 'verify', journal]);
    expect(verified.out).toMatch(/^Sound: .* 0 gaps\.$/m);
    expect(verified.code).toBe(0);
    const shown = await nightjar(['journal', 'show', journal, '--json']);
    const entries = shown.out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { seq: number });
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
    expect(shown.out).not.toContain(server.token);
    const listed = await nightjar(['journal', 'list', '--journal', path.join(dir, 'j'), '--json']);
    expect(listed.out).toContain('tour.ipynb');
  });

  it('leaves no kernel behind', async () => {
    expect(await server.rest('GET', 'api/kernels')).toEqual([]);
  });

  it('stops at the first failing cell with exit code 1, as nbclient does', async () => {
    const cells = [
      { id: 'a', source: 'print(1)' },
      { id: 'b', source: '1/0' },
      { id: 'c', source: 'print(3)' },
    ];
    await put('fails.ipynb', notebookOf(cells));
    const ran = await run('fails.ipynb');
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/Cell 2 failed: ZeroDivisionError: division by zero/);
    const reference = path.join(server.root, 'fails-reference.ipynb');
    fs.writeFileSync(reference, JSON.stringify(notebookOf(cells)));
    expect(outputsById(await get('fails.ipynb'))).toEqual(outputsById(await nbclientOutputs(reference, false)));
  });

  it('goes on with --allow-errors and exits 0', async () => {
    await put(
      'errors.ipynb',
      notebookOf([
        { id: 'b', source: '1/0' },
        { id: 'c', source: 'print(3)' },
      ]),
    );
    const ran = await run('errors.ipynb', '--allow-errors');
    expect(ran.code).toBe(0);
    expect(JSON.stringify(await get('errors.ipynb'))).toContain('3\\n');
  });

  it('keeps edits that others made meanwhile', async () => {
    await put('edited.ipynb', notebookOf([{ id: 'slow', source: 'import time; time.sleep(3); print("done")' }]));
    const running = run('edited.ipynb');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const edited = notebookOf([
      { id: 'note', type: 'markdown', source: 'added by a colleague' },
      { id: 'slow', source: 'import time; time.sleep(3); print("done")' },
    ]);
    await put('edited.ipynb', edited);
    expect((await running).code).toBe(0);
    const text = JSON.stringify(await get('edited.ipynb'));
    expect(text).toContain('added by a colleague');
    expect(text).toContain('done\\n');
  });

  it('tells a kernel that dies', async () => {
    await put('dies.ipynb', notebookOf([{ id: 'a', source: 'import os; os._exit(1)' }]));
    const ran = await run('dies.ipynb');
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/the kernel ended before the cell was done/);
  });

  it('works with the oldest server that is supported', async (context) => {
    const python = oldPython();
    if (python === null) {
      context.skip();
      return;
    }
    const old = await startJupyter(python);
    try {
      await old.rest('PUT', 'api/contents/x.ipynb', {
        type: 'notebook',
        format: 'json',
        content: notebookOf(tour.filter((cell) => cell.id !== 'title')),
      });
      const ran = await nightjar([
        'run',
        'x.ipynb',
        '--server',
        `${old.baseUrl}?token=${old.token}`,
        '--journal',
        path.join(dir, 'old'),
      ]);
      expect(ran.err).not.toMatch(/nightjar:/);
      expect(ran.code).toBe(0);
      const journal = /journal (.*)$/m.exec(ran.out)?.[1] ?? '';
      expect((await nightjar(['journal', 'verify', journal])).out).toMatch(/^Sound: .* 0 gaps/m);
    } finally {
      await old.stop();
    }
  });
});

describe('bad input', () => {
  const cases: [string, () => Promise<Ran> | Ran, RegExp][] = [
    ['an unknown command', () => nightjar(['fly']), /There is no command "fly"/],
    ['an unknown option', () => nightjar(['run', '--colour']), /Unknown option '--colour'/],
    ['no server', () => nightjar(['run', 'x.ipynb']), /Which server\?/],
    ['no notebook', () => nightjar(['run', '--server', 'http://127.0.0.1:1/']), /Which notebook\?/],
    [
      'an address that is none',
      () => nightjar(['run', 'x', '--server', 'not an address']),
      /not an address Nightjar can read/,
    ],
    [
      'an unset token variable',
      () => nightjar(['run', 'x', '--server', 'http://h/', '--token-env', 'UNSET_X']),
      /UNSET_X.* is not set/,
    ],
    [
      'a wrong token',
      () => nightjar(['run', 'x.ipynb', '--server', `${server.baseUrl}?token=wrong`]),
      /does not accept this token/,
    ],
    [
      'no token',
      () => nightjar(['run', 'x.ipynb', '--server', server.baseUrl], { JUPYTER_TOKEN: '' }),
      /asks for a token/,
    ],
    ['a missing notebook', () => run('missing.ipynb'), /has no notebook missing\.ipynb/],
    [
      'an unknown kernel',
      async () => {
        await put('k.ipynb', notebookOf([{ id: 'a', source: '1' }]));
        return run('k.ipynb', '--kernel', 'cobol');
      },
      /no kernel named cobol.*python3/,
    ],
    [
      'a file that is no notebook',
      async () => {
        fs.writeFileSync(path.join(server.root, 'broken.ipynb'), '{"cells": ');
        return run('broken.ipynb');
      },
      /broken\.ipynb/,
    ],
    ['an output folder that is missing', () => run('tour.ipynb', '--output', '/nowhere/x.ipynb'), /does not exist/],
    ['a journal that is missing', () => nightjar(['journal', 'show', 'nothing']), /There is no journal nothing/],
    ['a journal that is none', () => nightjar(['journal', 'verify', cli]), /not a Nightjar journal/],
  ];
  it.each(cases)('%s gets one plain line and exit code 2', async (_what, act, sentence) => {
    const ran = await act();
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(sentence);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect(ran.err).not.toMatch(/\bat .*:\d+:\d+/);
    expect(ran.err).not.toContain(server.token);
  });

  it('a refused connection', async () => {
    const ran = await nightjar(['run', 'x.ipynb', '--server', `http://127.0.0.1:${await freePort()}/`]);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/Nothing answers at/);
  });

  it('a server that is no Jupyter', async () => {
    const other = http.createServer((_request, response) => response.end('<html>hello</html>'));
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const ran = await nightjar(['run', 'x.ipynb', '--server', `http://127.0.0.1:${port}/`]);
    other.close();
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/not a Jupyter server/);
  });

  it.each([[[]], [['run', '--help']], [['journal', '--help']], [['--help']]])('help for %s', async (args) => {
    expect((await nightjar(args)).out).toMatch(/nightjar/);
  });
});
