import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  apply,
  beginExecution,
  createOutputs,
  executionCount,
  executionTimes,
  forgetCell,
  type NotebookOutputs,
  nextInput,
  type OutputMessage,
  refusedCount,
  toNbformat,
} from './reducer.ts';
import { countWork } from './testing/count-work.ts';
import { JupyterLab, loadOutputAreaModel } from './testing/jupyterlab.ts';

const message = (cellKey: string, msgType: string, content: unknown): OutputMessage => ({ cellKey, msgType, content });
const stream = (text: unknown, name: unknown = 'stdout', cellKey = 'a'): OutputMessage =>
  message(cellKey, 'stream', { name, text });
const display = (text: string, id?: string, cellKey = 'a', msgType = 'display_data'): OutputMessage =>
  message(cellKey, msgType, {
    data: { 'text/plain': text },
    metadata: {},
    ...(id === undefined ? {} : { transient: { display_id: id } }),
  });
const clear = (wait: boolean): OutputMessage => message('a', 'clear_output', { wait });
const shown = (text: string): unknown => ({ output_type: 'display_data', data: { 'text/plain': text }, metadata: {} });
const printed = (text: string, name = 'stdout'): unknown => ({ output_type: 'stream', name, text });

function applied(...messages: OutputMessage[]): NotebookOutputs {
  const state = createOutputs();
  for (const each of messages) apply(state, each);
  return state;
}

const outputsOf = (...messages: OutputMessage[]): unknown => toNbformat(applied(...messages), 'a');

describe('outputs', () => {
  test('prints of one stream join, and another stream or display parts them', () => {
    expect(outputsOf(stream('1'), stream('2'), stream('3', 'stderr'), stream('4'), display('d'), stream('5'))).toEqual([
      printed('12'),
      printed('3', 'stderr'),
      printed('4'),
      shown('d'),
      printed('5'),
    ]);
  });

  test('a clear that waits happens at the next output, one that does not at once', () => {
    expect(outputsOf(stream('old'), clear(true))).toEqual([printed('old')]);
    expect(outputsOf(stream('old'), clear(true), stream('new'))).toEqual([printed('new')]);
    expect(outputsOf(stream('old'), clear(false))).toEqual([]);
  });

  test('results, errors and pager text take the form of nbformat, without transient data', () => {
    const page = { source: 'page', data: { 'text/plain': 'help' }, start: 0 };
    const traceback = ['line 1', 'line 2'];
    expect(
      outputsOf(
        message('a', 'execute_result', {
          data: { 'text/plain': '4' },
          metadata: { m: 1 },
          execution_count: 2,
          transient: {},
        }),
        message('a', 'error', { ename: 'E', evalue: 'v', traceback, extra: 1 }),
        message('a', 'execute_reply', { status: 'ok', execution_count: 2, payload: [page, page] }),
      ),
    ).toEqual([
      { output_type: 'execute_result', data: { 'text/plain': '4' }, metadata: { m: 1 }, execution_count: 2 },
      { output_type: 'error', ename: 'E', evalue: 'v', traceback },
      shown('help'),
    ]);
  });
});

describe('displays with an id', () => {
  test('an update reaches every output in every cell and tells which cells it changed', () => {
    const state = applied(display('1', 'p'), display('1', 'p', 'b'), display('1', 'q', 'c'));
    expect(apply(state, display('2', 'p', 'c', 'update_display_data'))).toEqual(['a', 'b']);
    expect(['a', 'b', 'c'].map((cell) => toNbformat(state, cell))).toEqual([[shown('2')], [shown('2')], [shown('1')]]);
  });

  test('showing an id again updates where it was shown before', () => {
    const state = applied(display('1', 'p'));
    expect(apply(state, display('2', 'p', 'b'))).toEqual(['a', 'b']);
    expect(toNbformat(state, 'a')).toEqual([shown('2')]);
  });

  test('an id whose outputs were cleared is no longer updated, and starts anew', () => {
    const state = applied(display('1', 'p'), clear(false));
    expect(apply(state, display('2', 'p', 'a', 'update_display_data'))).toEqual([]);
    apply(state, display('3', 'p'));
    expect(toNbformat(state, 'a')).toEqual([shown('3')]);
  });

  test('an execute_result with an id is updated and stays a result', () => {
    const result = message('a', 'execute_result', {
      data: { 'text/plain': '1' },
      metadata: {},
      execution_count: 7,
      transient: { display_id: 'p' },
    });
    expect(outputsOf(result, display('2', 'p', 'a', 'update_display_data'))).toEqual([
      { output_type: 'execute_result', data: { 'text/plain': '2' }, metadata: {}, execution_count: 7 },
    ]);
  });

  test('nothing is kept about ids once no output shows them', () => {
    const state = applied(display('1', 'p'), display('1', 'p', 'b'), display('1', 'q', 'b'));
    forgetCell(state, 'a');
    forgetCell(state, 'b');
    expect([state.cells.size, state.displays.size]).toEqual([0, 0]);
  });
});

