import { describe, expect, it } from 'vitest';
import {
  cascadeStep,
  decodeOpenWindows,
  decodePlaces,
  defaultSize,
  keyOf,
  minimumSize,
  type Place,
  placesMax,
  placeWindow,
  rememberPlace,
} from './window-state.ts';

const screen = { x: 0, y: 0, width: 1600, height: 1000 };
const left = { x: -1920, y: 0, width: 1920, height: 1080 };
const saved = { x: 100, y: 120, width: 900, height: 700 };

describe('the place of a window', () => {
  it('is the centre of the first screen at first', () => {
    expect(placeWindow('home', null, [screen], [])).toEqual({
      x: (screen.width - defaultSize.home.width) / 2,
      y: (screen.height - defaultSize.home.height) / 2,
      ...defaultSize.home,
    });
  });

  it('is where it stood, also on a second screen', () => {
    expect(placeWindow('home', saved, [screen], [])).toEqual(saved);
    const onLeft = { ...saved, x: -1500 };
    expect(placeWindow('home', onLeft, [screen, left], [])).toEqual(onLeft);
  });

  it('comes back into reach when its screen is gone', () => {
    const placed = placeWindow('home', { ...saved, x: -1500 }, [screen], []);
    expect(placed.x).toBeGreaterThanOrEqual(0);
    expect(placed).toMatchObject({ width: 900, height: 700 });
    const above = placeWindow('home', { ...saved, y: -400 }, [screen], []);
    expect(above.y).toBeGreaterThanOrEqual(0);
  });

  it('is never larger than the screen nor smaller than the window works', () => {
    const small = { x: 0, y: 0, width: 1024, height: 600 };
    const shrunk = placeWindow('notebook', { x: 0, y: 0, width: 3000, height: 2000 }, [small], []);
    expect(shrunk).toMatchObject({ width: 1024, height: 600 });
    expect(placeWindow('notebook', { x: 5, y: 5, width: 10, height: 10 }, [screen], [])).toMatchObject(
      minimumSize.notebook,
    );
  });

  it('is not exactly over another window', () => {
    const second = placeWindow('home', saved, [screen], [saved]);
    expect(second).toEqual({ ...saved, x: saved.x + cascadeStep, y: saved.y + cascadeStep });
    const third = placeWindow('home', saved, [screen], [saved, second]);
    expect(third.x).toBe(saved.x + 2 * cascadeStep);
  });
});

describe('what the settings file says', () => {
  it('is taken piece by piece, and damaged pieces are left out', () => {
    const places = decodePlaces({ home: { ...saved, isMaximized: false }, x: { x: 'a' }, y: null });
    expect([...places.keys()]).toEqual(['home']);
    expect(decodePlaces('nonsense').size).toBe(0);
    const open = decodeOpenWindows([
      { kind: 'home', serverId: null, path: null },
      { kind: 'notebook', serverId: 's', path: 'a.ipynb' },
      { kind: 'notebook', serverId: 's', path: null },
      { kind: 'server', serverId: null, path: null },
      { kind: 'player', serverId: null, path: null, journalId: 'j1' },
      { kind: 'player', serverId: null, path: null },
      { kind: 'shell' },
      7,
    ]);
    expect(open.map(keyOf)).toEqual(['home', 'notebook:s:a.ipynb', 'player:j1']);
    expect(decodeOpenWindows({})).toEqual([]);
  });

  it('remember which tabs stood together, and which of them was shown', () => {
    const tab = { kind: 'notebook', serverId: 's', path: 'a.ipynb' };
    const [first, second] = decodeOpenWindows([{ ...tab, group: 1, isSelected: true }, tab]);
    expect(first).toMatchObject({ group: 1, isSelected: true });
    expect(second).toMatchObject({ group: null, isSelected: false });
  });

  it('does not grow for ever', () => {
    const places = new Map<string, Place>();
    const place = { ...saved, isMaximized: false };
    for (let index = 0; index < placesMax + 10; index += 1) rememberPlace(places, `notebook:${index}`, place);
    expect(places.size).toBe(placesMax);
    expect(places.has('notebook:0')).toBe(false);
    expect(places.has(`notebook:${placesMax + 9}`)).toBe(true);
  });
});
