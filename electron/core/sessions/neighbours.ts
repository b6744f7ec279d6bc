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
      if (others !== this.count) {
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
