/**
 * The window's end of the tunnel: a virtual `fetch` and a virtual `WebSocket` over one message port.
 *
 * Both speak to `virtualBaseUrl` only; any other address is refused here, before it could leave. Deliveries of frames
 * are worked off in the order in which they came, in slices short enough for the window to stay responsive, and each
 * is acknowledged after its last frame, which lets the main process send the next.
 */
import * as v from 'valibot';
import { tunnelPortMessage } from '../../shared/ipc/contract.ts';
import { type ToMain, type ToWindow, toWindow, virtualBaseUrl } from '../../shared/ipc/tunnel.ts';
import { invoke } from './bridge.ts';
import { SliceQueue } from './slice-queue.ts';
import { type SocketHost, TunnelSocket } from './tunnel-socket.ts';

export interface Tunnel {
  readonly fetch: typeof fetch;
  readonly WebSocket: typeof WebSocket;
  /** Messages of an unknown shape that were dropped. Anything but 0 is a bug. */
  readonly droppedMessages: number;
}

/** A port that never comes means a main process that is gone; everything answers within this on a busy machine. */
const portTimeoutMs = 15_000;

/** Statuses whose answer has no body: `Response` refuses one (Fetch standard, "null body status"). */
const nullBodyStatuses: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** The virtual base as a websocket address. */
export const virtualWsUrl = virtualBaseUrl.replace(/^http/, 'ws');

/** Asks the main process for this window's tunnel. Rejects with a sentence for people when there is none. */
export async function connectTunnel(): Promise<Tunnel> {
  let stop: () => void = () => undefined;
  const port = new Promise<MessagePort>((resolve, reject) => {
    const onMessage = (event: MessageEvent<unknown>): void => {
      const [first] = event.ports;
      const isOurs = event.source === window && event.origin === window.location.origin;
      if (isOurs && event.data === tunnelPortMessage && first !== undefined) {
        resolve(first);
      }
    };
    const timer = setTimeout(() => {
      reject(new Error('The connection to the rest of Nightjar did not open. Close this window and open it again.'));
    }, portTimeoutMs);
    stop = () => {
      window.removeEventListener('message', onMessage);
      clearTimeout(timer);
    };
    window.addEventListener('message', onMessage);
  });
  try {
    const asked = await invoke('window.connect', {});
    if (!asked.ok) {
      throw new Error(asked.problem.sentence);
    }
    return createTunnel(await port);
  } finally {
    stop();
  }
}

interface PendingFetch {
  readonly url: string;
  readonly resolve: (response: Response) => void;
  readonly reject: (reason: unknown) => void;
}

/** The path below the base that the main process resolves, or `null` for an address that is not ours. */
export function tunnelPath(url: string, base: string): string | null {
  if (!url.startsWith(base)) {
    return null;
  }
  return url.slice(base.length).replace(/#.*$/, '');
}

/** Builds the tunnel on a port that is already there. Takes the port's `onmessage` for itself. */
export function createTunnel(port: MessagePort): Tunnel {
  const fetches = new Map<number, PendingFetch>();
  const sockets = new Map<number, TunnelSocket>();
  const socketIds = new Map<TunnelSocket, number>();
  const queue = new SliceQueue();
  let nextId = 1;
  let droppedMessages = 0;

  // Copied, not transferred: a message with a transferred buffer never reaches a main-process port (Electron 33).
  const post = (message: ToMain): void => port.postMessage(message);

  const host: SocketHost = {
    open: (socket, url, protocols) => {
      const path = tunnelPath(url, virtualWsUrl) ?? tunnelPath(url, virtualBaseUrl);
      if (path === null) {
        throw new DOMException('This window reaches its own Jupyter server only.', 'SecurityError');
      }
      const id = nextId++;
      sockets.set(id, socket);
      socketIds.set(socket, id);
      post({ t: 'open', id, path, protocols: [...protocols] });
    },
    send: (socket, data) => {
      const id = socketIds.get(socket);
      if (id !== undefined) {
        post({ t: 'send', id, data });
      }
    },
    close: (socket, code, reason) => {
      const id = socketIds.get(socket);
      if (id !== undefined) {
        post({ t: 'close', id, code, reason });
      }
    },
  };

  const receive = (message: ToWindow): void => {
    switch (message.t) {
      case 'answer':
      case 'failed': {
        const pending = fetches.get(message.id);
        fetches.delete(message.id);
        if (pending !== undefined) {
          settle(pending, message);
        }
        return;
      }
      case 'opened':
        queue.push(() => sockets.get(message.id)?.opened(message.protocol));
        return;
      case 'frames':
        for (const frame of message.frames) {
          queue.push(() => sockets.get(message.id)?.received(frame));
        }
        queue.push(() => post({ t: 'ack', id: message.id, delivery: message.delivery }));
        return;
      case 'closed':
        queue.push(() => {
          const socket = sockets.get(message.id);
          sockets.delete(message.id);
          if (socket !== undefined) {
            socketIds.delete(socket);
            socket.closed(message.code, message.reason, message.clean);
          }
        });
        return;
    }
  };

  port.onmessage = (event: MessageEvent<unknown>) => {
    const decoded = v.safeParse(toWindow, event.data, { abortEarly: true });
    if (decoded.success) {
      receive(decoded.output);
    } else {
      droppedMessages += 1;
      console.error(`nightjar: a tunnel message did not decode at ${v.getDotPath(decoded.issues[0]) ?? '(root)'}`);
    }
  };

  const virtualFetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const path = tunnelPath(request.url, virtualBaseUrl);
    if (path === null) {
      throw new TypeError('This window reaches its own Jupyter server only.');
    }
    const method = v.parse(methodName, request.method.toUpperCase());
    request.signal.throwIfAborted();
    const content = await request.arrayBuffer();
    const body = content.byteLength === 0 ? null : content;
    request.signal.throwIfAborted();
    const id = nextId++;
    const ended = new AbortController();
    try {
      return await new Promise<Response>((resolve, reject) => {
        fetches.set(id, { url: request.url, resolve, reject });
        const onAbort = (): void => {
          fetches.delete(id);
          post({ t: 'abort', id });
          reject(request.signal.reason);
        };
        request.signal.addEventListener('abort', onAbort, { signal: ended.signal });
        post({ t: 'fetch', id, path, method, headers: [...request.headers], body });
      });
    } finally {
      ended.abort();
    }
  };

  class VirtualWebSocket extends TunnelSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(host, String(url), typeof protocols === 'string' ? [protocols] : (protocols ?? []));
    }
  }

  return {
    fetch: virtualFetch,
    WebSocket: VirtualWebSocket,
    get droppedMessages() {
      return droppedMessages;
    },
  };
}

const methodName = v.picklist(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** As the browser does it: an answer of any status resolves, only the lack of an answer rejects. */
function settle(pending: PendingFetch, message: Extract<ToWindow, { t: 'answer' | 'failed' }>): void {
  if (message.t === 'failed') {
    pending.reject(new TypeError(message.sentence));
    return;
  }
  try {
    const response = new Response(nullBodyStatuses.has(message.status) ? null : message.body, {
      status: message.status,
      statusText: message.statusText,
      headers: message.headers,
    });
    // A constructed response has no address of its own, and JupyterLab reads it for its error texts.
    Object.defineProperty(response, 'url', { value: pending.url });
    pending.resolve(response);
  } catch (error) {
    // A status outside 200 to 599, or a header no browser accepts: the server, or something before it, is broken.
    pending.reject(new TypeError('The server sent an answer that cannot be read.', { cause: error }));
  }
}
