/**
 * Blocks out of a damaged journal file, without SQLite.
 *
 * SQLite gives up on a tree whose inner pages are gone; the leaves may still be there. This walks the file page by
 * page, parses every table leaf, follows overflow chains, and keeps each value that proves to be one of our blocks by
 * its own checksum. Source of the page layout: "Database File Format", sections 1.5 and 1.6, sqlite.org. Every number
 * read is bounded by the file's size: a hostile file costs time in proportion to its length and nothing else.
 */
import { blockBytesMax } from '../../../shared/limits.ts';
import { readBlockHeader } from './records.ts';

const tableLeaf = 0x0d;

export interface Salvaged {
  /** Blocks by their first seq; where stale copies overlap, all are given. */
  readonly blocks: { readonly firstSeq: number; readonly entries: number; readonly data: Uint8Array }[];
  /** Rows of `meta` whose page survived. */
  readonly meta: ReadonlyMap<string, string>;
  /** Bytes that the file should have by its own header and does not. */
  readonly bytesMissing: number;
}

interface Cursor {
  at: number;
}

function varint(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[cursor.at] ?? 0;
    cursor.at += 1;
    if (index === 8) {
      return value * 256 + byte;
    }
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) {
      return value;
    }
  }
  return value;
}

function serialSize(type: number): number {
  if (type >= 12) {
    return (type - 12) >> 1;
  }
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0;
}

class Pages {
  readonly size: number;
  readonly count: number;
  readonly claimed: number;

  constructor(private readonly file: Uint8Array) {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const stated = file.byteLength >= 100 ? view.getUint16(16, false) : 0;
    // Our writer makes 4 KiB pages; a header that says otherwise is taken for damage unless it is a valid size.
    const valid = stated >= 512 && (stated & (stated - 1)) === 0;
    this.size = valid ? stated : 4096;
    this.count = Math.floor(file.byteLength / this.size);
    this.claimed = file.byteLength >= 100 ? view.getUint32(28, false) * this.size : 0;
  }

  page(number: number): Uint8Array | null {
    const start = (number - 1) * this.size;
    return number >= 1 && start + this.size <= this.file.byteLength
      ? this.file.subarray(start, start + this.size)
      : null;
  }
}

/** The whole payload of a cell, or as much of it as the overflow chain still has. */
function payloadOf(pages: Pages, page: Uint8Array, start: number, length: number): Uint8Array {
  const usable = pages.size;
  const localMax = usable - 35;
  if (length <= localMax) {
    return page.subarray(start, start + length);
  }
  const localMin = Math.floor(((usable - 12) * 32) / 255) - 23;
  const spill = localMin + ((length - localMin) % (usable - 4));
  const local = spill <= localMax ? spill : localMin;
  if (start + local + 4 > page.byteLength) {
    return page.subarray(start);
  }
  const payload = new Uint8Array(length);
  payload.set(page.subarray(start, start + local));
  let filled = local;
  let next = new DataView(page.buffer, page.byteOffset + start + local, 4).getUint32(0, false);
  while (filled < length && next !== 0) {
    const overflow = pages.page(next);
    if (overflow === null) {
      break;
    }
    const take = Math.min(length - filled, usable - 4);
    payload.set(overflow.subarray(4, 4 + take), filled);
    filled += take;
    next = new DataView(overflow.buffer, overflow.byteOffset, 4).getUint32(0, false);
  }
  return payload.subarray(0, filled);
}

/** A row's values that are text or blobs, in column order; others are left out. */
function bodiesOf(payload: Uint8Array): Uint8Array[] {
  const cursor = { at: 0 };
  const headerSize = varint(payload, cursor);
  if (headerSize > 200) {
    return [];
  }
  const bodies: Uint8Array[] = [];
  let at = headerSize;
  while (cursor.at < headerSize) {
    const type = varint(payload, cursor);
    const size = serialSize(type);
    if (type >= 12) {
      bodies.push(payload.subarray(at, Math.min(at + size, payload.byteLength)));
    }
    at += size;
  }
  return bodies;
}

/** Takes out of a file whatever is provably ours. */
export function salvage(file: Uint8Array): Salvaged {
  const pages = new Pages(file);
  const blocks: Salvaged['blocks'] = [];
  const decoder = new TextDecoder();
  const meta = new Map<string, string>();
  let followed = 0;
  for (let number = 1; number <= pages.count; number++) {
    const page = pages.page(number);
    const head = number === 1 ? 100 : 0;
    if (page === null || page[head] !== tableLeaf) {
      continue;
    }
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const cells = view.getUint16(head + 3, false);
    for (let index = 0; index < cells && head + 10 + 2 * index <= pages.size; index++) {
      const cursor = { at: view.getUint16(head + 8 + 2 * index, false) };
      if (cursor.at >= pages.size) {
        continue;
      }
      const length = varint(page, cursor);
      varint(page, cursor);
      // A chain is followed for at most ten times the file's size in total: loops made on purpose end there.
      if (length > Math.min(blockBytesMax + 200, file.byteLength) || followed > 10 * file.byteLength) {
        continue;
      }
      followed += length;
      const bodies = bodiesOf(payloadOf(pages, page, cursor.at, length));
      const last = bodies[bodies.length - 1];
      if (last === undefined) {
        continue;
      }
      const header = readBlockHeader(last);
      if (header !== null) {
        blocks.push({ firstSeq: header.firstSeq, entries: header.entries, data: last });
      } else if (bodies.length === 2 && bodies[0] !== undefined && bodies[0].byteLength < 20) {
        meta.set(decoder.decode(bodies[0]), decoder.decode(last));
      }
    }
  }
  blocks.sort((left, right) => left.firstSeq - right.firstSeq || right.entries - left.entries);
  return { blocks, meta, bytesMissing: Math.max(0, pages.claimed - file.byteLength) };
}
