import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { spoolPartBytesMax } from '../../../shared/limits.ts';
import { replyOf } from './helper-kernel.ts';

const records = Buffer.from('some records '.repeat(1_000));

/** What a helper kernel says, as the reply of its execution holds it. */
function said(fields: Record<string, unknown>, packed: Buffer): Record<string, unknown> {
  const text = `${JSON.stringify(fields)}\t${packed.toString('base64')}`;
  return { user_expressions: { reply: { status: 'ok', data: { 'text/plain': text } } } };
}

describe('the answer of a recorder', () => {
  it('holds what was packed into it', async () => {
    const answer = await replyOf(said({ state: 'data', raw: records.byteLength }, zlib.deflateSync(records)));
    expect(answer.ok && answer.value.payload?.equals(records)).toBe(true);
    const empty = await replyOf(said({ state: 'data', raw: 0 }, zlib.deflateSync(Buffer.alloc(0))));
    expect(empty.ok && empty.value.payload?.byteLength).toBe(0);
  });

  it('is refused when a bit of it is not what was sent', async () => {
    const packed = zlib.deflateSync(records);
    for (let at = 2; at < packed.byteLength; at++) {
      const damaged = Buffer.from(packed);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(await replyOf(said({ raw: records.byteLength }, damaged)), `byte ${at}`).toMatchObject({ ok: false });
    }
  });

  it('is refused when it is longer or shorter than it says', async () => {
    for (const raw of [records.byteLength - 1, records.byteLength + 1, 0, -1, '13000', undefined]) {
      expect(await replyOf(said({ raw }, zlib.deflateSync(records))), String(raw)).toMatchObject({ ok: false });
    }
  });

  it('never takes more memory than a recorder may ask for', async () => {
    const bomb = zlib.deflateSync(Buffer.alloc(spoolPartBytesMax + 1));
    expect(await replyOf(said({ raw: spoolPartBytesMax + 1 }, bomb))).toMatchObject({ ok: false });
  });
});
