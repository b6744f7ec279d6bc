/**
 * A helper kernel on the server: runs the recorder's text and answers its calls.
 *
 * It is an ordinary Python kernel started through the plain REST interface. Calls travel as `user_expressions`, whose
 * answers come on the shell channel, which no server limits. Started when first needed, ended when nobody has needed
 * it for a while; its id is remembered, so that after a crash the next start takes it over instead of adding one.
 */
import crypto from 'node:crypto';
import type net from 'node:net';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import WebSocket from 'ws';
import * as v from 'valibot';
import { connectTimeoutMs, restTimeoutMs, serverFrameBytesMax, spoolPartBytesMax } from '../../../shared/limits.ts';
import { fail, ok, type Problem, type Result } from '../../../shared/result.ts';
import { encodeMessage, layoutOf, readFrame, transcodeLegacy, v1Protocol } from '../../../shared/wire/codec.ts';
import { hasMoved } from '../link/network-watch.ts';
import type { ServerAccess } from '../sessions/manager.ts';

/** A first answer takes a fresh kernel 1.3 s; a loaded server may need much longer. */
const callTimeoutMs = 30_000;
/** A call that takes longer may be lost: whether the helper is still there is looked up meanwhile. */
const lookAfterMs = 1_500;
/**
 * A server answers a ping whatever its kernels do; one that has very much to do takes seconds. The answer comes behind
 * what is on its way already, so that on a slow line bytes are a sign of life as well.
 */
const pongTimeoutMs = 8_000;
/**
 * Looks at which an idle helper still owes an answer: then the call was lost on its way. A server that has much to do lets
 * a new connection wait for long before it passes anything on.
 */
const idleLooksMax = 10;
/** Calls lost one after another: this helper answers nobody any more, and another takes its place. */
const lostCallsMax = 3;
/** Unused this long, the helper is ended: it holds 60 MB on the server. */
const idleTimeoutMs = 120_000;

const inflate = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflate);
/** Room behind what is inflated: zlib asks for another buffer when one is filled to its end. */
const inflateRoomBytes = 64;

export interface HelperReply {
  readonly fields: Record<string, unknown>;
  readonly payload: Buffer | null;
}

export type HelperProblem = 'no-python' | 'unreachable' | 'failed';

/** Remembers the helper of a server across runs. */
export interface HelperMemory {
  get(serverUrl: string): string | null;
  set(serverUrl: string, kernelId: string | null): void;
}

interface PendingCall {
  readonly resolve: (reply: Result<HelperReply, Problem<HelperProblem>>) => void;
  readonly timer: NodeJS.Timeout;
}

const kernelModel = v.object({ id: v.string() });
const kernelState = v.object({ execution_state: v.string() });
const specsModel = v.object({
  default: v.optional(v.string()),
  kernelspecs: v.record(v.string(), v.object({ spec: v.object({ language: v.optional(v.string()) }) })),
});

export class HelperKernel {
  private socket: WebSocket | null = null;
  private opening: Promise<Result<null, Problem<HelperProblem>>> | null = null;
  private kernelId: string | null = null;
  private readonly pending = new Map<string, PendingCall>();
  private session = '';
  private lostCalls = 0;
  /** What the socket reads from. */
  private wire: net.Socket | null = null;
  /** When the last connection was begun (monotonic). */
  private connectingMs = Number.NEGATIVE_INFINITY;
  private idleTimer: NodeJS.Timeout | null = null;
  /** Ends what is under way: a socket that is not open yet, requests that are not answered. */
  private readonly underWay = new Set<() => void>();
  private closed = false;

  constructor(
    private readonly server: ServerAccess,
    private readonly source: () => Promise<string>,
    private readonly memory: HelperMemory,
  ) {}

  /** Calls a function of the recorder. Never rejects. */
  async call(name: string, args: Record<string, unknown>): Promise<Result<HelperReply, Problem<HelperProblem>>> {
    const python = `nightjar_call(${JSON.stringify(name)}, ${JSON.stringify(JSON.stringify(args))})`;
    const first = await this.attempt(python);
    // The kernel may have been restarted or ended under us: what is in its place gets the recorder anew.
    return first.ok || first.problem.kind !== 'failed' ? first : this.attempt(python);
  }

  private async attempt(python: string): Promise<Result<HelperReply, Problem<HelperProblem>>> {
    const ready = await this.ready();
    if (ready.ok) {
      this.postponeEnd();
    }
    const answered = ready.ok ? await this.execute('', { reply: python }) : ready;
    if (!answered.ok && answered.problem.kind === 'failed') {
      this.drop('the recorder was not there');
    }
    return answered;
  }

