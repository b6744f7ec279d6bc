import { execFile } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { oldPython, startJupyter, type TestServer, testPython } from '../../../e2e/support/jupyter-server.ts';
import { encodeMessage, type Frame, FrameReader, readFrame, v1Protocol } from '../../../shared/wire/codec.ts';

const execPython = promisify(execFile);
const source = fs.readFileSync(path.join(import.meta.dirname, 'recorder.py'), 'utf8');

// The recorder looks at the kernel once a second and believes in a removed connection file after 10 s.
const leaveTimeoutMs = 30_000;

interface Hole {
  readonly from: number;
  readonly to: number;
  readonly messages: number | null;
  readonly why: string;
}

/** The union of what the recorder's functions answer; each test looks at its own part. */
interface Reply {
  readonly state: string;
  readonly why?: string;
  readonly pid?: number | null;
  readonly spool?: string;
  readonly position?: number;
  readonly next?: number;
  readonly first?: number;
  readonly end?: number;
  readonly messages?: number | null;
  readonly raw?: number;
  readonly kernel_alive?: boolean;
  readonly proven?: boolean;
  readonly dropped?: readonly Hole[];
  readonly holes?: readonly Hole[];
  readonly restarts?: readonly { readonly position: number }[];
  readonly spools?: readonly { readonly kernel_id: string; readonly state: string }[];
  readonly removed?: readonly string[];
}

interface Pulled {
  readonly reply: Reply;
  readonly raw: Buffer;
}

