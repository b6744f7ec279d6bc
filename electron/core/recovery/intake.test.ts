import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { heldBytesMax } from '../../../shared/limits.ts';
import { fail, ok } from '../../../shared/result.ts';
import { encodeMessage, type Frame, readFrame } from '../../../shared/wire/codec.ts';
import { Intake, type IntakeParts } from './intake.ts';
import type { RecorderCursor } from '../journal/layout.ts';
import type { KnownId } from '../journal/protocol.ts';
import type { Spool } from './spool.ts';

/** A recorder that cannot be reached at first. Only what is asked of it here is there. */
class LateSpool implements Pick<Spool, 'start' | 'pull' | 'acknowledge' | 'locate' | 'leave'> {
  /** What it has written, a position each. */
  readonly written: Frame[] = [];
  private pulled = 0;
  isReachable = false;
  isThere = true;
  starts = 0;

  async start(): ReturnType<Spool['start']> {
    this.starts += 1;
    this.isThere = true;
    return this.isReachable ? ok({ position: 0, birth: 'b' }) : fail('unreachable', 'The server cannot be reached.');
  }

  async pull(from: number | 'next'): ReturnType<Spool['pull']> {
    if (!this.isThere) {
      return fail('absent', 'The spool is not there.');
    }
    const position = from === 'next' ? this.pulled : from;
    const end = this.written.length;
    this.pulled = end;
    const frames = this.written.slice(position).map(({ bytes }) => bytes);
    return ok({ position, next: end, end, frames, bytes: frames.length, dropped: null, hasHoles: false });
  }

  async acknowledge(): Promise<void> {}

  async locate(): Promise<number | null> {
    return null;
  }

  async leave(): Promise<void> {}
}

function intakeWith(spool: LateSpool, parts: Partial<IntakeParts> = {}): Intake {
  let seq = 0;
  const nothing = (): void => {};
  return new Intake({
    ...{ spool: spool as unknown as Spool, isAllowed: true, cursor: null, isTakenUp: false },
    ...{ isOurs: () => false, hasReply: () => false, unheardSinceMs: () => null, hasUnfinished: () => false },
    ...{ admit: () => ++seq, settle: async () => seq, saveCursor: async () => {}, isLinkLive: () => true },
    ...{ replaced: nothing, pause: nothing, gap: nothing, note: nothing, changed: nothing, log: nothing },
    ...parts,
  });
}

/** Messages that stand in a journal from its first entry on. */
function idsOf(frames: readonly Frame[]): KnownId[] {
  return frames.map(({ header }, index) => ({
    ...{ msgId: header.msg_id, seq: index + 1, isIopub: true, kernelSession: header.session },
  }));
}

/** One whose recorder runs, and what it lets in. */
async function recording(): Promise<{ spool: LateSpool; intake: Intake; admitted: string[] }> {
  const spool = new LateSpool();
  spool.isReachable = true;
  const admitted: string[] = [];
  const intake = intakeWith(spool, { admit: ({ header }) => admitted.push(header.msg_id) });
  intake.linkUp();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(intake.status.protection.state).toBe('recorded');
  return { spool, intake, admitted };
}

function said(
  session: string,
  number: number,
  msg_type: string,
  content: Record<string, string>,
  parentId = '',
): Frame {
  const header = { msg_id: `${session}_1_${number}`, msg_type, session };
  const parent_header = parentId === '' ? {} : { msg_id: parentId, msg_type: 'request', session: 'us' };
  const bytes = encodeMessage({ channel: 'iopub', header, parent_header, metadata: {}, content });
  return readFrame(bytes) ?? expect.fail('unreadable');
}

/** A reply: it goes to whoever asked, past every spool. */
function reply(session: string, number: number): Frame {
  const header = { msg_id: `${session}_1_${number}`, msg_type: 'execute_reply', session };
  const bytes = encodeMessage({ channel: 'shell', header, parent_header: {}, metadata: {}, content: {} });
  return readFrame(bytes) ?? expect.fail('unreadable');
}

const busy = (session: string, number: number, parentId = ''): Frame =>
  said(session, number, 'status', { execution_state: 'busy' }, parentId);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a recorder that is there before the websocket has brought anything', () => {
  it('waits for the words of the kernel from before it', async () => {
    const spool = new LateSpool();
    spool.isReachable = true;
    const admitted: string[] = [];
    const intake = intakeWith(spool, { admit: ({ header }) => admitted.push(header.msg_id) });
    const warnings = [2, 3].map((number) => said('k', number, 'stream', { name: 'stderr', text: 'a warning' }));
    const recorded = [busy('k', 4, 'r'), said('k', 5, 'stream', { name: 'stdout', text: 'out' }, 'r')];
    spool.written.push(...recorded);
    intake.linkUp();
    await vi.advanceTimersByTimeAsync(500);
    for (const frame of [...warnings, ...recorded]) intake.receive(frame);
    await vi.advanceTimersByTimeAsync(500);
    expect(admitted).toEqual(['k_1_2', 'k_1_3', 'k_1_4', 'k_1_5']);
    intake.close();
  });
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

