import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

/** What the runner prints, and how it ended. */
function runFaults(args: readonly string[]): Promise<{ code: number | null; output: string }> {
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
    child.once('exit', (code) => resolve({ code, output }));
  });
}

it('50 seeded schedules of faults lose nothing, double nothing, keep the order and run nothing twice', async () => {
  const { code, output } = await runFaults(['--seeds', '50', '--parallel', '4']);
  expect(output).toContain('every promise was kept');
  expect(output).toMatch(/50 seeds in/);
  expect(code, output).toBe(0);
}, 1_200_000);
