/** The player: a session that runs, one that was recorded, its dialogs and marks; and a page that plays by itself. */
import fs from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { BarePage } from '../support/bare-page.ts';
import {
  chooseMenu,
  front,
  notebookNamed,
  openNotebook,
  pause,
  press,
  resize,
  runCell,
  tidy,
  until,
  untilText,
} from './drive.ts';
import { sizes } from './gallery.ts';
import { exportedPage } from './library.ts';
import { addressOf, type World } from './world.ts';

async function nothing(): Promise<void> {}

/** Opens the notebook that trains until the end of the pass. */
export async function startTraining(world: World): Promise<void> {
  const page = await openNotebook(world.app, addressOf(world.lab), 'training.ipynb');
  await runCell(page, 1);
  await runCell(page, 2);
  await untilText(page.locator('.jp-OutputArea-output'), 'epoch   1');
}

async function playerOf(world: World, open: () => Promise<unknown>): Promise<Page> {
  const before = world.app.electron.windows();
  await open();
  const page = await world.app.window('player', before);
  await page.getByTestId('player').waitFor({ timeout: 60_000 });
  await front(world.app, page);
  await page.locator('.tl-lanes canvas').waitFor();
  return page;
}

export async function livePlayer(world: World): Promise<void> {
  const { gallery, app } = world;
  const notebook = await notebookNamed(app, 'training.ipynb');
  const page = await playerOf(world, () => chooseMenu(app, notebook, 'history'));
  const show = gallery.of(app, page);
  const live = page.getByTestId('live');
  await show('player-live', 'A running session, followed as it runs', () => untilText(live, /^Live$/));
  await show('player-live-earlier', 'A running session, at an earlier moment', async () => {
    const box = await page.locator('.tl-strip').boundingBox();
    if (box === null) throw new Error('the time line has no place');
    await page.mouse.click(box.x + box.width * 0.7, box.y + box.height / 2);
    await page.mouse.move(10, 200);
    await untilText(live, 'Go live');
  });
  await page.close();
}

export async function recordedPlayer(world: World): Promise<void> {
  const { gallery, app } = world;
  const home = await app.window('home');
  const page = await playerOf(world, async () => {
    await front(app, home);
    await tidy(home);
    await home.getByRole('button', { name: /^Journals/ }).click();
    const journals = home.getByRole('grid', { name: 'Journals' }).getByRole('row');
    await journals.filter({ hasText: 'outage.ipynb', hasNotText: 'Damaged' }).first().dblclick();
  });
  const show = gallery.of(app, page);
  const said = page.getByTestId('said');
  await show('player-start', 'The first moment of a recorded session', () => press(page, 'Home'));
  await show('player-end', 'The last moment of a recorded session', () => press(page, 'End'));
  await show('player-error', 'The moment of an error', async () => {
    await press(page, 'Home', 'e');
    await untilText(said, 'RuntimeError');
  });
  await show('player-gap', 'The moment of a gap, or of an outage', async () => {
    await press(page, 'Home', 'm');
    await until('a word about it', async () => (await said.innerText()) !== '');
  });
  await show('player-none-later', 'There is no later error', async () => {
    await press(page, 'End', 'e');
    await untilText(said, 'There is no later error');
  });
  await gallery.scene('cells in the player', () => cells(world, page, said));
  await gallery.scene('the time line', () => timeLine(world, page));
  await gallery.scene('dialogs of the player', () => dialogs(world, page));
  await page.close();
}

async function cells(world: World, page: Page, said: Locator): Promise<void> {
  const show = world.gallery.of(world.app, page);
  await show('player-cell', 'When a cell ran and when its last output came', async () => {
    await press(page, 'End', 'ArrowDown', 'ArrowDown');
    await untilText(page.getByTestId('selected-cell'), /Cell \d/);
  });
  await show(
    'player-origin',
    'When the output under the pointer came, and how',
    async () => {
      await page.locator('.jp-OutputArea-output').first().hover();
      await page.locator('.origin').waitFor();
    },
    () => page.mouse.move(10, 20),
  );
  await show(
    'player-compare-begun',
    'One of two moments is marked',
    () => press(page, 'Home', 'ArrowRight', 'a'),
    nothing,
  );
  await show(
    'player-compare',
    'What was new between two moments',
    async () => {
      await press(page, 'End', 'b');
      await untilText(page.getByTestId('compare'), /changed between the two/);
    },
    () => press(page, 'Escape'),
  );
  await page.getByTestId('compare').waitFor({ state: 'detached' });
  await said.waitFor({ state: 'attached' });
}

