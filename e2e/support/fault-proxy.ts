/**
 * A TCP proxy that fails on purpose, on loopback, without root.
 *
 * `blackhole` is what a sleeping laptop or a lost network looks like: every open connection stays open on both sides
 * and carries nothing any more. `cut` resets them. What new connections meet is `setEntrance`.
 */
import net from 'node:net';
import { listen } from './ports.ts';

interface Pair {
  readonly client: net.Socket;
  readonly server: net.Socket;
  isDead: boolean;
  /** End of what was handed on so far, for delay and throttling. */
  freeMs: number;
  /** What is held back, in the order in which it came. Nothing may overtake it: a path keeps the order of its bytes. */
  readonly waiting: { readonly chunk: Buffer; readonly atMs: number }[];
}

/** What a new connection meets. A number is the status that a proxy in between answers with. */
export type Entrance = 'open' | 'refused' | 'silent' | number;

export class FaultProxy {
  private readonly pairs = new Set<Pair>();
  private readonly strays = new Set<net.Socket>();
  private entrance: Entrance = 'open';
  private cutAfterBytes = Number.POSITIVE_INFINITY;
  private bytesPerSecond = Number.POSITIVE_INFINITY;
  private delayMs = 0;
  private passedBytes = 0;

  private constructor(
    private readonly listener: net.Server,
    private readonly targetPort: number,
    readonly port: number,
  ) {}

  static async start(targetPort: number): Promise<FaultProxy> {
    const listener = net.createServer();
    const proxy = new FaultProxy(listener, targetPort, await listen(listener));
    listener.on('connection', (client) => proxy.connect(client));
    return proxy;
  }

  private connect(client: net.Socket): void {
    client.on('error', () => undefined);
    if (this.entrance === 'refused') {
      client.resetAndDestroy();
      return;
    }
    if (this.entrance !== 'open') {
      this.strays.add(client);
      client.on('close', () => this.strays.delete(client));
      const { entrance } = this;
      if (typeof entrance === 'number') {
        client.once('data', () =>
          client.end(`HTTP/1.1 ${entrance} Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
        );
      } else {
        client.resume();
      }
      return;
    }
    const server = net.connect(this.targetPort, '127.0.0.1');
    const pair: Pair = { client, server, isDead: false, freeMs: 0, waiting: [] };
    this.pairs.add(pair);
    server.on('error', () => undefined);
    this.forward(pair, client, server);
    this.forward(pair, server, client);
  }

  private forward(pair: Pair, from: net.Socket, to: net.Socket): void {
    from.on('data', (chunk) => {
      if (pair.isDead) {
        return;
      }
      if (from === pair.client) {
        to.write(chunk);
      } else {
        this.towardsClient(pair, chunk);
      }
    });
    from.on('close', () => {
      if (!pair.isDead) {
        to.destroy();
        this.pairs.delete(pair);
      }
    });
  }

  private towardsClient(pair: Pair, chunk: Buffer): void {
    this.passedBytes += chunk.byteLength;
    this.cutAfterBytes -= chunk.byteLength;
    if (this.cutAfterBytes <= 0) {
      // In the middle of whatever is being sent: a frame, a replay, a recovery.
      const part = chunk.subarray(0, Math.max(1, chunk.byteLength + this.cutAfterBytes));
      if (pair.waiting.length === 0) pair.client.write(part);
      this.cutAfterBytes = Number.POSITIVE_INFINITY;
      setImmediate(() => this.cut());
      return;
    }
    const nowMs = performance.now();
    const sendMs = Number.isFinite(this.bytesPerSecond) ? (chunk.byteLength * 1000) / this.bytesPerSecond : 0;
    pair.freeMs = Math.max(pair.freeMs, nowMs + this.delayMs) + sendMs;
    if (pair.freeMs <= nowMs && pair.waiting.length === 0) {
      pair.client.write(chunk);
      return;
    }
    pair.waiting.push({ chunk, atMs: pair.freeMs });
    if (pair.waiting.length === 1) this.releaseLater(pair);
  }

  private releaseLater(pair: Pair): void {
    const [first] = pair.waiting;
    if (first === undefined) return;
    setTimeout(
      () => {
        if (pair.isDead || pair.client.destroyed) return;
        for (const nowMs = performance.now(); (pair.waiting[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs; ) {
          const next = pair.waiting.shift();
          if (next !== undefined) pair.client.write(next.chunk);
        }
        this.releaseLater(pair);
      },
      Math.max(1, first.atMs - performance.now()),
    );
  }

  /** Bytes that went towards the client so far. */
  get bytes(): number {
    return this.passedBytes;
  }

  /** Open connections carry nothing any more; neither side is told. */
  blackhole(): void {
    for (const pair of this.pairs) {
      pair.isDead = true;
    }
  }

  /** Open connections are reset. */
  cut(): void {
    for (const pair of this.pairs) {
      pair.client.resetAndDestroy();
      pair.server.resetAndDestroy();
    }
    this.pairs.clear();
    for (const stray of this.strays) {
      stray.resetAndDestroy();
    }
  }

  /** Everything is reset once so many more bytes have gone towards the client. */
  cutAfter(bytes: number): void {
    this.cutAfterBytes = bytes;
  }

  /** Bytes that no server sent go to every client, in the middle of what it receives. */
  garble(): void {
    for (const { client, isDead } of this.pairs) {
      if (!isDead) {
        client.write(Buffer.from('\xc1\xff\x7f garbage \x00\x00', 'latin1'));
      }
    }
  }

  slow(bytesPerSecond: number | null, delayMs = 0): void {
    this.bytesPerSecond = bytesPerSecond ?? Number.POSITIVE_INFINITY;
    this.delayMs = delayMs;
  }

  /** Connections that were made while nothing got through end when something does: on a real path they never began. */
  setEntrance(entrance: Entrance): void {
    this.entrance = entrance;
    if (entrance === 'open') {
      for (const stray of this.strays) {
        stray.resetAndDestroy();
      }
    }
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.listener.close(() => resolve()));
  }
}
