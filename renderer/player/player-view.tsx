/**
 * The player on the screen: head, notebook, transport, time line, and the keys for all of it.
 */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactElement } from 'react';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { PromptDialog } from '../common/dialog.tsx';
import { ExportDialog } from '../common/export-dialog.tsx';
import { InlineProblem, useToasts } from '../common/feedback.tsx';
import { useEvent } from '../common/use-command.ts';
import { nextSpeed } from './clock.ts';
import { CompareBar } from './compare-bar.tsx';
import { Head, StatusLine } from './head.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { actionOf, type PlayerAction } from './keys.ts';
import { NotebookPane } from './notebook-pane.tsx';
import type { CellNotes } from './notebook-view.ts';
import { infoIntervalMs, type Player, type PlayerState } from './player.ts';
import { type View, wholeLine, zoom } from './scale.ts';
import { Timeline, viewAround } from './timeline.tsx';
import { TimelineBox } from './timeline-box.tsx';
import { Transport } from './transport.tsx';
import { useComparison } from './use-comparison.ts';
import { changeText, clockTime, differenceText, exactTime, parseTime } from './words.ts';

type Ask = 'time' | 'export' | 'help' | null;

/** Steps by the kind of thing, for the actions that are steps. */
const stepKinds = {
  message: 'message',
  cell: 'cell',
  error: 'error',
  gap: 'gap',
  change: 'change',
} as const;
type StepKind = keyof typeof stepKinds;

