/**
 * One bounded subprocess: a time-out, a bounded output, a signal to cancel, and its own process group.
 * Promises that when it settles the process is gone, and with it the group it led. Refuses to guess: the outcome is
 * one of four named values, never an exception.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { outputCharsMax, pipeGraceMs } from './limits.ts';
import { errorCode } from './problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly environment?: Environment;
  readonly signal?: AbortSignal;
  /** Called with the id of the process, which is also the id of its group. */
  readonly onStarted?: (pid: number) => void;
  /** Called with each whole line of standard output or standard error. */
  readonly onLine?: (line: string) => void;
}

export type RunOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'not-started' }
  | { readonly kind: 'timed-out'; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'cancelled' };

export function runBounded(options: RunOptions): Promise<RunOutcome> {
  if (options.signal?.aborted === true) return Promise.resolve({ kind: 'cancelled' });
  return new Promise((resolve) => {
    const child = spawn(options.file, [...options.args], {
      cwd: options.cwd,
      env: { ...(options.environment ?? process.env) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that one kill reaches what pip started in turn.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const stdout = collect(child, 'stdout', options.onLine);
    const stderr = collect(child, 'stderr', options.onLine);
    let stopped: 'timed-out' | 'cancelled' | null = null;
    let grace: NodeJS.Timeout | null = null;

    const stop = (why: 'timed-out' | 'cancelled') => {
      stopped ??= why;
      if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid, 'SIGKILL');
    };
    const cancel = () => stop('cancelled');
    const timer = setTimeout(() => stop('timed-out'), options.timeoutMs);
    options.signal?.addEventListener('abort', cancel, { once: true });

    const settle = (code: number | null) => {
      clearTimeout(timer);
      if (grace !== null) clearTimeout(grace);
      options.signal?.removeEventListener('abort', cancel);
      if (stopped === 'cancelled') resolve({ kind: 'cancelled' });
      else if (stopped === 'timed-out') resolve({ kind: 'timed-out', stdout: stdout(), stderr: stderr() });
      else if (child.pid === undefined) resolve({ kind: 'not-started' });
      else resolve({ kind: 'exited', code: code ?? -1, stdout: stdout(), stderr: stderr() });
    };
    child.on('error', () => {
      // Only a failed start has no id; an error of a kill is followed by the exit it could not cause.
      if (child.pid === undefined) settle(null);
    });
    child.on('close', settle);
    child.on('exit', (code) => {
      // Destroying the pipes makes `close` follow.
      grace = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        settle(code);
      }, pipeGraceMs);
    });
    if (child.pid !== undefined) options.onStarted?.(child.pid);
  });
}

/** Keeps the end of a stream and hands out its lines; returns a function that gives what was kept. */
function collect(child: ChildProcess, name: 'stdout' | 'stderr', onLine?: (line: string) => void): () => string {
  const decoder = new StringDecoder('utf8');
  let kept = '';
  let partial = '';
  child[name]?.on('data', (chunk: Buffer) => {
    const text = decoder.write(chunk);
    kept = (kept + text).slice(-outputCharsMax);
    if (onLine === undefined) return;
    const lines = (partial + text).split(/[\r\n]+/);
    partial = (lines.pop() ?? '').slice(-outputCharsMax);
    for (const line of lines) if (line !== '') onLine(line);
  });
  return () => kept;
}

/** Kills a group by the id of its leader; only for a child not yet reaped, whose id cannot have been used again. */
export function killGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    const killer = spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    killer.on('error', () => undefined);
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
