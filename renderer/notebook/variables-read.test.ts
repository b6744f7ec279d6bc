import { describe, expect, it } from 'vitest';
import { readVariables } from './variables-read.ts';

const reply = (rows: unknown) => ({
  status: 'ok',
  data: { 'text/plain': `'${Buffer.from(JSON.stringify(rows)).toString('base64')}'` },
});

describe('the answer about variables', () => {
  it('is read with whatever characters names and values have', () => {
    expect(readVariables(reply([['größe', 'str', "'it''s ü'"]]))).toEqual([
      { name: 'größe', type: 'str', detail: "'it''s ü'" },
    ]);
  });

  it('of a kernel that does not know the question is none', () => {
    expect(readVariables({ status: 'error', ename: 'NameError' })).toBeNull();
    expect(readVariables(undefined)).toBeNull();
    expect(readVariables({ status: 'ok', data: { 'text/plain': '42' } })).toBeNull();
    expect(readVariables({ status: 'ok', data: { 'text/plain': "'bm8='" } })).toBeNull();
  });

  it('with rows that do not fit is taken without them', () => {
    expect(readVariables(reply([['a'], ['b', 'int', '1'], 7]))).toEqual([{ name: 'b', type: 'int', detail: '1' }]);
  });
});
