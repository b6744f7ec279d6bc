/** Kernels that ask, end or cannot be reached: what cells, the status bar and banners say then. */
import type { Page } from 'playwright-core';
import type { TestApp } from '../support/app.ts';
import {
  cellOf,
  chooseMenu,
  invoke,
  editCell,
  openNotebook,
  pause,
  press,
  runCell,
  serverIdOf,
  showCell,
  tidy,
  untilIdle,
  untilText,
} from './drive.ts';
import { answerBoxes } from './native.ts';
import { addressOf, type World } from './world.ts';

const bannerOf = (page: Page) => page.getByTestId('banner');

/** A cell that asks, and a kernel that ends. */
export async function kernels(world: World): Promise<void> {
  const { gallery, app, lab } = world;
  const page = await openNotebook(app, addressOf(lab), 'asking.ipynb');
  const show = gallery.of(app, page);
  const answer = async (index: number, text: string): Promise<void> => {
    const field = cellOf(page, index).locator('.jp-Stdin-input');
    await field.fill(text);
    await field.press('Enter');
    await untilIdle(page);
  };
  await show(
    'input',
    'A cell asks something',
    async () => {
      await runCell(page, 0);
      await cellOf(page, 0).locator('.jp-Stdin-input').waitFor();
    },
    () => answer(0, 'North'),
  );
  await show(
    'input-password',
    'A cell asks for a password; above it a question that was answered',
    async () => {
      await runCell(page, 1);
      await cellOf(page, 1).locator('.jp-Stdin-input').waitFor();
    },
    () => answer(1, 'secret'),
  );
  await show('kernel-shut-down', 'The kernel was shut down', async () => {
    await answerBoxes(app, 0);
    await chooseMenu(app, page, 'shutdown');
    await untilText(page.getByTestId('kernel-button'), /No Kernel/i);
    await untilText(page.getByTestId('status-kernel'), 'No kernel');
  });
  await answerBoxes(app, null);
  await page.close();
  const dying = await openNotebook(app, addressOf(lab), 'dying.ipynb');
  await runCell(dying, 0);
  await untilIdle(dying);
  await gallery.of(app, dying)('kernel-ended', 'The kernel ended by itself in the middle of a cell', async () => {
    await runCell(dying, 1);
    await untilText(bannerOf(dying), 'ended unexpectedly');
    await dying
      .getByTestId('note-lost')
      .waitFor({ timeout: 10_000 })
      .catch(() => undefined);
  });
  await dying.close();
  const gone = await openNotebook(app, addressOf(lab), 'blank.ipynb');
  await gallery.of(app, gone)('kernel-gone', 'Somebody else has shut the kernel down', async () => {
    const sessions = await world.server.rest('GET', 'api/sessions');
    for (const session of Array.isArray(sessions) ? sessions : []) {
      if (session.path === 'blank.ipynb') await world.server.rest('DELETE', `api/sessions/${session.id}`);
    }
    await untilText(gone.getByTestId('status-link'), 'no longer has this kernel', 90_000);
  });
  await gone.close();
}

