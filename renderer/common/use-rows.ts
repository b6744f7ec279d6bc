/**
 * A list whose rows are worked with the keyboard: one row in the tab order, arrows move, letters find.
 *
 * The active row is remembered by key, not by place, so that a list that is sorted or reloaded keeps it. When the
 * focused row goes away (removed here or elsewhere), the focus moves to its neighbour instead of being lost.
 */
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type RefCallback,
} from 'react';
import { findTyped, indexAfterRemoval, moveIndex, typePauseMs } from './list-keys.ts';
import type { MenuAnchor } from './menu.tsx';

export interface RowsOptions<Item> {
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  /** What typing finds. Without it, typing does nothing. */
  readonly labelOf?: ((item: Item) => string) | undefined;
  /** Enter. `secondary` with Ctrl or Cmd held. */
  readonly onOpen: (item: Item, secondary: boolean) => void;
  readonly onDelete?: ((item: Item) => void) | undefined;
  readonly onRename?: ((item: Item) => void) | undefined;
  readonly onMenu?: ((item: Item, anchor: MenuAnchor) => void) | undefined;
}

export interface RowProps {
  readonly ref: RefCallback<HTMLElement>;
  readonly tabIndex: 0 | -1;
  readonly 'aria-selected': boolean;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onFocus: () => void;
  readonly onContextMenu: (event: MouseEvent<HTMLElement>) => void;
}

export interface Rows<Item> {
  readonly rowProps: (item: Item, index: number) => RowProps;
  readonly activeKey: string | null;
  /** Makes a row the active one and focuses it as soon as it is there. */
  readonly focusRow: (key: string) => void;
  /** Focuses the active row, or the first. Answers false when the list is empty. */
  readonly focusList: () => boolean;
}

export function useRows<Item>(options: RowsOptions<Item>): Rows<Item> {
  const { items, keyOf } = options;
  const keys = items.map(keyOf);
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const elements = useRef(new Map<string, HTMLElement>());
  const wanted = useRef<string | null>(null);
  const hadFocus = useRef(false);
  const lastIndex = useRef(0);
  const typed = useRef({ text: '', timeMs: 0 });

  const found = activeKey === null ? -1 : keys.indexOf(activeKey);
  const activeIndex = found !== -1 ? found : activeKey === null ? 0 : indexAfterRemoval(lastIndex.current, keys.length);

  const focusIndex = (index: number): boolean => {
    const key = keys[index];
    const element = key === undefined ? undefined : elements.current.get(key);
    if (key === undefined || element === undefined) {
      return false;
    }
    setActiveKey(key);
    element.focus();
    return true;
  };

  useLayoutEffect(() => {
    if (found !== -1) {
      lastIndex.current = found;
    }
    if (wanted.current !== null && elements.current.has(wanted.current)) {
      focusIndex(keys.indexOf(wanted.current));
      wanted.current = null;
      return;
    }
    const lost = activeKey !== null && found === -1 && hadFocus.current && document.activeElement === document.body;
    if (lost) {
      focusIndex(activeIndex);
    }
  });

  useEffect(() => {
    // A row that is taken out while it has the focus sends no blur: only focus elsewhere says that it was left.
    const onFocusIn = ({ target }: FocusEvent): void => {
      // A dialog or a menu is a detour: the focus comes back to the list afterwards.
      if (target instanceof Element && target.closest('dialog, [role="menu"]') === null) {
        hadFocus.current = [...elements.current.values()].some((element) => element.contains(target));
      }
    };
    document.addEventListener('focusin', onFocusIn);
    return () => document.removeEventListener('focusin', onFocusIn);
  }, []);

  const typeToFind = (key: string, index: number): boolean => {
    const { labelOf } = options;
    if (labelOf === undefined || key.length !== 1) {
      return false;
    }
    const nowMs = performance.now();
    const isNewWord = nowMs - typed.current.timeMs > typePauseMs;
    if (isNewWord && key === ' ') {
      return false;
    }
    const text = isNewWord ? key : typed.current.text + key;
    typed.current = { text, timeMs: nowMs };
    focusIndex(findTyped(items.map(labelOf), text, index));
    return true;
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>, item: Item, index: number): void => {
    // Keys of a button or a field inside the row are theirs.
    if (event.target !== event.currentTarget) {
      return;
    }
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    const act = (action: () => void): void => {
      event.preventDefault();
      event.stopPropagation();
      action();
    };
    if (event.key === 'Enter' && !event.altKey) {
      act(() => options.onOpen(item, event.ctrlKey || event.metaKey));
    } else if (event.key === 'Delete' || (event.key === 'Backspace' && event.metaKey)) {
      act(() => options.onDelete?.(item));
    } else if (event.key === 'F2' && !hasModifier) {
      act(() => options.onRename?.(item));
    } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      act(() => options.onMenu?.(item, { below: event.currentTarget }));
    } else if (!hasModifier) {
      const next = moveIndex(event.key, index, keys.length);
      if (next !== null) {
        act(() => focusIndex(next));
      } else if (event.key !== '/' && typeToFind(event.key, index)) {
        event.preventDefault();
        event.stopPropagation();
      }
    }
  };

  const rowProps = (item: Item, index: number): RowProps => {
    const key = keyOf(item);
    return {
      ref: (element) => {
        if (element === null) {
          elements.current.delete(key);
        } else {
          elements.current.set(key, element);
        }
      },
      tabIndex: index === activeIndex ? 0 : -1,
      'aria-selected': key === activeKey,
      onKeyDown: (event) => onKeyDown(event, item, index),
      onFocus: () => setActiveKey(key),
      onContextMenu: (event) => {
        event.preventDefault();
        // The Menu key and Shift+F10 arrive here too, without a position of their own; they are handled as keys.
        if (event.clientX !== 0 || event.clientY !== 0) {
          setActiveKey(key);
          elements.current.get(key)?.focus({ preventScroll: true });
          options.onMenu?.(item, { x: event.clientX, y: event.clientY });
        }
      },
    };
  };

  return {
    rowProps,
    activeKey,
    focusRow: (key) => {
      const index = keys.indexOf(key);
      if (index === -1 || !focusIndex(index)) {
        wanted.current = key;
        setActiveKey(key);
      }
    },
    focusList: () => focusIndex(activeIndex),
  };
}
