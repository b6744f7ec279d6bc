import { describe, expect, it } from 'vitest';
import type { ExecutionSummary, NotebookRestore } from '../../shared/ipc/contract.ts';
import { executionsToResume } from './resumable.ts';

const execution = (msgId: string, cellId: string | null, more: Partial<ExecutionSummary> = {}): ExecutionSummary => ({
  msgId,
  cellId,
  requestSeq: 1,
  state: 'done',
  status: 'ok',
  executionCount: 1,
  submittedTimeMs: 0,
  startedTimeMs: null,
  endedTimeMs: null,
  saved: false,
  ...more,
});

const restore = (
  executions: ExecutionSummary[],
  outputs: { cellId: string; msgId: string }[] = [],
): NotebookRestore => ({
  draft: { notebook: {}, baseLastModified: null, changedTimeMs: 0, executionOutputs: outputs },
  kernelId: 'k',
  executions,
});

describe('executions to take up again', () => {
  it('are those whose outputs are not in the file', () => {
    const found = executionsToResume(restore([execution('a', 'one'), execution('b', 'two', { saved: true })]));
    expect(found).toEqual([{ cellId: 'one', msgId: 'a' }]);
  });

  it('include saved ones that the draft names', () => {
    const found = executionsToResume(
      restore([execution('b', 'two', { saved: true })], [{ cellId: 'two', msgId: 'b' }]),
    );
    expect(found).toEqual([{ cellId: 'two', msgId: 'b' }]);
  });

  it('never include an id that the main process does not know: submitting it would run the code', () => {
    expect(executionsToResume(restore([], [{ cellId: 'two', msgId: 'of-another-kernel' }]))).toEqual([]);
  });

  it('are one for each cell, the last', () => {
    const found = executionsToResume(restore([execution('a', 'one'), execution('b', 'one')]));
    expect(found).toEqual([{ cellId: 'one', msgId: 'b' }]);
    expect(executionsToResume(restore([execution('a', 'one'), execution('b', 'one', { saved: true })]))).toEqual([]);
  });

  it('leave out what belongs to no cell or was taken back', () => {
    expect(executionsToResume(restore([execution('a', null), execution('b', 'one', { state: 'cancelled' })]))).toEqual(
      [],
    );
  });
});
