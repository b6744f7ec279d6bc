/**
 * The saved servers: addresses, names, tokens, and what was last seen of each.
 *
 * Tokens are sealed before they are stored and live in memory as `Token` only. Everything a window may know of a
 * server is in its summary.
 */
import crypto from 'node:crypto';
import * as v from 'valibot';
import type { ServerSummary } from '../../../shared/ipc/contract.ts';
import { asServerId, type ServerId } from '../../../shared/ids.ts';
import { fail, ok, type Problem, type Result } from '../../../shared/result.ts';
import { parseJupyterAddress, serverNameOf } from '../../../shared/urls.ts';
import type { EventSink, SecretBox, SettingsPort } from '../api.ts';
import type { ServerAccess } from '../sessions/manager.ts';
import { type ProbeProblem, probeServer, type ServerFacts } from './probe.ts';
import { authorizationOf, Token } from './token.ts';

const stored = v.object({
  serverId: v.string(),
  name: v.string(),
  baseUrl: v.string(),
  sealedToken: v.nullable(v.string()),
  isLocal: v.boolean(),
  lastUsedTimeMs: v.nullable(v.number()),
  hasRecorder: v.optional(v.boolean(), true),
  isHub: v.optional(v.boolean(), false),
});
type Stored = v.InferOutput<typeof stored>;

interface Server {
  record: Stored;
  token: Token | null;
  state: ServerSummary['state'];
  detail: string;
  version: string | null;
  runningKernels: number | null;
  /** Of `performance.now()`. */
  lookedAtMs: number;
}

/** What is known of a server that nobody has looked at. */
const unseen = {
  state: 'unknown',
  detail: '',
  version: null,
  runningKernels: null,
  lookedAtMs: Number.NEGATIVE_INFINITY,
} as const;

const settingsKey = 'servers';

/** Home is looked at often, and servers come and go seldom: a person who goes back and forth asks them once. */
const currentForMs = 30_000;

export class ServerRegistry {
  private readonly servers = new Map<ServerId, Server>();

  constructor(
    private readonly settings: SettingsPort,
    private readonly secrets: SecretBox,
    private readonly events: EventSink,
    /** A server got a new token or came back: links that wait for it may go on. */
    private readonly onLogin: (serverId: ServerId) => void,
    /** Kernels of our own that run on a server: not counted as the person's. */
    private readonly helpersOn: (baseUrl: string) => number,
  ) {
    const parsed = v.safeParse(v.array(stored), settings.get(settingsKey));
    for (const record of parsed.success ? parsed.output : []) {
      const plain = record.sealedToken === null ? null : secrets.open(record.sealedToken);
      this.servers.set(asServerId(record.serverId), {
        record,
        token: plain === null ? null : new Token(plain),
        ...unseen,
      });
    }
  }

  list(): ServerSummary[] {
    return [...this.servers.values()]
      .sort((left, right) => (right.record.lastUsedTimeMs ?? 0) - (left.record.lastUsedTimeMs ?? 0))
      .map(summaryOf);
  }

  nameOf(serverId: ServerId): string {
    return this.servers.get(serverId)?.record.name ?? 'unknown server';
  }

  access(serverId: ServerId): ServerAccess | null {
    const server = this.servers.get(serverId);
    if (server === undefined) {
      return null;
    }
    return {
      serverId,
      name: server.record.name,
      baseUrl: server.record.baseUrl,
      isHub: server.record.isHub,
      headers: () => authorizationOf(this.servers.get(serverId)?.token ?? null),
    };
  }

  accessByUrl(baseUrl: string): ServerAccess | null {
    for (const [serverId, server] of this.servers) {
      if (server.record.baseUrl === baseUrl) {
        return this.access(serverId);
      }
    }
    return null;
  }

  async add(
    address: string,
    tokenText: string | null,
  ): Promise<Result<{ server: ServerSummary; notebookPath: string | null }>> {
    const parsed = parseJupyterAddress(address);
    if (!parsed.ok) {
      return parsed;
    }
    const { baseUrl, notebookPath } = parsed.value;
    const known = [...this.servers.values()].find((server) => server.record.baseUrl === baseUrl);
    const given = tokenText === null || tokenText.trim() === '' ? parsed.value.token : tokenText.trim();
    const token = given === null ? (known?.token ?? null) : new Token(given);
    const probed = await probeServer(baseUrl, token);
    if (!probed.ok) {
      return probed;
    }
    const server = this.put(
      baseUrl,
      token,
      known?.record.name ?? serverNameOf(baseUrl),
      known?.record.isLocal ?? false,
    );
    seen(server, probed, this.helpersOn(server.record.baseUrl));
    server.lookedAtMs = performance.now();
    this.changed();
    return ok({ server: summaryOf(server), notebookPath });
  }

  /** Saves the server of this machine; its token changes at every start. */
  addLocal(baseUrl: string, token: Token, version: string | null): ServerSummary {
    for (const [serverId, server] of this.servers) {
      if (server.record.isLocal && server.record.baseUrl !== baseUrl) {
        this.servers.delete(serverId);
      }
    }
    const server = this.put(baseUrl, token, 'This computer', true);
    Object.assign(server, { state: 'online', detail: '', version });
    this.changed();
    return summaryOf(server);
  }

