/**
 * A TCP proxy that fails on purpose, on loopback, without root.
 *
 * `blackhole` is what a sleeping laptop or a lost network looks like: every open connection stays open on both sides
 * and carries nothing any more. `cut` resets them. New connections follow `accepts`.
 */
import net from 'node:net';

interface Pair {
  readonly client: net.Socket;
  readonly server: net.Socket;
  isDead: boolean;
}

export class FaultProxy {
  private readonly pairs = new Set<Pair>();
  private accepts = true;

  private constructor(
    private readonly listener: net.Server,
    private readonly targetPort: number,
    readonly port: number,
  ) {}

  static async start(targetPort: number): Promise<FaultProxy> {
    const listener = net.createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    const proxy = new FaultProxy(
      listener,
      targetPort,
      typeof address === 'object' && address !== null ? address.port : 0,
    );
    listener.on('connection', (client) => proxy.connect(client));
    return proxy;
  }

  private connect(client: net.Socket): void {
    client.on('error', () => undefined);
    if (!this.accepts) {
      client.resetAndDestroy();
      return;
    }
    const server = net.connect(this.targetPort, '127.0.0.1');
    const pair: Pair = { client, server, isDead: false };
    this.pairs.add(pair);
    server.on('error', () => undefined);
    const forward = (from: net.Socket, to: net.Socket): void => {
      from.on('data', (chunk) => {
        if (!pair.isDead) {
          to.write(chunk);
        }
      });
      from.on('close', () => {
        if (!pair.isDead) {
          to.destroy();
          this.pairs.delete(pair);
        }
      });
    };
    forward(client, server);
    forward(server, client);
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
  }

  /** Whether new connections are let through; refused ones are reset. */
  setAccepts(accepts: boolean): void {
    this.accepts = accepts;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.listener.close(() => resolve()));
  }
}
