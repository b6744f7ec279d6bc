/**
 * The player window: opens the journal it was made for, or says why it cannot.
 */
import { useEffect, useState, type ReactElement } from 'react';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import type { Result } from '../../shared/result.ts';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { FullPageState, ProgressBar } from '../common/feedback.tsx';
import { Player, type PlaybackPort, type PlayerTiming } from './player.ts';
import { PlayerView } from './player-view.tsx';

/** A journal that opens sooner shows no progress: a flash of it reads as slowness. */
const progressAfterMs = 400;

const timing: PlayerTiming = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  onFrame: (callback) => {
    const frame = requestAnimationFrame(callback);
    return () => cancelAnimationFrame(frame);
  },
};

function portOf(journalId: string): PlaybackPort {
  return {
    info: () => invoke('playback.info', { journalId }),
    moment: (seq, sinceSeq) => invoke('playback.moment', { journalId, seq, sinceSeq }),
    at: (timeMs) => invoke('playback.at', { journalId, timeMs }),
    find: (args) => invoke('playback.find', { ...args, journalId }),
  };
}

export function PlayerWindow({ context }: { readonly context: WindowContext }): ReactElement {
  const { journalId, seq } = context;
  const [opened, setOpened] = useState<Result<Player> | null>(null);
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (journalId === null) return undefined;
    const timer = setTimeout(() => setSlow(true), progressAfterMs);
    let isGone = false;
    void Player.open(portOf(journalId), timing, seq).then((result) => {
      clearTimeout(timer);
      if (isGone) {
        if (result.ok) result.value.dispose();
      } else {
        setOpened(result);
      }
    });
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [journalId, seq]);

  if (journalId === null) return <FullPageState title="This window was opened without a journal" />;
  if (opened === null) {
    return isSlow ? (
      <FullPageState title="Reading the journal…">
        <div className="opening">
          <ProgressBar label="Reading the journal" fraction={null} />
        </div>
      </FullPageState>
    ) : (
      <div />
    );
  }
  if (!opened.ok) {
    return (
      <FullPageState title="This journal cannot be played" text={opened.problem.sentence}>
        <Button look="primary" onClick={() => void invoke('window.openHome', {})}>
          Open Home
        </Button>
        <Button onClick={() => window.location.reload()}>Try again</Button>
      </FullPageState>
    );
  }
  return <PlayerView player={opened.value} context={context} />;
}
