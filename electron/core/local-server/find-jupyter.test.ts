import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBasePython, findJupyter, firstInOrder, installOf, isAtLeast, parsePythonFacts } from './find-jupyter.ts';
import { probesAtOnce } from './limits.ts';
import { completionMarker, programOfKernelSpec, pythonCandidates } from './python-candidates.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nightjar-find-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, text = '#!/bin/sh\nexit 0\n'): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o755 });
  return file;
}

const facts = { executable: '/p', python: '3.11.7', jupyterServer: '2.21.1', ipykernel: '7.4.0', venv: true };

describe('candidates for a Python', () => {
  it('come in order: chosen, private, active environment, PATH, behind a jupyter command, kernels', async () => {
    const dataDir = path.join(folder, 'data');
    const chosen = await program('chosen/python');
    const own = await program('data/python/bin/python');
    await program('data/python/nightjar-complete.json', '{}');
    const active = await program('venv/bin/python');
    const onPath = await program('bin/python3');
    await symlink('python3', path.join(folder, 'bin/python'));
    const pipx = await program('pipx/python3.12');
    await program('bin/jupyter', `#!${pipx}\nimport sys\n`);
    const kernel = await program('conda/bin/python');
    await program('home/.local/share/jupyter/kernels/mine/kernel.json', JSON.stringify({ argv: [kernel, '-m', 'x'] }));
    const environment = {
      NIGHTJAR_PYTHON: chosen,
      VIRTUAL_ENV: path.join(folder, 'venv'),
      PATH: ['relative', path.join(folder, 'bin')].join(path.delimiter),
    };
    const found = await pythonCandidates({ environment, dataDir, home: path.join(folder, 'home'), platform: 'linux' });
    const mine = found.filter((candidate) => candidate.file.startsWith(folder));
    expect(mine.map((candidate) => candidate.file)).toEqual([chosen, own, active, onPath, pipx, kernel]);
    expect(mine.slice(0, 3).map((candidate) => candidate.source)).toEqual(['chosen', 'private', 'found']);
  });

  it('leave out a private environment that was not built to the end', async () => {
    await program('data/python/bin/python');
    const dataDir = path.join(folder, 'data');
    const found = await pythonCandidates({ environment: {}, dataDir, home: folder });
    expect(found.some((candidate) => candidate.source === 'private')).toBe(false);
    expect(completionMarker(dataDir)).toBe(path.join(dataDir, 'python', 'nightjar-complete.json'));
  });

  it('of a kernel specification are absolute paths of a Python only', () => {
    expect(programOfKernelSpec('{"argv":["/a/python3.12","-m"]}')).toBe('/a/python3.12');
    for (const text of ['{"argv":["python","-m"]}', '{"argv":["/usr/bin/R"]}', '{"argv":[]}', 'x', '{"argv":3}']) {
      expect(programOfKernelSpec(text)).toBeUndefined();
    }
  });
});

describe('the answer of a Python', () => {
  it('is read from its own line among noise', () => {
    expect(parsePythonFacts(`hello\nnightjar-python:${JSON.stringify(facts)}\nbye`)).toEqual(facts);
    for (const text of ['', 'nightjar-python:{', 'nightjar-python:{"executable":""}', JSON.stringify(facts)]) {
      expect(parsePythonFacts(text)).toBeNull();
    }
  });

  it('counts only with both packages and a server that is new enough', () => {
    expect(installOf(facts, 'found')?.jupyterServerVersion).toBe('2.21.1');
    expect(installOf({ ...facts, jupyterServer: '1.13.0' }, 'found')).not.toBeNull();
    expect(installOf({ ...facts, jupyterServer: '1.12.9' }, 'found')).toBeNull();
    expect(installOf({ ...facts, jupyterServer: null }, 'found')).toBeNull();
    expect(installOf({ ...facts, ipykernel: null }, 'found')).toBeNull();
    expect(isAtLeast('nonsense', [0, 0])).toBe(false);
  });
});

describe('asking several', () => {
  it('the first in order wins although a later one answers sooner, never more than three at once', async () => {
    let running = 0;
    let most = 0;
    const answer = await firstInOrder([40, 20, 1, 1, 1, 1], undefined, async (delayMs) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      running -= 1;
      return delayMs === 40 ? null : delayMs;
    });
    expect(answer).toBe(20);
    expect(most).toBe(probesAtOnce);
    expect(running).toBe(0);
  });

  it('gives nothing when cancelled', async () => {
    expect(await firstInOrder([1], AbortSignal.abort(), () => Promise.resolve(1))).toBeNull();
  });

  it.skipIf(process.platform === 'win32')('a program that is no Python is passed over', async () => {
    const chosen = await program('python');
    const options = { environment: { NIGHTJAR_PYTHON: chosen, PATH: '' }, dataDir: folder };
    const found = await findJupyter(options);
    expect(found?.python).not.toBe(chosen);
    const base = await findBasePython(options);
    expect(base.kind === 'found' ? base.python : '').not.toBe(chosen);
  });
});
