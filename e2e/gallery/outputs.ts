/** The notebook window while it loads, and each kind of output with what can be done with it. */
import http from 'node:http';
import type { Page } from 'playwright-core';
import {
  cellOf,
  chooseMenu,
  front,
  openNotebook,
  openWindow,
  pause,
  press,
  putNotebook,
  ready,
  runCell,
  selectCell,
  showCell,
  untilIdle,
  untilText,
} from './drive.ts';
import { listen } from '../support/ports.ts';
import { answerBoxes, closeBoxes, closeMenu, rightClick, untilBox } from './native.ts';
import { analysis, loadingFrom } from './notebooks.ts';
import { addressOf, type World } from './world.ts';

export async function loading(world: World): Promise<void> {
  const { gallery, app, lab } = world;
  const address = addressOf(lab);
  let page: Page | null = null;
  const close = async (): Promise<void> => {
    await page?.close();
    page = null;
  };
  await gallery.show(
    'notebook-loading',
    'A notebook that takes long to come',
    app,
    async () => {
      lab.slow(null, 4_000);
      page = await openWindow(app, address, 'blank.ipynb');
      await page.locator('.nj-Skeleton').waitFor();
      return page;
    },
    async () => {
      lab.slow(null);
      if (page !== null) await ready(page);
      await close();
    },
  );
  await gallery.show(
    'notebook-not-there',
    'A notebook that is not on the server',
    app,
    async () => {
      page = await openWindow(app, address, 'nowhere.ipynb');
      await page.locator('.nj-Failure').waitFor();
      return page;
    },
    close,
  );
  await gallery.show(
    'notebook-server-away',
    'A notebook whose server does not answer',
    app,
    async () => {
      lab.setEntrance('refused');
      lab.cut();
      page = await openWindow(app, address, 'blank.ipynb');
      await page.locator('.nj-Failure').waitFor();
      return page;
    },
    async () => {
      lab.setEntrance('open');
      if (page !== null) await ready(page);
    },
  );
  await gallery.show(
    'notebook-blank',
    'A new notebook without any code',
    app,
    async () => {
      const blank = page ?? (await openNotebook(app, address, 'blank.ipynb'));
      page = blank;
      await untilIdle(blank);
      await front(app, blank);
      return blank;
    },
    close,
  );
}

/** Runs everything once, and goes through it. */
export async function outputs(world: World): Promise<void> {
  const { gallery, app, lab } = world;
  const page = await openNotebook(app, addressOf(lab), 'analysis.ipynb');
  const show = gallery.of(app, page);
  const at = (id: string): number => analysis.findIndex((cell) => cell.id === id);
  const there = (id: string, selector: string) => async (): Promise<void> => {
    await showCell(page, at(id));
    await cellOf(page, at(id)).locator(selector).first().waitFor();
    await showCell(page, at(id));
  };
  await show('notebook-before-run', 'A notebook that was not run yet', () => selectCell(page, at('text')));
  await chooseMenu(app, page, 'run-all');
  await pause(2_000);
  await untilIdle(page, 120_000);
  await show('outputs-text', 'Formulas, text and warnings', there('title', 'mjx-container'));
  await show('outputs-colours', 'Text with colours', there('ansi', '.jp-OutputArea-output span'));
  await show('outputs-table', 'A table of pandas and a plot', there('table', 'table'));
  await show('outputs-plot', 'A picture of matplotlib', there('plot', 'img'));
  await show('outputs-svg-latex', 'SVG, LaTeX and Markdown', there('svg', 'img'));
  await show('outputs-json', 'JSON as a tree, and a plain result', there('json', '.jp-RenderedJSON'));
  await show('outputs-widgets', 'Widgets', there('widgets', '.jupyter-widgets'));
  await show('outputs-widgets-more', 'A foreign widget, progress bars', there('foreign', '.jp-OutputArea-output'));
  await show('outputs-plotly', 'A figure of plotly', there('plotly', '.nj-OutputFrame[data-shown]'));
  await show('outputs-script', 'HTML with a script, in its frame', there('script', '.nj-OutputFrame[data-shown]'));
  await show('outputs-error', 'An error with its traceback', there('error', '.jp-OutputArea-output'));
  await show('outputs-long', 'A long output in its scroll box', there('long', '.nj-mod-scrolled'));
  await show('outputs-flood', 'More lines than the page holds', there('flood', '.nj-Stream-earlier'));
  await show('outputs-wide', 'A line that is wider than the window', there('wide', '.jp-OutputArea-output'));
  await gallery.scene('tools of outputs', () => outputTools(world, page, at));
  await gallery.scene('finding', () => finding(world, page));
}