interface StoredMessage {
  readonly frame: Frame;
  readonly timeSeconds: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = leaveTimeoutMs,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain: ${what}`);
    }
    await sleep(100);
  }
}

/** A kernel with one websocket, as any Jupyter client has it. */
class TestKernel {
  readonly iopub: Buffer[] = [];
  private readonly waiting = new Map<string, (frame: Frame) => void>();

  private constructor(
    readonly server: TestServer,
    readonly id: string,
    private readonly socket: WebSocket,
  ) {}

  static async start(server: TestServer, name = 'python3'): Promise<TestKernel> {
    const { id } = (await server.rest('POST', 'api/kernels', { name })) as { id: string };
    const url = `${server.baseUrl.replace('http', 'ws')}api/kernels/${id}/channels?session_id=${crypto.randomUUID()}`;
    const headers = { Authorization: `token ${server.token}` };
    const socket = new WebSocket(url, [v1Protocol], { headers, maxPayload: 0 });
    const kernel = new TestKernel(server, id, socket);
    socket.on('message', (data: Buffer) => kernel.take(data));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    await kernel.ask('kernel_info_request', {});
    return kernel;
  }

  private take(data: Buffer): void {
    const frame = readFrame(data);
    if (frame?.channel === 'iopub') {
      this.iopub.push(data);
    }
    if (frame?.channel === 'shell') {
      this.waiting.get(frame.parent?.msg_id ?? '')?.(frame);
    }
  }

  ask(type: string, content: unknown): Promise<Frame> {
    const header = { msg_id: crypto.randomUUID(), msg_type: type, session: this.id, username: 'test', version: '5.3' };
    const date = new Date().toISOString();
    const message = {
      channel: 'shell' as const,
      header: { ...header, date },
      parent_header: {},
      metadata: {},
      content,
    };
    this.socket.send(encodeMessage(message));
    return new Promise((resolve) => this.waiting.set(header.msg_id, resolve));
  }

  async run(code: string): Promise<Record<string, unknown>> {
    const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
    return (await this.ask('execute_request', content)).content();
  }

  async evaluate(expression: string): Promise<string> {
    const content = { code: '', silent: true, store_history: false, user_expressions: { r: expression } };
    const reply = (await this.ask('execute_request', { ...content, allow_stdin: false })).content();
    const { r } = reply.user_expressions as { r: { data?: { 'text/plain': string } } };
    return r.data?.['text/plain'] ?? JSON.stringify(r);
  }

  async restart(): Promise<void> {
    await this.server.rest('POST', `api/kernels/${this.id}/restart`);
  }

  close(): void {
    this.socket.terminate();
  }

  async shutdown(): Promise<void> {
    this.close();
    await this.server.rest('DELETE', `api/kernels/${this.id}`);
  }
}

/** The recorder's functions, called as Nightjar calls them. */
class Helper {
  private constructor(readonly kernel: TestKernel) {}

  static async start(server: TestServer, how: 'plain' | 'kept' = 'kept'): Promise<Helper> {
    const kernel = await TestKernel.start(server);
    const kept = `nightjar_source = ${JSON.stringify(source)}\nexec(compile(nightjar_source, 'nightjar', 'exec'))`;
    const ran = await kernel.run(how === 'plain' ? source : kept);
    expect(ran.status).toBe('ok');
    return new Helper(kernel);
  }

  async raw(name: string, args: object): Promise<string> {
    return this.kernel.evaluate(`nightjar_call(${JSON.stringify(name)}, ${JSON.stringify(JSON.stringify(args))})`);
  }

  async call(name: string, args: object = {}): Promise<Reply> {
    return JSON.parse(await this.raw(name, args)) as Reply;
  }

  async pull(args: object, name = 'pull'): Promise<Pulled> {
    const [json = '', payload] = (await this.raw(name, args)).split('\t');
    const raw = payload === undefined ? Buffer.alloc(0) : zlib.inflateSync(Buffer.from(payload, 'base64'));
    const reply = JSON.parse(json) as Reply;
    expect(raw.byteLength).toBe(reply.raw ?? 0);
    return { reply, raw };
  }

  /** Waits until what the kernel has sent is in the spool: its reply comes on another way, and may come first. */
  async settled(kernelId: string): Promise<Reply> {
    for (;;) {
      const before = await this.call('status', { kernel_id: kernelId });
      await sleep(400);
      const after = await this.call('status', { kernel_id: kernelId });
      if (before.end === after.end && before.messages === after.messages) {
        return after;
      }
    }
  }

  /** Everything from a position, two pulls in flight. */
  async pullAll(kernelId: string, reader: string, position = 0, maxBytes = 1 << 20): Promise<Pulled> {
    await this.settled(kernelId);
    const next = { kernel_id: kernelId, reader, position: 'next', max_bytes: maxBytes };
    const chunks: Buffer[] = [];
    let at = position;
    let ahead = this.pull({ ...next, position });
    for (;;) {
      const following = this.pull(next);
      const { reply, raw } = await ahead;
      ahead = following;
      expect(reply).toMatchObject({ state: 'data', position: at });
      at = reply.next ?? -1;
      chunks.push(raw);
      if (raw.length === 0) {
        await following;
        return { reply, raw: Buffer.concat(chunks) };
      }
    }
  }
}

function messagesOf(raw: Buffer): StoredMessage[] {
  const found: StoredMessage[] = [];
  const reader = new FrameReader();
  for (let at = 0; at < raw.length; ) {
    expect(raw.toString('latin1', at, at + 4)).toBe('NJR1');
    const length = raw.readUInt32LE(at + 4);
    const frame = reader.read(raw.subarray(at + 24, at + 12 + length));
    expect(frame).not.toBeNull();
    if (frame !== null) {
      found.push({ frame, timeSeconds: raw.readDoubleLE(at + 12) });
    }
    at += 12 + length;
  }
  return found;
}

const printed = (messages: readonly StoredMessage[]): string =>
  messages.map(({ frame }) => (frame.header.msg_type === 'stream' ? String(frame.content().text) : '')).join('');

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `${index}\n`).join('');

function isRunning(pid: number | null | undefined): boolean {
  try {
    // A zombie is gone; who has to reap it is the machine's first process.
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const servers = [
  { what: 'a current server', python: testPython() },
  ...(oldPython() === null ? [] : [{ what: 'an old server', python: oldPython() ?? '' }]),
];

describe.each(servers)('the recorder on $what', ({ python }) => {
  let server: TestServer;
  let helper: Helper;

  beforeAll(async () => {
    server = await startJupyter(python);
    helper = await Helper.start(server);
  });

  afterAll(async () => {
    await helper.call('list').then(async ({ spools }) => {
      for (const { kernel_id } of spools ?? []) {
        await helper.call('stop', { kernel_id, force: true });
      }
    });
    helper.kernel.close();
    await server.stop();
  });

  const begin = async (kernel: TestKernel, reader: string, more: object = {}): Promise<Reply> => {
    const started = await helper.call('start', {
      kernel_id: kernel.id,
      connection_file: null,
      session: reader,
      ...more,
    });
    expect(started).toMatchObject({ state: 'recording', kernel_alive: true, proven: true });
    return started;
  };

  // A killed process holds its lock until its last thread is gone.
  const untilStopped = (kernel: TestKernel): Promise<void> =>
    until(
      'the recorder is dead',
      async () => (await helper.call('status', { kernel_id: kernel.id })).state === 'stopped',
    );

  it('keeps what the websocket sends, byte for byte, and is private', async () => {
    const kernel = await TestKernel.start(server);
    const started = await begin(kernel, 'me');
    kernel.iopub.length = 0;
    await kernel.run('print("ä"); display({"text/plain": "x"}, raw=True); 1/0');
    await until('the websocket has the idle', () => kernel.iopub.some((data) => data.includes('"idle"')));
    const { raw } = await helper.pullAll(kernel.id, 'me', started.position);
    const stored = messagesOf(raw).map(({ frame }) => Buffer.from(frame.bytes).toString('hex'));
    expect(kernel.iopub.map((data) => data.toString('hex')).filter((hex) => !stored.includes(hex))).toEqual([]);
    expect(Math.abs((messagesOf(raw)[0]?.timeSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    const spool = started.spool ?? '';
    expect(fs.statSync(spool).mode & 0o777).toBe(0o700);
    for (const name of fs.readdirSync(spool)) {
      expect([name, fs.statSync(path.join(spool, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(fs.readFileSync(path.join(spool, 'log'), 'utf8')).toBe('');
    expect(await helper.call('stop', { kernel_id: kernel.id, reader: 'me' })).toEqual({ state: 'absent' });
    await until('the recorder has left', () => !isRunning(started.pid));
    expect(fs.existsSync(spool)).toBe(false);
    await kernel.shutdown();
  });

  it('has all of 20,000 prints in order, resumes anywhere, and leaves nothing when the kernel is gone', async () => {
    const kernel = await TestKernel.start(server);
    const { pid, spool = '', position = -1 } = await begin(kernel, 'me');
    await kernel.run('for i in range(20000): print(i, flush=True)');
    const { raw, reply } = await helper.pullAll(kernel.id, 'me', position);
    expect(printed(messagesOf(raw))).toBe(lines(20_000));
    const half = await helper.pull({ kernel_id: kernel.id, position, max_bytes: 70_000 });
    const rest = await helper.pullAll(kernel.id, 'other', half.reply.next);
    expect(Buffer.concat([half.raw, rest.raw]).equals(raw)).toBe(true);
    const some = await helper.pull({ kernel_id: kernel.id, position: 1000, bytes: 500 }, 'bytes');
    expect(some.raw.equals(raw.subarray(1000, 1500))).toBe(true);
    const messages = messagesOf(raw);
    const middle = messages[12_345]?.frame.header.msg_id;
    const located = await helper.call('locate', { kernel_id: kernel.id, position, msg_id: middle });
    const tail = await helper.pullAll(kernel.id, 'other', located.position);
    expect(messagesOf(tail.raw)[0]?.frame.header.msg_id).toBe(messages[12_346]?.frame.header.msg_id);
    const unknown = await helper.call('locate', { kernel_id: kernel.id, position, msg_id: 'never sent' });
    expect(unknown).toEqual({ state: 'missing' });
    const beyond = await helper.call('ack', { kernel_id: kernel.id, reader: 'me', position: 1e12 });
    expect(beyond.state).toBe('failed');

    await kernel.shutdown();
    const status = (): Promise<Reply> => helper.call('status', { kernel_id: kernel.id });
    await until('the kernel is seen as ended', async () => (await status()).state === 'ended');
    expect(isRunning(pid)).toBe(true);
    const last = await helper.pullAll(kernel.id, 'me', reply.next);
    await helper.call('ack', { kernel_id: kernel.id, reader: 'me', position: last.reply.next });
    await until('the recorder has left', () => !isRunning(pid) && !fs.existsSync(spool));
    expect(await status()).toEqual({ state: 'absent' });
    expect(fs.existsSync(path.dirname(spool))).toBe(false);
  });

  it('runs once per kernel, keeps for each reader, and is reused by a second helper', async () => {
    const kernel = await TestKernel.start(server);
    const first = await begin(kernel, 'one');
    await kernel.run('print("before")');
    const second = await Helper.start(server, 'plain');
    const again = await second.call('start', { kernel_id: kernel.id, session: 'two' });
    expect(again).toMatchObject({ state: 'recording', pid: first.pid, spool: first.spool });
    expect(again.position).toBeGreaterThan(first.position ?? 0);
    await kernel.run('print("after")');
    expect(printed(messagesOf((await helper.pullAll(kernel.id, 'one', first.position)).raw))).toBe('before\nafter\n');
    expect(printed(messagesOf((await second.pullAll(kernel.id, 'two', again.position)).raw))).toBe('after\n');
    expect((await begin(kernel, 'one')).position).toBe(first.position);
    await second.call('stop', { kernel_id: kernel.id, reader: 'two' });
    await second.kernel.shutdown();
    // A helper kernel takes its children with it; the recorder is none.
    expect(isRunning(first.pid)).toBe(true);
    expect((await helper.call('list')).spools?.map((spool) => spool.kernel_id)).toEqual([kernel.id]);
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await until('the recorder has left', () => !isRunning(first.pid));
    await kernel.shutdown();
  });

  it('goes on after its own violent death: the torn tail goes, the hole is told, no position is given twice', async () => {
    const kernel = await TestKernel.start(server);
    const started = await begin(kernel, 'me');
    await kernel.run('print("kept")');
    const before = await helper.pullAll(kernel.id, 'me', started.position);
    const end = before.reply.next ?? -1;
    process.kill(started.pid ?? 0, 'SIGKILL');
    await untilStopped(kernel);
    const stopped = await helper.call('status', { kernel_id: kernel.id });
    expect(stopped).toMatchObject({ state: 'stopped', kernel_alive: false, end });
    const segment = path.join(started.spool ?? '', '00000000000000000000.seg');
    fs.appendFileSync(segment, fs.readFileSync(segment).subarray(0, 300));
    expect((await helper.pull({ kernel_id: kernel.id, position: end })).raw.length).toBe(0);

    const again = await begin(kernel, 'me');
    expect(again.dropped).toMatchObject([{ from: end, to: end, messages: null }]);
    await kernel.run('print("later")');
    const after = await helper.pullAll(kernel.id, 'me', end);
    expect(printed(messagesOf(after.raw))).toBe('later\n');
    expect((await helper.pull({ kernel_id: kernel.id, position: end })).reply.holes).toHaveLength(1);
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await kernel.shutdown();
  });

  it('tells exactly what a quota took', async () => {
    const kernel = await TestKernel.start(server);
    const { position = 0 } = await begin(kernel, 'me', { quota_bytes: 400_000 });
    await kernel.run('for i in range(3000): print(i, flush=True)');
    const status = await helper.settled(kernel.id);
    expect((status.end ?? 0) - (status.first ?? 0)).toBeLessThan(600_000);
    const { reply } = await helper.pull({ kernel_id: kernel.id, position });
    expect(reply).toMatchObject({ state: 'dropped', next: status.first, why: 'The spool had reached its size limit.' });
    const rest = await helper.pullAll(kernel.id, 'me', reply.next);
    const kept = messagesOf(rest.raw);
    expect((reply.messages ?? 0) + kept.length).toBe(status.messages);
    expect(lines(3000).endsWith(printed(kept))).toBe(true);
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await kernel.shutdown();
  });

  it('stops on request, hands out the rest, and goes on with the hole told', async () => {
    const kernel = await TestKernel.start(server);
    const { position, pid } = await begin(kernel, 'me');
    await kernel.run('print("one")');
    await helper.settled(kernel.id);
    expect(await helper.call('stop', { kernel_id: kernel.id })).toEqual({ state: 'ended' });
    await until(
      'it has stopped',
      async () => (await helper.call('status', { kernel_id: kernel.id })).state === 'ended',
    );
    await kernel.run('print("two")');
    const again = await begin(kernel, 'me');
    expect(again).toMatchObject({ pid, position, dropped: [{ messages: null }] });
    await kernel.run('print("three")');
    expect(printed(messagesOf((await helper.pullAll(kernel.id, 'me', position)).raw))).toBe('one\nthree\n');
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await kernel.shutdown();
  });

  it('keeps what it has for a reader that comes after the kernel', async () => {
    const kernel = await TestKernel.start(server);
    const { position, pid, spool = '' } = await begin(kernel, 'me');
    await kernel.run('print("last words")');
    await helper.settled(kernel.id);
    await kernel.shutdown();
    const late = await helper.call('start', { kernel_id: kernel.id, session: 'me' });
    expect(late.position).toBe(position);
    const { raw, reply } = await helper.pullAll(kernel.id, 'me', late.position);
    expect(printed(messagesOf(raw))).toBe('last words\n');
    await until('the kernel is seen as ended', async () => (await helper.settled(kernel.id)).state === 'ended');
    const end = (await helper.settled(kernel.id)).end ?? reply.next;
    await helper.call('ack', { kernel_id: kernel.id, reader: 'me', position: end });
    await until('the recorder has left', () => !isRunning(pid) && !fs.existsSync(spool));
  });

  it('frees what every reader has', async () => {
    const kernel = await TestKernel.start(server);
    const { position = 0, spool = '' } = await begin(kernel, 'me', { quota_bytes: 4_000_000 });
    await kernel.run('for i in range(5000): print(i, flush=True)');
    const { reply } = await helper.pullAll(kernel.id, 'me', position);
    await helper.call('ack', { kernel_id: kernel.id, reader: 'me', position: reply.next });
    const segments = (): string[] => fs.readdirSync(spool).filter((name) => name.endsWith('.seg'));
    await until('one segment is left', () => segments().length === 1);
    const status = await helper.settled(kernel.id);
    expect(status.dropped).toEqual([]);
    expect(status.first).toBeGreaterThan(0);
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await kernel.shutdown();
  });

  it('records on across a restart of the kernel', async () => {
    const kernel = await TestKernel.start(server);
    const started = await begin(kernel, 'me');
    await kernel.run('print("old life")');
    await kernel.restart();
    // A subscriber that comes back needs a moment, and says when it is there: a kernel keeps nothing for it before.
    await expect
      .poll(
        async () => {
          const { proven, restarts } = await helper.call('status', { kernel_id: kernel.id });
          return proven === true && restarts?.length === 1;
        },
        { timeout: 20_000, interval: 50 },
      )
      .toBe(true);
    await kernel.run('print("new life")');
    const status = await helper.settled(kernel.id);
    expect(status).toMatchObject({ state: 'recording', pid: started.pid, proven: true, dropped: [] });
    expect(status.restarts).toHaveLength(1);
    const { raw } = await helper.pullAll(kernel.id, 'me', started.position);
    expect(printed(messagesOf(raw))).toMatch(/^old life\n[\s\S]*new life\n$/);
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await kernel.shutdown();
  });

  it('proves its subscription to a kernel that is busy and silent', async () => {
    const kernel = await TestKernel.start(server);
    const busy = kernel.run('import time; time.sleep(4); print("done")');
    await sleep(500);
    const { position } = await begin(kernel, 'me');
    await busy;
    const { raw } = await helper.pullAll(kernel.id, 'me', position);
    expect(printed(messagesOf(raw))).toBe('done\n');
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await kernel.shutdown();
  });

  it('takes a kernel that does not listen yet for one that may, and leaves nothing waiting for it', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-late-')), 'kernel-late.json');
    const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
    const about = { transport: 'tcp', ip: '127.0.0.1', key: 'key', signature_scheme: 'hmac-sha256' };
    fs.writeFileSync(file, JSON.stringify({ ...ports, ...about }));
    const answer = await helper.call('start', { kernel_id: 'late', session: 'me', connection_file: file });
    expect(answer.state).toBe('starting');
    expect(answer.why).toMatch(/^[A-Z].*\.$/);
    expect(await helper.call('status', { kernel_id: 'late' })).toEqual({ state: 'absent' });
    fs.rmSync(path.dirname(file), { recursive: true });
  });

  it('says in a sentence why it cannot', async () => {
    const refused = [
      await helper.call('start', { kernel_id: 'no-such-kernel', session: 'me' }),
      await helper.call('start', { kernel_id: '../../etc', session: 'me' }),
      await helper.call('pull', { kernel_id: 'x' }),
      await helper.call('fly'),
      JSON.parse(await helper.kernel.evaluate("nightjar_call('status', 'no json')")) as Reply,
    ];
    for (const reply of refused) {
      expect(reply.state).toBe('failed');
      expect(reply.why).toMatch(/^[A-Z].*\.$/);
    }
    expect(await helper.call('status', { kernel_id: 'no-such-kernel' })).toEqual({ state: 'absent' });
  });

  it('shrugs off forged and odd messages', async () => {
    const kernel = await TestKernel.start(server);
    const started = await begin(kernel, 'me');
    // The kernel itself sends what no kernel should: without delimiter, too short, with a wrong signature.
    const forge = [
      's = get_ipython().kernel.iopub_thread.socket if hasattr(get_ipython().kernel, "iopub_thread") else get_ipython().kernel.iopub_socket',
      'send = getattr(get_ipython().kernel.iopub_socket, "send_multipart")',
      'for parts in ([b"x"], [b""], [b"<IDS|MSG>"], [b"t", b"<IDS|MSG>", b"f" * 64, b"{}", b"{}", b"{}", b"{}"]): send(parts)',
      'print("still here")',
    ];
    expect((await kernel.run(forge.join('\n'))).status).toBe('ok');
    const { raw } = await helper.pullAll(kernel.id, 'me', started.position);
    expect(printed(messagesOf(raw))).toBe('still here\n');
    await sleep(300);
    expect(await helper.call('status', { kernel_id: kernel.id })).toMatchObject({ foreign: 1, odd: 3 });
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await kernel.shutdown();
  });

  it('carries large binary buffers whole', async () => {
    const kernel = await TestKernel.start(server);
    const { position } = await begin(kernel, 'me');
    const code = [
      'k = get_ipython().kernel',
      'k.session.send(k.iopub_socket, "comm_msg", {"comm_id": "c", "data": {}}, buffers=[bytes(6_000_000), b"end"])',
    ];
    await kernel.run(code.join('\n'));
    const { raw } = await helper.pullAll(kernel.id, 'me', position);
    const comm = messagesOf(raw).find(({ frame }) => frame.header.msg_type === 'comm_msg');
    expect(comm?.frame.buffers().map((buffer) => buffer.byteLength)).toEqual([6_000_000, 3]);
    await helper.call('stop', { kernel_id: kernel.id, force: true });
    await kernel.shutdown();
  });

  it('gives up by itself when no reader has been heard of for its time', async () => {
    const kernel = await TestKernel.start(server);
    const { pid, spool = '' } = await begin(kernel, 'me', { ttl_seconds: 2 });
    await until('the recorder has left', () => !isRunning(pid) && !fs.existsSync(spool));
    await kernel.shutdown();
  });

  it('cleans up after recorders that were killed', async () => {
    const kernel = await TestKernel.start(server);
    const { pid, spool = '', position } = await begin(kernel, 'me');
    process.kill(pid ?? 0, 'SIGKILL');
    await untilStopped(kernel);
    expect((await helper.call('cleanup')).removed).toEqual([]);
    await kernel.shutdown();
    const { reply } = await helper.pullAll(kernel.id, 'me', position);
    await helper.call('ack', { kernel_id: kernel.id, reader: 'me', position: reply.next });
    expect((await helper.call('cleanup')).removed).toEqual([kernel.id]);
    expect(fs.existsSync(spool)).toBe(false);
  });
});

const xpython = ['/usr/share/jupyter/kernels/xpython', '/usr/local/share/jupyter/kernels/xpython'].some(fs.existsSync);

describe.skipIf(!xpython)('the recorder with a kernel of another make (xeus)', () => {
  it('records it', async () => {
    const server = await startJupyter();
    try {
      const helper = await Helper.start(server);
      const kernel = await TestKernel.start(server, 'xpython');
      const started = await helper.call('start', { kernel_id: kernel.id, session: 'me' });
      expect(started).toMatchObject({ state: 'recording' });
      await kernel.run('print("xeus")');
      const { raw } = await helper.pullAll(kernel.id, 'me', started.position);
      expect(printed(messagesOf(raw))).toContain('xeus');
      await helper.call('stop', { kernel_id: kernel.id, force: true });
      await until('the recorder has left', () => !isRunning(started.pid));
      kernel.close();
      helper.kernel.close();
    } finally {
      await server.stop();
    }
  });
});

it('writes the bytes that FORMAT.md shows', async () => {
  const page = fs.readFileSync(path.join(import.meta.dirname, 'FORMAT.md'), 'utf8');
  const shown = /```hex\n([^`]*)```/.exec(page)?.[1]?.replace(/#.*$/gm, '').replace(/\s+/g, '') ?? '';
  const parts = `[b'{"msg_id":"a","msg_type":"b"}', b'{}', b'{}', b'{}']`;
  const script = `import sys; space = {'__name__': 'recorder'}; exec(open(sys.argv[1]).read(), space); print(space['_pack'](${parts}, 1.5).hex())`;
  const { stdout } = await execPython(testPython(), ['-c', script, path.join(import.meta.dirname, 'recorder.py')]);
  expect(shown).toBe(stdout.trim());
  const [message] = messagesOf(Buffer.from(shown, 'hex'));
  expect(message?.timeSeconds).toBe(1.5);
  expect(message?.frame.header).toMatchObject({ msg_id: 'a', msg_type: 'b' });
});

// Kernels of other languages, where the machine has them: they number nothing, and flush as they please.
const languages = [
  { name: 'ir', code: 'for (i in 0:1999) { cat(i); cat("\\n") }' },
  { name: 'octave', code: 'for i = 0:199, printf("%d\\n", i); end' },
].map((one) => ({ ...one, isHere: fs.existsSync(`/usr/share/jupyter/kernels/${one.name}/kernel.json`) }));

describe('the recorder beside a kernel of another language', () => {
  let server: TestServer;
  let helper: Helper;

  beforeAll(async () => {
    // Debian's kernels run on Debian's Python.
    server = await startJupyter(oldPython() ?? testPython());
    helper = await Helper.start(server);
  });

  afterAll(async () => {
    helper.kernel.close();
    await server.stop();
  });

  for (const { name, code, isHere } of languages) {
    it.skipIf(!isHere)(`has everything that ${name} prints, and leaves with it`, async () => {
      const kernel = await TestKernel.start(server, name);
      const started = await helper.call('start', { kernel_id: kernel.id, connection_file: null, session: 'me' });
      expect(started).toMatchObject({ state: 'recording', proven: true });
      const reply = await kernel.run(code);
      expect(reply.status).toBe('ok');
      const { raw } = await helper.pullAll(kernel.id, 'me', started.position);
      // Octave speaks to a terminal.
      const text = printed(messagesOf(raw)).replaceAll(/\u001b\[\?2004[hl]|\r/g, '');
      expect(text.trimStart()).toBe(lines(name === 'ir' ? 2_000 : 200));
      await helper.call('stop', { kernel_id: kernel.id, reader: 'me' });
      await until('the recorder has left', () => !isRunning(started.pid));
      await kernel.shutdown();
    });
  }
});
