import { describe, expect, it } from 'vitest';
import {
  baseName,
  displayUrl,
  formatBytes,
  formatCount,
  formatDuration,
  formatRelative,
  parentPath,
  plural,
} from './format.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1234, '1.2 kB'],
    [9960, '10 kB'],
    [182_300, '182 kB'],
    [999_600, '1.0 MB'],
    [4_100_000, '4.1 MB'],
    [4.2e9, '4.2 GB'],
    [7e15, '7000 TB'],
  ])('shows %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatRelative', () => {
  const now = new Date(2026, 10, 23, 13, 30).getTime();
  const ago = (ms: number): string => formatRelative(now - ms, now);
  const hourMs = 3_600_000;

  it('counts minutes, then hours, then calendar days, then names the day', () => {
    expect(ago(0)).toBe('just now');
    expect(ago(59_000)).toBe('just now');
    expect(ago(60_000)).toBe('1 min ago');
    expect(ago(59 * 60_000)).toBe('59 min ago');
    expect(ago(hourMs)).toBe('1 h ago');
    expect(ago(13 * hourMs)).toBe('13 h ago');
    expect(ago(14 * hourMs)).toBe('yesterday');
    expect(ago(72 * hourMs)).toBe('3 days ago');
    expect(ago(8 * 24 * hourMs)).toBe('15 Nov');
    expect(ago(365 * 24 * hourMs)).toBe('23 Nov 2025');
  });

  it('speaks of hours, not of yesterday, shortly after midnight', () => {
    const night = new Date(2026, 10, 23, 1, 0).getTime();
    expect(formatRelative(night - 2 * hourMs, night)).toBe('2 h ago');
  });

  it('calls a time that is ahead of this clock just now', () => {
    expect(ago(-5 * hourMs)).toBe('just now');
  });
});

describe('formatDuration', () => {
  it.each([
    [-5, '0 s'],
    [4_000, '4 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [12 * 60_000, '12 min'],
    [200 * 60_000, '3 h 20 min'],
    [180 * 60_000, '3 h'],
    [52 * 3_600_000, '2 d 4 h'],
    [48 * 3_600_000, '2 d'],
  ])('shows %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('words and paths', () => {
  it('counts things in words', () => {
    expect(plural(0, 'kernel')).toBe('no kernels');
    expect(plural(1, 'entry', 'entries')).toBe('1 entry');
    expect(plural(1234, 'entry', 'entries')).toBe('1,234 entries');
    expect(formatCount(1_284_031)).toBe('1,284,031');
  });

  it('takes paths and addresses apart for display', () => {
    expect(baseName('a/b/c.ipynb')).toBe('c.ipynb');
    expect(baseName('c.ipynb')).toBe('c.ipynb');
    expect(parentPath('a/b/c.ipynb')).toBe('a/b');
    expect(parentPath('c.ipynb')).toBe('');
    expect(displayUrl('http://127.0.0.1:8888/')).toBe('127.0.0.1:8888');
    expect(displayUrl('https://hub.example.org/user/me/')).toBe('hub.example.org/user/me');
  });
});
