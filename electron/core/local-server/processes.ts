/**
 * Processes of this machine, by id: who lives, since when, and how to end a group.
 * A process id alone proves nothing, because ids are used again. A process is therefore named by its id and its
 * birth, and nothing is ever killed whose birth does not match what was recorded.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pollIntervalMs } from './limits.ts';
import { killGroup, runBounded } from './subprocess.ts';

export interface ProcessName {
  readonly pid: number;
  /** An opaque text that differs between two lives of one id; null where the system does not tell. */
  readonly birth: string | null;
}

/** Null when there is no such process, or it has ended and only waits to be reaped. */
export async function nameProcess(pid: number): Promise<ProcessName | null> {
  if (!existsNow(pid)) return null;
  if (process.platform === 'linux') return nameOnLinux(pid);
  if (process.platform === 'win32') return { pid, birth: null };
  const asked = await runBounded({
    file: 'ps',
    args: ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)],
    timeoutMs: 2_000,
  });
  if (asked.kind !== 'exited') return { pid, birth: null };
  const text = asked.stdout.trim();
  if (text === '' || text.startsWith('Z')) return null;
  return { pid, birth: `ps:${text.replace(/^\S+\s+/, '')}` };
}

/** True when this very process, not only one with its id, is alive. */
export async function isAlive(name: ProcessName): Promise<boolean> {
  const now = await nameProcess(name.pid);
  return now !== null && now.birth === name.birth;
}

/** Waits until the process is gone; false when it still lives after the time. */
export async function waitUntilGone(name: ProcessName, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (!(await isAlive(name))) return true;
    if (performance.now() >= deadline) return false;
    await delay(pollIntervalMs);
  }
}

/** Ends the process and the group it leads. Says nothing when they are already gone. */
export async function signalGroup(name: ProcessName, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!(await isAlive(name))) return;
  killGroup(name.pid, signal);
}

function existsNow(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // EPERM means that the process belongs to somebody else, so it is not one that we started.
    return false;
  }
}

async function nameOnLinux(pid: number): Promise<ProcessName | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // proc(5): the name stands in parentheses and may hold anything, so fields count from the last one. After it come
  // the state (field 3) and, 19 fields on, the start time in clock ticks since boot (field 22).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined || state === 'Z' || state === 'X') return null;
  return { pid, birth: `ticks:${startTicks}` };
}
