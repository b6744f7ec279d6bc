/**
 * Turns the lines that pip prints into progress for people.
 * A pure reducer: the state holds which packages were collected, which files arrived and how many are to be
 * installed. pip tells no total before it has them all, so the fraction until then is measured against the number
 * of packages that the closure is known to have; it never runs backwards and never claims to be done.
 */
import { packagesExpected } from './limits.ts';

export interface PipState {
  readonly collected: ReadonlySet<string>;
  readonly downloaded: ReadonlySet<string>;
  readonly versions: ReadonlyMap<string, string>;
  /** In pip's own order of installation; empty until pip has everything. */
  readonly toInstall: readonly string[];
  readonly text: string;
  readonly fraction: number;
}

export const pipStart: PipState = {
  collected: new Set(),
  downloaded: new Set(),
  versions: new Map(),
  toInstall: [],
  text: 'Asking for the packages of Jupyter',
  fraction: 0,
};

/** Collecting and downloading share the first part; the rest is unpacking, about as long on a quick network. */
const collectShare = 0.3;
const downloadShare = 0.3;

export function readPipLine(state: PipState, line: string): PipState {
  const collecting = /^\s*Collecting ([A-Za-z0-9][\w.-]*)/.exec(line)?.[1];
  if (collecting !== undefined) {
    return advance(state, { collected: including(state.collected, packageKey(collecting)) }, 'Looking up', collecting);
  }
  const file = /^\s*(?:Downloading|Using cached|Processing)\s+(\S+)/.exec(line)?.[1];
  const parts = file === undefined ? null : parseFileName(file);
  if (parts !== null) {
    const key = packageKey(parts.name);
    const versions = new Map(state.versions).set(key, parts.version);
    const collected = including(state.collected, key);
    if (parts.onlyMetadata) return advance(state, { versions, collected }, 'Looking up', parts.name);
    const downloaded = including(state.downloaded, key);
    return advance(state, { versions, collected, downloaded }, 'Downloading', parts.name);
  }
  const list = /^\s*Installing collected packages: (.+)$/.exec(line)?.[1];
  if (list !== undefined) {
    const toInstall = list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    return countInstalled({ ...state, toInstall }, 0);
  }
  return state;
}

/** The state after that many packages of pip's list stand in the folder of packages. */
export function countInstalled(state: PipState, installed: number): PipState {
  const total = state.toInstall.length;
  if (total === 0) return state;
  const done = Math.max(0, Math.min(installed, total));
  const current = state.toInstall[Math.min(done, total - 1)] ?? '';
  const before = collectShare + downloadShare;
  const fraction = before + (1 - before) * (done / total) * 0.99;
  const number = Math.min(done + 1, total);
  const text = `Installing ${withVersion(state.versions, current)} (${number} of ${total} packages)`;
  return { ...state, text, fraction: Math.max(state.fraction, fraction) };
}

function advance(state: PipState, change: Partial<PipState>, verb: string, name: string): PipState {
  const next = { ...state, ...change };
  const expected = Math.max(packagesExpected, next.collected.size);
  const fraction = collectShare * (next.collected.size / expected) + downloadShare * (next.downloaded.size / expected);
  const packages = next.collected.size === 1 ? '1 package' : `${next.collected.size} packages`;
  const text = `${verb} ${withVersion(next.versions, name)} (${packages} so far)`;
  return { ...next, text, fraction: Math.max(state.fraction, fraction) };
}

function withVersion(versions: ReadonlyMap<string, string>, name: string): string {
  const version = versions.get(packageKey(name));
  return version === undefined ? name : `${name} ${version}`;
}

interface FileName {
  readonly name: string;
  readonly version: string;
  readonly onlyMetadata: boolean;
}

/** Reads name and version from the file name of a wheel or a source archive, which may have a path or a URL before. */
export function parseFileName(file: string): FileName | null {
  const base = decodeURIComponentSafely(file.split(/[\\/]/).pop() ?? '');
  const wheel = /^([A-Za-z0-9][\w.]*)-(\d[^-]*)-.+\.whl(\.metadata)?$/.exec(base);
  const source = wheel ?? /^([A-Za-z0-9][\w.-]*?)-(\d[^-]*)\.(?:tar\.gz|zip)$/.exec(base);
  const name = source?.[1];
  const version = source?.[2];
  if (name === undefined || version === undefined) return null;
  return { name, version, onlyMetadata: base.endsWith('.metadata') };
}

/** One spelling for one package (PEP 503): pip prints `Jinja2`, `jupyter-events` and `jupyter_events` alike. */
export function packageKey(name: string): string {
  return name
    .toLowerCase()
    .replace(/[-_.]+/g, '-')
    .replace(/-$/, '');
}

function including(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  return set.has(item) ? set : new Set(set).add(item);
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
