/**
 * The main thread's hold on the journal worker.
 *
 * Turns posted messages into promises. A failed commit is tried again for ever with the same payload, in order, and
 * told through `onTrouble`: a full disk delays what is shown, it never loses it.
 */
import { Worker } from 'node:worker_threads';
import type { Execution } from '../../../shared/journal/entries.ts';
import type { Answers, Appended, Posted, Reply, Request } from './protocol.ts';
import { buffersOf, type Taken } from './records.ts';

/** Pause before a failed commit is tried again: a disk is seldom freed faster. */
const retryAfterMs = 1_000;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The worker refused, usually because the disk did. It lives, and may be asked again. */
export class CommitError extends Error {
  constructor(
    message: string,
    readonly batches: readonly Taken[] | undefined,
  ) {
    super(message);
  }
}

/** What one transaction commits. */
export interface Append {
  readonly batches: readonly Taken[];
  readonly executions: readonly Execution[];
  readonly gaps: number;
}

export class JournalClient {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private ended = false;

  constructor(
    workerUrl: URL,
    private readonly log: (line: string) => void,
  ) {
    // Batches pass through it once: a small young generation gives their memory back early in a flood.
    this.worker = new Worker(workerUrl, { name: 'journal', resourceLimits: { maxYoungGenerationSizeMb: 8 } });
    this.worker.on('message', (reply: Reply) => this.onReply(reply));
    this.worker.on('error', (error) => this.onEnd(`the journal worker failed: ${error.message}`));
    this.worker.on('exit', () => this.onEnd('the journal worker ended'));
  }

  private onReply(reply: Reply): void {
    const pending = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (reply.ok) {
      pending?.resolve(reply.value);
    } else {
      pending?.reject(new CommitError(reply.error, reply.batches));
    }
  }

  private onEnd(why: string): void {
    if (!this.ended) {
      this.log(why);
    }
    this.ended = true;
    for (const pending of this.pending.values()) {
      pending.reject(new Error(why));
    }
    this.pending.clear();
  }

  call<Op extends Request['op']>(
    request: Extract<Request, { op: Op }>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Answers[Op]> {
    return new Promise<Answers[Op]>((resolve, reject) => {
      if (this.ended) {
        reject(new Error('the journal is closed'));
        return;
      }
      const id = this.nextId++;
      this.pending.set(id, { resolve: (value) => resolve(value as Answers[Op]), reject });
      const posted: Posted = { id, request };
      this.worker.postMessage(posted, [...transfer]);
    });
  }

  /** Commits batches; resolves once they are on the disk. Retries while the disk refuses. */
  async append(key: string, append: Append, onTrouble: (sentence: string | null) => void): Promise<Appended> {
    let { batches } = append;
    let troubled = false;
    for (;;) {
      try {
        const appended = await this.call({ op: 'append', key, ...append, batches }, buffersOf(batches));
        if (troubled) {
          onTrouble(null);
        }
        return appended;
      } catch (error) {
        if (!(error instanceof CommitError) || error.batches === undefined) {
          throw error;
        }
        batches = error.batches;
        troubled = true;
        this.log(`journal ${key}: a commit failed: ${error.message}`);
        onTrouble(
          'The journal cannot be written, probably because the disk is full. Nothing is lost yet: free some space and Nightjar goes on by itself.',
        );
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
      }
    }
  }

  async close(): Promise<void> {
    if (this.ended) {
      return;
    }
    await this.call({ op: 'closeAll' });
    this.ended = true;
    await this.worker.terminate();
  }
}
