/**
 * The link to one kernel as a pure state machine: `(state, event) → state + effects`.
 *
 * It decides when to connect, probe, wait and give up on a socket; it owns no socket, no timer and no clock. Two rules
 * from measurements of stock servers shape it. A dead-looking socket is kept and probed, because TCP still delivers
 * what the server wrote into it, while an eager second connection makes the server throw that away; only when the
 * server itself must have given up (its ping time-out is 90 s), or its address is gone, is it replaced. Where a recorder
 * runs, nothing depends on the old socket, and it is replaced at the first missed pong, or at once when the network
 * came back. And "gone" is said only on a 404 for the kernel: everything else may come back.
 */
import {
  backoffEarlyMaxMs,
  backoffFirstMs,
  backoffMaxMs,
  pingIntervalMs,
  pongDeadlineMs,
  tcpTimeoutMs,
  tcpTimeoutSlowMs,
} from '../../../shared/limits.ts';

/** The deadlines of a link. Tests that run through hours of outages use smaller ones. */
export interface LinkTiming {
  readonly pingIntervalMs: number;
  readonly pongDeadlineMs: number;
  /** After so much silence the server itself has given the connection up. */
  readonly serverGivesUpMs: number;
  readonly backoffFirstMs: number;
  readonly backoffEarlyMaxMs: number;
  readonly backoffMaxMs: number;
  readonly tcpTimeoutMs: number;
  readonly tcpTimeoutSlowMs: number;
  /** How often deadlines are looked at. */
  readonly tickMs: number;
}

export const linkTiming: LinkTiming = {
  pingIntervalMs,
  pongDeadlineMs,
  // The server's own ping time-out (jupyter_server, `ws_ping_timeout`) is 90 s, plus a margin for its timer.
  serverGivesUpMs: 95_000,
  backoffFirstMs,
  backoffEarlyMaxMs,
  backoffMaxMs,
  tcpTimeoutMs,
  tcpTimeoutSlowMs,
  tickMs: 250,
};

/** An attempt that took its time is followed by the next one after this pause. */
const retryPauseMinMs = 50;
/** The cap of the back-off is this share of the outage so far, within its bounds. */
const backoffShare = 1 / 20;

export type Phase = 'connecting' | 'live' | 'suspect' | 'down' | 'suspended' | 'needs-login' | 'kernel-gone' | 'closed';

export interface LinkState {
  readonly phase: Phase;
  /** Wall-clock time at which the phase began. */
  readonly sinceTimeMs: number;
  /** Failed attempts since the link was last live. */
  readonly attempt: number;
  /** Monotonic time at which the link was last live, or was begun. */
  readonly lostMs: number;
  /** Monotonic time of the last sign of life from the server. */
  readonly lastSignMs: number;
  readonly roundTripMs: number | null;
  /** Monotonic time at which an unanswered ping was sent, or `null`. */
  readonly pingSentMs: number | null;
  readonly nextTryTimeMs: number | null;
  /** True while a recorder keeps everything: then a new connection costs nothing. */
  readonly isEager: boolean;
  /** Why the link is not live, for people. Empty when it is. */
  readonly reason: string;
  readonly timing: LinkTiming;
}

export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
  /** 0 ≤ random < 1, for jitter. */
  readonly random: number;
}

export type LinkEvent =
  | { readonly type: 'start' }
  | { readonly type: 'opened' }
  /** `tookMs`: how long the attempt lasted; it counts as part of the pause before the next one. */
  | { readonly type: 'refused'; readonly status: number | null; readonly reason: string; readonly tookMs: number }
  | { readonly type: 'closed'; readonly reason: string }
  | { readonly type: 'received' }
  | { readonly type: 'pong' }
  | { readonly type: 'tick' }
  | { readonly type: 'retry' }
  | { readonly type: 'suspend' }
  | { readonly type: 'resume' }
  /** The address that the socket goes out from is no longer this computer's: no answer can come. */
  | { readonly type: 'moved' }
  | { readonly type: 'login' }
  /** The kernel said that it ends: a new connection shows whether the server still has it. */
  | { readonly type: 'doubt' }
  /** The server's sockets to the kernel seem dead: a new connection gets new ones, as long as this one stands. */
  | { readonly type: 'renew' }
  | { readonly type: 'recorded'; readonly isEager: boolean }
  | { readonly type: 'stop' };

