/**
 * What each action of the player does, whoever asks for it: a key, a button, the menu.
 */
import { useState } from 'react';
import { nextSpeed } from './clock.ts';
import type { PlayerAction } from './keys.ts';
import type { Player, PlayerState } from './player.ts';
import type { Ask } from './player-dialogs.tsx';
import { type View, wholeLine, zoom } from './scale.ts';
import type { Comparison } from './use-comparison.ts';
import type { Selection } from './use-selection.ts';
import { changeText } from './words.ts';

export interface ActionParts {
  readonly player: Player;
  readonly state: PlayerState;
  readonly selection: Selection;
  readonly comparison: Comparison;
  readonly view: View;
  readonly setView: (view: View) => void;
  readonly setAsk: (ask: Ask) => void;
}

export interface Actions {
  readonly act: (action: PlayerAction) => void;
  /** What the last step has led to, for those who listen. */
  readonly said: string;
}

const stepKinds = ['message', 'cell', 'error', 'gap', 'change'] as const;
type StepKind = (typeof stepKinds)[number];

const kindNames: Readonly<Record<StepKind, string>> = {
  message: 'message',
  cell: 'start or end of a run',
  error: 'error',
  gap: 'gap or outage',
  change: 'change of this cell',
};

export function useActions(parts: ActionParts): Actions {
  const { player, state, selection } = parts;
  // What was said of a moment is over when another one is shown.
  const [{ text, timeMs }, setSaidAt] = useState({ text: '', timeMs: 0 });
  const said = timeMs === state.timeMs ? text : '';
  const setSaid = (words: string): void => setSaidAt({ text: words, timeMs: player.state.timeMs });
  const step = async (what: StepKind, direction: 1 | -1): Promise<void> => {
    const { selected } = selection;
    if (what === 'change' && selected === null) {
      setSaid('Select a cell first: click it, or press ↓.');
      return;
    }
    selection.follow(true);
    const found = await player.step({ what, direction, cellId: what === 'change' ? selected : null });
    setSaid(
      found === null
        ? `There is no ${direction === 1 ? 'later' : 'earlier'} ${kindNames[what]}.`
        : changeText(player.state.screen, found.timeMs),
    );
  };
  const simple = simpleActions(parts);
  return {
    said,
    act: (action) => {
      const kind = stepKinds.find((one) => action === `${one}-forward` || action === `${one}-back`);
      if (kind === undefined) simple[action]?.();
      else void step(kind, action.endsWith('-forward') ? 1 : -1);
    },
  };
}

function simpleActions(parts: ActionParts): Partial<Record<PlayerAction, () => void>> {
  const { player, state, selection, comparison, view, setView, setAsk } = parts;
  const place = state.scale.toPlace(state.timeMs);
  return {
    play: () => {
      selection.follow();
      player.togglePlay();
    },
    start: () => player.goToStart(),
    end: () => {
      selection.follow();
      player.goToEnd();
    },
    faster: () => player.setSpeed(nextSpeed(state.speed, 1)),
    slower: () => player.setSpeed(nextSpeed(state.speed, -1)),
    'select-below': () => selection.selectNext(1),
    'select-above': () => selection.selectNext(-1),
    'go-to-time': () => setAsk('time'),
    'mark-a': () => void player.arrived().then(comparison.setA),
    'mark-b': () => void player.arrived().then(comparison.setB),
    'clear-marks': () => comparison.clear(),
    'zoom-in': () => setView(zoom(view, 2, place)),
    'zoom-out': () => setView(zoom(view, 0.5, place)),
    'zoom-fit': () => setView(wholeLine),
    export: () => setAsk('export'),
    help: () => setAsk('help'),
  };
}
