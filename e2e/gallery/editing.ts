/** Working in a notebook: the editor and its pop-ups, the palette, panels, dialogs, and what both sides changed. */
import type { Page } from 'playwright-core';
import {
  cellOf,
  chooseMenu,
  editCell,
  front,
  openNotebook,
  press,
  putNotebook,
  replaceText,
  runCell,
  selectCell,
  showCell,
  tidy,
  until,
  untilIdle,
  untilText,
} from './drive.ts';
import { closeBoxes, closeMenu, rightClick, untilBox } from './native.ts';
import { sharedElsewhere } from './notebooks.ts';
import { addressOf, type World } from './world.ts';

const bannerOf = (page: Page) => page.getByTestId('banner');

async function nothing(): Promise<void> {}

export async function editor(world: World): Promise<void> {
  const { gallery, app, lab } = world;
  const page = await openNotebook(app, addressOf(lab), 'editing.ipynb');
  const show = gallery.of(app, page);
  const scratch = 3;
  await runCell(page, 1);
  await untilText(cellOf(page, 1).locator('.jp-Cell-inputArea .jp-InputPrompt'), '[1]:');
  await show(
    'edit-mode',
    'A cell is being edited',
    () => editCell(page, 2),
    () => press(page, 'Escape'),
  );
  await show('selection-of-cells', 'Several cells are selected', async () => {
    await selectCell(page, 1);
    await press(page, 'Shift+ArrowDown');
  });
  await show(
    'line-numbers',
    'Line numbers in every cell',
    async () => {
      await selectCell(page, 1);
      await press(page, 'Shift+l');
      await page.locator('.jp-CodeCell .cm-lineNumbers').first().waitFor();
    },
    () => press(page, 'Shift+l'),
  );
  await show('completer', 'Names that begin like that', async () => {
    await replaceText(page, scratch, 'math.');
    await press(page, 'Tab');
    await page.locator('.jp-Completer:not(.lm-mod-hidden)').waitFor();
  });
  await show('documentation', 'The documentation of a name', async () => {
    await replaceText(page, scratch, 'math.floor');
    await press(page, 'Shift+Tab');
    await page.locator('.nj-Documentation').waitFor();
  });
  await press(page, 'Escape');
  await gallery.screen(
    'menu-editor',
    'The menu of selected text in a cell',
    app,
    async () => {
      await front(app, page);
      await editCell(page, 1);
      await press(page, 'Control+a');
      const line = cellOf(page, 1).locator('.cm-line').first();
      const isShown = await rightClick(app, page, line, { isEditable: true, selectionText: 'import math' });
      if (!isShown) gallery.note('the right click in an editor opened no menu');
    },
    () => closeMenu(app),
  );
  await gallery.scene('the palette', () => palette(world, page));
  await gallery.scene('dialogs of a notebook', () => dialogs(world, page));
  await page.close();
}

async function palette(world: World, page: Page): Promise<void> {
  const show = world.gallery.of(world.app, page);
  const field = page.locator('.nj-Palette input');
  const open = async (text: string): Promise<void> => {
    await selectCell(page, 1);
    await press(page, 'Control+Shift+c');
    await field.waitFor();
    if (text !== '') await field.fill(text);
  };
  await show('palette', 'All commands by name', () => open(''));
  await show('palette-filtered', 'Commands that were searched for', () => open('kernel'));
  await show('palette-nothing', 'No command is called like that', () => open('zzz'));
}