export type LinkEffect =
  /** `drains`: what the old socket still delivers is taken until a little after the new one is open. */
  | { readonly type: 'connect'; readonly tcpTimeoutMs: number; readonly drains: boolean }
  | { readonly type: 'ping' }
  /** Close with a closing handshake: the server buffers for us from then on. */
  | { readonly type: 'close' }
  /** Drop the socket without waiting for the other side. */
  | { readonly type: 'terminate' }
  | { readonly type: 'retry-in'; readonly delayMs: number };

export interface Step {
  readonly state: LinkState;
  readonly effects: readonly LinkEffect[];
}

export function initialLink(now: Now, timing: LinkTiming = linkTiming): LinkState {
  return {
    timing,
    lostMs: now.monotonicMs,
    phase: 'closed',
    sinceTimeMs: now.wallMs,
    attempt: 0,
    lastSignMs: now.monotonicMs,
    roundTripMs: null,
    pingSentMs: null,
    nextTryTimeMs: null,
    isEager: false,
    reason: '',
  };
}

function enter(state: LinkState, phase: Phase, now: Now, reason: string): LinkState {
  return {
    ...state,
    phase,
    sinceTimeMs: state.phase === phase ? state.sinceTimeMs : now.wallMs,
    reason,
    pingSentMs: null,
    nextTryTimeMs: null,
  };
}

/** Doubling with full jitter above half: many windows that lost one server do not come back in step. */
export function backoffMs(state: LinkState, now: Now): number {
  const { timing, attempt } = state;
  const outageMs = now.monotonicMs - state.lostMs;
  const capMs = Math.min(timing.backoffMaxMs, Math.max(timing.backoffEarlyMaxMs, outageMs * backoffShare));
  const ceiling = Math.min(capMs, timing.backoffFirstMs * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.5 + now.random / 2));
}

function down(state: LinkState, now: Now, reason: string, tookMs = 0): Step {
  const delayMs = Math.max(retryPauseMinMs, backoffMs(state, now) - tookMs);
  const next = enter(state, 'down', now, reason);
  return {
    state: { ...next, attempt: state.attempt + 1, nextTryTimeMs: now.wallMs + delayMs },
    effects: [{ type: 'retry-in', delayMs }],
  };
}

function connect(state: LinkState, now: Now, drains = false): Step {
  const keepsDown = state.phase === 'down';
  const next = enter(state, 'connecting', now, state.reason);
  const { timing, attempt } = state;
  const isPatient = attempt % 4 === 3;
  return {
    state: keepsDown ? { ...next, sinceTimeMs: state.sinceTimeMs } : next,
    effects: [{ type: 'connect', tcpTimeoutMs: isPatient ? timing.tcpTimeoutSlowMs : timing.tcpTimeoutMs, drains }],
  };
}

function refused(
  state: LinkState,
  { status, reason, tookMs }: { status: number | null; reason: string; tookMs: number },
  now: Now,
): Step {
  if (status === 401 || status === 403) {
    return { state: enter(state, 'needs-login', now, 'the server asks for a new login'), effects: [] };
  }
  if (status === 404) {
    return { state: enter(state, 'kernel-gone', now, 'the server no longer has this kernel'), effects: [] };
  }
  return down(state, now, reason, tookMs);
}

const isEnded = (phase: Phase): boolean => phase === 'closed' || phase === 'kernel-gone';
const hasSocket = (phase: Phase): boolean => phase === 'live' || phase === 'suspect';

function tick(state: LinkState, now: Now): Step {
  if (!hasSocket(state.phase)) {
    return { state, effects: [] };
  }
  const { timing } = state;
  const silentMs = now.monotonicMs - state.lastSignMs;
  if (state.pingSentMs === null) {
    return silentMs >= timing.pingIntervalMs
      ? { state: { ...state, pingSentMs: now.monotonicMs }, effects: [{ type: 'ping' }] }
      : { state, effects: [] };
  }
  if (now.monotonicMs - state.pingSentMs < timing.pongDeadlineMs) {
    return { state, effects: [] };
  }
  if (state.isEager || silentMs >= timing.serverGivesUpMs) {
    return replace(state, now);
  }
  const suspect = enter(state, 'suspect', now, 'no answer from the server');
  return { state: { ...suspect, pingSentMs: now.monotonicMs }, effects: [{ type: 'ping' }] };
}

/**
 * Connects anew, at once. Where a recorder runs nothing is owed to the old socket; elsewhere what it still delivers
 * may be all there is of an outage.
 */
