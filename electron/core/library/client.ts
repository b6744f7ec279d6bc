/**
 * The main thread's hold on the library's workers.
 *
 * Two threads of the same program: one for questions of windows, one for long work. Each is started when it is first
 * asked, has bounded memory, ends when nobody asks for a while, and is started anew after it failed: a hostile journal
 * can end a worker, not the app.
 */
import { Worker } from 'node:worker_threads';
import {
  libraryWorkerHeapMegabytes,
  libraryWorkerIdleMs,
  libraryWorkerYoungMegabytes,
} from '../../../shared/limits.ts';
import { fail, type Result } from '../../../shared/result.ts';
import {
  bulkOps,
  type LibraryAnswers,
  type LibraryPosted,
  type LibraryReply,
  type LibraryRequest,
} from './protocol.ts';

class LibraryThread {
  private worker: Worker | null = null;
  private readonly pending = new Map<number, (result: Result<unknown>) => void>();
  private nextId = 1;
  private idleTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly workerUrl: URL,
    private readonly name: string,
    private readonly log: (line: string) => void,
  ) {}

  ask(request: LibraryRequest): Promise<Result<unknown>> {
    this.worker ??= this.start();
    this.keepAwake();
    const posted: LibraryPosted = { id: this.nextId++, request };
    const answer = new Promise<Result<unknown>>((resolve) => this.pending.set(posted.id, resolve));
    this.worker.postMessage(posted);
    return answer;
  }

  private start(): Worker {
    const worker = new Worker(this.workerUrl, {
      name: this.name,
      resourceLimits: {
        maxOldGenerationSizeMb: libraryWorkerHeapMegabytes,
        maxYoungGenerationSizeMb: libraryWorkerYoungMegabytes,
      },
    });
    worker.on('message', (reply: LibraryReply) => {
      this.pending.get(reply.id)?.(reply.result);
      this.pending.delete(reply.id);
      if (this.pending.size === 0 && this.worker === worker) {
        this.idleTimer = setTimeout(() => this.end(worker), libraryWorkerIdleMs);
        this.idleTimer.unref();
      }
    });
    worker.on('error', (error) => this.log(`the ${this.name} worker failed: ${error.message}`));
    worker.on('exit', () => {
      if (this.worker === worker) {
        this.worker = null;
        this.failAll();
      }
    });
    worker.unref();
    return worker;
  }

  private keepAwake(): void {
    if (this.idleTimer !== null) {
      clearTimeout(this.idleTimer);
      this.idleTimer = null;
    }
  }

  /** Ends a thread that has nothing to do: it keeps tens of megabytes, and starts anew in less than a tenth of a second. */
  private end(worker: Worker): void {
    this.worker = null;
    void worker.terminate();
  }

  private failAll(): void {
    const failed = fail(
      'unreadable',
      'Reading this journal took more memory than Nightjar allows, so it was stopped. The journal is untouched.',
    );
    for (const resolve of this.pending.values()) {
      resolve(failed);
    }
    this.pending.clear();
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.keepAwake();
    this.worker = null;
    this.failAll();
    await worker?.terminate();
  }
}

export class LibraryClient {
  private readonly reading: LibraryThread;
  private readonly bulk: LibraryThread;
  private isClosed = false;

  constructor(workerUrl: URL, log: (line: string) => void) {
    this.reading = new LibraryThread(workerUrl, 'library', log);
    this.bulk = new LibraryThread(workerUrl, 'library-bulk', log);
  }

  async ask<Op extends LibraryRequest['op']>(
    request: Extract<LibraryRequest, { op: Op }>,
  ): Promise<Result<LibraryAnswers[Op]>> {
    if (this.isClosed) {
      return fail('closed', 'Nightjar is closing.');
    }
    const thread = bulkOps.has(request.op) ? this.bulk : this.reading;
    return (await thread.ask(request)) as Result<LibraryAnswers[Op]>;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([this.reading.close(), this.bulk.close()]);
  }
}