async function dialogs(world: World, page: Page): Promise<void> {
  const { gallery, app } = world;
  const show = gallery.of(app, page);
  const dialog = page.locator('dialog.nj-Dialog');
  const field = dialog.locator('input.nj-Dialog-input');
  const ask = async (item: string): Promise<void> => {
    await tidy(page);
    await chooseMenu(app, page, item);
    await dialog.waitFor();
  };
  const say = async (text: string): Promise<void> => {
    await field.fill(text);
    await press(page, 'Enter');
  };
  const goToLine = async (): Promise<void> => {
    await editCell(page, 1);
    await press(page, 'Alt+g');
    await dialog.waitFor();
  };
  await show('go-to-line', 'Which line to go to', goToLine);
  await show('go-to-line-wrong', 'A line that is not there', async () => {
    await goToLine();
    await say('77');
    await untilText(dialog.locator('.nj-Dialog-problem'), 'lines 1 to');
  });
  await show('keys', 'All keyboard shortcuts', () => ask('show-shortcuts'));
  await show('keys-searched', 'Shortcuts that were searched for', async () => {
    await ask('show-shortcuts');
    await dialog.getByLabel('Search the shortcuts').fill('cell below');
  });
  await show('keys-nothing', 'No shortcut is called like that', async () => {
    await ask('show-shortcuts');
    await dialog.getByLabel('Search the shortcuts').fill('zzz');
  });
  await show('rename', 'A new name for the notebook', () => ask('rename'));
  await show('rename-wrong', 'A name that a file cannot have', async () => {
    await ask('rename');
    await say('a/b');
    await untilText(dialog.locator('.nj-Dialog-problem'), 'cannot contain a slash');
  });
  await show('rename-taken', 'The new name is that of another notebook', async () => {
    await ask('rename');
    await say('report.ipynb');
    await untilText(dialog.locator('.nj-Dialog-problem'), 'already a file named');
  });
  await show('save-copy', 'The name of a copy', () => ask('save-copy'));
  await show('saved-copy', 'A copy was saved', async () => {
    await ask('save-copy');
    await say('a copy.ipynb');
    await untilText(bannerOf(page), 'A copy was saved');
  });
  await tidy(page);
  await press(page, 'Control+s');
  await untilText(page.getByTestId('status-unsaved'), 'Saved');
  await show('checkpoints', 'Which checkpoint to go back to', () => ask('checkpoints'));
  await show('checkpoint-restored', 'The notebook is back at its checkpoint', async () => {
    await ask('checkpoints');
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await untilText(bannerOf(page), 'back at its checkpoint');
  });
  await show('kernel-chooser', 'Which kernel the notebook has', async () => {
    await page.getByTestId('kernel-button').click();
    await page.locator('.nj-Kernels').first().waitFor();
  });
  for (const [item, text] of [
    ['revert', 'Asks before unsaved edits are thrown away'],
    ['restart', 'Asks before the kernel is restarted'],
    ['restart-and-run-all', 'Asks before the kernel is restarted and everything is run'],
    ['restart-and-clear', 'Asks before the kernel is restarted and the outputs are cleared'],
    ['shutdown', 'Asks before the kernel is shut down'],
  ] as const) {
    await gallery.screen(
      `box-${item}`,
      text,
      app,
      async () => {
        await chooseMenu(app, page, item);
        await untilBox(app);
      },
      () => closeBoxes(app),
    );
  }
}

/** The panels beside the notebook, while a cell runs and another waits. */
export async function panels(world: World): Promise<void> {
  const { gallery, app, lab } = world;
  const page = await openNotebook(app, addressOf(lab), 'report.ipynb');
  const show = gallery.of(app, page);
  const panel = page.locator('.nj-Variables');
  await show('variables-none', 'No variables yet', async () => {
    await chooseMenu(app, page, 'variables');
    await untilText(panel, 'No variables yet');
  });
  await show('variables', 'The variables of the kernel', async () => {
    await runCell(page, 2);
    await panel.locator('.nj-Variables-row').first().waitFor();
  });
  await show('variables-filtered', 'No variable is called like that', async () => {
    await panel.getByLabel('Filter variables').fill('zzz');
  });
  await panel.getByLabel('Filter variables').fill('');
  await show('outline', 'Headings with what runs and what failed below them', async () => {
    await runCell(page, 4);
    await untilIdle(page);
    await runCell(page, 6);
    await runCell(page, 7);
    await chooseMenu(app, page, 'outline');
    await page.locator('.nj-Outline [data-state="running"]').first().waitFor();
    await showCell(page, 4);
  });
  await show('running', 'A cell runs and the next one waits', async () => {
    await chooseMenu(app, page, 'outline');
    await showCell(page, 6);
  });
  await show('variables-busy', 'The variables while the kernel is busy', async () => {
    await chooseMenu(app, page, 'variables');
    await untilText(panel, 'The kernel is busy');
  });
  await show('interrupted', 'The running cell was interrupted', async () => {
    await chooseMenu(app, page, 'interrupt');
    await page.getByText('KeyboardInterrupt').first().waitFor();
    await untilIdle(page);
  });
  await chooseMenu(app, page, 'variables');
  await show('folded', 'Sections that are folded away', async () => {
    await chooseMenu(app, page, 'collapse-all-headings');
    await chooseMenu(app, page, 'outline');
  });
  await chooseMenu(app, page, 'expand-all-headings');
  await chooseMenu(app, page, 'outline');
  await page.close();
  const blank = await openNotebook(app, addressOf(lab), 'blank.ipynb');
  await gallery.of(app, blank)('outline-none', 'No headings yet', async () => {
    await chooseMenu(app, blank, 'outline');
    await untilText(blank.locator('.nj-Outline'), 'No headings yet');
  });
  await chooseMenu(app, blank, 'outline');
  await blank.close();
}

