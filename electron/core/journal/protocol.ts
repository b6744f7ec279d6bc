/**
 * Messages between the main thread and the journal worker.
 *
 * The main thread never waits for a disk: it posts work and goes on. Payloads are transferred, not copied; when a
 * commit fails the payload comes back, so that nothing is lost while the disk is full.
 */
import type { Execution } from '../../../shared/journal/entries.ts';
import type { Taken } from './records.ts';
import type { JournalMeta } from './layout.ts';

export interface Opened {
  readonly lastSeq: number;
  readonly meta: JournalMeta;
  readonly executions: readonly Execution[];
  /** What the journal holds of the end of each execution that was still running. */
  readonly ends: readonly End[];
}

/** Of an execution that ends, the reply and the `idle` come on two ways, in any order. */
export interface End {
  readonly msgId: string;
  readonly hasReply: boolean;
  readonly hasIdle: boolean;
}

export type Request =
  | { readonly op: 'create'; readonly key: string; readonly file: string; readonly meta: JournalMeta }
  | { readonly op: 'open'; readonly key: string; readonly file: string }
  | {
      readonly op: 'append';
      readonly key: string;
      readonly batches: readonly Taken[];
      readonly executions: readonly Execution[];
      readonly gaps: number;
    }
  | { readonly op: 'meta'; readonly key: string; readonly change: Partial<JournalMeta> }
  | { readonly op: 'snapshot'; readonly key: string; readonly text: string }
  | {
      readonly op: 'replay';
      readonly key: string;
      readonly msgId: string;
      readonly fromSeq: number;
      readonly toSeq: number;
    }
  | { readonly op: 'ids'; readonly key: string; readonly fromSeq: number }
  | { readonly op: 'entry'; readonly key: string; readonly seq: number }
  | { readonly op: 'replayNext'; readonly replay: number }
  | { readonly op: 'replayEnd'; readonly replay: number }
  | { readonly op: 'close'; readonly key: string }
  | { readonly op: 'closeAll' };

/** A message that is in the journal. */
export interface KnownId {
  readonly msgId: string;
  readonly seq: number;
  readonly isIopub: boolean;
  /** The session of the kernel that made it, where the message proves to be a kernel's (see `provesKernel`). */
  readonly kernelSession: string | null;
}

/** Numbers that were missing when the app ended, before it could tell whether they are lost. */
export interface OpenNumbers {
  readonly series: string;
  readonly from: number;
  readonly to: number;
  readonly fromTimeMs: number;
  readonly toTimeMs: number;
  readonly parentId: string | null;
}

/** What the messages from an entry on say: which are here, and which were being missed. */
export interface KnownMessages {
  readonly ids: readonly KnownId[];
  readonly open: readonly OpenNumbers[];
}

export interface ReplayPart {
  readonly frames: readonly Uint8Array[];
  readonly done: boolean;
  /** Up to here the journal holds the execution's reply, and its `idle`. */
  readonly hasReply: boolean;
  readonly hasIdle: boolean;
}

/** A commit that is on the disk, and the buffers it came in, for the next ones. */
export interface Appended {
  readonly lastSeq: number;
  readonly buffers: readonly ArrayBuffer[];
}

/** What each request answers. */
export interface Answers {
  create: Opened;
  open: Opened;
  append: Appended;
  meta: null;
  snapshot: string;
  replay: number;
  ids: KnownMessages;
  /** The body of one entry; null when it cannot be read. */
  entry: Uint8Array | null;
  replayNext: ReplayPart;
  replayEnd: null;
  close: null;
  closeAll: null;
}

export type Posted = { readonly id: number; readonly request: Request };

export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string; readonly batches?: readonly Taken[] };
