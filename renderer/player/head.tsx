/**
 * The head of the player (what is being played) and its status line (what is selected, what just happened).
 */
import type { ReactElement } from 'react';
import type { PlaybackInfo } from '../../shared/ipc/playback.ts';
import { Button, IconButton } from '../common/button.tsx';
import { Icon } from '../common/icons.tsx';
import type { PlayerState } from './player.ts';
import { cellNumber, cellText, originText, sessionText } from './words.ts';

export interface HeadProps {
  readonly info: PlaybackInfo;
  readonly onExport: () => void;
  readonly onHelp: () => void;
}

export function Head({ info, onExport, onHelp }: HeadProps): ReactElement {
  return (
    <header className="head">
      <span className="head-mark">
        <Icon name="journal" size={18} />
      </span>
      <h1 className="head-title" title={info.notebookPath ?? info.title}>
        {info.title}
      </h1>
      <span className="head-facts">
        {info.serverName}
        {info.kernelName === null ? '' : ` · ${info.kernelName}`}
        {' · '}
        {sessionText(info)}
      </span>
      <span className="head-space" />
      <Button look="quiet" icon="download" onClick={onExport} title="Export (X)">
        Export…
      </Button>
      <IconButton icon="keyboard" label="Keyboard shortcuts (?)" onClick={onHelp} />
    </header>
  );
}

export interface StatusLineProps {
  readonly state: PlayerState;
  readonly selected: string | null;
  /** The last thing a key has led to: read out, and shown until something else is selected. */
  readonly said: string;
}

export function StatusLine({ state, selected, said }: StatusLineProps): ReactElement {
  return (
    <footer className="status">
      <span className="status-cell" data-testid="selected-cell">
        {selected === null
          ? 'Click a cell, or press ↓, to see when it ran and when each output came.'
          : about(state, selected)}
      </span>
      <span className="status-said" role="status" aria-live="polite" data-testid="said" title={said}>
        {said}
      </span>
    </footer>
  );
}

function about({ screen }: PlayerState, cellId: string): string {
  const cell = screen.cells.get(cellId);
  if (cell === undefined) return 'The selected cell is not in the notebook at this moment.';
  const parts = [cellNumber(screen, cellId)];
  if (cell.cell['cell_type'] === 'code') parts.push(cellText(cell, screen.timeMs));
  const last = cell.origins.at(-1);
  if (last !== undefined) parts.push(`last output ${originText(last)}`);
  return parts.join(' · ');
}