async function outputTools(world: World, page: Page, at: (id: string) => number): Promise<void> {
  const { gallery, app } = world;
  const show = gallery.of(app, page);
  const outputOf = (id: string) => cellOf(page, at(id)).locator('.jp-OutputArea-child').first();
  const menuOn = async (id: string): Promise<void> => {
    await showCell(page, at(id));
    await outputOf(id).click({ button: 'right', position: { x: 160, y: 12 } });
    await page.locator('.lm-Menu').waitFor();
  };
  await show(
    'output-bar',
    'What is offered on the output under the pointer',
    async () => {
      await showCell(page, at('plot'));
      await outputOf('plot').hover();
      await page.locator('.nj-OutputTools').waitFor();
    },
    () => page.mouse.move(4, 4),
  );
  await show('output-menu-picture', 'The menu of a picture', () => menuOn('plot'));
  await show('output-menu-text', 'The menu of a text', () => menuOn('text'));
  const viewer = page.locator('dialog.nj-TextViewer');
  await show(
    'viewer',
    'All lines of an output in the viewer',
    async () => {
      await showCell(page, at('flood'));
      await page
        .getByRole('button', { name: /^Open all/ })
        .first()
        .click();
      await viewer.waitFor();
    },
    nothing,
  );
  const find = async (text: string, told: string | RegExp): Promise<void> => {
    await viewer.getByLabel('Find in this output').fill(text);
    await untilText(viewer.locator('.nj-TextViewer-matches'), told);
  };
  await show('viewer-found', 'Lines that were found in the viewer', () => find('line 77', /of .* lines/), nothing);
  await show('viewer-not-found', 'Nothing was found in the viewer', () => find('nowhere', 'Not found'));
  await show(
    'outputs-hidden',
    'Outputs that are folded away',
    async () => {
      await chooseMenu(app, page, 'hide-all-outputs');
      await showCell(page, at('text'));
    },
    () => chooseMenu(app, page, 'show-all-outputs'),
  );
  await show(
    'code-hidden',
    'Code that is folded away',
    async () => {
      await chooseMenu(app, page, 'hide-all-code');
      await showCell(page, at('text'));
    },
    () => chooseMenu(app, page, 'show-all-code'),
  );
  await gallery.screen(
    'menu-cell',
    'The menu of a cell',
    app,
    async () => {
      await front(app, page);
      await showCell(page, at('table'));
      const prompt = cellOf(page, at('table')).locator('.jp-Cell-inputArea .jp-InputPrompt');
      const isShown = await rightClick(app, page, prompt, { isEditable: false, selectionText: '' });
      if (!isShown) gallery.note('the right click on a cell opened no menu');
    },
    () => closeMenu(app),
  );
  await gallery.screen(
    'box-open-link',
    'Asks before a link is opened in the browser',
    app,
    async () => {
      await front(app, page);
      await showCell(page, 0);
      await cellOf(page, 0).locator('a[href^="https://jupyter.org"]').first().click();
      await untilBox(app);
    },
    () => closeBoxes(app),
  );
  await show(
    'side-by-side',
    'Outputs beside their code',
    async () => {
      await selectCell(page, at('text'));
      await press(page, 'Shift+r');
      await pause(1_000);
      await showCell(page, at('text'));
    },
    async () => {
      await press(page, 'Shift+r');
      await pause(1_000);
    },
  );
}

