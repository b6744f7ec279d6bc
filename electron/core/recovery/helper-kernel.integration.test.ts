import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTo } from '../../../e2e/support/core-host.ts';
import { startJupyter, type TestServer } from '../../../e2e/support/jupyter-server.ts';
import { HelperKernel } from './helper-kernel.ts';

const recorderFile = new URL('../recorder/recorder.py', import.meta.url);

let server: TestServer;

beforeAll(async () => {
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
});

/** The process of a kernel, by its connection file. */
function pidOf(kernelId: string): number | null {
  const pid = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        return fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`kernel-${kernelId}.json`);
      } catch {
        return false;
      }
    });
  return pid === undefined ? null : Number(pid);
}

function helperFor(remembered: string | null): { readonly helper: HelperKernel; readonly known: () => string | null } {
  let known = remembered;
  const helper = new HelperKernel(
    accessTo(server.baseUrl, server.token),
    async () => fs.readFileSync(recorderFile, 'utf8'),
    {
      get: () => known,
      set: (_serverUrl, kernelId) => {
        known = kernelId;
      },
    },
  );
  return { helper, known: () => known };
}

/** Asks until there is an answer, as a session does; answers which kernel gave it. */
async function answeredBy(remembered: string): Promise<string | null> {
  const { helper, known } = helperFor(remembered);
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if ((await helper.call('list', {})).ok) return known();
    }
    return null;
  } finally {
    await helper.end();
  }
}

describe('the helper on a server', () => {
  it('is replaced when it hangs and the server is there', { timeout: 180_000 }, async () => {
    const { id: hanging } = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
    await expect.poll(() => pidOf(hanging), { timeout: 20_000 }).not.toBeNull();
    const pid = pidOf(hanging) ?? expect.fail('no process');
    process.kill(pid, 'SIGSTOP');
    try {
      const by = await answeredBy(hanging);
      expect(by).not.toBeNull();
      expect(by).not.toBe(hanging);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  it('has the recorder again at once when its kernel was restarted under it', { timeout: 60_000 }, async () => {
    const { helper, known } = helperFor(null);
    try {
      expect(await helper.call('list', {})).toMatchObject({ ok: true });
      await server.rest('POST', `api/kernels/${known()}/restart`);
      // A restarting kernel may not be reached; one that is reached is never said to be without the recorder.
      const answers: string[] = [];
      const ask = async (): Promise<string | undefined> => {
        const answered = await helper.call('list', {});
        answers.push(answered.ok ? 'ok' : answered.problem.kind);
        return answers.at(-1);
      };
      await expect.poll(ask, { timeout: 40_000 }).toBe('ok');
      expect(answers).not.toContain('failed');
    } finally {
      await helper.end();
    }
  });
});
