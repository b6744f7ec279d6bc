/** The menus of the menu bar, and the message boxes that belong to the app as a whole. */
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../support/ports.ts';
import { chooseMenu, front, notebookNamed, until } from './drive.ts';
import { answerOpen, closeBoxes, closeMenu, openMenuBar, untilBox } from './native.ts';
import type { World } from './world.ts';

const menus: readonly (readonly string[])[] = [
  ...[['File'], ['File', 'Open Recent'], ['Edit'], ['Edit', 'Find'], ['Edit', 'Cell Type'], ['View'], ['View', 'Fold']],
  ...[['Run'], ['Kernel'], ['Window'], ['Help']],
];

export async function menuBar(world: World): Promise<void> {
  const { gallery, app } = world;
  const page = await notebookNamed(app, 'training.ipynb');
  for (const labels of menus) {
    const name = labels.join('-').toLowerCase().replaceAll(' ', '-');
    await gallery.screen(
      `menu-bar-${name}`,
      `The menu ${labels.join(', ')}`,
      app,
      async () => {
        await front(app, page);
        await openMenuBar(app, labels);
      },
      () => closeMenu(app),
    );
  }
}

export async function boxes(world: World): Promise<void> {
  const { gallery, app, profile } = world;
  const home = await app.window('home');
  const notebook = await notebookNamed(app, 'training.ipynb');
  const box = (name: string, text: string, trigger: () => Promise<unknown>): Promise<void> =>
    gallery.screen(
      name,
      text,
      app,
      async () => {
        await trigger();
        await untilBox(app);
      },
      () => closeBoxes(app),
    );
  const give = (name: string, content: string) => async (): Promise<void> => {
    const file = path.join(profile, name);
    fs.writeFileSync(file, content);
    await front(app, home);
    await app.electron.evaluate(({ app: electronApp }, given) => {
      electronApp.emit('open-file', { preventDefault: () => undefined }, given);
    }, file);
  };
  await box('box-which-server', 'On which server the kernel of a local notebook runs', async () => {
    await answerOpen(app, path.join(profile, 'local.ipynb'));
    await chooseMenu(app, home, 'open-local');
  });
  await box('box-other-file', 'A file that is neither notebook nor journal', give('letter.txt', 'Dear friend'));
  await box('box-no-journal', 'A journal file that cannot be opened', give('no.nightjar', 'Dear friend'));
  const address = `http://127.0.0.1:${await freePort()}/lab`;
  await box('box-no-address', 'An address of the command line that cannot be opened', () =>
    app.electron.evaluate(({ app: electronApp }, given) => {
      const request = { demo: false, addresses: [given], files: [] };
      electronApp.emit('second-instance', { preventDefault: () => undefined }, [], '', request);
    }, address),
  );
  const handle = await app.electron.browserWindow(notebook);
  await front(app, notebook);
  await box('box-no-answer', 'A window that does not answer', () =>
    handle.evaluate((window: Electron.BrowserWindow) => {
      window.webContents.emit('unresponsive');
    }),
  );
  await handle.evaluate((window: Electron.BrowserWindow) => {
    window.webContents.emit('responsive');
  });
  await box('box-own-mistake', 'A mistake of Nightjar itself', () =>
    app.electron.evaluate(() => {
      process.emit('unhandledRejection', new Error('a picture of this box was wanted'), Promise.resolve());
    }),
  );
  const files = await app.electron.browserWindow(await app.window('server'));
  await box('box-stopped', 'A window whose process has ended several times', async () => {
    // Three ends within a minute are forgiven. The window closes with the box.
    for (let end = 0; end < 4; end += 1) {
      await files.evaluate((window: Electron.BrowserWindow) => {
        window.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 });
      });
    }
  });
}

/** Last of all: only the window of a running notebook is left, and it is closed. */
export async function closingWhileBusy(world: World): Promise<void> {
  const { gallery, app } = world;
  await gallery.screen(
    'box-close-while-busy',
    'The last window is closed while a cell runs',
    app,
    async () => {
      await app.electron.evaluate(({ BrowserWindow }) => {
        for (const window of BrowserWindow.getAllWindows()) {
          if (!window.getTitle().includes('training.ipynb')) window.close();
        }
      });
      const count = (): Promise<number> =>
        app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
      await until('the last window', async () => (await count()) === 1);
      await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
      await untilBox(app);
    },
    () => closeBoxes(app),
  );
}
