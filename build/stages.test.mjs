import { describe, expect, it } from 'vitest';
import { inRoot } from './common.mjs';
import { closingLine, countReport, failureReport, sum } from './stages.mjs';

const clean = { success: true, numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };

describe('the count of a stage', () => {
  it('is that of the report when the stage ended well', () => {
    expect(countReport(clean, 0)).toEqual({ passed: 3, failed: 0, skipped: 2, failures: [] });
  });

  it('counts failed tests once, whatever the exit code', () => {
    expect(countReport({ ...clean, success: false, numFailedTests: 2 }, 1).failed).toBe(2);
  });

  it('counts a file that did not load, and a crash after the last test, as one failure', () => {
    expect(countReport({ ...clean, success: false }, 0).failed).toBe(1);
    expect(countReport(clean, 1).failed).toBe(1);
  });

  it('names what failed, with the beginning of why', () => {
    const file = inRoot('shared/one.test.ts');
    const failed = { status: 'failed', fullName: 'a thing holds', failureMessages: ['\u001b[31mno\u001b[39m\n at x'] };
    const passed = { status: 'passed', fullName: 'another holds' };
    const tests = [{ name: file, assertionResults: [failed, passed] }];
    const count = countReport({ ...clean, success: false, numFailedTests: 1, testResults: tests }, 1);
    expect(count.failures).toEqual(['shared/one.test.ts > a thing holds: no\n   at x']);
    const notLoaded = [{ name: file, status: 'failed', message: 'no such module', assertionResults: [] }];
    expect(countReport({ ...clean, success: false, testResults: notLoaded }, 1)).toMatchObject({
      failed: 1,
      failures: ['shared/one.test.ts: no such module'],
    });
    expect(countReport(clean, 1).failures).toHaveLength(1);
  });

  it('tells what the windows said when a test failed', () => {
    const failed = { status: 'failed', fullName: 'a thing holds', failureMessages: ['no'] };
    const tests = [
      {
        name: inRoot('e2e/one.e2e.ts'),
        assertionResults: [{ ...failed, meta: { windows: ['notebook: {"status":[]}'] } }],
      },
    ];
    const { failures } = countReport({ ...clean, success: false, numFailedTests: 1, testResults: tests }, 1);
    expect(failures).toEqual(['e2e/one.e2e.ts > a thing holds: no\n  notebook: {"status":[]}']);
  });

  it('tells the first failure of a file whole, and the others by their names before it', () => {
    const failures = [
      'a.ts > one: no\n  at x',
      'a.ts > two: no\n  at y',
      'b.ts > one: no\n  at z',
      'c.ts > one: no\n  at z',
    ];
    expect(failureReport(failures)).toEqual(['a.ts > two: no', 'c.ts > one: no', failures[0], failures[2]]);
  });

  it('names preparations that failed, beside failed tests', () => {
    const file = inRoot('shared/one.test.ts');
    const tests = [
      { name: file, status: 'failed', message: '', assertionResults: [{ status: 'skipped', fullName: 'a thing' }] },
    ];
    const report = { ...clean, success: false, testResults: tests };
    const preparations = [{ file, name: 'things on a server', why: 'it did not start' }];
    expect(countReport(report, 1, preparations)).toMatchObject({
      failed: 1,
      failures: ['shared/one.test.ts > things on a server: it did not start'],
    });
  });

  it('adds up to one closing line', () => {
    const total = sum([
      countReport(clean, 0),
      countReport(clean, 1),
      { passed: 1, failed: 0, skipped: 0, failures: [] },
    ]);
    expect(closingLine(total)).toBe('7 passed, 1 failed, 4 skipped');
  });
});
