/**
 * Records and blocks: the bytes inside a journal (layout in FORMAT.md).
 *
 * A record is one entry with its own checksum; a block is many records behind a header that describes itself, so that
 * a block can be told from noise and read even when the database around it is damaged. Reading refuses to trust any
 * length: every one is checked against what is really there.
 */
import zlib from 'node:zlib';
import { asSeq } from '../../../shared/ids.ts';
import type { Direction, Entry, EntryKind, Lane } from '../../../shared/journal/entries.ts';
import { batchBytesMax, blockBytesMax } from '../../../shared/limits.ts';
import { decodeApart, decodeColumns, encodeColumns } from './columns.ts';

const recordHeaderBytes = 20;
const blockHeaderBytes = 32;
/** What JavaScript's dates can hold. */
const timeUsMax = 8.64e18;
/** "NJB1" read as a little-endian number. */
const blockMagic = 0x31424a4e;

/** `columns2` is what version 2 wrote: columns without contents apart. */
export const codecs = { raw: 0, deflate: 1, columns2: 2, columns: 3 } as const;
export type Codec = (typeof codecs)[keyof typeof codecs];
/** Those that are written. */
export type WrittenCodec = Exclude<Codec, typeof codecs.columns2>;

export interface NewRecord {
  readonly kind: EntryKind;
  readonly direction: Direction;
  readonly lane: Lane;
  readonly timeUs: number;
  readonly body: Uint8Array;
}

/** Records that were taken out of a batch. */
export interface Taken {
  /**
   * The records. They stand behind room for a block header in a buffer of their own, so that the block is made in
   * place (`blockInPlace`) and the buffer can be used again.
   */
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly count: number;
  readonly firstTimeUs: number;
  readonly lastTimeUs: number;
}

export function buffersOf(batches: readonly Taken[]): ArrayBuffer[] {
  return batches.map(({ payload }) => payload.buffer);
}

/** A batch begins with this much room; one this size holds a usual commit of a flood. */
const batchRoomBytes = batchBytesMax + 256 * 1024;
/** Buffers kept for reuse, 6 MiB in a flood. The pages of fresh memory cost more than copying into them. */
const spareBuffersMax = 8;

/** Small commits take little; a flood's all take the same, so that buffers can go round; beyond that sizes double. */
function roomFor(bytes: number): number {
  if (bytes <= batchRoomBytes / 8) {
    return batchRoomBytes / 8;
  }
  return bytes <= batchRoomBytes ? batchRoomBytes : 2 ** Math.ceil(Math.log2(bytes));
}

/** Collects records into one contiguous payload. */
export class RecordBatch {
  private readonly spare: ArrayBuffer[] = [];
  private buffer = new Uint8Array(4 * 1024);
  private view = new DataView(this.buffer.buffer);
  private used = blockHeaderBytes;
  private records = 0;
  private first = 0;
  private last = 0;

  get bytes(): number {
    return this.used - blockHeaderBytes;
  }

  get count(): number {
    return this.records;
  }

  add(record: NewRecord): void {
    const size = recordHeaderBytes + record.body.byteLength;
    this.reserve(size);
    const at = this.used;
    this.view.setUint32(at, record.body.byteLength, true);
    this.view.setUint8(at + 8, record.kind);
    this.view.setUint8(at + 9, record.direction);
    this.view.setUint8(at + 10, record.lane);
    this.view.setUint8(at + 11, 0);
    this.view.setFloat64(at + 12, record.timeUs, true);
    this.buffer.set(record.body, at + recordHeaderBytes);
    this.view.setUint32(at + 4, zlib.crc32(this.buffer.subarray(at + 8, at + size)), true);
    this.used += size;
    this.first = this.records === 0 ? record.timeUs : this.first;
    this.last = record.timeUs;
    this.records += 1;
  }

  private reserve(size: number): void {
    if (this.used + size <= this.buffer.byteLength) {
      return;
    }
    const needed = this.used + size;
    const recycled = needed <= batchRoomBytes ? this.spare.pop() : undefined;
    const grown = recycled === undefined ? new Uint8Array(roomFor(needed)) : new Uint8Array(recycled);
    grown.set(this.buffer.subarray(0, this.used));
    this.use(grown);
  }

