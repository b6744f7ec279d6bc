/**
 * One preparation of the local server at a time across processes; within one, `ensureLocalServer` shares its flight.
 *
 * Across processes a lock file names its owner by process id and birth. A lock whose owner is gone is removed, by one
 * of those who wait, and then anybody may take it. Whoever waits can be cancelled and does not wait for ever.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { lockWaitMs, lockWriteGraceMs, pollIntervalMs } from './limits.ts';
import { errorCode } from './problem.ts';
import { isAlive, nameProcess } from './processes.ts';

const Owner = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  birth: v.nullable(v.string()),
  id: v.string(),
});

export type LockOutcome =
  | { readonly kind: 'held'; readonly release: () => Promise<void> }
  | { readonly kind: 'busy' }
  | { readonly kind: 'cancelled' };

export async function takeLock(dataDir: string, signal: AbortSignal, onWait: () => void): Promise<LockOutcome> {
  const file = path.join(dataDir, 'server.lock');
  const me = await nameProcess(process.pid);
  const text = JSON.stringify({ pid: process.pid, birth: me?.birth ?? null, id: randomUUID() });
  const deadline = performance.now() + lockWaitMs;
  let waited = false;
  for (;;) {
    if (signal.aborted) return { kind: 'cancelled' };
    if (await createLock(file, text)) return { kind: 'held', release: () => releaseLock(file, text) };
    if (await removeIfStale(file)) continue;
    if (performance.now() >= deadline) return { kind: 'busy' };
    if (!waited) onWait();
    waited = true;
    await delay(pollIntervalMs);
  }
}

async function createLock(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function releaseLock(file: string, text: string): Promise<void> {
  const now = await readFile(file, 'utf8').catch(() => null);
  if (now === text) await rm(file, { force: true });
}

/**
 * True when the lock is gone now and may be tried again. Only the holder of a second file may remove a stale lock:
 * otherwise two could see the same stale one, and the slower would remove the new lock of the faster.
 */
async function removeIfStale(file: string): Promise<boolean> {
  if (!(await isStale(file))) return false;
  const breaker = `${file}.breaker`;
  if (!(await createLock(breaker, ''))) {
    // It is held for a few file operations; one that is old was left by a crash in their midst.
    if (await isOld(breaker)) await rm(breaker, { force: true });
    return false;
  }
  try {
    if (await isStale(file)) await rm(file, { force: true });
    return true;
  } finally {
    await rm(breaker, { force: true });
  }
}

async function isStale(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return false;
  const owner = v.safeParse(v.pipe(v.string(), v.parseJson(), Owner), text);
  if (owner.success) return !(await isAlive(owner.output));
  // Unreadable: either it is being written this moment, or its writer died while writing.
  return isOld(file);
}

async function isOld(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > lockWriteGraceMs;
}
