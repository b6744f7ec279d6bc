/**
 * What a journal holds, entry by entry.
 *
 * Pure types and the small value sets behind them; the byte layout is the journal store's matter
 * (`electron/core/journal/FORMAT.md`).
 */
import type { CellId, MsgId, Seq } from '../ids.ts';

/** Sorts of entries. The numbers are part of the file format and never change their meaning. */
export const entryKinds = { frame: 1, link: 2, gap: 3, snapshot: 4, note: 5, app: 6 } as const;
export type EntryKind = (typeof entryKinds)[keyof typeof entryKinds];

/** How an entry reached us. The numbers are part of the file format. */
export const lanes = { live: 1, serverBuffer: 2, recorder: 3, rebuilt: 4 } as const;
export type Lane = (typeof lanes)[keyof typeof lanes];

/** `in` is what the kernel or the server sent, `out` is what we sent. */
export const directions = { in: 0, out: 1 } as const;
export type Direction = (typeof directions)[keyof typeof directions];

export interface Entry {
  readonly seq: Seq;
  readonly kind: EntryKind;
  readonly direction: Direction;
  readonly lane: Lane;
  /** Wall-clock time of arrival, microseconds since 1970. */
  readonly timeUs: number;
  /** A v1 frame for `frame`, UTF-8 JSON for every other kind. */
  readonly body: Uint8Array;
}

/** Body of a `gap` entry: messages that are known to be missing. */
export interface GapBody {
  /** Missing messages, or `null` where the number cannot be known. */
  readonly messages: number | null;
  readonly fromTimeMs: number;
  readonly toTimeMs: number;
  readonly why: string;
  /** The cell whose output it falls into; null or absent where that is not known. */
  readonly cellId?: string | null;
}

/**
 * How far an execute request has come. `queued`: not sent, the link is down. `sent`: handed to the socket.
 * `accepted`: the server has it. `running`: the kernel works on it. `done`: reply and idle are known. `in-doubt`: cut
 * off between sent and accepted. `lost`: the kernel ended before it was done. `cancelled`: taken back while queued,
 * with the status `aborted`, or left while in doubt, with none.
 */
export type ExecutionState = 'queued' | 'sent' | 'accepted' | 'running' | 'done' | 'in-doubt' | 'lost' | 'cancelled';

export const executionStates: readonly ExecutionState[] = [
  'queued',
  'sent',
  'accepted',
  'running',
  'done',
  'in-doubt',
  'lost',
  'cancelled',
];

/** True while more can come of an execution. */
export function isPending(state: ExecutionState): boolean {
  return state !== 'done' && state !== 'lost' && state !== 'cancelled';
}

/** One `execute_request` and what became of it. Times are milliseconds since 1970, `null` while unknown. */
export interface Execution {
  readonly msgId: MsgId;
  /** From `metadata.cellId` of the request; `null` for requests that belong to no cell. */
  readonly cellId: CellId | null;
  readonly requestSeq: Seq;
  readonly state: ExecutionState;
  readonly status: 'ok' | 'error' | 'aborted' | null;
  readonly executionCount: number | null;
  readonly submittedTimeMs: number;
  readonly startedTimeMs: number | null;
  readonly endedTimeMs: number | null;
  /** True once the outputs stand in the saved notebook: reopening need not replay them. */
  readonly saved: boolean;
}

/** A journal in one line. */
export interface JournalSummary {
  readonly journalId: string;
  readonly file: string;
  readonly serverName: string;
  readonly serverUrl: string;
  readonly notebookPath: string | null;
  readonly kernelName: string | null;
  readonly createdTimeMs: number;
  readonly lastEntryTimeMs: number;
  readonly entries: number;
  readonly fileBytes: number;
  readonly executions: number;
  readonly errors: number;
  readonly gaps: number;
  /** `open` while Nightjar answers for the kernel, `closed` afterwards, `damaged` when only a part can be read. */
  readonly state: 'open' | 'closed' | 'damaged';
  /** Who recorded it. */
  readonly owner: 'app' | 'cli';
}

/** A journal in the library: what its file says, and what the person said about it. */
export interface JournalListing extends JournalSummary {
  /** What the person called it, else the notebook's file name. */
  readonly title: string;
  readonly tags: string[];
  readonly isKept: boolean;
  /** It has entries that no window has shown yet. */
  readonly isUnread: boolean;
  /** When it goes by itself, because journals take more room than the person gave them; null when it stays. */
  readonly leavesTimeMs: number | null;
}

/** What `verify` found. `sound` means: every entry is there, in order, and no message of the kernel is missing. */
export interface VerifyReport {
  readonly sound: boolean;
  /** Hash of all entries that could be read, in hex: the same journal has the same one for ever. */
  readonly head: string;
  readonly entries: number;
  readonly frames: number;
  readonly blocks: number;
  readonly firstTimeMs: number | null;
  readonly lastTimeMs: number | null;
  /** Entries known to be missing or unreadable because the file is damaged. */
  readonly lostEntries: number;
  /** Holes in the kernel's message counter that no other client's reply explains. */
  readonly missingMessages: number;
  readonly duplicateMessages: number;
  readonly outOfOrderMessages: number;
  readonly gaps: readonly GapBody[];
  /** What is wrong with the file itself, a sentence each; these are findings too. */
  readonly damage: readonly string[];
  /** One sentence for each finding, for people. */
  readonly findings: readonly string[];
}
