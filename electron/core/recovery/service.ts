/**
 * The recorders of all servers: one helper kernel per server, one spool per kernel.
 *
 * Owns the helpers and remembers their ids in a small file, so that none is left behind by a crash: the next start
 * takes it over, and a clean end removes it.
 */
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import * as v from 'valibot';
import type { ServerAccess } from '../sessions/manager.ts';
import { HelperKernel, type HelperMemory } from './helper-kernel.ts';
import { Spool } from './spool.ts';

/** Ending a helper is a courtesy to the server; the app does not wait longer for it when it quits. */
const endTimeoutMs = 3_000;

const remembered = v.record(v.string(), v.string());

export class RecorderService {
  private readonly helpers = new Map<string, HelperKernel>();
  private readonly known: Record<string, string>;
  private source: Promise<string> | null = null;

  constructor(
    private readonly sourceFile: string,
    private readonly memoryFile: string,
    private readonly isAllowedOn: (server: ServerAccess) => boolean = () => true,
  ) {
    this.known = readMemory(memoryFile);
  }

  isAllowed(server: ServerAccess): boolean {
    return this.isAllowedOn(server);
  }

  spoolOf(server: ServerAccess, kernelId: string, reader: string): Spool {
    return new Spool(this.helperOf(server), kernelId, reader);
  }

  /** The network was away since a moment (monotonic): connections from before it may be dead without knowing. */
  reconnect(server: ServerAccess, sinceMs: number): void {
    this.helpers.get(server.baseUrl)?.disconnect(sinceMs);
  }

  networkChanged(addresses: ReadonlySet<string>): void {
    for (const helper of this.helpers.values()) helper.networkChanged(addresses);
  }

  /** Helpers are no kernels of the person's: lists leave them out. */
  isHelper(kernelId: string): boolean {
    return Object.values(this.known).includes(kernelId);
  }

  /** How many kernels of ours run on a server. */
  helpersOn(baseUrl: string): number {
    return this.known[baseUrl] === undefined ? 0 : 1;
  }

  /** Ends every helper; recorders go on. */
  async close(): Promise<void> {
    const ended = Promise.all([...this.helpers.values()].map((helper) => helper.end()));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, endTimeoutMs).unref())]);
    this.helpers.clear();
  }

  private helperOf(server: ServerAccess): HelperKernel {
    const known = this.helpers.get(server.baseUrl);
    if (known !== undefined) {
      return known;
    }
    const memory: HelperMemory = {
      get: (serverUrl) => this.known[serverUrl] ?? null,
      set: (serverUrl, kernelId) => {
        if (kernelId === null) {
          delete this.known[serverUrl];
        } else {
          this.known[serverUrl] = kernelId;
        }
        // Written at once: a helper that is not remembered would stay on the server for ever.
        fs.writeFileSync(this.memoryFile, JSON.stringify(this.known), { mode: 0o600 });
      },
    };
    const helper = new HelperKernel(server, () => this.readSource(), memory);
    this.helpers.set(server.baseUrl, helper);
    return helper;
  }

  private readSource(): Promise<string> {
    this.source ??= fsPromises.readFile(this.sourceFile, 'utf8');
    return this.source;
  }
}

function readMemory(file: string): Record<string, string> {
  try {
    const parsed = v.safeParse(remembered, JSON.parse(fs.readFileSync(file, 'utf8')));
    return parsed.success ? parsed.output : {};
  } catch {
    return {};
  }
}
