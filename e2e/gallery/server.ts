/** The window of a server: its files and kernels, and what it says when the server is not well. */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { dragOver, front, invoke, pause, serverIdOf, tidy, untilText } from './drive.ts';
import { answerSave } from './native.ts';
import { addressOf, type World } from './world.ts';

export async function serverFiles(world: World): Promise<void> {
  const { gallery, app, server } = world;
  const files = await app.window('server');
  await front(app, files);
  const show = gallery.of(app, files);
  const row = (name: string) => files.getByRole('row').filter({ hasText: name }).first();
  const menuOf = (name: string) => row(name).click({ button: 'right' });
  const choose = async (name: string, item: string): Promise<void> => {
    await menuOf(name);
    await files.getByRole('menuitem', { name: item }).click();
  };
  await show('server-files', 'The files of a server', () => row('analysis.ipynb').waitFor());
  await show('server-menu-notebook', 'The menu of a notebook', () => menuOf('analysis.ipynb'));
  await show('server-menu-folder', 'The menu of a folder', () => menuOf('measurements'));
  await show('server-menu-file', 'The menu of another file', () => menuOf('requirements.txt'));
  await show('server-rename', 'A file is being renamed', async () => {
    await choose('notes.md', 'Rename');
    await files.getByLabel('New name of notes.md').waitFor();
  });
  await show(
    'server-rename-taken',
    'The new name is that of another file',
    async () => {
      await choose('notes.md', 'Rename');
      await files.getByLabel('New name of notes.md').fill('requirements.txt');
      await files.getByLabel('New name of notes.md').press('Enter');
      await files.locator('.nj-toast[data-tone="bad"]').first().waitFor();
    },
    async () => {
      await files.keyboard.press('Escape');
      await dismissToasts(files);
    },
  );
  await show('server-delete-file', 'Asks before a file is deleted', () => choose('notes.md', 'Delete…'));
  await show('server-delete-folder', 'Asks before a folder is deleted', () => choose('measurements', 'Delete…'));
  await show('server-offer-download', 'A file that Nightjar does not open', () => row('requirements.txt').dblclick());
  await show(
    'server-downloaded',
    'A file was downloaded',
    async () => {
      await answerSave(app, path.join(world.profile, 'requirements.txt'));
      await choose('requirements.txt', 'Download…');
      await files.locator('.nj-toast').first().waitFor();
    },
    () => dismissToasts(files),
  );
  await show('server-new-folder', 'A new folder waits for its name', async () => {
    await files.getByRole('button', { name: 'New folder' }).click();
    await files.locator('input.name-field').waitFor();
  });
  await show('server-new-notebook', 'Which kernel a new notebook gets', async () => {
    await files.getByRole('button', { name: 'New notebook' }).click();
    await files.getByRole('menuitem').first().waitFor();
  });
  await gallery.scene('uploads', () => uploads(world, files));
  const toTop = async (): Promise<void> => {
    await files.evaluate(() => {
      window.location.hash = '';
    });
    await row('analysis.ipynb').waitFor();
  };
  await show(
    'server-subfolder',
    'A folder in a folder',
    async () => {
      await row('measurements').dblclick();
      await row('2026').dblclick();
      await row('north.csv').waitFor();
    },
    toTop,
  );
  await show(
    'server-folder-empty',
    'An empty folder',
    async () => {
      await row('nothing yet').dblclick();
      await files.getByText('This folder is empty').waitFor();
    },
    toTop,
  );
  await show(
    'server-folder-gone',
    'A folder that was deleted meanwhile',
    async () => {
      const gone = path.join(server.root, 'temporary');
      fs.mkdirSync(gone);
      await files.getByRole('button', { name: 'Refresh' }).click();
      await row('temporary').waitFor();
      fs.rmdirSync(gone);
      await row('temporary').dblclick();
      await files.getByText('This folder is no longer there').waitFor();
    },
    toTop,
  );
  await show('server-kernels-none', 'No kernel runs on the server', async () => {
    await files.getByRole('tab', { name: /Kernels/ }).click();
    await files.getByText('No kernel is running').waitFor();
  });
  await files.getByRole('tab', { name: 'Files' }).click();
}

async function dismissToasts(page: Page): Promise<void> {
  for (const button of await page.locator('.nj-toast').getByRole('button', { name: 'Dismiss' }).all()) {
    await button.click().catch(() => undefined);
  }
}