  /** Ends the helper and forgets it. */
  async end(): Promise<void> {
    this.closed = true;
    this.drop('the helper was ended');
    if (this.idleTimer !== null) {
      clearTimeout(this.idleTimer);
    }
    await this.opening;
    const { kernelId } = this;
    this.kernelId = null;
    if (kernelId !== null) {
      await this.removeKernel(kernelId);
    }
  }

  /**
   * Gives up every connection and request from before a moment (monotonic) without ending the kernel: the network they
   * were made on is gone.
   */
  disconnect(beforeMs: number): void {
    if (this.connectingMs > beforeMs) {
      return;
    }
    for (const end of this.underWay) {
      end();
    }
    this.drop('the connection was cut');
  }

  /** The same for a connection that goes out from an address which this computer no longer has. */
  networkChanged(addresses: ReadonlySet<string>): void {
    if (hasMoved(this.wire, addresses)) {
      this.disconnect(performance.now());
    }
  }

  private async removeKernel(kernelId: string): Promise<void> {
    const answer = await this.rest('DELETE', `api/kernels/${encodeURIComponent(kernelId)}`);
    const isGone = answer !== null && (answer.status === 204 || answer.status === 404);
    if (isGone && this.memory.get(this.server.baseUrl) === kernelId) {
      this.memory.set(this.server.baseUrl, null);
    }
  }

  private postponeEnd(): void {
    if (this.idleTimer !== null) {
      clearTimeout(this.idleTimer);
    }
    this.idleTimer = setTimeout(() => {
      const { kernelId } = this;
      if (this.pending.size === 0 && kernelId !== null) {
        this.kernelId = null;
        this.drop('not needed');
        void this.removeKernel(kernelId);
      } else {
        this.postponeEnd();
      }
    }, idleTimeoutMs);
    this.idleTimer.unref();
  }

