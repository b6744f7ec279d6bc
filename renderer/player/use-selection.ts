/**
 * The selected cell, and where the notebook looks.
 *
 * The notebook follows what happens in it, until the person scrolls elsewhere; the next step, jump or press on play
 * makes it follow again.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { latestChange, type Screen } from './screen.ts';

export interface Reveal {
  readonly cellId: string;
  /** Changes whenever the cell is to be brought onto the screen again. */
  readonly turn: number;
  /** What of a cell that is too high for the page: its beginning for who looks for it, its end for who follows it. */
  readonly edge: 'start' | 'end';
}

export interface Selection {
  readonly selected: string | null;
  readonly reveal: Reveal | null;
  /** Selects a cell that is on the screen. */
  readonly pick: (cellId: string) => void;
  /** Selects a cell and brings it onto the screen. */
  readonly select: (cellId: string) => void;
  readonly selectNext: (direction: 1 | -1) => void;
  readonly follow: () => void;
  readonly lookElsewhere: () => void;
}

export function useSelection(screen: Screen): Selection {
  const [selected, setSelected] = useState<string | null>(null);
  const [reveal, setReveal] = useState<Selection['reveal']>(null);
  const follows = useRef(true);
  const show = useCallback((cellId: string, edge: Reveal['edge']): void => {
    setReveal((now) => ({ cellId, turn: (now?.turn ?? 0) + 1, edge }));
  }, []);
  useEffect(() => {
    const changed = latestChange(screen);
    // Where everything is new there is nothing to point at.
    if (changed !== null && follows.current && screen.changed.size < screen.order.length) show(changed, 'end');
  }, [screen, show]);
  const select = useCallback(
    (cellId: string): void => {
      setSelected(cellId);
      show(cellId, 'start');
    },
    [show],
  );
  return {
    selected,
    reveal,
    pick: setSelected,
    select,
    selectNext: (direction) => {
      const { order } = screen;
      const from = selected === null ? -1 : order.indexOf(selected);
      const at = from === -1 && direction === -1 ? order.length : from;
      const next = order[Math.min(order.length - 1, Math.max(0, at + direction))];
      if (next !== undefined) select(next);
    },
    follow: () => {
      follows.current = true;
    },
    lookElsewhere: () => {
      follows.current = false;
    },
  };
}
