import { Buffer } from 'node:buffer';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeStartRequest, nothingAsked, parseArguments } from './arguments.ts';
import { describeBusy } from './busy.ts';
import { CrashBudget, crashesMax, crashWindowMs } from './crash-budget.ts';
import { openLog } from './log.ts';
import { describeForLog, describeWithoutValues, redact } from './redact.ts';
import { createSecretBox, type Keychain } from './secret-box.ts';
import { putDamagedAside } from './settings-file.ts';
import { windowTitle } from './titles.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nightjar-host-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A keychain that only turns the text round: enough to see that it was asked. */
const keychain: Keychain = {
  isAvailable: () => true,
  encrypt: (plain) => Buffer.from([...plain].reverse().join('')),
  decrypt: (sealed) => [...sealed.toString()].reverse().join(''),
};

describe('the secret box', () => {
  it('seals with the keychain and opens again', () => {
    const box = createSecretBox(keychain);
    const sealed = box.seal('s3cret');
    expect(box.hasKeychain).toBe(true);
    expect(sealed).toBe(`sealed:${Buffer.from('terc3s').toString('base64')}`);
    expect(box.open(sealed)).toBe('s3cret');
  });

  it('marks what it could not seal, and still opens it when a keychain has come', () => {
    const box = createSecretBox({ ...keychain, isAvailable: () => false });
    const stored = box.seal('s3cret');
    expect(box.hasKeychain).toBe(false);
    expect(stored.startsWith('plain:')).toBe(true);
    expect(createSecretBox(keychain).open(stored)).toBe('s3cret');
  });

  it('counts a keychain that refuses as none', () => {
    const refuse = (): never => {
      throw new Error('denied');
    };
    const box = createSecretBox({ isAvailable: () => true, encrypt: refuse, decrypt: refuse });
    expect(box.seal('s3cret').startsWith('plain:')).toBe(true);
    expect(box.hasKeychain).toBe(false);
    expect(box.open('sealed:AAAA')).toBeNull();
    expect(box.open('something else')).toBeNull();
  });
});

describe('a settings file', () => {
  it('that is sound, or missing, is left alone', () => {
    const file = path.join(folder, 'settings.json');
    expect(putDamagedAside(file, 0)).toBeNull();
    writeFileSync(file, '{"a": 1}');
    expect(putDamagedAside(file, 0)).toBeNull();
    expect(readdirSync(folder)).toEqual(['settings.json']);
  });

  it('that is damaged is kept under another name', () => {
    const file = path.join(folder, 'settings.json');
    for (const [index, text] of ['{"a": 1', '[]', '', 'null'].entries()) {
      writeFileSync(file, text);
      const kept = putDamagedAside(file, index * 1000);
      expect(kept).toContain('settings.json.damaged-1970-01-01T00-00-0');
      expect(kept === null ? null : readFileSync(kept, 'utf8')).toBe(text);
    }
    expect(readdirSync(folder)).toHaveLength(4);
  });
});

describe('the log', () => {
  it('keeps lines in order, for this account only, and at most three files', () => {
    const log = openLog(folder, () => 0);
    const line = 'x'.repeat(8_000);
    for (let index = 0; index < 600; index += 1) {
      log(`${index} ${line}`);
      log.flush();
    }
    expect(readdirSync(folder).sort()).toEqual(['nightjar.1.log', 'nightjar.2.log', 'nightjar.log']);
    const files = readdirSync(folder).map((name) => path.join(folder, name));
    for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(1024 * 1024);
    const lines = readFileSync(path.join(folder, 'nightjar.log'), 'utf8').trim().split('\n');
    expect(lines.at(-1)?.startsWith('1970-01-01T00:00:00.000Z 599 x')).toBe(true);
    expect(statSync(path.join(folder, 'nightjar.log')).mode & 0o077).toBe(0);
  });

  it('says nothing when it cannot be written', () => {
    writeFileSync(path.join(folder, 'in-the-way'), '');
    const log = openLog(path.join(folder, 'in-the-way', 'logs'));
    log('lost');
    log.flush();
    expect(readdirSync(folder)).toEqual(['in-the-way']);
  });
});

describe('text for the log', () => {
  it('holds no token, however it got there', () => {
    const token = 'a'.repeat(24) + 'B7'.repeat(12);
    for (const text of [
      `GET http://host/api?token=${token}`,
      `Authorization: token ${token}`,
      `authorization=Bearer ${token}`,
      `"token": "${token}"`,
      `unexpected ${token} here`,
      'token: short',
    ]) {
      expect(redact(text)).not.toMatch(/aaaa|B7B7|short/);
    }
    expect(redact('journal 7 could not be read')).toBe('journal 7 could not be read');
  });

  it('names the place of a bug, and its message only when nobody sent it', () => {
    const error = new TypeError('cannot read "my notebook"');
    expect(describeWithoutValues(error)).toMatch(/^TypeError\n {2}at /);
    expect(describeWithoutValues(error)).not.toContain('my notebook');
    expect(describeForLog(error)).toContain('my notebook');
    expect(describeWithoutValues('secret')).toBe('a thrown string');
  });
});

describe('a window that crashes', () => {
  it('comes back by itself three times a minute, then the person is asked', () => {
    const budget = new CrashBudget();
    for (let crash = 0; crash < crashesMax; crash += 1) expect(budget.mayReload(crash)).toBe(true);
    expect(budget.mayReload(crashesMax)).toBe(false);
    expect(budget.mayReload(2 * crashWindowMs)).toBe(true);
    budget.reset();
    expect(budget.mayReload(2 * crashWindowMs + 1)).toBe(true);
  });
});

describe('the command line', () => {
  it('is taken apart into the demo, addresses and files', () => {
    const args = ['--no-sandbox', '--demo', 'https://host/lab?token=x', 'train.ipynb', ''];
    expect(parseArguments(args)).toEqual({
      demo: true,
      addresses: ['https://host/lab?token=x'],
      files: ['train.ipynb'],
    });
    expect(parseArguments([])).toEqual(nothingAsked);
  });

  it('survives being handed over, and nonsense in its place does no harm', () => {
    const request = parseArguments(['--demo', 'http://host/']);
    expect(decodeStartRequest(JSON.parse(JSON.stringify(request)))).toEqual(request);
    for (const nonsense of [null, 5, 'x', [], { demo: 'yes', addresses: [7], files: {} }]) {
      expect(decodeStartRequest(nonsense)).toEqual(nothingAsked);
    }
  });
});

describe('words for people', () => {
  it('titles carry the name and the unsaved mark of the system', () => {
    expect(windowTitle('train.ipynb', true, false)).toBe('*train.ipynb — Nightjar');
    expect(windowTitle('train.ipynb', true, true)).toBe('train.ipynb');
    expect(windowTitle('Nightjar', false, false)).toBe('Nightjar');
    expect(windowTitle('a\n\u202Eb', false, false)).toBe('a b — Nightjar');
    expect(windowTitle('', false, false)).toBe('Nightjar');
  });

  it('what is running is named', () => {
    const one = { serverName: 'gpu-box', notebookPath: 'runs/train.ipynb' };
    const nameless = { serverName: 'hub', notebookPath: null };
    expect(describeBusy([one])).toBe('A cell of train.ipynb is still running on gpu-box.');
    expect(describeBusy([nameless])).toBe('A cell of a notebook is still running on hub.');
    expect(describeBusy([one, nameless])).toBe(
      'Cells of train.ipynb on gpu-box and of 1 other notebook are still running.',
    );
  });
});
