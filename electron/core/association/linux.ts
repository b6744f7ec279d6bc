/**
 * Journals on a Linux desktop: a desktop entry that starts Nightjar, a description of the kind of file, and the entry
 * as the first choice for it, all below the person's own data and configuration folders.
 *
 * Three tools of the desktop take part. `update-mime-database` is needed: most desktops read only what it makes, and
 * whoever has a desktop has it. `update-desktop-database` and `xdg-mime` are run when they are there. GLib learns of
 * an entry only through the first or through a list, so where `xdg-mime` is absent, or wrote to another list (as for
 * old KDE), the choice is put into `mimeapps.list` here: every desktop reads that one.
 *
 * No tool takes a choice back, so that is done here as well. A turning on that fails is undone as a whole, unless all
 * that is left to do is a choice of the person's: for that the entry has to be there.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { fail, ok } from '../../../shared/result.ts';
import { errorCode } from '../local-server/problem.ts';
import type { Environment } from '../local-server/subprocess.ts';
import type { Association, AssociationResult, RunTool } from './association.ts';
import { cacheGroup, defaultGroup, entriesIn, removedGroup, withDefault, withoutEntry } from './default-lists.ts';
import { canBeNamed, desktopEntry, desktopEntryName, execLine } from './desktop-entry.ts';
import type { Launch } from './launch.ts';
import { isKnownIn, mediaType, mimePackage, mimePackageName } from './media-type.ts';

export interface LinuxOptions {
  readonly launch: Launch;
  readonly environment: Environment;
  readonly homeFolder: string;
  readonly run: RunTool;
}

/** What `update-mime-database` makes beside the folder `packages`, from what is in there. */
const generatedMimeFiles: ReadonlySet<string> = new Set([
  ...['XMLnamespaces', 'aliases', 'generic-icons', 'globs', 'globs2', 'icons', 'magic', 'mime.cache'],
  ...['subclasses', 'treemagic', 'types', 'version'],
]);
/** What `update-desktop-database` makes beside the entries. */
const generatedEntryFiles: ReadonlySet<string> = new Set(['mimeinfo.cache']);
const nothing: ReadonlySet<string> = new Set();

export class LinuxAssociation implements Association {
  readonly #launch: Launch;
  readonly #run: RunTool;
  readonly #applications: string;
  readonly #mime: string;
  readonly #entryFile: string;
  readonly #packageFile: string;
  /** Where the choice is written: the list that every desktop reads. */
  readonly #ownList: string;
  /** The person's lists, first the ones that are asked first. */
  readonly #lists: readonly string[];

  constructor({ launch, environment, homeFolder, run }: LinuxOptions) {
    const home = environment.HOME || homeFolder;
    const dataHome = folderOf(environment.XDG_DATA_HOME, path.join(home, '.local', 'share'));
    const configHome = folderOf(environment.XDG_CONFIG_HOME, path.join(home, '.config'));
    this.#launch = launch;
    this.#run = run;
    this.#applications = path.join(dataHome, 'applications');
    this.#mime = path.join(dataHome, 'mime');
    this.#entryFile = path.join(this.#applications, desktopEntryName);
    this.#packageFile = path.join(this.#mime, 'packages', mimePackageName);
    this.#ownList = path.join(configHome, 'mimeapps.list');
    const names = [...desktopsOf(environment).map((name) => `${name}-mimeapps.list`), 'mimeapps.list'];
    this.#lists = [configHome, this.#applications].flatMap((folder) => names.map((name) => path.join(folder, name)));
  }

