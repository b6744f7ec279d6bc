import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copySamples, sampleNotebook } from './ensure-server.ts';
import { takeLock } from './flight-lock.ts';
import { installEnvironment, pipArguments } from './install-jupyter.ts';
import { logKeptBytesMax } from './limits.ts';
import { LogFollower } from './log-follower.ts';
import { isAlive, nameProcess } from './processes.ts';
import { adoptLocalServer, LocalServer, serverArguments, serverEnvironment } from './run-server.ts';
import {
  forgetServer,
  parseServerRecord,
  prepareServerFiles,
  readServerRecord,
  type ServerRecord,
  serverFiles,
  writeServerRecord,
} from './server-files.ts';

const token = '0123456789abcdef'.repeat(3);
const record: ServerRecord = {
  schema: 1,
  pid: 2 ** 22 + 1,
  birth: 'ticks:1',
  port: 8888,
  token,
  rootDir: '/notebooks',
  startedAt: '2030-01-01T00:00:00.000Z',
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nightjar-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the record of the server', () => {
  it('is read back as written, and only its owner may read it', async () => {
    await writeServerRecord(folder, record);
    expect(await readServerRecord(folder)).toEqual(record);
    if (process.platform !== 'win32') expect((await stat(serverFiles(folder).record)).mode & 0o777).toBe(0o600);
    await forgetServer(folder, 1);
    expect(await readServerRecord(folder)).not.toBeNull();
    await forgetServer(folder, record.pid);
    expect(await readServerRecord(folder)).toBeNull();
  });

  it('is refused when damaged or odd', () => {
    const odd = [{ pid: 1 }, { pid: -5 }, { port: 0 }, { token: 'x' }, { schema: 2 }, { birth: 3 }];
    for (const change of odd) expect(parseServerRecord(JSON.stringify({ ...record, ...change }))).toBeNull();
    expect(parseServerRecord('{"schema":1')).toBeNull();
    expect(parseServerRecord('')).toBeNull();
  });

  it('of a process that is gone, or of another one with its id, adopts nothing', async () => {
    await writeServerRecord(folder, record);
    expect(await adoptLocalServer(folder)).toBeNull();
    await writeServerRecord(folder, { ...record, pid: process.pid });
    expect(await adoptLocalServer(folder)).toBeNull();
  });
});

describe('the log of the server', () => {
  it('keeps at most its bound of the previous run', async () => {
    const { log, previousLog } = serverFiles(folder);
    await writeFile(log, `${'x'.repeat(logKeptBytesMax)}the end`);
    await prepareServerFiles(folder);
    expect((await stat(log)).size).toBe(0);
    const previous = await readFile(previousLog, 'utf8');
    expect(previous).toHaveLength(logKeptBytesMax);
    expect(previous.endsWith('the end')).toBe(true);
  });

  it('is followed in whole lines without the token, and tells a taken port', async () => {
    const { log } = serverFiles(folder);
    await writeFile(log, 'old: address already in use\n');
    const lines: string[] = [];
    const follower = new LogFollower(log, token, (line) => lines.push(line));
    await follower.skipToEnd();
    await writeFile(log, `http://127.0.0.1/?token=${token}\nhalf`, { flag: 'a' });
    await follower.read();
    expect(lines).toEqual(['http://127.0.0.1/?token=[redacted]']);
    expect(follower.saysPortTaken()).toBe(false);
    await writeFile(log, ' The port 8888 is already in use.\n', { flag: 'a' });
    await follower.read();
    expect(lines[1]).toBe('half The port 8888 is already in use.');
    expect(follower.saysPortTaken()).toBe(true);
  });
});