/** The way to the kernel breaks in every way; the journal of this one has an error and a gap for the player. */
export async function outages(world: World): Promise<void> {
  const { gallery, app, cluster } = world;
  const home = await app.window('home');
  const serverId = await serverIdOf(home, addressOf(cluster));
  await invoke(home, 'servers.setRecorder', { serverId, enabled: false });
  const page = await openNotebook(app, addressOf(cluster), 'outage.ipynb');
  const show = gallery.of(app, page);
  const link = page.getByTestId('status-link');
  await show('not-recorded', 'A server on which nothing is recorded', () =>
    untilText(page.getByTestId('status-protection'), 'Not recorded on the server'),
  );
  await show('gap', 'Messages are missing from a cell, and it says how many', async () => {
    await runCell(page, 1);
    await untilText(cellOf(page, 1).locator('.jp-OutputArea-output'), 'line 20');
    cluster.blackhole();
    await pause(1_500);
    await wake(app);
    await page.getByTestId('note-gap').first().waitFor({ timeout: 60_000 });
    await showCell(page, 1);
  });
  await untilText(link, 'Connected');
  await untilIdle(page);
  await runCell(page, 2);
  await untilIdle(page);
  await show(
    'queued',
    'The connection is lost, and a cell waits for it',
    async () => {
      cluster.setEntrance('refused');
      cluster.cut();
      await runCell(page, 3);
      await page.getByTestId('note-queued').waitFor();
    },
    async () => {
      await page.getByTestId('note-queued').getByRole('button', { name: 'Take Back' }).click();
      await page.getByTestId('note-queued').waitFor({ state: 'detached' });
    },
  );
  await show(
    'save-while-away',
    'Saved while the server does not answer',
    async () => {
      await editCell(page, 3);
      await page.keyboard.type('  # edited');
      await press(page, 'Escape', 'Control+s');
      await untilText(bannerOf(page), 'kept on this computer');
    },
    async () => {
      cluster.setEntrance('open');
      await untilText(link, 'Connected', 60_000);
      await untilIdle(page);
    },
  );
  await show(
    'in-doubt',
    'It is not known whether a cell arrived',
    async () => {
      cluster.blackhole();
      await runCell(page, 3);
      await pause(500);
      cluster.setEntrance('refused');
      await wake(app);
      await page.getByTestId('note-doubt').waitFor({ timeout: 60_000 });
    },
    async () => {
      cluster.setEntrance('open');
      cluster.cut();
      await untilText(link, 'Connected', 60_000);
      await untilIdle(page);
    },
  );
  await show(
    'doubt-stays',
    'Messages are missing, so that the person decides; a later cell waits for that',
    async () => {
      await pause(6_000);
      await runCell(page, 4);
      await showCell(page, 3);
    },
    async () => {
      for (const name of ['Take Back', 'Leave It']) {
        const button = page.getByRole('button', { name });
        if ((await button.count()) > 0) await button.first().click();
        await pause(500);
      }
      await chooseMenu(app, page, 'interrupt');
      await untilIdle(page);
    },
  );
  await gallery.scene('a question that was lost', () => lostQuestion(world, page));
  await gallery.scene('ways in which the connection is lost', () => lostConnections(world, page, serverId));
  await answerBoxes(app, 0);
  await chooseMenu(app, page, 'shutdown');
  await untilText(page.getByTestId('kernel-button'), /No Kernel/i);
  await answerBoxes(app, null);
  await page.close();
}

async function lostConnections(world: World, page: Page, serverId: string): Promise<void> {
  const { gallery, app, cluster, server } = world;
  const show = gallery.of(app, page);
  const link = page.getByTestId('status-link');
  await show(
    'no-answer',
    'The server has not answered for a while',
    async () => {
      cluster.blackhole();
      await untilText(link, 'No answer from the server', 90_000);
    },
    async () => {
      cluster.cut();
      await untilText(link, 'Connected', 90_000);
    },
  );
  await show(
    'needs-login',
    'The server asks for a new token while a notebook is open',
    async () => {
      cluster.setEntrance(403);
      cluster.cut();
      await untilText(link, 'asks for a new token');
    },
    async () => {
      cluster.setEntrance('open');
      await invoke(await app.window('home'), 'servers.setToken', { serverId, token: server.token });
      await untilText(link, 'Connected', 90_000);
    },
  );
}

async function lostQuestion({ gallery, app, cluster }: World, page: Page): Promise<void> {
  const show = gallery.of(app, page);
  const note = page.getByTestId('note-prompt');
  await show('question-lost', 'A cell may wait for an answer to a question that was lost', async () => {
    await runCell(page, 4);
    await pause(1_500);
    cluster.blackhole();
    await pause(5_000);
    await wake(app);
    await note.waitFor({ timeout: 60_000 });
  });
  await show('question-answer', 'The answer to a question that was lost', async () => {
    await note.getByRole('button', { name: 'Answer…' }).click();
    await page.locator('dialog.nj-Dialog').waitFor();
  });
  await tidy(page);
  await chooseMenu(app, page, 'interrupt');
  await untilIdle(page);
}

/** A computer that sleeps and wakes: the old connection is given up, the server does not know yet. */
async function wake(app: TestApp): Promise<void> {
  await app.electron.evaluate(({ powerMonitor }) => {
    powerMonitor.emit('suspend');
    powerMonitor.emit('resume');
  });
}
