/**
 * Two hosts on one machine: this one, and a network namespace at the other end of a cable of its own.
 *
 * What is lost here is lost as in a real network: packets vanish in both directions and nobody closes anything. Wants
 * root and iproute2; {@link whyNoTwoHosts} says why they are not to be had.
 */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import net from 'node:net';

/** A place where a server can run. */
export interface Host {
  readonly address: string;
  /** What stands before a command that is to run there. */
  readonly prefix: readonly string[];
}

/** No network card has it: a frame that is sent to it is taken by nobody. */
const nobody = '02:00:00:00:00:01';

export interface Stranger {
  /** Connections so far. */
  taken(): number;
  stop(): void;
}

export function whyNoTwoHosts(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root can lay a network';
  try {
    TwoHosts.lay().remove();
    return null;
  } catch (error) {
    return `this machine lays no network (${String(error).trim().replaceAll('\n', ': ')})`;
  }
}

export class TwoHosts {
  readonly other: Host;
  /** This computer's end of the cable. */
  private readonly end: string;
  private here: string;

  private constructor(
    private readonly name: string,
    /** The first three numbers of the addresses: a range that is kept for the measuring of networks (RFC 2544). */
    private readonly range: string,
  ) {
    this.end = `${name}-a`;
    this.here = `${range}.1`;
    this.other = { address: `${range}.2`, prefix: ['ip', 'netns', 'exec', name] };
  }

  static lay(): TwoHosts {
    const number = randomInt(1, 255);
    const hosts = new TwoHosts(`nightjar${number}`, `198.18.${number}`);
    const { name, end, other } = hosts;
    // While this computer has left the network nothing may look for the other host elsewhere.
    ip('route', 'add', 'unreachable', `${hosts.range}.0/24`, 'metric', '9999');
    ip('netns', 'add', name);
    try {
      ip('link', 'add', end, 'type', 'veth', 'peer', 'name', 'b', 'netns', name);
      ip('addr', 'add', `${hosts.here}/24`, 'dev', end);
      ip('link', 'set', 'dev', end, 'up');
      hosts.there('addr', 'add', `${other.address}/24`, 'dev', 'b');
      hosts.there('link', 'set', 'dev', 'b', 'up');
      hosts.there('link', 'set', 'dev', 'lo', 'up');
      return hosts;
    } catch (error) {
      hosts.remove();
      throw error;
    }
  }

  /** From now on no packet arrives, on either side. */
  drop(): void {
    ip('neigh', 'replace', this.other.address, 'lladdr', nobody, 'dev', this.end, 'nud', 'permanent');
    this.there('neigh', 'replace', this.here, 'lladdr', nobody, 'dev', 'b', 'nud', 'permanent');
  }

  heal(): void {
    ip('neigh', 'del', this.other.address, 'dev', this.end);
    this.there('neigh', 'del', this.here, 'dev', 'b');
  }

  /** This computer leaves the network, and has another address when it is back. */
  leave(): void {
    ip('addr', 'del', `${this.here}/24`, 'dev', this.end);
  }

  /** In the network that it is in meanwhile something takes every connection to the other host and says nothing. */
  async meetStranger(port: number): Promise<Stranger> {
    ip('addr', 'add', `${this.other.address}/32`, 'dev', 'lo');
    let taken = 0;
    const stranger = net.createServer((socket) => {
      taken += 1;
      socket.on('error', () => undefined).resume();
    });
    await new Promise<void>((resolve, reject) => {
      stranger.once('error', reject);
      stranger.listen(port, this.other.address, resolve);
    });
    return {
      taken: () => taken,
      stop: () => {
        // What was connected stays so, and is never answered.
        stranger.close().unref();
        ip('addr', 'del', `${this.other.address}/32`, 'dev', 'lo');
      },
    };
  }

  comeBack(): void {
    this.here = `${this.range}.3`;
    ip('addr', 'add', `${this.here}/24`, 'dev', this.end);
  }

  /** Takes the cable with it. */
  remove(): void {
    // A namespace lives on while a process does, and would keep its end of the cable.
    ip('link', 'del', this.end);
    ip('netns', 'del', this.name);
    ip('route', 'del', 'unreachable', `${this.range}.0/24`, 'metric', '9999');
  }

  private there(...args: readonly string[]): void {
    ip('-n', this.name, ...args);
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