  private use(buffer: Uint8Array<ArrayBuffer>): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer);
  }

  /** Takes back the buffer of a payload that was written. */
  recycle(buffer: ArrayBuffer): void {
    if (buffer.byteLength === batchRoomBytes && this.spare.length < spareBuffersMax) {
      this.spare.push(buffer);
    }
  }

  /** Hands the payload over, buffer and all, and starts anew. */
  take(): Taken {
    const taken = {
      payload: this.buffer.subarray(blockHeaderBytes, this.used),
      count: this.records,
      firstTimeUs: this.first,
      lastTimeUs: this.last,
    };
    this.use(new Uint8Array(4 * 1024));
    this.used = blockHeaderBytes;
    this.records = 0;
    return taken;
  }
}

/** A block as it stands in the `data` column. Records that do not fit into columns are deflated as they are. */
export function encodeBlock(payload: Uint8Array, firstSeq: number, entries: number, wanted: WrittenCodec): Uint8Array {
  const columns = wanted === codecs.columns ? encodeColumns(payload, entries) : null;
  const codec = wanted === codecs.columns && columns === null ? codecs.deflate : wanted;
  const body = columns?.body ?? (codec === codecs.deflate ? zlib.deflateRawSync(payload, { level: 3 }) : payload);
  const block = new Uint8Array(blockHeaderBytes + body.byteLength);
  const crc = columns?.crc ?? zlib.crc32(payload);
  writeBlockHeader(block, { codec, firstSeq, entries, rawSize: payload.byteLength, crc });
  block.set(body, blockHeaderBytes);
  return block;
}

/** The uncompressed block of a payload that a `RecordBatch` made: its header is written into the room before it. */
export function blockInPlace({ payload, count }: Pick<Taken, 'payload' | 'count'>, firstSeq: number): Uint8Array {
  const { buffer, byteOffset, byteLength } = payload;
  if (byteOffset !== blockHeaderBytes) {
    throw new Error('a payload without room for its header');
  }
  const block = new Uint8Array(buffer, 0, blockHeaderBytes + byteLength);
  const crc = zlib.crc32(payload);
  writeBlockHeader(block, { codec: codecs.raw, firstSeq, entries: count, rawSize: byteLength, crc });
  return block;
}

function writeBlockHeader(block: Uint8Array, header: BlockHeader): void {
  const view = new DataView(block.buffer, block.byteOffset, blockHeaderBytes);
  view.setUint32(0, blockMagic, true);
  view.setUint32(4, header.codec, true);
  view.setFloat64(8, header.firstSeq, true);
  view.setUint32(16, header.entries, true);
  view.setUint32(20, header.rawSize, true);
  view.setUint32(24, header.crc, true);
  view.setUint32(28, zlib.crc32(block.subarray(0, 28)), true);
}

export interface BlockHeader {
  readonly codec: Codec;
  readonly firstSeq: number;
  readonly entries: number;
  readonly rawSize: number;
  readonly crc: number;
}

/** `null` when the bytes do not begin with a whole block header. */
export function readBlockHeader(block: Uint8Array): BlockHeader | null {
  if (block.byteLength < blockHeaderBytes) {
    return null;
  }
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (view.getUint32(0, true) !== blockMagic || view.getUint32(28, true) !== zlib.crc32(block.subarray(0, 28))) {
    return null;
  }
  const codec = view.getUint8(4);
  const rawSize = view.getUint32(20, true);
  const known = Object.values(codecs).find((candidate) => candidate === codec);
  if (known === undefined || rawSize > blockBytesMax) {
    return null;
  }
  return {
    codec: known,
    firstSeq: view.getFloat64(8, true),
    entries: view.getUint32(16, true),
    rawSize,
    crc: view.getUint32(24, true),
  };
}

export interface BlockContents {
  readonly entries: Entry[];
  /** Entries that the header promises and that could not be read. */
  readonly lost: number;
}

