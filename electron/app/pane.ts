/**
 * A page and the window it stands in: alone in one of its own, or as a tab beside others.
 *
 * Whoever has something to say to a page, or asks on its behalf, need not know which of the two it is.
 */
import { type BrowserWindow, nativeTheme, type WebContents } from 'electron';
import { windowTitle } from './titles.ts';

/** The windows' canvas colours, so that a window that is not painted yet does not flash. */
const canvas = { light: '#f7f7f9', dark: '#13151d' } as const;

export function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? canvas.dark : canvas.light;
}

export interface Pane {
  readonly contents: WebContents;
  /** The window around it. Dialogs belong to it; a tab may come into another one. */
  readonly frame: BrowserWindow;
  /** True once nothing can be shown or asked here any more. */
  isGone(): boolean;
  /** To the front, with the keyboard. */
  show(): void;
  /** As the person would: the page may still hand over what it holds. */
  close(): void;
  /** At once. */
  destroy(): void;
  setTitle(title: string, isDirty: boolean): void;
  /** Calls back once, when the page is gone for good. */
  onGone(callback: () => void): void;
  /** The theme changed. */
  repaint(): void;
}

const isMac = process.platform === 'darwin';

/** Title, and on macOS the mark of unsaved changes, of the window itself. */
export function nameWindow(browser: BrowserWindow, title: string, isDirty: boolean): void {
  browser.setTitle(windowTitle(title, isDirty, isMac));
  if (isMac) browser.setDocumentEdited(isDirty);
}

export function bringToFront(browser: BrowserWindow): void {
  if (browser.isMinimized()) browser.restore();
  browser.show();
  browser.focus();
}

/** A page that has a window to itself. */
export function windowPane(browser: BrowserWindow): Pane {
  const { webContents } = browser;
  return {
    contents: webContents,
    frame: browser,
    isGone: () => browser.isDestroyed(),
    show: () => bringToFront(browser),
    close: () => browser.close(),
    destroy: () => browser.destroy(),
    setTitle: (title, isDirty) => nameWindow(browser, title, isDirty),
    onGone: (callback) => void browser.once('closed', callback),
    repaint: () => browser.setBackgroundColor(backgroundColor()),
  };
}