async function timeLine(world: World, page: Page): Promise<void> {
  const show = world.gallery.of(world.app, page);
  await show(
    'player-playing',
    'A session that plays',
    async () => {
      await press(page, 'Home', 'Space');
      await pause(1_500);
    },
    () => press(page, 'Space'),
  );
  await show('player-speeds', 'How fast it plays', () => page.getByRole('button', { name: /^Speed/ }).click());
  await show(
    'player-hint',
    'What is under the pointer on the time line',
    async () => {
      const box = await page.locator('.tl-lanes canvas').boundingBox();
      if (box === null) throw new Error('the time line has no place');
      await page.mouse.move(box.x + box.width / 2, box.y + 30);
      await page.locator('.tl-hint').waitFor();
    },
    () => page.mouse.move(10, 20),
  );
  await show(
    'player-close',
    'The time line from close by',
    () => press(page, 'e', 'z', 'z', 'z', 'z'),
    () => press(page, '0'),
  );
}

async function dialogs(world: World, page: Page): Promise<void> {
  const show = world.gallery.of(world.app, page);
  const dialog = page.getByRole('dialog');
  const time = page.getByLabel('Time', { exact: true });
  await show('player-keys', 'The keys of the player', async () => {
    await press(page, '?');
    await dialog.waitFor();
  });
  await show('player-go-to-time', 'Which time to go to', async () => {
    await press(page, 'g');
    await time.waitFor();
  });
  await show('player-go-to-time-wrong', 'What was typed is no time', async () => {
    await press(page, 'g');
    await time.fill('never');
    await time.press('Enter');
    await dialog.locator('.nj-problem').waitFor();
  });
  await show('player-export', 'Exporting the moment that is shown, or all of it', async () => {
    await press(page, 'Home', 'ArrowRight', 'x');
    await dialog.waitFor();
  });
}

export async function damagedPlayer(world: World): Promise<void> {
  const { gallery, app } = world;
  const home = await app.window('home');
  const page = await playerOf(world, async () => {
    await front(app, home);
    await home.getByRole('button', { name: /^Journals/ }).click();
    const damaged = home.getByRole('grid', { name: 'Journals' }).getByRole('row').filter({ hasText: 'Damaged' });
    await damaged.first().dblclick();
  });
  await gallery.of(app, page)('player-damaged', 'A journal of which parts are missing', () =>
    page.getByText('This journal is damaged').waitFor(),
  );
  await page.close();
}

/** In a bare window, as a browser shows it. */
export async function exported(world: World): Promise<void> {
  const { gallery, app, profile } = world;
  if (!fs.existsSync(exportedPage(profile))) throw new Error('nothing was exported');
  const browser = await BarePage.open(exportedPage(profile));
  try {
    const { page, electron } = browser;
    const { width, height } = sizes[gallery.look.size];
    await resize({ electron }, page, width, height);
    await page.emulateMedia({ colorScheme: gallery.look.scheme });
    const there = (arrange: () => Promise<unknown>) => async (): Promise<Page> => {
      await arrange();
      return page;
    };
    await gallery.show(
      'exported-page',
      'An exported page at its end',
      app,
      there(() => page.locator('main section').first().waitFor()),
    );
    await gallery.show(
      'exported-page-playing',
      'An exported page that plays',
      app,
      there(async () => {
        await page.locator('#place').press('Home');
        await page.locator('#play').click();
        await pause(2_500);
      }),
    );
  } finally {
    await browser.close();
  }
}
