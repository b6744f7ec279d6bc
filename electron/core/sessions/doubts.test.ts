import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asSeq } from '../../../shared/ids.ts';
import type { Execution } from '../../../shared/journal/entries.ts';
import type { Frame } from '../../../shared/wire/codec.ts';
import { Doubts } from './doubts.ts';
import { Executions } from './executions.ts';
import { makeFrame, newHeader, statusFrame } from './messages.ts';

let executions: Executions;
let doubts: Doubts;
/** What went to the kernel, and which of it the kernel answers. */
let fences: Frame[] = [];
let isHeard = true;
let isLive = true;
let proof: 'recorded' | 'counted' | 'no' = 'recorded';
let sentAgain: string[] = [];
let deadSigns = 0;
let ended: string[] = [];

function answer({ header }: Frame): void {
  doubts.observe(makeFrame('shell', newHeader('kernel_info_reply', 'k'), header, { status: 'ok' }));
  doubts.observe(statusFrame('idle', header, 'k'));
}

function run(name: string): void {
  const header = { ...newHeader('execute_request', 's'), msg_id: name };
  executions.begin(makeFrame('shell', header, null, { code: '' }), asSeq(1), 0);
  executions.sent(name, performance.now());
  executions.accepted(performance.now() + 1);
  doubts.sent();
}

/** Runs it, and the kernel says that it works on it. */
function runBusy(name: string): void {
  run(name);
  executions.observe(statusFrame('busy', { msg_id: name, msg_type: 'execute_request', session: 's' }, 'k'), 0);
}

beforeEach(() => {
  vi.useFakeTimers();
  executions = new Executions([]);
  [fences, isHeard, proof, sentAgain, deadSigns] = [[], true, 'recorded', [], 0];
  [ended, isLive] = [[], true];
  doubts = new Doubts({
    executions,
    ...{ clientSessionId: 's', replacedSocketMs: 100, isLive: () => isLive, isProof: () => proof },
    send: (frame) => {
      fences.push(frame);
      if (isHeard) queueMicrotask(() => answer(frame));
    },
    resend: async (again: readonly Execution[]) => {
      for (const { msgId } of again) {
        sentAgain.push(msgId);
        executions.requeue(msgId);
      }
    },
    unanswered: () => {
      deadSigns += 1;
    },
    endUnseen: ({ msgId }) => {
      ended.push(msgId);
      executions.endUnseen(msgId, 0);
    },
    changed: () => undefined,
  });
});
afterEach(() => {
  doubts.close();
  vi.useRealTimers();
});

describe('a request of which nothing is heard', () => {
  it('is sent again when the kernel answers later ones and everything it published is here', async () => {
    run('a');
    run('b');
    await vi.advanceTimersByTimeAsync(7_000);
    expect(fences).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sentAgain).toEqual(['a', 'b']);
    expect(fences).toHaveLength(3);
    expect(deadSigns).toBe(0);
  });

  it('is left alone when it is heard of meanwhile, or waits behind a cell that runs', async () => {
    run('a');
    await vi.advanceTimersByTimeAsync(4_000);
    executions.observe(statusFrame('busy', { msg_id: 'a', msg_type: 'execute_request', session: 's' }, 'k'), 0);
    run('b');
    await vi.advanceTimersByTimeAsync(100_000);
    expect([sentAgain, fences]).toEqual([[], []]);
  });

  it('waits as long as the kernel answers nothing, and is asked about again and again', async () => {
    isHeard = false;
    run('a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sentAgain).toEqual([]);
    expect(fences.length).toBeGreaterThan(3);
    expect(deadSigns).toBeGreaterThan(0);
    expect(executions.get('a')?.state).toBe('accepted');
    isHeard = true;
    answer(fences.at(-1) as Frame);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sentAgain).toEqual(['a']);
  });

  it('is brought before the person where messages were lost', async () => {
    proof = 'no';
    run('a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(sentAgain).toEqual([]);
    expect(executions.get('a')?.state).toBe('in-doubt');
  });
});

describe('a cell that runs when messages are lost', () => {
  it('has ended when the kernel answers what came after it, and not before', async () => {
    runBusy('a');
    proof = 'no';
    isHeard = false;
    doubts.lost();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(ended).toEqual([]);
    isHeard = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ended).toEqual(['a']);
  });
});

describe('a cell that ran when messages were lost', () => {
  it('is not forgotten when the way to the kernel turns out to be dead and is renewed', async () => {
    runBusy('a');
    isHeard = false;
    doubts.lost();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(deadSigns).toBeGreaterThan(0);
    // Since the new connection nothing is missing; what was lost before is as lost as it was.
    isHeard = true;
    doubts.cut();
    doubts.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).toEqual(['a']);
  });

  it('is asked about when the link is back, where it was away as that was told', async () => {
    runBusy('a');
    isLive = false;
    doubts.cut();
    doubts.lost();
    isLive = true;
    doubts.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).toEqual(['a']);
  });

  it('is asked about after a restart of the app, however much is recorded since', async () => {
    runBusy('a');
    doubts.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).toEqual([]);
    doubts.suspect(executions.running());
    doubts.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).toEqual(['a']);
  });

  it('is left alone when its end comes after all', async () => {
    runBusy('a');
    isHeard = false;
    doubts.lost();
    await vi.advanceTimersByTimeAsync(1_000);
    executions.endUnseen('a', 0);
    isHeard = true;
    await vi.advanceTimersByTimeAsync(10_000);
    doubts.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).toEqual([]);
    expect(fences).toHaveLength(1);
  });
});

describe('a request in doubt', () => {
  it('is decided though its first fence is lost behind the server', async () => {
    run('a');
    const header = { ...newHeader('execute_request', 's'), msg_id: 'b' };
    executions.begin(makeFrame('shell', header, null, { code: '' }), asSeq(2), 0);
    executions.sent('b', performance.now());
    executions.cut();
    doubts.cut();
    isHeard = false;
    doubts.begin();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(fences).toHaveLength(1);
    isHeard = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sentAgain).toContain('b');
  });
});
