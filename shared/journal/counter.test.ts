import { describe, expect, it } from 'vitest';
import { CounterAudit } from './counter.ts';

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
