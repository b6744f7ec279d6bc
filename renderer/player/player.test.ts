import { beforeEach, describe, expect, it } from 'vitest';
import type { Moment, PlaybackInfo } from '../../shared/ipc/playback.ts';
import { fail, ok } from '../../shared/result.ts';
import { type FindArgs, type PlaybackPort, Player, type PlayerTiming } from './player.ts';

/** A session of one cell that prints its number every second, behind the questions that a player asks. */
class Session implements PlaybackPort {
  lastSeq = 20;
  state: PlaybackInfo['state'] = 'closed';
  asked: string[] = [];
  isDamaged = false;

  async info() {
    return ok({
      journalId: 'j',
      title: 'counting.ipynb',
      serverName: 'here',
      notebookPath: null,
      kernelName: null,
      state: this.state,
      firstTimeMs: 0,
      lastTimeMs: this.lastSeq * 1_000,
      lastSeq: this.lastSeq,
      cells: [],
      runs: [],
      marks: [],
      activity: [],
      findings: [],
    });
  }

  async moment(seq: number, sinceSeq: number | null) {
    this.asked.push(`${seq} since ${sinceSeq}`);
    if (this.isDamaged) return fail('damaged', 'This part of the journal cannot be read.');
    const cell: Moment['cells'][number] = {
      cell: {
        id: 'a',
        cell_type: 'code',
        source: '',
        outputs: [{ output_type: 'stream', name: 'stdout', text: `${seq}` }],
      },
      state: 'running',
      msgId: 'm',
      startedTimeMs: 0,
      endedTimeMs: null,
      origins: [],
      trimmedCharacters: 0,
      gaps: [],
    };
    return ok({ seq, timeMs: seq * 1_000, kernelState: 'busy' as const, order: ['a'], cells: [cell], metadata: {} });
  }

  async at(timeMs: number) {
    const seq = Math.floor(timeMs / 1_000);
    return ok({ seq, timeMs: seq * 1_000 });
  }

  async find({ seq, direction }: FindArgs) {
    const next = seq + direction;
    return ok(next < 0 || next > this.lastSeq ? null : { seq: next, timeMs: next * 1_000 });
  }
}

class Time implements PlayerTiming {
  ms = 0;
  frame: (() => void) | null = null;
  nowMs = (): number => this.ms;
  wallMs = (): number => 20_000 + this.ms;
  onFrame = (callback: () => void): (() => void) => {
    this.frame = callback;
    return () => {
      this.frame = null;
    };
  };

  async pass(ms: number, player: Player): Promise<void> {
    this.ms += ms;
    const { frame } = this;
    this.frame = null;
    frame?.();
    await player.settled();
  }
}

let session: Session;
let time: Time;

beforeEach(() => {
  session = new Session();
  time = new Time();
});

async function open(seq: number | null = null): Promise<Player> {
  const opened = await Player.open(session, time, seq);
  if (!opened.ok) throw new Error(opened.problem.sentence);
  return opened.value;
}

const shown = (player: Player): unknown => player.state.screen.cells.get('a')?.cell['outputs'];
const says = (seq: number): unknown => [{ output_type: 'stream', name: 'stdout', text: `${seq}` }];

describe('a journal', () => {
  it('that has ended begins at its beginning, at the moment that was asked for, or at the end while it runs', async () => {
    expect((await open()).state.screen.seq).toBe(0);
    expect((await open(7)).state.screen.seq).toBe(7);
    session.state = 'open';
    const live = await open();
    expect(live.state.screen.seq).toBe(20);
    expect(live.state.isLive).toBe(true);
  });

  it('that cannot be read says so, and the player stays where it was', async () => {
    const player = await open(3);
    session.isDamaged = true;
    player.goToSeq(5);
    await player.settled();
    expect(player.state.problem).toBe('This part of the journal cannot be read.');
    expect(player.state.screen.seq).toBe(3);
    session.isDamaged = false;
    player.goToSeq(5);
    await player.settled();
    expect(player.state.problem).toBeNull();
    const newer = {
      info: async () => fail('newer', 'Newer.'),
      moment: session.moment,
      at: session.at,
      find: session.find,
    };
    expect((await Player.open(newer, time, null)).ok).toBe(false);
  });
});

