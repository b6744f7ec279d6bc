/**
 * One run of a flood, in a process of its own: through Nightjar's core into a journal, or into a bare websocket that
 * counts and throws away. A fresh process each, so that neither inherits the other's heap, compiled code or sockets.
 *
 * Asked by one message from its parent, answers with one, and ends.
 */
import crypto from 'node:crypto';
import { pathToFileURL } from 'node:url';
import WebSocket from 'ws';
import { JournalClient } from '../../electron/core/journal/client.ts';
import { authorizationOf, Token } from '../../electron/core/servers/token.ts';
import { makeFrame, newHeader } from '../../electron/core/sessions/messages.ts';
import { type ServerAccess, SessionManager } from '../../electron/core/sessions/manager.ts';
import { asKernelId, asServerId } from '../../shared/ids.ts';
import { type Frame, v1Protocol } from '../../shared/wire/codec.ts';

export interface FloodRequest {
  readonly client: 'nightjar' | 'bare';
  readonly baseUrl: string;
  readonly token: string;
  readonly kernelId: string;
  readonly code: string;
  readonly journalDir: string;
  readonly workerFile: string;
}

export interface FloodResult {
  readonly messages: number;
  readonly bytes: number;
  /** From the first message to the last; Nightjar's count once they are committed. */
  readonly elapsedMs: number;
  /** Processor time of the process from the first message to the last, all threads. */
  readonly cpuMs: number;
}

class Tally {
  private messages = 0;
  private bytes = 0;
  private firstMs = 0;
  private lastMs = 0;
  private cpu = process.cpuUsage();

  add(bytes: number): void {
    if (this.messages === 0) {
      this.firstMs = performance.now();
      this.cpu = process.cpuUsage();
    }
    this.lastMs = performance.now();
    this.messages += 1;
    this.bytes += bytes;
  }

  result(): FloodResult {
    const { user, system } = process.cpuUsage(this.cpu);
    const { messages, bytes } = this;
    return { messages, bytes, elapsedMs: this.lastMs - this.firstMs, cpuMs: (user + system) / 1000 };
  }
}

function executeRequest(request: FloodRequest, session: string): Frame {
  const content = {
    ...{ code: request.code, silent: false, store_history: false, user_expressions: {} },
    ...{ allow_stdin: false, stop_on_error: true },
  };
  return makeFrame('shell', newHeader('execute_request', session), null, content, { cellId: 'flood' });
}

async function throughCore(request: FloodRequest): Promise<FloodResult> {
  const token = new Token(request.token);
  const server: ServerAccess = {
    serverId: asServerId('bench'),
    name: 'bench',
    baseUrl: request.baseUrl,
    headers: () => authorizationOf(token),
  };
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const client = new JournalClient(pathToFileURL(request.workerFile), log);
  const sessions = new SessionManager(request.journalDir, client, {
    onStatus: () => undefined,
    onExecution: () => undefined,
    log,
  });
  const session = await sessions.ensure({
    ...{ server, kernelId: asKernelId(request.kernelId), kernelName: 'python3' },
    ...{ notebookPath: null, owner: 'cli' },
  });
  const tally = new Tally();
  const ended = new Promise<FloodResult>((resolve) => {
    session.onFrames((frame) => {
      if (frame.header.msg_type === 'stream') {
        tally.add(frame.bytes.byteLength);
      } else if (frame.header.msg_type === 'execute_reply') {
        // The reply has a socket of its own and may overtake the last output; the idle cannot.
        void idle.then(() => resolve(tally.result()));
      }
    });
  });
  const flood = executeRequest(request, 'bench');
  const idle = new Promise<void>((resolve) => {
    session.onFrames((frame) => {
      const isOurs = frame.parent?.msg_id === flood.header.msg_id && frame.header.msg_type === 'status';
      if (isOurs && frame.content().execution_state === 'idle') {
        resolve();
      }
    });
  });
  await session.execute(flood);
  const result = await ended;
  await sessions.closeAll();
  await client.close();
  return result;
}

/** The least a client can do: tell output from everything else by a look at the header's bytes. */
function intoTheVoid(request: FloodRequest): Promise<FloodResult> {
  const session = crypto.randomUUID();
  const flood = executeRequest(request, session);
  const kernel = encodeURIComponent(request.kernelId);
  const url = `${request.baseUrl.replace(/^http/, 'ws')}api/kernels/${kernel}/channels?session_id=${session}`;
  const socket = new WebSocket(url, [v1Protocol], {
    headers: { Authorization: `token ${request.token}` },
    maxPayload: 0,
    perMessageDeflate: false,
  });
  const tally = new Tally();
  return new Promise((resolve, reject) => {
    socket.on('open', () => socket.send(flood.bytes));
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      if (data.subarray(0, 600).includes('"stream"')) {
        tally.add(data.byteLength);
      } else if (data.includes('"idle"') && data.includes(flood.header.msg_id)) {
        const result = tally.result();
        socket.once('close', () => resolve(result));
        socket.close();
      }
    });
  });
}

process.once('message', (request: FloodRequest) => {
  const run = request.client === 'nightjar' ? throughCore(request) : intoTheVoid(request);
  void run.then((result) => {
    process.send?.(result);
    process.disconnect();
  });
});
