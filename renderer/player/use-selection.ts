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
  /** `isJump`: to one thing that is looked for, which is brought onto the screen even where all else is new as well. */
  readonly follow: (isJump?: boolean) => void;
  readonly lookElsewhere: () => void;
}

export function useSelection(screen: Screen): Selection {
  const [selected, setSelected] = useState<string | null>(null);
  const [reveal, setReveal] = useState<Selection['reveal']>(null);
  const follows = useRef(true);
  const isJumping = useRef(false);
  const show = useCallback((cellId: string, edge: Reveal['edge']): void => {
    setReveal((now) => ({ cellId, turn: (now?.turn ?? 0) + 1, edge }));
  }, []);
  useEffect(() => {
    const changed = latestChange(screen);
    // Where everything is new there is nothing to point at.
    const isToldApart = isJumping.current || screen.changed.size < screen.order.length;
    isJumping.current = false;
    if (changed !== null && follows.current && isToldApart) show(changed, 'end');
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
    follow: (isJump = false) => {
      follows.current = true;
      isJumping.current = isJump;
    },
    lookElsewhere: () => {
      follows.current = false;
    },
  };
}
