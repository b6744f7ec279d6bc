/** The journal commands as somebody types them: the built program, in pipes, on journals that were recorded. */
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookOf, TestSession } from '../../core/journal/testing/session.ts';
import { bytesNamed, timeNamed } from './options.ts';

const cli = path.resolve('.out/cli/nightjar.js');
let dir = '';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function journal(...args: string[]): Promise<Ran> {
  const env = { ...process.env, HOME: dir, TZ: 'UTC' };
  return new Promise((resolve) => {
    const options = { env, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [cli, 'journal', ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 99), out, err });
    });
  });
}

const inDir = (...args: string[]): Promise<Ran> => journal(...args, '--journal', dir);

beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-cli-journal-'));
  const session = new TestSession(path.join(dir, 'story.nightjar'), { journalId: 'story', state: 'closed' });
  session.snapshot(notebookOf({ top: '# Title', a: 'train()', b: 'boom' }), 'loaded');
  session.begin('a', 'train()');
  for (let epoch = 0; epoch < 5_000; epoch++) {
    session.timeMs += 100;
    session.print(`epoch ${epoch} loss\n`);
  }
  session.end();
  session.begin('b', 'boom');
  session.fail('ValueError', 'no good');
  session.close();
  const other = new TestSession(path.join(dir, 'other.nightjar'), {
    journalId: 'other',
    owner: 'cli',
    state: 'closed',
  });
  other.run('a', 'x', 'needle\n'.repeat(2_000));
  other.close();
});

