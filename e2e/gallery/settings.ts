/** The settings window page by page, and a settings file that cannot be read. */
import fs from 'node:fs';
import path from 'node:path';
import {
  chooseMenu,
  front,
  invoke,
  openNotebook,
  pause,
  press,
  ready,
  resize,
  serverIdOf,
  untilText,
} from './drive.ts';
import { sizes } from './gallery.ts';
import { addressOf, type World } from './world.ts';

async function nothing(): Promise<void> {}

export async function settingsWindow(world: World): Promise<void> {
  const { gallery, app } = world;
  const home = await app.window('home');
  await chooseMenu(app, home, 'settings');
  const page = await app.window('settings');
  await front(app, page);
  const show = gallery.of(app, page);
  const tab = (name: string) => page.getByRole('button', { name, exact: true });
  await show('settings-general', 'Settings: appearance and saving', () => tab('General').click());
  await show('settings-editor', 'Settings: the editor', () => tab('Editor').click());
  await show('settings-keyboard', 'Settings: the keyboard', () => tab('Keyboard').click());
  const search = page.getByPlaceholder('Search by name or key');
  const row = page.getByTestId('shortcut-duplicate-cells');
  await show('settings-keys-searched', 'Shortcuts that were searched for', () => search.fill('cells'), nothing);
  await show(
    'settings-key-waiting',
    'The new keys of a command are waited for',
    async () => {
      await row.hover();
      await row.getByRole('button', { name: 'Change' }).click();
      await row.locator('.key-box').waitFor();
    },
    nothing,
  );
  await show(
    'settings-key-taken',
    'The keys belong to another command',
    async () => {
      await press(page, 'b');
      await untilText(row, 'Insert Cell Below');
    },
    nothing,
  );
  await show(
    'settings-key-changed',
    'A command with keys of its own',
    async () => {
      await row.getByRole('button', { name: 'Take It' }).click();
      await row.hover();
      await row.getByRole('button', { name: 'Reset' }).waitFor();
    },
    () => page.getByRole('button', { name: 'Reset All' }).click(),
  );
  await show(
    'settings-keys-none',
    'No shortcut is called like that',
    () => search.fill('zzz'),
    () => search.fill(''),
  );
  await gallery.scene('a settings file that is broken', async () => {
    const notebook = await openNotebook(app, addressOf(world.lab), 'blank.ipynb');
    const file = path.join(world.profile, 'data', 'preferences.json');
    const before = fs.readFileSync(file, 'utf8');
    try {
      fs.writeFileSync(file, '{ "theme": dark }');
      await gallery.of(app, notebook)('banner-settings-broken', 'The settings file cannot be read', () =>
        untilText(notebook.getByTestId('banner'), 'not valid JSON'),
      );
      await front(app, page);
      await tab('General').click();
      await show('settings-broken', 'Settings: the file cannot be read', () =>
        page.getByRole('alert').first().waitFor(),
      );
    } finally {
      fs.writeFileSync(file, before);
      await notebook.close();
    }
  });
  await gallery.scene('notebooks in tabs', () => tabs(world));
  await page.close();
}

/** Several notebooks in one window, one of them with unsaved changes. */
async function tabs({ gallery, app, lab }: World): Promise<void> {
  const home = await app.window('home');
  const serverId = await serverIdOf(home, addressOf(lab));
  const settings = await app.window('settings');
  await invoke(settings, 'settings.change', { change: { openNotebooksIn: 'tabs' } });
  try {
    const before = app.electron.windows();
    for (const path of ['report.ipynb', 'blank.ipynb', 'editing.ipynb', 'shared.ipynb']) {
      await invoke(home, 'notebooks.open', { serverId, path, newWindow: false });
    }
    const strip = await app.window('tabs', before);
    await ready(await app.window('notebook', before));
    await strip.getByRole('tab').nth(1).waitFor();
    await pause(1_000);
    await strip.getByRole('tab').first().click();
    const { width, height } = sizes[gallery.look.size];
    await resize(app, strip, width, height);
    const handle = await app.electron.browserWindow(strip);
    await handle.evaluate((window: Electron.BrowserWindow) => window.setPosition(0, 0));
    await handle.dispose();
    await front(app, strip);
    await strip.getByRole('tab').nth(1).hover();
    await gallery.screen('tabs', 'Notebooks in the tabs of one window', app, () => pause(1_500), nothing);
  } finally {
    await invoke(settings, 'settings.change', { change: { openNotebooksIn: 'windows' } });
    await app.electron.evaluate(({ BrowserWindow }) => {
      for (const one of BrowserWindow.getAllWindows()) {
        if (one.webContents.getURL().includes('/tabs/')) one.close();
      }
    });
  }
}
