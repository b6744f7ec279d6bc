/**
 * One window's tunnel: its virtual `fetch` and its virtual websockets, ended in the core.
 *
 * A window may ask for the parts of the REST interface that a notebook needs and for nothing else. Kernel websockets
 * are not passed on: they end in the kernel session, which journals and replays. The port's messages are decoded; one
 * of another shape is dropped and told to the log.
 */
import * as v from 'valibot';
import { asKernelId } from '../../../shared/ids.ts';
import { type ToMain, toMain } from '../../../shared/ipc/tunnel.ts';
import { v1Protocol } from '../../../shared/wire/codec.ts';
import type { TunnelPort } from '../api.ts';
import type { ServerAccess, SessionManager } from '../sessions/manager.ts';
import type { KernelSession } from '../sessions/session.ts';
import { Viewer } from '../sessions/viewer.ts';
import {
  changesFiles,
  endsKernel,
  isAllowed,
  isKernelList,
  isOfFiles,
  kernelOfChannels,
  kernelOfRestart,
} from './paths.ts';
import { describeUnknown } from '../../../shared/result.ts';
import { networkProblem } from '../servers/probe.ts';
import { restTimeoutMs } from '../../../shared/limits.ts';
import { untilWritten } from './half-written.ts';
import { type Answer, notebookOf, type ReadAhead } from './read-ahead.ts';

interface OpenSocket {
  readonly session: KernelSession | null;
  readonly viewer: Viewer | null;
}

export interface TunnelParts {
  readonly windowId: string;
  readonly server: ServerAccess;
  readonly sessions: SessionManager;
  readonly port: TunnelPort;
  readonly log: (line: string) => void;
  /** Helper kernels are Nightjar's own: lists of kernels leave them out. */
  readonly isHelper: (kernelId: string) => boolean;
  /** A request came back with 401 or 403, or could not be made. */
  readonly onServerState: () => void;
  readonly readAhead: ReadAhead;
}

/** Headers of a window's request that are passed on. Everything else is ours to set. */
const passedHeaders: ReadonlySet<string> = new Set(['content-type', 'accept', 'if-none-match', 'if-modified-since']);

const kernelList = v.array(v.looseObject({ id: v.string() }));

/** File bodies may be large; a notebook on a slow line needs longer than other answers. */
const contentsTimeoutMs = 10 * restTimeoutMs;

export class Tunnel {
  private readonly requests = new Map<number, AbortController>();
  private readonly sockets = new Map<number, OpenSocket>();
  /** Sockets whose session is being made. */
  private readonly opening = new Set<number>();
  private closed = false;

  constructor(private readonly parts: TunnelParts) {
    parts.port.onMessage((message) => this.onMessage(message));
  }

  get windowId(): string {
    return this.parts.windowId;
  }

  close(): void {
    if (this.closed) {
      return;
    }
    this.closed = true;
    for (const controller of this.requests.values()) {
      controller.abort();
    }
    for (const id of [...this.sockets.keys()]) {
      this.dropSocket(id);
    }
    this.parts.port.close();
  }

  private onMessage(raw: unknown): void {
    if (this.closed) {
      return;
    }
    const decoded = v.safeParse(toMain, raw);
    if (!decoded.success) {
      const where = decoded.issues.map((issue) => v.getDotPath(issue) ?? 'message').join(', ');
      this.parts.log(`window ${this.parts.windowId}: a tunnel message was dropped, wrong shape at ${where}`);
      return;
    }
    const message = decoded.output;
    switch (message.t) {
      case 'fetch':
        void this.fetch(message);
        return;
      case 'abort':
        this.requests.get(message.id)?.abort();
        return;
      case 'open':
        void this.open(message.id, message.path);
        return;
      case 'send': {
        const socket = this.sockets.get(message.id);
        if (socket?.session && socket.viewer && message.data instanceof ArrayBuffer) {
          socket.session.submit(socket.viewer, new Uint8Array(message.data));
        }
        return;
      }
      case 'close':
        this.dropSocket(message.id);
        this.parts.port.post({ t: 'closed', id: message.id, code: 1000, reason: '', clean: true });
        return;
      case 'ack':
        this.sockets.get(message.id)?.viewer?.acknowledge();
        return;
    }
  }

