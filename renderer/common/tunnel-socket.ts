/**
 * A `WebSocket` whose other end is the main process.
 *
 * It behaves as the browser's own does towards JupyterLab's client library: same states, same events, same order. It
 * owns no connection. Who made it (`tunnel-client.ts`) hands it what arrives and takes what it sends. Blobs are
 * refused on sending: reading one is asynchronous, which could reorder messages, and no Jupyter client sends any.
 */

export type SocketPayload = string | ArrayBuffer;

/** What a socket may ask of its tunnel. `open` answers the id by which both sides know the socket. */
export interface SocketHost {
  open(socket: TunnelSocket, url: string, protocols: readonly string[]): void;
  send(socket: TunnelSocket, data: SocketPayload): void;
  close(socket: TunnelSocket, code: number | null, reason: string): void;
}

type Handler<Kind extends Event> = ((this: WebSocket, event: Kind) => unknown) | null;

function bytesOf(data: ArrayBufferLike | ArrayBufferView): ArrayBuffer {
  const view = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  // A copy: the caller keeps its buffer, and may write to it before the message has left.
  return new Uint8Array(view).buffer;
}

export class TunnelSocket extends EventTarget implements WebSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  readonly url: string;
  readonly extensions = '';
  /** Always 0: messages are handed over at once, and the main process holds them safely from then on. */
  readonly bufferedAmount = 0;
  binaryType: BinaryType = 'blob';
  onopen: Handler<Event> = null;
  onmessage: Handler<MessageEvent> = null;
  onerror: Handler<Event> = null;
  onclose: Handler<CloseEvent> = null;

  #readyState: 0 | 1 | 2 | 3 = 0;
  #protocol = '';
  readonly #host: SocketHost;

  constructor(host: SocketHost, url: string, protocols: readonly string[]) {
    super();
    this.url = url;
    this.#host = host;
    host.open(this, url, protocols);
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  get protocol(): string {
    return this.#protocol;
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.#readyState === this.CONNECTING) {
      throw new DOMException('The socket is still connecting.', 'InvalidStateError');
    }
    if (data instanceof Blob) {
      throw new TypeError('Blobs are not sent through the tunnel; send an ArrayBuffer.');
    }
    if (this.#readyState === this.OPEN) {
      this.#host.send(this, typeof data === 'string' ? data : bytesOf(data));
    }
  }

  close(code?: number, reason?: string): void {
    if (this.#readyState >= this.CLOSING) {
      return;
    }
    this.#readyState = this.CLOSING;
    this.#host.close(this, code ?? null, reason ?? '');
  }

  /** The server accepted the socket, with this sub-protocol. */
  opened(protocol: string): void {
    if (this.#readyState !== this.CONNECTING) {
      return;
    }
    this.#readyState = this.OPEN;
    this.#protocol = protocol;
    this.#fire(new Event('open'), this.onopen);
  }

  received(data: SocketPayload): void {
    if (this.#readyState !== this.OPEN) {
      return;
    }
    const value = typeof data !== 'string' && this.binaryType === 'blob' ? new Blob([data]) : data;
    this.#fire(new MessageEvent('message', { data: value, origin: this.url }), this.onmessage);
  }

  closed(code: number, reason: string, clean: boolean): void {
    if (this.#readyState === this.CLOSED) {
      return;
    }
    this.#readyState = this.CLOSED;
    if (!clean) {
      this.#fire(new Event('error'), this.onerror);
    }
    this.#fire(new CloseEvent('close', { code, reason, wasClean: clean }), this.onclose);
  }

  /** The handler first, then the listeners; an error in the handler must not keep the listeners from hearing it. */
  #fire<Kind extends Event>(event: Kind, handler: Handler<Kind>): void {
    try {
      handler?.call(this, event);
    } catch (error) {
      reportError(error);
    }
    this.dispatchEvent(event);
  }
}
