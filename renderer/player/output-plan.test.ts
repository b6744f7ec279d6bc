import { describe, expect, it } from 'vitest';
import { planOutputs } from './output-plan.ts';
import { compareScreens, latestChange, nextScreen, sameJson, type Screen, wholeScreen } from './screen.ts';
import type { Moment, MomentCell } from '../../shared/ipc/playback.ts';

const stream = (text: string | string[], name = 'stdout'): unknown => ({ output_type: 'stream', name, text });
const picture = (data: string): unknown => ({ output_type: 'display_data', metadata: {}, data: { 'image/png': data } });

describe('outputs become those of another moment', () => {
  it('with nothing to do where they are the same', () => {
    expect(planOutputs([stream('a'), picture('x')], [stream('a'), picture('x')])).toEqual([]);
  });

  it('by rewriting a stream from where it differs, be it longer or shorter', () => {
    expect(planOutputs([picture('x'), stream('a\n')], [picture('x'), stream(['a\n', 'b\n'])])).toEqual([
      { do: 'rewrite', index: 1, keep: 2, text: 'b\n' },
    ]);
    expect(planOutputs([stream('10%')], [stream('20%')])).toEqual([{ do: 'rewrite', index: 0, keep: 0, text: '20%' }]);
    expect(planOutputs([stream('one two')], [stream('one')])).toEqual([{ do: 'rewrite', index: 0, keep: 3, text: '' }]);
    expect(planOutputs([stream('\u{1f600}')], [stream('\u{1f601}')])).toEqual([
      { do: 'rewrite', index: 0, keep: 0, text: '\u{1f601}' },
    ]);
  });

  it('by adding anew where a stream takes the place of something else, and all behind it', () => {
    const adds = [
      { do: 'add', output: stream('ab', 'stderr') },
      { do: 'add', output: picture('y') },
    ];
    expect(planOutputs([stream('a'), picture('x')], [stream('ab', 'stderr'), picture('y')])).toEqual([
      { do: 'cut', index: 0 },
      ...adds,
    ]);
    expect(planOutputs([picture('p'), picture('x')], [picture('q'), stream('a')])).toEqual([
      { do: 'cut', index: 1 },
      { do: 'set', index: 0, output: picture('q') },
      { do: 'add', output: stream('a') },
    ]);
    expect(planOutputs([stream('a')], [stream('a\rb')])).toEqual([
      { do: 'cut', index: 0 },
      { do: 'add', output: stream('a\rb') },
    ]);
    expect(planOutputs([stream('a')], [picture('x')])).toEqual([{ do: 'set', index: 0, output: picture('x') }]);
  });

  it('by adding and cutting at the end', () => {
    expect(planOutputs([stream('a')], [stream('a'), picture('x')])).toEqual([{ do: 'add', output: picture('x') }]);
    expect(planOutputs([stream('a'), picture('x')], [])).toEqual([{ do: 'cut', index: 0 }]);
  });
});

const cell = (id: string, outputs: unknown[], more: Partial<MomentCell> = {}): MomentCell => ({
  cell: { id, cell_type: 'code', source: `source of ${id}`, metadata: {}, outputs, execution_count: null },
  state: 'done',
  msgId: 'm',
  startedTimeMs: null,
  endedTimeMs: null,
  origins: [],
  trimmedCharacters: 0,
  gaps: [],
  ...more,
});
const moment = (seq: number, order: string[], cells: MomentCell[]): Moment => ({
  seq,
  timeMs: seq * 1_000,
  kernelState: 'idle',
  order,
  cells,
  metadata: {},
});

describe('a screen', () => {
  const first: Screen = wholeScreen(moment(1, ['a', 'b'], [cell('a', []), cell('b', [stream('1')])]));

  it('takes a difference, and keeps the rest as it is', () => {
    const next = nextScreen(first, moment(2, ['b', 'a', 'c'], [cell('a', [stream('2')]), cell('c', [])]));
    expect(next?.order).toEqual(['b', 'a', 'c']);
    expect(next?.cells.get('b')).toBe(first.cells.get('b'));
    expect([...(next?.changed ?? [])]).toEqual(['a', 'c']);
  });

  it('does not guess what a cell holds that it was never told of', () => {
    expect(nextScreen(first, moment(2, ['a', 'z'], []))).toBeNull();
  });

  it('points at the cell in which something happened last', () => {
    const ran = (id: string, endedTimeMs: number): MomentCell => cell(id, [], { startedTimeMs: 1, endedTimeMs });
    expect(latestChange(wholeScreen(moment(1, ['a', 'b', 'c'], [ran('a', 5), ran('b', 9), ran('c', 7)])))).toBe('b');
    const printed = cell('c', [stream('x')], {
      origins: [{ firstSeq: 1, lastSeq: 2, firstTimeMs: 2, lastTimeMs: 12, lane: 'live' }],
    });
    expect(latestChange(wholeScreen(moment(1, ['a', 'b', 'c'], [ran('a', 5), ran('b', 9), printed])))).toBe('c');
    expect(latestChange({ ...first, changed: new Set() })).toBeNull();
  });

  it('is compared cell by cell', () => {
    const gone = nextScreen(first, moment(2, ['a', 'c'], [cell('a', [stream('x')]), cell('c', [])]));
    expect(gone === null ? null : [...compareScreens(first, gone)]).toEqual([
      ['a', 'outputs'],
      ['c', 'new'],
      ['b', 'gone'],
    ]);
    const again = nextScreen(
      first,
      moment(2, ['a', 'b'], [cell('a', [], { msgId: 'other' }), cell('b', [stream('1')])]),
    );
    expect(again === null ? null : [...compareScreens(first, again)]).toEqual([['a', 'state']]);
  });
});

it('JSON is the same by what it says', () => {
  expect(sameJson({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
  expect(sameJson({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  expect(sameJson({ a: 1 }, { a: 1, b: undefined })).toBe(false);
  expect(sameJson([1], { 0: 1 })).toBe(false);
  expect(sameJson(null, {})).toBe(false);
});
