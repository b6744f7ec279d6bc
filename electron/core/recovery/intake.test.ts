import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fail, ok } from '../../../shared/result.ts';
import { encodeMessage, type Frame, readFrame } from '../../../shared/wire/codec.ts';
import { Intake, type IntakeParts } from './intake.ts';
import type { Spool } from './spool.ts';

/** A recorder that cannot be reached at first. Only what is asked of it here is there. */
class LateSpool implements Pick<Spool, 'start' | 'pull' | 'acknowledge' | 'locate' | 'leave'> {
  isReachable = false;
  isThere = true;
  starts = 0;

  async start(): ReturnType<Spool['start']> {
    this.starts += 1;
    this.isThere = true;
    return this.isReachable ? ok({ position: 0, birth: 'b' }) : fail('unreachable', 'The server cannot be reached.');
  }

  async pull(): ReturnType<Spool['pull']> {
    if (!this.isThere) {
      return fail('absent', 'The spool is not there.');
    }
    return ok({ position: 0, next: 0, end: 0, frames: [], bytes: 0, dropped: null, hasHoles: false });
  }

  async acknowledge(): Promise<void> {}

  async locate(): Promise<number | null> {
    return null;
  }

  async leave(): Promise<void> {}
}

function intakeWith(spool: LateSpool, gap: IntakeParts['gap'] = () => {}, hasUnfinished = false): Intake {
  const nothing = (): void => {};
  const parts: Omit<IntakeParts, 'spool'> & { spool: LateSpool } = {
    ...{ spool, isAllowed: true, cursor: null, isTakenUp: false, isOurs: () => false, hasReply: () => false },
    ...{ unheardSinceMs: () => null, hasUnfinished: () => hasUnfinished },
    ...{ admit: () => 1, replaced: nothing, pause: nothing },
    ...{ isLinkLive: () => true, settle: async () => 1, saveCursor: async () => {}, gap, note: nothing },
    ...{ changed: nothing, log: nothing },
  };
  return new Intake({ ...parts, spool: parts.spool as unknown as Spool });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a recorder that does not start in time', () => {
  it('is tried again later, less and less often, and holds nothing up meanwhile', async () => {
    const spool = new LateSpool();
    const intake = intakeWith(spool);
    intake.linkUp();
    await vi.advanceTimersByTimeAsync(31_000);
    expect(intake.isHolding).toBe(false);
    const before = spool.starts;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(intake.status.protection.state).toBe('starting');
    expect(spool.starts - before).toBeGreaterThan(3);
    expect(spool.starts - before).toBeLessThan(10);
    expect(intake.isHolding).toBe(false);
    spool.isReachable = true;
    await vi.advanceTimersByTimeAsync(310_000);
    expect(intake.status.protection.state).toBe('recorded');
    intake.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a recorder that ended with its kernel', () => {
  const ended = async (isGoneAtOnce: boolean): Promise<string[]> => {
    const spool = new LateSpool();
    spool.isReachable = true;
    const gaps: string[] = [];
    const intake = intakeWith(spool, ({ why }) => void gaps.push(why));
    intake.linkUp();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(intake.status.protection.state).toBe('recorded');
    spool.isThere = !isGoneAtOnce;
    const finished = intake.finish();
    await vi.advanceTimersByTimeAsync(100);
    // All of it is here and acknowledged: the recorder takes its spool away.
    spool.isThere = isGoneAtOnce;
    await vi.advanceTimersByTimeAsync(5_000);
    await finished;
    intake.close();
    return gaps;
  };

  it('leaves no gap when everything was fetched, and one when it was not', async () => {
    expect(await ended(false)).toEqual([]);
    expect((await ended(true)).length).toBeGreaterThan(0);
  });
});

describe('a kernel that was restarted', () => {
  const busy = (session: string, number: number): Frame => {
    const bytes = encodeMessage({
      channel: 'iopub',
      header: { msg_id: `${session}_1_${number}`, msg_type: 'status', session },
      parent_header: {},
      metadata: {},
      content: { execution_state: 'busy' },
    });
    return readFrame(bytes) ?? expect.fail('unreadable');
  };
  const restarted = async (between: (intake: Intake) => Promise<void>): Promise<string[]> => {
    const gaps: string[] = [];
    const intake = intakeWith(new LateSpool(), ({ why }) => void gaps.push(why), true);
    intake.linkUp();
    intake.linkUp();
    await vi.advanceTimersByTimeAsync(31_000);
    intake.receive(busy('old', 1));
    expect(intake.isHolding).toBe(false);
    await between(intake);
    intake.close();
    return gaps.filter((why) => why.includes('printed last'));
  };

  it('may have printed more where the connection was away before its new process was heard', async () => {
    const gaps = await restarted(async (intake) => {
      intake.linkUp();
      intake.receive(busy('new', 1));
      await vi.advanceTimersByTimeAsync(40_000);
    });
    expect(gaps).toHaveLength(1);
  });

  it('has not where the new process was heard over the same connection, whenever that is let in', async () => {
    const gaps = await restarted(async (intake) => {
      // A recorder is being asked for: what comes waits for it.
      intake.doubt();
      expect(intake.isHolding).toBe(true);
      intake.receive(busy('new', 1));
      intake.linkUp();
      await vi.advanceTimersByTimeAsync(40_000);
    });
    expect(gaps).toEqual([]);
  });
});
