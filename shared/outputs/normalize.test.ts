import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeStreamsByName, normalizeOutputs } from './normalize.ts';

const stream = (text: unknown, name = 'stdout'): object => ({ output_type: 'stream', name, text });

const anyOutput = fc.oneof(
  fc
    .tuple(fc.array(fc.constantFrom('a', '\n', '\r', '\b', 'bc')), fc.constantFrom('stdout', 'stderr'))
    .map(([text, name]) => stream(text, name)),
  fc.record({ output_type: fc.constant('display_data'), data: fc.dictionary(fc.string(), fc.jsonValue()) }),
  fc.jsonValue(),
);

describe('normalizing outputs', () => {
  test('levels how a stream was cut, what it overwrote and empty prints', () => {
    const cut = [
      stream(['one\n', '10%\r']),
      stream('', 'stderr'),
      stream('20%'),
      stream('\b\b', 'stderr'),
      stream('\n'),
    ];
    expect(normalizeOutputs(cut)).toEqual([stream('one\n20%\n')]);
  });

  test('joins texts but leaves JSON data alone, sorts keys and drops transient data', () => {
    const output = {
      transient: { display_id: 'p' },
      output_type: 'display_data',
      data: { 'text/plain': ['a\n', 'b'], 'application/vnd.x+json': ['a', 'b'] },
    };
    const expected =
      '{"data":{"application/vnd.x+json":["a","b"],"text/plain":"a\\nb"},"metadata":{},"output_type":"display_data"}';
    expect(JSON.stringify(normalizeOutputs([output])[0])).toBe(expected);
  });

  test.each([
    ['consecutive streams', normalizeOutputs],
    ['streams by name', mergeStreamsByName],
  ])('%s: twice gives the same as once, whatever comes in', (_name, normalize) => {
    fc.assert(
      fc.property(fc.array(anyOutput), (outputs) => {
        const before = JSON.stringify(outputs);
        const once = normalize(outputs);
        expect(normalize(once)).toEqual(once);
        expect(JSON.stringify(outputs)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  test('keeps what is no output, so that a comparison shows it', () => {
    expect(normalizeOutputs([null, 7, stream(3)])).toEqual([null, 7, stream(3)]);
  });
});

describe('merging streams by name', () => {
  test('gives one result however stdout and stderr raced', () => {
    const one = mergeStreamsByName([stream('e', 'stderr'), stream('a'), stream('b'), stream('f', 'stderr')]);
    const two = mergeStreamsByName([stream('a'), stream('ef', 'stderr'), stream('b')]);
    expect(one).toEqual([stream('ab'), stream('ef', 'stderr')]);
    expect(two).toEqual(one);
  });

  test('puts all text of a stream where its first stood, also across a display', () => {
    const display = { output_type: 'display_data', data: {}, metadata: {} };
    expect(mergeStreamsByName([stream('a'), display, stream('b')])).toEqual([stream('ab'), display]);
  });
});
