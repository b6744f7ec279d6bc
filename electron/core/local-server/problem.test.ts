import { describe, expect, it } from 'vitest';
import { kindOfPipFailure, kindOfVenvFailure } from './install-jupyter.ts';
import { kindOfFileError, problem, redact, sentences } from './problem.ts';

describe('problems of the local server', () => {
  it('every kind has a sentence for people that ends, names no internals and tells what to do', () => {
    for (const [kind, sentence] of Object.entries(sentences)) {
      expect(sentence, kind).toMatch(/^[A-Z].*\.$/);
      expect(sentence, kind).not.toMatch(/traceback|errno|undefined|null|stderr|exit code|\/tmp|node_modules/i);
      if (kind !== 'cancelled') expect(sentence, kind).toMatch(/try again|does not|left it alone/i);
    }
  });

  it('the detail is the end of the log, without tokens and passwords', () => {
    const token = 'ab'.repeat(24);
    const log = [
      ...Array.from({ length: 40 }, (_, index) => `line ${index}`),
      'Looking in indexes: https://ann:secret@pypi.example/simple',
      'http://127.0.0.1:8888/?token=abc123&x=1',
      'Authorization: token abc123',
    ].join('\n');
    const { detail } = problem('install-failed', log);
    expect(detail.split('\n')).toHaveLength(6);
    expect(detail).not.toMatch(/secret|abc123/);
    expect(redact(`a ${token} b`, token)).toBe('a [redacted] b');
  });

  it("pip's failures are told apart", () => {
    const noIndex =
      "WARNING: Retrying after connection broken by 'NewConnectionError(Temporary failure in name resolution)'\n" +
      'ERROR: No matching distribution found for jupyter_server';
    expect(kindOfPipFailure(noIndex)).toBe('index-unreachable');
    expect(kindOfPipFailure('ERROR: Could not install: [Errno 28] No space left on device')).toBe('disk-full');
    expect(kindOfPipFailure('error: command gcc failed')).toBe('install-failed');
    expect(kindOfPipFailure('ERROR: No matching distribution found for rpds-py')).toBe('install-failed');
  });

  it("venv's failures are told apart", () => {
    const debian =
      'The virtual environment was not created successfully because ensurepip is not\navailable.  ' +
      'On Debian/Ubuntu systems, you need to install the python3-venv\npackage using the following command.';
    expect(kindOfVenvFailure(debian)).toBe('venv-missing');
    expect(kindOfVenvFailure('/usr/bin/python3: No module named venv')).toBe('venv-missing');
    expect(kindOfVenvFailure("Error: [Errno 13] Permission denied: '/x'")).toBe('folder-unwritable');
    expect(kindOfVenvFailure('OSError: [Errno 28] No space left on device')).toBe('disk-full');
  });

  it('expected errors of the file system have a kind, others do not', () => {
    expect(kindOfFileError(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe('disk-full');
    expect(kindOfFileError(Object.assign(new Error('x'), { code: 'EACCES' }))).toBe('folder-unwritable');
    expect(kindOfFileError(new TypeError('x'))).toBeNull();
  });
});
