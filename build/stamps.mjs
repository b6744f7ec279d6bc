// Decides whether a built part is current, and lets only one process build it at a time.
//
// A stamp holds a digest of the names, sizes and modification times of everything the part was made from. It is
// written after the part is complete, so a build that was cut short is built again. Reading times instead of
// contents keeps the check of a current tree at a few milliseconds.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inOut, Problem, root } from './common.mjs';

/** The longest part, the renderers, takes about 10 s; a build machine under load was seen to take six times that. */
const lockPatienceMs = 180_000;

/** @param {string} file */
function isSource(file) {
  return !/\.(test|e2e)\.[a-z]+$/.test(file);
}

/**
 * @param {string} place absolute path of a file or folder
 * @returns {string[]} absolute paths of the files at or below it, in a stable order
 */
function filesBelow(place) {
  if (!existsSync(place)) return [];
  if (!statSync(place).isDirectory()) return [place];
  const entries = readdirSync(place, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) =>
    entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : filesBelow(path.join(place, entry.name)),
  );
}

/**
 * @param {string[]} sources files and folders, relative to the repository
 * @returns {string}
 */
export function digestOf(sources) {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesBelow(path.join(root, source))).filter(isSource)) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${path.relative(root, file)}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest('hex');
}

/** @param {string} part */
function stampFile(part) {
  return inOut(`stamps/${part}.json`);
}

/**
 * @param {string} part
 * @param {string} digest
 * @returns {boolean} whether the part was made from these sources and is still there
 */
export function isCurrent(part, digest) {
  try {
    const stamp = JSON.parse(readFileSync(stampFile(part), 'utf8'));
    return stamp.digest === digest && stamp.made.every((/** @type {string} */ name) => existsSync(inOut(name)));
  } catch {
    return false;
  }
}

/**
 * @param {string} part
 * @param {string} digest
 * @param {string[]} made names below the output folder that must exist for the part to count as built
 */
export function writeStamp(part, digest, made) {
  mkdirSync(inOut('stamps'), { recursive: true });
  writeFileSync(stampFile(part), `${JSON.stringify({ digest, made, at: new Date().toISOString() }, null, 2)}\n`);
}

/** @param {string} part */
export function dropStamp(part) {
  rmSync(stampFile(part), { force: true });
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @param {string} file @returns {boolean} whether this process now holds the lock */
function tryLock(file) {
  try {
    writeFileSync(file, `${process.pid}`, { flag: 'wx' });
    return true;
  } catch {
    const holder = Number.parseInt(existsSync(file) ? readFileSync(file, 'utf8') : '', 10);
    // An empty file is a holder between creating and writing it; a dead holder left the lock behind.
    if (Number.isInteger(holder) && !isAlive(holder)) rmSync(file, { force: true });
    return false;
  }
}

/**
 * Runs `work` while no other process works on the same part.
 * @template T
 * @param {string} part
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(part, work) {
  const file = inOut(`locks/${part}`);
  mkdirSync(path.dirname(file), { recursive: true });
  const givenUpAt = performance.now() + lockPatienceMs;
  while (!tryLock(file)) {
    if (performance.now() > givenUpAt) {
      throw new Problem(
        `Another process has been working on "${part}" for too long. If none is running, delete ${file}.`,
      );
    }
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
