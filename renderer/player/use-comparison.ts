/**
 * "What was new between these two moments": two marks on the time line, and the cells that differ between them.
 */
import { useEffect, useMemo, useState } from 'react';
import { invoke } from '../common/bridge.ts';
import { compareScreens, type Difference, nextScreen, type Screen, wholeScreen } from './screen.ts';

export interface Mark {
  readonly seq: number;
  readonly timeMs: number;
}

export interface Comparison {
  readonly a: Mark | null;
  readonly b: Mark | null;
  /** Null until both marks are set and their difference is known. */
  readonly differences: ReadonlyMap<string, Difference> | null;
  readonly problem: string | null;
  readonly setA: (mark: Mark) => void;
  readonly setB: (mark: Mark) => void;
  readonly clear: () => void;
}

export function useComparison(journalId: string): Comparison {
  const [a, setA] = useState<Mark | null>(null);
  const [b, setB] = useState<Mark | null>(null);
  const [differences, setDifferences] = useState<ReadonlyMap<string, Difference> | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    setDifferences(null);
    setProblem(null);
    if (a === null || b === null) return undefined;
    let isCurrent = true;
    const [from, to] = a.seq <= b.seq ? [a.seq, b.seq] : [b.seq, a.seq];
    void screensAt(journalId, from, to).then((screens) => {
      if (!isCurrent) return;
      if (typeof screens === 'string') setProblem(screens);
      else setDifferences(compareScreens(...screens));
    });
    return () => {
      isCurrent = false;
    };
  }, [journalId, a, b]);
  return useMemo(
    () => ({
      a,
      b,
      differences,
      problem,
      setA,
      setB,
      clear: () => {
        setA(null);
        setB(null);
      },
    }),
    [a, b, differences, problem],
  );
}

async function screensAt(journalId: string, from: number, to: number): Promise<[Screen, Screen] | string> {
  const first = await invoke('playback.moment', { journalId, seq: from, sinceSeq: null });
  if (!first.ok) return first.problem.sentence;
  const before = wholeScreen(first.value);
  const second = await invoke('playback.moment', { journalId, seq: to, sinceSeq: from });
  if (!second.ok) return second.problem.sentence;
  const after = nextScreen(before, second.value);
  return after === null ? 'The two moments could not be compared. Set the marks again.' : [before, after];
}
