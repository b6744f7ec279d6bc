import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareCodePoints, jsonDepthMax } from './json.ts';
import { ensureCellIds, type Notebook, parseNotebook, serializeNotebook } from './notebook.ts';
import { apply, createOutputs, toNbformat } from './reducer.ts';
import golden from './testing/nbformat-golden.json';

function parsed(input: unknown): Notebook {
  const result = parseNotebook(input);
  if (!result.ok) throw new Error(result.problem.sentence);
  return result.value;
}

const notebook = (cells: unknown, minor = 5): unknown => ({ nbformat: 4, nbformat_minor: minor, metadata: {}, cells });
const code = (source: unknown, more: object = {}): object => ({ cell_type: 'code', source, ...more });
const idsOf = (read: Notebook): unknown[] => read.cells.map((cell) => cell.id);

describe('reading a notebook', () => {
  test.each([
    ['not-json', 'This file is empty', ''],
    ['not-json', 'not valid JSON', '{"cells": ['],
    ['not-a-notebook', 'is not a notebook', '[1, 2]'],
    ['not-a-notebook', 'is not a notebook', '{"cells": []}'],
    ['older-format', 'old format version 3', { nbformat: 3, worksheets: [] }],
    ['newer-format', 'format version 5', { nbformat: 5, cells: [] }],
    ['damaged', 'its list of cells is missing', { nbformat: 4, cells: {} }],
    ['damaged', 'cell 2 is not a cell at all', notebook([code('fine'), 'text'])],
    ['damaged', 'cell 1 does not say of which type it is', notebook([{ source: '' }])],
    ['damaged', 'cell 1 has a source that is not text', notebook([code(7)])],
    ['damaged', 'cell 1 has outputs that are not a list', notebook([code('', { outputs: {} })])],
    ['damaged', 'cell 1 has an output that cannot be read', notebook([code('', { outputs: [{}] })])],
    ['damaged', 'cell 1 has metadata that cannot be read', notebook([code('', { metadata: [] })])],
    ['damaged', 'nested deeper', `{"nbformat":4,"cells":[],"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ])('%s: refused with a sentence that says "%s"', (kind, words, input) => {
    const result = parseNotebook(input);
    expect(result).toMatchObject({ ok: false, problem: { kind, sentence: expect.stringContaining(words) } });
  });

  test('mends what is merely missing and joins texts that were cut into lines', () => {
    const error = { output_type: 'error', traceback: 'a\nb' };
    const data = { 'text/plain': ['1\n', '2'], 'application/json': ['x'] };
    const outputs = [{ output_type: 'stream', text: ['a\n', 'b'] }, { output_type: 'display_data', data }, error];
    const read = parsed(
      `\ufeff${JSON.stringify({ nbformat: 4, cells: [code(['x\n', 'y']), code(null, { outputs })] })}`,
    );
    expect(read).toEqual({
      nbformat: 4,
      nbformat_minor: 4,
      metadata: {},
      cells: [
        { cell_type: 'code', source: 'x\ny', metadata: {}, outputs: [], execution_count: null },
        {
          cell_type: 'code',
          source: '',
          metadata: {},
          execution_count: null,
          outputs: [
            { output_type: 'stream', name: 'stdout', text: 'a\nb' },
            { output_type: 'display_data', data: { 'text/plain': '1\n2', 'application/json': ['x'] }, metadata: {} },
            { output_type: 'error', ename: '', evalue: '', traceback: ['a', 'b'] },
          ],
        },
      ],
    });
  });

  test('never throws, whatever the file holds', () => {
    const part = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.record({ cell_type: fc.constant('code'), outputs: fc.jsonValue() })),
    );
    const input = fc.oneof(
      fc.string(),
      fc.jsonValue(),
      fc.record({ nbformat: fc.constant(4), metadata: part, cells: part }),
    );
    fc.assert(
      fc.property(input, (value) => {
        const result = parseNotebook(value);
        if (result.ok) serializeNotebook(ensureCellIds(result.value));
        else expect(result.problem.sentence).toMatch(/^This .*\.$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('cell ids', () => {
  test('that are valid and unique stay, and the notebook stays the same object', () => {
    const read = parsed(notebook([code('x', { id: 'one' }), code('x', { id: 'two' })]));
    expect(ensureCellIds(read)).toBe(read);
  });

  test('are made where missing, repeated or malformed, and only there', () => {
    const cells = [code('x', { id: 'one' }), code('x', { id: 'one' }), code('x'), code('y', { id: 'a b' })];
    const ids = idsOf(ensureCellIds(parsed(notebook(cells))));
    expect(ids[0]).toBe('one');
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
  });

  test('are the same at every opening and travel with a cell that moves', () => {
    const cells = [code('x'), code('y'), code('x')];
    const ids = idsOf(ensureCellIds(parsed(notebook(cells, 4))));
    expect(idsOf(ensureCellIds(parsed(notebook(cells, 4))))).toEqual(ids);
    expect(idsOf(ensureCellIds(parsed(notebook([code('new'), ...cells], 4)))).slice(1)).toEqual(ids);
  });

  test('are not written to a file whose format is older than ids, and its format is not raised', () => {
    const read = ensureCellIds(parsed(notebook([code('x')], 4)));
    const file: unknown = JSON.parse(serializeNotebook(read));
    expect(file).toMatchObject({ nbformat_minor: 4, cells: [{ source: ['x'] }] });
    expect(serializeNotebook(read)).not.toContain('"id"');
  });
});

describe('writing a notebook', () => {
  test('gives the very text that nbformat writes', () => {
    expect(serializeNotebook(parsed(golden.notebook)).split('\n')).toEqual(golden.lines);
  });

  test('and reading it again changes nothing', () => {
    const read = parsed(golden.lines.join('\n'));
    expect(serializeNotebook(read)).toBe(golden.lines.join('\n'));
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (sources) => {
        const first = ensureCellIds(parsed(notebook(sources.map((source) => code(source)))));
        expect(parsed(serializeNotebook(first))).toEqual(first);
      }),
    );
  });

  test('can always be read again when its outputs came through the reducer', () => {
    const deep: unknown = JSON.parse('['.repeat(jsonDepthMax - 1) + ']'.repeat(jsonDepthMax - 1));
    const state = createOutputs();
    const content = { data: { 'application/json': deep }, metadata: {} };
    apply(state, { cellKey: 'a', msgType: 'display_data', content });
    const outputs = toNbformat(state, 'a');
    expect(outputs).toHaveLength(1);
    const file = serializeNotebook(parsed(notebook([code('', { outputs })])));
    expect(serializeNotebook(parsed(file))).toBe(file);
  });

  test('orders keys by code point, as Python does', () => {
    const asPoints = (text: string): number[] => [...text].map((character) => character.codePointAt(0) ?? 0);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
        const [a, b] = [asPoints(left), asPoints(right)];
        const at = a.findIndex((point, index) => point !== b[index]);
        const expected = at < 0 || at >= b.length ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? 0);
        expect(Math.sign(compareCodePoints(left, right))).toBe(Math.sign(expected));
      }),
    );
    expect(['\u{1f600}', '\uff01', '10', '9'].sort(compareCodePoints)).toEqual(['10', '9', '\uff01', '\u{1f600}']);
  });
});
