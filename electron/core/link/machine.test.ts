import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMaxMs, pingIntervalMs, pongDeadlineMs } from '../../../shared/limits.ts';
import {
  backoffMs,
  initialLink,
  type LinkEffect,
  type LinkEvent,
  type LinkState,
  linkTiming,
  type Now,
  step,
} from './machine.ts';

class Play {
  now: Now = { monotonicMs: 1_000, wallMs: 1_000_000, random: 0.5 };
  state: LinkState = initialLink(this.now);
  effects: LinkEffect[] = [];

  after(ms: number): this {
    this.now = { ...this.now, monotonicMs: this.now.monotonicMs + ms, wallMs: this.now.wallMs + ms };
    return this;
  }

  on(event: LinkEvent): this {
    const next = step(this.state, event, this.now);
    this.state = next.state;
    this.effects = [...next.effects];
    return this;
  }

  live(): this {
    return this.on({ type: 'start' }).on({ type: 'opened' });
  }

  get types(): string[] {
    return this.effects.map((effect) => effect.type);
  }
}

describe('the link', () => {
  it('connects, lives, and pings when the server is quiet', () => {
    const play = new Play().live();
    expect(play.state.phase).toBe('live');
    expect(play.after(pingIntervalMs - 1).on({ type: 'tick' }).types).toEqual([]);
    expect(play.after(1).on({ type: 'tick' }).types).toEqual(['ping']);
    play.after(40).on({ type: 'pong' });
    expect(play.state.roundTripMs).toBe(40);
  });

  it('suspects a socket after a missed pong, keeps it and probes on: TCP may still deliver', () => {
    const play = new Play().live().after(pingIntervalMs).on({ type: 'tick' });
    expect(play.after(pongDeadlineMs).on({ type: 'tick' }).types).toEqual(['ping']);
    expect(play.state.phase).toBe('suspect');
    play.after(20_000).on({ type: 'received' });
    expect(play.state.phase).toBe('live');
  });

  it('is renewed without letting go of the old socket before the new one is open', () => {
    const play = new Play().live();
    play.on({ type: 'recorded', isEager: true }).on({ type: 'renew' });
    expect(play.state.phase).toBe('connecting');
    expect(play.effects).toMatchObject([{ type: 'connect', drains: true }]);
  });

  it('asks anew when the kernel may be gone, also while a connection is being made', () => {
    const play = new Play().live().on({ type: 'doubt' });
    expect(play.types).toEqual(['close', 'connect']);
    play.on({ type: 'doubt' });
    expect(play.types).toEqual(['terminate', 'connect']);
    expect(play.state.phase).toBe('connecting');
    play.on({ type: 'refused', status: 404, reason: '', tookMs: 1 });
    expect(play.state.phase).toBe('kernel-gone');
    expect(play.on({ type: 'doubt' }).types).toEqual([]);
  });

  it('notices a dead path within the ping interval plus the deadline', () => {
    const play = new Play().live();
    let waitedMs = 0;
    while (play.state.phase === 'live') {
      play.after(1_000).on({ type: 'tick' });
      waitedMs += 1_000;
    }
    expect(waitedMs).toBeLessThanOrEqual(pingIntervalMs + pongDeadlineMs);
  });

  it('replaces a socket only when the server itself must have given up, and drains what it still delivers', () => {
    const play = new Play().live();
    let replacedMs = 0;
    for (let ms = 0; ms <= 120_000 && replacedMs === 0; ms += 1_000) {
      play.after(1_000).on({ type: 'tick' });
      replacedMs = play.types.includes('connect') ? ms + 1_000 : 0;
    }
    expect(replacedMs).toBeGreaterThanOrEqual(linkTiming.serverGivesUpMs);
    expect(play.effects).toEqual([expect.objectContaining({ type: 'connect', drains: true })]);
  });

  it('replaces a socket at once when its address is gone, whatever else could be hoped for', () => {
    const play = new Play().live().on({ type: 'moved' });
    expect(play.effects).toEqual([expect.objectContaining({ type: 'connect', drains: true })]);
  });

  it('starts an attempt over when it was begun on another network, or on a hint where a recorder runs', () => {
    const play = new Play().on({ type: 'start' });
    expect(play.on({ type: 'resume' }).types).toEqual([]);
    expect(play.on({ type: 'moved' }).types).toEqual(['terminate', 'connect']);
    play.on({ type: 'recorded', isEager: true });
    expect(play.on({ type: 'resume' }).types).toEqual(['terminate', 'connect']);
  });

  it('tries about every second in the first half minute of an outage, and lets a slow try count as the pause', () => {
    const play = new Play().live().on({ type: 'closed', reason: 'x' }).on({ type: 'retry' });
    while (play.now.monotonicMs < 30_000) {
      play.after(1_200).on({ type: 'refused', status: null, reason: 'away', tookMs: 1_200 });
      const retry = play.effects.find((effect) => effect.type === 'retry-in');
      expect(retry?.delayMs).toBeLessThanOrEqual(100);
      play.after(retry?.delayMs ?? 0).on({ type: 'retry' });
    }
    expect(play.types).toEqual(['connect']);
  });

  it.each([
    [401, 'needs-login'],
    [403, 'needs-login'],
    [404, 'kernel-gone'],
    [502, 'down'],
    [503, 'down'],
    [424, 'down'],
    [null, 'down'],
  ] as const)('reads a refusal with %s as %s', (status, phase) => {
    const play = new Play().on({ type: 'start' }).on({ type: 'refused', status, reason: 'no', tookMs: 0 });
    expect(play.state.phase).toBe(phase);
  });

  it('tries for ever, further and further apart up to the cap', () => {
    const play = new Play().on({ type: 'start' });
    for (let attempt = 0; attempt < 1_000; attempt++) {
      play.on({ type: 'refused', status: null, reason: 'away', tookMs: 0 });
      const retry = play.effects.find((effect) => effect.type === 'retry-in');
      expect(retry?.delayMs).toBeLessThanOrEqual(backoffMaxMs);
      play.on({ type: 'retry' });
      expect(play.types).toEqual(['connect']);
    }
    expect(backoffMs(play.state, { ...play.now, random: 0 })).toBeGreaterThan(0);
  });

  it('closes cleanly on suspend and connects at once on resume', () => {
    const play = new Play().live().on({ type: 'suspend' });
    expect(play.types).toEqual(['close']);
    expect(play.on({ type: 'resume' }).types).toEqual(['connect']);
  });

  it('probes at once on resume when it was not told of the sleep', () => {
    expect(new Play().live().on({ type: 'resume' }).types).toEqual(['ping']);
  });

  it('replaces a silent socket at the first missed pong where a recorder runs, and at once on a hint', () => {
    const play = new Play().live().on({ type: 'recorded', isEager: true });
    play.after(pingIntervalMs).on({ type: 'tick' });
    expect(play.after(pongDeadlineMs).on({ type: 'tick' }).types).toEqual(['terminate', 'connect']);
    const hinted = new Play().live().on({ type: 'recorded', isEager: true });
    expect(hinted.on({ type: 'resume' }).types).toEqual(['terminate', 'connect']);
  });

  it('goes on after a new login', () => {
    const play = new Play().on({ type: 'start' }).on({ type: 'refused', status: 403, reason: '', tookMs: 0 });
    expect(play.on({ type: 'retry' }).types).toEqual([]);
    expect(play.on({ type: 'login' }).types).toEqual(['connect']);
  });

  it('never asks for a second socket while it has one, whatever happens in whatever order', () => {
    const event: fc.Arbitrary<LinkEvent> = fc.oneof(
      fc.constantFrom<LinkEvent>(
        { type: 'start' },
        { type: 'opened' },
        { type: 'closed', reason: 'x' },
        { type: 'received' },
        { type: 'pong' },
        { type: 'tick' },
        { type: 'retry' },
        { type: 'suspend' },
        { type: 'resume' },
        { type: 'moved' },
        { type: 'login' },
        { type: 'doubt' },
        { type: 'renew' },
        { type: 'recorded', isEager: true },
        { type: 'recorded', isEager: false },
      ),
      fc
        .constantFrom(401, 404, 502, null)
        .map((status): LinkEvent => ({ type: 'refused', status, reason: 'x', tookMs: 0 })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(20_000)), { maxLength: 60 }), (events) => {
        const play = new Play();
        let sockets = 0;
        for (const [next, ms] of events) {
          // What the runner guarantees: no news of a socket that is not there.
          if ((next.type === 'opened' || next.type === 'refused' || next.type === 'closed') && sockets === 0) {
            continue;
          }
          if (next.type === 'opened' && play.state.phase !== 'connecting') {
            continue;
          }
          if (next.type === 'refused' && play.state.phase !== 'connecting') {
            continue;
          }
          play.after(ms).on(next);
          sockets -= next.type === 'closed' || next.type === 'refused' ? 1 : 0;
          for (const effect of play.effects) {
            sockets -= effect.type === 'close' || effect.type === 'terminate' ? Math.min(1, sockets) : 0;
            // A drained socket is no longer the link's.
            sockets -= effect.type === 'connect' && effect.drains ? Math.min(1, sockets) : 0;
            sockets += effect.type === 'connect' ? 1 : 0;
          }
          expect(sockets).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