describe('the command and environment of the server', () => {
  it('never has the token among the arguments', () => {
    const text = serverArguments(1234, '/home/ann/notebooks').join(' ');
    expect(text).toContain('--ServerApp.ip=127.0.0.1');
    expect(text).not.toMatch(/token/i);
  });

  it('has its own configuration, keeps the kernels of the person, and drops what would change the server', () => {
    const given = {
      PATH: '/bin',
      JUPYTER_PATH: '/kernels',
      JUPYTER_CONFIG_DIR: '/home/ann/.jupyter',
      JUPYTER_CONFIG_PATH: '/x',
      JUPYTER_TOKEN: 'theirs',
      JUPYTER_TOKEN_FILE: '/x',
      JUPYTER_GATEWAY_URL: 'http://x',
      ELECTRON_RUN_AS_NODE: '1',
    };
    expect(serverEnvironment(given, serverFiles(folder), token)).toEqual({
      PATH: '/bin',
      JUPYTER_PATH: '/kernels',
      JUPYTER_CONFIG_DIR: path.join(folder, 'config'),
      JUPYTER_RUNTIME_DIR: path.join(folder, 'runtime'),
      JUPYTER_TOKEN: token,
    });
  });

  it('a server shows its token neither printed nor serialised', () => {
    const server = new LocalServer(folder, record, '2.21.1');
    expect(server.token).toBe(token);
    expect(inspect(server, { depth: 9, showHidden: true })).not.toContain(token);
    expect(JSON.stringify(server)).not.toContain(token);
  });

  it('pip keeps the settings of the person but for the place of installation', () => {
    expect(pipArguments({})).toContain('--retries');
    expect(pipArguments({ PIP_RETRIES: '5' })).not.toContain('--retries');
    const environment = installEnvironment({ PIP_TARGET: '/x', PIP_INDEX_URL: 'https://i', PIP_USER: '1' });
    expect(environment).toEqual({ PIP_INDEX_URL: 'https://i', PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' });
  });
});

describe('the lock', () => {
  const never = new AbortController().signal;

  it('is held by one, waited for by the other, and gone after', async () => {
    const first = await takeLock(folder, never, () => undefined);
    let waited = 0;
    const second = takeLock(folder, never, () => {
      waited += 1;
      if (first.kind === 'held') void first.release();
    });
    const outcome = await second;
    expect(outcome.kind).toBe('held');
    expect(waited).toBe(1);
    if (outcome.kind === 'held') await outcome.release();
    await expect(stat(path.join(folder, 'server.lock'))).rejects.toThrow();
  });

  it('of a dead owner is taken over by exactly one of many', async () => {
    await writeFile(path.join(folder, 'server.lock'), JSON.stringify({ pid: 2 ** 22 + 1, birth: 'ticks:1', id: 'x' }));
    const giveUp = new AbortController();
    const all = Array.from({ length: 8 }, () => takeLock(folder, giveUp.signal, () => undefined));
    setTimeout(() => giveUp.abort(), 400);
    const outcomes = await Promise.all(all);
    const held = outcomes.filter((outcome) => outcome.kind === 'held');
    expect(held).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.kind === 'cancelled')).toHaveLength(7);
  });
});

describe('processes', () => {
  it('are known by id and birth', async () => {
    const me = await nameProcess(process.pid);
    expect(me).not.toBeNull();
    if (me === null) return;
    expect(await isAlive(me)).toBe(true);
    if (me.birth !== null) expect(await isAlive({ ...me, birth: 'another' })).toBe(false);
    expect(await nameProcess(2 ** 22 + 1)).toBeNull();
  });
});

describe('the sample notebook', () => {
  it('is copied when absent, and the one of the person is left alone', async () => {
    const sampleDir = fileURLToPath(new URL('./sample/', import.meta.url));
    expect(await copySamples(sampleDir, folder)).toBe(sampleNotebook);
    await writeFile(path.join(folder, sampleNotebook), 'mine');
    expect(await copySamples(sampleDir, folder)).toBe(sampleNotebook);
    expect(await readFile(path.join(folder, sampleNotebook), 'utf8')).toBe('mine');
    expect(await copySamples(path.join(folder, 'nowhere'), folder)).toBeNull();
  });

  it('is clean nbformat 4.5 with an id for every cell and no output', async () => {
    const text = await readFile(new URL(`./sample/${sampleNotebook}`, import.meta.url), 'utf8');
    const notebook: unknown = JSON.parse(text);
    expect(notebook).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
    const cells = text.match(/"cell_type"/g) ?? [];
    const ids = new Set(text.match(/"id": "[^"]+"/g) ?? []);
    expect(ids.size).toBe(cells.length);
    expect(text).not.toMatch(/import (numpy|pandas|matplotlib)/);
    expect(text.match(/"outputs": (?!\[\])/g)).toBeNull();
  });
});
