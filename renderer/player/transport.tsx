/**
 * The buttons of the player: play, steps, speed, jumps, the clock, "Live". Each has a key, named in its tooltip.
 *
 * A press with the mouse leaves the focus where it was: the next key is meant for the player.
 */
import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from '../common/icons.tsx';
import { useMenu } from '../common/menu.tsx';
import { speeds } from './clock.ts';
import type { PlayerAction } from './keys.ts';
import type { PlayerState } from './player.ts';
import { dayText, exactTime } from './words.ts';

export interface TransportProps {
  readonly state: PlayerState;
  readonly isComparing: boolean;
  readonly onAction: (action: PlayerAction) => void;
  readonly onSpeed: (speed: number) => void;
}

export function Transport({ state, isComparing, onAction, onSpeed }: TransportProps): ReactElement {
  const { isPlaying, speed, info } = state;
  const menu = useMenu();
  const button = (action: PlayerAction, icon: IconName, label: string): ReactElement => (
    <Control key={action} label={label} onPress={() => onAction(action)}>
      <Icon name={icon} />
    </Control>
  );
  const isOpen = info.state === 'open';
  const hasGaps = info.marks.some(({ kind }) => kind === 'gap' || kind === 'outage');
  const errors = info.marks.filter(({ kind }) => kind === 'error').length;
  return (
    <div className="transport" role="toolbar" aria-label="Playback">
      <div className="transport-group">
        {button('cell-back', 'skipBack', 'Previous start or end of a run (Shift+←)')}
        {button('message-back', 'stepBack', 'Previous message (←)')}
        <Control
          label={isPlaying ? 'Pause (Space)' : 'Play (Space)'}
          look="play"
          testId="play"
          onPress={() => onAction('play')}
        >
          <Icon name={isPlaying ? 'pause' : 'play'} size={18} />
        </Control>
        {button('message-forward', 'stepForward', 'Next message (→)')}
        {button('cell-forward', 'skipForward', 'Next start or end of a run (Shift+→)')}
      </div>
      <button
        type="button"
        className="transport-text"
        aria-label={`Speed ${speed} times`}
        aria-haspopup="menu"
        title="Speed (+ and -)"
        onMouseDown={(event) => event.preventDefault()}
        onClick={(event) =>
          menu.open({
            anchor: { below: event.currentTarget },
            entries: speeds.map((one) => ({
              label: `${one}×`,
              icon: one === speed ? 'check' : undefined,
              onChoose: () => onSpeed(one),
            })),
          })
        }
      >
        {speed}×
      </button>
      <Clock state={state} onPress={() => onAction('go-to-time')} />
      {isOpen ? (
        <button
          type="button"
          className="live"
          aria-pressed={state.isLive}
          data-testid="live"
          title={state.isLive ? 'This is now. New output appears as it comes.' : 'Go to now (End)'}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onAction('end')}
        >
          <span className="live-dot" />
          {state.isLive ? 'Live' : 'Go live'}
        </button>
      ) : null}
      <span className="transport-space" />
      <div className="transport-group">
        {errors === 0 ? null : (
          <Jump label="Error" icon="warning" tone="bad" onAction={onAction} back="error-back" forward="error-forward" />
        )}
        {hasGaps ? (
          <Jump label="Gap" icon="gap" tone="warn" onAction={onAction} back="gap-back" forward="gap-forward" />
        ) : null}
        <Jump
          label="Change"
          icon="pencil"
          tone="soft"
          onAction={onAction}
          back="change-back"
          forward="change-forward"
        />
      </div>
      <button
        type="button"
        className="transport-text"
        aria-pressed={isComparing}
        title="What was new between two moments (A and B)"
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => onAction(isComparing ? 'clear-marks' : 'mark-a')}
      >
        <Icon name="compare" />
        <span className="wide">Compare</span>
      </button>
      {menu.element}
    </div>
  );
}

/** The wall clock at the playhead; a press asks for another time. */
function Clock({ state, onPress }: { readonly state: PlayerState; readonly onPress: () => void }): ReactElement {
  return (
    <button
      type="button"
      className="clock"
      title="Go to a time (G)"
      data-testid="clock"
      onMouseDown={(event) => event.preventDefault()}
      onClick={onPress}
    >
      <span className="clock-time">{exactTime(state.timeMs).slice(0, -2)}</span>
      <span className="clock-day">{dayText(state.timeMs)}</span>
    </button>
  );
}

interface ControlProps {
  readonly label: string;
  readonly look?: 'play';
  readonly testId?: string;
  readonly onPress: () => void;
  readonly children: ReactNode;
}

function Control({ label, look, testId, onPress, children }: ControlProps): ReactElement {
  return (
    <button
      type="button"
      className="control"
      data-look={look}
      data-testid={testId}
      aria-label={label}
      title={label}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onPress}
    >
      {children}
    </button>
  );
}

interface JumpProps {
  readonly label: string;
  readonly icon: IconName;
  readonly tone: 'bad' | 'warn' | 'soft';
  readonly back: PlayerAction;
  readonly forward: PlayerAction;
  readonly onAction: (action: PlayerAction) => void;
}

/** Two small arrows around what they jump to. */
function Jump({ label, icon, tone, back, forward, onAction }: JumpProps): ReactElement {
  const key = { Error: 'E', Gap: 'M', Change: 'C' }[label] ?? '';
  const what = label === 'Change' ? 'change of the selected cell' : label.toLowerCase();
  return (
    <span className="jump" data-tone={tone}>
      <Control label={`Previous ${what} (Shift+${key})`} onPress={() => onAction(back)}>
        <Icon name="back" size={13} />
      </Control>
      <span className="jump-what" title={`${label}s`}>
        <Icon name={icon} size={14} />
        <span className="wide">{label}</span>
      </span>
      <Control label={`Next ${what} (${key})`} onPress={() => onAction(forward)}>
        <Icon name="chevron" size={13} />
      </Control>
    </span>
  );
}
