/**
 * The columns codec: a sealed block's records taken apart, so that like stands beside like before it is compressed
 * (layout in FORMAT.md, "Columns").
 *
 * A kernel's messages differ in a counter, a time and a few words. Headers in one column, contents in another, parents
 * only when they change: that halves what plain compression of whole frames leaves. Images stand apart, each packed
 * alone, so that one of them is read without the rest. Every record comes back byte for byte; a block that does not fit
 * the scheme (`null`) is compressed whole instead. Reading trusts no length.
 */
import zlib from 'node:zlib';
import { inlineDisplayBytes } from '../../../shared/limits.ts';

const recordHeaderBytes = 20;
/** Records that share one checksum: what is lost around a damaged byte. */
const groupRecords = 16;
/** Columns of this version's blocks, in the order of the directory. Those of version 2 have no `apart`. */
const columnNames = ['shape', 'headers', 'parents', 'contents', 'others', 'checks', 'apart'] as const;
type ColumnName = (typeof columnNames)[number];
type ColumnCount = 6 | 7;

/** Bits of a frame's form; the lowest three are 1 + the channel. 0 is a body as it stands. */
const form = { sameParent: 8, emptyMetadata: 16, buffers: 32, apart: 64 } as const;
const channelNames = ['shell', 'control', 'stdin', 'iopub'].map((name) => Buffer.from(name));
const emptyObject = Buffer.from('{}');

const deflateLevel = { level: 4, memLevel: 9 } as const;
/** What deflate looks back: beyond it a content finds nothing in its neighbours anyway. */
const deflateWindowBytes = 32 * 1024;
const displayTypes = ['display_data', 'execute_result', 'update_display_data'].map((type) => Buffer.from(`"${type}"`));
const imageKey = Buffer.from('"image/');

/** Whether a content is packed alone: a display that is asked for by itself and gains nothing from its neighbours. */
function standsApart(header: Buffer, content: Buffer): boolean {
  return (
    content.byteLength > inlineDisplayBytes &&
    displayTypes.some((type) => header.includes(type)) &&
    (content.byteLength > deflateWindowBytes || content.includes(imageKey))
  );
}

/** Bytes that grow. */
class Sink {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private used = 0;

  private reserve(size: number): void {
    if (this.used + size > this.buffer.byteLength) {
      const grown = Buffer.allocUnsafe(Math.max(this.buffer.byteLength * 2, this.used + size));
      this.buffer.copy(grown, 0, 0, this.used);
      this.buffer = grown;
    }
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.used++] = value;
  }

  /** LEB128 of a number up to 2^53. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Small numbers of either sign in few bytes. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.buffer.writeUInt32LE(value, this.used);
    this.used += 4;
  }

  bytes(part: Uint8Array): void {
    this.reserve(part.byteLength);
    this.buffer.set(part, this.used);
    this.used += part.byteLength;
  }

  done(): Buffer {
    return this.buffer.subarray(0, this.used);
  }
}

/** The places of a frame's parts, or `null` when its offsets are not exactly those that the parts give. */
function frameOffsets(view: DataView, at: number, length: number): number[] | null {
  if (length < 56) {
    return null;
  }
  const count = view.getUint32(at, true);
  if (count < 6 || count > 1_000 || view.getUint32(at + 4, true) !== 0 || 8 * (count + 1) > length) {
    return null;
  }
  const offsets: number[] = [];
  let previous = 8 * (count + 1);
  for (let index = 1; index <= count; index++) {
    const offset = view.getUint32(at + 8 * index, true);
    const isFirst = index === 1;
    if (view.getUint32(at + 8 * index + 4, true) !== 0 || offset < previous || (isFirst && offset !== previous)) {
      return null;
    }
    offsets.push(offset);
    previous = offset;
  }
  return previous === length ? offsets : null;
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && Buffer.compare(left, right) === 0;
}

class Encoder {
  private readonly shape = new Sink();
  private readonly headers = new Sink();
  private readonly parents = new Sink();
  private readonly contents = new Sink();
  private readonly others = new Sink();
  private readonly apart = new Sink();
  private readonly payload: Buffer;
  private records = 0;
  private lastParent: Uint8Array = new Uint8Array(0);

