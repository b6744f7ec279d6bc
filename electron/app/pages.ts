/**
 * What the windows may load: the rules of `app://nightjar/`, without Electron, so that each can be tested.
 *
 * The whole web of a window is one folder of files. A path that leaves it, another host, a type that is not listed:
 * each is answered with "not found". Every answer carries the content security policy, also the refusals.
 */
import path from 'node:path';

export const appScheme = 'app';
export const appHost = 'nightjar';
export const appOrigin = `${appScheme}://${appHost}`;

/** `tabs`: the strip of a window that holds several notebooks. */
export type WindowKind = 'home' | 'server' | 'notebook' | 'settings' | 'player' | 'tabs';

export function pageUrl(kind: WindowKind): string {
  return `${appOrigin}/${kind}/index.html`;
}

/**
 * No remote code, no eval, no connections. Frames show outputs, from a host of their own (`output-pages.ts`). Inline
 * styles are how JupyterLab's widgets lay themselves out.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'none'",
  "worker-src 'none'",
  "object-src 'none'",
  `frame-src ${appScheme}://outputs`,
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.otf': 'font/otf',
  '.eot': 'application/vnd.ms-fontobject',
};

export function headersFor(type: string): Record<string, string> {
  return {
    'Content-Type': type,
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}

export interface PageFile {
  readonly file: string;
  readonly type: string;
}

/**
 * The path that an address on one of our hosts names below its folder, or null when it names none. It is decoded once,
 * as a URL's is; what then still looks like a way out (a backslash, a NUL, a step upwards) is refused, not repaired.
 */
export function fileBelow(url: string, host: string): string | null {
  const parsed = tryUrl(url);
  if (parsed === null || parsed.protocol !== `${appScheme}:` || parsed.host !== host) return null;
  let relative: string;
  try {
    relative = decodeURIComponent(parsed.pathname).replace(/^\/+/, '');
  } catch {
    return null;
  }
  const leads = relative.includes('\0') || relative.includes('\\') || relative.split('/').includes('..');
  return leads ? null : relative;
}

/** The file of a window behind an address, or null when there is none to be had. */
export function fileOf(url: string, root: string): PageFile | null {
  const relative = fileBelow(url, appHost);
  if (relative === null) return null;
  const file = path.resolve(root, relative);
  if (!file.startsWith(path.resolve(root) + path.sep)) return null;
  const type = contentTypes[path.extname(file).toLowerCase()];
  return type === undefined ? null : { file, type };
}

function tryUrl(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

/** Whether a window may load this at all, whatever in it asks. Everything else is cancelled before it leaves. */
export function isAllowedRequest(url: string): boolean {
  return (
    url.startsWith(`${appOrigin}/`) ||
    url.startsWith(`${appScheme}://outputs/`) ||
    url.startsWith('data:') ||
    url.startsWith(`blob:${appOrigin}/`) ||
    // Made by an output within its own frame: an opaque origin has no name.
    url.startsWith('blob:null/') ||
    url.startsWith('devtools:')
  );
}

/** A window stays on its page: only loading that same page again (a reload) is a navigation it may make. */
export function isOwnPage(url: string, kind: WindowKind): boolean {
  return url.split('#', 1)[0] === pageUrl(kind);
}

/** The address as a browser will open it, or null when it is none a browser should get. */
export function webAddressOf(text: string): URL | null {
  const url = tryUrl(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : null;
}
