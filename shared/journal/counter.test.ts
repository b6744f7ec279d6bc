import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lanes } from './entries.ts';
import { encodeMessage, type Frame, readFrame } from '../wire/codec.ts';
import { CounterAudit, countedId, UnsentResults } from './counter.ts';

const kernels = new Set(['k']);

describe('the number of a message', () => {
  it('is what stands behind the last underscore, whatever id came before it', () => {
    const part = fc.constantFrom('k', '_', '1', '22', 'é', '_3_', '9'.repeat(14));
    const id = fc.array(part, { maxLength: 7 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 12 }), (ids) => {
        for (const msgId of ids) {
          const match = /^(.*_\d+)_(\d{1,15})$/.exec(msgId);
          expect(countedId(msgId)).toEqual(match && { series: match[1], number: Number(match[2]) });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

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
  const live = lanes.live;

  it('explains the one number before what the value shows, in a cell without a result', () => {
    const unsent = new UnsentResults();
    unsent.add(published(3, 'execute_input'), live);
    expect(unsent.explains(published(5, 'display_data'), live)).toBe(true);
    expect(unsent.explains(published(6, 'display_data'), live)).toBe(false);
    expect(unsent.explains(published(5, 'display_data', 'other'), live)).toBe(false);
    expect(unsent.explains(published(5, 'status'), live)).toBe(false);
    unsent.add(published(4, 'execute_result'), live);
    expect(unsent.explains(published(6, 'display_data'), live)).toBe(false);
  });

  it('explains nothing where a message may as well be lost', () => {
    const unsent = new UnsentResults();
    unsent.add(published(3, 'stream'), lanes.recorder);
    // Fetched up to here, and live from there on: what was under way in between is nobody's.
    expect(unsent.explains(published(5, 'display_data'), live)).toBe(false);
    unsent.add(published(5, 'stream'), live);
    // In the midst of what a cell prints.
    expect(unsent.explains(published(7, 'stream'), live)).toBe(false);
    // A cell has one value.
    unsent.add(published(7, 'display_data'), live);
    expect(unsent.explains(published(9, 'display_data'), live)).toBe(false);
    unsent.forget();
    expect(unsent.explains(published(9, 'display_data'), live)).toBe(false);
  });
});