  constructor(
    payload: Uint8Array,
    private readonly view: DataView,
  ) {
    this.payload = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  }

  body(start: number, end: number): void {
    const offsets = frameOffsets(this.view, start, end - start);
    const part = (index: number): Buffer =>
      this.payload.subarray(start + (offsets?.[index] ?? 0), start + (offsets?.[index + 1] ?? 0));
    const channel = offsets === null ? -1 : channelNames.findIndex((name) => same(name, part(0)));
    if (offsets === null || channel < 0) {
      this.shape.byte(0);
      this.shape.varint(end - start);
      this.others.bytes(this.payload.subarray(start, end));
      return;
    }
    const [header, parent, metadata, content] = [part(1), part(2), part(3), part(4)];
    const isSameParent = same(parent, this.lastParent);
    const isEmptyMetadata = same(metadata, emptyObject);
    const isApart = standsApart(header, content);
    const buffers = offsets.length - 6;
    this.shape.byte(
      (channel + 1) |
        (isSameParent ? form.sameParent : 0) |
        (isEmptyMetadata ? form.emptyMetadata : 0) |
        (buffers > 0 ? form.buffers : 0) |
        (isApart ? form.apart : 0),
    );
    this.shape.varint(header.byteLength);
    this.headers.bytes(header);
    if (!isSameParent) {
      this.shape.varint(parent.byteLength);
      this.parents.bytes(parent);
      this.lastParent = parent;
    }
    if (!isEmptyMetadata) {
      this.shape.varint(metadata.byteLength);
      this.contents.bytes(metadata);
    }
    this.shape.varint(content.byteLength);
    if (isApart) {
      this.contentApart(content);
    } else {
      this.contents.bytes(content);
    }
    if (buffers > 0) {
      this.shape.varint(buffers);
      for (let index = 0; index < buffers; index++) {
        this.shape.varint(part(5 + index).byteLength);
        this.others.bytes(part(5 + index));
      }
    }
  }

  private contentApart(content: Buffer): void {
    const packed = packedColumn(content);
    this.shape.varint(packed.byteLength);
    this.shape.varint(checksumApart(content, this.records));
    this.apart.bytes(packed);
  }

  record(at: number, end: number, previousTime: number): number | null {
    const kind = this.payload[at + 8] ?? 0;
    const direction = this.payload[at + 9] ?? 0;
    const lane = this.payload[at + 10] ?? 0;
    const time = this.view.getFloat64(at + 12, true);
    if (kind > 7 || direction > 1 || lane > 15 || this.payload[at + 11] !== 0 || !Number.isSafeInteger(time)) {
      return null;
    }
    if (Object.is(time, -0) || !Number.isSafeInteger(2 * (time - previousTime))) {
      return null;
    }
    this.shape.byte(kind | (direction << 3) | (lane << 4));
    this.shape.signed(time - previousTime);
    this.body(at + recordHeaderBytes, end);
    this.records += 1;
    return time;
  }

  /** The columns, packed, and how long each was. */
  columns(checks: Buffer): { readonly packed: Uint8Array; readonly size: number }[] {
    const plain = [this.shape, this.headers, this.parents, this.contents, this.others].map((sink) => sink.done());
    const apart = this.apart.done();
    return [
      ...[...plain, checks].map((column) => ({ packed: packedColumn(column), size: column.byteLength })),
      { packed: apart, size: apart.byteLength },
    ];
  }
}

/** Holds only for this content of this record: damage must not show one image in the place of another. */
function checksumApart(content: Uint8Array, index: number): number {
  return zlib.crc32(content, index);
}

/** Deflated, or as it is where that is no longer. */
function packedColumn(column: Buffer): Buffer {
  const deflated = zlib.deflateRawSync(column, deflateLevel);
  return deflated.byteLength < column.byteLength ? deflated : column;
}

/** Records without their checksums, as they are checksummed here. */
function withoutChecksums(payload: Uint8Array, starts: readonly number[]): Uint8Array {
  const plain = new Uint8Array(payload);
  for (const at of starts) {
    plain.fill(0, at + 4, at + 8);
  }
  return plain;
}