function inflate(body: Uint8Array, rawSize: number): Uint8Array {
  const options = { maxOutputLength: rawSize + 1, finishFlush: zlib.constants.Z_SYNC_FLUSH };
  let isLie = false;
  const attempt = (length: number): Uint8Array | null => {
    try {
      return zlib.inflateRawSync(body.subarray(0, length), options);
    } catch (error) {
      isLie ||= error instanceof RangeError;
      return null;
    }
  };
  const whole = attempt(body.byteLength);
  if (whole !== null) {
    return whole;
  }
  if (isLie) {
    // More comes out than the block says: it is no writer's, and not worth another try.
    return new Uint8Array(0);
  }
  // Damaged inside: the longest part before the damage still inflates. Bisecting takes under twenty tries.
  let good = 0;
  let bad = body.byteLength;
  while (bad - good > 16) {
    const middle = (good + bad) >> 1;
    if (attempt(middle) === null) {
      bad = middle;
    } else {
      good = middle;
    }
  }
  return attempt(good) ?? new Uint8Array(0);
}

/** A time that a date can hold; 0 for any other number. No writer of ours stores one of those. */
function timeOf(timeUs: number): number {
  return Math.abs(timeUs) <= timeUsMax ? timeUs : 0;
}

function entryAt(payload: Uint8Array, view: DataView, seq: number, at: number, end: number): Entry {
  return {
    seq: asSeq(seq),
    kind: view.getUint8(at + 8) as EntryKind,
    direction: view.getUint8(at + 9) as Direction,
    lane: view.getUint8(at + 10) as Lane,
    timeUs: timeOf(view.getFloat64(at + 12, true)),
    body: payload.subarray(at + recordHeaderBytes, end),
  };
}

function readColumns(body: Uint8Array, header: BlockHeader): BlockContents {
  const { payload, places } = decodeColumns(body, header, header.codec === codecs.columns2 ? 6 : 7, inflate);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const entries = places.map(([index, start, end]) => entryAt(payload, view, header.firstSeq + index, start, end));
  return { entries, lost: header.entries - entries.length };
}

/** Reads a block's records. What is damaged is left out and counted, never guessed. */
export function readBlock(block: Uint8Array): BlockContents | null {
  const header = readBlockHeader(block);
  if (header === null) {
    return null;
  }
  const body = block.subarray(blockHeaderBytes);
  if (header.codec === codecs.columns || header.codec === codecs.columns2) {
    return readColumns(body, header);
  }
  const payload = header.codec === codecs.deflate ? inflate(body, header.rawSize) : body.subarray(0, header.rawSize);
  const sound = payload.byteLength === header.rawSize && zlib.crc32(payload) === header.crc;
  const entries: Entry[] = [];
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let at = 0;
  for (let index = 0; index < header.entries; index++) {
    if (at + recordHeaderBytes > payload.byteLength) {
      break;
    }
    const end = at + recordHeaderBytes + view.getUint32(at, true);
    if (end > payload.byteLength) {
      break;
    }
    if (sound || zlib.crc32(payload.subarray(at + 8, end)) === view.getUint32(at + 4, true)) {
      entries.push(entryAt(payload, view, header.firstSeq + index, at, end));
    }
    at = end;
  }
  return { entries, lost: header.entries - entries.length };
}

/** The content of one frame of a block where it stands apart there: a fraction of what reading the block takes. */
export function readContentApart(block: Uint8Array, seq: number): Uint8Array | null {
  const header = readBlockHeader(block);
  const index = header === null ? -1 : seq - header.firstSeq;
  return header?.codec === codecs.columns && index >= 0 && index < header.entries
    ? decodeApart(block.subarray(blockHeaderBytes), index, header.rawSize, inflate)
    : null;
}

/** The records of a sound block as they stand, for joining blocks when sealing. `null` when anything is amiss. */
export function rawPayloadOf(block: Uint8Array): Uint8Array | null {
  const header = readBlockHeader(block);
  if (header === null || header.codec !== codecs.raw) {
    return null;
  }
  const payload = block.subarray(blockHeaderBytes);
  return payload.byteLength === header.rawSize && zlib.crc32(payload) === header.crc ? payload : null;
}
