import { describe, expect, it } from 'vitest';
import { findTyped, indexAfterRemoval, matchesQuery, moveIndex } from './list-keys.ts';
import { placeMenu } from './menu.tsx';

describe('moveIndex', () => {
  it('moves by one, by a page and to the ends, and stays inside', () => {
    expect(moveIndex('ArrowDown', 0, 3)).toBe(1);
    expect(moveIndex('ArrowDown', 2, 3)).toBe(2);
    expect(moveIndex('ArrowUp', 0, 3)).toBe(0);
    expect(moveIndex('End', 0, 30)).toBe(29);
    expect(moveIndex('Home', 9, 30)).toBe(0);
    expect(moveIndex('PageDown', 25, 30)).toBe(29);
    expect(moveIndex('PageUp', 25, 30)).toBe(15);
  });

  it('begins at the near end when nothing is active', () => {
    expect(moveIndex('ArrowDown', -1, 3)).toBe(0);
    expect(moveIndex('ArrowUp', -1, 3)).toBe(2);
  });

  it('leaves other keys and empty lists alone', () => {
    expect(moveIndex('a', 0, 3)).toBeNull();
    expect(moveIndex('ArrowDown', -1, 0)).toBeNull();
  });
});

describe('findTyped', () => {
  const names = ['alpha', 'Apple', 'banana', 'apricot'];

  it('goes on to the next item with the letter, around the end', () => {
    expect(findTyped(names, 'a', 0)).toBe(1);
    expect(findTyped(names, 'a', 1)).toBe(3);
    expect(findTyped(names, 'aa', 3)).toBe(0);
  });

  it('stays where a longer text still matches, whatever the case', () => {
    expect(findTyped(names, 'AP', 1)).toBe(1);
    expect(findTyped(names, 'apr', 1)).toBe(3);
  });

  it('finds nothing where nothing matches', () => {
    expect(findTyped(names, 'x', 0)).toBe(-1);
    expect(findTyped([], 'a', -1)).toBe(-1);
  });
});

it('after a removal the focus goes to the item that moved up, or to the new last one', () => {
  expect(indexAfterRemoval(1, 3)).toBe(1);
  expect(indexAfterRemoval(3, 3)).toBe(2);
});

it('a query matches when each of its words is somewhere', () => {
  expect(matchesQuery('', ['x'])).toBe(true);
  expect(matchesQuery('GPU sweep', ['training/sweep.ipynb', 'gpu-box'])).toBe(true);
  expect(matchesQuery('gpu tiles', ['training/sweep.ipynb', 'gpu-box'])).toBe(false);
  expect(matchesQuery('null', [null])).toBe(false);
});

describe('placeMenu', () => {
  const view = { width: 640, height: 480 };
  const menu = { width: 200, height: 150 };

  it('opens below, or above where there is no room below', () => {
    expect(placeMenu({ left: 20, top: 30, bottom: 50 }, menu, view)).toEqual({ left: 20, top: 50 });
    expect(placeMenu({ left: 20, top: 430, bottom: 450 }, menu, view)).toEqual({ left: 20, top: 280 });
  });

  it('never leaves the window', () => {
    expect(placeMenu({ left: 630, top: 10, bottom: 20 }, menu, view).left).toBe(432);
    expect(placeMenu({ left: -50, top: 10, bottom: 20 }, { width: 200, height: 900 }, view)).toEqual({
      left: 8,
      top: 8,
    });
  });
});
