/**
 * Loads from the network what an output may have, in the place of Chromium, whose windows have no network at all.
 *
 * Nothing of the person goes along: no cookie, no token, no address of the page. Only reading is possible, and a
 * redirect leads only to places that are allowed as well.
 */

import { fail, ok, type Result } from '../../shared/result.ts';

/** A page that does not answer must not hold an output up for ever. */
const timeoutMs = 30_000;
const redirectsMax = 5;
/** What the other side must know to answer well, and nothing else of what the page sends. */
const passedRequestHeaders = ['accept', 'accept-language', 'range'];
const passedResponseHeaders = [
  ...['content-type', 'content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified', 'cache-control'],
];

const refused = (status: number, sentence: string): Response =>
  new Response(sentence, { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' } });

/** Loads what the request is led to; `null` is answered as a refusal. */
export async function fetchForOutput(
  request: Request,
  target: { readonly url: URL; readonly origins: readonly string[] } | null,
): Promise<Response> {
  if (target === null) return refused(403, 'Nobody allowed outputs to load from here.');
  if (request.method !== 'GET' && request.method !== 'HEAD') return refused(405, 'Outputs can load, and not send.');
  let { url } = target;
  const headers = new Headers();
  for (const name of passedRequestHeaders) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    for (let redirects = 0; redirects <= redirectsMax; redirects += 1) {
      const answer = await fetch(url, {
        ...{ method: request.method, headers, signal },
        ...{ redirect: 'manual', credentials: 'omit', referrerPolicy: 'no-referrer' },
      });
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status > 399 || location === null) return passed(answer);
      await answer.body?.cancel();
      url = new URL(location, url);
      if (!target.origins.includes(url.origin)) return refused(403, `It leads to ${url.host}, which was not allowed.`);
    }
    return refused(508, 'It leads in a circle.');
  } catch {
    return refused(504, 'It does not answer.');
  }
}

function passed(answer: Response): Response {
  const headers = new Headers({
    // The pages of outputs take nothing from other sites that does not say so; the person has said it.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'X-Content-Type-Options': 'nosniff',
  });
  // Who may read it there may read it here: an output's origin has no name.
  if (answer.headers.has('access-control-allow-origin')) headers.set('Access-Control-Allow-Origin', '*');
  for (const name of passedResponseHeaders) {
    const value = answer.headers.get(name);
    // The body comes unpacked.
    if (value !== null && !(name === 'content-length' && answer.headers.has('content-encoding')))
      headers.set(name, value);
  }
  return new Response(answer.body, { status: answer.status, headers });
}

/** What an `img` element draws. A script in an SVG does not run there. */
const pictureTypes = /^image\/(png|jpeg|gif|webp|avif|bmp|x-icon|vnd\.microsoft\.icon|svg\+xml)\b/;
/** More is a photograph that nobody meant to put into a notebook's text. */
const pictureBytesMax = 16 * 1024 * 1024;

/** A picture of the web as a data URL, if it lies where outputs may load from. */
export async function fetchPicture(address: string, origins: readonly string[]): Promise<Result<string>> {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !origins.includes(url.origin)) return fail('no-picture', 'The picture could not be loaded.');
  const answer = await fetchForOutput(new Request(url, { headers: { Accept: 'image/*' } }), { url, origins });
  const type = answer.headers.get('content-type') ?? '';
  if (!answer.ok || !pictureTypes.test(type)) {
    await answer.body?.cancel();
    return fail('no-picture', answer.ok ? 'What stands there is no picture.' : 'The picture could not be loaded.');
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.byteLength;
    if (bytes > pictureBytesMax) return fail('no-picture', 'The picture is larger than 16 MB.');
    parts.push(part);
  }
  return ok(`data:${type.replace(/;.*$/s, '')};base64,${Buffer.concat(parts).toString('base64')}`);
}
