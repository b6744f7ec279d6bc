/**
 * The strip of tabs: one for each notebook of the window, the shown one as if it were part of the page below.
 *
 * Arrow keys move between tabs, Enter goes into the page, Delete closes a tab, a drag moves it among the others. The
 * tabs themselves live in the main process; this page shows them and says what the person wants.
 */
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactElement } from 'react';
import type { TabsState } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { Icon } from '../common/icons.tsx';
import { useEvent } from '../common/use-command.ts';
import { labelsOf, placeAfterDrag } from './labels.ts';

/** A pointer that moves less means a click. */
const dragFromPx = 6;

interface Drag {
  readonly windowId: string;
  readonly startX: number;
  /** How far the tab was dragged to the right. */
  readonly byPx: number;
}

export function TabStrip(): ReactElement {
  const [{ tabs, selected }, setState] = useState<TabsState>({ tabs: [], selected: null });
  const [drag, setDrag] = useState<Drag | null>(null);
  const strip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void invoke('tabs.read', {}).then((read) => {
      if (read.ok) setState(read.value);
    });
    // The strip is zoomed with the pages below it, and then needs more room.
    const onResize = (): void => void invoke('tabs.zoomed', {});
    window.addEventListener('resize', onResize);
    return () => window.removeEventListener('resize', onResize);
  }, []);
  useEvent('tabs.changed', setState);
  const count = tabs.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever looks at other tabs is left alone until one of these changes
  useEffect(() => {
    const shown = strip.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    shown?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
    if (strip.current?.contains(document.activeElement) === true) shown?.focus();
  }, [selected, count]);
  const select = (windowId: string | undefined, focus: boolean): void => {
    if (windowId !== undefined) void invoke('tabs.select', { windowId, focus });
  };
  const onKeyDown = (event: KeyboardEvent, windowId: string): void => {
    const at = tabs.findIndex((tab) => tab.windowId === windowId);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: count - 1 }[event.key];
    if (to !== undefined) select(tabs[to]?.windowId, false);
    else if (event.key === 'Delete') void invoke('tabs.close', { windowId });
    else if (event.key === 'Enter' || event.key === ' ') select(windowId, true);
    else return;
    event.preventDefault();
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>, windowId: string): void => {
    const isOnButton = event.target instanceof Element && event.target.closest('button') !== null;
    if (event.button !== 0 || event.ctrlKey || isOnButton) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ windowId, startX: event.clientX, byPx: 0 });
  };
  const onPointerMove = ({ buttons, clientX }: PointerEvent): void =>
    setDrag((now) => (now === null || (buttons & 1) === 0 ? null : { ...now, byPx: clientX - now.startX }));
  const onPointerUp = (event: PointerEvent, windowId: string): void => {
    if (drag === null) return;
    const at = tabs.findIndex((tab) => tab.windowId === windowId);
    const byPx = event.clientX - drag.startX;
    const to = Math.abs(byPx) < dragFromPx ? null : placeAfterDrag(middlesOf(strip.current), at, byPx);
    setDrag(null);
    select(windowId, true);
    if (to !== null) void invoke('tabs.move', { windowId, to });
  };
  const labels = labelsOf(tabs);
  return (
    <div className="tabs" role="tablist" aria-label="Notebooks" ref={strip}>
      {tabs.map(({ windowId, title, folder, isDirty }, index) => {
        const { name, place } = labels[index] ?? { name: title, place: null };
        const byPx = drag?.windowId === windowId && Math.abs(drag.byPx) >= dragFromPx ? drag.byPx : null;
        return (
          <div
            key={windowId}
            className="tab"
            role="tab"
            tabIndex={windowId === selected ? 0 : -1}
            aria-selected={windowId === selected}
            title={folder === '' ? title : `${folder}/${title}`}
            data-dragged={byPx !== null}
            style={byPx === null ? undefined : { transform: `translateX(${byPx}px)` }}
            onKeyDown={(event) => onKeyDown(event, windowId)}
            onContextMenu={(event) => {
              event.preventDefault();
              setDrag(null);
              void invoke('tabs.menu', { windowId });
            }}
            onAuxClick={(event) => {
              if (event.button === 1) void invoke('tabs.close', { windowId });
            }}
            onPointerDown={(event) => onPointerDown(event, windowId)}
            onPointerMove={onPointerMove}
            onPointerUp={(event) => onPointerUp(event, windowId)}
            onLostPointerCapture={() => setDrag(null)}
          >
            <span className="tab-name">{name}</span>
            {place === null ? null : <span className="tab-place">{place}</span>}
            <button
              type="button"
              className="tab-close"
              tabIndex={-1}
              aria-label={isDirty ? `Close ${name}, which has unsaved changes` : `Close ${name}`}
              data-dirty={isDirty}
              onClick={() => void invoke('tabs.close', { windowId })}
            >
              <Icon name="close" />
            </button>
          </div>
        );
      })}
    </div>
  );
}

function middlesOf(strip: HTMLElement | null): number[] {
  return Array.from(strip?.children ?? [], (tab) =>
    tab instanceof HTMLElement ? tab.offsetLeft + tab.offsetWidth / 2 : 0,
  );
}
