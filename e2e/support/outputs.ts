/** What tests do with outputs that live in frames: scroll to them, wait until they stand still, look into them. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { look } from './pages.ts';

/**
 * The cell at this place, on the screen and at rest. Frames change their height when they are drawn, and the notebook
 * then moves its window of cells: a cell that was just there may be taken out again, so it is looked for until it stays
 * and until its own frames have drawn.
 */
export async function restingCell(page: Page, index: number): Promise<Locator> {
  await expect
    .poll(
      () =>
        page.evaluate(async (place) => {
          const outer = document.querySelector('.jp-WindowedPanel-outer');
          const find = (): HTMLElement | null => {
            const cell = document.querySelector(`.jp-Notebook .jp-Cell[data-windowed-list-index="${place}"]`);
            return cell instanceof HTMLElement && cell.offsetParent !== null ? cell : null;
          };
          const frames = async (count: number): Promise<void> => {
            for (let frame = 0; frame < count; frame += 1)
              await new Promise((resolve) => requestAnimationFrame(resolve));
          };
          const cell = find();
          if (cell === null) {
            if (outer === null) return false;
            const shown = [...document.querySelectorAll<HTMLElement>('.jp-Notebook .jp-Cell')]
              .filter((one) => one.offsetParent !== null)
              .map((one) => Number(one.dataset.windowedListIndex));
            outer.scrollTop += ((shown[0] ?? 0) > place ? -0.5 : 0.5) * outer.clientHeight;
            await frames(3);
            return false;
          }
          const output = cell.querySelector('.jp-OutputArea') ?? cell;
          output.scrollIntoView({ block: 'nearest' });
          const before = find()?.getBoundingClientRect().top;
          await frames(12);
          const waiting = cell.querySelector('.nj-OutputFrame:not([data-shown])') !== null;
          return !waiting && before !== undefined && find()?.getBoundingClientRect().top === before;
        }, index),
      look,
    )
    .toBe(true);
  return page.locator(`.jp-Notebook .jp-Cell[data-windowed-list-index="${index}"]`);
}

/** The frame of an output of this cell, once it says that it has drawn. */
export async function outputFrame(page: Page, index: number): Promise<FrameLocator> {
  const cell = await restingCell(page, index);
  return cell.locator('.nj-OutputFrame').first().frameLocator('iframe');
}
