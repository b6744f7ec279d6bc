/**
 * The binary framing of `v1.kernel.websocket.jupyter.org`, and back.
 *
 * A frame is: offset count (u64 LE), the offsets (u64 LE each, from the frame's start), then channel, header,
 * parent header, metadata, content and buffers, each ending where the next begins. Source: "WebSocket protocols" in
 * the jupyter_server documentation. Frames stay bytes: only the small parts that route a message are ever parsed, and
 * a frame that does not follow the format is a value (`null`), never an exception.
 */
import { isObject } from '../outputs/json.ts';
import { hasAt } from './bytes.ts';
import { type Header, parseHeader, parseJson } from './header.ts';
import { HeaderReader } from './header-reader.ts';

export { type Header, parseHeader };

export const v1Protocol = 'v1.kernel.websocket.jupyter.org';

export type Channel = 'shell' | 'control' | 'stdin' | 'iopub';
const channels: readonly Channel[] = ['shell', 'control', 'stdin', 'iopub'];

const encoder = new TextEncoder();

/** The places of a frame's parts, as byte offsets into it. */
export interface FrameLayout {
  readonly channel: Channel;
  readonly headerStart: number;
  readonly parentStart: number;
  readonly metadataStart: number;
  readonly contentStart: number;
  readonly contentEnd: number;
  /** Start of each binary buffer, and the end of the last. Empty where there is none. */
  readonly bufferOffsets: readonly number[];
}

/** A message before framing. `header` must carry `msg_id`, `msg_type` and `session`. */
export interface Message {
  readonly channel: Channel;
  readonly header: Header;
  readonly parent_header: Header | Record<string, never>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: unknown;
  readonly buffers?: readonly Uint8Array[];
}

function isChannel(text: string): text is Channel {
  return channels.some((channel) => channel === text);
}

const channelBytes = channels.map((name) => ({ name, bytes: encoder.encode(name) }));

/** The channel's name, told by its bytes: a flood decodes no text for it. */
function channelAt(frame: Uint8Array, start: number, end: number): Channel | null {
  for (const { name, bytes } of channelBytes) {
    if (bytes.byteLength === end - start && hasAt(frame, start, bytes)) {
      return name;
    }
  }
  return null;
}

/** Shared by the many frames that have no buffers. */
const noBuffers: readonly number[] = [];

/** Offsets are 64 bit on the wire; a high word means a frame of 4 GiB, which no peer of ours may send. */
function readOffset(frame: Uint8Array, at: number): number {
  const isHigh = frame[at + 4] !== 0 || frame[at + 5] !== 0 || frame[at + 6] !== 0 || frame[at + 7] !== 0;
  const low = (frame[at] ?? 0) + ((frame[at + 1] ?? 0) << 8) + ((frame[at + 2] ?? 0) << 16);
  return isHigh ? Number.POSITIVE_INFINITY : low + (frame[at + 3] ?? 0) * 0x1000000;
}

/** Finds a frame's parts. `null` when the bytes are no v1 frame. */
export function layoutOf(frame: Uint8Array): FrameLayout | null {
  const length = frame.byteLength;
  if (length < 8) {
    return null;
  }
  const count = readOffset(frame, 0);
  // Channel start, five ends (channel, header, parent, metadata, content), then one end per buffer.
  if (count < 6 || count > 10_000 || 8 * (count + 1) > length) {
    return null;
  }
  let previous = 8 * (count + 1);
  for (let index = 1; index <= count; index++) {
    const offset = readOffset(frame, 8 * index);
    if (offset < previous || offset > length) {
      return null;
    }
    previous = offset;
  }
  const headerStart = readOffset(frame, 16);
  const channel = channelAt(frame, readOffset(frame, 8), headerStart);
  if (channel === null) {
    return null;
  }
  const bufferCount = count - 6;
  return {
    channel,
    headerStart,
    parentStart: readOffset(frame, 24),
    metadataStart: readOffset(frame, 32),
    contentStart: readOffset(frame, 40),
    contentEnd: readOffset(frame, 48),
    bufferOffsets:
      bufferCount === 0
        ? noBuffers
        : Array.from({ length: bufferCount + 1 }, (_, index) => readOffset(frame, 8 * (index + 6))),
  };
}

const [closingBrace, space] = [0x7d, 0x20];

/**
 * Whether the content ends as a JSON object does: a look at its last byte. A message with bytes too many or too few in
 * its middle keeps its length on the wire, and so mostly loses its end. No proof that it is sound.
 */
export function hasWholeContent(frame: Uint8Array, { contentStart, contentEnd }: FrameLayout): boolean {
  let end = contentEnd;
  while (end > contentStart && (frame[end - 1] ?? 0) <= space) {
    end -= 1;
  }
  return end === contentStart || frame[end - 1] === closingBrace;
}

/** A content as a plain object; an empty one where the bytes are no JSON object. */
export function parseContent(bytes: Uint8Array): Record<string, unknown> {
  const value = parseJson(bytes);
  return isObject(value) ? value : {};
}

/** A frame with the parts that routing needs. `content` and `metadata` are parsed only when asked for. */
export class Frame {
  constructor(
    readonly bytes: Uint8Array,
    readonly layout: FrameLayout,
    readonly header: Header,
    readonly parent: Header | null,
  ) {}

  get channel(): Channel {
    return this.layout.channel;
  }

  get contentBytes(): Uint8Array {
    return this.bytes.subarray(this.layout.contentStart, this.layout.contentEnd);
  }

