import { describe, expect, it } from 'vitest';
import { labelsOf, placeAfterDrag } from './labels.ts';

describe('the words of a tab', () => {
  const tab = (title: string, folder = ''): { title: string; folder: string } => ({ title, folder });

  it('are the name of the notebook, and where it is only when another has the same name', () => {
    expect(labelsOf([tab('a.ipynb — lab'), tab('b.ipynb — lab', 'work')])).toEqual([
      { name: 'a.ipynb', place: null },
      { name: 'b.ipynb', place: null },
    ]);
    expect(labelsOf([tab('a.ipynb — lab', 'work'), tab('a.ipynb — gpu'), tab('Nightjar')])).toEqual([
      { name: 'a.ipynb', place: 'lab' },
      { name: 'a.ipynb', place: 'gpu' },
      { name: 'Nightjar', place: null },
    ]);
    expect(labelsOf([tab('a.ipynb — lab', 'work'), tab('a.ipynb — lab')])).toEqual([
      { name: 'a.ipynb', place: 'work' },
      { name: 'a.ipynb', place: '/' },
    ]);
  });

  it('leave a name that has a dash in it whole', () => {
    expect(labelsOf([tab('a — b.ipynb — lab')])).toEqual([{ name: 'a — b.ipynb', place: null }]);
  });
});

describe('a drag', () => {
  const middles = [50, 150, 250, 350];

  it('leaves a tab where its middle has passed those of others', () => {
    expect(placeAfterDrag(middles, 0, 120)).toBe(1);
    expect(placeAfterDrag(middles, 0, 900)).toBe(3);
    expect(placeAfterDrag(middles, 3, -220)).toBe(1);
  });

  it('of a few pixels changes nothing', () => {
    expect(placeAfterDrag(middles, 1, 40)).toBeNull();
    expect(placeAfterDrag(middles, 1, -40)).toBeNull();
    expect(placeAfterDrag([], 0, 10)).toBeNull();
  });
});
