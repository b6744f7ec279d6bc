import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOutcome } from '../local-server/subprocess.ts';
import { type Association, journalAssociation, type RunTool } from './association.ts';
import { desktopEntry, execLine } from './desktop-entry.ts';
import { type Launch, launchOf } from './launch.ts';
import { mediaType } from './media-type.ts';
import { openCommand, registryValues } from './windows.ts';

const launch = launchOf('/opt/night jar/electron', '/home/ada/night jar', ['--no-sandbox', 'a.ipynb', '--demo']);

const ended = (code: number, stdout = ''): RunOutcome => ({ kind: 'exited', code, stdout, stderr: '' });
const absent: RunOutcome = { kind: 'not-started' };

describe('how the running Nightjar is started again', () => {
  it('takes along the folder of the app and the switches of the sandbox, and nothing that was meant for one start', () => {
    expect(launch.args).toEqual(['/home/ada/night jar', '--no-sandbox']);
    expect(launchOf('/opt/electron', null, ['http://host:8888/?token=s3cret', '--demo']).args).toEqual([]);
  });
});

/** Reads a value of a desktop entry as the specification tells a desktop to: escapes, quotes, field codes. */
function commandOf(line: string): string[] {
  const value = textOfValue(line);
  const words = [...value.matchAll(/"((?:[^"\\]|\\[\s\S])*)"|([^\s"]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll(/\\([\s\S])/g, '$1'),
  );
  return words.map((word) => word.replaceAll('%%', '%'));
}

function textOfValue(line: string): string {
  const escapes: Record<string, string> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };
  return line
    .slice(line.indexOf('=') + 1)
    .replaceAll(/^ +| +$/g, '')
    .replaceAll(/\\([\s\S])/g, (_all, character: string) => escapes[character] ?? `?${character}`);
}

describe('the desktop entry', () => {
  const line = (program: string): string => execLine({ program, args: [] });

  it('escapes spaces, percent signs, quotes, dollars and backslashes as the specification demands', () => {
    expect(line('/opt/nightjar/electron')).toBe('Exec=/opt/nightjar/electron %F');
    expect(line('/opt/night jar/e')).toBe('Exec="/opt/night jar/e" %F');
    expect(line('/opt/100%/e')).toBe('Exec=env "/opt/100%%/e" %F');
    expect(line('/opt/"n"/e')).toBe(String.raw`Exec="/opt/\\"n\\"/e" %F`);
    expect(line('/opt/$n/e')).toBe(String.raw`Exec="/opt/\\$n/e" %F`);
    expect(line('/opt/`n`/e')).toBe('Exec="/opt/\\\\`n\\\\`/e" %F');
    expect(line('/opt/n\\j/e')).toBe(String.raw`Exec="/opt/n\\\\j/e" %F`);
    expect(line('/opt/n\nj/e')).toBe(String.raw`Exec="/opt/n\nj/e" %F`);
  });

  it('gives a desktop back every path as it was, on one line', () => {
    const anyPath = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `/${text.replaceAll('\0', '')}`);
    fc.assert(
      fc.property(anyPath, anyPath, (program, folder) => {
        const lines = desktopEntry({ program, args: [folder] }).split('\n');
        const exec = lines.find((one) => one.startsWith('Exec=')) ?? '';
        const tryExec = lines.find((one) => one.startsWith('TryExec=')) ?? '';
        expect(commandOf(exec)).toEqual([...(program.includes('%') ? ['env'] : []), program, folder, '%F']);
        expect(textOfValue(tryExec)).toBe(program);
        expect(lines).toHaveLength(12);
      }),
    );
  });
});

