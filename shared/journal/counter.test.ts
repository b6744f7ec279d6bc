import { describe, expect, it } from 'vitest';
import { encodeMessage, type Frame, readFrame } from '../wire/codec.ts';
import { CounterAudit, UnsentResults } from './counter.ts';

const kernels = new Set(['k']);

describe('the count of a kernel’s messages', () => {
  it('begins with the first that answers us, and misses what is skipped after it', () => {
    const audit = new CounterAudit();
    // What the server asks the kernel before us: two of its threads number at once, and one number is left out.
    audit.add('k_1_3', 0, false);
    audit.add('k_1_5', 0, false);
    audit.add('k_1_7', 0, true);
    expect(audit.missing(kernels)).toBe(0);
    audit.add('k_1_8', 0, false);
    audit.add('k_1_11', 0, false);
    expect(audit.missing(kernels)).toBe(2);
    expect(audit.missing(new Set(['other']))).toBe(0);
  });
});

function published(number: number, type: string, parent = 'cell'): Frame {
  const header = { msg_id: `k_1_${number}`, msg_type: type, session: 'k', username: '', date: '', version: '5.4' };
  const parentHeader = { ...header, msg_id: parent, msg_type: 'execute_request' };
  const bytes = encodeMessage({ channel: 'iopub', header, parent_header: parentHeader, metadata: {}, content: {} });
  return readFrame(bytes) as Frame;
}

describe('a result that was never sent', () => {
  it('explains the one number before what the value shows, in a cell without a result', () => {
    const unsent = new UnsentResults();
    unsent.add(published(3, 'execute_input'));
    expect(unsent.explains(published(5, 'display_data'))).toBe(true);
    expect(unsent.explains(published(6, 'display_data'))).toBe(false);
    expect(unsent.explains(published(5, 'display_data', 'other'))).toBe(false);
    expect(unsent.explains(published(5, 'status'))).toBe(false);
    unsent.add(published(4, 'execute_result'));
    expect(unsent.explains(published(6, 'display_data'))).toBe(false);
    unsent.forget();
    expect(unsent.explains(published(6, 'stream'))).toBe(false);
  });
});
