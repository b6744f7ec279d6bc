/**
 * Notices when the network of this computer changes, on any system and without Electron.
 *
 * Looks at the addresses of the network interfaces every second: joining another Wi-Fi, a cable, a VPN all change them.
 * It says what the addresses are now; what follows from it is the links' matter.
 */
import type { Socket } from 'node:net';
import os from 'node:os';

/** A look takes a tenth of a millisecond. */
const lookIntervalMs = 1_000;

export function currentAddresses(): ReadonlySet<string> {
  const found = Object.values(os.networkInterfaces()).flatMap((interfaces) => interfaces ?? []);
  return new Set(found.map(({ address }) => address));
}

/** Whether a connection goes out from an address that this computer no longer has: no answer can come. */
export function hasMoved(wire: Pick<Socket, 'localAddress'> | null, addresses: ReadonlySet<string>): boolean {
  // A link-local address has the name of its interface behind it here, and not in the list.
  const from = wire?.localAddress?.split('%', 1)[0];
  return from !== undefined && !addresses.has(from);
}

/** Whatever holds connections. */
export interface NetworkUser {
  /** The addresses of this computer are these now. */
  networkChanged(addresses: ReadonlySet<string>): void;
}

export class NetworkWatch {
  private readonly timer: NodeJS.Timeout;
  private known = '';

  constructor(
    users: () => Iterable<NetworkUser>,
    private readonly addresses: () => ReadonlySet<string> = currentAddresses,
  ) {
    this.known = this.look().text;
    this.timer = setInterval(() => {
      const { now, text } = this.look();
      if (text !== this.known) {
        this.known = text;
        for (const user of users()) user.networkChanged(now);
      }
    }, lookIntervalMs);
    this.timer.unref();
  }

  private look(): { now: ReadonlySet<string>; text: string } {
    const now = this.addresses();
    return { now, text: [...now].sort().join(' ') };
  }

  close(): void {
    clearInterval(this.timer);
  }
}