export interface Columns {
  readonly body: Uint8Array;
  /** Checksum of the records with checksum fields of zero. */
  readonly crc: number;
}

/** `null` when the records do not fit the scheme. */
export function encodeColumns(payload: Uint8Array, entries: number): Columns | null {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const encoder = new Encoder(payload, view);
  const starts: number[] = [];
  let at = 0;
  let time = 0;
  for (let index = 0; index < entries; index++) {
    if (at + recordHeaderBytes > payload.byteLength) {
      return null;
    }
    const end = at + recordHeaderBytes + view.getUint32(at, true);
    const next = end > payload.byteLength ? null : encoder.record(at, end, time);
    if (next === null) {
      return null;
    }
    time = next;
    starts.push(at);
    at = end;
  }
  if (at !== payload.byteLength) {
    return null;
  }
  const plain = withoutChecksums(payload, starts);
  const groups = new Sink();
  for (let index = 0; index < starts.length; index += groupRecords) {
    groups.uint32(zlib.crc32(plain.subarray(starts[index], starts[index + groupRecords] ?? plain.byteLength)));
  }
  const columns = encoder.columns(groups.done());
  const directory = Buffer.alloc(columns.length * 8);
  columns.forEach(({ packed, size }, index) => {
    directory.writeUInt32LE(packed.byteLength, 8 * index);
    directory.writeUInt32LE(size, 8 * index + 4);
  });
  return { body: Buffer.concat([directory, ...columns.map(({ packed }) => packed)]), crc: zlib.crc32(plain) };
}

/** Reads a column; numbers and parts come out in the order they went in. Running over its end is told by `isOver`. */
class Source {
  private at = 0;
  isOver = false;

  constructor(private readonly bytes: Uint8Array) {}

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) {
      this.isOver = true;
      return 0;
    }
    this.at += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 8; index++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        return value;
      }
      scale *= 128;
    }
    this.isOver = true;
    return 0;
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.byteLength) {
      this.isOver = true;
      return this.bytes.subarray(0, 0);
    }
    return this.takeRest(length);
  }

  /** As much of the next part as is there. */
  takeRest(length: number): Uint8Array {
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }
}

export type Inflate = (bytes: Uint8Array, rawSize: number) => Uint8Array;

interface Column {
  /** What is there of it. */
  readonly bytes: Uint8Array;
  /** Bytes it was packed into, and bytes before that. */
  readonly packed: number;
  readonly size: number;
}

