/** Home once there is a history: its lists with their menus and questions, and the library of journals. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { journalFiles } from '../../electron/core/journal/library.ts';
import { JournalReader } from '../../electron/core/journal/reader.ts';
import { testPython } from '../support/jupyter-server.ts';
import { dragOver, front, invoke, tidy, until, untilText } from './drive.ts';
import { answerOpen, answerSave } from './native.ts';
import type { World } from './world.ts';

async function nothing(): Promise<void> {}

export async function homeLists(world: World): Promise<void> {
  const { gallery, app } = world;
  const home = await app.window('home');
  await front(app, home);
  const show = gallery.of(app, home);
  const servers = home.getByRole('grid', { name: 'Servers' });
  const recents = home.getByRole('grid', { name: 'Recent notebooks' });
  const onServer = async (name: string, item: string): Promise<void> => {
    await servers.getByRole('row').filter({ hasText: name }).click({ button: 'right' });
    await home.getByRole('menuitem', { name: item }).click();
    await home.getByRole('dialog').waitFor();
  };
  await home.getByRole('button', { name: 'Home', exact: true }).click();
  await show('home', 'Servers, recent notebooks and the latest journals', () => recents.waitFor());
  await show(
    'home-end',
    'The lower end of Home',
    () => scrollToEnd(home),
    () => scrollToTop(home),
  );
  await show('home-menu-server', 'The menu of a server', () =>
    servers.getByRole('row').first().click({ button: 'right' }),
  );
  await show('home-server-rename', 'A new name for a server', () => onServer('Lab workstation', 'Rename…'));
  await show('home-server-token', 'A new token for a server', () => onServer('Lab workstation', 'New token…'));
  await show('home-server-stop-recording', 'Asks before a server is no longer recorded on', () =>
    onServer('Lab workstation', 'Stop Recording There…'),
  );
  await show('home-server-record', 'Asks before a server is recorded on', () =>
    onServer('GPU cluster', 'Record There…'),
  );
  await show('home-server-remove', 'Asks before a server is removed', () => onServer('Lab workstation', 'Remove…'));
  await show('home-menu-notebook', 'The menu of a recent notebook', () =>
    recents.getByRole('row').first().click({ button: 'right' }),
  );
  await show('home-notebook-remove', 'Asks before a notebook leaves the list', async () => {
    await recents.getByRole('row').filter({ hasText: 'analysis.ipynb' }).first().click({ button: 'right' });
    await home.getByRole('menuitem', { name: 'Remove from list…' }).click();
  });
  const filter = home.getByLabel('Filter servers, notebooks and journals');
  await show('home-filtered', 'Notebooks and journals by name', () => filter.fill('analysis'), nothing);
  await show(
    'home-filtered-none',
    'Nothing is called like that',
    () => filter.fill('zzz'),
    () => filter.fill(''),
  );
  await show(
    'home-drop',
    'A journal file is held over the window',
    async () => {
      await dragOver(home, '.home', 'dragover');
      await home.locator('.drop-here').waitFor();
    },
    () => dragOver(home, '.home', 'dragleave'),
  );
}

function scrollToEnd(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const node of document.querySelectorAll('*')) node.scrollTop = node.scrollHeight;
  });
}

function scrollToTop(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const node of document.querySelectorAll('*')) node.scrollTop = 0;
  });
}

/** The journals that the notebooks before have left. */
export async function library(world: World): Promise<void> {
  const { gallery, app } = world;
  const home = await app.window('home');
  await front(app, home);
  await home.getByRole('button', { name: /^Journals/ }).click();
  const show = gallery.of(app, home);
  await show('library', 'All journals', () => rowOf(home, 'analysis.ipynb').waitFor());
  await gallery.scene('journals one by one', () => oneJournal(world, home));
  await gallery.scene('filters and search', () => filters(world, home));
  await gallery.scene('room for journals', () => room(world, home));
  await gallery.scene('exporting', () => exporting(world, home));
  await gallery.scene('journals from elsewhere', () => imports(world, home));
}

const rowOf = (home: Page, name: string) =>
  home.getByRole('grid', { name: 'Journals' }).getByRole('row').filter({ hasText: name }).first();

async function choose(home: Page, name: string, item: string): Promise<void> {
  await rowOf(home, name).click({ button: 'right' });
  await home.getByRole('menuitem', { name: item }).click();
}

async function dismissToasts(home: Page): Promise<void> {
  for (const button of await home.locator('.nj-toast').getByRole('button', { name: 'Dismiss' }).all()) {
    await button.click().catch(() => undefined);
  }
}

