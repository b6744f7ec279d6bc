/**
 * A process's worth of core without Electron, and a window as far as a session is concerned. For tests that look at
 * what is journaled and delivered rather than at pixels.
 */
import crypto from 'node:crypto';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { JournalClient } from '../../electron/core/journal/client.ts';
import { JournalReader } from '../../electron/core/journal/reader.ts';
import { verifyJournal } from '../../electron/core/journal/verify.ts';
import { RecorderService } from '../../electron/core/recovery/service.ts';
import { authorizationOf, Token } from '../../electron/core/servers/token.ts';
import { type ServerAccess, SessionManager } from '../../electron/core/sessions/manager.ts';
import { type KernelSession, type SessionTiming, sessionTiming } from '../../electron/core/sessions/session.ts';
import { Viewer } from '../../electron/core/sessions/viewer.ts';
import { asServerId, type KernelId } from '../../shared/ids.ts';
import { encodeMessage, type Frame, isIdle, readFrame } from '../../shared/wire/codec.ts';

export function accessTo(baseUrl: string, tokenText: string): ServerAccess {
  const token = new Token(tokenText);
  return { serverId: asServerId('s'), name: 'test', baseUrl, headers: () => authorizationOf(token) };
}

export class CoreHost {
  readonly client = new JournalClient(pathToFileURL(process.env.NIGHTJAR_JOURNAL_WORKER ?? ''), () => undefined);
  readonly recorders: RecorderService;
  readonly sessions: SessionManager;
  readonly log: string[] = [];

  constructor(
    readonly dir: string,
    private readonly access: ServerAccess,
    hasRecorder = true,
    timing: SessionTiming = sessionTiming,
  ) {
    this.recorders = new RecorderService(
      process.env.NIGHTJAR_RECORDER ?? path.resolve('electron/core/recorder/recorder.py'),
      path.join(dir, 'helpers.json'),
    );
    const hooks = {
      onStatus: () => undefined,
      onExecution: () => undefined,
      log: (line: string) => void this.log.push(line),
    };
    this.sessions = new SessionManager(dir, this.client, hooks, hasRecorder ? this.recorders : null, timing);
  }

  ensure(kernelId: KernelId): Promise<KernelSession> {
    const { access: server } = this;
    return this.sessions.ensure({ server, kernelId, kernelName: 'python3', notebookPath: 'n.ipynb', owner: 'app' });
  }

  async takeUp(): Promise<KernelSession> {
    await this.sessions.takeUp(() => this.access);
    const [session] = this.sessions.all();
    if (session === undefined) {
      throw new Error('no session was taken up');
    }
    return session;
  }

  /** What `verify` says of a session's journal, now. */
  findings(session: KernelSession): readonly string[] {
    const opened = JournalReader.open(path.join(this.dir, `${session.journalId}.nightjar`));
    if (!opened.ok) {
      return [opened.problem.sentence];
    }
    try {
      return verifyJournal(opened.value).findings;
    } finally {
      opened.value.close();
    }
  }

  async close(): Promise<void> {
    await this.sessions.closeAll();
    await this.recorders.close();
    await this.client.close();
  }
}

interface RunOptions {
  readonly id?: string;
  readonly cellId?: string;
  readonly resume?: boolean;
  readonly stdin?: boolean;
}

export class TestWindow {
  readonly frames: Frame[] = [];
  readonly clientId = crypto.randomUUID();
  readonly viewer: Viewer;
  private unread = 0;
  private isSlow: boolean;

  /** `isSlow`: it takes the first deliveries and reads no further until `readOn`. */
  constructor(
    private readonly session: KernelSession,
    options: { readonly isSlow?: boolean } = {},
  ) {
    this.isSlow = options.isSlow ?? false;
    this.viewer = new Viewer('window', (_delivery, frames) => {
      for (const bytes of frames) {
        const frame = readFrame(bytes);
        if (frame !== null) {
          this.frames.push(frame);
        }
      }
      this.unread += 1;
      if (!this.isSlow) queueMicrotask(() => this.acknowledge());
    });
    session.addViewer(this.viewer);
  }

  private acknowledge(): void {
    while (this.unread > 0) {
      this.unread -= 1;
      this.viewer.acknowledge();
    }
  }

  readOn(): void {
    this.isSlow = false;
    this.acknowledge();
  }

  send(
    channel: 'shell' | 'stdin',
    msgType: string,
    content: unknown,
    options: { id?: string; parent?: Frame | undefined; metadata?: Record<string, unknown> } = {},
  ): string {
    const header = {
      msg_id: options.id ?? crypto.randomUUID(),
      msg_type: msgType,
      session: this.clientId,
      version: '5.3',
      username: '',
      date: new Date().toISOString(),
    };
    const parent_header = options.parent?.header ?? {};
    this.session.submit(
      this.viewer,
      encodeMessage({ channel, header, parent_header, metadata: options.metadata ?? {}, content }),
    );
    return header.msg_id;
  }

  run(code: string, options: RunOptions = {}): string {
    const metadata = { cellId: options.cellId ?? 'cell', ...(options.resume === true ? { nightjarResume: true } : {}) };
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: options.stdin === true,
      stop_on_error: true,
    };
    const id = options.id === undefined ? {} : { id: options.id };
    return this.send('shell', 'execute_request', content, { metadata, ...id });
  }

  of(msgId: string): Frame[] {
    return this.frames.filter((frame) => frame.parent?.msg_id === msgId);
  }

  text(msgId: string): string {
    return this.of(msgId)
      .filter((frame) => frame.header.msg_type === 'stream')
      .map((frame) => String(frame.content().text))
      .join('');
  }

  async until(what: () => boolean, timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!what()) {
      if (Date.now() > deadline) {
        const types = this.frames.slice(-40).map((frame) => frame.header.msg_type);
        throw new Error(`timed out; the last messages were ${types.join(' ')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Resolves when an execution's reply and its idle have been delivered. */
  done(msgId: string): Promise<void> {
    return this.until(() => {
      const frames = this.of(msgId);
      return frames.some((frame) => frame.header.msg_type === 'execute_reply') && frames.some(isIdle);
    });
  }
}
