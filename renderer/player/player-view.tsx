/**
 * The player on the screen: head, notebook, transport, time line, and the keys for all of it.
 */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type ReactElement } from 'react';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { InlineProblem, useToasts } from '../common/feedback.tsx';
import { useEvent } from '../common/use-command.ts';
import { CompareBar } from './compare-bar.tsx';
import { Head, StatusLine } from './head.tsx';
import { actionOf, type PlayerAction } from './keys.ts';
import { NotebookPane } from './notebook-pane.tsx';
import type { CellNotes } from './notebook-view.ts';
import { infoIntervalMs, type Player, type PlayerState } from './player.ts';
import { type Ask, PlayerDialogs } from './player-dialogs.tsx';
import { type View, wholeLine } from './scale.ts';
import { Timeline, viewAround } from './timeline.tsx';
import { TimelineBox } from './timeline-box.tsx';
import { Transport } from './transport.tsx';
import { useActions } from './use-actions.ts';
import { type Comparison, useComparison } from './use-comparison.ts';
import { useSelection } from './use-selection.ts';
import { differenceText } from './words.ts';

export interface PlayerViewProps {
  readonly player: Player;
  readonly context: WindowContext;
}

export function PlayerView({ player, context }: PlayerViewProps): ReactElement {
  const state = useSyncExternalStore(
    useCallback((listener) => player.subscribe(listener), [player]),
    () => player.state,
  );
  const { info, screen } = state;
  const toasts = useToasts();
  const comparison = useComparison(info.journalId);
  const selection = useSelection(screen);
  const { selected } = selection;
  const [view, setView] = useState<View>(wholeLine);
  const [ask, setAsk] = useState<Ask | null>(null);
  const { act, said } = useActions({ player, state, selection, comparison, view, setView, setAsk });
  const notesOf = useNotes(comparison, selected);
  const badgeOf = useCallback((cellId: string) => notesOf(cellId).badge, [notesOf]);
  const isComparing = comparison.a !== null || comparison.b !== null;

  useSession(player, state, context);
  useEvent('playback.show', ({ seq }) => {
    selection.follow();
    player.goToSeq(seq);
  });
  useEvent('menu.command', ({ command }) => {
    if (command === 'export-journal') setAsk('export');
    if (command === 'show-shortcuts') setAsk('help');
  });
  useFollowingView(state, setView);
  useKeys(act, ask !== null);

  return (
    <div className="player" data-testid="player" data-seq={screen.seq}>
      <Head info={info} onExport={() => setAsk('export')} onHelp={() => setAsk('help')} />
      {state.problem === null ? null : (
        <InlineProblem sentence={state.problem} onDismiss={() => player.dismissProblem()} />
      )}
      {info.findings.length === 0 ? null : <Damage findings={info.findings} />}
      {isComparing ? (
        <CompareBar comparison={comparison} screen={screen} onShow={selection.select} onMark={act} />
      ) : null}
      <NotebookPane
        screen={screen}
        path={info.notebookPath}
        kernelName={info.kernelName}
        notesOf={notesOf}
        reveal={selection.reveal}
        onSelect={selection.pick}
        onScroll={selection.lookElsewhere}
        onOffline={() =>
          toasts.show('This leads to a file on the server. Open the notebook itself to follow it.', 'bad')
        }
        onProblem={(sentence) => toasts.show(sentence, 'bad')}
      />
      <TimelineBox lanes={info.cells.length}>
        <Transport state={state} isComparing={isComparing} onAction={act} onSpeed={(speed) => player.setSpeed(speed)} />
        <Timeline
          state={state}
          view={view}
          onView={setView}
          selected={selected}
          badgeOf={badgeOf}
          markA={comparison.a?.timeMs ?? null}
          markB={comparison.b?.timeMs ?? null}
          onSelect={selection.select}
          onScrub={(timeMs) => {
            if (state.isPlaying) player.togglePlay();
            selection.follow();
            player.goToTime(timeMs);
          }}
        />
        <StatusLine state={state} selected={selected} said={said} />
      </TimelineBox>
      {toasts.element}
      <PlayerDialogs
        ask={ask}
        player={player}
        state={state}
        onClose={() => setAsk(null)}
        onExported={(file) => toasts.show(`Exported to ${file}`)}
      />
    </div>
  );
}

/** The view goes along with the playhead; one that was moved by hand stays as long as the playhead does. */
function useFollowingView(state: PlayerState, setView: (change: (view: View) => View) => void): void {
  const seenMs = useRef(state.timeMs);
  useEffect(() => {
    if (seenMs.current === state.timeMs) return;
    seenMs.current = state.timeMs;
    setView((view) => viewAround(view, state));
  }, [state, setView]);
}

/** What is written on the cells. The same function as long as it would say the same. */
function useNotes({ differences }: Comparison, selected: string | null): (cellId: string) => CellNotes {
  return useCallback(
    (cellId: string): CellNotes => {
      const difference = differences?.get(cellId);
      return { badge: difference === undefined ? '' : differenceText(difference), isSelected: cellId === selected };
    },
    [differences, selected],
  );
}

/** The window's title; and of a running session its growth, and a look once a second, so that its line goes on to now. */
function useSession(player: Player, { info }: PlayerState, { serverName }: WindowContext): void {
  const { title, state: journalState, serverName: server, journalId } = info;
  useEffect(() => {
    void invoke('window.title', { title: `${title} — ${serverName ?? server}`, dirty: false });
  }, [title, serverName, server]);
  useEvent('playback.grew', (body) => {
    if (body.journalId === journalId) player.grew(body);
  });
  useEffect(() => {
    if (journalState !== 'open') return undefined;
    const timer = setInterval(() => void player.refresh(), infoIntervalMs);
    return () => clearInterval(timer);
  }, [player, journalState]);
  useEffect(() => () => player.dispose(), [player]);
}

function Damage({ findings }: { readonly findings: readonly string[] }): ReactElement {
  return (
    <div className="damage">
      <InlineProblem tone="warn" sentence={findings.join(' ')} />
    </div>
  );
}

/** Keys of the window. A field, a dialog and a menu keep theirs, and a focused button its Space and Enter. */
function useKeys(act: (action: PlayerAction) => void, isAsking: boolean): void {
  const newest = useRef(act);
  useEffect(() => {
    newest.current = act;
  });
  useEffect(() => {
    if (isAsking) return undefined;
    const onKeyDown = (event: KeyboardEvent): void => {
      const { target } = event;
      const keepsKeys = 'input, textarea, select, dialog, [role="menu"], [role="separator"]';
      if (target instanceof Element && target.closest(keepsKeys) !== null) return;
      if (target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter')) return;
      const action = actionOf(event);
      if (action === null) return;
      event.preventDefault();
      event.stopPropagation();
      newest.current(action);
    };
    // Captured: the editors of cells, which only show text here, must not take the keys.
    document.addEventListener('keydown', onKeyDown, true);
    return () => document.removeEventListener('keydown', onKeyDown, true);
  }, [isAsking]);
}