  private put(baseUrl: string, token: Token | null, name: string, isLocal: boolean): Server {
    const known = [...this.servers.values()].find((server) => server.record.baseUrl === baseUrl);
    const record: Stored = {
      serverId: known?.record.serverId ?? crypto.randomUUID(),
      name,
      baseUrl,
      sealedToken: token === null ? null : this.secrets.seal(token.reveal()),
      isLocal,
      lastUsedTimeMs: Date.now(),
      hasRecorder: known?.record.hasRecorder ?? true,
      isHub: known?.record.isHub ?? false,
    };
    const server: Server = { ...unseen, ...known, record, token };
    this.servers.set(asServerId(record.serverId), server);
    this.save();
    this.onLogin(asServerId(record.serverId));
    return server;
  }

  rename(serverId: ServerId, name: string): Result<ServerSummary> {
    const server = this.servers.get(serverId);
    const trimmed = name.trim().slice(0, 200);
    if (server === undefined) {
      return unknownServer();
    }
    if (trimmed === '') {
      return fail('empty', 'A server needs a name. Type one, or press Escape to keep the old one.');
    }
    server.record = { ...server.record, name: trimmed };
    this.save();
    this.changed();
    return ok(summaryOf(server));
  }

  /** Servers that are not in the list have no say; their sessions are ending. */
  hasRecorder(serverId: ServerId): boolean {
    return this.servers.get(serverId)?.record.hasRecorder ?? false;
  }

  setRecorder(serverId: ServerId, hasRecorder: boolean): Result<ServerSummary> {
    const server = this.servers.get(serverId);
    if (server === undefined) {
      return unknownServer();
    }
    server.record = { ...server.record, hasRecorder };
    this.save();
    this.changed();
    return ok(summaryOf(server));
  }

  async setToken(serverId: ServerId, text: string): Promise<Result<ServerSummary>> {
    const server = this.servers.get(serverId);
    if (server === undefined) {
      return unknownServer();
    }
    const added = await this.add(server.record.baseUrl, text);
    return added.ok ? ok(added.value.server) : added;
  }

  remove(serverId: ServerId): Result<null> {
    if (!this.servers.delete(serverId)) {
      return unknownServer();
    }
    this.save();
    this.changed();
    return ok(null);
  }

  async check(serverId: ServerId): Promise<Result<ServerSummary>> {
    const server = this.servers.get(serverId);
    if (server === undefined) {
      return unknownServer();
    }
    server.state = 'checking';
    this.changed();
    await this.look(server);
    return ok(summaryOf(server));
  }

  /** Looks at every server that was not looked at lately. What is known of it stands until it has answered. */
  refresh(): void {
    for (const server of this.servers.values()) {
      if (performance.now() - server.lookedAtMs >= currentForMs) void this.look(server);
    }
  }

  private async look(server: Server): Promise<void> {
    const atMs = performance.now();
    server.lookedAtMs = atMs;
    const probed = await probeServer(server.record.baseUrl, server.token);
    // A later look has the say: an earlier one may end long after it, on a network that is gone.
    if (server.lookedAtMs === atMs) {
      seen(server, probed, this.helpersOn(server.record.baseUrl));
      this.changed();
    }
  }

  used(serverId: ServerId): void {
    const server = this.servers.get(serverId);
    if (server !== undefined) {
      server.record = { ...server.record, lastUsedTimeMs: Date.now() };
      this.save();
    }
  }

  private save(): void {
    this.settings.set(
      settingsKey,
      [...this.servers.values()].map((server) => server.record),
    );
  }

  private changed(): void {
    this.events.emit({ to: 'all' }, 'servers.changed', { servers: this.list() });
  }
}

export function unknownServer(): { ok: false; problem: Problem<'unknown-server'> } {
  return fail('unknown-server', 'This server is no longer in your list. Add it again in the home window.');
}

function seen(server: Server, probed: Result<ServerFacts, Problem<ProbeProblem>>, helpers: number): void {
  if (probed.ok) {
    const { version, runningKernels, isHub } = probed.value;
    server.record = { ...server.record, isHub };
    const kernels = runningKernels === null ? null : Math.max(0, runningKernels - helpers);
    Object.assign(server, { state: 'online', detail: '', version, runningKernels: kernels });
    return;
  }
  const { kind, sentence } = probed.problem;
  server.detail = sentence;
  server.runningKernels = null;
  server.state =
    kind === 'needs-login' || kind === 'wrong-token' ? 'needs-login' : kind === 'not-jupyter' ? 'not-jupyter' : 'away';
}

function summaryOf(server: Server): ServerSummary {
  const { record, state, detail, version, runningKernels } = server;
  return {
    serverId: record.serverId,
    name: record.name,
    baseUrl: record.baseUrl,
    state,
    detail,
    version,
    isLocal: record.isLocal,
    hasRecorder: record.hasRecorder,
    isHub: record.isHub,
    runningKernels,
    lastUsedTimeMs: record.lastUsedTimeMs,
  };
}
