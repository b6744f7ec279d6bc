/**
 * Journals on Windows: a class `Nightjar.Journal` with the command that opens it, and the ending `.nightjar` that
 * leads to it, in the registry of this account (`HKCU\Software\Classes`), written by the system's own `reg.exe`.
 *
 * A program that the person chose under "Open with" comes before both, and Windows lets no other program change that
 * choice: it is read here, and told. What `reg.exe` prints depends on language and code page, so of its output only
 * our own plain names are looked for; the command, which may have any letters, is compared by `reg.exe` itself.
 */
import path from 'node:path';
import { fail, ok } from '../../../shared/result.ts';
import { journalEnding } from '../journal/library.ts';
import type { Environment } from '../local-server/subprocess.ts';
import type { Association, AssociationResult, RunTool } from './association.ts';
import type { Launch } from './launch.ts';

export interface WindowsOptions {
  readonly launch: Launch;
  readonly environment: Environment;
  readonly run: RunTool;
}

const className = 'Nightjar.Journal';
const classes = String.raw`HKCU\Software\Classes`;
const classKey = `${classes}\\${className}`;
const commandKey = String.raw`${classKey}\shell\open\command`;
const endingKey = `${classes}\\${journalEnding}`;
const offersKey = String.raw`${endingKey}\OpenWithProgids`;
const explorer = String.raw`HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer`;
const choiceKey = [explorer, 'FileExts', journalEnding, 'UserChoice'].join('\\');

export interface RegistryValue {
  readonly key: string;
  /** Null for the default value of the key. */
  readonly name: string | null;
  readonly data: string;
}

/** In the order of writing: the ending leads to the class only once the class is whole. */
export function registryValues(launch: Launch): readonly RegistryValue[] {
  return [
    { key: classKey, name: null, data: 'Nightjar Journal' },
    { key: `${classKey}\\DefaultIcon`, name: null, data: `"${launch.program}",0` },
    { key: commandKey, name: null, data: openCommand(launch) },
    { key: offersKey, name: className, data: '' },
    { key: endingKey, name: null, data: className },
  ];
}

/** The command of the class. `%1` is the file; a percent sign in a path is doubled, as it would begin such a place. */
export function openCommand({ program, args }: Launch): string {
  return [...[program, ...args].map((argument) => quote(argument.replaceAll('%', '%%'))), '"%1"'].join(' ');
}

/** Paths of Windows have no quotation marks; backslashes before the closing one would escape it. */
function quote(argument: string): string {
  return /[\s%]/.test(argument) || argument.includes('\\') ? `"${argument.replace(/\\+$/, '$&$&')}"` : argument;
}

export class WindowsAssociation implements Association {
  readonly #launch: Launch;
  readonly #run: RunTool;
  /** By its full path: a program of that name in the working folder is not to be started instead. */
  readonly #tool: string;

  constructor({ launch, environment, run }: WindowsOptions) {
    this.#launch = launch;
    this.#run = run;
    const windows = environment.SystemRoot || String.raw`C:\Windows`;
    this.#tool = path.win32.join(windows, 'System32', 'reg.exe');
  }

  async isOn(): Promise<boolean> {
    const command = ['query', commandKey, '/f', openCommand(this.#launch), '/d', '/e', '/c'];
    if (!(await this.#succeeds(command)) || !(await this.#isNamed(endingKey, ['/ve']))) return false;
    const hasChoice = await this.#succeeds(['query', choiceKey, '/v', 'ProgId']);
    return !hasChoice || (await this.#isNamed(choiceKey, ['/v', 'ProgId']));
  }

  async turnOn(): Promise<AssociationResult> {
    for (const { key, name, data } of registryValues(this.#launch)) {
      const which = name === null ? ['/ve'] : ['/v', name];
      const content = data === '' ? [] : ['/d', data];
      if (await this.#succeeds(['add', key, ...which, '/t', 'REG_SZ', ...content, '/f'])) continue;
      await this.#remove();
      return cannotWrite;
    }
    return (await this.isOn()) ? ok(null) : otherProgram;
  }

  async turnOff(): Promise<AssociationResult> {
    await this.#remove();
    const isGone = !(await this.#succeeds(['query', classKey])) && !(await this.#isNamed(endingKey, ['/ve']));
    return isGone ? ok(null) : cannotRemove;
  }

  /** What is not there cannot be deleted, which is no failure: whether all is gone is looked at afterwards. */
  async #remove(): Promise<void> {
    if (await this.#isNamed(endingKey, ['/ve'])) await this.#succeeds(['delete', endingKey, '/ve', '/f']);
    await this.#succeeds(['delete', offersKey, '/v', className, '/f']);
    await this.#succeeds(['delete', classKey, '/f']);
    // The ending may have become another program's meanwhile: its key goes only when it holds no value any more.
    const rest = await this.#run(this.#tool, ['query', endingKey, '/s']);
    const isEmpty = rest.kind === 'exited' && rest.code === 0 && !/\sREG_[A-Z]+/.test(rest.stdout);
    if (isEmpty) await this.#succeeds(['delete', endingKey, '/f']);
  }

  async #isNamed(key: string, which: readonly string[]): Promise<boolean> {
    const outcome = await this.#run(this.#tool, ['query', key, ...which]);
    return outcome.kind === 'exited' && outcome.code === 0 && outcome.stdout.includes(className);
  }

  async #succeeds(args: readonly string[]): Promise<boolean> {
    const outcome = await this.#run(this.#tool, args);
    return outcome.kind === 'exited' && outcome.code === 0;
  }
}

const cannotWrite = fail(
  'cannot-write',
  'Windows did not let Nightjar write to the registry of your account, so journals do not open with Nightjar, and ' +
    'nothing was changed. Ask whoever manages this computer, or open journals with File, Open Journal File.',
);

const cannotRemove = fail(
  'cannot-write',
  'Windows did not let Nightjar remove its entries from the registry of your account, so journals may still open with ' +
    'Nightjar. To choose another program, right click on a journal and choose Open with.',
);

const otherProgram = fail(
  'other-program',
  'Nightjar is known to Windows now, but another program was chosen for journals, and only you can change that. ' +
    'Right click on a journal, choose Open with, Choose another app, Nightjar, and tick Always.',
);
