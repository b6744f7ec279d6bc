import { describe, expect, it } from 'vitest';
import { encodeMessage, readFrame } from '../wire/codec.ts';
import { CounterAudit, isStartWord } from './counter.ts';

const kernels = new Set(['k']);

function frameOf(type: string, content: Record<string, unknown>) {
  const header = { msg_id: 'k_1_0', msg_type: type, session: 'k' };
  const frame = readFrame(encodeMessage({ channel: 'iopub', header, parent_header: {}, metadata: {}, content }));
  if (frame === null) throw new Error('a message of the test must be readable');
  return frame;
}

describe('the count of a kernel’s messages', () => {
  it('begins with the first that is seen, and misses what is skipped after it', () => {
    const audit = new CounterAudit();
    for (const number of [5, 6, 9]) audit.add(`k_1_${number}`, 0);
    expect(audit.missing(kernels)).toBe(2);
    expect(audit.missing(new Set(['other']))).toBe(0);
  });

  it('does not begin with the words of a start, and counts them like others later', () => {
    const audit = new CounterAudit();
    audit.add('k_1_0', 0, true);
    audit.add('k_1_2', 0);
    expect(audit.missing(kernels)).toBe(0);
    audit.add('k_1_3', 0, true);
    audit.add('k_1_4', 0);
    expect(audit.missing(kernels)).toBe(0);
    audit.add('k_1_6', 0);
    expect(audit.missing(kernels)).toBe(1);
  });

  it('knows the words of a start', () => {
    expect(isStartWord(frameOf('iopub_welcome', { subscription: '' }))).toBe(true);
    expect(isStartWord(frameOf('status', { execution_state: 'starting' }))).toBe(true);
    expect(isStartWord(frameOf('status', { execution_state: 'busy' }))).toBe(false);
    expect(isStartWord(frameOf('stream', { name: 'stdout', text: 'x' }))).toBe(false);
  });
});
