import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import { describeServerError, entriesOf, runningKernels } from './server-api.ts';

const refusal = (status: number, message?: string): Error =>
  new ServerConnection.ResponseError(new Response(null, { status }), message);

describe('describeServerError', () => {
  it('keeps the tunnel’s own sentence', () => {
    const error = new ServerConnection.NetworkError(new TypeError('gpu-box does not answer.'));
    expect(describeServerError(error)).toEqual({ kind: 'away', sentence: 'gpu-box does not answer.' });
  });

  it.each([
    [401, 'needs-login'],
    [403, 'refused'],
    [404, 'gone'],
    [409, 'exists'],
    [413, 'too-large'],
    [424, 'away'],
    [503, 'away'],
    [500, 'failed'],
  ])('reads status %d as %s', (status, kind) => {
    const { sentence, ...rest } = describeServerError(refusal(status));
    expect(rest.kind).toBe(kind);
    expect(sentence).not.toContain('Invalid response');
  });

  it('quotes what the server says', () => {
    expect(describeServerError(refusal(403, 'Permission denied: x')).sentence).toContain('“Permission denied: x”');
  });
});

describe('entriesOf', () => {
  it('reads a directory model and leaves out what has no name', () => {
    const time = '2026-11-23T10:00:00Z';
    const listing = entriesOf([
      { name: 'a', path: 'x/a', type: 'directory', last_modified: time, size: null },
      { name: 'b.ipynb', path: 'x/b.ipynb', type: 'notebook', last_modified: 'never', size: 12 },
      { path: 'nameless' },
      null,
      42,
    ]);
    expect(listing).toEqual([
      { name: 'a', path: 'x/a', kind: 'folder', modifiedTimeMs: Date.parse(time), sizeBytes: null },
      { name: 'b.ipynb', path: 'x/b.ipynb', kind: 'notebook', modifiedTimeMs: null, sizeBytes: 12 },
    ]);
    expect(entriesOf(null)).toEqual([]);
  });
});

it('a kernel with a session knows its notebook, one without says so', () => {
  const kernels = [
    { id: 'k1', name: 'python3', execution_state: 'busy', connections: 1 },
    { id: 'k2', name: 'ir' },
    { id: 'k3', name: 'ir' },
  ];
  const starting = 'a/a6ed5196-0cf7-416e-bf3c-6f1d00000000';
  const sessions = [
    { id: 's1', name: '', path: 'a/b.ipynb', type: 'notebook', kernel: { id: 'k1', name: 'python3' } },
    { id: 's3', name: 'c.ipynb', path: starting, type: 'notebook', kernel: { id: 'k3', name: 'ir' } },
  ];
  expect(runningKernels(sessions, kernels)).toMatchObject([
    { kernelId: 'k1', sessionId: 's1', path: 'a/b.ipynb', isNotebook: true, state: 'busy', connections: 1 },
    { kernelId: 'k2', sessionId: null, path: null, isNotebook: false, state: 'unknown', connections: null },
    { kernelId: 'k3', sessionId: 's3', path: null, label: 'c.ipynb (start not finished)', isNotebook: false },
  ]);
});
