/**
 * The lists that Home shows: asked for once, then kept current by events.
 *
 * A list that could not be had is `null` with a problem beside it; the window offers to ask again.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { RecentNotebook, ServerSummary } from '../../shared/ipc/contract.ts';
import type { Problem } from '../../shared/result.ts';
import { invoke } from '../common/bridge.ts';
import { useEvent } from '../common/use-command.ts';
import type { Journal } from './wording.ts';

/** Journals grow all the time while a cell runs; their list is read at most this often. */
const journalsPauseMs = 1_500;

export interface HomeData {
  readonly servers: readonly ServerSummary[] | null;
  readonly recents: readonly RecentNotebook[];
  readonly journals: readonly Journal[];
  readonly problem: Problem | null;
  readonly reload: () => void;
  readonly reloadJournals: () => void;
}

export function useHomeData(): HomeData {
  const [servers, setServers] = useState<readonly ServerSummary[] | null>(null);
  const [recents, setRecents] = useState<readonly RecentNotebook[]>([]);
  const [journals, setJournals] = useState<readonly Journal[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);

  const loadJournals = useCallback(async () => {
    const list = await invoke('journals.list', {});
    if (list.ok) {
      setJournals(list.value.toSorted((a, b) => b.lastEntryTimeMs - a.lastEntryTimeMs));
    } else {
      setProblem(list.problem);
    }
  }, []);

  const reload = useCallback(() => {
    setProblem(null);
    void invoke('servers.list', {}).then((list) => (list.ok ? setServers(list.value) : setProblem(list.problem)));
    void invoke('recents.list', {}).then((list) => (list.ok ? setRecents(list.value) : setProblem(list.problem)));
    void loadJournals();
  }, [loadJournals]);

  useEffect(reload, [reload]);
  // What is seen of a server grows old while nobody looks.
  useEffect(() => {
    const onLook = (): void => void invoke('servers.refresh', {});
    onLook();
    window.addEventListener('focus', onLook);
    return () => window.removeEventListener('focus', onLook);
  }, []);
  useEvent('servers.changed', (body) => setServers(body.servers));
  useEvent('recents.changed', (body) => setRecents(body.recents));

  const journalsTimer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const isStale = useRef(false);
  const loadSoon = useCallback(() => {
    isStale.current = true;
    journalsTimer.current ??= setTimeout(() => {
      journalsTimer.current = null;
      // Nobody looks at a covered window: it reads the list when it is seen again.
      if (document.visibilityState === 'visible') {
        isStale.current = false;
        void loadJournals();
      }
    }, journalsPauseMs);
  }, [loadJournals]);
  useEvent('journals.changed', loadSoon);
  useEffect(() => {
    const onSeen = (): void => {
      if (isStale.current) {
        loadSoon();
      }
    };
    document.addEventListener('visibilitychange', onSeen);
    return () => {
      document.removeEventListener('visibilitychange', onSeen);
      if (journalsTimer.current !== null) {
        clearTimeout(journalsTimer.current);
        journalsTimer.current = null;
      }
    };
  }, [loadSoon]);

  const reloadJournals = useCallback(() => void loadJournals(), [loadJournals]);
  return { servers, recents, journals, problem, reload, reloadJournals };
}