/** A notebook that somebody else saved meanwhile, and edits that come back. */
export async function merging(world: World): Promise<void> {
  const { gallery, app, lab, server } = world;
  const page = await openNotebook(app, addressOf(lab), 'shared.ipynb');
  const show = gallery.of(app, page);
  await replaceText(page, 0, 'one = 100\nprint(one)');
  await replaceText(page, 2, 'three = 333');
  await press(page, 'Escape');
  await putNotebook(server, 'shared.ipynb', sharedElsewhere);
  const dialog = page.locator('dialog.nj-Merge');
  const decide = dialog.getByRole('button', { name: 'Merge and Save' });
  await show(
    'merge',
    'Cells that were changed here and on the server',
    async () => {
      await press(page, 'Control+s');
      await dialog.waitFor();
    },
    nothing,
  );
  await show(
    'merge-undecided',
    'A decision is missing',
    async () => {
      await dialog.locator('summary').first().click();
      await decide.click();
      await dialog.locator('[data-missing="true"]').waitFor();
    },
    nothing,
  );
  await show('merge-later', 'The decision was put off', async () => {
    await dialog.getByRole('button', { name: 'Decide Later' }).click();
    await bannerOf(page).getByRole('button', { name: 'Review…' }).waitFor();
  });
  await show(
    'merge-decided',
    'Everything is decided',
    async () => {
      await bannerOf(page).getByRole('button', { name: 'Review…' }).click();
      await dialog.waitFor();
      await dialog.getByText('Mine everywhere').click();
      await untilText(dialog.locator('.nj-Merge-left'), 'All decided');
    },
    nothing,
  );
  await show('merged', 'Both were merged and saved', async () => {
    await decide.click();
    await untilText(bannerOf(page), 'Both are merged');
  });
  await replaceText(page, 1, 'between = 2.5');
  await press(page, 'Escape');
  await until('the draft', async () => (await page.getByTestId('status-unsaved').innerText()) === 'Unsaved edits');
  await page.waitForTimeout(1_500);
  await page.close();
  const again = await openNotebook(app, addressOf(lab), 'shared.ipynb');
  await gallery.of(app, again)('edits-are-back', 'Unsaved edits of the last time', () =>
    untilText(bannerOf(again), 'Your unsaved edits are back'),
  );
  await gallery.screen(
    'box-discard',
    'Asks before unsaved edits are thrown away',
    app,
    async () => {
      await front(app, again);
      await bannerOf(again).getByRole('button', { name: 'Discard them' }).click();
      await untilBox(app);
    },
    () => closeBoxes(app),
  );
  await again.close();
  await gallery.scene('a file that is gone', async () => {
    await putNotebook(server, 'moved.ipynb', [{ id: 'one', source: "print('here')" }]);
    const moved = await openNotebook(app, addressOf(lab), 'moved.ipynb');
    await untilIdle(moved);
    await server.rest('DELETE', 'api/contents/moved.ipynb');
    await gallery.of(app, moved)('file-gone', 'The file of an open notebook was taken away on the server', () =>
      until('the banner', async () => {
        await moved.evaluate(() => window.dispatchEvent(new Event('focus')));
        return (await bannerOf(moved).innerText()).includes('no longer on the server');
      }),
    );
    await moved.close();
  });
}