export function PlayerView({
  player,
  context,
}: {
  readonly player: Player;
  readonly context: WindowContext;
}): ReactElement {
  const state = useSyncExternalStore(
    useCallback((listener) => player.subscribe(listener), [player]),
    () => player.state,
  );
  const { info, screen } = state;
  const toasts = useToasts();
  const comparison = useComparison(info.journalId);
  const [selected, setSelected] = useState<string | null>(null);
  const [view, setView] = useState<View>(wholeLine);
  const [ask, setAsk] = useState<Ask>(null);
  const [said, setSaid] = useState('');
  const [reveal, setReveal] = useState<{ cellId: string; turn: number } | null>(null);
  const followsChanges = useRef(true);
  const show = useCallback((cellId: string): void => {
    setReveal((now) => ({ cellId, turn: (now?.turn ?? 0) + 1 }));
  }, []);

  useRunningSession(player, state, context);
  useEvent('playback.grew', (body) => {
    if (body.journalId === info.journalId) player.grew(body);
  });
  useEvent('playback.show', ({ seq }) => {
    followsChanges.current = true;
    player.goToSeq(seq);
  });

  // The notebook follows what happens in it, until the person looks elsewhere.
  useEffect(() => {
    const changed = screen.order.findLast((id) => screen.changed.has(id));
    if (changed !== undefined && followsChanges.current && screen.changed.size < screen.order.length) show(changed);
  }, [screen, show]);
  useEffect(() => setView((now) => viewAround(now, state)), [state]);

  const select = (cellId: string): void => {
    setSelected(cellId);
    show(cellId);
  };
  const selectNext = (direction: 1 | -1): void => {
    const at = selected === null ? (direction === 1 ? -1 : screen.order.length) : screen.order.indexOf(selected);
    const next = screen.order[Math.min(screen.order.length - 1, Math.max(0, at + direction))];
    if (next !== undefined) select(next);
  };
  const step = async (what: StepKind, direction: 1 | -1): Promise<void> => {
    if (what === 'change' && selected === null) {
      setSaid('Select a cell first: click it, or press ↓.');
      return;
    }
    followsChanges.current = true;
    const found = await player.step({ what, direction, cellId: what === 'change' ? selected : null });
    if (found === null) {
      setSaid(
        `There is no ${direction === 1 ? 'later' : 'earlier'} ${what === 'cell' ? 'start or end of a run' : what}.`,
      );
    } else {
      setSaid(changeText(player.state.screen, found.timeMs));
    }
  };
  const act = (action: PlayerAction): void => {
    const stepped = /^(message|cell|error|gap|change)-(forward|back)$/.exec(action);
    const kind = stepped?.[1];
    if (kind !== undefined && isStepKind(kind)) {
      void step(kind, stepped?.[2] === 'forward' ? 1 : -1);
      return;
    }
    const mark = { seq: screen.seq, timeMs: state.timeMs };
    const actions: Partial<Record<PlayerAction, () => void>> = {
      play: () => {
        followsChanges.current = true;
        player.togglePlay();
      },
      start: () => player.goToStart(),
      end: () => {
        followsChanges.current = true;
        player.goToEnd();
      },
      faster: () => player.setSpeed(nextSpeed(state.speed, 1)),
      slower: () => player.setSpeed(nextSpeed(state.speed, -1)),
      'select-below': () => selectNext(1),
      'select-above': () => selectNext(-1),
      'go-to-time': () => setAsk('time'),
      'mark-a': () => comparison.setA(mark),
      'mark-b': () => comparison.setB(mark),
      'clear-marks': () => comparison.clear(),
      'zoom-in': () => setView(zoom(view, 2, state.scale.toPlace(state.timeMs))),
      'zoom-out': () => setView(zoom(view, 0.5, state.scale.toPlace(state.timeMs))),
      'zoom-fit': () => setView(wholeLine),
      export: () => setAsk('export'),
      help: () => setAsk('help'),
    };
    actions[action]?.();
  };
  useKeys(act, ask !== null);
  useEvent('menu.command', ({ command }) => {
    if (command === 'export-journal') setAsk('export');
    if (command === 'show-shortcuts') setAsk('help');
  });

  const { differences } = comparison;
  const notesOf = useCallback(
    (cellId: string): CellNotes => {
      const difference = differences?.get(cellId);
      return { badge: difference === undefined ? '' : differenceText(difference), isSelected: cellId === selected };
    },
    [differences, selected],
  );
  const badgeOf = useCallback((cellId: string) => notesOf(cellId).badge, [notesOf]);
  const shownMoment = useMemo(() => ({ seq: screen.seq, text: exactTime(screen.timeMs) }), [screen]);

  return (
    <div className="player" data-testid="player" data-seq={screen.seq}>
      <Head info={info} onExport={() => setAsk('export')} onHelp={() => setAsk('help')} />
      {state.problem === null ? null : (
        <InlineProblem sentence={state.problem} onDismiss={() => player.dismissProblem()} />
      )}
      {info.findings.length === 0 ? null : <Damage findings={info.findings} />}
      {comparison.a === null && comparison.b === null ? null : (
        <CompareBar comparison={comparison} screen={screen} onShow={select} onMark={act} />
      )}
      <NotebookPane
        screen={screen}
        path={info.notebookPath}
        notesOf={notesOf}
        reveal={reveal}
        onSelect={setSelected}
        onScroll={() => {
          followsChanges.current = false;
        }}
        onOffline={() =>
          toasts.show('This leads to a file on the server. Open the notebook itself to follow it.', 'bad')
        }
      />
      <TimelineBox lanes={info.cells.length}>
        <Transport
          state={state}
          isComparing={comparison.a !== null || comparison.b !== null}
          onAction={act}
          onSpeed={(speed) => player.setSpeed(speed)}
        />
        <Timeline
          state={state}
          view={view}
          onView={setView}
          selected={selected}
          badgeOf={badgeOf}
          markA={comparison.a?.timeMs ?? null}
          markB={comparison.b?.timeMs ?? null}
          onSelect={select}
          onScrub={(timeMs) => {
            if (state.isPlaying) player.togglePlay();
            followsChanges.current = true;
            player.goToTime(timeMs);
          }}
        />
        <StatusLine state={state} selected={selected} said={said} />
      </TimelineBox>
      {toasts.element}
      {ask === 'help' ? <KeysDialog onClose={() => setAsk(null)} /> : null}
      {ask === 'time' ? (
        <PromptDialog
          title="Go to a time"
          text="A time of day, with or without a day, or how far from here: 14:03, 24 Nov 14:03:20, -10m, +30s."
          label="Time"
          initial={clockTime(state.timeMs)}
          action="Go"
          onCancel={() => setAsk(null)}
          onConfirm={async (typed) => {
            const timeMs = parseTime(typed, info.firstTimeMs, info.lastTimeMs, state.timeMs);
            if (timeMs === null) return 'Nightjar cannot read this as a time. Write it like 14:03:20 or -10m.';
            player.goToTime(timeMs);
            setAsk(null);
            return null;
          }}
        />
      ) : null}
      {ask === 'export' ? (
        <ExportDialog
          journalId={info.journalId}
          title={info.title}
          moment={screen.seq >= info.lastSeq ? null : shownMoment}
          onClose={() => setAsk(null)}
          onExported={(file) => toasts.show(`Exported to ${file}`)}
        />
      ) : null}
    </div>
  );
}

function isStepKind(kind: string): kind is StepKind {
  return Object.hasOwn(stepKinds, kind);
}

/** Title, and a look at a running session once a second, so that its line goes on to now. */
function useRunningSession(player: Player, state: PlayerState, { serverName }: WindowContext): void {
  const { title, state: journalState, serverName: server } = state.info;
  useEffect(() => {
    void invoke('window.title', { title: `${title} — ${serverName ?? server}`, dirty: false });
  }, [title, serverName, server]);
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
      <InlineProblem tone="warn" sentence={`Parts of this journal are missing. ${findings.join(' ')}`} />
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
      if (
        target instanceof Element &&
        target.closest('input, textarea, select, dialog, [role="menu"], [role="separator"]') !== null
      )
        return;
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
