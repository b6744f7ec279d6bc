/**
 * The bar of a comparison: which two moments, how many cells differ, and a way from one to the next.
 */
import { useState, type ReactElement } from 'react';
import { Button, IconButton } from '../common/button.tsx';
import { plural } from '../common/format.ts';
import type { PlayerAction } from './keys.ts';
import type { Screen } from './screen.ts';
import type { Comparison } from './use-comparison.ts';
import { clockTime } from './words.ts';

export interface CompareBarProps {
  readonly comparison: Comparison;
  readonly screen: Screen;
  readonly onShow: (cellId: string) => void;
  readonly onMark: (action: PlayerAction) => void;
}

export function CompareBar({ comparison, screen, onShow, onMark }: CompareBarProps): ReactElement {
  const { a, b, differences, problem } = comparison;
  const [at, setAt] = useState(-1);
  const changed = [...(differences?.keys() ?? [])].filter((id) => screen.cells.has(id));
  const next = (direction: 1 | -1): void => {
    if (changed.length === 0) return;
    const index = (at + direction + changed.length) % changed.length;
    setAt(index);
    const cellId = changed[index];
    if (cellId !== undefined) onShow(cellId);
  };
  return (
    <div className="compare" role="status" data-testid="compare">
      <button type="button" className="compare-mark" onClick={() => onMark('mark-a')} title="Compare from here (A)">
        <b>A</b> {a === null ? 'set here' : clockTime(a.timeMs)}
      </button>
      <span className="compare-arrow" aria-hidden="true">
        →
      </span>
      <button type="button" className="compare-mark" onClick={() => onMark('mark-b')} title="Compare up to here (B)">
        <b>B</b> {b === null ? 'set here' : clockTime(b.timeMs)}
      </button>
      <span className="compare-text">{problem ?? compareText(comparison)}</span>
      {changed.length === 0 ? null : (
        <>
          <IconButton icon="up" label="Previous changed cell" onClick={() => next(-1)} />
          <IconButton icon="down" label="Next changed cell" onClick={() => next(1)} />
        </>
      )}
      <Button look="quiet" onClick={comparison.clear}>
        Done
      </Button>
    </div>
  );
}

function compareText({ a, b, differences }: Comparison): string {
  if (a === null || b === null) {
    return a === null
      ? 'Go to the moment to compare from and press A.'
      : 'Go to the moment to compare with and press B.';
  }
  if (differences === null) return 'Comparing…';
  const gone = [...differences.values()].filter((difference) => difference === 'gone').length;
  const removed = gone === 0 ? '' : ` ${plural(gone, 'cell was', 'cells were')} removed.`;
  const changed = differences.size - gone;
  if (changed === 0) return gone === 0 ? 'Nothing changed between the two.' : removed.trim();
  return `${plural(changed, 'cell')} changed between the two.${removed}`;
}
