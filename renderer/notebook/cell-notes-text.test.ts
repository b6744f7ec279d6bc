import { describe, expect, it } from 'vitest';
import type { ExecutionSummary, SessionStatus } from '../../shared/ipc/contract.ts';
import { notesOf } from './cell-notes-text.ts';

const execution: ExecutionSummary = {
  ...{ msgId: 'm', cellId: 'c', requestSeq: 1, state: 'done', status: 'ok', executionCount: 1 },
  ...{ submittedTimeMs: 1_000, startedTimeMs: 1_000, endedTimeMs: 2_000, saved: false },
};

const mark = { messages: 412, fromTimeMs: 1_200, toTimeMs: 1_800, why: 'the link was half open', cellId: 'c' };

function status(change: Partial<SessionStatus> & { gapMarks?: SessionStatus['journal']['gapMarks'] }): SessionStatus {
  const { gapMarks = [], ...others } = change;
  return {
    ...{ kernelId: 'k', kernelName: 'python3', kernelState: 'idle' },
    link: { state: 'live', sinceTimeMs: 0, sentence: '', nextTryTimeMs: null, roundTripMs: null },
    protection: { state: 'recorded', sentence: '' },
    ...{ recovery: null, executions: [execution], question: null, lostPrompt: null, warnings: [] },
    journal: { journalId: 'j', entries: 1, bytes: 1, gaps: gapMarks.length, gapMarks, trouble: null },
    ...others,
  };
}

describe('notes of a cell', () => {
  it('tell how many messages are missing, when and why', () => {
    const [note] = notesOf(status({ gapMarks: [mark] })).get('c') ?? [];
    expect(note?.text).toMatch(/^≈ 412 messages missing, .*: the link was half open\.$/);
  });

  it('say no more of a gap once the cell was run again', () => {
    const later = { ...execution, submittedTimeMs: 5_000 };
    expect(notesOf(status({ gapMarks: [mark], executions: [later] })).size).toBe(0);
  });

  it('offer to take back what waits, and to decide what is in doubt', () => {
    const of = (state: 'queued' | 'in-doubt'): string[] =>
      (notesOf(status({ executions: [{ ...execution, state }] })).get('c') ?? []).flatMap(({ actions }) =>
        actions.map(({ act }) => act),
      );
    expect(of('queued')).toEqual(['cancel']);
    expect(of('in-doubt')).toEqual(['run-again', 'leave']);
  });

  it('say what a waiting cell waits for', () => {
    const doubted: ExecutionSummary = { ...execution, msgId: 'first', cellId: 'first', state: 'in-doubt' };
    const waiting: ExecutionSummary = { ...execution, state: 'queued' };
    const { link } = status({});
    const textAt = (state: 'live' | 'down'): string | undefined =>
      notesOf(status({ executions: [doubted, waiting], link: { ...link, state } })).get('c')?.[0]?.text;
    expect(textAt('down')).toContain('Waits for the connection');
    expect(textAt('live')).toContain('Waits for your decision');
  });

  it('say that a cell did not run only where that is known', () => {
    const textOf = (of: 'aborted' | null): string | undefined =>
      notesOf(status({ executions: [{ ...execution, state: 'cancelled', status: of }] })).get('c')?.[0]?.text;
    expect(textOf('aborted')).toContain('it did not run');
    expect(textOf(null)).toContain('is not known');
  });

  it('offer to answer a question that was lost', () => {
    const running = { ...execution, state: 'running' as const };
    const notes = notesOf(status({ executions: [running], lostPrompt: 'm' })).get('c') ?? [];
    expect(notes.map(({ kind }) => kind)).toEqual(['prompt']);
  });

  it('are none for a cell that is as it should be', () => {
    expect(notesOf(status({})).size).toBe(0);
  });
});
