import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeMessage,
  type Frame,
  hasWholeContent,
  layoutOf,
  type Message,
  readFrame,
  toLegacyText,
  transcodeLegacy,
  withContent,
} from './codec.ts';
import { StreamCoalescer } from './coalesce.ts';

const header = { msg_id: 'm_1_1', msg_type: 'stream', session: 's' };
const parent = { msg_id: 'p', msg_type: 'execute_request', session: 's' };

function message(change: Partial<Message> = {}): Message {
  return { channel: 'iopub', header, parent_header: parent, metadata: {}, content: {}, ...change };
}

function frameOf(change: Partial<Message> = {}): Frame {
  const frame = readFrame(encodeMessage(message(change)));
  expect(frame).not.toBeNull();
  return frame ?? expect.fail('unreadable');
}

describe('the v1 framing', () => {
  it('is laid out as the specification says', () => {
    const bytes = encodeMessage(message({ content: { a: 1 } }));
    const view = new DataView(bytes.buffer);
    expect(view.getUint32(0, true)).toBe(6);
    expect(view.getUint32(8, true)).toBe(56);
    expect(new TextDecoder().decode(bytes.subarray(56, 61))).toBe('iopub');
    expect(view.getUint32(48, true)).toBe(bytes.byteLength);
  });

  it('gives back what was framed, buffers included', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('shell', 'control', 'stdin', 'iopub') as fc.Arbitrary<Message['channel']>,
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }),
        (channel, content, buffers) => {
          const frame = frameOf({ channel, content, buffers });
          expect(frame.channel).toBe(channel);
          expect(JSON.stringify(frame.content())).toEqual(JSON.stringify(content));
          expect(frame.buffers().map((buffer) => [...buffer])).toEqual(buffers.map((buffer) => [...buffer]));
          expect(frame.parent?.msg_id).toBe('p');
        },
      ),
    );
  });

  it('never throws on bytes that are no frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        layoutOf(bytes);
        readFrame(bytes);
      }),
    );
    const good = encodeMessage(message({ content: { text: 'x' } }));
    for (let cut = 0; cut < good.byteLength; cut++) {
      readFrame(good.subarray(0, cut));
    }
    for (let at = 0; at < good.byteLength; at++) {
      const flipped = good.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 0xff;
      readFrame(flipped);
    }
  });

  it('is reached from the JSON of older servers and led back to it', () => {
    const frame = frameOf({ content: { name: 'stdout', text: 'é\n' } });
    const text = toLegacyText(frame);
    expect(text).not.toBeNull();
    const again = readFrame(transcodeLegacy(text ?? '') ?? new Uint8Array());
    expect(again?.content()).toEqual({ name: 'stdout', text: 'é\n' });
    expect(again?.header.msg_id).toBe('m_1_1');
  });

  it('keeps every other part when the content is exchanged', () => {
    const frame = frameOf({ content: { value: 'secret' }, buffers: [new Uint8Array([1, 2])] });
    const other = readFrame(withContent(frame, new TextEncoder().encode('{"value":""}')));
    expect(other?.content()).toEqual({ value: '' });
    expect(other?.header).toEqual(frame.header);
    expect(other?.buffers()[0]).toEqual(new Uint8Array([1, 2]));
  });
});

function python(content: { name: string; text: string }): Uint8Array {
  // Kernels in Python put a space after colons and commas.
  return new TextEncoder().encode(`{"name": ${JSON.stringify(content.name)}, "text": ${JSON.stringify(content.text)}}`);
}

function streamFrame(name: string, text: string, parentId = 'p', compact = false): Frame {
  const base = frameOf({ parent_header: { ...parent, msg_id: parentId }, content: { name, text } });
  const frame = compact ? base : readFrame(withContent(base, python({ name, text })));
  return frame ?? expect.fail('unreadable');
}

