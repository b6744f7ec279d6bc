import { describe, expect, it } from 'vitest';
import type { ServerSummary } from '../../shared/ipc/contract.ts';
import {
  kernelsText,
  leavingText,
  reportWords,
  serverSentence,
  serverStateWord,
  type VerifyReport,
} from './wording.ts';

const sound: VerifyReport = {
  sound: true,
  head: '',
  entries: 8120,
  frames: 8043,
  blocks: 24,
  firstTimeMs: null,
  lastTimeMs: null,
  lostEntries: 0,
  missingMessages: 0,
  duplicateMessages: 0,
  outOfOrderMessages: 0,
  gaps: [],
  damage: [],
  findings: [],
};

const server: ServerSummary = {
  serverId: 's',
  name: 'n',
  baseUrl: 'http://h/',
  state: 'online',
  detail: '',
  version: '2.21.1',
  isLocal: false,
  hasRecorder: true,
  isHub: false,
  runningKernels: 0,
  lastUsedTimeMs: null,
};

describe('reportWords', () => {
  it('says of a sound journal that it is complete, and nothing more', () => {
    const words = reportWords(sound);
    expect(words.title).toBe('The journal is complete');
    expect(words.verdict).toBe("All 8,043 messages are there exactly once, in the kernel's own order.");
    expect(words.lines).toEqual([]);
  });

  it('tells a hole once when the gap that made it was recorded', () => {
    const gap = { messages: 766, fromTimeMs: 0, toTimeMs: 15_000, why: 'the connection was cut.' };
    const words = reportWords({ ...sound, sound: false, missingMessages: 766, gaps: [gap] });
    expect(words.title).toBe('The journal has gaps');
    expect(words.lines).toHaveLength(1);
    expect(words.lines[0]).toMatch(/^766 messages missing, .*: the connection was cut\.$/);
  });

  it('tells what the numbering misses beyond the recorded gaps', () => {
    const words = reportWords({ ...sound, sound: false, missingMessages: 1 });
    expect(words.lines).toEqual(["1 message of the kernel is missing, by the kernel's own numbering."]);
  });

  it('does not speak of gaps when messages only stand twice', () => {
    const words = reportWords({ ...sound, sound: false, duplicateMessages: 2 });
    expect(words.title).toBe('The journal is not in order');
    expect(words.lines).toEqual(['2 messages stand in it twice.']);
  });

  it('counts the gaps beyond the first six', () => {
    const gaps = Array.from({ length: 9 }, () => ({ messages: null, fromTimeMs: 0, toTimeMs: 1, why: 'x' }));
    const words = reportWords({ ...sound, sound: false, gaps });
    expect(words.lines).toHaveLength(7);
    expect(words.lines.at(-1)).toBe('3 more gaps.');
  });

  it('passes on what is wrong with the file as it is, and says nothing twice', () => {
    const words = reportWords({ ...sound, damage: ['One thing.'], findings: ['One thing.', 'A gap was recorded.'] });
    expect(words.lines).toEqual(['One thing.']);
  });
});

describe('servers', () => {
  it('says the version when online and the detail otherwise', () => {
    expect(serverSentence(server)).toBe('Online, Jupyter Server 2.21.1');
    expect(serverSentence({ ...server, state: 'away', detail: 'No answer.' })).toBe('No answer.');
  });

  it('has a sentence and a word for every state', () => {
    for (const state of ['unknown', 'checking', 'online', 'away', 'needs-login', 'not-jupyter'] as const) {
      expect(serverSentence({ ...server, state })).not.toBe('');
      expect(serverStateWord(state)).not.toBe('');
    }
  });

  it('mentions kernels only where some run', () => {
    expect([kernelsText(null), kernelsText(0), kernelsText(1), kernelsText(3)]).toEqual([
      '',
      '',
      '1 kernel',
      '3 kernels',
    ]);
  });
});

describe('a journal that goes by itself', () => {
  it('says when, as one would', () => {
    const hour = 60 * 60 * 1000;
    expect(leavingText(24 * hour, 0)).toBe('Goes tomorrow');
    expect(leavingText(5 * hour - 1, 0)).toBe('Goes in 5 hours');
    expect(leavingText(hour, 0)).toBe('Goes soon');
    expect(leavingText(0, hour)).toBe('Goes soon');
  });
});
