/**
 * Journals of kernel sessions that never were, written through the store as a real session writes them: for tests and
 * for measuring. Headers, counters and times are those of ipykernel.
 */
import crypto from 'node:crypto';
import zlib from 'node:zlib';
import { asCellId, asMsgId, asSeq } from '../../../../shared/ids.ts';
import { directions, entryKinds, type Execution, type Lane, lanes } from '../../../../shared/journal/entries.ts';
import { type Channel, encodeMessage } from '../../../../shared/wire/codec.ts';
import type { JournalMeta } from '../layout.ts';
import { RecordBatch } from '../records.ts';
import { JournalStore } from '../store.ts';

export function metaOf(journalId: string, change: Partial<JournalMeta> = {}): JournalMeta {
  return {
    journalId,
    createdTimeMs: 1_764_000_000_000,
    serverName: 'lab',
    serverUrl: 'http://127.0.0.1:8888/',
    kernelId: 'kernel',
    kernelName: 'python3',
    notebookPath: 'work/analysis.ipynb',
    clientSessionId: 'client',
    kernelInfo: null,
    owner: 'app',
    recorder: null,
    state: 'open',
    ...change,
  };
}

interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

export class TestSession {
  readonly store: JournalStore;
  timeMs: number;
  /** Bytes of all frames, as they travelled. */
  frameBytes = 0;
  private batch = new RecordBatch();
  private executions: Execution[] = [];
  private gaps = 0;
  private number = 0;
  private count = 0;
  kernelSession: string = crypto.randomUUID();
  private readonly clientSession = crypto.randomUUID();
  private parent: Header | Record<string, never> = {};
  private prompt: Header | Record<string, never> = {};
  private current: Execution | null = null;

  constructor(file: string, meta: Partial<JournalMeta> = {}) {
    const whole = metaOf('test', meta);
    this.timeMs = whole.createdTimeMs;
    this.store = JournalStore.create(file, whole);
  }

  /** The number of the entry that was added last. */
  get seq(): number {
    return this.store.lastSeq + this.batch.count;
  }

  private header(msgType: string, isOurs: boolean): Header {
    const fraction = String(Math.floor((this.timeMs * 1000) % 1000)).padStart(3, '0');
    return {
      msg_id: isOurs ? crypto.randomUUID() : `${this.kernelSession}_4711_${this.number++}`,
      msg_type: msgType,
      username: 'user',
      session: isOurs ? this.clientSession : this.kernelSession,
      date: new Date(Math.floor(this.timeMs)).toISOString().replace('Z', `${fraction}Z`),
      version: '5.4',
    };
  }

  add(kind: (typeof entryKinds)[keyof typeof entryKinds], body: Uint8Array, direction: 0 | 1, lane: Lane): void {
    this.batch.add({ kind, direction, lane, timeUs: Math.floor(this.timeMs) * 1000, body });
  }

  /** A message of the kernel that belongs to the current request. */
  say(msgType: string, content: unknown, channel: Channel = 'iopub', lane: Lane = lanes.live): void {
    const header = this.header(msgType, false);
    const bytes = encodeMessage({ channel, header, parent_header: this.parent, metadata: {}, content });
    this.prompt = msgType === 'input_request' ? header : this.prompt;
    this.frameBytes += bytes.byteLength;
    this.add(entryKinds.frame, bytes, directions.in, lane);
  }

  /** Answers the prompt that the kernel asked last. */
  answer(value: string): void {
    const [channel, header, content] = ['stdin', this.header('input_reply', true), { value }] as const;
    const bytes = encodeMessage({ channel, header, parent_header: this.prompt, metadata: {}, content });
    this.add(entryKinds.frame, bytes, directions.out, lanes.live);
  }

  event(kind: Exclude<(typeof entryKinds)[keyof typeof entryKinds], 1>, body: unknown): void {
    this.gaps += kind === entryKinds.gap ? 1 : 0;
    this.add(kind, new TextEncoder().encode(JSON.stringify(body)), directions.in, lanes.live);
  }

