import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FaultProxy } from '../../../e2e/support/fault-proxy.ts';
import { startJupyter, type TestServer } from '../../../e2e/support/jupyter-server.ts';
import { asServerId } from '../../../shared/ids.ts';
import type { ServerSummary } from '../../../shared/ipc/contract.ts';
import { ServerRegistry } from './registry.ts';

let server: TestServer;
let proxy: FaultProxy;
let registry: ServerRegistry;
let told: ServerSummary['state'][];
let settings: Map<string, unknown>;

beforeAll(async () => {
  server = await startJupyter();
  proxy = await FaultProxy.start(Number(new URL(server.baseUrl).port));
  settings = new Map();
});

afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** As after a start: the servers are known, and nothing was seen of them yet. */
beforeEach(async () => {
  told = [];
  const build = (): ServerRegistry =>
    new ServerRegistry(
      { get: (key) => settings.get(key), set: (key, value) => void settings.set(key, value) },
      { hasKeychain: true, seal: (plain) => plain, open: (sealed) => sealed },
      {
        emit: (_target, _name, body) => {
          const { servers = [] } = body as { servers?: readonly ServerSummary[] };
          told.push(...servers.map(({ state }) => state));
        },
      },
      () => undefined,
      () => 0,
    );
  await build().add(`http://127.0.0.1:${proxy.port}/?token=${server.token}`, null);
  registry = build();
  told = [];
});

const state = (): string | undefined => registry.list()[0]?.state;

it('looks at a server quietly, and not again at once', async () => {
  expect(state()).toBe('unknown');
  registry.refresh();
  registry.refresh();
  await expect.poll(state, { timeout: 10_000 }).toBe('online');
  registry.refresh();
  const id = asServerId(registry.list()[0]?.serverId ?? '');
  await registry.check(id);
  // One look that is told when it has ended, and one that was asked for.
  expect(told).toEqual(['online', 'checking', 'online']);
});

it('does not let a look that ends late stand above a later one', async () => {
  proxy.cut();
  await pause(200);
  proxy.slow(null, 20_000);
  registry.refresh();
  await pause(500);
  expect(state()).toBe('unknown');
  proxy.slow(null);
  const id = asServerId(registry.list()[0]?.serverId ?? '');
  expect(await registry.check(id)).toMatchObject({ ok: true, value: { state: 'online' } });
  const before = told.length;
  proxy.cut();
  await pause(500);
  expect(state()).toBe('online');
  expect(told).toHaveLength(before);
});
