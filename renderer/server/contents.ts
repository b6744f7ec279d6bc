/**
 * A folder of the server as the file browser shows it: entries, their order, names, and the place in the address.
 *
 * Pure. Paths are those of the contents API: no leading slash, `''` is the server's root.
 */
import { fail, ok, type Result, unreachable } from '../../shared/result.ts';
import { encodePath } from '../../shared/urls.ts';

export interface FileEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: 'folder' | 'notebook' | 'file';
  /** `null` where the server does not say. */
  readonly modifiedTimeMs: number | null;
  readonly sizeBytes: number | null;
}

export type SortColumn = 'name' | 'modified' | 'size';

export interface SortOrder {
  readonly column: SortColumn;
  readonly descending: boolean;
}

export const defaultOrder: SortOrder = { column: 'name', descending: false };

/** A click on a column turns it around; another column begins as people expect it: newest and largest first. */
export function nextOrder(order: SortOrder, column: SortColumn): SortOrder {
  return order.column === column
    ? { column, descending: !order.descending }
    : { column, descending: column !== 'name' };
}

/** `run2` before `run10`, capitals beside small letters, as file managers sort. */
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Folders stand first in every order. Entries without a value stand last; equal ones go by name. */
export function sortEntries(entries: readonly FileEntry[], order: SortOrder): FileEntry[] {
  const sign = order.descending ? -1 : 1;
  return entries.toSorted((a, b) => {
    const folders = Number(b.kind === 'folder') - Number(a.kind === 'folder');
    if (folders !== 0) {
      return folders;
    }
    const byName = collator.compare(a.name, b.name);
    switch (order.column) {
      case 'name':
        return sign * byName;
      case 'modified':
        return compareKnown(a.modifiedTimeMs, b.modifiedTimeMs, sign) || byName;
      case 'size':
        return compareKnown(a.sizeBytes, b.sizeBytes, sign) || byName;
      default:
        return unreachable(order.column);
    }
  });
}

function compareKnown(a: number | null, b: number | null, sign: number): number {
  if (a === null || b === null) {
    return Number(a === null) - Number(b === null);
  }
  return sign * (a - b);
}

export interface Crumb {
  readonly name: string;
  readonly path: string;
}

/** The folders above and including `path`, without the root. */
export function crumbs(path: string): Crumb[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((name, index) => ({ name, path: parts.slice(0, index + 1).join('/') }));
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The window's address remembers the folder, so that loading the window again comes back to it. */
export function folderToHash(path: string): string {
  return `#/${encodePath(path)}`;
}

export function hashToFolder(hash: string): string {
  const parts = hash.replace(/^#/, '').split('/');
  return parts
    .map(decodePart)
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Checks a name that a person typed. `siblings` are the names in the folder, without the entry's own. */
export function checkName(typed: string, siblings: readonly string[]): Result<string> {
  const name = typed.trim();
  if (name === '') {
    return fail('empty', 'A name needs at least one character.');
  }
  if (name.includes('/') || name.includes('\\')) {
    return fail('slash', 'A name cannot contain a slash. To move a file, use a terminal on the server.');
  }
  if (name === '.' || name === '..') {
    return fail('dots', 'This name is taken by the system. Choose another one.');
  }
  if (siblings.includes(name)) {
    return fail('exists', `There is already something named “${name}” in this folder. Choose another name.`);
  }
  return ok(name);
}

/** Where the selection ends when a name is edited: before the extension, so that typing keeps it. */
export function stemLength(name: string): number {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? dot : name.length;
}

/** An empty notebook for a kernel, as JupyterLab writes it. */
export function emptyNotebook(spec: {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
}) {
  return {
    cells: [],
    metadata: {
      kernelspec: { name: spec.name, display_name: spec.displayName, language: spec.language },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}