  snapshot(notebook: unknown, reason?: 'loaded' | 'saved' | 'edited'): void {
    this.commit();
    const text = JSON.stringify(notebook);
    const hash = crypto.createHash('sha256').update(text).digest('hex');
    this.store.putSnapshot(hash, Buffer.byteLength(text), zlib.deflateRawSync(text));
    this.event(entryKinds.snapshot, {
      hash,
      path: 'n.ipynb',
      ...(reason === undefined ? {} : { reason, timeMs: this.timeMs }),
    });
  }

  /** Sends a request; answers its message id. */
  request(cellId: string | null, code: string): string {
    const header = this.header('execute_request', true);
    const metadata = cellId === null ? {} : { cellId };
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: true };
    const bytes = encodeMessage({ channel: 'shell', header, parent_header: {}, metadata, content });
    this.frameBytes += bytes.byteLength;
    this.add(entryKinds.frame, bytes, directions.out, lanes.live);
    this.parent = header;
    this.current = {
      msgId: asMsgId(header.msg_id),
      cellId: cellId === null ? null : asCellId(cellId),
      requestSeq: asSeq(this.seq),
      state: 'sent',
      status: null,
      executionCount: null,
      submittedTimeMs: this.timeMs,
      startedTimeMs: null,
      endedTimeMs: null,
      saved: false,
    };
    this.executions.push(this.current);
    return header.msg_id;
  }

  /** A cell is run up to the point where it prints. */
  begin(cellId: string, code: string): string {
    const msgId = this.request(cellId, code);
    this.count += 1;
    this.say('status', { execution_state: 'busy' });
    this.say('execute_input', { code, execution_count: this.count });
    this.update({ state: 'running', startedTimeMs: this.timeMs, executionCount: this.count });
    return msgId;
  }

  private update(change: Partial<Execution>): void {
    if (this.current !== null) {
      this.current = { ...this.current, ...change };
      this.executions.push(this.current);
    }
  }

  print(text: string, name = 'stdout'): void {
    this.say('stream', { name, text });
  }

  fail(ename: string, evalue: string): void {
    this.say('error', { ename, evalue, traceback: [`\u001b[31m${ename}\u001b[39m: ${evalue}`] });
    this.end('error');
  }

  end(status: 'ok' | 'error' = 'ok'): void {
    const content = { status, execution_count: this.count, payload: [], user_expressions: {} };
    this.say('execute_reply', content, 'shell');
    this.say('status', { execution_state: 'idle' });
    this.update({ state: 'done', status, endedTimeMs: this.timeMs });
  }

  /** A cell from its request to its idle. */
  run(cellId: string, code: string, text: string): string {
    const msgId = this.begin(cellId, code);
    if (text !== '') {
      this.print(text);
    }
    this.end();
    return msgId;
  }

  get heldBytes(): number {
    return this.batch.bytes;
  }

  commit(): void {
    if (this.batch.count > 0 || this.executions.length > 0) {
      this.store.append({ batches: [this.batch.take()], executions: this.executions, gaps: this.gaps });
      this.executions = [];
      this.gaps = 0;
    }
  }

  /** Commits and seals what is full, as the worker does in a quiet moment. */
  settle(): void {
    this.commit();
    while (this.store.needsSealing && this.store.sealOne(false)) {
      // One block a round.
    }
  }

  close(): void {
    this.commit();
    this.store.close();
  }
}

/** A notebook of code cells, as JSON. */
export function notebookOf(
  cells: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, unknown[]>> = {},
): unknown {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
    cells: Object.entries(cells).map(([id, source]) =>
      source.startsWith('# ')
        ? { id, cell_type: 'markdown', metadata: {}, source }
        : { id, cell_type: 'code', metadata: {}, source, outputs: outputs[id] ?? [], execution_count: null },
    ),
  };
}