describe('a recorder that stands still while the app starts again', () => {
  it('is waited for: it brings what the first words of the new connection stand behind', async () => {
    const spool = new LateSpool();
    spool.isReachable = true;
    const before = [1, 2, 3, 4].map((number) => busy('k', number));
    spool.written.push(...before);
    const admitted: string[] = [];
    const intake = intakeWith(spool, {
      ...{ cursor: { position: 0, seq: 0, birth: 'b' }, isTakenUp: true },
      admit: ({ header }) => admitted.push(header.msg_id),
    });
    const ids = idsOf(before);
    intake.remember({ ids, open: [] });
    intake.linkUp();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(intake.isHolding).toBe(false);
    intake.receive(busy('k', 6));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(admitted).toEqual([]);
    spool.written.push(busy('k', 5), busy('k', 6));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(admitted).toEqual(['k_1_5', 'k_1_6']);
    intake.close();
  });
});

describe('what is written down for a later start', () => {
  it('says of every numbered message that it is here, however long ago it came', async () => {
    const cursors: RecorderCursor[] = [];
    const spool = new LateSpool();
    spool.isReachable = true;
    const said = [1, 2, 3, 4].map((number) => busy('k', number));
    const first = intakeWith(spool, { saveCursor: async (cursor) => void cursors.push(cursor) });
    first.linkUp();
    await vi.advanceTimersByTimeAsync(1_000);
    spool.written.push(...said);
    for (const frame of said) first.receive(frame);
    await vi.advanceTimersByTimeAsync(1_000);
    first.close();
    const cursor = cursors.at(-1) ?? expect.fail('nothing was written down');
    expect(cursor).toMatchObject({ position: 4, seq: 4, known: { runs: { k_1: [1, 4] }, isWhole: true } });

    const admitted: string[] = [];
    const admit = ({ header }: Frame): number => admitted.push(header.msg_id);
    const later = intakeWith(spool, { cursor, isTakenUp: true, admit });
    later.remember({ ids: [], open: [] });
    later.linkUp();
    for (const frame of [...said, busy('k', 5)]) later.receive(frame);
    spool.written.push(busy('k', 5));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(admitted).toEqual(['k_1_5']);
    later.close();
  });

  it('does not pass what a recorder that is behind has not brought since an earlier start', async () => {
    const cursors: RecorderCursor[] = [];
    const spool = new LateSpool();
    spool.isReachable = true;
    const before = [1, 2, 3, 4].map((number) => busy('k', number));
    spool.written.push(...before.slice(0, 2));
    const intake = intakeWith(spool, {
      ...{ cursor: { position: 0, seq: 0, birth: 'b' }, isTakenUp: true, settle: async () => 9 },
      saveCursor: async (cursor) => void cursors.push(cursor),
    });
    intake.remember({ ids: idsOf(before), open: [] });
    intake.linkUp();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(cursors.at(-1)).toMatchObject({ position: 2, seq: 2 });
    spool.written.push(...before.slice(2));
    intake.doubt();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(cursors.at(-1)).toMatchObject({ position: 4, seq: 9 });
    intake.close();
  });
});

describe('a recorder that has recorded and cannot be reached for a minute', () => {
  it('is waited for: what it has stands before what goes on', async () => {
    const spool = new LateSpool();
    const before = [1, 2, 3, 4].map((number) => busy('k', number));
    spool.written.push(...before, busy('k', 5), busy('k', 6));
    const [admitted, gaps]: [string[], string[]] = [[], []];
    const intake = intakeWith(spool, {
      ...{ cursor: { position: 0, seq: 0, birth: 'b' }, isTakenUp: true },
      admit: ({ header }) => admitted.push(header.msg_id),
      gap: ({ why }) => void gaps.push(why),
    });
    intake.remember({ ids: idsOf(before), open: [] });
    intake.linkUp();
    intake.receive(busy('k', 6));
    intake.receive(reply('k', 7));
    await vi.advanceTimersByTimeAsync(60_000);
    // Replies stand in no spool, and wait for none.
    expect(admitted).toEqual(['k_1_7']);
    spool.isReachable = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(admitted).toEqual(['k_1_7', 'k_1_5', 'k_1_6']);
    expect(gaps).toEqual([]);
    intake.close();
  });

  it('is not waited for so long again, and does not make the server wait until it seems dead', async () => {
    const spool = new LateSpool();
    const pauses: boolean[] = [];
    const intake = intakeWith(spool, {
      ...{ cursor: { position: 0, seq: 0, birth: 'b' }, isTakenUp: true },
      pause: (isPaused) => void pauses.push(isPaused),
    });
    const isHoldingAfter = async (ms: number): Promise<boolean> => {
      await vi.advanceTimersByTimeAsync(ms);
      return intake.isHolding;
    };
    intake.linkUp();
    expect(await isHoldingAfter(100_000)).toBe(true);
    expect(await isHoldingAfter(25_000)).toBe(false);
    intake.linkUp();
    expect(await isHoldingAfter(25_000)).toBe(true);
    expect(await isHoldingAfter(10_000)).toBe(false);
    intake.linkUp();
    intake.receive(said('k', 8, 'stream', { name: 'stdout', text: 'x'.repeat(heldBytesMax + 1) }));
    expect(pauses.at(-1)).toBe(true);
    expect(await isHoldingAfter(12_000)).toBe(false);
    expect(pauses.at(-1)).toBe(false);
    intake.close();
  });
});

