/**
 * Two hosts on one machine: this one, and a network namespace at the other end of a cable of its own.
 *
 * What is lost here is lost as in a real network: packets vanish in both directions and nobody closes anything. Wants
 * root and iproute2; {@link whyNoTwoHosts} says why they are not to be had.
 */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import net from 'node:net';
import { listenAt } from './ports.ts';

/** A place where a server can run. */
export interface Host {
  readonly address: string;
  /** What stands before a command that is to run there. */
  readonly prefix: readonly string[];
}

/** No network card has it: a frame that is sent to it is taken by nobody. */
const nobody = '02:00:00:00:00:01';

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
  private readonly name: string;
  /** The first three numbers of the addresses: a range that is kept for the measuring of networks (RFC 2544). */
  private readonly range: string;
  /** This computer's end of the cable. */
  private readonly end: string;
  /** The last number of this computer's address. The other host has 2. */
  private here = 1;
  private readonly taken = new Set<net.Socket>();
  private stranger: net.Server | null = null;

  private constructor() {
    const number = randomInt(1, 255);
    this.name = `nightjar${number}`;
    this.range = `198.18.${number}`;
    this.end = `${this.name}-a`;
    this.other = { address: `${this.range}.2`, prefix: ['ip', 'netns', 'exec', this.name] };
  }

  static lay(): TwoHosts {
    const hosts = new TwoHosts();
    const { name, end, other, range } = hosts;
    try {
      // While this computer has left the network nothing may look for the other host elsewhere.
      ip('route', 'add', 'unreachable', `${range}.0/24`, 'metric', '9999');
      ip('netns', 'add', name);
      ip('link', 'add', end, 'type', 'veth', 'peer', 'name', 'b', 'netns', name);
      ip('addr', 'add', `${hosts.ownAddress}/24`, 'dev', end);
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

  /** Connections that a stranger has taken so far. */
  get strangersConnections(): number {
    return this.taken.size;
  }

  private get ownAddress(): string {
    return `${this.range}.${this.here}`;
  }

  /** From now on no packet arrives, on either side. */
  drop(): void {
    ip('neigh', 'replace', this.other.address, 'lladdr', nobody, 'dev', this.end, 'nud', 'permanent');
    this.there('neigh', 'replace', this.ownAddress, 'lladdr', nobody, 'dev', 'b', 'nud', 'permanent');
  }

  heal(): void {
    ip('neigh', 'flush', 'dev', this.end, 'nud', 'permanent');
    this.there('neigh', 'flush', 'dev', 'b', 'nud', 'permanent');
  }

  leave(): void {
    ip('addr', 'del', `${this.ownAddress}/24`, 'dev', this.end);
  }

  /** In the network that it is in meanwhile something takes every connection to the other host and says nothing. */
  async meetStranger(port: number): Promise<void> {
    ip('addr', 'add', `${this.other.address}/32`, 'dev', 'lo');
    const stranger = net.createServer((socket) => {
      this.taken.add(socket);
      socket.on('error', () => undefined).resume();
    });
    this.stranger = stranger;
    await listenAt(stranger, this.other.address, port);
  }

  /** This computer is in the network again, with another address. What a stranger has taken is never answered. */
  comeBack(): void {
    this.endStranger();
    this.here = this.here === 1 ? 3 : this.here + 1;
    ip('addr', 'add', `${this.ownAddress}/24`, 'dev', this.end);
  }

  /** The network as it was laid, whatever was done to it. */
  restore(): void {
    this.heal();
    this.forgetStranger();
    attempt('addr', 'add', `${this.ownAddress}/24`, 'dev', this.end);
  }

  /** Leaves nothing of it, also where it was laid in part. */
  remove(): void {
    this.forgetStranger();
    // A namespace lives on while a process does, and would keep its end of the cable.
    attempt('link', 'del', this.end);
    attempt('netns', 'del', this.name);
    attempt('route', 'del', 'unreachable', `${this.range}.0/24`, 'metric', '9999');
  }

  private endStranger(): void {
    this.stranger?.close();
    this.stranger = null;
    attempt('addr', 'del', `${this.other.address}/32`, 'dev', 'lo');
  }

  /** With all that it has taken. */
  private forgetStranger(): void {
    this.endStranger();
    for (const socket of this.taken) socket.destroy();
    this.taken.clear();
  }

  private there(...args: readonly string[]): void {
    ip('-n', this.name, ...args);
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** For what may be done already. */
function attempt(...args: readonly string[]): void {
  try {
    ip(...args);
  } catch {
    // It is as it should be.
  }
}
