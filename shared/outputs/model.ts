/**
 * What the output reducer keeps: cells, their outputs, displays that several outputs share.
 *
 * Types and their making only; the reducer changes them, `saved-outputs.ts` stores them. To everybody else they are
 * opaque.
 */
import type * as nbformat from '@jupyterlab/nbformat';
import type { StreamText, TextBounds } from './stream-text.ts';

/** One message, decoded but not yet believed. Only output and execution messages have an effect. */
export interface OutputMessage {
  /** What the outputs belong to: a cell's id or an execution's, as the caller chooses. */
  readonly cellKey: string;
  readonly msgType: string;
  readonly content: unknown;
  /** The message's own metadata. Nothing that is shown depends on it; display metadata stands in `content`. */
  readonly metadata?: unknown;
  /** When the kernel made the message, in ms since 1970; absent when unknown. */
  readonly time?: number;
  /** Where the message stands in a journal; outputs then tell from where they are. */
  readonly place?: MessagePlace;
}

/** Where a message stands in a journal, when it arrived there and on which lane. */
export interface MessagePlace {
  readonly seq: number;
  readonly timeMs: number;
  readonly lane: number;
}

/** The messages an output is made of: its first and its last. */
export interface Origin {
  readonly first: MessagePlace;
  last: MessagePlace;
}

/** What is kept of outputs that are too long; without bounds everything is. */
export interface OutputBounds {
  readonly text: TextBounds;
  /** Outputs of one cell that are kept at its beginning, and as many at its end. */
  readonly outputs: number;
}

/** Times of one execution in ms since 1970, as far as messages told them. */
export interface ExecutionTimes {
  readonly busyMs: number | null;
  readonly inputMs: number | null;
  readonly replyMs: number | null;
  readonly idleMs: number | null;
}

/** What the kernel asked the client to put into the next cell (`%load`, `%recall`). */
export interface NextInput {
  readonly text: string;
  readonly replace: boolean;
}

/** What one display shows. */
export interface Bundle {
  data: nbformat.IMimeBundle;
  metadata: nbformat.OutputMetadata;
}

/** Data that all outputs of one display id share, so that an update costs one assignment and not one per output. */
export interface Display extends Bundle {
  readonly id: string | null;
  /** How many outputs of each cell show it. */
  readonly shownIn: Map<string, number>;
  /** The message that last changed it. */
  updated: MessagePlace | null;
}

interface Placed {
  readonly origin: Origin | null;
}

export type Output = Placed & OutputContent;

type OutputContent =
  | { readonly kind: 'stream'; readonly name: string; readonly text: StreamText }
  | { readonly kind: 'display_data'; readonly display: Display }
  | { readonly kind: 'execute_result'; readonly display: Display; readonly executionCount: number | null }
  | { readonly kind: 'error'; readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] };

export interface Cell {
  readonly key: string;
  outputs: Output[];
  /** Outputs left out of the middle. */
  omitted: number;
  clearNext: boolean;
  executionCount: number | null;
  nextInput: NextInput | null;
  times: ExecutionTimes;
}

/** Opaque outside of this file. */
export interface NotebookOutputs {
  readonly bounds: OutputBounds | null;
  readonly cells: Map<string, Cell>;
  /** Displays with an id that at least one output still shows. */
  readonly displays: Map<string, Display>;
  refusedCount: number;
}

export const noTimes: ExecutionTimes = { busyMs: null, inputMs: null, replyMs: null, idleMs: null };