  private async ready(): Promise<Result<null, Problem<HelperProblem>>> {
    if (this.closed) {
      return fail('failed', 'The session is closed.');
    }
    if (this.socket !== null && this.socket.readyState === WebSocket.OPEN) {
      return ok(null);
    }
    this.opening ??= this.open().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  private async open(): Promise<Result<null, Problem<HelperProblem>>> {
    this.connectingMs = performance.now();
    const known = this.kernelId ?? this.memory.get(this.server.baseUrl);
    if (known !== null) {
      const opened = await this.connect(known);
      if (opened === 'open') {
        this.kernelId = known;
        return this.load();
      }
      if (opened === 'away' && !(await this.isBeyondHelp(known))) {
        return fail('unreachable', 'The server cannot be reached.');
      }
      this.kernelId = null;
      this.memory.set(this.server.baseUrl, null);
    }
    if (this.closed) {
      return fail('failed', 'The session is closed.');
    }
    const started = await this.start();
    if (!started.ok) {
      return started;
    }
    this.kernelId = started.value;
    this.memory.set(this.server.baseUrl, started.value);
    return !this.closed && (await this.connect(started.value)) === 'open'
      ? this.load()
      : fail('unreachable', 'The server cannot be reached.');
  }

  /**
   * Whether a helper that cannot be connected to is to be replaced: the server itself is there and lets nobody through to
   * it, time after time, as with a kernel that hangs. Then the server is asked to end it.
   */
  private async isBeyondHelp(kernelId: string): Promise<boolean> {
    const hasTimedOut = performance.now() - this.connectingMs >= connectTimeoutMs;
    const answer = hasTimedOut ? await this.rest('GET', `api/kernels/${encodeURIComponent(kernelId)}`) : null;
    this.lostCalls += answer?.status === 200 ? 1 : 0;
    if (this.lostCalls < lostCallsMax) {
      return false;
    }
    this.lostCalls = 0;
    void this.removeKernel(kernelId);
    return true;
  }

  private async start(): Promise<Result<string, Problem<HelperProblem>>> {
    const specs = await this.rest('GET', 'api/kernelspecs');
    if (specs === null || specs.status !== 200) {
      return fail('unreachable', 'The server cannot be reached.');
    }
    const parsed = v.safeParse(specsModel, specs.json);
    const named = parsed.success ? Object.entries(parsed.output.kernelspecs) : [];
    const python = named.filter(([, { spec }]) => spec.language === 'python').map(([name]) => name);
    const name = python.includes('python3') ? 'python3' : python[0];
    if (name === undefined) {
      return fail('no-python', 'The server has no Python kernel, which the recorder needs.');
    }
    const made = await this.rest('POST', 'api/kernels', { name });
    if (made === null) {
      return fail('unreachable', 'The server cannot be reached.');
    }
    const model = v.safeParse(kernelModel, made.json);
    return model.success ? ok(model.output.id) : fail('failed', 'The server did not start a kernel for the recorder.');
  }

  /** Puts the recorder's functions into the kernel. Doing it twice does no harm. */
  private async load(): Promise<Result<null, Problem<HelperProblem>>> {
    const text = await this.source();
    const code = `nightjar_source = ${JSON.stringify(text)}\nexec(compile(nightjar_source, 'recorder.py', 'exec'))`;
    const loaded = await this.execute(code, { reply: "nightjar_call('list')" });
    return loaded.ok ? ok(null) : loaded;
  }

  private connect(kernelId: string): Promise<'open' | 'gone' | 'away'> {
    this.connectingMs = performance.now();
    const base = this.server.baseUrl.replace(/^http/, 'ws');
    // A new one each time: where a session comes back while its old connection still stands, the server moves queues
    // from one to the other, and an answer can get lost between them.
    this.session = crypto.randomUUID();
    const url = `${base}api/kernels/${encodeURIComponent(kernelId)}/channels?session_id=${this.session}`;
    const socket = new WebSocket(url, [v1Protocol], {
      headers: this.server.headers(),
      handshakeTimeout: connectTimeoutMs,
      maxPayload: serverFrameBytesMax,
      perMessageDeflate: false,
      finishRequest: (request) => {
        request.once('socket', (wire) => {
          this.wire = wire;
        });
        request.end();
      },
    });
    return new Promise((resolve) => {
      // Whatever the socket does or does not say: nobody waits for ever.
      const give = (): void => {
        socket.terminate();
        settle('away');
      };
      const timer = setTimeout(give, 2 * connectTimeoutMs);
      const settle = (outcome: 'open' | 'gone' | 'away'): void => {
        clearTimeout(timer);
        this.underWay.delete(give);
        resolve(outcome);
      };
      this.underWay.add(give);
      socket.on('open', () => {
        this.socket = socket;
        settle('open');
      });
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        settle(response.statusCode === 404 ? 'gone' : 'away');
        socket.terminate();
      });
      socket.on('error', () => settle('away'));
      socket.on('message', (data, isBinary) => this.onMessage(data, isBinary));
      socket.on('close', () => {
        if (this.socket === socket) {
          this.drop('the connection broke');
        }
        settle('away');
      });
    });
  }

  /** The server is there and the helper does not answer. */
  private lose(why: string): void {
    this.lostCalls += 1;
    const { kernelId } = this;
    if (this.lostCalls >= lostCallsMax && kernelId !== null) {
      this.lostCalls = 0;
      this.kernelId = null;
      this.memory.set(this.server.baseUrl, null);
      void this.removeKernel(kernelId);
    }
    this.drop(why);
  }

  private drop(why: string): void {
    const { socket } = this;
    this.socket = null;
    if (socket !== null) {
      socket.on('error', () => undefined);
      socket.terminate();
    }
    for (const { resolve, timer } of this.pending.values()) {
      clearTimeout(timer);
      resolve(fail('unreachable', why));
    }
    this.pending.clear();
  }

  private execute(
    code: string,
    expressions: Record<string, string>,
  ): Promise<Result<HelperReply, Problem<HelperProblem>>> {
    const { socket } = this;
    if (socket === null) {
      return Promise.resolve(fail('unreachable', 'The server cannot be reached.'));
    }
    const msgId = crypto.randomUUID();
    const header = {
      msg_id: msgId,
      msg_type: 'execute_request',
      session: this.session,
      username: 'nightjar',
      date: new Date().toISOString(),
      version: '5.4',
    };
    const content = {
      code,
      silent: true,
      store_history: false,
      user_expressions: expressions,
      allow_stdin: false,
      stop_on_error: false,
    };
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.pending.delete(msgId);
        resolve(fail('unreachable', 'The recorder did not answer in time.'));
        this.lose('no answer');
      }, callTimeoutMs);
      this.pending.set(msgId, { resolve, timer });
      setTimeout(() => void this.look(msgId, socket), lookAfterMs).unref();
      if (socket.protocol === v1Protocol) {
        socket.send(encodeMessage({ channel: 'shell', header, parent_header: {}, metadata: {}, content }));
      } else {
        socket.send(
          JSON.stringify({ channel: 'shell', header, parent_header: {}, metadata: {}, content, buffers: [] }),
        );
      }
    });
  }

  /** A server does not always close the connections of a kernel that somebody ended: a call to it would wait for long. */
  private async look(msgId: string, socket: WebSocket): Promise<void> {
    let idleLooks = 0;
    const isOwed = (): boolean => this.pending.has(msgId) && this.socket === socket;
    while (isOwed() && this.kernelId !== null) {
      if (!(await this.isAlive(socket)) && isOwed()) {
        this.drop('the connection does not answer');
        return;
      }
      const answer = await this.rest('GET', `api/kernels/${encodeURIComponent(this.kernelId)}`);
      if (answer?.status === 404 && this.socket === socket) {
        this.drop('the helper kernel is gone');
        return;
      }
      const model = v.safeParse(kernelState, answer?.json);
      idleLooks = model.success && model.output.execution_state === 'idle' ? idleLooks + 1 : 0;
      if (idleLooks >= idleLooksMax && isOwed()) {
        this.lose('the call was lost');
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, lookAfterMs).unref());
    }
  }

  /** Whether anything came within a while after a ping. */
  private async isAlive(socket: WebSocket): Promise<boolean> {
    const { wire } = this;
    const before = wire?.bytesRead ?? 0;
    return (await answersPing(socket)) || (wire !== null && wire.bytesRead > before);
  }

  private onMessage(data: WebSocket.RawData, isBinary: boolean): void {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
    const frame =
      isBinary && layoutOf(bytes) !== null
        ? readFrame(bytes)
        : readFrame(transcodeLegacy(isBinary ? bytes : bytes.toString('utf8')) ?? new Uint8Array());
    if (frame === null || frame.header.msg_type !== 'execute_reply') {
      return;
    }
    const msgId = frame.parent?.msg_id ?? '';
    const pending = this.pending.get(msgId);
    this.pending.delete(msgId);
    if (pending !== undefined) {
      this.lostCalls = 0;
      clearTimeout(pending.timer);
      void replyOf(frame.content()).then(pending.resolve);
    }
  }

  /** Null when there is no answer. Ends in time by itself: a request over a dead path may never be told that it is. */
  private rest(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown } | null> {
    return new Promise((resolve) => {
      const controller = new AbortController();
      const settle = (answer: { status: number; json: unknown } | null): void => {
        clearTimeout(timer);
        this.underWay.delete(give);
        resolve(answer);
      };
      const give = (): void => {
        controller.abort();
        settle(null);
      };
      const timer = setTimeout(give, restTimeoutMs);
      this.underWay.add(give);
      void this.fetchJson(method, path, body, controller.signal).then(settle, () => settle(null));
    });
  }

  private async fetchJson(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ status: number; json: unknown }> {
    const response = await fetch(`${this.server.baseUrl}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...this.server.headers() },
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: parsed(text) };
  }
}

function answersPing(socket: WebSocket): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN) {
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    const settle = (isAnswered: boolean): void => {
      clearTimeout(timer);
      socket.off('pong', onPong);
      socket.off('close', onClose);
      resolve(isAnswered);
    };
    const onPong = (): void => settle(true);
    const onClose = (): void => settle(false);
    const timer = setTimeout(onClose, pongTimeoutMs);
    socket.on('pong', onPong);
    socket.on('close', onClose);
    socket.ping();
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const expression = v.object({ data: v.object({ 'text/plain': v.string() }) });

/** The recorder answers one line: a JSON object, and after a pull a tab and base64 of deflated bytes. */
export async function replyOf(content: Record<string, unknown>): Promise<Result<HelperReply, Problem<HelperProblem>>> {
  const expressions = content.user_expressions;
  const reply =
    typeof expressions === 'object' && expressions !== null && 'reply' in expressions ? expressions.reply : null;
  const shown = v.safeParse(expression, reply);
  if (!shown.success) {
    return fail('failed', 'The recorder could not be loaded into a kernel of the server.');
  }
  const text = shown.output.data['text/plain'];
  const tab = text.indexOf('\t');
  const fields = v.safeParse(v.record(v.string(), v.unknown()), parsed(tab < 0 ? text : text.slice(0, tab)));
  if (!fields.success) {
    return fail('failed', 'The recorder answered something that cannot be read.');
  }
  const payload = tab < 0 ? null : await inflated(text.slice(tab + 1), fields.output.raw);
  return payload === undefined
    ? fail('failed', 'The recorder’s answer arrived damaged.')
    : ok({ fields: fields.output, payload });
}

/**
 * `undefined` where the bytes are not what was sent: zlib keeps a checksum of its own. Into one buffer of the length that
 * was said: many small ones, joined, take twice the memory, and its collection a third of the time of a large recovery.
 */
async function inflated(base64: string, size: unknown): Promise<Buffer | undefined> {
  const length = typeof size === 'number' && size >= 0 ? Math.min(size, spoolPartBytesMax) : 0;
  try {
    const payload = await inflate(Buffer.from(base64, 'base64'), {
      chunkSize: length + inflateRoomBytes,
      maxOutputLength: Math.max(1, length),
    });
    return payload.byteLength === length ? payload : undefined;
  } catch {
    return undefined;
  }
}