/** Where the columns of a block are, as its directory says; `null` when it makes no sense. */
function columnsIn(body: Uint8Array, count: ColumnCount, sizeMax: number): Column[] | null {
  if (body.byteLength < count * 8) {
    return null;
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const columns: Column[] = [];
  let at = count * 8;
  for (let index = 0; index < count; index++) {
    const packed = view.getUint32(8 * index, true);
    const size = view.getUint32(8 * index + 4, true);
    if (size > sizeMax) {
      return null;
    }
    columns.push({ bytes: body.subarray(at, Math.min(at + packed, body.byteLength)), packed, size });
    at += packed;
  }
  return columns;
}

/** `undefined` in a block of version 2 that has none of this name. */
function named<Value>(columns: readonly Value[], name: ColumnName): Value | undefined {
  return columns[columnNames.indexOf(name)];
}

/** A column or a content apart, as far as it can be inflated. */
function unpacked({ bytes, packed, size }: Column, inflate: Inflate): Uint8Array {
  return packed === size ? bytes : inflate(bytes, size);
}

/** The column of shapes, read: what is said of one record after the other. */
class Shapes {
  private readonly source: Source;
  flags = 0;
  timeUs = 0;
  form = 0;
  /** Bytes of a body that is no frame. */
  bodySize = 0;
  headerSize = 0;
  parentSize = 0;
  metadataSize = 0;
  contentSize = 0;
  /** Of a content that stands apart: bytes it is packed into, and its checksum. */
  packedSize = 0;
  checksum = 0;
  readonly bufferSizes: number[] = [];

  constructor(column: Uint8Array) {
    this.source = new Source(column);
  }

  /** False at the end, and where what is said makes no sense. */
  next(): boolean {
    const { source } = this;
    this.flags = source.byte();
    this.timeUs += source.signed();
    this.form = source.byte();
    this.packedSize = 0;
    this.bufferSizes.length = 0;
    if (this.form === 0) {
      this.bodySize = source.varint();
      return !source.isOver;
    }
    this.headerSize = source.varint();
    this.parentSize = this.has(form.sameParent) ? 0 : source.varint();
    this.metadataSize = this.has(form.emptyMetadata) ? 0 : source.varint();
    this.contentSize = source.varint();
    if (this.has(form.apart)) {
      this.packedSize = source.varint();
      this.checksum = source.varint();
    }
    const buffers = this.has(form.buffers) ? source.varint() : 0;
    if (buffers > 1_000) {
      return false;
    }
    for (let index = 0; index < buffers; index++) {
      this.bufferSizes.push(source.varint());
    }
    return !source.isOver;
  }

  has(bit: number): boolean {
    return (this.form & bit) !== 0;
  }
}

class Decoder {
  readonly payload: Uint8Array;
  private readonly view: DataView;
  private readonly shapes: Shapes;
  private readonly headers: Source;
  private readonly parents: Source;
  private readonly contents: Source;
  private readonly others: Source;
  private readonly apart: Source;
  private lastParent: Uint8Array = new Uint8Array(0);
  at = 0;

  constructor(
    columns: readonly Uint8Array[],
    rawSize: number,
    private readonly inflate: Inflate,
  ) {
    // Zeroed memory: checksum fields and the upper halves of offsets stay as they are.
    this.payload = new Uint8Array(rawSize);
    this.view = new DataView(this.payload.buffer);
    const column = (name: ColumnName): Uint8Array => named(columns, name) ?? new Uint8Array(0);
    this.shapes = new Shapes(column('shape'));
    this.headers = new Source(column('headers'));
    this.parents = new Source(column('parents'));
    this.contents = new Source(column('contents'));
    this.others = new Source(column('others'));
    this.apart = new Source(column('apart'));
  }

  private get isOver(): boolean {
    return this.headers.isOver || this.parents.isOver || this.contents.isOver || this.others.isOver;
  }

  /** Writes the next record. False when there is none whole. */
  record(): boolean {
    const { shapes } = this;
    const start = this.at + recordHeaderBytes;
    if (!shapes.next() || start > this.payload.byteLength) {
      return false;
    }
    const end = shapes.form === 0 ? this.plain(start) : this.frame(start);
    if (end === null || this.isOver) {
      return false;
    }
    this.view.setUint32(this.at, end - start, true);
    this.payload[this.at + 8] = shapes.flags & 7;
    this.payload[this.at + 9] = (shapes.flags >> 3) & 1;
    this.payload[this.at + 10] = shapes.flags >> 4;
    this.view.setFloat64(this.at + 12, shapes.timeUs, true);
    this.at = end;
    return true;
  }

  private plain(start: number): number | null {
    const body = this.others.take(this.shapes.bodySize);
    const end = start + body.byteLength;
    if (end > this.payload.byteLength) {
      return null;
    }
    this.payload.set(body, start);
    return end;
  }

  private frame(start: number): number | null {
    const { shapes } = this;
    const channel = channelNames[(shapes.form & 7) - 1];
    if (channel === undefined) {
      return null;
    }
    const header = this.headers.take(shapes.headerSize);
    if (!shapes.has(form.sameParent)) {
      this.lastParent = this.parents.take(shapes.parentSize);
    }
    const metadata = shapes.has(form.emptyMetadata) ? emptyObject : this.contents.take(shapes.metadataSize);
    const content = this.content();
    if (content === null) {
      return null;
    }
    const parts: Uint8Array[] = [channel, header, this.lastParent, metadata, content];
    for (const size of shapes.bufferSizes) {
      parts.push(this.others.take(size));
    }
    const count = parts.length + 1;
    let offset = 8 * (count + 1);
    let total = offset;
    for (const part of parts) {
      total += part.byteLength;
    }
    if (start + total > this.payload.byteLength) {
      return null;
    }
    this.view.setUint32(start, count, true);
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] ?? emptyObject;
      this.view.setUint32(start + 8 * (index + 1), offset, true);
      this.payload.set(part, start + offset);
      offset += part.byteLength;
    }
    this.view.setUint32(start + 8 * count, offset, true);
    return start + offset;
  }

  private content(): Uint8Array | null {
    const { contentSize: size, packedSize } = this.shapes;
    if (!this.shapes.has(form.apart)) {
      return this.contents.take(size);
    }
    if (size > this.payload.byteLength) {
      return null;
    }
    const content = unpacked({ bytes: this.apart.takeRest(packedSize), packed: packedSize, size }, this.inflate);
    if (content.byteLength === size) {
      return content;
    }
    // Damaged, or cut off: with room in its place the records after it keep theirs.
    return new Uint8Array(size);
  }
}

