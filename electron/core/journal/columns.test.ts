import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directions, entryKinds, lanes } from '../../../shared/journal/entries.ts';
import { encodeMessage } from '../../../shared/wire/codec.ts';
import { codecs, encodeBlock, readBlock, readBlockHeader, RecordBatch } from './records.ts';

const id = fc.constantFrom('a', 'kernel_1_1', 'kernel_1_2', 'ü'.repeat(40));
const message = fc.record({
  channel: fc.constantFrom('shell', 'control', 'stdin', 'iopub'),
  header: fc.record({ msg_id: id, msg_type: fc.constantFrom('stream', 'status'), session: id }),
  parent_header: fc.oneof(fc.constant({}), fc.record({ msg_id: id, msg_type: id, session: id })),
  metadata: fc.oneof(fc.constant({}), fc.record({ cellId: id })),
  content: fc.jsonValue({ maxDepth: 2 }),
  buffers: fc.oneof(fc.constant([]), fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 })),
});
const body = fc.oneof(
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