async function uploads(world: World, files: Page): Promise<void> {
  const { gallery, app, lab, profile } = world;
  const show = gallery.of(app, files);
  const local = (name: string, bytes: number): string => {
    const file = path.join(profile, name);
    fs.writeFileSync(file, Buffer.alloc(bytes, 120));
    return file;
  };
  const picker = files.getByLabel('Files to upload');
  await show(
    'server-uploading',
    'Two files are being uploaded, one after the other',
    async () => {
      lab.slow(null, 3_000);
      await picker.setInputFiles([local('photographs.zip', 6_000_000), local('second.bin', 2_000_000)]);
      await files.locator('.transfer[data-state="running"]').waitFor();
    },
    async () => {
      lab.slow(null);
      await files.locator('.transfers').waitFor({ state: 'detached', timeout: 60_000 });
    },
  );
  await show(
    'server-upload-replaces',
    'Asks before an upload replaces a file',
    async () => {
      await picker.setInputFiles(local('requirements.txt', 100));
      await files.getByRole('dialog').waitFor();
    },
    async () => {
      await tidy(files);
      await files.locator('.transfers').waitFor({ state: 'detached' });
    },
  );
  await show(
    'server-upload-failed',
    'An upload that did not arrive',
    async () => {
      await picker.setInputFiles(local('measurements', 100));
      await files.locator('.transfer[data-state="failed"]').waitFor();
    },
    () => files.locator('.transfer').getByRole('button', { name: 'Dismiss' }).click(),
  );
  await show(
    'server-drop',
    'A file is held over the window',
    async () => {
      await dragOver(files, '.pane', 'dragover');
      await files.locator('.drop-hint').waitFor();
    },
    () => dragOver(files, '.pane', 'dragleave'),
  );
}

/** With notebooks open. */
export async function serverKernels(world: World): Promise<void> {
  const { gallery, app } = world;
  const files = await app.window('server');
  await front(app, files);
  const show = gallery.of(app, files);
  await files.getByRole('tab', { name: /Kernels/ }).click();
  const table = files.getByRole('grid', { name: 'Running kernels' });
  const line = table.getByRole('row').filter({ hasText: 'analysis.ipynb' }).first();
  await show('server-kernels', 'The kernels that run on the server', () => line.waitFor());
  await show('server-menu-kernel', 'The menu of a kernel', () => line.click({ button: 'right' }));
  await show('server-kernel-shutdown', 'Asks before a kernel is shut down', () =>
    line.getByRole('button', { name: 'Shut down' }).click(),
  );
  await files.getByRole('tab', { name: 'Files' }).click();
}

/** A server that goes away, asks for another token, and comes back. */
export async function serverTrouble(world: World): Promise<void> {
  const { gallery, app, cluster, server } = world;
  const home = await app.window('home');
  const before = app.electron.windows();
  const serverId = await serverIdOf(home, addressOf(cluster));
  await invoke(home, 'servers.open', { serverId });
  const files = await app.window('server', before);
  await front(app, files);
  const show = gallery.of(app, files);
  await files.getByRole('row').filter({ hasText: 'analysis.ipynb' }).first().waitFor();
  const banner = files.locator('.server-banner');
  const retry = banner.getByRole('button', { name: 'Retry' });
  await show('server-no-answer', 'The folder could not be read again', async () => {
    cluster.setEntrance('refused');
    cluster.cut();
    await files.getByRole('button', { name: 'Refresh' }).click();
    await banner.locator('.nj-problem').waitFor();
  });
  await show('server-away', 'The server is away', async () => {
    await invoke(home, 'servers.check', { serverId }).catch(() => undefined);
    await untilText(files.locator('.server-state'), 'Away');
  });
  await show('server-asks-token', 'The server asks for a new token', async () => {
    cluster.setEntrance(403);
    await retry.click();
    await files.locator('.banner-token').waitFor();
  });
  await show('server-token-wrong', 'The new token is not the right one', async () => {
    await files.getByPlaceholder('Paste the new token').fill('wrong');
    await files.getByRole('button', { name: 'Log in' }).click();
    await untilText(banner.locator('.nj-problem'), 'does not accept this token');
  });
  cluster.setEntrance('open');
  await files.getByPlaceholder('Paste the new token').fill(server.token);
  await files.getByRole('button', { name: 'Log in' }).click();
  await banner.locator('.nj-problem').first().waitFor({ state: 'detached' });
  await pause(200);
  await files.close();
}
