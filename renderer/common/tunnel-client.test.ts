import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ToMain, ToWindow } from '../../shared/ipc/tunnel.ts';
import { virtualBaseUrl } from '../../shared/ipc/tunnel.ts';
import { createTunnel, type Tunnel, tunnelPath, virtualWsUrl } from './tunnel-client.ts';

/** What Node 20 lacks of the browser. */
beforeAll(() => {
  class TestCloseEvent extends Event {
    readonly code: number;
    readonly reason: string;
    readonly wasClean: boolean;
    constructor(type: string, init: { code: number; reason: string; wasClean: boolean }) {
      super(type);
      this.code = init.code;
      this.reason = init.reason;
      this.wasClean = init.wasClean;
    }
  }
  vi.stubGlobal('CloseEvent', globalThis.CloseEvent ?? TestCloseEvent);
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error));
});

const reported: unknown[] = [];
let far: MessagePort;
let tunnel: Tunnel;
let sent: ToMain[];
let near: MessagePort;

beforeEach(() => {
  const channel = new MessageChannel();
  near = channel.port1;
  far = channel.port2;
  sent = [];
  far.onmessage = (event: MessageEvent<ToMain>) => sent.push(event.data);
  tunnel = createTunnel(near);
});

afterEach(() => {
  near.close();
  far.close();
});

const post = (message: ToWindow): void => far.postMessage(message);
const next = (): Promise<ToMain> =>
  vi.waitFor(() => {
    const message = sent.shift();
    if (message === undefined) {
      throw new Error('nothing was sent');
    }
    return message;
  });
const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;

describe('the virtual fetch', () => {
  it('sends the path below the base and builds the response', async () => {
    const answer = tunnel.fetch(`${virtualBaseUrl}api/contents/x%20y.ipynb?content=1#part`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: '{"a":1}',
    });
    const asked = await next();
    expect(asked).toMatchObject({ t: 'fetch', path: 'api/contents/x%20y.ipynb?content=1', method: 'PUT' });
    expect(asked.t === 'fetch' && asked.body !== null && new TextDecoder().decode(asked.body)).toBe('{"a":1}');
    const headers: [string, string][] = [['x-kind', 'test']];
    post({ t: 'answer', id: 1, status: 201, statusText: 'Created', headers, body: bytes('{}') });
    const response = await answer;
    expect([response.status, response.ok, response.headers.get('x-kind')]).toEqual([201, true, 'test']);
    expect(response.url).toContain(`${virtualBaseUrl}api/contents/`);
    expect(await response.json()).toEqual({});
  });

  it.each([204, 205, 304])('gives status %d no body, whatever was sent along', async (status) => {
    const answer = tunnel.fetch(`${virtualBaseUrl}api/x`);
    await next();
    post({ t: 'answer', id: 1, status, statusText: '', headers: [], body: bytes('x') });
    const response = await answer;
    expect([response.status, response.body]).toEqual([status, null]);
  });

  it.each(['https://example.org/', 'http://server.invalid.example.org/', 'http://user@server.invalid/'])(
    'refuses %s and sends nothing',
    async (url) => {
      await expect(tunnel.fetch(url)).rejects.toBeInstanceOf(TypeError);
      expect(sent).toEqual([]);
    },
  );

  it('rejects with the sentence when there was no answer', async () => {
    const answer = tunnel.fetch(`${virtualBaseUrl}api/x`);
    await next();
    post({ t: 'failed', id: 1, sentence: 'The server is away.' });
    await expect(answer).rejects.toThrow('The server is away.');
  });

  it('rejects a status that no response can have', async () => {
    const answer = tunnel.fetch(`${virtualBaseUrl}api/x`);
    await next();
    post({ t: 'answer', id: 1, status: 0, statusText: '', headers: [], body: null });
    await expect(answer).rejects.toBeInstanceOf(TypeError);
  });

  it('aborts: rejects at once, tells the main process, ignores a late answer', async () => {
    const abort = new AbortController();
    const answer = tunnel.fetch(`${virtualBaseUrl}api/x`, { signal: abort.signal });
    await next();
    abort.abort();
    await expect(answer).rejects.toHaveProperty('name', 'AbortError');
    expect(await next()).toEqual({ t: 'abort', id: 1 });
    post({ t: 'answer', id: 1, status: 200, statusText: '', headers: [], body: null });
    await expect(tunnel.fetch(`${virtualBaseUrl}api/x`, { signal: abort.signal })).rejects.toBeDefined();
    expect(sent).toEqual([]);
  });
});

