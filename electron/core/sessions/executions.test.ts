import { describe, expect, it } from 'vitest';
import { asCellId, asMsgId, asSeq } from '../../../shared/ids.ts';
import type { Execution } from '../../../shared/journal/entries.ts';
import { Executions } from './executions.ts';
import { makeFrame, newHeader } from './messages.ts';

const header = { ...newHeader('execute_request', 's'), msg_id: 'a' };

/** One request, journaled and not sent yet. */
function requested(): Executions {
  const executions = new Executions([]);
  executions.begin(makeFrame('shell', header, null, { code: '' }), asSeq(1), 0);
  return executions;
}

describe('an execution whose end was half journaled when the app ended', () => {
  const execution: Execution = {
    msgId: asMsgId('a'),
    cellId: null,
    requestSeq: asSeq(1),
    state: 'running',
    status: null,
    executionCount: 1,
    submittedTimeMs: 0,
    startedTimeMs: 1,
    endedTimeMs: null,
    saved: false,
  };

  it('ends with the half that comes', () => {
    const executions = new Executions([execution], [{ msgId: 'a', hasReply: false, hasIdle: true }]);
    expect(executions.awaitsReply('a')).toBe(true);
    const reply = makeFrame('shell', newHeader('execute_reply', 'k'), header, { status: 'ok', execution_count: 1 });
    expect(executions.observe(reply, 20)).toBe(true);
    expect(executions.get('a')).toMatchObject({ state: 'done', status: 'ok', endedTimeMs: 20 });
  });

  it('runs on where neither half is there', () => {
    const executions = new Executions([execution], [{ msgId: 'a', hasReply: false, hasIdle: false }]);
    expect(executions.awaitsReply('a')).toBe(false);
  });
});

describe('an execution that nobody heard begin', () => {
  it('runs from the first thing it prints, and is not unheard any more', () => {
    const executions = requested();
    executions.sent('a', 5);
    expect(executions.unheardSinceMs('a')).toBe(5);
    const printed = makeFrame('iopub', newHeader('stream', 'k'), header, { name: 'stdout', text: 'late' });
    executions.observe(printed, 10);
    expect(executions.unheardSinceMs('a')).toBeNull();
    expect(executions.get('a')).toMatchObject({ state: 'running', startedTimeMs: 10 });
    // Its end is lost too: it ran, and is not called one that never did.
    executions.observe(makeFrame('iopub', newHeader('status', 'k'), header, { execution_state: 'idle' }), 20);
    executions.endWithoutReply('a', 30);
    expect(executions.get('a')).toMatchObject({ state: 'done', status: 'ok' });
  });
});

describe('an execution that a person gives up', () => {
  it('did not run where it was not sent, and nobody says so of one that may have been', () => {
    const queued = requested();
    expect(queued.cancel('a', 5)).toBe(true);
    expect(queued.get('a')).toMatchObject({ state: 'cancelled', status: 'aborted' });
    const doubtful = requested();
    doubtful.sent('a', 1);
    doubtful.cut();
    expect(doubtful.cancel('a', 5)).toBe(true);
    expect(doubtful.get('a')).toMatchObject({ state: 'cancelled', status: null });
  });
});

describe('an execution that ended with its kernel', () => {
  it('may have printed more until its idle, or another kernel process, is heard', () => {
    const run = (): Executions => {
      const executions = requested();
      expect(executions.hasUnfinished).toBe(false);
      executions.sent('a', 5);
      executions.lose(10);
      expect(executions.pending()).toEqual([]);
      expect(executions.hasUnfinished).toBe(true);
      return executions;
    };
    const ended = run();
    ended.observe(makeFrame('iopub', newHeader('status', 'k'), header, { execution_state: 'idle' }), 20);
    expect(ended.hasUnfinished).toBe(false);
    const replaced = run();
    replaced.processReplaced();
    expect(replaced.hasUnfinished).toBe(false);
  });
});

describe('an execution that was given up as its kernel restarted, and that the new process runs', () => {
  it('has begun, so that nothing it prints is taken for the first that is heard of it', () => {
    const executions = requested();
    executions.sent('a', 5);
    executions.lose(10);
    executions.observe(makeFrame('iopub', newHeader('execute_input', 'k'), header, { execution_count: 1 }), 20);
    expect(executions.get('a')).toMatchObject({ state: 'running', startedTimeMs: 20 });
    expect(executions.unheardSinceMs('a')).toBeNull();
  });
});

describe('cells of the same id in two notebooks on one kernel', () => {
  const begun = (): Executions => {
    const known: Execution = {
      ...{ msgId: asMsgId('before'), cellId: asCellId('cell'), requestSeq: asSeq(1), state: 'done', status: 'ok' },
      ...{ executionCount: 1, submittedTimeMs: 0, startedTimeMs: 1, endedTimeMs: 2, saved: false },
    };
    const executions = new Executions([known]);
    for (const [msgId, notebook] of [
      ['a', 'a.ipynb'],
      ['b', 'b.ipynb'],
    ]) {
      const header = { ...newHeader('execute_request', 's'), msg_id: msgId ?? '' };
      const request = makeFrame('shell', header, null, { code: '' }, { cellId: 'cell' });
      executions.begin(request, asSeq(2), 0, notebook);
    }
    return executions;
  };
  const ids = (of: readonly Execution[]): string[] => of.map(({ msgId }) => msgId);

  it('are told apart, but for what an app before ran', () => {
    const executions = begun();
    expect(ids(executions.lastByCell('a.ipynb'))).toEqual(['a']);
    expect(ids(executions.lastByCell('b.ipynb'))).toEqual(['b']);
    expect(ids(executions.lastByCell('c.ipynb'))).toEqual(['before']);
    expect(ids(executions.lastByCell())).toEqual(['before', 'a', 'b']);
  });

  it('stay with a notebook that gets another name', () => {
    const executions = begun();
    executions.rename('a.ipynb', 'renamed.ipynb');
    expect(ids(executions.lastByCell('renamed.ipynb'))).toEqual(['a']);
    expect(ids(executions.lastByCell('b.ipynb'))).toEqual(['b']);
  });
});