describe('coalescing', () => {
  it('keeps the text of every stream, whatever is in it, and the order of everything', () => {
    const texts = fc.record({
      name: fc.constantFrom('stdout', 'stderr'),
      text: fc.string({ unit: 'binary' }),
      compact: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 20 }), (streams) => {
        const coalescer = new StreamCoalescer(100_000);
        let expected = '';
        let last = '';
        for (const { name, text, compact } of streams) {
          coalescer.push(streamFrame(name, text, 'p', compact));
          expected += `${name === last ? '' : `<${name}>`}${text}`;
          last = name;
        }
        let got = '';
        let previous = '';
        for (const bytes of coalescer.take(Number.POSITIVE_INFINITY)) {
          const { name, text } = readFrame(bytes)?.content() ?? {};
          got += `${name === previous ? '' : `<${String(name)}>`}${String(text)}`;
          previous = String(name);
        }
        expect(got).toBe(expected);
      }),
    );
  });

  it('makes one frame of a thousand lines', () => {
    const coalescer = new StreamCoalescer(1_000_000);
    for (let line = 0; line < 1000; line++) {
      coalescer.push(streamFrame('stdout', `line "${line}" \\ \n`));
    }
    const taken = coalescer.take(Number.POSITIVE_INFINITY);
    expect(taken).toHaveLength(1);
    expect(String(readFrame(taken[0] ?? new Uint8Array())?.content().text).split('\n')).toHaveLength(1001);
    expect(coalescer.isEmpty).toBe(true);
  });

  it('never merges across executions, names or other messages', () => {
    const coalescer = new StreamCoalescer(1_000_000);
    coalescer.push(streamFrame('stdout', 'a'));
    coalescer.push(streamFrame('stdout', 'b', 'other'));
    coalescer.push(streamFrame('stderr', 'c', 'other'));
    coalescer.push(frameOf({ header: { ...header, msg_type: 'clear_output' }, content: { wait: true } }));
    coalescer.push(streamFrame('stderr', 'd', 'other'));
    expect(coalescer.take(Number.POSITIVE_INFINITY)).toHaveLength(5);
  });

  it('leaves a content with other members alone', () => {
    const coalescer = new StreamCoalescer(1_000_000);
    const odd = frameOf({ content: { name: 'stdout', text: 'a', more: '"}' } });
    coalescer.push(odd);
    coalescer.push(odd);
    expect(coalescer.take(Number.POSITIVE_INFINITY)).toHaveLength(2);
  });
});

describe('a message with bytes that do not belong to it', () => {
  const message = encodeMessage({
    channel: 'iopub',
    header: { msg_id: 'k_1_333', msg_type: 'stream', session: 'k' },
    parent_header: { msg_id: 'p', msg_type: 'execute_request', session: 's' },
    metadata: {},
    content: { name: 'stdout', text: 'line 333\n' },
  });
  const isWhole = (bytes: Uint8Array): boolean => {
    const layout = layoutOf(bytes);
    return layout !== null && hasWholeContent(bytes, layout);
  };

  it('is told by its end, wherever they were put in', () => {
    expect(isWhole(message)).toBe(true);
    const foreign = new TextEncoder().encode('\u00c1 garbage ');
    for (let at = 0; at < message.byteLength; at++) {
      const damaged = [...message.subarray(0, at), ...foreign, ...message.subarray(at)];
      expect(isWhole(Uint8Array.from(damaged).subarray(0, message.byteLength)), `at ${at}`).toBe(false);
    }
  });

  it('may end in white space, or have no content at all', () => {
    const padded = (content: string): Uint8Array => {
      const tail = new TextEncoder().encode(content);
      const layout = layoutOf(message) ?? expect.fail('no frame');
      const bytes = new Uint8Array(layout.contentStart + tail.byteLength);
      bytes.set(message.subarray(0, layout.contentStart));
      bytes.set(tail, layout.contentStart);
      new DataView(bytes.buffer).setUint32(48, bytes.byteLength, true);
      return bytes;
    };
    expect(isWhole(padded('{"name": "stdout"}\n'))).toBe(true);
    expect(isWhole(padded(''))).toBe(true);
    expect(isWhole(padded('{"name": "std'))).toBe(false);
  });
});
