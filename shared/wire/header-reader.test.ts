import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHeader } from './header.ts';
import { HeaderReader } from './header-reader.ts';

const encoder = new TextEncoder();

/** As kernels in Python write it: a space after colons and commas. */
function text(msgId: string, change: Record<string, unknown> = {}): string {
  const header = {
    ...{ msg_id: msgId, msg_type: 'stream', username: 'u', session: 'k' },
    ...{ date: '2026-01-02T03:04:05.678901Z', version: '5.4' },
    ...change,
  };
  return JSON.stringify(header).replaceAll('":', '": ').replaceAll(',"', ', "');
}

function readAll(texts: readonly string[]): void {
  const reader = new HeaderReader();
  for (const one of texts) {
    const bytes = encoder.encode(`before${one}after`);
    expect(reader.read(bytes, 6, bytes.byteLength - 5), one).toEqual(parseHeader(encoder.encode(one)));
  }
}

describe('the headers of a flood', () => {
  it('are read as parsing reads them, whatever changes between them', () => {
    const value = fc.oneof(fc.constantFrom('k_1_', 'a"b', 'é', '\\', '_7', ''), fc.string({ unit: 'binary' }));
    const header = fc
      .record({
        id: fc.oneof(
          fc.nat({ max: 2000 }).map((number) => `k_1_${number}`),
          fc.constantFrom('k_1_007', 'k_1_', 'k', 'k_1_1234567890123456'),
          value,
        ),
        date: fc.constantFrom('2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:05.678902Z', 'now', 'k_1_12'),
        change: fc.oneof(
          { weight: 6, arbitrary: fc.constant({}) },
          fc.record({ msg_type: value }),
          fc.record({ session: value }),
          fc.record({ date: value }),
          fc.record({ more: fc.jsonValue() }),
        ),
      })
      .map(({ id, date, change }) => text(id, { date, ...change }));
    fc.assert(fc.property(fc.array(header, { maxLength: 40 }), readAll), { numRuns: 300 });
  });

  it('are read as parsing reads them, whatever byte is not what it was', () => {
    const good = text('k_1_104');
    for (let at = 0; at < good.length; at++) {
      for (const other of ['"', '\\', '0', '}', 'x', '\n', 'é']) {
        readAll([text('k_1_102'), text('k_1_103'), `${good.slice(0, at)}${other}${good.slice(at + 1)}`, good]);
      }
    }
  });

  it('are not taken for alike where a value stands twice', () => {
    readAll(['k_1_5', 'k_1_6', 'k_1_7'].map((id) => text(id, { session: id, date: id })));
    const twice = (id: string): string =>
      `{"msg_id": "${id}", "msg_id": "k_1_9", "msg_type": "stream", "session": "k"}`;
    readAll([twice('k_1_1'), twice('k_1_2'), twice('k_1_3')]);
  });

  it('are told apart by numbers of any length', () => {
    readAll([8, 9, 10, 99, 100, 999_999, 1_000_000].map((number) => text(`k_1_${number}`)));
  });
});
