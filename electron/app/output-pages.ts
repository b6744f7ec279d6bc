/**
 * `app://outputs/`: the pages in which outputs with scripts are shown, without Electron, so that each rule is tested.
 *
 * An output is shown in a frame that is sandboxed into an origin of its own, on a host that no window has. One page
 * exists under three addresses that differ only in what the main process lets them run; a window chooses the address
 * and can loosen nothing. None of them has a frame, a form, a base or storage, and none has a network but for the
 * places that a person has allowed for the notebook (`output-network.ts`).
 */
import path from 'node:path';
import { appOrigin, appScheme, contentTypes, fileBelow, type PageFile } from './pages.ts';

/** Under this scheme the main process loads for a frame what its grant allows; the host is the grant. */
export const outputNetScheme = 'nightjar-net';

export const outputsHost = 'outputs';
export const outputsOrigin = `${appScheme}://${outputsHost}`;

/**
 * `still`: nothing that stands in an output runs, only our own code. `plot`: the same, but the libraries may compile
 * code (WebGL traces of plotly do). `script`: what the output brings runs as well.
 */
const scripts = {
  'still.html': outputsOrigin,
  'plot.html': `${outputsOrigin} 'unsafe-eval'`,
  'script.html': `${outputsOrigin} 'unsafe-inline' 'unsafe-eval' data: blob:`,
} as const;

export type OutputPage = keyof typeof scripts;

function isOutputPage(name: string): name is OutputPage {
  return Object.hasOwn(scripts, name);
}

/** Of one notebook: the word that its frames carry, and what it opens. */
export interface Grant {
  readonly grant: string | null;
  readonly origins: readonly string[];
}

export const nothingGranted: Grant = { grant: null, origins: [] };

/**
 * The policy of each page, with what it may load from elsewhere. `sandbox` stands here as well, so that the page is never anything else but sandboxed.
 */
export function outputPolicy(page: OutputPage, { grant, origins }: Grant = nothingGranted): string {
  // Each request is led to the scheme of the main process, which the policy is then held against as well.
  const sources = grant === null ? [] : [...origins, `${outputNetScheme}://${grant}`];
  const network = sources.map((source) => ` ${source}`).join('');
  // Nothing of an output runs on the other pages, wherever it comes from.
  const code = page === 'script.html' ? network : '';
  return [
    "default-src 'none'",
    `script-src ${scripts[page]}${code}`,
    `style-src ${outputsOrigin} 'unsafe-inline'${network}`,
    `img-src data: blob:${network}`,
    `font-src ${outputsOrigin} data:${network}`,
    `media-src data: blob:${network}`,
    `connect-src data: blob:${network}`,
    page === 'script.html' ? 'worker-src blob:' : "worker-src 'none'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${appOrigin}`,
    'sandbox allow-scripts',
  ].join('; ');
}

export interface OutputFile extends PageFile {
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The file behind an address on the host of outputs, with its headers; null when there is none.
 * @param grantOf what the page with an address may load from elsewhere
 */
export function outputFileOf(
  url: string,
  root: string,
  grantOf: (pageUrl: string) => Grant = () => nothingGranted,
): OutputFile | null {
  const relative = fileBelow(url, outputsHost);
  if (relative === null) return null;
  const page = isOutputPage(relative) ? relative : null;
  const file = path.resolve(root, page === null ? relative : 'frame.html');
  if (!file.startsWith(path.resolve(root) + path.sep)) return null;
  const type = contentTypes[path.extname(file).toLowerCase()];
  // The bare page has no policy of its own, so it has no address either.
  if (type === undefined || (page === null && type.startsWith('text/html'))) return null;
  return {
    file,
    type,
    headers: outputHeaders(type, page ?? 'still.html', page === null ? nothingGranted : grantOf(url)),
  };
}

export function outputHeaders(type: string, page: OutputPage, grant: Grant): Record<string, string> {
  return {
    'Content-Type': type,
    'Content-Security-Policy': outputPolicy(page, grant),
    'X-Content-Type-Options': 'nosniff',
    'X-DNS-Prefetch-Control': 'off',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    // An opaque origin is another site than everything, its own page's files included.
    'Cross-Origin-Resource-Policy': 'cross-origin',
  };
}

/** Where a frame of a window may go: to one of the pages for outputs, and from there nowhere. */
export function isOutputPageUrl(url: string): boolean {
  return Object.keys(scripts).some((page) => url.replace(grantInUrl, '') === `${outputsOrigin}/${page}`);
}

const grantInUrl = /\?grant=([0-9a-f-]{36})$/;

/** The grant in the address of a page for outputs; null when there is none, or it is no such page. */
export function grantOfPage(url: string): string | null {
  return isOutputPageUrl(url) ? (grantInUrl.exec(url)?.[1] ?? null) : null;
}