async function oneJournal(world: World, home: Page): Promise<void> {
  const { gallery, app } = world;
  const show = gallery.of(app, home);
  await show('library-menu', 'The menu of a journal', () => rowOf(home, 'analysis.ipynb').click({ button: 'right' }));
  await show('library-rename', 'A journal is being renamed', async () => {
    await choose(home, 'editing.ipynb', 'Rename');
    await home.getByLabel('New name of editing.ipynb').fill('Area of a circle');
  });
  await show('library-tags', 'Tags of a journal', async () => {
    await choose(home, 'analysis.ipynb', 'Tags…');
    await home.getByLabel('Tags', { exact: true }).fill('rain, 2026, figures');
  });
  await show('library-tagged', 'A journal with tags, and one that is kept', async () => {
    await choose(home, 'analysis.ipynb', 'Tags…');
    await home.getByLabel('Tags', { exact: true }).fill('rain, 2026, figures');
    await home.getByRole('button', { name: 'Save' }).click();
    await choose(home, 'analysis.ipynb', 'Keep forever');
    await home.getByTitle('Kept: it is never removed automatically').first().waitFor();
  });
  await show('library-verified', 'A journal is complete', async () => {
    await choose(home, 'report.ipynb', 'Verify');
    await home.getByRole('dialog').getByText('exactly once').waitFor();
  });
  await show('library-verified-holes', 'A journal has gaps', async () => {
    await choose(home, 'outage.ipynb', 'Verify');
    await home.getByRole('dialog', { name: 'The journal has gaps' }).waitFor();
  });
  await show(
    'library-delete-running',
    'A journal that is being recorded cannot be deleted',
    async () => {
      await choose(home, 'training.ipynb', 'Delete');
      await home.locator('.nj-toast[data-tone="bad"]').first().waitFor();
    },
    () => dismissToasts(home),
  );
  await show(
    'library-deleted',
    'A journal was deleted and can be brought back',
    async () => {
      await rowOf(home, 'outage.ipynb').getByTitle('Being recorded now').waitFor({ state: 'detached' });
      await choose(home, 'outage.ipynb', 'Delete');
      await home.getByRole('button', { name: 'Undo' }).waitFor();
    },
    async () => {
      await home.getByRole('button', { name: 'Undo' }).click();
      await rowOf(home, 'outage.ipynb').waitFor();
    },
  );
}

async function filters(world: World, home: Page): Promise<void> {
  const { gallery, app } = world;
  const show = gallery.of(app, home);
  const chip = home.locator('.chip');
  const names = ['Which journals', 'Of which server', 'With which tag'];
  for (const [index, text] of names.entries()) {
    await show(`library-filter-${index + 1}`, `The menu of a filter: ${text.toLowerCase()}`, () =>
      chip.nth(index).click(),
    );
  }
  await show(
    'library-filtered',
    'Journals with errors only',
    async () => {
      await chip.first().click();
      await home.getByRole('menuitem', { name: 'With errors' }).click();
    },
    nothing,
  );
  await show(
    'library-filtered-none',
    'No matching journals',
    async () => {
      await chip.first().click();
      await home.getByRole('menuitem', { name: 'Damaged' }).click();
      await home.getByText('No matching journals').waitFor();
    },
    () => home.getByRole('button', { name: 'Show all' }).click(),
  );
  const search = home.getByLabel('Search in all journals');
  const results = home.getByRole('grid', { name: 'Search results' });
  await show(
    'library-search',
    'What was run and printed, by journal',
    async () => {
      await search.fill('line');
      await results.getByRole('row').first().waitFor({ timeout: 60_000 });
    },
    nothing,
  );
  await show(
    'library-search-error',
    'An error that was searched for',
    async () => {
      await search.fill('on purpose');
      await untilText(results.locator('mark'), 'purpose');
    },
    nothing,
  );
  await show(
    'library-search-none',
    'Nothing was run or printed with that',
    async () => {
      await search.fill('marmalade');
      await home.getByText('Nothing was run or printed').waitFor();
    },
    () => search.fill(''),
  );
}

