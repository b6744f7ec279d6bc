/**
 * The messages on the port between a window and the main process: a virtual `fetch` and a virtual `WebSocket`.
 *
 * A window knows a base URL that leads nowhere (`virtualBaseUrl`) and no token. The main process resolves each path
 * against the one server the window was opened for, adds authorization, and answers for kernels itself. The port
 * carries structured clones, decoded on both sides: a message of another shape is dropped and counted.
 */
import * as v from 'valibot';
import { windowFrameBytesMax } from '../limits.ts';

/** What windows use as the server's address. `.invalid` never resolves (RFC 2606): nothing can leave by accident. */
export const virtualBaseUrl = 'http://server.invalid/';

const id = v.pipe(v.number(), v.integer(), v.minValue(1));
const bytes = v.instance(ArrayBuffer);
const shortText = v.pipe(v.string(), v.maxLength(64 * 1024));
const headers = v.pipe(v.array(v.tuple([shortText, shortText])), v.maxLength(100));

const boundedBytes = v.pipe(
  bytes,
  v.check((buffer) => buffer.byteLength <= windowFrameBytesMax, 'too large'),
);

export const toMain = v.variant('t', [
  v.object({
    t: v.literal('fetch'),
    id,
    /** Path and query below the base URL, without a leading slash: `api/contents/x.ipynb?content=1`. */
    path: shortText,
    method: v.picklist(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
    headers,
    body: v.nullable(bytes),
  }),
  v.object({ t: v.literal('abort'), id }),
  v.object({ t: v.literal('open'), id, path: shortText, protocols: v.pipe(v.array(shortText), v.maxLength(10)) }),
  v.object({
    t: v.literal('send'),
    id,
    data: v.union([boundedBytes, v.pipe(v.string(), v.maxLength(windowFrameBytesMax))]),
  }),
  v.object({ t: v.literal('close'), id, code: v.nullable(v.number()), reason: shortText }),
  /** The window has worked off a `frames` delivery; the next may follow. */
  v.object({ t: v.literal('ack'), id, delivery: id }),
]);
export type ToMain = v.InferOutput<typeof toMain>;

export const toWindow = v.variant('t', [
  v.object({
    t: v.literal('answer'),
    id,
    status: v.number(),
    statusText: v.string(),
    headers: v.array(v.tuple([v.string(), v.string()])),
    body: v.nullable(bytes),
  }),
  /** The request never got an answer: the server is away, or the path is not one a window may ask for. */
  v.object({ t: v.literal('failed'), id, sentence: v.string() }),
  v.object({ t: v.literal('opened'), id, protocol: v.string() }),
  v.object({ t: v.literal('frames'), id, delivery: id, frames: v.array(v.union([bytes, v.string()])) }),
  v.object({ t: v.literal('closed'), id, code: v.number(), reason: v.string(), clean: v.boolean() }),
]);
export type ToWindow = v.InferOutput<typeof toWindow>;