/**
 * The content of one record where it stands apart, without unpacking the other records; `null` where it does not, or
 * where its checksum does not hold.
 */
export function decodeApart(body: Uint8Array, index: number, sizeMax: number, inflate: Inflate): Uint8Array | null {
  const columns = columnsIn(body, 7, sizeMax) ?? [];
  const shape = named(columns, 'shape');
  const apart = named(columns, 'apart');
  if (shape === undefined || apart === undefined) {
    return null;
  }
  const shapes = new Shapes(unpacked(shape, inflate));
  let at = 0;
  for (let record = 0; record <= index; record++) {
    at += shapes.packedSize;
    if (!shapes.next()) {
      return null;
    }
  }
  const { contentSize: size, packedSize, checksum } = shapes;
  if (!shapes.has(form.apart) || size > sizeMax) {
    return null;
  }
  const content = unpacked({ bytes: apart.bytes.subarray(at, at + packedSize), packed: packedSize, size }, inflate);
  return content.byteLength === size && checksumApart(content, index) === checksum ? content : null;
}

export interface Decoded {
  /** Records with checksum fields of zero. */
  readonly payload: Uint8Array;
  /** Start of each record that is proven, and its end. Others were not read or not sound. */
  readonly places: readonly (readonly [index: number, start: number, end: number])[];
}

export function decodeColumns(
  body: Uint8Array,
  header: { readonly rawSize: number; readonly entries: number; readonly crc: number },
  count: ColumnCount,
  inflate: Inflate,
): Decoded {
  const columns = columnsIn(body, count, header.rawSize)?.map((column) => unpacked(column, inflate)) ?? null;
  // A record takes more than its header: a count that cannot be true costs nothing.
  if (columns === null || header.entries * recordHeaderBytes > header.rawSize) {
    return { payload: new Uint8Array(0), places: [] };
  }
  const decoder = new Decoder(columns, header.rawSize, inflate);
  const places: [number, number, number][] = [];
  for (let index = 0; index < header.entries; index++) {
    const start = decoder.at;
    if (!decoder.record()) {
      break;
    }
    places.push([index, start, decoder.at]);
  }
  const { payload } = decoder;
  if (places.length === header.entries && decoder.at === header.rawSize && zlib.crc32(payload) === header.crc) {
    return { payload, places };
  }
  const checks = named(columns, 'checks') ?? new Uint8Array(0);
  return { payload, places: provenPlaces(payload, places, checks, header.entries) };
}

/** The records of those groups whose checksum still holds. */
function provenPlaces(
  payload: Uint8Array,
  places: readonly (readonly [number, number, number])[],
  checksums: Uint8Array,
  entries: number,
): (readonly [number, number, number])[] {
  const view = new DataView(checksums.buffer, checksums.byteOffset, checksums.byteLength);
  const proven: (readonly [number, number, number])[] = [];
  for (let first = 0; first < places.length; first += groupRecords) {
    const group = places.slice(first, first + groupRecords);
    const at = (first / groupRecords) * 4;
    const isWhole = group.length === Math.min(groupRecords, entries - first);
    const start = group[0]?.[1] ?? 0;
    const end = group[group.length - 1]?.[2] ?? 0;
    if (
      isWhole &&
      at + 4 <= checksums.byteLength &&
      zlib.crc32(payload.subarray(start, end)) === view.getUint32(at, true)
    ) {
      proven.push(...group);
    }
  }
  return proven;
}
