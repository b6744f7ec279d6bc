/** Home before there is anything in it: adding a server, what goes wrong with that, the Jupyter of this computer. */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { testPython } from '../support/jupyter-server.ts';
import { freePort, listen } from '../support/ports.ts';
import { chooseMenu, invoke, serverIdOf, untilText } from './drive.ts';
import { answerOpen, closeBoxes, untilBox } from './native.ts';
import { addressOf, type World } from './world.ts';

export async function emptyHome(world: World): Promise<void> {
  const { gallery, app, lab, station, server } = world;
  const home = await app.window('home');
  const show = gallery.of(app, home);
  const connect = connectIn(home);
  const problem = home.locator('.add [role="alert"]');
  await show('home-first-run', 'Home at the very first start', () =>
    home.getByText('Run it there. Keep everything here.').waitFor(),
  );
  await show(
    'home-address-checking',
    'An address is being checked',
    async () => {
      station.setEntrance('silent');
      await connect(addressOf(station));
      await home.locator('.add-hint').waitFor();
    },
    async () => {
      station.setEntrance('open');
      await problem.waitFor();
    },
  );
  await show('home-address-unreadable', 'What was typed is no address', async () => {
    await connect('not an address');
    await untilText(problem, 'not an address Nightjar can read');
  });
  await show('home-address-refused', 'Nothing listens at the address', async () => {
    await connect(`http://127.0.0.1:${await freePort()}/`);
    await untilText(problem, 'Nothing answers at');
  });
  await show('home-address-not-jupyter', 'What answers is no Jupyter server', async () => {
    const other = http.createServer((_request, response) => response.end('<h1>Hello</h1>'));
    await connect(`http://127.0.0.1:${await listen(other)}/`);
    await untilText(problem, 'not a Jupyter server');
    other.close();
  });
  const token = home.getByLabel('Token', { exact: true });
  await show('home-token-asked', 'The server asks for a token', async () => {
    await connect(`${addressOf(lab)}lab`);
    await untilText(problem, 'asks for a token');
    await token.waitFor();
  });
  await show('home-token-wrong', 'The token is not the right one', async () => {
    await token.fill('wrong');
    await token.press('Enter');
    await untilText(problem, 'does not accept this token');
  });
  await gallery.screen(
    'box-local-notebook-needs-server',
    'A local notebook is opened before there is a server',
    app,
    async () => {
      const file = path.join(world.profile, 'local.ipynb');
      fs.writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] }));
      await answerOpen(app, file);
      await chooseMenu(app, home, 'open-local');
      await untilBox(app);
    },
    () => closeBoxes(app),
  );
  await gallery.scene('the Jupyter of this computer', () => localJupyter(world, home));
  await show('home-server-added', 'The first server is in the list', async () => {
    await connect(`${addressOf(lab)}lab?token=${server.token}`);
    await app.window('server');
    await home.getByRole('grid', { name: 'Servers' }).waitFor();
    await home.locator('.nj-toast').first().waitFor();
  });
}

function connectIn(home: Page): (address: string) => Promise<void> {
  return async (address) => {
    await home.getByLabel('Address of a Jupyter server').fill(address);
    await home.getByRole('button', { name: 'Connect' }).click();
  };
}

async function localJupyter(world: World, home: Page): Promise<void> {
  const { gallery, app, profile } = world;
  const show = gallery.of(app, home);
  const start = home.getByRole('button', { name: 'Start a local Jupyter' }).first();
  await home.getByLabel('Address of a Jupyter server').fill('');
  const slow = path.join(profile, 'slow-python');
  fs.writeFileSync(slow, `#!/bin/sh\nsleep 6\nexec "${testPython()}" "$@"\n`, { mode: 0o755 });
  await setEnvironment(world, 'NIGHTJAR_PYTHON', slow);
  await show(
    'home-local-starting',
    'A Jupyter on this computer is being started',
    async () => {
      await start.click();
      await untilText(home.locator('.local-text'), 'Looking for Jupyter');
    },
    async () => {
      await home.locator('.local').getByRole('button', { name: 'Cancel' }).click();
      await home.locator('.local').waitFor({ state: 'detached' });
    },
  );
  // A server that ends while it starts.
  const folder = path.join(profile, 'broken-python');
  fs.mkdirSync(folder);
  const broken = "import os, sys\nif 'jupyter_server' in sys.orig_argv:\n    os._exit(1)\n";
  fs.writeFileSync(path.join(folder, 'sitecustomize.py'), broken);
  await setEnvironment(world, 'NIGHTJAR_PYTHON', testPython());
  await setEnvironment(world, 'PYTHONPATH', folder);
  await show(
    'home-local-failed',
    'The Jupyter of this computer did not start',
    async () => {
      await start.click();
      await home.locator('.home-main > .nj-problem').waitFor({ timeout: 60_000 });
    },
    async () => {
      await home.locator('.home-main > .nj-problem').getByRole('button', { name: 'Dismiss' }).click();
      await setEnvironment(world, 'PYTHONPATH', '');
    },
  );
}

async function setEnvironment({ app }: World, name: string, value: string): Promise<void> {
  await app.electron.evaluate(
    (_electron, [key, text]) => {
      if (text === '') delete process.env[key];
      else process.env[key] = text;
    },
    [name, value] as const,
  );
}

/** More servers, with names as people give them: one online, one that asks for a token, one that is away. */
export async function nameServers(world: World): Promise<void> {
  const { app, lab, cluster, laptop, station, server } = world;
  const home = await app.window('home');
  const names = new Map([
    [lab, 'Lab workstation'],
    [cluster, 'GPU cluster'],
    [laptop, 'Old laptop'],
    [station, 'Field station'],
  ]);
  for (const [door, name] of names) {
    if (door !== lab) await invoke(home, 'servers.add', { address: addressOf(door), token: server.token });
    await invoke(home, 'servers.rename', { serverId: await serverIdOf(home, addressOf(door)), name });
  }
  laptop.setEntrance(403);
  station.setEntrance('refused');
  for (const door of [laptop, station]) {
    door.cut();
    const serverId = await serverIdOf(home, addressOf(door));
    await invoke(home, 'servers.check', { serverId }).catch(() => undefined);
  }
}