  async isOn(): Promise<boolean> {
    const entry = await readText(this.#entryFile);
    return (
      entry.split('\n').includes(execLine(this.#launch)) && (await this.#isKnownKind()) && (await this.#isFirstChoice())
    );
  }

  async turnOn(): Promise<AssociationResult> {
    if (!canBeNamed(this.#launch)) return cannotBeNamed(this.#launch.program);
    try {
      const failed = await this.#write();
      if (failed === null) return (await this.isOn()) ? ok(null) : otherProgram;
      await this.#remove();
      return failed;
    } catch (error) {
      // What made the writing fail may make the removal fail too; the first is what the person is told.
      await this.#remove().catch(() => undefined);
      return cannotWrite(error, 'so journals do not open with Nightjar');
    }
  }

  async turnOff(): Promise<AssociationResult> {
    try {
      await this.#remove();
    } catch (error) {
      return cannotWrite(error, 'so journals may still open with Nightjar');
    }
    return (await this.#isKnownKind()) ? staleDatabase(this.#mime) : ok(null);
  }

  async #write(): Promise<AssociationResult | null> {
    await writeWhole(this.#entryFile, desktopEntry(this.#launch));
    await writeWhole(this.#packageFile, mimePackage);
    const updated = await this.#run('update-mime-database', [this.#mime]);
    if (!(await this.#isKnownKind())) return updated.kind === 'not-started' ? toolMissing : toolFailed;
    await this.#run('update-desktop-database', [this.#applications]);
    for (const list of this.#lists) {
      await edit(list, (text) => withoutEntry(text, mediaType, desktopEntryName, removedGroup));
    }
    await this.#run('xdg-mime', ['default', desktopEntryName, mediaType]);
    const own = entriesIn(await readText(this.#ownList), defaultGroup, mediaType);
    if (own[0] !== desktopEntryName) {
      await edit(this.#ownList, (text) => withDefault(text, mediaType, desktopEntryName));
    }
    return null;
  }

  async #remove(): Promise<void> {
    await fs.rm(this.#entryFile, { force: true });
    await fs.rm(this.#packageFile, { force: true });
    for (const list of this.#lists) {
      await edit(list, (text) => withoutEntry(text, mediaType, desktopEntryName, null));
    }
    await this.#run('update-mime-database', [this.#mime]);
    await this.#run('update-desktop-database', [this.#applications]);
    await removeUnlessUsed(this.#applications, generatedEntryFiles);
    await removeUnlessUsed(path.join(this.#mime, 'application'), nothing);
    await removeUnlessUsed(path.join(this.#mime, 'packages'), nothing);
    // Stays as long as there is a folder of packages in it, or anything else.
    await removeUnlessUsed(this.#mime, generatedMimeFiles);
  }

  async #isKnownKind(): Promise<boolean> {
    return isKnownIn(await readText(path.join(this.#mime, 'globs2')));
  }

  /** The first list that has a choice for journals decides; where none has, the cache of entries does. */
  async #isFirstChoice(): Promise<boolean> {
    for (const list of this.#lists) {
      const text = await readText(list);
      if (entriesIn(text, removedGroup, mediaType).includes(desktopEntryName)) return false;
      const [first] = entriesIn(text, defaultGroup, mediaType);
      if (first !== undefined) return first === desktopEntryName;
    }
    const cache = await readText(path.join(this.#applications, 'mimeinfo.cache'));
    return entriesIn(cache, cacheGroup, mediaType)[0] === desktopEntryName;
  }
}

const nothingChanged = 'so journals do not open with Nightjar, and nothing was changed.';

const toolMissing = fail(
  'tool-missing',
  'The program update-mime-database, which tells the desktop about a new kind of file, is not on this computer, ' +
    `${nothingChanged} Install the package shared-mime-info, then try again.`,
);

const toolFailed = fail(
  'tool-failed',
  'The desktop’s database of file types could not be brought up to date by update-mime-database, ' +
    `${nothingChanged} Check that your disk is not full, then try again.`,
);

const otherProgram = fail(
  'other-program',
  'Nightjar is known to the desktop now, but another program was chosen for journals and still comes first. ' +
    'Right click on a journal in the file manager, choose Open With, and make Nightjar the default.',
);

function cannotBeNamed(program: string): AssociationResult {
  return fail(
    'cannot-be-named',
    `Nightjar lies in ${path.dirname(program)}, and a desktop can start no program with an equal sign in its path, ` +
      `${nothingChanged} Move Nightjar to a folder without one, then try again.`,
  );
}

function staleDatabase(folder: string): AssociationResult {
  return fail(
    'tool-failed',
    'Journals do not open with Nightjar any more, but the desktop still knows them as a kind of file, because its ' +
      `database could not be brought up to date. To do that, run update-mime-database ${folder} in a terminal.`,
  );
}

/** An error that is not one of the disk is a bug, and is thrown on. */
function cannotWrite(error: unknown, consequence: string): AssociationResult {
  const code = errorCode(error);
  if (code === null) throw error;
  const file = error instanceof Error && 'path' in error ? String(error.path) : 'a file of the desktop';
  return fail(
    'cannot-write',
    `${file} could not be changed (${code}), ${consequence}. Check that the disk is not full and that the folder ` +
      'belongs to you, then try again.',
  );
}

/** Relative folders are invalid and passed over (XDG Base Directory specification). */
function folderOf(value: string | undefined, otherwise: string): string {
  return value !== undefined && path.isAbsolute(value) ? value : otherwise;
}

/** A desktop may have lists of its own, named after it in lower case. */
function desktopsOf(environment: Environment): string[] {
  const names = (environment.XDG_CURRENT_DESKTOP ?? '').toLowerCase().split(':');
  return names.filter((name) => /^[a-z0-9._-]+$/.test(name));
}

/** Empty when there is no such file, or none that can be read: then the desktop cannot read it either. */
async function readText(file: string): Promise<string> {
  return await fs.readFile(file, 'utf8').catch(() => '');
}

/** Whole or not at all; folders that are missing are made for this account alone, as the specification asks. */
async function writeWhole(file: string, text: string): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}.new`;
  try {
    await fs.writeFile(beside, text);
    await fs.rename(beside, file);
  } catch (error) {
    await fs.rm(beside, { force: true });
    throw error;
  }
}

/** Changes a list in place, behind the link where it is one; a list in which nothing is left is removed. */
async function edit(file: string, change: (text: string) => string): Promise<void> {
  const text = await fs.readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const changed = change(text);
  if (changed === text) return;
  const place = await fs.realpath(file).catch(() => file);
  if (changed === '' && place === file) await fs.rm(file);
  else await writeWhole(place, changed);
}

/** Removes a folder that holds nothing but what tools make anew from what is gone. */
async function removeUnlessUsed(folder: string, generated: ReadonlySet<string>): Promise<void> {
  const names = await fs.readdir(folder).catch(() => null);
  if (names === null || names.some((name) => !generated.has(name))) return;
  for (const name of names) await fs.rm(path.join(folder, name));
  await fs.rmdir(folder);
}
