import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

/** What the runner prints. Seeds that failed stand in it with all that happened in them. */
function runFaults(args: readonly string[]): Promise<{ output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.resolve('build/faults.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('exit', () => resolve({ output }));
  });
}

it('50 seeded schedules of faults lose nothing, double nothing, keep the order and run nothing twice', async () => {
  const { output } = await runFaults(['--seeds', '50', '--parallel', '3']);
  expect(output).toMatch(/50 seeds in/);
  expect(output).toContain('lost 0, twice 0, out of order 0, altered 0, executed twice 0');
}, 1_200_000);
