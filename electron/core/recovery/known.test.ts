import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage, type Frame, readFrame } from '../../../shared/wire/codec.ts';
import { Known, Runs } from './known.ts';

describe('runs of numbers', () => {
  it('are a set, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), fc.nat(60), fc.nat(60), (numbers, from, to) => {
        const runs = new Runs();
        const set = new Set(numbers);
        for (const number of numbers) {
          runs.add(number);
        }
        for (let number = 0; number <= 61; number++) {
          expect(runs.has(number)).toBe(set.has(number));
        }
        const between = [...set].filter((number) => number >= from && number <= to).length;
        expect(runs.countBetween(from, to)).toBe(between);
        for (const number of set) {
          let below: number | null = number - 1;
          while (below >= Math.min(...set) && set.has(below)) {
            below -= 1;
          }
          expect(runs.missingBelow(number)).toBe(below < Math.min(...set) ? null : below);
        }
      }),
    );
  });
});

function frame(number: number, options: { channel?: 'iopub' | 'shell'; state?: string; type?: string } = {}): Frame {
  const isStatus = options.state !== undefined;
  const bytes = encodeMessage({
    channel: options.channel ?? 'iopub',
    header: { msg_id: `k_1_${number}`, msg_type: options.type ?? (isStatus ? 'status' : 'stream'), session: 'k' },
    parent_header: { msg_id: 'theirs', msg_type: 'x', session: 'y' },
    metadata: {},
    content: isStatus ? { execution_state: options.state } : {},
  });
  return readFrame(bytes) ?? expect.fail('unreadable');
}

function seen(known: Known, one: Frame): ReturnType<Known['missingBefore']> {
  const missing = known.missingBefore(one);
  known.add(one.header.msg_id, one.channel === 'iopub');
  return missing;
}

describe('what is known of a kernel', () => {
  it('is known to a later start', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), (numbers) => {
        const known = new Known();
        for (const number of numbers) known.add(`k_1_${number}`, true);
        const later = new Known();
        later.restore(known.numbers());
        for (let number = 0; number <= 60; number++) expect(later.has(`k_1_${number}`)).toBe(numbers.includes(number));
      }),
    );
  });

  it('is written down as the latest runs of the processes that spoke last, and says when that is not all', () => {
    const known = new Known();
    known.add('main_1_1', true);
    expect(known.numbers()).toEqual({ runs: { main_1: [1, 1] }, isWhole: true });
    for (let process = 0; process < 20; process++) {
      for (let number = 0; number < 2_000; number += 2) known.add(`k_${process}_${number}`, true);
    }
    known.add('main_1_2', true);
    const { runs, isWhole } = known.numbers();
    const latest = Array.from({ length: 7 }, (_, index) => `k_${13 + index}`);
    expect(Object.keys(runs)).toEqual([...latest, 'main_1']);
    expect(Object.values(runs).map(({ length }) => length)).toEqual([...latest.map(() => 1_000), 2]);
    expect(isWhole).toBe(false);
    const plain = new Known();
    plain.add('no-number', true);
    expect(plain.numbers().isWhole).toBe(false);
  });

  it('tells exactly what is missing', () => {
    const known = new Known();
    expect(seen(known, frame(10))).toBeNull();
    expect(seen(known, frame(11))).toBeNull();
    expect(seen(known, frame(15))).toEqual({ from: 12, count: 3 });
    expect(known.has('k_1_12')).toBe(false);
  });

  it('takes replies that overtake iopub into account', () => {
    const known = new Known();
    seen(known, frame(1));
    seen(known, frame(3, { channel: 'shell' }));
    expect(seen(known, frame(2))).toBeNull();
    expect(seen(known, frame(4))).toBeNull();
  });

  it('takes one number before an idle for a reply, and two for a loss', () => {
    const known = new Known();
    seen(known, frame(1));
    expect(seen(known, frame(3, { state: 'idle' }))).toBeNull();
    expect(seen(known, frame(6, { state: 'idle' }))).toEqual({ from: 4, count: 2 });
  });

  it('takes one number before the word of a shutdown for the reply to it', () => {
    const known = new Known();
    seen(known, frame(1));
    const last = frame(3, { type: 'shutdown_reply' });
    expect(seen(known, last)).toBeNull();
    known.explainReply(last, false);
    expect(known.countMissing('k_1', 1, 3)).toBe(0);
  });

  it('takes one number before an idle for a loss when the reply is known to be here', () => {
    const known = new Known();
    seen(known, frame(1));
    expect(known.missingBefore(frame(3, { state: 'idle' }), true)).toEqual({ from: 2, count: 1 });
  });

  it('explains replies to other clients by their idles', () => {
    const known = new Known();
    seen(known, frame(1));
    for (const number of [4, 5]) {
      const idle = frame(number, { state: 'idle' });
      seen(known, idle);
      known.explainReply(idle, false);
    }
    expect(known.countMissing('k_1', 1, 5)).toBe(0);
    expect(known.has('k_1_3')).toBe(false);
  });

  it('takes a kernel process for new until it has published something, whatever it has replied', () => {
    const known = new Known();
    known.add('k_1_2', false);
    expect(known.isNew('k_1_3')).toBe(true);
    known.add('k_1_3', true);
    expect(known.isNew('k_1_4')).toBe(false);
  });

  it('knows whether the two ways have met, for each process', () => {
    const known = new Known();
    known.add('k_1_2', true);
    expect(known.isUnmet('k_1_3')).toBe(true);
    known.meet('k_1_2');
    expect(known.isUnmet('k_1_3')).toBe(false);
    expect(known.isUnmet('k_2_3')).toBe(true);
    known.add('k_3_1', true, Number.NEGATIVE_INFINITY);
    expect(known.isUnmet('k_3_2')).toBe(false);
  });

  it('knows whether the spool has come past a message, for each process', () => {
    const known = new Known();
    for (const number of [1, 2, 3]) seen(known, frame(number));
    known.meet('k_1_2');
    expect(known.isRecordedPast('k_1_1')).toBe(true);
    expect(known.isRecordedPast('k_1_2')).toBe(false);
    expect(known.isRecordedPast('k_2_1')).toBe(false);
    expect(known.isRecordedPast('plain')).toBe(false);
  });

  it('does not take the numbers of a server for those of a kernel', () => {
    const known = new Known();
    known.add('server_1_2', true);
    expect(known.hasNumbersOf(new Set(['kernel']))).toBe(false);
    known.add('kernel_1_2', true);
    expect(known.hasNumbersOf(new Set(['kernel']))).toBe(true);
  });

  it('counts nothing for kernels that do not count', () => {
    const known = new Known();
    known.add('plain', true);
    expect(known.has('plain')).toBe(true);
    expect(known.has('other')).toBe(false);
  });
});
