import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directions, entryKinds, lanes } from '../../../shared/journal/entries.ts';
import { encodeMessage, readFrame } from '../../../shared/wire/codec.ts';
import { codecs, encodeBlock, readBlock, readBlockHeader, readContentApart, RecordBatch } from './records.ts';

const id = fc.constantFrom('a', 'kernel_1_1', 'kernel_1_2', 'ü'.repeat(40));
const message = fc.record({
  channel: fc.constantFrom('shell', 'control', 'stdin', 'iopub'),
  header: fc.record({ msg_id: id, msg_type: fc.constantFrom('stream', 'status'), session: id }),
  parent_header: fc.oneof(fc.constant({}), fc.record({ msg_id: id, msg_type: id, session: id })),
  metadata: fc.oneof(fc.constant({}), fc.record({ cellId: id })),
  content: fc.jsonValue({ maxDepth: 2 }),
  buffers: fc.oneof(fc.constant([]), fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 })),
});
/** Displays around the size from which they stand apart, so alike that packing them together would pay. */
const display = fc
  .record({
    type: fc.constantFrom('display_data', 'execute_result', 'update_display_data', 'stream'),
    mime: fc.constantFrom('image/png', 'text/html'),
    size: fc.constantFrom(10, 4_000, 5_000, 40_000),
    noise: fc.string({ maxLength: 20 }),
  })
  .map(
    ({ type, mime, size, noise }) =>
      new Uint8Array(
        encodeMessage({
          channel: 'iopub',
          header: { msg_id: noise, msg_type: type, session: 'a' },
          parent_header: {},
          metadata: {},
          content: { data: { [mime]: noise + 'A'.repeat(size) }, metadata: {} },
        }),
      ),
  );
const body = fc.oneof(
  display,
  {
    weight: 5,
    arbitrary: message.map((made) => new Uint8Array(encodeMessage(made as Parameters<typeof encodeMessage>[0]))),
  },
  fc.uint8Array({ maxLength: 200 }),
  // A frame whose offsets are not those its parts give comes back with the offsets that it had.
  message.map((made) => {
    const frame = new Uint8Array(encodeMessage(made as Parameters<typeof encodeMessage>[0]));
    frame[16] = (frame[16] ?? 0) ^ 1;
    return frame;
  }),
);
const record = fc.record({
  kind: fc.constantFrom(...Object.values(entryKinds)),
  direction: fc.constantFrom(...Object.values(directions)),
  lane: fc.constantFrom(...Object.values(lanes)),
  timeUs: fc.oneof(fc.integer(), fc.constant(1_764_000_000_000_000), fc.double({ noNaN: true, min: -8e18, max: 8e18 })),
  body,
});

function blockOf(records: readonly Parameters<RecordBatch['add']>[0][]): Uint8Array {
  const batch = new RecordBatch();
  for (const one of records) {
    batch.add(one);
  }
  const taken = batch.take();
  return encodeBlock(taken.payload, 7, taken.count, codecs.columns);
}

/** An image like no other, as Jupyter sends it; every third time a table. */
function displayOf(index: number): Uint8Array {
  const noise = Array.from({ length: 200 }, (_, part) =>
    createHash('sha512').update(`${index} ${part}`).digest('base64'),
  ).join('');
  return new Uint8Array(
    encodeMessage({
      channel: 'iopub',
      header: { msg_id: `kernel_1_${index}`, msg_type: 'display_data', session: 'kernel' },
      parent_header: {},
      metadata: {},
      content: { data: { [index % 3 === 2 ? 'text/html' : 'image/png']: noise }, metadata: {} },
    }),
  );
}

function blockOfDisplays(count: number): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => ({
    kind: entryKinds.frame,
    direction: directions.in,
    lane: lanes.live,
    timeUs: index,
    body: displayOf(index),
  }));
  return blockOf(records);
}

/** A block of two entries, number 7 a note, number 8 an image. */
const writtenByVersion3 =
  'TkpCMQMAAAAAAAAAAAAcQAIAAAAWIAAAZrqzwnHPh5gTAAAAEwAAADwAAABEAAAAAgAAAAIAAAAAAAAAAAAAAAIAAAACAAAABAAAAAQAAABNAAAATQAAABWAiXoAAhEAVEQC5z5NqfvnjAOrVsotTo/PTFGyUspOLcpLzYk3jDdU0gGLllQWpCpZKaVkFhfkJFbGpySWJCrpKBWnFhdn5ufBNSjVAgB7fXt9Zrqzwu3ZIQqAQBAAwL9sFjRftBoEg/1AEYNiEAzH/d3iL5w0j5gSS75zpBL7kbe1vc4tUuxzP05PN5AkSZIkSZIkSZIk+WejNnGsd/5uvdYX';

