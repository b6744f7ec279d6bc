/**
 * The search over everything that was run or printed, as one types.
 *
 * The next question waits for a pause in typing and for the answer to the last one; an answer that was overtaken is
 * dropped. While journals are still being indexed, or grow, or could not be searched, the same question is asked again
 * now and then.
 */
import { useEffect, useState } from 'react';
import type { CommandReply } from '../../shared/ipc/contract.ts';
import { invoke, listen } from '../common/bridge.ts';

export type SearchAnswer = CommandReply<'journals.search'>;

/** Faster typing than this is one word. */
const typingPauseMs = 140;
/** While journals are being indexed: often enough to see the list fill. */
const indexingPauseMs = 1_500;
/** Hits a person looks through before they type more. */
export const hitsAtFirst = 60;
export const hitsMax = 600;

export interface Search {
  readonly answer: SearchAnswer | null;
  /** The question that `answer` answers. */
  readonly answered: string;
  readonly problem: string | null;
}

const nothing: Search = { answer: null, answered: '', problem: null };

export function useSearch(query: string, limit: number): Search {
  const [search, setSearch] = useState<Search>(nothing);
  const wanted = query.trim();
  useEffect(() => {
    if (wanted === '') {
      setSearch(nothing);
      return undefined;
    }
    let isCurrent = true;
    let hasGrown = false;
    /** Set from when a question is planned until it is answered. */
    let timer: ReturnType<typeof setTimeout> | null = null;
    const askIn = (afterMs: number): void => {
      timer ??= setTimeout(() => void ask(), afterMs);
    };
    const ask = async (): Promise<void> => {
      hasGrown = false;
      const result = await invoke('journals.search', { query: wanted, limit });
      timer = null;
      if (!isCurrent) return;
      setSearch(
        result.ok
          ? { answer: result.value, answered: wanted, problem: null }
          : { answer: null, answered: wanted, problem: result.problem.sentence },
      );
      const isBehind = !result.ok || result.value.indexing + result.value.growing > 0;
      if (isBehind || hasGrown) askIn(indexingPauseMs);
    };
    const stopListening = listen('journals.changed', () => {
      hasGrown = true;
      askIn(indexingPauseMs);
    });
    askIn(typingPauseMs);
    return () => {
      isCurrent = false;
      stopListening();
      if (timer !== null) clearTimeout(timer);
    };
  }, [wanted, limit]);
  return search;
}
