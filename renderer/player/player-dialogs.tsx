/** What the player asks: which time to go to, what to export; and the list of its keys. */
import type { ReactElement } from 'react';
import { PromptDialog } from '../common/dialog.tsx';
import { ExportDialog } from '../common/export-dialog.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import type { Player, PlayerState } from './player.ts';
import { clockTime, exactTime, parseTime } from './words.ts';

export type Ask = 'time' | 'export' | 'help';

export interface PlayerDialogsProps {
  readonly ask: Ask | null;
  readonly player: Player;
  readonly state: PlayerState;
  readonly onClose: () => void;
  readonly onExported: (file: string) => void;
}

export function PlayerDialogs({ ask, player, state, onClose, onExported }: PlayerDialogsProps): ReactElement | null {
  const { info, screen, timeMs } = state;
  if (ask === 'help') return <KeysDialog onClose={onClose} />;
  if (ask === 'export') {
    return (
      <ExportDialog
        journalId={info.journalId}
        title={info.title}
        moment={screen.seq >= info.lastSeq ? null : { seq: screen.seq, text: exactTime(screen.timeMs) }}
        onClose={onClose}
        onExported={onExported}
      />
    );
  }
  if (ask === null) return null;
  return (
    <PromptDialog
      title="Go to a time"
      text="A time of day, with or without a day, or how far from here: 14:03, 24 Nov 14:03:20, -10m, +30s."
      label="Time"
      initial={clockTime(timeMs)}
      action="Go"
      onCancel={onClose}
      onConfirm={async (typed) => {
        const wanted = parseTime(typed, info.firstTimeMs, info.lastTimeMs, timeMs);
        if (wanted === null) return 'Nightjar cannot read this as a time. Write it like 14:03:20 or -10m.';
        player.goToTime(wanted);
        onClose();
        return null;
      }}
    />
  );
}
