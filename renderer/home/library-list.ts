/**
 * Which journals the library lists, and in which order. Pure.
 */
import { matchesQuery } from '../common/list-keys.ts';
import type { Journal } from './wording.ts';

export type SortKey = 'title' | 'last' | 'length' | 'entries' | 'size' | 'errors' | 'gaps';

export interface Sort {
  readonly by: SortKey;
  readonly isDescending: boolean;
}

/** The latest first: what somebody looks for is mostly what they did last. */
export const usualSort: Sort = { by: 'last', isDescending: true };

export interface Filter {
  /** Null for all servers. */
  readonly server: string | null;
  readonly state: 'all' | 'running' | 'unread' | 'kept' | 'errors' | 'gaps' | 'damaged';
  readonly tag: string | null;
}

export const noFilter: Filter = { server: null, state: 'all', tag: null };

const values: Readonly<Record<Exclude<SortKey, 'title'>, (journal: Journal) => number>> = {
  last: (journal) => journal.lastEntryTimeMs,
  length: (journal) => journal.lastEntryTimeMs - journal.createdTimeMs,
  entries: (journal) => journal.entries,
  size: (journal) => journal.fileBytes,
  errors: (journal) => journal.errors,
  gaps: (journal) => journal.gaps,
};

export function sorted(journals: readonly Journal[], { by, isDescending }: Sort): Journal[] {
  const compare = (a: Journal, b: Journal): number =>
    by === 'title' ? a.title.localeCompare(b.title, undefined, { numeric: true }) : values[by](a) - values[by](b);
  // Equal ones keep the order of time, whichever way the list is turned.
  return journals.toSorted((a, b) => (isDescending ? -1 : 1) * compare(a, b) || b.lastEntryTimeMs - a.lastEntryTimeMs);
}

/** A second choice of the same column turns it round. Names begin at A, numbers at the largest. */
export function nextSort(sort: Sort, by: SortKey): Sort {
  return sort.by === by ? { by, isDescending: !sort.isDescending } : { by, isDescending: by !== 'title' };
}

export function filtered(journals: readonly Journal[], filter: Filter): Journal[] {
  return journals.filter(
    (journal) =>
      (filter.server === null || journal.serverName === filter.server) &&
      (filter.tag === null || journal.tags.includes(filter.tag)) &&
      isInState(journal, filter.state),
  );
}

function isInState(journal: Journal, state: Filter['state']): boolean {
  switch (state) {
    case 'all':
      return true;
    case 'running':
      return journal.state === 'open';
    case 'unread':
      return journal.isUnread;
    case 'kept':
      return journal.isKept;
    case 'errors':
      return journal.errors > 0;
    case 'gaps':
      return journal.gaps > 0;
    case 'damaged':
      return journal.state === 'damaged';
  }
}

/** Journals that are called what was typed, or tagged with it. */
export function named(journals: readonly Journal[], query: string): Journal[] {
  if (query.trim() === '') return [...journals];
  return journals.filter((journal) =>
    matchesQuery(query, [journal.title, journal.notebookPath, journal.kernelName, journal.serverName, ...journal.tags]),
  );
}

export function serversOf(journals: readonly Journal[]): string[] {
  return [...new Set(journals.map(({ serverName }) => serverName))].sort((a, b) => a.localeCompare(b));
}

export function tagsOf(journals: readonly Journal[]): string[] {
  return [...new Set(journals.flatMap(({ tags }) => tags))].sort((a, b) => a.localeCompare(b));
}

/** `paper, sweep 3` → `['paper', 'sweep 3']`. */
export function readTags(text: string): string[] {
  return [
    ...new Set(
      text
        .split(',')
        .map((tag) => tag.trim().replaceAll(/\s+/g, ' '))
        .filter((tag) => tag !== ''),
    ),
  ];
}
