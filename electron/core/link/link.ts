/**
 * Runs the link's state machine over a real websocket.
 *
 * Thin on purpose: it opens and closes sockets, keeps the two timers, turns what happens into events and carries out
 * effects. Every decision is in `machine.ts`. Frames go up exactly as they came; older servers' JSON is transcoded.
 */
import net from 'node:net';
import tls from 'node:tls';
import WebSocket from 'ws';
import { connectTimeoutMs, serverFrameBytesMax } from '../../../shared/limits.ts';
import { hasMoved } from './network-watch.ts';
import {
  type Frame,
  hasWholeContent,
  layoutOf,
  toLegacyText,
  transcodeLegacy,
  v1Protocol,
} from '../../../shared/wire/codec.ts';
import {
  initialLink,
  type LinkEffect,
  type LinkEvent,
  type LinkState,
  type LinkTiming,
  linkTiming,
  type Now,
  step,
} from './machine.ts';

/** Signs of life are told to the state machine this far apart; its deadlines are in seconds. */
const signIntervalMs = 250;
/** A closing handshake that takes longer than this is cut short. */
const closeTimeoutMs = 2_000;
/** A replaced socket is drained so long after the new one is open: what is on its way arrives within round trips. */
const drainMs = 3_000;

export interface LinkTarget {
  /** `ws(s)://…/api/kernels/<id>/channels?session_id=…`, nothing secret in it. */
  readonly url: string;
  /** Headers for the upgrade, asked for at every attempt: a token may have changed. */
  readonly headers: () => Record<string, string>;
}

export interface LinkListener {
  /**
   * A frame in v1 framing. `connection` grows with every socket: a replaced one still delivers what it has while the new
   * one begins.
   */
  onFrame(frame: Uint8Array, connection: number): void;
  onState(state: LinkState, previous: LinkState): void;
  /**
   * What is to be done once the server can be reached, and before it is asked to connect; null for nothing. Must end by
   * itself.
   */
  beforeConnect(): (() => Promise<void>) | null;
}

export class KernelLink {
  private state: LinkState;
  private socket: WebSocket | null = null;
  /** The TCP connection under the socket. */
  private wire: net.Socket | null = null;
  /** Replaced sockets that may still deliver something. */
  private readonly draining = new Set<WebSocket>();
  private connectingSinceMs = 0;
  /** Grows with every attempt. */
  private attempt = 0;
  private ticker: NodeJS.Timeout | null = null;
  private retryTimer: NodeJS.Timeout | null = null;
  private paused = false;
  private toldSignMs = Number.NEGATIVE_INFINITY;
  private url: string;

  constructor(
    private readonly target: LinkTarget,
    private readonly listener: LinkListener,
    timing: LinkTiming = linkTiming,
  ) {
    this.state = initialLink(now(), timing);
    this.url = target.url;
  }

  get current(): LinkState {
    return this.state;
  }

  get isLive(): boolean {
    return this.state.phase === 'live' && this.socket?.readyState === WebSocket.OPEN;
  }

  start(): void {
    this.ticker ??= setInterval(() => this.dispatch({ type: 'tick' }), this.state.timing.tickMs);
    this.dispatch({ type: 'start' });
  }

  /** The machine is about to sleep: close cleanly. */
  suspend(): void {
    this.dispatch({ type: 'suspend' });
  }

  /** Woken up, or the network changed: probe or connect at once. */
  resume(): void {
    this.dispatch({ type: 'resume' });
  }

  /** The network changed: a socket that goes out from an address this computer no longer has is replaced at once. */
  networkChanged(addresses: ReadonlySet<string>): void {
    // An attempt that is under way from an address which is still ours is as good as another: addresses of computers
    // that run containers come and go all the time.
    const isAttempt = this.state.phase === 'connecting' && this.wire?.localAddress !== undefined;
    if (hasMoved(this.wire, addresses)) {
      this.dispatch({ type: 'moved' });
    } else if (!isAttempt) {
      this.dispatch({ type: 'resume' });
    }
  }

  /** A new token was stored. */
  login(): void {
    this.dispatch({ type: 'login' });
  }

  /** Whether a recorder keeps everything, so that a silent socket need not be nursed. */
  setRecorded(isEager: boolean): void {
    if (isEager !== this.state.isEager) {
      this.dispatch({ type: 'recorded', isEager });
    }
  }

  /** The kernel may be gone: ask the server by connecting anew. */
  doubt(): void {
    this.dispatch({ type: 'doubt' });
  }

  /**
   * The server's sockets to the kernel seem dead: connects anew, and lets go of this connection only then.
   * @param sessionId from here on the `session_id` of all connections; the one there is when it is left out
   */
  renew(sessionId?: string): void {
    if (sessionId !== undefined) {
      const url = new URL(this.url);
      url.searchParams.set('session_id', sessionId);
      this.url = url.href;
    }
    this.dispatch({ type: 'renew' });
  }

