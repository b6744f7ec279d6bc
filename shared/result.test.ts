import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeUnknown } from './result.ts';

describe('a thrown value in words', () => {
  it('says why a connection failed, not that a function did', () => {
    const coded = Object.assign(new Error('connect ECONNREFUSED ::1:80'), { code: 'ECONNREFUSED' });
    const wrapped = new TypeError('fetch failed', { cause: new AggregateError([coded]) });
    expect(describeUnknown(wrapped)).toBe('the connection was refused');
  });

  it('says why a file could not be read', () => {
    let thrown: unknown;
    try {
      fs.readFileSync('/nowhere/at/all');
    } catch (error) {
      thrown = error;
    }
    expect(describeUnknown(thrown)).toBe('there is no such file or folder');
  });

  it('keeps what an error says itself, and never a stack', () => {
    expect(describeUnknown(new Error('outer', { cause: new Error('inner') }))).toBe('outer (inner)');
    expect(describeUnknown('plain')).toBe('plain');
    expect(describeUnknown({ stack: 'at x' })).toBe('unknown error');
  });
});
