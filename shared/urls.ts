/**
 * Jupyter addresses as people paste them.
 *
 * `http://host:8888/lab/tree/x.ipynb?token=…` is taken apart into the server's base URL, the token and the notebook.
 * The token is returned once, to be stored; nothing here keeps it or puts it back into a URL.
 */
import { fail, ok, type Result } from './result.ts';

export interface JupyterAddress {
  /** `http(s)://host[:port]/prefix/`, with a trailing slash and nothing secret. */
  readonly baseUrl: string;
  readonly token: string | null;
  /** Path of a notebook or file below the server's root, without a leading slash. */
  readonly notebookPath: string | null;
}

export type AddressProblem = 'empty' | 'not-a-url' | 'not-http' | 'credentials-in-url';

/** Page prefixes of the Jupyter front ends. What stands before them is the base URL, what follows is a path. */
const pages: readonly RegExp[] = [
  /^(.*?\/)(?:lab|doc)(?:\/workspaces\/[^/]+)?\/tree\/(.*)$/,
  /^(.*?\/)(?:lab|doc)(?:\/(?:workspaces\/.*|index\.html)?)?$/,
  /^(.*?\/)(?:notebooks|nbclassic\/notebooks|edit|view|files)\/(.*)$/,
  /^(.*?\/)(?:nbclassic\/tree|tree)(?:\/(.*))?$/,
  /^(.*?\/)(?:login|logout|api(?:\/.*)?)$/,
];

function splitPath(pathname: string): { base: string; path: string | null } {
  const path = pathname;
  for (const page of pages) {
    const match = page.exec(path) ?? page.exec(`${path}/`);
    if (match !== null) {
      const rest = (match[2] ?? '').replace(/\/+$/, '');
      return { base: match[1] ?? '/', path: rest === '' ? null : safeDecode(rest) };
    }
  }
  return { base: path.endsWith('/') ? path : `${path}/`, path: null };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Takes a pasted address apart. A missing scheme is read as `http://` for this machine, `https://` for others. */
export function parseJupyterAddress(
  pasted: string,
): Result<JupyterAddress, { kind: AddressProblem; sentence: string }> {
  const text = pasted.trim().replace(/^["'<]+|["'>]+$/g, '');
  if (text === '') {
    return fail('empty', 'Paste the address of a Jupyter server, such as https://host:8888/lab?token=….');
  }
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const isLocal = /^(localhost|127\.|\[::1\])/i.test(text);
  const withScheme = hasScheme ? text : `${isLocal ? 'http' : 'https'}://${text}`;
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch {
    return fail(
      'not-a-url',
      'This is not an address Nightjar can read. Copy it from the browser or from the line the server printed at its start, for example http://host:8888/lab?token=….',
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return fail(
      'not-http',
      `A Jupyter address begins with http:// or https://, this one with ${url.protocol}//. Copy it from the browser's address bar.`,
    );
  }
  if (url.hostname === '' || /\s/.test(safeDecode(url.hostname))) {
    return fail('not-a-url', 'The address has no host name. It should look like http://host:8888/.');
  }
  if (url.username !== '' || url.password !== '') {
    return fail(
      'credentials-in-url',
      'The address contains a user name or password, which Jupyter does not use. Remove the part before the @ sign and paste the token instead.',
    );
  }
  const token = url.searchParams.get('token') ?? new URLSearchParams(url.hash.replace(/^#\??/, '')).get('token');
  const { base, path } = splitPath(url.pathname);
  return ok({
    baseUrl: `${url.protocol}//${url.host}${base}`,
    token: token === null || token === '' ? null : token,
    notebookPath: path,
  });
}

/** A short name for a server: its host, with the port where it is not the scheme's own, and its prefix if it has one. */
export function serverNameOf(baseUrl: string): string {
  const url = new URL(baseUrl);
  const prefix = url.pathname.replace(/\/+$/, '');
  return `${url.host}${prefix}`;
}

/** A path of the contents API as it stands in a URL: every segment encoded, slashes kept. */
export function encodePath(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => encodeURIComponent(segment))
    .join('/');
}