  /** Ends the link; resolves when the socket is closed. */
  async stop(): Promise<void> {
    const socket = this.socket;
    const closed =
      socket === null || socket.readyState === WebSocket.CLOSED
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            socket.once('close', () => resolve());
          });
    this.dispatch({ type: 'stop' });
    this.clearTimers();
    for (const old of this.draining) {
      this.reset(old, null);
    }
    this.draining.clear();
    await closed;
  }

  /** Back pressure: while paused, TCP holds the kernel's output at the server. */
  setPaused(paused: boolean): void {
    if (paused === this.paused) {
      return;
    }
    this.paused = paused;
    if (paused) {
      this.socket?.pause();
    } else {
      this.socket?.resume();
    }
  }

  /** Hands a frame to the socket. `sent` resolves false when the socket could not take it. */
  send(frame: Frame): Promise<boolean> {
    const socket = this.socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) {
      return Promise.resolve(false);
    }
    const data = socket.protocol === v1Protocol ? frame.bytes : toLegacyText(frame);
    if (data === null) {
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      socket.send(data, (error) => resolve(error === undefined || error === null));
    });
  }

  private dispatch(event: LinkEvent): void {
    const previous = this.state;
    const { state, effects } = step(previous, event, now());
    this.state = state;
    for (const effect of effects) {
      this.perform(effect);
    }
    if (state !== previous && (state.phase !== previous.phase || state.roundTripMs !== previous.roundTripMs)) {
      this.listener.onState(state, previous);
    }
  }

  private perform(effect: LinkEffect): void {
    switch (effect.type) {
      case 'connect':
        this.clearRetry();
        this.prepare(effect.tcpTimeoutMs, effect.drains);
        return;
      case 'ping':
        this.socket?.ping();
        return;
      case 'close':
        this.clearRetry();
        this.closeSocket();
        return;
      case 'terminate':
        this.dropSocket();
        return;
      case 'retry-in':
        this.clearRetry();
        this.retryTimer = setTimeout(() => this.dispatch({ type: 'retry' }), effect.delayMs);
        return;
    }
  }

  private prepare(tcpTimeoutMs: number, drains: boolean): void {
    if (drains) {
      this.startDraining();
    }
    this.dropSocket();
    this.connectingSinceMs = performance.now();
    this.attempt += 1;
    const work = this.listener.beforeConnect();
    if (work === null) {
      this.connect(tcpTimeoutMs);
    } else {
      void this.connectAfter(work, tcpTimeoutMs, this.attempt);
    }
  }

  private async connectAfter(work: () => Promise<void>, tcpTimeoutMs: number, attempt: number): Promise<void> {
    const isCurrent = (): boolean => attempt === this.attempt && this.state.phase === 'connecting';
    const problem = await this.reach(tcpTimeoutMs);
    if (problem !== null) {
      if (isCurrent()) {
        this.refused(null, problem);
      }
      return;
    }
    await work();
    if (isCurrent()) {
      this.connectingSinceMs = performance.now();
      this.connect(tcpTimeoutMs);
    }
  }

  /** Whether anything answers at the server's address: null, or why not. */
  private reach(tcpTimeoutMs: number): Promise<string | null> {
    const { hostname, port, protocol } = new URL(this.url);
    return new Promise((resolve) => {
      const host = hostname.replace(/^\[|\]$/g, '');
      const wire = net.connect({ host, port: Number(port) || (protocol === 'wss:' ? 443 : 80) });
      const timer = setTimeout(() => wire.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' })), tcpTimeoutMs);
      const end = (problem: string | null): void => {
        clearTimeout(timer);
        wire.destroy();
        resolve(problem);
      };
      wire.once('connect', () => end(null));
      wire.once('error', (error) => end(reasonOf(error)));
    });
  }

  private connect(tcpTimeoutMs: number): void {
    const socket = new WebSocket(this.url, [v1Protocol], {
      headers: this.target.headers(),
      handshakeTimeout: connectTimeoutMs,
      maxPayload: serverFrameBytesMax,
      perMessageDeflate: false,
      followRedirects: false,
      createConnection: (target: net.NetConnectOpts | number | string) => this.dial(target, tcpTimeoutMs),
    });
    socket.binaryType = 'nodebuffer';
    this.socket = socket;
    const connection = this.attempt;
    const mine = (): boolean => this.socket === socket;
    socket.on('open', () => {
      if (mine()) {
        if (this.paused) {
          socket.pause();
        }
        this.dispatch({ type: 'opened' });
        this.endDraining();
      }
    });
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? null;
      response.resume();
      if (mine()) {
        this.socket = null;
        this.refused(status, `the server answered ${status ?? 'nothing'}`);
      }
      socket.terminate();
    });
    socket.on('message', (data, isBinary) => this.onMessage(data, isBinary, socket, connection));
    socket.on('pong', () => {
      if (mine()) {
        this.dispatch({ type: 'pong' });
      }
    });
    socket.on('error', (error) => {
      if (mine() && this.state.phase === 'connecting') {
        this.socket = null;
        this.refused(null, reasonOf(error));
      }
    });
    socket.on('close', (code) => {
      this.draining.delete(socket);
      if (mine()) {
        this.socket = null;
        this.dispatch({ type: 'closed', reason: code === 1006 ? 'the connection broke' : 'the server closed it' });
      }
    });
  }

  private refused(status: number | null, reason: string): void {
    this.dispatch({ type: 'refused', status, reason, tookMs: performance.now() - this.connectingSinceMs });
  }

  /** The TCP connection, with a deadline of its own: see `tcpTimeoutMs` in the limits. */
  private dial(target: net.NetConnectOpts | number | string, timeoutMs: number): net.Socket {
    if (typeof target !== 'object') {
      throw new Error('the websocket library names its target by options');
    }
    const wire = net.connect(target);
    this.wire = wire;
    const timer = setTimeout(() => {
      wire.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    wire.once('connect', () => clearTimeout(timer));
    wire.once('close', () => clearTimeout(timer));
    if (!this.url.startsWith('wss:')) {
      return wire;
    }
    const host = new URL(this.url).hostname;
    return tls.connect({ socket: wire, ...(net.isIP(host) === 0 ? { servername: host } : {}) });
  }

  private startDraining(): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      // A paused one would keep what it still has.
      this.socket.resume();
      this.draining.add(this.socket);
      this.socket = null;
    }
  }

  private endDraining(): void {
    for (const old of this.draining) {
      setTimeout(() => {
        this.draining.delete(old);
        old.terminate();
      }, drainMs).unref();
    }
  }

  /**
   * Drops a connection by a reset. A plain close would leave what was written and not acknowledged to the system, which
   * goes on delivering it when the network is back: a request could then arrive long after it was given up.
   */
  private reset(socket: WebSocket, wire: net.Socket | null): void {
    socket.on('error', () => undefined);
    if (wire !== null && !wire.destroyed && !wire.connecting) {
      wire.resetAndDestroy();
    }
    socket.terminate();
  }

  private onMessage(data: WebSocket.RawData, isBinary: boolean, socket: WebSocket, connection: number): void {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
    const nowMs = performance.now();
    if (this.socket === socket && (this.state.phase !== 'live' || nowMs - this.toldSignMs > signIntervalMs)) {
      // In a flood every message is a sign of life; a few a second are enough.
      this.toldSignMs = nowMs;
      this.dispatch({ type: 'received' });
    }
    const layout = isBinary ? layoutOf(bytes) : null;
    if (layout !== null) {
      if (hasWholeContent(bytes, layout)) {
        this.listener.onFrame(bytes, connection);
      } else {
        // Bytes were put into the stream or taken out of it: nothing that comes after them can be trusted either.
        socket.terminate();
      }
      return;
    }
    const frame = transcodeLegacy(isBinary ? bytes : bytes.toString('utf8'));
    if (frame !== null) {
      this.listener.onFrame(frame, connection);
    }
  }

  /** Closes with a handshake; messages that still arrive meanwhile are taken. */
  private closeSocket(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket === null || socket.readyState === WebSocket.CLOSED) {
      return;
    }
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.on('error', () => undefined);
      socket.terminate();
      return;
    }
    socket.resume();
    socket.close(1000);
    const timer = setTimeout(() => socket.terminate(), closeTimeoutMs);
    socket.once('close', () => clearTimeout(timer));
  }

  private dropSocket(): void {
    const { socket, wire } = this;
    this.socket = null;
    this.wire = null;
    if (socket !== null) {
      this.reset(socket, wire);
    }
  }

  private clearRetry(): void {
    if (this.retryTimer !== null) {
      clearTimeout(this.retryTimer);
      this.retryTimer = null;
    }
  }

  private clearTimers(): void {
    this.clearRetry();
    if (this.ticker !== null) {
      clearInterval(this.ticker);
      this.ticker = null;
    }
  }
}

function now(): Now {
  return { monotonicMs: performance.now(), wallMs: Date.now(), random: Math.random() };
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers at that address',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up',
  ETIMEDOUT: 'the server does not answer',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'there is no network',
};

/** A server whose kernel does not answer it, as one that is stuck in its start, takes a connection and keeps it waiting. */
const handshakeTimedOut = 'Opening handshake has timed out';

function reasonOf(error: Error & { code?: string }): string {
  const isWaiting = error.message === handshakeTimedOut;
  return isWaiting ? 'the server does not reach the kernel' : (reasons[error.code ?? ''] ?? 'the connection failed');
}