describe('a display that stands apart', () => {
  it('is read without the rest of its block', () => {
    const block = blockOfDisplays(40);
    for (let index = 0; index < 40; index++) {
      const content = readFrame(displayOf(index))?.contentBytes ?? expect.fail('no frame');
      const apart = readContentApart(block, 7 + index);
      // A table of this size is packed with its neighbours, which it may be like.
      expect(apart === null ? null : Buffer.from(apart)).toEqual(index % 3 === 2 ? null : Buffer.from(content));
    }
    expect(readContentApart(block, 6)).toBeNull();
    expect(readContentApart(block, 47)).toBeNull();
  });

  /** The last image stands at the very end. With it goes what shares its checksum: the block's last 8. */
  function expectOnlyTheLastLost(damaged: Uint8Array, block: Uint8Array): void {
    expect(readContentApart(damaged, 46)).toBeNull();
    const before = readContentApart(damaged, 44);
    expect(before).not.toBeNull();
    expect(before).toEqual(readContentApart(block, 44));
    const contents = readBlock(damaged);
    expect(contents?.lost).toBe(8);
    expect(contents?.entries).toEqual(readBlock(block)?.entries.slice(0, 32));
  }

  it('is not taken for sound where it is damaged, and takes nothing with it but what shares its checksum', () => {
    const block = blockOfDisplays(40);
    const damaged = block.slice();
    damaged[block.byteLength - 3_000] = (damaged[block.byteLength - 3_000] ?? 0) ^ 0xff;
    expectOnlyTheLastLost(damaged, block);
  });

  it('is lost with the end of its block alone, and nothing before it', () => {
    const block = blockOfDisplays(40);
    expectOnlyTheLastLost(block.slice(0, block.byteLength - 3_000), block);
  });

  it('is itself or nothing, whatever byte is damaged', () => {
    const block = blockOfDisplays(12);
    fc.assert(
      fc.property(fc.nat(block.byteLength - 1), fc.integer({ min: 1, max: 255 }), fc.nat(11), (at, change, index) => {
        const damaged = block.slice();
        damaged[at] = (damaged[at] ?? 0) ^ change;
        const apart = readContentApart(damaged, 7 + index);
        expect(
          apart === null || Buffer.compare(apart, readContentApart(block, 7 + index) ?? new Uint8Array()) === 0,
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is read as it was written by the first version that had it', () => {
    const block = Buffer.from(writtenByVersion3, 'base64');
    const content = readContentApart(block, 8);
    expect(JSON.parse(Buffer.from(content ?? []).toString())).toEqual({
      data: { 'image/png': 'iVBORw0K'.repeat(1_000) },
      metadata: {},
    });
    expect(readBlock(block)).toMatchObject({ lost: 0, entries: [{ seq: 7 }, { seq: 8 }] });
  });
});

describe('a block in columns', () => {
  it('gives back every record byte for byte, whatever it was', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 60 }), (records) => {
        const contents = readBlock(blockOf(records));
        expect(contents?.lost).toBe(0);
        expect(contents?.entries.map(({ body: bytes, ...rest }) => ({ ...rest, body: [...bytes] }))).toEqual(
          records.map(({ body: bytes, ...rest }, index) => ({ seq: 7 + index, ...rest, body: [...bytes] })),
        );
      }),
    );
  });

  it('loses around a damaged byte no more than what shares its checksum or its compressed column', () => {
    const records = Array.from({ length: 400 }, (_, index) => ({
      kind: entryKinds.note,
      direction: directions.in,
      lane: lanes.live,
      timeUs: index,
      // Noise is not compressed, so a flipped byte of it stays one byte. The same noise in every run.
      body: new Uint8Array(createHash('sha256').update(`${index}`).digest()),
    }));
    const block = blockOf(records);
    expect(readBlockHeader(block)?.codec).toBe(codecs.columns);
    const damaged = block.slice();
    const at = block.byteLength - 2_000;
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    const contents = readBlock(damaged);
    expect(contents?.entries.length).toBeGreaterThan(300);
    expect(contents?.lost).toBeGreaterThan(0);
  });
});
