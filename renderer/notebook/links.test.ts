import { describe, expect, it } from 'vitest';
import { NotebookResolver } from './links.ts';

describe('paths in cells', () => {
  const fetched: string[] = [];
  const resolver = new NotebookResolver('runs/my notes/a.ipynb', async (path) => {
    fetched.push(path);
    if (path.includes('missing')) throw new Error('missing');
    return 'data:image/png;base64,';
  });

  it('are relative to the notebook, or to the root of the server', async () => {
    expect(await resolver.resolveUrl('../b.ipynb')).toBe('runs/b.ipynb');
    expect(await resolver.resolveUrl('pic one.png')).toBe('runs/my%20notes/pic one.png');
    expect(await resolver.resolveUrl('/top.ipynb')).toBe('top.ipynb');
  });

  it('do not include web addresses', async () => {
    expect(resolver.isLocal('https://example.org/a.png')).toBe(false);
    expect(await resolver.resolveUrl('https://example.org/a.png')).toBe('https://example.org/a.png');
  });

  it('are fetched once, and an image that is missing does not fail the cell', async () => {
    await resolver.getDownloadUrl('runs/my%20notes/p.png');
    await resolver.getDownloadUrl('runs/my%20notes/p.png');
    expect(fetched).toEqual(['runs/my notes/p.png']);
    expect(await resolver.getDownloadUrl('missing.png')).toBe('data:,');
  });
});
