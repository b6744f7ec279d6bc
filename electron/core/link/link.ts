/**
 * Runs the link's state machine over a real websocket.
 *
 * Thin on purpose: it opens and closes sockets, keeps the two timers, turns what happens into events and carries out
 * effects. Every decision is in `machine.ts`. Frames go up exactly as they came; older servers' JSON is transcoded.
 */
import WebSocket from 'ws';
import { connectTimeoutMs, serverFrameBytesMax } from '../../../shared/limits.ts';
import { type Frame, layoutOf, toLegacyText, transcodeLegacy, v1Protocol } from '../../../shared/wire/codec.ts';
import { initialLink, type LinkEffect, type LinkEvent, type LinkState, type Now, step } from './machine.ts';

/** How often deadlines are looked at; pings are ten seconds apart. */
const tickMs = 1_000;
/** Signs of life are told to the state machine this far apart; its deadlines are in seconds. */
const signIntervalMs = 250;
/** A closing handshake that takes longer than this is cut short. */
const closeTimeoutMs = 2_000;

export interface LinkTarget {
  /** `ws(s)://…/api/kernels/<id>/channels?session_id=…`, nothing secret in it. */
  readonly url: string;
  /** Headers for the upgrade, asked for at every attempt: a token may have changed. */
  readonly headers: () => Record<string, string>;
}

export interface LinkListener {
  /** A frame in v1 framing. */
  onFrame(frame: Uint8Array): void;
  onState(state: LinkState, previous: LinkState): void;
}

export class KernelLink {
  private state: LinkState;
  private socket: WebSocket | null = null;
  private ticker: NodeJS.Timeout | null = null;
  private retryTimer: NodeJS.Timeout | null = null;
  private paused = false;
  private toldSignMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly target: LinkTarget,
    private readonly listener: LinkListener,
  ) {
    this.state = initialLink(now());
  }

  get current(): LinkState {
    return this.state;
  }

  get isLive(): boolean {
    return this.state.phase === 'live' && this.socket?.readyState === WebSocket.OPEN;
  }

  start(): void {
    this.ticker ??= setInterval(() => this.dispatch({ type: 'tick' }), tickMs);
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
        this.connect();
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

  private connect(): void {
    this.dropSocket();
    const socket = new WebSocket(this.target.url, [v1Protocol], {
      headers: this.target.headers(),
      handshakeTimeout: connectTimeoutMs,
      maxPayload: serverFrameBytesMax,
      perMessageDeflate: false,
      followRedirects: false,
    });
    socket.binaryType = 'nodebuffer';
    this.socket = socket;
    const mine = (): boolean => this.socket === socket;
    socket.on('open', () => {
      if (mine()) {
        if (this.paused) {
          socket.pause();
        }
        this.dispatch({ type: 'opened' });
      }
    });
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? null;
      response.resume();
      if (mine()) {
        this.socket = null;
        this.dispatch({ type: 'refused', status, reason: `the server answered ${status ?? 'nothing'}` });
      }
      socket.terminate();
    });
    socket.on('message', (data, isBinary) => this.onMessage(data, isBinary));
    socket.on('pong', () => {
      if (mine()) {
        this.dispatch({ type: 'pong' });
      }
    });
    socket.on('error', (error) => {
      if (mine() && this.state.phase === 'connecting') {
        this.socket = null;
        this.dispatch({ type: 'refused', status: null, reason: reasonOf(error) });
      }
    });
    socket.on('close', (code) => {
      if (mine()) {
        this.socket = null;
        this.dispatch({ type: 'closed', reason: code === 1006 ? 'the connection broke' : 'the server closed it' });
      }
    });
  }

  private onMessage(data: WebSocket.RawData, isBinary: boolean): void {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
    const nowMs = performance.now();
    if (this.state.phase !== 'live' || nowMs - this.toldSignMs > signIntervalMs) {
      // In a flood every message is a sign of life; a few a second are enough.
      this.toldSignMs = nowMs;
      this.dispatch({ type: 'received' });
    }
    if (isBinary && layoutOf(bytes) !== null) {
      this.listener.onFrame(bytes);
      return;
    }
    const frame = transcodeLegacy(isBinary ? bytes : bytes.toString('utf8'));
    if (frame !== null) {
      this.listener.onFrame(frame);
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
    const socket = this.socket;
    this.socket = null;
    if (socket !== null) {
      socket.on('error', () => undefined);
      socket.terminate();
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

function reasonOf(error: Error & { code?: string }): string {
  return reasons[error.code ?? ''] ?? 'the connection failed';
}
