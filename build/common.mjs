// Paths, messages and child processes for the scripts in this folder.
//
// Every message goes to stderr: stdout belongs to the program that a script runs. A `Problem` is a failure that a
// person can act on; it is printed as its sentence, without a stack trace. Children are ended by the process id that
// was recorded when they started, never by name.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** Everything the scripts make. Ignored by git; deleting it is always safe. */
export const out = path.join(root, '.out');

/** @param {string} name a path below the repository, with forward slashes */
export function inRoot(name) {
  return path.join(root, name);
}

/** @param {string} name a path below the output folder, with forward slashes */
export function inOut(name) {
  return path.join(out, name);
}

/** An expected failure: `message` is a sentence for people, `exitCode` what the script ends with. */
export class Problem extends Error {
  /**
   * @param {string} message
   * @param {number} [exitCode] 1 = it failed, 2 = this machine lacks something that only its owner can add
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** @param {string} message */
export function say(message) {
  process.stderr.write(`nightjar: ${message}\n`);
}

/**
 * Runs the main function of a script and turns its failure into a sentence and an exit code.
 * @param {string} url `import.meta.url` of the script; nothing happens when it was imported instead of started
 * @param {(args: string[]) => Promise<number>} main gives the exit code
 */
export async function runAsScript(url, main) {
  if (process.argv[1] === undefined || path.resolve(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (error instanceof Problem) {
      say(error.message);
      process.exitCode = error.exitCode;
    } else {
      throw error;
    }
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {'inherit' | 'capture' | 'stderr'} [output] `stderr` sends the child's stdout to our stderr
 * @property {number} [timeoutMs] the child is killed after this time and counts as failed
 */

/**
 * Runs a program to its end. A program that is missing is reported as code 127, as a shell does.
 * @param {string} program
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} output is empty unless it was captured
 */
export function run(program, args, options = {}) {
  const mode = options.output ?? 'capture';
  return new Promise((resolve) => {
    /** @type {import('node:child_process').StdioOptions} */
    const stdio = mode === 'inherit' ? 'inherit' : mode === 'stderr' ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, args, { cwd: options.cwd ?? root, env: options.env ?? process.env, stdio });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text) => {
        output += text;
      });
    }
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: error.message });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** npm is a script beside node: started through node itself it needs no shell, on Windows neither. */
export function npmCommand() {
  const fromNpm = process.env.npm_execpath;
  if (fromNpm?.endsWith('npm-cli.js') && existsSync(fromNpm)) {
    return { program: process.execPath, args: [fromNpm] };
  }
  const bin = path.dirname(process.execPath);
  const beside = [
    path.join(bin, 'node_modules/npm/bin/npm-cli.js'),
    path.join(bin, '../lib/node_modules/npm/bin/npm-cli.js'),
  ].find((candidate) => existsSync(candidate));
  return beside === undefined ? { program: 'npm', args: [] } : { program: process.execPath, args: [beside] };
}
