import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../../../shared/wire/codec.ts';
import { LostEnd } from './lost-end.ts';
import { statusFrame } from './messages.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function lostEnd(): { end: LostEnd; awaiting: Set<string>; asked: Frame[]; ended: string[]; away: { is: boolean } } {
  const awaiting = new Set<string>();
  const asked: Frame[] = [];
  const ended: string[] = [];
  const away = { is: false };
  const end = new LostEnd({
    clientSessionId: 'us',
    awaiting: () => [...awaiting],
    mayAsk: () => !away.is,
    send: (frame) => void asked.push(frame),
    end: (msgId) => {
      awaiting.delete(msgId);
      ended.push(msgId);
    },
  });
  return { end, awaiting, asked, ended, away };
}

const idleOf = (question: Frame | undefined): Frame =>
  statusFrame('idle', question?.header ?? expect.fail('nothing was asked'), 'kernel');

describe('an execution whose idle does not come', () => {
  it('is over when the kernel has answered what was asked after its reply', () => {
    const { end, awaiting, asked, ended } = lostEnd();
    awaiting.add('a');
    end.look();
    vi.advanceTimersByTime(3_000);
    expect(asked).toHaveLength(1);
    // The one that was answered after the question may still get its own.
    awaiting.add('b');
    end.observe(statusFrame('idle', null, 'kernel'));
    expect(ended).toEqual([]);
    end.observe(idleOf(asked[0]));
    expect(ended).toEqual(['a']);
    vi.advanceTimersByTime(3_000);
    end.observe(idleOf(asked[1]));
    expect(ended).toEqual(['a', 'b']);
    vi.advanceTimersByTime(60_000);
    expect(asked).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks nothing where it comes in time, or while nothing arrives', () => {
    const { end, awaiting, asked, away } = lostEnd();
    awaiting.add('a');
    end.look();
    awaiting.clear();
    vi.advanceTimersByTime(10_000);
    expect(asked).toEqual([]);
    away.is = true;
    awaiting.add('a');
    end.look();
    vi.advanceTimersByTime(60_000);
    expect(asked).toEqual([]);
    away.is = false;
    vi.advanceTimersByTime(3_000);
    expect(asked).toHaveLength(1);
    end.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks a kernel that works on something else again, less and less often', () => {
    const { end, awaiting, asked, ended } = lostEnd();
    awaiting.add('a');
    end.look();
    vi.advanceTimersByTime(3_600_000);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.length).toBeLessThan(15);
    end.forget();
    end.observe(idleOf(asked.at(-1)));
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(3_000);
    end.observe(idleOf(asked.at(-1)));
    expect(ended).toEqual(['a']);
  });
});
