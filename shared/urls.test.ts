import { describe, expect, it } from 'vitest';
import { encodePath, parseJupyterAddress, serverNameOf } from './urls.ts';

function parsed(text: string) {
  const result = parseJupyterAddress(text);
  return result.ok ? result.value : result.problem.kind;
}

describe('pasted addresses', () => {
  it.each([
    ['http://host:8888/lab/tree/x.ipynb?token=abc', 'http://host:8888/', 'abc', 'x.ipynb'],
    ['http://host:8888/lab?token=abc', 'http://host:8888/', 'abc', null],
    ['http://host:8888/lab/workspaces/auto-k/tree/a/b%20c.ipynb', 'http://host:8888/', null, 'a/b c.ipynb'],
    ['https://hub.org/user/ann/lab/tree/deep/x.ipynb', 'https://hub.org/user/ann/', null, 'deep/x.ipynb'],
    ['https://hub.org/user/ann/', 'https://hub.org/user/ann/', null, null],
    ['http://127.0.0.1:8888/notebooks/n.ipynb', 'http://127.0.0.1:8888/', null, 'n.ipynb'],
    ['http://127.0.0.1:8888/tree/folder?token=t', 'http://127.0.0.1:8888/', 't', 'folder'],
    ['http://127.0.0.1:8888/tree?token=t', 'http://127.0.0.1:8888/', 't', null],
    ['localhost:8888', 'http://localhost:8888/', null, null],
    ['hub.org/user/ann/lab', 'https://hub.org/user/ann/', null, null],
    [' "http://h:1/?token=x" ', 'http://h:1/', 'x', null],
    ['http://[::1]:8888/tree', 'http://[::1]:8888/', null, null],
  ])('%s', (text, baseUrl, token, notebookPath) => {
    expect(parsed(text)).toEqual({ baseUrl, token, notebookPath });
  });

  it.each([
    ['', 'empty'],
    ['http://', 'not-a-url'],
    ['ftp://host/', 'not-http'],
    ['http://ann:secret@host/', 'credentials-in-url'],
    ['not an address', 'not-a-url'],
  ])('refuses %s', (text, kind) => {
    expect(parsed(text)).toBe(kind);
  });

  it('never puts a token into the base URL or the name', () => {
    const result = parseJupyterAddress('http://host/lab?token=secret');
    const value = result.ok ? result.value : expect.fail('refused');
    expect(value.baseUrl + serverNameOf(value.baseUrl)).not.toContain('secret');
  });

  it('encodes paths segment by segment', () => {
    expect(encodePath('/a b/ü?#.ipynb')).toBe('a%20b/%C3%BC%3F%23.ipynb');
  });
});
