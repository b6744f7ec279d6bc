import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { invoke, listen } from './bridge.ts';

let answer: unknown;
let emit: (body: unknown) => void;
const complaints: string[] = [];

beforeEach(() => {
  complaints.length = 0;
  vi.spyOn(console, 'error').mockImplementation((line: unknown) => void complaints.push(String(line)));
  vi.stubGlobal('window', {
    nightjar: {
      invoke: async () => {
        if (answer instanceof Error) {
          throw answer;
        }
        return answer;
      },
      on: (_name: string, callback: (body: unknown) => void) => {
        emit = callback;
        return () => undefined;
      },
    },
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('hands a decoded value on', async () => {
  answer = { ok: true, value: 'saved/here.bin' };
  expect(await invoke('files.download', { path: 'x' })).toEqual({ ok: true, value: 'saved/here.bin' });
});

it('hands a problem on', async () => {
  answer = { ok: false, problem: { kind: 'away', sentence: 'It is away.' } };
  expect(await invoke('window.connect', {})).toEqual(answer);
});

it.each([
  [{ ok: true, value: { serverId: 'secret value' } }, 'servers.check at'],
  [{ ok: 'yes', value: 'secret value' }, 'servers.check at ok'],
  ['secret value', 'servers.check at (root)'],
])('turns a reply of another shape into a problem, and never tells its value: %#', async (reply, place) => {
  answer = reply;
  expect(await invoke('servers.check', { serverId: 's' })).toMatchObject({ ok: false, problem: { kind: 'bad-reply' } });
  expect(complaints.join()).toContain(place);
  expect(complaints.join()).not.toContain('secret value');
});

it('turns a rejection into a problem', async () => {
  answer = new Error('broken');
  expect(await invoke('window.connect', {})).toMatchObject({ ok: false, problem: { kind: 'bug' } });
});

it('drops an event of another shape', () => {
  const seen: boolean[] = [];
  listen('theme.changed', (body) => seen.push(body.isDark));
  emit({ isDark: true });
  emit({ isDark: 'secret value' });
  expect(seen).toEqual([true]);
  expect(complaints).toEqual(['nightjar: an event did not decode: theme.changed at isDark']);
});