async function nothing(): Promise<void> {}

async function finding(world: World, page: Page): Promise<void> {
  const { gallery, app } = world;
  const show = gallery.of(app, page);
  await front(app, page);
  const box = page.locator('.nj-Find');
  const counter = box.locator('.jp-DocumentSearch-index-counter');
  const open = async (keys: string): Promise<void> => {
    await selectCell(page, 1);
    await press(page, keys);
    await box.waitFor();
  };
  await show(
    'find',
    'Something was found in code and outputs',
    async () => {
      await open('Control+f');
      await box.getByPlaceholder('Find').fill('print');
      await untilText(counter, /\/\s*\d/);
    },
    nothing,
  );
  await show(
    'find-filters',
    'Where to look for it',
    () => box.locator('button:has(.jp-DocumentSearch-filter-button)').click(),
    nothing,
  );
  await show('find-nothing', 'Nothing was found', () => box.getByPlaceholder('Find').fill('nowhere to be found'));
  await show('replace', 'Find and replace', async () => {
    await open('Control+h');
    await box.getByPlaceholder('Find').fill('print');
    await box.getByPlaceholder('Replace').fill('display');
    await untilText(counter, /\/\s*\d/);
  });
}

/** What outputs may do: run a script that was not made here, load from the network. */
export async function permissions(world: World): Promise<void> {
  const { gallery, app, lab, server } = world;
  const address = addressOf(lab);
  const page = await openNotebook(app, address, 'downloaded.ipynb');
  const show = gallery.of(app, page);
  await show('output-script-waits', 'A saved script did not run by itself', () =>
    page.getByRole('button', { name: 'Run it in isolation' }).waitFor(),
  );
  await gallery.screen(
    'box-trust',
    'Asks before a notebook is trusted',
    app,
    async () => {
      await chooseMenu(app, page, 'trust');
      await untilBox(app);
    },
    () => closeBoxes(app),
  );
  await show('banner-network-none', 'Outputs that load nothing from the network', async () => {
    await chooseMenu(app, page, 'outputs-network');
    await page.getByTestId('banner').getByText('load nothing from the network').waitFor();
  });
  await show('checkpoints-none', 'There is no checkpoint yet', async () => {
    await chooseMenu(app, page, 'checkpoints');
    await page.locator('dialog.nj-Dialog').getByText('There are no checkpoints yet').waitFor();
  });
  await page.close();
  // The second one is near, so that what was allowed also arrives.
  const near = http.createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/javascript');
    response.end('document.body.append(" Loaded.")');
  });
  const nearHost = `127.0.0.1:${await listen(near)}`;
  await putNotebook(server, 'map.ipynb', loadingFrom('https://tiles.example.org', `http://${nearHost}`));
  const map = await openNotebook(app, address, 'map.ipynb');
  const allow = map.getByRole('button', { name: 'Allow tiles.example.org…' });
  await gallery.of(app, map)('output-wants-network', 'An output wanted to load from the network', async () => {
    await runCell(map, 0);
    await allow.waitFor();
  });
  await gallery.screen(
    'box-allow-network',
    'Asks before an output may load from a place',
    app,
    async () => {
      await front(app, map);
      await allow.click();
      await untilBox(app);
    },
    () => closeBoxes(app),
  );
  await gallery.screen(
    'box-forbid-network',
    'Asks before outputs are kept off the network again',
    app,
    async () => {
      await answerBoxes(app, 0);
      await runCell(map, 1);
      await map.getByRole('button', { name: `Allow ${nearHost}…` }).click();
      await map.locator('.nj-OutputFrame').last().frameLocator('iframe').getByText('Loaded.').waitFor();
      // A window in which a frame still loads takes no command of the menu.
      await pause(1_500);
      await answerBoxes(app, null);
      await chooseMenu(app, map, 'outputs-network');
      await untilBox(app);
    },
    async () => {
      await answerBoxes(app, null);
      await closeBoxes(app);
    },
  );
  await map.close();
  near.close();
}
