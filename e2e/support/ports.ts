/**
 * Ports for what listens in tests, below those that a system gives away by itself.
 *
 * A server chooses the ports of a kernel a moment before the kernel takes them. Whatever is given one of them in between
 * leaves a kernel that ends before it has begun, and that its server calls alive.
 */
import { randomInt } from 'node:crypto';
import net from 'node:net';

/** Linux gives away 32,768 and up, other systems 49,152 and up. */
const ports = { from: 20_000, to: 32_000 };
const triesMax = 50;

/** Lets a server listen on loopback; answers its port. */
export async function listen(server: net.Server): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = randomInt(ports.from, ports.to);
    try {
      await listenAt(server, '127.0.0.1', port);
      return port;
    } catch (error) {
      if (attempt === triesMax) throw error;
    }
  }
}

export async function freePort(): Promise<number> {
  const probe = net.createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export function listenAt(server: net.Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
