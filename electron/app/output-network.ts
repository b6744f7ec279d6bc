/**
 * What outputs may load from the network: nothing, but for the places that a person has allowed for a notebook.
 *
 * A permission names an origin (`https://cdn.example.org`) and belongs to one notebook. Frames of that notebook get
 * their page under an address with a grant in it, a random word of this run of the app. The policy of the page, the
 * request filter and what loads in the end look the grant up here, each for itself. A window can ask for permissions and hand its grant to its frames, and can make none.
 */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { networkOriginsMax, viewsMax } from '../../shared/limits.ts';
import { type Grant, grantOfPage, nothingGranted, outputNetScheme } from './output-pages.ts';
import type { SettingsPort } from '../core/api.ts';

const settingsKey = 'outputs.network';
const stored = v.record(
  v.string(),
  v.array(
    v.pipe(
      v.string(),
      v.check((text) => originOf(text) === text),
    ),
  ),
);

interface Permission {
  readonly grant: string;
  readonly origins: readonly string[];
}

const routePattern = new RegExp(`^${outputNetScheme}://([0-9a-f-]{36})/(https?)/(.*)$`, 's');

const keyOf = (serverId: string, path: string): string => `${serverId}:${path}`;

/** The origin of a web address that can be allowed, or null: only http and https can. */
export function originOf(address: string): string | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : null;
}

/** Whether an origin lies on this computer or in a network that only this computer reaches. */
export function isNearby(origin: string): boolean {
  const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
  return (
    /^(localhost|.*\.localhost|.*\.local|[^.:]+)$/i.test(host) ||
    /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(host) ||
    /^(::1?|::ffff:.*|f[cd].*|fe[89ab].*)$/i.test(host)
  );
}

export class OutputNetwork {
  readonly #settings: SettingsPort;
  /** By server and path of the notebook, oldest first. */
  readonly #permissions = new Map<string, Permission>();

  constructor(settings: SettingsPort) {
    this.#settings = settings;
    const decoded = v.safeParse(stored, settings.get(settingsKey));
    for (const [key, origins] of Object.entries(decoded.success ? decoded.output : {})) {
      this.#permissions.set(key, { grant: randomUUID(), origins: origins.slice(0, networkOriginsMax) });
    }
  }

  of(serverId: string, path: string): Grant {
    return this.#permissions.get(keyOf(serverId, path)) ?? nothingGranted;
  }

  /** Remembers a permission that the person has given. */
  allow(serverId: string, path: string, origin: string): Grant {
    const { grant, origins } = this.of(serverId, path);
    const rest = origins.filter((one) => one !== origin);
    this.#set(keyOf(serverId, path), {
      grant: grant ?? randomUUID(),
      origins: [...rest, origin].slice(-networkOriginsMax),
    });
    return this.of(serverId, path);
  }

  /** Takes all permissions of a notebook back; what its frames have loaded stays with them until they are made anew. */
  forbid(serverId: string, path: string): void {
    this.#permissions.delete(keyOf(serverId, path));
    this.#save();
  }

  rename(serverId: string, from: string, to: string): void {
    const permission = this.#permissions.get(keyOf(serverId, from));
    if (permission === undefined) return;
    this.#permissions.delete(keyOf(serverId, from));
    this.#set(keyOf(serverId, to), permission);
  }

  /** What the page with this address may load from. */
  ofPage(pageUrl: string): Grant {
    return this.#byGrant(grantOfPage(pageUrl));
  }

  /**
   * Where a request of the frame with this page goes, which asks the main process to make it; null when it may not be
   * made. That address carries the grant, so whoever answers there knows what is allowed.
   */
  routeOf(pageUrl: string, requestUrl: string): string | null {
    const { grant, origins } = this.ofPage(pageUrl);
    const origin = originOf(requestUrl);
    if (grant === null || origin === null || !origins.includes(origin)) return null;
    const url = new URL(requestUrl);
    return `${outputNetScheme}://${grant}/${url.protocol.slice(0, -1)}/${url.host}${url.pathname}${url.search}`;
  }

  /** Whether this is such an address, and that of the frame with this page. */
  isOwnRoute(pageUrl: string, requestUrl: string): boolean {
    const { grant } = this.ofPage(pageUrl);
    return grant !== null && requestUrl.startsWith(`${outputNetScheme}://${grant}/`);
  }

  /** What is to be loaded for a request at such an address, and where redirects may lead; null when it may not be. */
  targetOf(routeUrl: string): { readonly url: URL; readonly origins: readonly string[] } | null {
    const [, grant = null, protocol, rest] = routePattern.exec(routeUrl) ?? [];
    const { origins } = this.#byGrant(grant);
    const origin = originOf(`${protocol}://${rest}`);
    if (origin === null || !origins.includes(origin)) return null;
    return { url: new URL(`${protocol}://${rest}`), origins };
  }

  #byGrant(grant: string | null): Grant {
    return [...this.#permissions.values()].find((one) => one.grant === grant) ?? nothingGranted;
  }

  #set(key: string, permission: Permission): void {
    this.#permissions.delete(key);
    this.#permissions.set(key, permission);
    for (const oldest of this.#permissions.keys()) {
      if (this.#permissions.size <= viewsMax) break;
      this.#permissions.delete(oldest);
    }
    this.#save();
  }

  #save(): void {
    this.#settings.set(
      settingsKey,
      Object.fromEntries([...this.#permissions].map(([key, { origins }]) => [key, origins])),
    );
  }
}
