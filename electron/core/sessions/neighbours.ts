/**
 * Looks now and then whether other clients are attached to a kernel, which changes what the server does for us.
 *
 * While somebody else is connected a stock server buffers nothing for a client that goes away. Asked through the plain
 * REST interface (`connections` of the kernel model), only while the link is live.
 */
import * as v from 'valibot';
import { restTimeoutMs } from '../../../shared/limits.ts';
import type { ServerAccess } from './manager.ts';

/** Somebody who opens the kernel elsewhere is told within this. */
const lookIntervalMs = 20_000;

const model = v.object({ connections: v.number() });

export class Neighbours {
  private readonly timer: NodeJS.Timeout;
  private count = 0;
  /** Until then (monotonic) the server may count a dead connection of ours as another client. */
  private doubtfulUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly server: ServerAccess,
    private readonly kernelId: string,
    private readonly isLive: () => boolean,
    private readonly changed: () => void,
  ) {
    this.timer = setInterval(() => void this.look(), lookIntervalMs);
    this.timer.unref();
  }

  /** Other clients that were connected at the last look. */
  get others(): number {
    return this.count;
  }

  /** The link was made anew. `forMs`: how long the server may still believe in the old one. */
  reconnected(forMs: number): void {
    this.doubtfulUntilMs = performance.now() + forMs;
  }

  async look(): Promise<void> {
    if (!this.isLive()) {
      return;
    }
    try {
      const response = await fetch(`${this.server.baseUrl}api/kernels/${encodeURIComponent(this.kernelId)}`, {
        headers: this.server.headers(),
        redirect: 'manual',
        signal: AbortSignal.timeout(restTimeoutMs),
      });
      const parsed = v.safeParse(model, await response.json());
      const others = parsed.success && this.isLive() ? Math.max(0, parsed.output.connections - 1) : 0;
      const isDoubtful = others > this.count && performance.now() < this.doubtfulUntilMs;
      if (others !== this.count && !isDoubtful) {
        this.count = others;
        this.changed();
      }
    } catch {
      // Away: the link tells.
    }
  }

  close(): void {
    clearInterval(this.timer);
  }
}
