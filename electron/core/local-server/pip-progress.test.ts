import { describe, expect, it } from 'vitest';
import { countInstalled, packageKey, parseFileName, pipStart, readPipLine } from './pip-progress.ts';

/** Lines of pip 23.0 and 25.1, from a package index with and without separate metadata, and from local wheels. */
const lines = [
  'Looking in indexes: https://pypi.org/simple',
  'Collecting jupyter_server',
  '  Downloading jupyter_server-2.21.1-py3-none-any.whl.metadata (8.5 kB)',
  'Collecting anyio>=3.1.0 (from jupyter_server)',
  '  Using cached anyio-4.15.1-py3-none-any.whl.metadata (4.0 kB)',
  'Collecting Jinja2',
  '  Processing /opt/wheels/Jinja2-3.1.6-py3-none-any.whl (from jupyter_server)',
  'Downloading jupyter_server-2.21.1-py3-none-any.whl (388 kB)',
  'Using cached anyio-4.15.1-py3-none-any.whl (109 kB)',
  'Installing collected packages: Jinja2, anyio, jupyter_server',
  'Successfully installed Jinja2-3.1.6 anyio-4.15.1 jupyter_server-2.21.1',
];

describe('progress of pip', () => {
  it('grows with every line and never claims to be done', () => {
    let state = pipStart;
    let last = 0;
    for (const line of lines) {
      state = readPipLine(state, line);
      expect(state.fraction).toBeGreaterThanOrEqual(last);
      last = state.fraction;
    }
    expect([...state.collected]).toEqual(['jupyter-server', 'anyio', 'jinja2']);
    expect(state.downloaded.size).toBe(3);
    expect(countInstalled(state, 3).fraction).toBeLessThan(1);
  });

  it('says what is happening in words', () => {
    const texts = lines.reduce<{ state: typeof pipStart; texts: string[] }>(
      ({ state, texts: before }, line) => {
        const next = readPipLine(state, line);
        return { state: next, texts: [...before, next.text] };
      },
      { state: pipStart, texts: [] },
    ).texts;
    expect(texts[2]).toBe('Looking up jupyter_server 2.21.1 (1 package so far)');
    expect(texts[7]).toBe('Downloading jupyter_server 2.21.1 (3 packages so far)');
    expect(texts[9]).toBe('Installing Jinja2 3.1.6 (1 of 3 packages)');
  });

  it('counts installed packages in the order of pip', () => {
    const state = lines.reduce(readPipLine, pipStart);
    expect(countInstalled(state, 2).text).toBe('Installing jupyter_server 2.21.1 (3 of 3 packages)');
    expect(countInstalled(state, 99).text).toBe('Installing jupyter_server 2.21.1 (3 of 3 packages)');
    expect(countInstalled(pipStart, 5)).toBe(pipStart);
  });

  it('ignores what it does not know', () => {
    for (const line of ['', 'WARNING: something', '     ━━━━━ 1.2/3.4 MB', 'Processing ./local/dir', 'Collecting']) {
      expect(readPipLine(pipStart, line)).toBe(pipStart);
    }
  });

  it('reads file names of wheels and source archives', () => {
    expect(parseFileName('https://x/y/zmq%2Bx-1.0-py3-none-any.whl')).toBeNull();
    expect(parseFileName('C:\\w\\pyzmq-27.2.0-cp311-cp311-win_amd64.whl')).toEqual({
      name: 'pyzmq',
      version: '27.2.0',
      onlyMetadata: false,
    });
    expect(parseFileName('python-json-logger-4.2.0.tar.gz')?.name).toBe('python-json-logger');
    expect(packageKey('Jupyter_Events')).toBe('jupyter-events');
  });
});
