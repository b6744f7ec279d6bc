/**
 * What a journal file is made of: its identity, its version, its tables (described in FORMAT.md).
 */

import type { GapBody } from '../../../shared/journal/entries.ts';

/** "NJAR": shown by `file` and checked on opening, so that no other SQLite file is taken for a journal. */
export const applicationId = 0x4e4a4152;
/** Version of the layout in FORMAT.md. */
export const formatVersion = 3;

/** How far the recorder's spool is in the journal. */
export interface RecorderCursor {
  /** Position in the spool before which everything is in the journal. */
  readonly position: number;
  /** Journal entry after which messages from that position on stand. */
  readonly seq: number;
  /** The spool that the position belongs to. */
  readonly birth: string;
  /** What stands in the journal up to `seq`. */
  readonly known?: KnownNumbers;
}

/** Which messages stand in a journal: a server may send again what came out of the spool long before. */
export interface KnownNumbers {
  /** By kernel process: the runs of its messages' numbers, the first and the last of each by turns. */
  readonly runs: Readonly<Record<string, readonly number[]>>;
  /** False where others came as well: messages without a number, and more runs than are written down. */
  readonly isWhole: boolean;
}

/** What a journal says about itself; stored as one JSON value, so that a salvaged file still has it. */
export interface JournalMeta {
  readonly journalId: string;
  readonly createdTimeMs: number;
  readonly serverName: string;
  readonly serverUrl: string;
  readonly kernelId: string;
  readonly kernelName: string | null;
  /** The notebook whose snapshots are in the journal: the first that was attached to the kernel. */
  readonly notebookPath: string | null;
  /** All notebooks that were attached to the kernel, and when each was last. */
  readonly notebooks?: readonly { readonly path: string; readonly attachedTimeMs: number }[];
  /** The `session_id` of our websocket: only with the same one does a server hand out what it buffered for us. */
  readonly clientSessionId: string;
  /** The `session_id` that took its place, when the server's ways to the kernel under the first one were dead. */
  readonly connectionId?: string;
  /** Content of the last `kernel_info_reply`, so that windows open without asking a busy kernel. */
  readonly kernelInfo: Readonly<Record<string, unknown>> | null;
  /** Who answers for the kernel: a run of the command line ends with its process, the app's sessions go on. */
  readonly owner: 'app' | 'cli';
  readonly state: 'open' | 'closed';
  readonly recorder: RecorderCursor | null;
  /** The latest gaps, so that they stand in their cells without reading the journal. */
  readonly gapMarks?: readonly GapBody[];
}

/**
 * The tables of version 1. A new file gets them and then what version 2 added, as an old one does when it is upgraded.
 * Version 3 has the same tables and another way to pack blocks.
 */
export const schema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE block (
    first_seq INTEGER PRIMARY KEY, entries INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
    sealed INTEGER NOT NULL, raw_size INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE parent_block (parent TEXT NOT NULL, first_seq INTEGER NOT NULL, PRIMARY KEY (parent, first_seq))
    WITHOUT ROWID;
  CREATE TABLE execution (
    msg_id TEXT PRIMARY KEY, cell_id TEXT, request_seq INTEGER NOT NULL, state TEXT NOT NULL, status TEXT,
    execution_count INTEGER, submitted_time INTEGER NOT NULL, started_time INTEGER, ended_time INTEGER,
    saved INTEGER NOT NULL);
  CREATE TABLE snapshot (hash TEXT PRIMARY KEY, raw_size INTEGER NOT NULL, data BLOB NOT NULL);
`;

/**
 * What version 2 added: an index made while blocks are sealed, so that a time line is there without reading the whole
 * journal. Everything in it can be made anew from the blocks.
 */
export const schemaAdded = `
  ALTER TABLE parent_block ADD COLUMN last_seq INTEGER;
  CREATE INDEX block_time ON block (first_time);
  CREATE TABLE event (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE activity (second INTEGER PRIMARY KEY, entries INTEGER NOT NULL);
  CREATE TABLE state (seq INTEGER PRIMARY KEY, raw_size INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE piece (id INTEGER PRIMARY KEY, raw_size INTEGER NOT NULL, data BLOB NOT NULL);
  INSERT INTO meta VALUES ('indexed', '0');
`;