describe('journals on a Linux desktop', () => {
  let folder = '';
  let calls: string[][] = [];
  let missing: readonly string[] = [];
  const inData = (name: string): string => path.join(folder, 'data', name);
  const inConfig = (name: string): string => path.join(folder, 'config', name);
  const textOf = (file: string): string => readFileSync(file, 'utf8');
  const everything = (): string[] => readdirSync(folder, { recursive: true }).map(String).sort();

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nightjar association %-'));
    mkdirSync(inData(''));
    mkdirSync(inConfig(''));
    calls = [];
    missing = [];
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** The desktop's tools, doing what of them matters here. */
  const tools: RunTool = async (program, args) => {
    calls.push([program, ...args]);
    if (missing.includes(program)) return absent;
    const [first = '', entry = '', type = ''] = args;
    if (program === 'update-mime-database') {
      if (!existsSync(path.join(first, 'packages'))) return ended(1);
      const packages = readdirSync(path.join(first, 'packages')).map((name) => path.join(first, 'packages', name));
      const patterns = packages.flatMap((file) => [
        ...textOf(file).matchAll(/type="(app[^"]+)">[\s\S]*?pattern="([^"]+)"/g),
      ]);
      writeFileSync(path.join(first, 'globs2'), patterns.map(([, name, glob]) => `50:${name}:${glob}\n`).join(''));
      writeFileSync(path.join(first, 'mime.cache'), '');
    } else if (program === 'update-desktop-database') {
      if (!existsSync(first)) return ended(1);
      const names = readdirSync(first).filter((name) => name.endsWith('.desktop'));
      writeFileSync(path.join(first, 'mimeinfo.cache'), `[MIME Cache]\n${mediaType}=${names.join(';')};\n`);
    } else {
      writeFileSync(inConfig('mimeapps.list'), `\n[Default Applications]\n${type}=${entry}\n`, { flag: 'a' });
    }
    return ended(0);
  };
  const association = (by: Launch = launch, desktop = ''): Association => {
    const environment = {
      HOME: folder,
      XDG_DATA_HOME: inData(''),
      XDG_CONFIG_HOME: inConfig(''),
      XDG_CURRENT_DESKTOP: desktop,
    };
    const options = { platform: 'linux', launch: by, environment, homeFolder: '/nowhere', run: tools };
    return journalAssociation(options) ?? expect.fail('there is an association on Linux');
  };

  it('are opened after turning it on: an entry, a kind of file, a choice, and the tools are told', async () => {
    expect(await association().isOn()).toBe(false);
    expect(await association().turnOn()).toEqual({ ok: true, value: null });
    expect(await association().isOn()).toBe(true);
    const entry = textOf(inData('applications/nightjar.desktop'));
    expect(entry.split('\n')).toContain('Exec="/opt/night jar/electron" "/home/ada/night jar" --no-sandbox %F');
    expect(entry).toContain('MimeType=application/x-nightjar-journal;\n');
    const kind = textOf(inData('mime/packages/nightjar.xml'));
    expect(kind).toContain('<glob pattern="*.nightjar"/>');
    expect(kind).toContain('<match type="string" offset="68" value="NJAR"/>');
    expect(textOf(inConfig('mimeapps.list'))).toContain(`${mediaType}=nightjar.desktop`);
    expect(calls).toEqual([
      ['update-mime-database', inData('mime')],
      ['update-desktop-database', inData('applications')],
      ['xdg-mime', 'default', 'nightjar.desktop', mediaType],
    ]);
  });

  it('leave nothing behind when it is turned off', async () => {
    const before = everything();
    await association().turnOn();
    expect(everything()).not.toEqual(before);
    expect(await association().turnOff()).toEqual({ ok: true, value: null });
    expect(await association().isOn()).toBe(false);
    expect(everything()).toEqual(before);
  });

  it('leave what belongs to others as it was', async () => {
    const list =
      '# mine\n[Added Associations]\ntext/plain=a.desktop;\n\n[Default Applications]\ntext/plain=b.desktop;\n';
    mkdirSync(inData('applications'));
    mkdirSync(inData('mime/packages'), { recursive: true });
    writeFileSync(inData('applications/other.desktop'), '[Desktop Entry]\n');
    writeFileSync(inData('mime/packages/other.xml'), '<mime-info/>');
    writeFileSync(path.join(folder, 'dotfile'), list);
    symlinkSync(path.join(folder, 'dotfile'), inConfig('mimeapps.list'));
    missing = ['xdg-mime'];
    expect((await association().turnOn()).ok).toBe(true);
    expect(textOf(path.join(folder, 'dotfile'))).toContain(`${mediaType}=nightjar.desktop;\ntext/plain=b.desktop;`);
    expect((await association().turnOff()).ok).toBe(true);
    expect(textOf(path.join(folder, 'dotfile'))).toBe(list);
    expect(lstatSync(inConfig('mimeapps.list')).isSymbolicLink()).toBe(true);
    expect(existsSync(inData('applications/other.desktop'))).toBe(true);
    expect(existsSync(inData('mime/packages/other.xml'))).toBe(true);
  });

  it('need neither update-desktop-database nor xdg-mime', async () => {
    missing = ['update-desktop-database', 'xdg-mime'];
    expect((await association().turnOn()).ok).toBe(true);
    expect(textOf(inConfig('mimeapps.list'))).toBe(`[Default Applications]\n${mediaType}=nightjar.desktop;\n`);
    expect(await association().isOn()).toBe(true);
    await association().turnOff();
    expect(everything()).toEqual(['config', 'data']);
  });

  it('say what is missing where the desktop cannot be told of a new kind of file, and leave nothing', async () => {
    missing = ['update-mime-database'];
    const result = await association().turnOn();
    expect(result).toMatchObject({ ok: false, problem: { kind: 'tool-missing' } });
    expect(!result.ok && result.problem.sentence).toContain('Install the package shared-mime-info');
    expect(everything()).toEqual(['config', 'data']);
  });

  it('are off as the system says: another Nightjar, another choice, or a choice taken back', async () => {
    await association().turnOn();
    expect(await association({ ...launch, program: '/elsewhere/electron' }).isOn()).toBe(false);
    writeFileSync(inConfig('mimeapps.list'), `[Default Applications]\n${mediaType}=viewer.desktop;nightjar.desktop;\n`);
    expect(await association().isOn()).toBe(false);
    writeFileSync(inConfig('mimeapps.list'), `[Removed Associations]\n${mediaType}=nightjar.desktop;\n`);
    expect(await association().isOn()).toBe(false);
    // Without any choice the only entry for journals is the one that opens them.
    writeFileSync(inConfig('mimeapps.list'), '');
    expect(await association().isOn()).toBe(true);
  });

  it('become the first choice before one that was made earlier, which comes back', async () => {
    missing = ['xdg-mime'];
    const earlier = `[Default Applications]\n${mediaType}=viewer.desktop;\n`;
    writeFileSync(inConfig('mimeapps.list'), `[Removed Associations]\n${mediaType}=nightjar.desktop;\n\n${earlier}`);
    expect((await association().turnOn()).ok).toBe(true);
    expect(textOf(inConfig('mimeapps.list')).trim()).toBe(
      `[Default Applications]\n${mediaType}=nightjar.desktop;viewer.desktop;`,
    );
    await association().turnOff();
    expect(textOf(inConfig('mimeapps.list')).trim()).toBe(earlier.trim());
  });

  it('say so when a list of the desktop itself puts another program first', async () => {
    writeFileSync(inConfig('gnome-mimeapps.list'), `[Default Applications]\n${mediaType}=viewer.desktop\n`);
    const result = await association(launch, 'ubuntu:GNOME').turnOn();
    expect(result).toMatchObject({ ok: false, problem: { kind: 'other-program' } });
  });

  it('say which path cannot be named, or which file cannot be written', async () => {
    const unnamable = await association({ program: '/a=b/electron', args: [] }).turnOn();
    expect(unnamable).toMatchObject({ ok: false, problem: { kind: 'cannot-be-named' } });
    // A file stands where the folder should be: that stops also an administrator.
    writeFileSync(inData('applications'), '');
    chmodSync(inData('applications'), 0o400);
    const unwritable = await association().turnOn();
    expect(unwritable).toMatchObject({ ok: false, problem: { kind: 'cannot-write' } });
    expect(!unwritable.ok && unwritable.problem.sentence).toContain(inData('applications'));
    expect(everything()).toEqual(['config', 'data', 'data/applications']);
  });
});

