/**
 * Context and drop-down menus, drawn by us because a native one cannot be opened below a button of a web page.
 *
 * Arrow keys move, letters jump, Enter chooses, Escape and a click elsewhere close. The focus returns to where it was
 * before the chosen action runs, so that a dialog which the action opens returns it there as well.
 */
import { useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { createPortal } from 'react-dom';
import { Icon, type IconName } from './icons.tsx';
import { findTyped, moveIndex } from './list-keys.ts';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName | undefined;
  /** The key that does the same, as text. */
  readonly hint?: string | undefined;
  readonly danger?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly onChoose: () => void;
}

/** `null` draws a line. */
export type MenuEntry = MenuItem | null;

/** Where a menu opens: at a point (context menu) or below an element (drop-down). */
export type MenuAnchor = { readonly x: number; readonly y: number } | { readonly below: Element };

export interface OpenMenu {
  readonly anchor: MenuAnchor;
  readonly entries: readonly MenuEntry[];
}

/** Keeps a menu off the window's edges. */
const marginPx = 8;

/** Where the top left corner of a menu goes so that the whole menu is in the window. */
export function placeMenu(
  anchor: { readonly left: number; readonly top: number; readonly bottom: number },
  menu: { readonly width: number; readonly height: number },
  view: { readonly width: number; readonly height: number },
): { left: number; top: number } {
  const left = Math.max(marginPx, Math.min(anchor.left, view.width - menu.width - marginPx));
  const fitsBelow = anchor.bottom + menu.height + marginPx <= view.height;
  const top = fitsBelow ? anchor.bottom : anchor.top - menu.height;
  return { left, top: Math.max(marginPx, Math.min(top, view.height - menu.height - marginPx)) };
}

export function Menu({ menu, onClose }: { readonly menu: OpenMenu; readonly onClose: () => void }): ReactElement {
  const ref = useRef<HTMLDivElement>(null);
  const focusBefore = useRef<Element | null>(null);

  const buttons = (): HTMLButtonElement[] => [
    ...(ref.current?.querySelectorAll<HTMLButtonElement>('button:not(:disabled)') ?? []),
  ];
  const close = (): void => {
    onClose();
    if (focusBefore.current instanceof HTMLElement && focusBefore.current.isConnected) {
      focusBefore.current.focus({ preventScroll: true });
    }
  };

  useLayoutEffect(() => {
    focusBefore.current = document.activeElement;
    const element = ref.current;
    if (element === null) {
      return undefined;
    }
    const box = element.getBoundingClientRect();
    const anchor = anchorBox(menu.anchor);
    const place = placeMenu(anchor, box, { width: window.innerWidth, height: window.innerHeight });
    element.style.left = `${place.left}px`;
    element.style.top = `${place.top}px`;
    element.focus({ preventScroll: true });
    const onOutside = (event: Event): void => {
      if (!(event.target instanceof Node && element.contains(event.target))) {
        onClose();
      }
    };
    window.addEventListener('pointerdown', onOutside, true);
    window.addEventListener('blur', onClose);
    window.addEventListener('resize', onClose);
    return () => {
      window.removeEventListener('pointerdown', onOutside, true);
      window.removeEventListener('blur', onClose);
      window.removeEventListener('resize', onClose);
    };
    // A menu is placed once; its owner renders a new one for another anchor.
  }, [menu, onClose]);

  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const all = buttons();
    const at = all.findIndex((button) => button.matches(':focus'));
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      close();
      return;
    }
    const next = moveIndex(event.key, at, all.length) ?? typedIndex(event, all, at);
    if (next !== null) {
      event.preventDefault();
      all[next]?.focus({ preventScroll: false });
    }
  };

  // Where some entries have an icon or a tick, the others keep its place free.
  const hasIcons = menu.entries.some((entry) => entry?.icon !== undefined);
  return createPortal(
    <div ref={ref} className="nj-menu" role="menu" tabIndex={-1} onKeyDown={onKeyDown}>
      {menu.entries.map((entry, index) =>
        entry === null ? (
          // Entries of one menu never move: the position is their identity.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <hr key={index} className="nj-menu-line" />
        ) : (
          <button
            key={entry.label}
            type="button"
            role="menuitem"
            className="nj-menu-item"
            tabIndex={-1}
            disabled={entry.disabled ?? false}
            data-danger={entry.danger ?? false}
            onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
            onClick={() => {
              close();
              entry.onChoose();
            }}
          >
            {entry.icon !== undefined ? (
              <Icon name={entry.icon} size={15} />
            ) : hasIcons ? (
              <span className="nj-menu-noIcon" />
            ) : null}
            <span className="nj-menu-label">{entry.label}</span>
            {entry.hint === undefined ? null : <span className="nj-menu-hint">{entry.hint}</span>}
          </button>
        ),
      )}
    </div>,
    document.body,
  );
}

function typedIndex(event: KeyboardEvent, all: readonly HTMLButtonElement[], at: number): number | null {
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === ' ') {
    return null;
  }
  const found = findTyped(
    all.map((button) => button.textContent ?? ''),
    event.key,
    at,
  );
  return found === -1 ? null : found;
}

function anchorBox(anchor: MenuAnchor): { left: number; top: number; bottom: number } {
  if ('below' in anchor) {
    const box = anchor.below.getBoundingClientRect();
    return { left: box.left, top: box.top - 4, bottom: box.bottom + 4 };
  }
  return { left: anchor.x, top: anchor.y, bottom: anchor.y };
}

/** A place for one menu at a time. Render `element`; call `open` from `contextmenu`, a key or a button. */
export function useMenu(): { readonly element: ReactElement | null; readonly open: (menu: OpenMenu) => void } {
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const [close] = useState(() => () => setMenu(null));
  return { element: menu === null ? null : <Menu menu={menu} onClose={close} />, open: setMenu };
}