  content(): Record<string, unknown> {
    return parseContent(this.contentBytes);
  }

  metadata(): Record<string, unknown> {
    const value = parseJson(this.bytes.subarray(this.layout.metadataStart, this.layout.contentStart));
    return isObject(value) ? value : {};
  }

  buffers(): Uint8Array[] {
    const offsets = this.layout.bufferOffsets;
    const buffers: Uint8Array[] = [];
    for (let index = 0; index + 1 < offsets.length; index++) {
      buffers.push(this.bytes.subarray(offsets[index], offsets[index + 1]));
    }
    return buffers;
  }
}

/** The kernel has done what this message's parent asked for. */
export function isIdle(frame: Frame): boolean {
  return frame.header.msg_type === 'status' && frame.content().execution_state === 'idle';
}

/**
 * Reads frames one after another. A flood's messages share one parent, so the last parent is kept and compared as
 * bytes instead of being parsed again; their headers are nearly the same (`HeaderReader`).
 */
export class FrameReader {
  private readonly headers = new HeaderReader();
  private lastParentBytes: Uint8Array = new Uint8Array(0);
  private lastParent: Header | null = null;

  /** `null` when the bytes are no v1 frame or carry no usable header. */
  read(bytes: Uint8Array): Frame | null {
    const layout = layoutOf(bytes);
    const header = layout === null ? null : this.headers.read(bytes, layout.headerStart, layout.parentStart);
    if (layout === null || header === null) {
      return null;
    }
    const { parentStart, metadataStart } = layout;
    const isSame = metadataStart - parentStart === this.lastParentBytes.byteLength;
    if (!isSame || !hasAt(bytes, parentStart, this.lastParentBytes)) {
      // A copy: a view would keep the socket's whole chunk, and `slice` of Node's Buffer is a view.
      this.lastParentBytes = new Uint8Array(bytes.subarray(parentStart, metadataStart));
      this.lastParent = parseHeader(this.lastParentBytes);
    }
    return new Frame(bytes, layout, header, this.lastParent);
  }
}

export function readFrame(bytes: Uint8Array): Frame | null {
  return new FrameReader().read(bytes);
}

function assemble(channel: Uint8Array, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const count = parts.length + 2;
  let offset = 8 * (count + 1);
  const total = offset + channel.byteLength + parts.reduce((sum, part) => sum + part.byteLength, 0);
  const frame = new Uint8Array(total);
  const view = new DataView(frame.buffer);
  view.setUint32(0, count, true);
  view.setUint32(8, offset, true);
  frame.set(channel, offset);
  offset += channel.byteLength;
  view.setUint32(16, offset, true);
  parts.forEach((part, index) => {
    frame.set(part, offset);
    offset += part.byteLength;
    view.setUint32(24 + 8 * index, offset, true);
  });
  return frame;
}

/** Frames a message. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  const json = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value ?? {}));
  return assemble(encoder.encode(message.channel), [
    json(message.header),
    json(message.parent_header),
    json(message.metadata),
    json(message.content),
    ...(message.buffers ?? []),
  ]);
}

/** The same frame with other content bytes (UTF-8 JSON); header, parent, metadata and buffers stay as they are. */
export function withContent(frame: Frame, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const { bytes, layout } = frame;
  return assemble(encoder.encode(layout.channel), [
    bytes.subarray(layout.headerStart, layout.parentStart),
    bytes.subarray(layout.parentStart, layout.metadataStart),
    bytes.subarray(layout.metadataStart, layout.contentStart),
    content,
    ...frame.buffers(),
  ]);
}

/**
 * Frames of servers that do not speak v1: JSON text, or (with buffers) a count, offsets and the JSON first, all
 * 32 bit big-endian. Source: `jupyter_server` `deserialize_binary_message`. `null` when it is neither.
 */
export function transcodeLegacy(data: string | Uint8Array): Uint8Array<ArrayBuffer> | null {
  const buffers: Uint8Array[] = [];
  let value: unknown;
  if (typeof data === 'string') {
    value = parseJson(encoder.encode(data));
  } else {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const count = data.byteLength >= 4 ? view.getUint32(0, false) : 0;
    if (count < 1 || count > 10_000 || 4 * (count + 1) > data.byteLength) {
      return null;
    }
    const ends = Array.from({ length: count }, (_, index) => view.getUint32(4 * (index + 1), false));
    ends.push(data.byteLength);
    value = parseJson(data.subarray(ends[0], ends[1]));
    for (let index = 1; index < count; index++) {
      buffers.push(data.subarray(ends[index], ends[index + 1]));
    }
  }
  if (!isObject(value) || typeof value.channel !== 'string' || !isChannel(value.channel)) {
    return null;
  }
  const json = (part: unknown): Uint8Array => encoder.encode(JSON.stringify(part ?? {}));
  return assemble(encoder.encode(value.channel), [
    json(value.header),
    json(value.parent_header),
    json(value.metadata),
    json(value.content),
    ...buffers,
  ]);
}

/** A v1 frame as the JSON text that older servers read. Buffers cannot travel this way; `null` then. */
export function toLegacyText(frame: Frame): string | null {
  if (frame.layout.bufferOffsets.length > 0) {
    return null;
  }
  const parent = parseJson(frame.bytes.subarray(frame.layout.parentStart, frame.layout.metadataStart));
  return JSON.stringify({
    channel: frame.channel,
    header: frame.header,
    parent_header: parent ?? {},
    metadata: frame.metadata(),
    content: frame.content(),
    buffers: [],
  });
}