describe('a drag', () => {
  it('shows the moment of the place, and skips those it has overtaken', async () => {
    const player = await open();
    session.asked = [];
    for (let timeMs = 500; timeMs <= 9_500; timeMs += 500) player.goToTime(timeMs);
    expect(player.state.timeMs).toBe(9_500);
    await player.settled();
    expect(shown(player)).toEqual(says(9));
    expect(session.asked.length).toBeLessThan(4);
  });

  it('asks only for what is different', async () => {
    const player = await open(4);
    session.asked = [];
    player.goToTime(6_000);
    await player.settled();
    expect(session.asked).toEqual(['6 since 4']);
    player.goToTime(6_200);
    await player.settled();
    expect(session.asked).toEqual(['6 since 4']);
  });

  it('beyond the ends stays at them', async () => {
    const player = await open(4);
    player.goToTime(-5);
    await player.settled();
    expect(player.state.screen.seq).toBe(0);
    player.goToTime(1e9);
    await player.settled();
    expect(player.state.screen.seq).toBe(20);
    expect(player.state.isLive).toBe(false);
  });
});

describe('steps', () => {
  it('lead from one to the next, each from where the last one arrived', async () => {
    const player = await open(4);
    const step = () => player.step({ what: 'message', direction: 1, cellId: null });
    await Promise.all([step(), step()]);
    expect(player.state.screen.seq).toBe(6);
    expect(player.state.timeMs).toBe(6_000);
    expect(await player.step({ what: 'message', direction: -1, cellId: null })).toEqual({ seq: 5, timeMs: 5_000 });
  });

  it('of a key that is held do not pile up', async () => {
    const player = await open(4);
    await Promise.all(Array.from({ length: 50 }, () => player.step({ what: 'message', direction: 1, cellId: null })));
    expect(player.state.screen.seq).toBe(6);
  });

  it('end at the ends', async () => {
    const player = await open(20);
    expect(await player.step({ what: 'error', direction: 1, cellId: null })).toBeNull();
    expect(player.state.screen.seq).toBe(20);
  });
});

describe('playing', () => {
  it('goes with the clock and the speed, and stops at the end', async () => {
    const player = await open(0);
    player.setSpeed(2);
    player.togglePlay();
    await time.pass(2_600, player);
    expect(shown(player)).toEqual(says(5));
    player.togglePlay();
    await time.pass(60_000, player);
    expect(player.state.screen.seq).toBe(5);
    player.togglePlay();
    await time.pass(60_000, player);
    expect(player.state.screen.seq).toBe(20);
    expect(player.state.isPlaying).toBe(false);
  });

  it('from the end begins anew', async () => {
    const player = await open(20);
    player.togglePlay();
    await time.pass(1_100, player);
    expect(player.state.screen.seq).toBe(1);
  });
});

describe('a running session', () => {
  beforeEach(() => {
    session.state = 'open';
  });

  const grow = (player: Player): void => {
    session.lastSeq += 1;
    player.grew({ lastSeq: session.lastSeq, lastTimeMs: session.lastSeq * 1_000 });
  };

  it('is followed while the player is at its end', async () => {
    const player = await open();
    grow(player);
    await player.settled();
    expect(shown(player)).toEqual(says(21));
    expect(player.state.timeMs).toBe(21_000);
  });

  it('can be looked at an hour ago while it goes on, and followed again', async () => {
    const player = await open();
    player.goToTime(3_000);
    await player.settled();
    expect(player.state.isLive).toBe(false);
    grow(player);
    await player.settled();
    expect(player.state.screen.seq).toBe(3);
    expect(player.state.info.lastSeq).toBe(21);
    player.goToEnd();
    await player.settled();
    expect(player.state.isLive).toBe(true);
    expect(player.state.screen.seq).toBe(21);
  });

  it('that ends is no longer live', async () => {
    const player = await open();
    time.ms = 10_000;
    session.state = 'closed';
    await player.refresh();
    expect(player.state.isLive).toBe(false);
    expect(player.state.scale.toMs).toBe(20_000);
  });

  it('is not asked about more often than it may cost', async () => {
    const player = await open();
    let asked = 0;
    const info = session.info.bind(session);
    session.info = () => {
      asked += 1;
      return info();
    };
    time.ms = 10_000;
    for (let index = 0; index < 10; index += 1) await player.refresh();
    expect(asked).toBe(1);
  });
});
