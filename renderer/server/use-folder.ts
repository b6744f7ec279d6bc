/**
 * The folder the window shows: its place in the address, its entries, and reading them again.
 *
 * An answer for a folder that was left meanwhile is dropped. When reading fails, the last entries stay on the screen,
 * unless the folder is no more.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem } from '../../shared/result.ts';
import { type FileEntry, folderToHash, hashToFolder } from './contents.ts';
import type { ServerApi } from './server-api.ts';

export interface Folder {
  readonly path: string;
  /** `null` until the folder was read once. */
  readonly entries: readonly FileEntry[] | null;
  readonly problem: Problem | null;
  readonly isLoading: boolean;
  readonly go: (path: string) => void;
  readonly reload: () => Promise<void>;
}

export function useFolder(api: ServerApi): Folder {
  const [path, setPath] = useState(() => hashToFolder(window.location.hash));
  const [listing, setListing] = useState<{ path: string; entries: readonly FileEntry[] } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isLoading, setIsLoading] = useState(false);
  const wanted = useRef(0);

  const load = useCallback(
    async (folder: string) => {
      wanted.current += 1;
      const turn = wanted.current;
      setIsLoading(true);
      const result = await api.list(folder);
      if (turn !== wanted.current) {
        return;
      }
      setIsLoading(false);
      setProblem(result.ok ? null : result.problem);
      if (result.ok) {
        setListing({ path: folder, entries: result.value });
      } else if (result.problem.kind === 'gone') {
        setListing(null);
      }
    },
    [api],
  );

  useEffect(() => {
    void load(path);
  }, [load, path]);
  useEffect(() => {
    const onHash = (): void => setPath(hashToFolder(window.location.hash));
    // Files also change outside this window: coming back to it is the moment to look.
    const onFocus = (): void => void load(hashToFolder(window.location.hash));
    window.addEventListener('hashchange', onHash);
    window.addEventListener('focus', onFocus);
    return () => {
      window.removeEventListener('hashchange', onHash);
      window.removeEventListener('focus', onFocus);
    };
  }, [load]);

  const go = useCallback((folder: string) => {
    window.location.hash = folderToHash(folder);
  }, []);
  const reload = useCallback(() => load(path), [load, path]);
  return { path, entries: listing?.path === path ? listing.entries : null, problem, isLoading, go, reload };
}