function replace(state: LinkState, now: Now): Step {
  const lost = { ...state, attempt: 0, lostMs: now.monotonicMs, reason: 'no answer from the server' };
  const next = connect(lost, now, !state.isEager);
  return { state: next.state, effects: state.isEager ? [{ type: 'terminate' }, ...next.effects] : next.effects };
}

function sign(state: LinkState, now: Now, isPong: boolean): Step {
  if (!hasSocket(state.phase)) {
    return { state, effects: [] };
  }
  const roundTripMs = isPong && state.pingSentMs !== null ? now.monotonicMs - state.pingSentMs : state.roundTripMs;
  const alive = state.phase === 'live' ? state : enter(state, 'live', now, '');
  return {
    state: {
      ...alive,
      lastSignMs: now.monotonicMs,
      pingSentMs: null,
      roundTripMs,
      attempt: 0,
      lostMs: now.monotonicMs,
    },
    effects: [],
  };
}

function resume(state: LinkState, now: Now): Step {
  if (hasSocket(state.phase)) {
    return state.isEager
      ? replace(state, now)
      : { state: { ...state, pingSentMs: now.monotonicMs }, effects: [{ type: 'ping' }] };
  }
  if (state.phase === 'connecting' && state.isEager) {
    return startOver(state, now, 'terminate');
  }
  return state.phase === 'down' || state.phase === 'suspended'
    ? connect({ ...state, attempt: 0 }, now)
    : { state, effects: [] };
}

/** Ends the socket or the attempt there is, and connects anew at once. */
function startOver(state: LinkState, now: Now, end: 'terminate' | 'close'): Step {
  const next = connect({ ...state, attempt: 0 }, now);
  return { state: next.state, effects: [{ type: end }, ...next.effects] };
}

/**
 * An attempt that was begun on another network may have met something there that takes every connection and answers
 * nothing, as the page before the internet of a hotel does: it would be waited for in vain.
 */
function moved(state: LinkState, now: Now): Step {
  if (hasSocket(state.phase)) return replace(state, now);
  return state.phase === 'connecting' ? startOver(state, now, 'terminate') : resume(state, now);
}

function suspend(state: LinkState, now: Now): Step {
  if (isEnded(state.phase) || state.phase === 'needs-login') {
    return { state, effects: [] };
  }
  return { state: enter(state, 'suspended', now, 'this computer was asleep'), effects: [{ type: 'close' }] };
}

/** One step of the machine. Pure: the same state, event and `now` always give the same step. */
export function step(state: LinkState, event: LinkEvent, now: Now): Step {
  switch (event.type) {
    case 'start':
      return isEnded(state.phase) ? connect({ ...state, attempt: 0 }, now) : { state, effects: [] };
    case 'opened':
      return state.phase === 'connecting'
        ? {
            state: {
              ...enter(state, 'live', now, ''),
              ...{ attempt: 0, lastSignMs: now.monotonicMs, lostMs: now.monotonicMs, roundTripMs: null },
            },
            effects: [],
          }
        : { state, effects: [{ type: 'close' }] };
    case 'refused':
      return state.phase === 'connecting' ? refused(state, event, now) : { state, effects: [] };
    case 'closed':
      return hasSocket(state.phase) || state.phase === 'connecting'
        ? down(state, now, event.reason)
        : { state, effects: [] };
    case 'received':
      return sign(state, now, false);
    case 'pong':
      return sign(state, now, true);
    case 'tick':
      return tick(state, now);
    case 'retry':
      return state.phase === 'down' ? connect(state, now) : { state, effects: [] };
    case 'suspend':
      return suspend(state, now);
    case 'resume':
      return resume(state, now);
    case 'moved':
      return moved(state, now);
    case 'login':
      return state.phase === 'needs-login' ? connect({ ...state, attempt: 0 }, now) : { state, effects: [] };
    case 'recorded':
      return { state: { ...state, isEager: event.isEager }, effects: [] };
    case 'doubt': {
      // A server that was asked while the kernel was ending may hold the answer back until it gives up (15 s).
      const isAsking = state.phase === 'connecting';
      if (!isAsking && !hasSocket(state.phase)) {
        return { state, effects: [] };
      }
      return startOver(state, now, isAsking ? 'terminate' : 'close');
    }
    case 'renew':
      return hasSocket(state.phase) ? connect({ ...state, attempt: 0 }, now, true) : { state, effects: [] };
    case 'stop':
      return { state: enter(state, 'closed', now, ''), effects: [{ type: 'close' }] };
  }
}
