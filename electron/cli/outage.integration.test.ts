import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy } from '../../e2e/support/fault-proxy.ts';
import { oldPython, startJupyter, type TestServer, testPython } from '../../e2e/support/jupyter-server.ts';
import { notebookOf } from '../../e2e/support/notebooks.ts';

const cli = path.resolve('.out/cli/nightjar.js');
const lineCount = 600;
const numbered = (name: string): string =>
  Array.from({ length: lineCount }, (_, index) => `${name} ${index}\n`).join('');

/** 50 lines a second; a file beside the notebook counts how often the cell was run. */
const source = (name: string): string => `import sys, time
with open('ran-${name}', 'a') as file:
    file.write('x')
for i in range(${lineCount}):
    sys.stdout.write(f'${name} {i}\\n')
    sys.stdout.flush()
    time.sleep(0.02)`;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The text of each cell, as a notebook file has it. */
function streamsOf(notebook: unknown): string[] {
  const { cells } = notebook as { cells: { outputs: { name?: string; text?: string | string[] }[] }[] };
  return cells.map(({ outputs }) => outputs.map(({ text }) => [text ?? ''].flat().join('')).join(''));
}

const servers = [
  { what: 'a current server', python: testPython() },
  ...(oldPython() === null ? [] : [{ what: 'an old server', python: oldPython() ?? '' }]),
];

describe.each(servers)('nightjar run, on the way to $what', ({ python }) => {
  let server: TestServer;
  let proxy: FaultProxy;
  let dir = '';

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-cli-'));
    server = await startJupyter(python);
    proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
  });

  afterAll(async () => {
    await proxy.stop();
    await server.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  function nightjar(...args: string[]): Promise<Ran> {
    const env = { ...process.env, HOME: dir, MY_TOKEN: server.token };
    return new Promise((resolve) => {
      execFile(process.execPath, [cli, ...args], { env, timeout: 170_000 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 99), out, err }),
      );
    });
  }

  const ran = (name: string): string => {
    const file = path.join(server.root, `ran-${name}`);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  };

  async function begun(name: string): Promise<void> {
    await expect.poll(() => ran(name), { timeout: 90_000, interval: 50 }).toBe('x');
    await pause(1_000);
  }

  it('meets a dead network, cuts, refusals and a server in trouble, and ends with every line', async () => {
    const cells = ['first', 'second'].map((id) => ({ id, source: source(id) }));
    await server.rest('PUT', 'api/contents/paced.ipynb', {
      ...{ type: 'notebook', format: 'json', content: notebookOf(cells) },
    });
    const output = path.join(dir, 'out.ipynb');
    const running = nightjar(
      ...['run', 'paced.ipynb', '--server', `http://127.0.0.1:${proxy.port}/`, '--token-env', 'MY_TOKEN'],
      ...['--journal', path.join(dir, 'journals'), '--output', output],
    );
    await begun('first');
    // Open on both sides, and dead.
    proxy.setEntrance('silent');
    proxy.blackhole();
    await pause(6_000);
    proxy.cut();
    proxy.setEntrance('open');
    await begun('second');
    for (const ms of [400, 100]) {
      proxy.cut();
      await pause(ms);
    }
    proxy.setEntrance('refused');
    proxy.cut();
    await pause(14_000);
    proxy.setEntrance(503);
    await pause(1_500);
    // And once more in the middle of the catching up.
    proxy.cutAfter(6_000);
    proxy.setEntrance('open');
    const { code, out, err } = await running;
    expect({ code, err: err.match(/nightjar:.*/g) }).toEqual({ code: 0, err: null });
    const expected = [numbered('first'), numbered('second')];
    expect(streamsOf(JSON.parse(fs.readFileSync(output, 'utf8')))).toEqual(expected);
    const model = (await server.rest('GET', 'api/contents/paced.ipynb?content=1')) as { content: unknown };
    expect(streamsOf(model.content)).toEqual(expected);
    expect([ran('first'), ran('second')]).toEqual(['x', 'x']);
    const journal = /journal (.*)$/m.exec(out)?.[1] ?? '';
    const verified = await nightjar('journal', 'verify', journal);
    expect(verified.out).toMatch(/^Sound: .* 0 gaps\.$/m);
  });

  it('says what is missing from the outputs', async () => {
    // A number that the kernel gives, and no message with it: as one that was lost between kernel and server.
    const source =
      "print('before', flush=True)\nget_ipython().kernel.session.msg('stream')\nprint('after', flush=True)";
    await server.rest('PUT', 'api/contents/lossy.ipynb', {
      ...{ type: 'notebook', format: 'json', content: notebookOf([{ id: 'lossy', source }]) },
    });
    const { code, err } = await nightjar(
      ...['run', 'lossy.ipynb', '--server', server.baseUrl, '--token-env', 'MY_TOKEN', '--quiet'],
      ...['--journal', path.join(dir, 'lossy')],
    );
    expect({ code, err: err.match(/nightjar:.*/g) }).toEqual({
      code: 0,
      err: [
        expect.stringMatching(/^nightjar: The outputs have a gap of 1 message, .*\. The journal marks the place\.$/),
      ],
    });
  });
});