describe('an execution', () => {
  test('is counted by its input or its reply and begins with nothing', () => {
    const state = applied(message('a', 'execute_input', { code: 'x', execution_count: 3 }), stream('1'));
    expect([executionCount(state, 'a'), executionCount(state, 'unknown')]).toEqual([3, null]);
    expect(apply(state, message('a', 'execute_reply', { status: 'error', execution_count: 4 }))).toEqual(['a']);
    expect(executionCount(state, 'a')).toBe(4);
    beginExecution(state, 'a');
    expect([executionCount(state, 'a'), toNbformat(state, 'a')]).toEqual([null, []]);
  });

  test('remembers its times and the next input it asked for', () => {
    const payload = [{ source: 'set_next_input', text: 'code', replace: true }];
    const state = applied(
      { ...message('a', 'status', { execution_state: 'busy' }), time: 1 },
      { ...message('a', 'execute_input', { execution_count: 1 }), time: 2 },
      { ...message('a', 'execute_reply', { status: 'ok', payload }), time: 3 },
      { ...message('a', 'status', { execution_state: 'idle' }), time: 4 },
    );
    expect(executionTimes(state, 'a')).toEqual({ busyMs: 1, inputMs: 2, replyMs: 3, idleMs: 4 });
    expect(nextInput(state, 'a')).toEqual({ text: 'code', replace: true });
    expect(toNbformat(state, 'a')).toEqual([]);
  });
});

describe('hostile messages', () => {
  const msgType = fc.constantFrom(
    ...['stream', 'display_data', 'execute_result', 'update_display_data', 'error', 'clear_output', 'execute_input'],
    ...['execute_reply', 'status', 'comm_msg', '__proto__', 'toString'],
  );
  const content = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        name: fc.jsonValue(),
        text: fc.jsonValue(),
        data: fc.jsonValue(),
        metadata: fc.jsonValue(),
        transient: fc.oneof(fc.jsonValue(), fc.record({ display_id: fc.jsonValue() })),
        payload: fc.oneof(fc.jsonValue(), fc.array(fc.record({ source: fc.constant('page'), data: fc.jsonValue() }))),
        status: fc.constant('ok'),
        execution_count: fc.jsonValue(),
        traceback: fc.jsonValue(),
        wait: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  );

  test('never throw, and leave outputs that nbformat can hold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', '__proto__'), msgType, content)), (messages) => {
        const state = applied(...messages.map((each) => message(...each)));
        for (const output of [...toNbformat(state, 'a'), ...toNbformat(state, '__proto__')]) {
          const { output_type: type, data, text, traceback } = output;
          if (type === 'stream') expect(typeof text).toBe('string');
          else if (type === 'error') expect(Array.isArray(traceback)).toBe(true);
          else expect(data).toBeTypeOf('object');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('are counted when they change nothing because they make no sense', () => {
    const state = applied(stream(7), message('a', 'display_data', {}), message('a', 'error', null), stream('fine'));
    expect([refusedCount(state), toNbformat(state, 'a')]).toEqual([3, [printed('fine')]]);
  });

  test('cannot nest data so deep that the notebook could no longer be written', () => {
    const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    const state = applied(message('a', 'display_data', { data: { 'application/json': deep }, metadata: {} }));
    expect([refusedCount(state), toNbformat(state, 'a')]).toEqual([1, []]);
  });
});

test('200,000 messages cost ten times as much as 20,000', () => {
  const workOf = (count: number): number => {
    const state = createOutputs();
    return countWork(() => {
      for (let i = 0; i < count; i += 1) apply(state, i % 1_000 === 0 ? display('d', 'p') : stream(`line ${i}\n`));
    });
  };
  expect(workOf(200_000)).toBeLessThan(12 * workOf(20_000));
});

describe('compared with JupyterLab', () => {
  let makeModel: Awaited<ReturnType<typeof loadOutputAreaModel>>;
  beforeAll(async () => {
    makeModel = await loadOutputAreaModel();
  });

  const cell = fc.constantFrom('a', 'b');
  const text = fc
    .array(fc.constantFrom('a', 'xyz', '123456', '\n', '\r', '\b', '\b\b', '\r\n'), { maxLength: 8 })
    .map((pieces) => pieces.join(''));
  const printing = fc
    .tuple(text, fc.constantFrom('stdout', 'stdout', 'stderr'), cell)
    .map(([chunk, name, key]) => stream(chunk, name, key));
  const other = fc.oneof(
    fc
      .tuple(fc.string(), fc.option(fc.constantFrom('p', 'q'), { nil: undefined }), cell)
      .map(([value, id, key]) => display(value, id, key)),
    fc
      .tuple(fc.string(), fc.constantFrom('p', 'q'), cell)
      .map(([value, id, key]) => display(value, id, key, 'update_display_data')),
    fc.tuple(fc.boolean(), cell).map(([wait, key]) => message(key, 'clear_output', { wait })),
    cell.map((key) => message(key, 'error', { ename: 'E', evalue: 'v', traceback: ['t'] })),
    cell.map((key) =>
      message(key, 'execute_result', { data: { 'text/plain': 'r' }, metadata: {}, execution_count: 1 }),
    ),
    cell.map((key) =>
      message(key, 'execute_reply', { status: 'ok', payload: [{ source: 'page', data: { 'text/plain': 'h' } }] }),
    ),
    cell.map((key) => message(key, 'begin', {})),
  );

  test('every sequence of messages gives the same outputs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: printing }, { weight: 2, arbitrary: other })),
        (messages) => {
          const state = createOutputs();
          const lab = new JupyterLab(makeModel);
          for (const each of messages) {
            if (each.msgType === 'begin') {
              beginExecution(state, each.cellKey);
              lab.begin(each.cellKey);
            } else {
              apply(state, each);
              lab.apply(each);
            }
          }
          for (const key of ['a', 'b']) expect(toNbformat(state, key)).toEqual(lab.outputs(key));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});