describe('journals on Windows', () => {
  const onWindows: Launch = { program: 'C:\\Night Jar\\electron.exe', args: ['D:\\100%\\main\\'] };
  const command = String.raw`"C:\Night Jar\electron.exe" "D:\100%%\main\\" "%1"`;
  const choice = String.raw`HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\FileExts\.nightjar\UserChoice`;
  let registry = new Map<string, string>();
  let programs = new Set<string>();

  /** The part of `reg.exe` that is used: one map of `key\name` to data, where the default value has no name. */
  const reg: RunTool = async (program, [verb, key = '', ...rest]) => {
    programs.add(program);
    const argumentOf = (name: string): string | undefined =>
      rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined;
    const below = [...registry].filter(([name]) => name.startsWith(`${key}|`) || name.startsWith(`${key}\\`));
    const value = rest.includes('/ve') || argumentOf('/v') !== undefined ? `${key}|${argumentOf('/v') ?? ''}` : null;
    if (verb === 'add') {
      registry.set(value ?? key, argumentOf('/d') ?? '');
      return ended(0);
    }
    const named = value === null ? below : below.filter(([name]) => name === value);
    const sought = argumentOf('/f');
    const found = verb === 'query' && sought !== undefined ? named.filter(([, data]) => data === sought) : named;
    if (verb === 'delete') for (const [name] of found) registry.delete(name);
    return ended(
      found.length === 0 ? 1 : 0,
      found.map(([name, data]) => `    ${name}    REG_SZ    ${data}\r\n`).join(''),
    );
  };
  const association = (by: Launch = onWindows): Association => {
    const options = {
      platform: 'win32',
      launch: by,
      environment: { SystemRoot: 'C:\\WINNT' },
      homeFolder: '',
      run: reg,
    };
    return journalAssociation(options) ?? expect.fail('there is an association on Windows');
  };

  beforeEach(() => {
    registry = new Map();
    programs = new Set();
  });

  it('are opened by a command whose paths are quoted and whose percent signs are doubled', () => {
    expect(openCommand(onWindows)).toBe(command);
    expect(registryValues(onWindows).every(({ key }) => key.startsWith('HKCU\\Software\\Classes\\'))).toBe(true);
  });

  it('are turned on and off by the reg.exe of the system, and leave nothing behind', async () => {
    expect(await association().isOn()).toBe(false);
    expect(await association().turnOn()).toEqual({ ok: true, value: null });
    expect(registry.get(String.raw`HKCU\Software\Classes\Nightjar.Journal\shell\open\command|`)).toBe(command);
    expect(registry.get(String.raw`HKCU\Software\Classes\.nightjar|`)).toBe('Nightjar.Journal');
    expect(await association().isOn()).toBe(true);
    expect(await association({ ...onWindows, args: [] }).isOn()).toBe(false);
    expect(await association().turnOff()).toEqual({ ok: true, value: null });
    expect([...registry]).toEqual([]);
    expect([...programs]).toEqual([String.raw`C:\WINNT\System32\reg.exe`]);
  });

  it('leave the ending to another program that has it meanwhile', async () => {
    await association().turnOn();
    registry.set(String.raw`HKCU\Software\Classes\.nightjar|`, 'Viewer.File');
    expect((await association().turnOff()).ok).toBe(true);
    expect([...registry.values()]).toEqual(['Viewer.File']);
  });

  it('say so when the person has chosen another program, which only they can change', async () => {
    registry.set(`${choice}|ProgId`, 'Viewer.File');
    expect(await association().turnOn()).toMatchObject({ ok: false, problem: { kind: 'other-program' } });
    registry.set(`${choice}|ProgId`, 'Nightjar.Journal');
    expect(await association().isOn()).toBe(true);
  });
});

describe('journals on macOS', () => {
  it('have nothing that could be turned on', () => {
    expect(journalAssociation({ platform: 'darwin', launch, environment: {}, homeFolder: '/' })).toBeNull();
  });
});
