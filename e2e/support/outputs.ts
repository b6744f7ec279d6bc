/** What tests do with outputs that live in frames: scroll to them, wait until they stand still, look into them. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { look } from './pages.ts';

/**
 * The cell at this place, on the screen and at rest. Frames change their height when they are drawn, and the notebook
 * then moves its window of cells: a cell that was just there may be taken out again, so it is looked for until it
 * stays. With `frame`, until that frame of its outputs has drawn as well.
 */
async function settle(page: Page, index: number, frame: number | null): Promise<void> {
  const isAtRest = (): Promise<boolean> =>
    page.evaluate(
      async ([place, nth]) => {
        const outer = document.querySelector('.jp-WindowedPanel-outer');
        const isShown = (node: Element | null | undefined): node is HTMLElement =>
          node instanceof HTMLElement && node.offsetParent !== null;
        const find = (): HTMLElement | null => {
          const cell = document.querySelector(`.jp-Notebook .jp-Cell[data-windowed-list-index="${place}"]`);
          const target = nth === null ? cell : cell?.querySelectorAll('.nj-OutputFrame')[nth];
          return isShown(target) ? target : null;
        };
        const drawn = async (count: number): Promise<void> => {
          for (let one = 0; one < count; one += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
        };
        const target = find();
        if (target === null) {
          const shown = [...document.querySelectorAll<HTMLElement>('.jp-Notebook .jp-Cell')].filter(isShown);
          const first = Number(shown[0]?.dataset.windowedListIndex ?? 0);
          // As a person does it, so that the notebook does not go back to the cell it showed last.
          outer?.dispatchEvent(new WheelEvent('wheel'));
          if (outer !== null) outer.scrollTop += (first > place ? -0.5 : 0.5) * outer.clientHeight;
          await drawn(3);
          return false;
        }
        target.scrollIntoView({ block: 'nearest' });
        const before = find()?.getBoundingClientRect().top;
        await drawn(12);
        const hasDrawn = nth === null || find()?.dataset.shown !== undefined;
        return hasDrawn && before !== undefined && find()?.getBoundingClientRect().top === before;
      },
      [index, frame] as const,
    );
  // Software rendering of WebGL on a busy machine took up to half a minute.
  await expect.poll(isAtRest, { ...look, timeout: 60_000 }).toBe(true);
}

const cellOf = (page: Page, index: number): Locator =>
  page.locator(`.jp-Notebook .jp-Cell[data-windowed-list-index="${index}"]`);

export async function restingCell(page: Page, index: number): Promise<Locator> {
  await settle(page, index, null);
  return cellOf(page, index);
}

/** For what is looked at again when it fails. */
export const brief = { timeout: 5_000 };

const again = { timeout: 60_000, interval: 50 };

/**
 * What a glance at a cell says once it succeeds. While outputs find their size the notebook still scrolls, and a cell
 * that was on the screen a moment ago may be taken out of the page again.
 */
export function lookAt<Value>(page: Page, index: number, glance: (cell: Locator) => Promise<Value>): Promise<Value> {
  return vi.waitFor(async () => glance(await restingCell(page, index)), again);
}

/** The same for the first frame of its outputs. */
export function seenInFrame<Value>(
  page: Page,
  index: number,
  glance: (frame: FrameLocator) => Promise<Value>,
): Promise<Value> {
  return vi.waitFor(async () => glance(await outputFrame(page, index)), again);
}

/** A frame of the outputs of this cell, once it has drawn. */
export async function outputFrame(page: Page, index: number, frame = 0): Promise<FrameLocator> {
  await settle(page, index, frame);
  return cellOf(page, index).locator('.nj-OutputFrame').nth(frame).frameLocator('iframe');
}
