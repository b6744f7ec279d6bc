import { describe, expect, it } from 'vitest';
import { mergeNotebooks } from '../../shared/notebook-merge/merge.ts';
import { isDecided, metadataChoiceId, reviewOf } from './merge-review.ts';
import { describeSaveFailure, describeTaken } from './saving-text.ts';

const cell = (id: string, source: string, text = '') => ({
  id,
  cell_type: 'code',
  source,
  metadata: {},
  execution_count: null,
  outputs: text === '' ? [] : [{ output_type: 'stream', name: 'stdout', text }],
});
const notebook = (cells: object[], metadata = {}) => ({ nbformat: 4, nbformat_minor: 5, metadata, cells });

describe('the review of a merge', () => {
  it('shows both sides of an edited cell, and marks the lines that are new on each', () => {
    const merge = mergeNotebooks({
      base: notebook([cell('a', 'one\ntwo')]),
      mine: notebook([cell('a', 'one\nmine')]),
      theirs: notebook([cell('a', 'theirs\ntwo')]),
    });
    const [card] = reviewOf(merge);
    expect(card?.title).toBe('Code cell 1');
    expect(card?.mine.lines).toEqual([
      { text: 'one', isChanged: false },
      { text: 'mine', isChanged: true },
    ]);
    expect(card?.theirs.lines?.map(({ isChanged }) => isChanged)).toEqual([true, false]);
    expect(card?.choices.map(({ choice }) => choice)).toEqual(['mine', 'theirs', 'both']);
  });

  it('asks to keep or delete where one side deleted, and never names keeping after the side that deleted', () => {
    const merge = mergeNotebooks({
      base: notebook([cell('a', 'one')]),
      mine: notebook([]),
      theirs: notebook([cell('a', 'two')]),
    });
    const [card] = reviewOf(merge);
    expect(card?.mine.lines).toBeNull();
    expect(card?.choices[0]).toEqual({ choice: 'theirs', label: 'Keep it' });
  });

  it('is over only when every card has its choice, that of the notebook included', () => {
    const merge = mergeNotebooks({
      base: notebook([cell('a', 'x', '1')], { title: 'x' }),
      mine: notebook([cell('a', 'x', '2')], { title: 'y' }),
      theirs: notebook([cell('a', 'x', '3')], { title: 'z' }),
    });
    expect(reviewOf(merge).map(({ id }) => id)).toEqual(['a', metadataChoiceId]);
    expect(reviewOf(merge)[0]?.mine.lines).toEqual([{ text: '2', isChanged: true }]);
    expect(isDecided(merge, new Map([['a', 'mine']]))).toBe(false);
    expect(
      isDecided(
        merge,
        new Map([
          ['a', 'mine'],
          [metadataChoiceId, 'theirs'],
        ]),
      ),
    ).toBe(true);
  });
});

describe('sentences about saving', () => {
  it('say what was merged, and nothing when there was nothing', () => {
    expect(describeTaken({ edited: 0, added: 0, removed: 0, other: false }, 'merged')).toBeNull();
    expect(describeTaken({ edited: 1, added: 2, removed: 0, other: false }, 'merged')).toContain(
      '1 cell edited, 2 cells added',
    );
  });

  it('always say that the edits are kept', () => {
    for (const status of [null, 401, 413, 500, 409]) {
      expect(describeSaveFailure(status, 'disk full')).toContain('kept on this computer');
    }
  });
});
