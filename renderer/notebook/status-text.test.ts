import { describe, expect, it } from 'vitest';
import type { SessionStatus } from '../../shared/ipc/contract.ts';
import { journalText, kernelText, linkText, protectionText } from './status-text.ts';

const status: SessionStatus = {
  kernelId: 'k',
  kernelName: 'python3',
  kernelState: 'busy',
  link: { state: 'live', sinceTimeMs: 0, sentence: 'Connected', nextTryTimeMs: null, roundTripMs: 20 },
  protection: { state: 'recorded', sentence: 'kept' },
  recovery: null,
  question: null,
  lostPrompt: null,
  warnings: [],
  journal: { journalId: 'j', entries: 1200, bytes: 3_400_000, gaps: 0, gapMarks: [], trouble: null },
  executions: [
    {
      msgId: 'm',
      cellId: 'c',
      requestSeq: 1,
      state: 'running',
      status: null,
      executionCount: null,
      submittedTimeMs: 0,
      startedTimeMs: 1_000,
      endedTimeMs: null,
      saved: false,
    },
  ],
};

describe('the status bar', () => {
  it('says how long the running cell has been running', () => {
    expect(kernelText(status, 43_000).text).toBe('Running, 42 s');
    expect(kernelText({ ...status, question: 'm' }, 43_000).text).toBe('Waiting for your answer');
    expect(kernelText({ ...status, kernelState: 'idle' }, 0).text).toBe('Idle');
    expect(kernelText(null, 0).tone).toBe('idle');
  });

  it('claims nothing about a kernel that cannot be heard', () => {
    const away = { ...status, link: { ...status.link, state: 'down' as const } };
    expect(kernelText(away, 43_000)).toMatchObject({ text: 'Running when last seen', tone: 'idle' });
    expect(kernelText({ ...away, kernelState: 'idle' }, 0)).toMatchObject({
      text: 'Idle when last seen',
      tone: 'idle',
    });
    expect(kernelText({ ...away, kernelState: 'dead' }, 0).text).toBe('Kernel has ended');
  });

  it('waits for a kernel that was never heard', () => {
    const unheard = { ...status, kernelState: 'unknown' as const };
    expect(kernelText(unheard, 0).text).toBe('Kernel state unknown');
    const coming = { ...unheard, link: { ...status.link, state: 'connecting' as const } };
    expect(kernelText(coming, 0)).toMatchObject({ text: 'Waiting for the kernel', tone: 'busy' });
  });

  it('repeats the main process where the connection is not live', () => {
    const link = { ...status.link, state: 'down' as const, sentence: 'No answer, trying again in 4 s' };
    expect(linkText({ ...status, link })).toMatchObject({ text: 'No answer, trying again in 4 s', tone: 'warning' });
    expect(linkText(status).text).toBe('Connected');
  });

  it('says that the notebook is behind, and by how much', () => {
    const recovery = { messages: 0, bytes: 0, bytesLeft: null };
    expect(protectionText({ ...status, recovery })).toMatchObject({
      text: 'Catching up with the kernel',
      tone: 'busy',
    });
    const fetched = { messages: 1_200, bytes: 700_000, bytesLeft: 3_400_000 };
    expect(protectionText({ ...status, recovery: fetched }).text).toBe('Recovered 1,200 messages, 3.4 MB to come');
    expect(protectionText(status).text).toBe('Recorded on the server');
  });

  it('never hides a gap or a journal in trouble', () => {
    expect(journalText(status).text).toBe('Journal: 1,200 entries, 3.4 MB');
    expect(journalText({ ...status, journal: { ...status.journal, gaps: 2 } })).toMatchObject({ tone: 'warning' });
    expect(journalText({ ...status, journal: { ...status.journal, trouble: 'The disk is full.' } }).text).toBe(
      'The disk is full.',
    );
  });
});
