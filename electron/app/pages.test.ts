import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  contentSecurityPolicy,
  fileOf,
  headersFor,
  isAllowedRequest,
  isOwnPage,
  pageUrl,
  webAddressOf,
} from './pages.ts';

const root = path.resolve('/srv/windows');
const file = (url: string): string | null => fileOf(url, root)?.file ?? null;

describe('files of windows', () => {
  it('are found below their folder, with a type', () => {
    expect(fileOf(pageUrl('home'), root)).toEqual({
      file: path.join(root, 'home/index.html'),
      type: 'text/html; charset=utf-8',
    });
    expect(fileOf('app://nightjar/assets/a%20b.js?v=1#x', root)).toEqual({
      file: path.join(root, 'assets/a b.js'),
      type: 'text/javascript; charset=utf-8',
    });
  });

  it('are not found outside their folder, however the way out is written', () => {
    expect(file('app://nightjar/../secret.json')).toBe(path.join(root, 'secret.json'));
    expect(file('app://nightjar/%2e%2e/secret.json')).toBe(path.join(root, 'secret.json'));
    expect(file('app://nightjar/a/..%2f..%2fsecret.json')).toBeNull();
    expect(file('app://nightjar/..%5csecret.json')).toBeNull();
    expect(file('app://nightjar/%00secret.json')).toBeNull();
    expect(file('app://nightjar/%E0%A4%A')).toBeNull();
    expect(file('app://nightjar//etc/passwd.json')).toBe(path.join(root, 'etc/passwd.json'));
  });

  it('are served for our own host only, and only with a known type', () => {
    expect(file('app://other/home/index.html')).toBeNull();
    expect(file('app://nightjar.example/home/index.html')).toBeNull();
    expect(file('file:///srv/windows/home/index.html')).toBeNull();
    expect(file('app://nightjar/home/notes.py')).toBeNull();
    expect(file('app://nightjar/')).toBeNull();
    expect(file('not an address')).toBeNull();
  });

  it('carry the policy and forbid guessing of types', () => {
    const headers = headersFor('text/plain');
    expect(headers['Content-Security-Policy']).toBe(contentSecurityPolicy);
    expect(headers['X-Content-Type-Options']).toBe('nosniff');
    expect(contentSecurityPolicy).toContain("default-src 'none'");
    expect(contentSecurityPolicy).not.toContain('unsafe-eval');
    expect(contentSecurityPolicy).toMatch(/script-src 'self';/);
  });
});

describe('a window', () => {
  it('may load its own files and what it made itself, nothing else', () => {
    for (const url of [
      'app://nightjar/home/index.html',
      'app://outputs/still.html',
      'data:image/png;base64,AA',
      'blob:app://nightjar/1-2-3',
      'blob:null/1-2-3',
    ]) {
      expect(isAllowedRequest(url)).toBe(true);
    }
    for (const url of [
      'https://example.com/',
      'http://127.0.0.1:8888/',
      'ws://127.0.0.1/',
      'file:///etc/passwd',
      'app://nightjar.example/x.js',
      'app://other/x.js',
      'blob:https://example.com/1',
    ]) {
      expect(isAllowedRequest(url)).toBe(false);
    }
  });

  it('may load its own page again, but go to no other', () => {
    expect(isOwnPage('app://nightjar/server/index.html#data/sub', 'server')).toBe(true);
    expect(isOwnPage('app://nightjar/home/index.html', 'server')).toBe(false);
    expect(isOwnPage('https://example.com/', 'server')).toBe(false);
  });

  it('may send people to web addresses only', () => {
    expect(webAddressOf('https://example.com/a?b')?.href).toBe('https://example.com/a?b');
    for (const text of ['file:///etc/passwd', 'javascript:alert(1)', 'ssh://host', 'smb://host/x', '/relative', '']) {
      expect(webAddressOf(text)).toBeNull();
    }
  });
});