afterAll(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

describe('nightjar journal', () => {
  it('lists, for people and for programs', async () => {
    const listed = await inDir('list');
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out.trim().split('\n')).toHaveLength(2);
    expect(listed.out).toMatch(/story {2}analysis\.ipynb {2}lab {2}.* 1 error/);
    const lines = (await inDir('list', '--json')).out.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { journalId: string }).journalId).sort()).toEqual([
      'other',
      'story',
    ]);
  });

  it('shows messages, and the notebook at a moment named by time or entry', async () => {
    const shown = await inDir('show', 'story');
    expect(shown.out).toMatch(/→ shell execute_request {2}train\(\)\n/);
    expect(shown.out.trim().split('\n').at(-1)).toMatch(/iopub status {2}idle$/);
    const early = await inDir('show', 'story', '--at', '2025-11-24T16:00:10.050Z');
    expect(early.out).toContain('[*]   train()');
    expect(early.out).toContain('epoch 99 loss');
    expect(early.out).not.toContain('epoch 100 loss');
    expect((await inDir('show', 'story', '--at', '#5')).out).toContain('epoch 0 loss');
    const json = JSON.parse((await inDir('show', 'story', '--at', '16:00:01', '--json')).out) as { order: string[] };
    expect(json.order).toEqual(['top', 'a', 'b']);
    const late = (await inDir('show', 'story', '--at', '2030-01-01')).out;
    expect(late).toMatch(/\[2\] {3}boom\n\s+ValueError: no good/);
    expect(late).not.toContain('\u001b');
  });

  it('searches all journals', async () => {
    const found = await inDir('search', 'epoch', '4321');
    expect(found).toMatchObject({ code: 0, err: '' });
    expect(found.out).toMatch(/^story {2}#4326 .* epoch 4321 loss/);
    const json = await inDir('search', 'needle', '--json', '--limit', '1');
    expect(JSON.parse(json.out)).toMatchObject({ journalId: 'other', where: 'output' });
    expect(await inDir('search', 'nowhere')).toMatchObject({ code: 1, out: '', err: '' });
  });

  it('prints one hash for a journal, before and after it was compacted', async () => {
    const before = await inDir('verify', 'story', '--head');
    expect(before).toMatchObject({ code: 0 });
    const head = /^([0-9a-f]{64}) {2}(\d+) entries$/m.exec(before.out)?.[0];
    expect(head).toBeDefined();
    const compacted = await inDir('compact', 'story');
    expect(compacted).toMatchObject({ code: 0, err: '' });
    expect((await inDir('verify', 'story', '--head')).out).toContain(head);
    expect(JSON.parse((await inDir('verify', 'story', '--json')).out)).toMatchObject({ sound: true });
    expect((await inDir('show', 'story', '--at', '2030-01-01')).out).toContain('# Title');
  });

  it('exports to standard output or to a file, at any moment', async () => {
    const notebook = JSON.parse((await inDir('export', 'story', '--to', 'ipynb', '--at', '#5')).out) as {
      cells: unknown[];
    };
    expect(notebook.cells).toHaveLength(3);
    expect((await inDir('export', 'story', '--to', 'txt')).out).toContain('epoch 4999 loss');
    expect((await inDir('export', 'story', '--to', 'jsonl', '--at', '#3')).out.trim().split('\n')).toHaveLength(3);
    const target = path.join(dir, 'page.html');
    expect(await inDir('export', 'story', '--output', target)).toMatchObject({ code: 0, out: '', err: '' });
    expect(fs.readFileSync(target, 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('follows a journal that is written, to the end of its session', async () => {
    const session = new TestSession(path.join(dir, 'live.nightjar'), { journalId: 'live' });
    session.begin('a', 'x');
    session.commit();
    const child = spawn(process.execPath, [cli, 'journal', 'show', 'live', '--follow', '--journal', dir]);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await expect.poll(() => out, { timeout: 30_000 }).toContain('execute_request');
    session.print('came later\n');
    session.commit();
    await expect.poll(() => out, { timeout: 30_000 }).toContain('came later');
    session.store.setMeta({ state: 'closed' });
    session.close();
    expect(await ended).toBe(0);
    fs.rmSync(path.join(dir, 'live.nightjar'));
  });

  it('says what pruning would remove, then removes it', async () => {
    const dry = await inDir('prune', '--max', '1', '--dry-run');
    expect(dry.out).toMatch(/other .*\n1 journal would be removed: .* before, .* after\n$/s);
    expect(dry.err).toMatch(/stay/);
    expect(fs.existsSync(path.join(dir, 'other.nightjar'))).toBe(true);
    expect(JSON.parse((await inDir('prune', '--max', '1', '--json')).out)).toMatchObject({
      goes: [{ journalId: 'other' }],
    });
    expect(fs.existsSync(path.join(dir, 'other.nightjar'))).toBe(false);
    expect(fs.existsSync(path.join(dir, 'story.nightjar'))).toBe(true);
  });

  it('is silent when the reader of its pipe has enough', async () => {
    const child = spawn('sh', [
      '-c',
      `"${process.execPath}" "${cli}" journal show story --journal "${dir}" | head -n 1`,
    ]);
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect(err).toBe('');
  });
});

describe('bad input to nightjar journal', () => {
  it.each([
    [['fly'], /There is no "journal fly"/],
    [[], /Say what to do with journals/],
    [['show'], /Which journal\?/],
    [['show', 'a', 'b'], /Name one journal/],
    [['list', 'x'], /takes no names/],
    [['list', '--follow'], /--follow means nothing to "journal list"/],
    [['show', 'story', '--at', 'yesterday'], /"yesterday" is no moment/],
    [['show', 'story', '--at', '2001-01-01'], /The journal begins after/],
    [['show', 'story', '--at', '#1', '--follow'], /use one of them/],
    [['search'], /What should be searched for\?/],
    [['search', 'x', '--limit', 'many'], /--limit takes a number/],
    [['export', 'story'], /Say --to with one of/],
    [['export', 'story', '--to', 'pdf'], /not "pdf"/],
    [['export', 'story', '--to', 'txt', '--output', '/no/such/folder/x.txt'], /does not exist/],
    [['prune'], /Say --max with a size/],
    [['prune', '--max', 'much'], /"much" is no size/],
    [['verify', 'nothing'], /There is no journal nothing/],
    [['list', '--nonsense'], /--help/],
  ])('%j is one sentence and exit code 2', async (args, sentence) => {
    const ran = await inDir(...args);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(sentence);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
  });
});

describe('sizes and times on the command line', () => {
  it('are read as people write them', () => {
    expect(['1', '2k', '1.5 GB', '1GiB', '10MB', 'x', '-1', ''].map(bytesNamed)).toEqual([
      1,
      2_000,
      1_500_000_000,
      1_073_741_824,
      10_000_000,
      null,
      null,
      null,
    ]);
    expect(timeNamed('2026-03-31T14:05Z', 0)).toBe(Date.UTC(2026, 2, 31, 14, 5));
    expect(timeNamed('25:00', 0)).toBeNull();
    expect(timeNamed('2026-99-99', 0)).toBeNull();
  });
});