describe('a recorder that ended with its kernel', () => {
  const ended = async (isGoneAtOnce: boolean): Promise<string[]> => {
    const spool = new LateSpool();
    spool.isReachable = true;
    const gaps: string[] = [];
    const intake = intakeWith(spool, { gap: ({ why }) => void gaps.push(why) });
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
  const restarted = async (between: (intake: Intake) => Promise<void>): Promise<string[]> => {
    const gaps: string[] = [];
    const intake = intakeWith(new LateSpool(), { gap: ({ why }) => void gaps.push(why), hasUnfinished: () => true });
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

  it('keeps its order where the websocket leaves out what others asked it for', async () => {
    const { spool, intake, admitted } = await recording();
    // A websocket is welcomed by itself; the server asks a new process on two ways at once.
    const welcome = said('new', 0, 'iopub_welcome', {});
    const words = [busy('new', 1, 'server'), said('new', 3, 'status', { execution_state: 'idle' }, 'server')];
    const left = busy('new', 4, 'server');
    const first = busy('new', 6, 'server');
    spool.written.push(...words);
    intake.linkUp();
    intake.receive(welcome);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(admitted).toHaveLength(3);
    intake.receive(first);
    await vi.advanceTimersByTimeAsync(200);
    spool.written.push(left, first);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(admitted).toEqual([welcome, ...words, left, first].map(({ header }) => header.msg_id));
    expect(intake.isHolding).toBe(false);
    intake.close();
  });

  it.each([
    ['over the same connection', false],
    ['over a new connection', true],
  ])('keeps its order where the recorder is behind with its first words: %s', async (_where, isNewLink) => {
    const { spool, intake, admitted } = await recording();
    // What a process says while it starts proves no kernel, and its numbers are not counted yet.
    const words = [1, 2, 3, 4].map((number) => said('new', number, 'stream', { name: 'stderr', text: 'starting' }));
    const late = said('new', 5, 'status', { execution_state: 'idle' });
    const first = said('new', 6, 'status', { execution_state: 'idle' });
    spool.written.push(...words);
    intake.doubt();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(admitted).toHaveLength(words.length);
    if (isNewLink) {
      // The websocket has brought a word of it already.
      for (const word of words) intake.receive(word);
      intake.linkUp();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    intake.receive(first);
    await vi.advanceTimersByTimeAsync(200);
    spool.written.push(late, first);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(admitted).toEqual([...words, late, first].map(({ header }) => header.msg_id));
    expect(intake.isHolding).toBe(false);
    intake.close();
  });
});

describe('what nobody recorded', () => {
  it('is told in its number, whatever a kernel says when it shuts down', async () => {
    const gaps: (number | null)[] = [];
    const parts = { isAllowed: false, isOurs: (msgId: string) => msgId === 'cell' };
    const intake = intakeWith(new LateSpool(), { ...parts, gap: ({ messages }) => void gaps.push(messages) });
    intake.linkUp();
    const text = { name: 'stdout', text: 'a line' };
    intake.receive(busy('k', 1, 'cell'));
    intake.receive(said('k', 2, 'stream', text, 'cell'));
    // Two are lost. The reply to whoever shuts the kernel down is number 7; its word and its idle stand behind that.
    intake.receive(said('k', 5, 'stream', text, 'cell'));
    intake.receive(busy('k', 6, 'shutdown'));
    intake.receive(said('k', 8, 'shutdown_reply', {}, 'shutdown'));
    intake.receive(said('k', 9, 'status', { execution_state: 'idle' }, 'shutdown'));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(gaps).toEqual([2]);
    intake.close();
  });
});

describe('a connection that was replaced', () => {
  it('stands before the new one with what it still brings, also where no recorder has it', async () => {
    const { intake, admitted } = await recording();
    // Counting begins with what answers us: here nothing is ours, so the process is made known by an earlier run.
    intake.remember({ ids: idsOf([busy('k', 1)]), open: [] });
    intake.receive(busy('k', 2), 1);
    for (const [number, connection] of [
      [6, 2],
      [7, 2],
      [3, 1],
      [4, 1],
      [5, 1],
      [8, 2],
    ] as const) {
      intake.receive(busy('k', number), connection);
    }
    await vi.advanceTimersByTimeAsync(120_000);
    expect(admitted).toEqual([2, 3, 4, 5, 6, 7, 8].map((number) => `k_1_${number}`));
    intake.close();
  });
});