  private async fetch(request: Extract<ToMain, { t: 'fetch' }>): Promise<void> {
    const { server, port } = this.parts;
    if (!isAllowed(request.method, request.path)) {
      port.post({ t: 'failed', id: request.id, sentence: 'This window may not ask the server for that.' });
      return;
    }
    const controller = new AbortController();
    this.requests.set(request.id, controller);
    const headers: Record<string, string> = {};
    for (const [name, value] of request.headers) {
      if (passedHeaders.has(name.toLowerCase())) {
        headers[name] = value;
      }
    }
    if (request.body !== null && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) {
      headers['Content-Type'] = 'application/json';
    }
    const restarted = this.restartedBy(request);
    restarted?.kernelEnding();
    const timeoutMs = isOfFiles(request.path) ? contentsTimeoutMs : restTimeoutMs;
    // A timer of our own: signals that are made of others can be collected before they fire.
    const late = new DOMException('The server did not answer in time.', 'TimeoutError');
    const timer = setTimeout(() => controller.abort(late), timeoutMs);
    try {
      const { readAhead } = this.parts;
      if (changesFiles(request.method, request.path)) {
        readAhead.drop(server);
      }
      const ahead = request.method === 'GET' ? await readAhead.take(server, request.path, controller.signal) : null;
      const response = ahead ?? (await this.ask(request, headers, controller.signal));
      const received = response.body;
      const body = isKernelList(request.method, request.path) ? this.withoutHelpers(received) : received;
      if (response.status === 401 || response.status === 403) {
        this.parts.onServerState();
      }
      restarted?.kernelEnded(response.status < 300);
      if (endsKernel(request.method, request.path) && response.status < 300) {
        for (const { session } of this.sockets.values()) {
          session?.lookForKernel();
        }
      }
      port.post({
        t: 'answer',
        id: request.id,
        status: response.status,
        statusText: response.statusText,
        headers: answeredHeaders(response.headers),
        body: body.byteLength === 0 ? null : body,
      });
    } catch (error) {
      restarted?.kernelEnded(false);
      const isCancelled = controller.signal.aborted && controller.signal.reason !== late;
      const sentence = isCancelled ? 'cancelled' : networkProblem(server.baseUrl, error).problem.sentence;
      port.post({ t: 'failed', id: request.id, sentence });
    } finally {
      clearTimeout(timer);
      this.requests.delete(request.id);
    }
  }

  private async ask(
    { method, path, body }: Extract<ToMain, { t: 'fetch' }>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { server } = this.parts;
    const notebookPath = method === 'GET' ? notebookOf(path) : null;
    if (notebookPath !== null) {
      await untilWritten(server, notebookPath, signal);
    }
    const response = await fetch(`${server.baseUrl}${path}`, {
      method,
      headers: { ...headers, ...server.headers() },
      body,
      redirect: 'manual',
      signal,
    });
    const { status, statusText } = response;
    return { status, statusText, headers: response.headers, body: await response.arrayBuffer() };
  }

  private withoutHelpers(body: ArrayBuffer): ArrayBuffer {
    try {
      const kernels = v.parse(kernelList, JSON.parse(new TextDecoder().decode(body)));
      const shown = kernels.filter(({ id }) => !this.parts.isHelper(id));
      return ownBuffer(new TextEncoder().encode(JSON.stringify(shown)));
    } catch {
      return body;
    }
  }

  /** The session whose kernel a request restarts: the kernel's own messages may not say so. */
  private restartedBy({ method, path }: Extract<ToMain, { t: 'fetch' }>): KernelSession | null {
    const kernelId = kernelOfRestart(method, path);
    return kernelId === null
      ? null
      : (this.parts.sessions.find(this.parts.server.serverId, asKernelId(kernelId)) ?? null);
  }

  private async open(id: number, path: string): Promise<void> {
    const { port, server, sessions, windowId } = this.parts;
    const kernelId = kernelOfChannels(path);
    if (kernelId === null) {
      // Event streams and terminals: accepted and silent, so that their clients do not knock for ever.
      this.sockets.set(id, { session: null, viewer: null });
      port.post({ t: 'opened', id, protocol: '' });
      return;
    }
    this.opening.add(id);
    const wanted = {
      server,
      kernelId: asKernelId(kernelId),
      kernelName: null,
      notebookPath: null,
      owner: 'app',
    } as const;
    const session = await sessions.ensure(wanted).catch((error: unknown) => {
      // Its journal could not be made. The window's client tries again.
      this.parts.log(`window ${windowId}: no session for kernel ${kernelId}: ${describeUnknown(error)}`);
      return null;
    });
    // Closed meanwhile: a viewer that nobody reads would be sent everything.
    if (this.closed || !this.opening.delete(id)) {
      return;
    }
    if (session === null) {
      port.post({ t: 'closed', id, code: 1011, reason: 'no journal could be made', clean: false });
      return;
    }
    const viewer = new Viewer(windowId, (delivery, frames) => {
      port.post({ t: 'frames', id, delivery, frames: frames.map(ownBuffer) });
    });
    this.sockets.set(id, { session, viewer });
    port.post({ t: 'opened', id, protocol: v1Protocol });
    session.addViewer(viewer);
  }

  private dropSocket(id: number): void {
    const socket = this.sockets.get(id);
    this.sockets.delete(id);
    this.opening.delete(id);
    if (socket?.session && socket.viewer) {
      socket.session.removeViewer(socket.viewer);
    }
  }
}

/** A frame's bytes in a buffer of their own: a view would drag the whole socket chunk through the port. */
function ownBuffer(frame: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(frame.byteLength);
  new Uint8Array(copy).set(frame);
  return copy;
}

/** What a window may see of an answer's headers: no cookies, nothing that describes the transport. */
function answeredHeaders(headers: Headers): [string, string][] {
  const shown: [string, string][] = [];
  for (const name of ['content-type', 'last-modified', 'etag', 'location', 'date']) {
    const value = headers.get(name);
    if (value !== null) {
      shown.push([name, value]);
    }
  }
  return shown;
}
