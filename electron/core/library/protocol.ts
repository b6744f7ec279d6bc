/**
 * Messages between the main thread and the library's workers, which read journals and never write one.
 *
 * Every question is answered with a `Result`: a journal that is damaged, gone or hostile is a sentence, not an
 * exception. Files are named by path, so that the same worker serves the library and a file from elsewhere.
 */
import type {
  Moment,
  Place,
  PlaybackArgs,
  PlaybackInfo,
  PrunePlan,
  SearchAnswer,
} from '../../../shared/ipc/playback.ts';
import type { JournalListing, VerifyReport } from '../../../shared/journal/entries.ts';
import type { Result } from '../../../shared/result.ts';

export type ExportFormat = PlaybackArgs<'journals.export'>['to'];
export type FindArgs = Omit<PlaybackArgs<'playback.find'>, 'journalId'>;

/** What a person says about a journal; it stands beside the journals, never in them. */
export interface Labels {
  readonly title?: string;
  readonly tags?: readonly string[];
  readonly isKept?: boolean;
}

export type LibraryRequest =
  | { readonly op: 'list'; readonly dir: string }
  | { readonly op: 'info'; readonly file: string }
  | { readonly op: 'moment'; readonly file: string; readonly seq: number; readonly sinceSeq: number | null }
  | { readonly op: 'at'; readonly file: string; readonly timeMs: number }
  | ({ readonly op: 'find'; readonly file: string } & FindArgs)
  | { readonly op: 'tail'; readonly file: string }
  | { readonly op: 'shown'; readonly file: string; readonly seq: number }
  | { readonly op: 'search'; readonly dir: string; readonly query: string; readonly limit: number }
  | { readonly op: 'label'; readonly dir: string; readonly journalId: string; readonly labels: Labels }
  | { readonly op: 'remove'; readonly dir: string; readonly journalId: string }
  | { readonly op: 'restore'; readonly dir: string; readonly journalId: string }
  | { readonly op: 'exportName'; readonly file: string; readonly to: ExportFormat }
  | {
      readonly op: 'plan';
      readonly dir: string;
      readonly bytesMax: number | null;
      readonly running: readonly string[];
    }
  | {
      readonly op: 'prune';
      readonly dir: string;
      readonly bytesMax: number | null;
      readonly running: readonly string[];
      /** Nothing but these, whatever the plan is by now. */
      readonly only?: readonly string[];
    }
  | { readonly op: 'verify'; readonly file: string }
  | {
      readonly op: 'export';
      readonly file: string;
      readonly to: ExportFormat;
      readonly seq: number | null;
      readonly toFile: string;
    }
  | { readonly op: 'import'; readonly dir: string; readonly file: string }
  | { readonly op: 'index'; readonly dir: string }
  | { readonly op: 'sweep'; readonly dir: string };

/** What each question is answered with when it can be answered. */
export interface LibraryAnswers {
  list: readonly JournalListing[];
  info: PlaybackInfo;
  moment: Moment;
  at: Place;
  find: Place | null;
  tail: Place;
  shown: null;
  search: SearchAnswer;
  label: null;
  remove: null;
  restore: null;
  exportName: string;
  plan: PrunePlan;
  prune: PrunePlan;
  verify: VerifyReport;
  export: string;
  import: string;
  /** Journals of the folder that are not indexed to their end yet. */
  index: number;
  sweep: null;
}

/** Work that may take long: it has a thread of its own, so that a window's question never waits behind it. */
export const bulkOps: ReadonlySet<LibraryRequest['op']> = new Set(['verify', 'export', 'import', 'index', 'prune']);

export interface LibraryPosted {
  readonly id: number;
  readonly request: LibraryRequest;
}

export interface LibraryReply {
  readonly id: number;
  readonly result: Result<unknown>;
}
