/**
 * The place of the notebook in the player: puts JupyterLab's widgets there and hands them each screen.
 */
import { useEffect, useRef, useState, type ReactElement } from 'react';
import type { MomentCell } from '../../shared/ipc/playback.ts';
import { invoke } from '../common/bridge.ts';
import { createNotebookParts } from '../notebook/jupyterlab.ts';
import { frameHost, outputActions } from '../outputs/actions.ts';
import { followLinks, linkHandler, NotebookResolver } from '../notebook/links.ts';
import { type CellNotes, NotebookView, type Target } from './notebook-view.ts';
import type { Screen } from './screen.ts';
import type { Reveal } from './use-selection.ts';
import { cellNumber, cellText, originText } from './words.ts';

/** Streams are drawn at most ten times a second. */
const drawnAfterMs = 140;

export interface NotebookPaneProps {
  readonly screen: Screen;
  readonly path: string | null;
  readonly kernelName: string | null;
  readonly notesOf: (cellId: string) => CellNotes;
  readonly reveal: Reveal | null;
  readonly onSelect: (cellId: string) => void;
  readonly onScroll: () => void;
  /** A link of the notebook leads to a file of the server, which is not there. */
  readonly onOffline: () => void;
  /** Something that was asked for did not work, in a sentence. */
  readonly onProblem: (sentence: string) => void;
}

export function NotebookPane(props: NotebookPaneProps): ReactElement {
  const { screen, path, notesOf, reveal } = props;
  const host = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<NotebookView | null>(null);
  const [target, setTarget] = useState<Target | null>(null);
  const newest = useRef(props);
  useEffect(() => {
    newest.current = props;
  });

  useEffect(() => {
    if (host.current === null) return undefined;
    // Files beside the notebook are on a server that may be long gone: an image of it shows its alternative text.
    const resolver = new NotebookResolver(path ?? '', () => Promise.reject(new Error('offline')));
    const report = (sentence: string): void => newest.current.onProblem(sentence);
    const actions = outputActions(report);
    const created = new NotebookView(
      host.current,
      createNotebookParts(linkHandler, frameHost(actions, report), () => null, resolver),
      {
        kernelName: newest.current.kernelName,
        actions,
        onSelect: (cellId) => newest.current.onSelect(cellId),
        onPoint: (next) => setTarget((now) => (sameTarget(now, next) ? now : next)),
        onScroll: () => {
          setTarget(null);
          newest.current.onScroll();
        },
      },
    );
    setView(created);
    const endLinks = followLinks({
      openExternal: (url) => void invoke('window.openExternal', { url }),
      openNotebook: () => newest.current.onOffline(),
      download: () => newest.current.onOffline(),
    });
    return () => {
      endLinks();
      created.dispose();
    };
  }, [path]);

  useEffect(() => {
    view?.show(screen);
    if (view !== null) window.nightjarShown = () => ({ seq: screen.seq, cells: view.shown() });
  }, [view, screen]);
  useEffect(() => {
    view?.annotate(screen, notesOf);
  }, [view, screen, notesOf]);
  useEffect(() => {
    if (reveal === null) return undefined;
    view?.reveal(reveal.cellId, reveal.edge);
    // Text is drawn a moment later than it is there.
    const timer = setTimeout(() => view?.reveal(reveal.cellId, reveal.edge), drawnAfterMs);
    return () => clearTimeout(timer);
  }, [view, reveal]);

  return (
    <main className="pane" aria-label="Notebook">
      <div ref={host} className="pane-host nj-Notebook" />
      {screen.order.length === 0 ? (
        <div className="pane-empty">
          <p>At this moment the journal knows no cell yet.</p>
        </div>
      ) : null}
      {target === null ? null : <Origin target={target} screen={screen} />}
    </main>
  );
}

function sameTarget(a: Target | null, b: Target | null): boolean {
  return (
    a === b || (a !== null && b !== null && a.cellId === b.cellId && a.output === b.output && a.box.top === b.box.top)
  );
}

/** An output has its tools in the corner. */
const besideToolsPx = 72;

/** When the output under the pointer came, and how; for an input, what became of it. */
function Origin({ target, screen }: { readonly target: Target; readonly screen: Screen }): ReactElement | null {
  const cell = screen.cells.get(target.cellId);
  if (cell === undefined || cell.cell['cell_type'] !== 'code') return null;
  const text = originOf(cell, target.output, screen);
  if (text === '') return null;
  const top = Math.max(target.box.top, 54);
  const right = window.innerWidth - target.box.right + (target.output === null ? 8 : besideToolsPx);
  return (
    <div className="origin" style={{ top: `${top}px`, right: `${right}px` }}>
      {text}
    </div>
  );
}

function originOf(cell: MomentCell, output: number | null, screen: Screen): string {
  if (output === null) {
    return `${cellNumber(screen, String(cell.cell['id']))} · ${cellText(cell, screen.timeMs)}`;
  }
  const origin = cell.origins[output];
  return origin === undefined ? '' : originText(origin);
}
