/**
 * Notebooks that are files of this computer while their kernel runs on a server.
 *
 * Which files these are is kept as a list of names under which windows know them: a window asks for its own name, and
 * never for a file of its choice. A file is written beside and renamed, with the permissions it had; one that is no
 * notebook is not touched.
 */
import crypto from 'node:crypto';
import fsPromises from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { DiskNotebook } from '../../../shared/ipc/contract.ts';
import { diskNotebookBytesMax, diskNotebooksMax } from '../../../shared/limits.ts';
import { parseNotebook, serializeNotebook } from '../../../shared/outputs/notebook.ts';
import { codeOf, describeUnknown, fail, ok, type Result } from '../../../shared/result.ts';
import type { SettingsPort } from '../api.ts';

const stored = v.array(v.object({ name: v.string(), file: v.string() }));
const settingsKey = 'notebooks.onDisk';

type Version = Pick<DiskNotebook, 'lastModified' | 'hash'>;

export class DiskNotebooks {
  private entries: readonly { readonly name: string; readonly file: string }[];

  constructor(private readonly settings: SettingsPort) {
    const parsed = v.safeParse(stored, settings.get(settingsKey));
    this.entries = parsed.success ? parsed.output : [];
  }

  /** The name under which windows know this file. It reads like a path, and no other file has it. */
  nameOf(file: string): string {
    const known = this.entries.find((entry) => entry.file === file);
    if (known !== undefined) return known.name;
    const folder = path.basename(path.dirname(file)) || 'files';
    const taken = new Set(this.entries.map(({ name }) => name));
    let name = `This computer/${folder}/${path.basename(file)}`;
    for (let count = 2; taken.has(name); count += 1) {
      name = `This computer/${folder} ${count}/${path.basename(file)}`;
    }
    this.entries = [{ name, file }, ...this.entries].slice(0, diskNotebooksMax);
    this.settings.set(settingsKey, this.entries);
    return name;
  }

  /** The file behind a name, or null for the path of a notebook on a server. */
  fileOf(name: string): string | null {
    return this.entries.find((entry) => entry.name === name)?.file ?? null;
  }

  async read(name: string): Promise<Result<DiskNotebook>> {
    const file = this.fileOf(name);
    if (file === null) return unknownFile;
    try {
      const { size } = await fsPromises.stat(file);
      if (size > diskNotebookBytesMax) {
        return fail('too-large', `${file} is larger than Nightjar opens from this computer. It was left as it is.`);
      }
      const text = await fsPromises.readFile(file, 'utf8');
      const parsed = parseNotebook(text);
      if (!parsed.ok) return parsed;
      return ok({ notebook: { ...parsed.value }, ...(await versionOf(file, text)) });
    } catch (error) {
      return describe(file, 'read', error);
    }
  }

  /** Which version of the file is there, without its content. */
  async look(name: string): Promise<Result<Version>> {
    const file = this.fileOf(name);
    if (file === null) return unknownFile;
    try {
      return ok(await versionOf(file, await fsPromises.readFile(file, 'utf8')));
    } catch (error) {
      return describe(file, 'read', error);
    }
  }

  async write(name: string, notebook: Record<string, unknown>): Promise<Result<Version>> {
    const named = this.fileOf(name);
    if (named === null) return unknownFile;
    const parsed = parseNotebook(notebook);
    if (!parsed.ok) return parsed;
    const text = serializeNotebook(parsed.value);
    try {
      // A link stays a link: what it points to is replaced.
      const file = await fsPromises.realpath(named).catch(() => named);
      const mode = await fsPromises.stat(file).then(
        (stat) => stat.mode & 0o777,
        () => 0o644,
      );
      const beside = `${file}.${process.pid}.partial`;
      const handle = await fsPromises.open(beside, 'w', mode);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fsPromises.rename(beside, file);
      return ok(await versionOf(file, text));
    } catch (error) {
      return describe(named, 'written', error);
    }
  }
}

const unknownFile = fail(
  'unknown-file',
  'Nightjar no longer knows which file of this computer this is. Open it again with File, Open Local Notebook.',
);

/** The hash decides: a file that was only touched is the same file. */
async function versionOf(file: string, text: string): Promise<Version> {
  const { mtime } = await fsPromises.stat(file);
  return {
    lastModified: mtime.toISOString(),
    hash: crypto.createHash('sha256').update(text).digest('hex'),
  };
}

function describe(file: string, what: 'read' | 'written', error: unknown): Result<never> {
  const code = codeOf(error);
  if (code === 'ENOENT') return fail('missing', `${file} is not there. It may have been moved, renamed or deleted.`);
  if (code === 'EACCES' || code === 'EPERM') return fail('forbidden', `${file} may not be ${what} by this account.`);
  if (code === 'ENOSPC') return fail('full', `${file} could not be written: the disk is full.`);
  return fail('disk', `${file} could not be ${what} (${describeUnknown(error)}).`);
}
