import { describe, expect, it } from 'vitest';
import { changesFiles, endsKernel, isAllowed, isOfFiles, kernelOfChannels, kernelOfRestart } from './paths.ts';

describe('what a window may ask the server for', () => {
  it.each([
    ['GET', 'api/contents/a/b.ipynb?content=1'],
    ['PUT', 'api/contents/a%20b.ipynb'],
    ['POST', 'api/sessions'],
    ['POST', 'api/kernels/1-2/restart'],
    ['POST', 'api/kernels/1-2/interrupt'],
    ['GET', 'api/kernelspecs?1700000000'],
    ['GET', 'files/plot.png'],
    ['GET', 'api'],
  ])('%s %s', (method, path) => {
    expect(isAllowed(method, path)).toBe(true);
  });

  it.each([
    ['POST', 'api/shutdown'],
    ['POST', 'api/terminals'],
    ['GET', 'api/config/x'],
    ['GET', 'lab'],
    ['GET', 'api/contents/../../api/shutdown'],
    ['GET', 'api/contents/%2e%2e/x'],
    ['GET', 'api/contents/..%2f..%2fapi/shutdown'],
    ['GET', '/api/contents/x'],
    ['GET', '//evil.example/x'],
    ['GET', 'http://evil.example/api/contents/x'],
    ['GET', 'files\\..\\api'],
    ['GET', 'api/contents/%zz'],
    ['DELETE', 'api/kernelspecs/python3'],
    ['PUT', 'files/x'],
  ])('refuses %s %s', (method, path) => {
    expect(isAllowed(method, path)).toBe(false);
  });

  it('knows kernel channels and restarts', () => {
    expect(kernelOfChannels('api/kernels/ab-1/channels?session_id=x')).toBe('ab-1');
    expect(kernelOfChannels('api/kernels/../channels')).toBeNull();
    expect(kernelOfChannels('api/events/subscribe')).toBeNull();
    expect(kernelOfRestart('POST', 'api/kernels/ab-1/restart?1')).toBe('ab-1');
    expect(kernelOfRestart('GET', 'api/kernels/ab-1/restart')).toBeNull();
    expect(endsKernel('DELETE', 'api/sessions/ab-1?1')).toBe(true);
    expect(endsKernel('DELETE', 'api/kernels/ab-1')).toBe(true);
    expect(endsKernel('GET', 'api/kernels/ab-1')).toBe(false);
    expect(endsKernel('DELETE', 'api/contents/a.ipynb')).toBe(false);
  });

  it('knows what is of files, and what changes them', () => {
    expect(isOfFiles('api/contents/a.ipynb?content=1')).toBe(true);
    expect(isOfFiles('files/a.csv')).toBe(true);
    expect(isOfFiles('api/kernels')).toBe(false);
    expect(changesFiles('PUT', 'api/contents/a.ipynb')).toBe(true);
    expect(changesFiles('POST', 'api/contents')).toBe(true);
    expect(changesFiles('GET', 'api/contents/a.ipynb')).toBe(false);
    expect(changesFiles('DELETE', 'api/sessions/ab-1')).toBe(false);
  });
});