describe('the virtual WebSocket', () => {
  const url = `${virtualWsUrl}api/kernels/k/channels?session_id=s`;

  it('opens with the negotiated protocol, sends copies, closes', async () => {
    const socket = new tunnel.WebSocket(url, ['v1.kernel.websocket.jupyter.org']);
    expect(await next()).toEqual({
      t: 'open',
      id: 1,
      path: 'api/kernels/k/channels?session_id=s',
      protocols: ['v1.kernel.websocket.jupyter.org'],
    });
    expect(socket.readyState).toBe(tunnel.WebSocket.CONNECTING);
    expect(() => socket.send('early')).toThrow('connecting');
    const opened = new Promise((resolve) => {
      socket.onopen = resolve;
    });
    post({ t: 'opened', id: 1, protocol: 'v1.kernel.websocket.jupyter.org' });
    await opened;
    expect([socket.readyState, socket.protocol]).toEqual([1, 'v1.kernel.websocket.jupyter.org']);

    const whole = new Uint8Array([0, 1, 2, 3, 4]);
    socket.send(whole.subarray(1, 3));
    const message = await next();
    expect(message.t === 'send' && message.data instanceof ArrayBuffer && [...new Uint8Array(message.data)]).toEqual([
      1, 2,
    ]);
    expect(whole.byteLength).toBe(5);

    const closed = new Promise<CloseEvent>((resolve) => {
      socket.onclose = resolve;
    });
    socket.close(1000, 'done');
    expect(socket.readyState).toBe(2);
    expect(await next()).toEqual({ t: 'close', id: 1, code: 1000, reason: 'done' });
    post({ t: 'closed', id: 1, code: 1000, reason: 'done', clean: true });
    expect((await closed).wasClean).toBe(true);
    expect(socket.readyState).toBe(3);
    socket.send('late');
    expect(sent).toEqual([]);
  });

  it('delivers frames in order, one event each, and acknowledges after the last', async () => {
    const socket = new tunnel.WebSocket(url);
    socket.binaryType = 'arraybuffer';
    const log: string[] = [];
    socket.onmessage = (event: MessageEvent<unknown>) => {
      log.push(typeof event.data === 'string' ? event.data : `bytes ${(event.data as ArrayBuffer).byteLength}`);
      if (event.data === 'slow') {
        // Longer than a slice: the rest has to come in a later task, still in order.
        const until = performance.now() + 12;
        while (performance.now() < until);
      }
      if (event.data === 'bad') {
        throw new Error('a handler failed');
      }
    };
    socket.onclose = () => log.push('close');
    post({ t: 'opened', id: 1, protocol: '' });
    post({ t: 'frames', id: 1, delivery: 7, frames: ['slow', bytes('abc'), 'bad', 'slow', 'last'] });
    post({ t: 'frames', id: 1, delivery: 8, frames: ['next'] });
    post({ t: 'closed', id: 1, code: 1006, reason: '', clean: false });
    await vi.waitFor(() => expect(log.at(-1)).toBe('close'));
    expect(log).toEqual(['slow', 'bytes 3', 'bad', 'slow', 'last', 'next', 'close']);
    await vi.waitFor(() =>
      expect(sent.filter((message) => message.t === 'ack')).toEqual([
        { t: 'ack', id: 1, delivery: 7 },
        { t: 'ack', id: 1, delivery: 8 },
      ]),
    );
    expect(reported).toHaveLength(1);
  });

  it('gives blobs where nobody asked for array buffers', async () => {
    const socket = new tunnel.WebSocket(url);
    const got = new Promise<unknown>((resolve) => {
      socket.addEventListener('message', (event) => resolve(event.data));
    });
    post({ t: 'opened', id: 1, protocol: '' });
    post({ t: 'frames', id: 1, delivery: 1, frames: [bytes('abc')] });
    expect(await got).toBeInstanceOf(Blob);
  });

  it('refuses another host', () => {
    expect(() => new tunnel.WebSocket('wss://example.org/')).toThrow('own Jupyter server');
  });
});

it('a message of an unknown shape is dropped and counted', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  far.postMessage({ t: 'frames', id: 1, delivery: 1, frames: [42] });
  await vi.waitFor(() => expect(tunnel.droppedMessages).toBe(1));
  expect(error.mock.calls.flat().join(' ')).not.toContain('42');
  error.mockRestore();
});

it('a path stands below the base and has no fragment', () => {
  expect(tunnelPath('http://server.invalid/api#x', virtualBaseUrl)).toBe('api');
  expect(tunnelPath('http://server.invalidated/api', virtualBaseUrl)).toBeNull();
});