async function room(world: World, home: Page): Promise<void> {
  const { gallery, app } = world;
  const show = gallery.of(app, home);
  const dialog = home.getByRole('dialog', { name: 'Storage for journals' });
  const open = async (gigabytes: string | null): Promise<void> => {
    await home.locator('button.room').click();
    await dialog.waitFor();
    if (gigabytes !== null) await dialog.getByLabel('Gigabytes').fill(gigabytes);
  };
  await show('library-room', 'How much room journals may take', async () => {
    await open(null);
    await dialog.getByText('Nothing would go.').waitFor();
  });
  await show('library-room-wrong', 'What was typed is no size', async () => {
    await open('none');
    await dialog.getByText('Write a number of gigabytes').waitFor();
  });
  await show('library-room-goes', 'What would go with so little room', async () => {
    await open('0.000001');
    await dialog.locator('.plan').waitFor();
  });
  await show(
    'library-room-saved',
    'The room was changed',
    async () => {
      await open('5');
      await dialog.locator('.plan').waitFor();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await home.locator('.nj-toast').first().waitFor();
    },
    () => dismissToasts(home),
  );
  await show(
    'library-leaving',
    'Journals that go within a day',
    async () => {
      await invoke(home, 'journals.setRetention', { bytesMax: 1_000 });
      await home.locator('.leaving').first().waitFor();
    },
    () => invoke(home, 'journals.setRetention', { bytesMax: null }),
  );
}

async function imports(world: World, home: Page): Promise<void> {
  const { gallery, app, profile } = world;
  const show = gallery.of(app, home);
  const take = async (file: string): Promise<void> => {
    await answerOpen(app, file);
    await home.getByRole('button', { name: 'Import…' }).click();
    await home.locator('.nj-toast').first().waitFor();
  };
  await show(
    'library-import-no-journal',
    'A file that is no journal',
    async () => {
      const file = path.join(profile, 'letter.nightjar');
      fs.writeFileSync(file, 'Dear friend, this is no journal.');
      await take(file);
    },
    () => dismissToasts(home),
  );
  await show(
    'library-import-newer',
    'A journal of a newer Nightjar',
    () => take(copyOf(profile, 'outage.ipynb', path.join(profile, 'newer.nightjar'), 'PRAGMA user_version = 900')),
    () => dismissToasts(home),
  );
  await show(
    'library-import-damaged',
    'A damaged journal was taken in',
    async () => {
      const file = copyOf(profile, 'outage.ipynb', path.join(profile, 'damaged.nightjar'));
      const bytes = fs.readFileSync(file);
      bytes.fill(0x5a, 100, 4096);
      fs.writeFileSync(file, bytes);
      await take(file);
    },
    () => dismissToasts(home),
  );
}

/** A copy of the journal of a notebook as one file, as one would send it; SQL is run on it before. */
function copyOf(profile: string, notebook: string, file: string, ...statements: string[]): string {
  const source = journalFiles(path.join(profile, 'data', 'journals')).find((one) => pathIn(one) === notebook);
  if (source === undefined) throw new Error(`there is no journal of ${notebook}`);
  for (const ending of ['', '-wal']) {
    if (fs.existsSync(`${source}${ending}`)) fs.copyFileSync(`${source}${ending}`, `${file}${ending}`);
  }
  const script =
    'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nfor s in sys.argv[2:]: c.execute(s)';
  const all = [...statements, 'PRAGMA wal_checkpoint(TRUNCATE)', 'PRAGMA journal_mode = DELETE'];
  const done = spawnSync(testPython(), ['-c', script, file, ...all], { encoding: 'utf8' });
  if (done.stderr !== '') throw new Error(done.stderr);
  return file;
}

function pathIn(file: string): string | null {
  const opened = JournalReader.open(file);
  if (!opened.ok) return null;
  const { notebookPath } = opened.value.meta;
  opened.value.close();
  return notebookPath;
}

/** The page that the last pictures look at. */
export const exportedPage = (profile: string): string => path.join(profile, 'outage.html');

async function exporting(world: World, home: Page): Promise<void> {
  const { gallery, app, profile } = world;
  const show = gallery.of(app, home);
  const dialog = home.getByRole('dialog');
  await show('library-export', 'What to make of a journal', async () => {
    await choose(home, 'outage.ipynb', 'Export…');
    await dialog.waitFor();
  });
  await show(
    'library-exported',
    'A journal was exported as a page',
    async () => {
      await tidy(home);
      await answerSave(app, exportedPage(profile));
      await choose(home, 'outage.ipynb', 'Export…');
      await dialog.getByText('Web page').click();
      await dialog.getByRole('button', { name: 'Export…' }).click();
      await until('the page', async () => fs.existsSync(exportedPage(profile)));
      await home.locator('.nj-toast').filter({ hasText: 'Exported to' }).waitFor();
    },
    () => dismissToasts(home),
  );
  await show('library-export-failed', 'A journal could not be exported', async () => {
    await answerSave(app, '/nowhere/at/all.html');
    await choose(home, 'outage.ipynb', 'Export…');
    await dialog.getByRole('button', { name: 'Export…' }).click();
    await dialog.locator('.nj-problem').waitFor();
  });
}
