/**
 * Notices when the network of this computer changes, on any system and without Electron.
 *
 * Looks at the addresses of the network interfaces every second: joining another Wi-Fi, a cable, a VPN all change them.
 * It says what the addresses are now; what follows from it is the links' matter.
 */
import os from 'node:os';

/** A look takes a tenth of a millisecond. */
const lookIntervalMs = 1_000;

export function currentAddresses(): ReadonlySet<string> {
  const found = Object.values(os.networkInterfaces()).flatMap((interfaces) => interfaces ?? []);
  return new Set(found.map(({ address }) => address));
}

export class NetworkWatch {
  private readonly timer: NodeJS.Timeout;
  private known = '';

  constructor(
    onChange: (addresses: ReadonlySet<string>) => void,
    private readonly addresses: () => ReadonlySet<string> = currentAddresses,
  ) {
    this.known = this.look().text;
    this.timer = setInterval(() => {
      const { now, text } = this.look();
      if (text !== this.known) {
        this.known = text;
        onChange(now);
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
