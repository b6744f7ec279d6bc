/**
 * The lower part of the player, as high as the person wants it: a grip at its upper edge, for mouse and keyboard.
 */
import { useState, type PointerEvent, type ReactElement, type ReactNode } from 'react';
import { headHeight, laneHeight } from './paint.ts';

/** Transport and status line, as the style sheet sets them. */
/** With the lines above, between and below. */
const fixedHeight = 44 + 24 + headHeight + 3;
/** Half a lane more says that there are others below. */
const lanesAtFirst = 8.5;
const keyStep = laneHeight;

export function TimelineBox({
  lanes,
  children,
}: {
  readonly lanes: number;
  readonly children: ReactNode;
}): ReactElement {
  const [wanted, setWanted] = useState<number | null>(null);
  const natural = Math.min(Math.max(lanes, 3), lanesAtFirst) * laneHeight;
  // However small the window, the notebook keeps the larger part of it.
  const most = Math.max(laneHeight, window.innerHeight * 0.6 - fixedHeight);
  const usual = Math.min(natural, Math.max(2 * laneHeight, window.innerHeight * 0.42 - fixedHeight));
  const height = Math.min(most, Math.max(laneHeight, wanted ?? usual));
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    setWanted(window.innerHeight - event.clientY - fixedHeight);
  };
  return (
    <div className="lower" style={{ height: `${height + fixedHeight}px` }}>
      {/* biome-ignore lint/a11y/useSemanticElements: a rule cannot be focused or dragged */}
      <div
        className="lower-grip"
        role="separator"
        aria-orientation="horizontal"
        aria-label="Height of the time line"
        aria-valuenow={Math.round(height)}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onDoubleClick={() => setWanted(null)}
        onKeyDown={(event) => {
          const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
          if (direction === undefined) return;
          event.preventDefault();
          event.nativeEvent.stopImmediatePropagation();
          setWanted(height + direction * keyStep);
        }}
      />
      {children}
    </div>
  );
}
