/**
 * The app's windows: makes them, finds them, remembers where they stood and which were open.
 *
 * One window per server and per notebook unless a second one is asked for; opening again brings the one there is to
 * the front. One notebook window is kept ready, unseen and without a notebook, because making one takes longer than
 * opening most notebooks. Every window is sandboxed and isolated. The list of open windows is on disk at every moment,
 * so that a crash restores as a quit does; it stops changing once the app is quitting.
 */
import { randomUUID } from 'node:crypto';
import { BrowserWindow, nativeTheme, screen, type WebContents } from 'electron';
import type { MenuCommand } from '../../shared/ipc/contract.ts';
import type { SettingsPort } from '../core/api.ts';
import { showContextMenus } from './context-menu.ts';
import { pageUrl, type WindowKind } from './pages.ts';
import { guard } from './window-guards.ts';
import {
  decodeOpenWindows,
  decodePlaces,
  isSameSubject,
  keyOf,
  minimumSize,
  type Place,
  placeWindow,
  rememberPlace,
  type WindowSubject,
} from './window-state.ts';

/** The windows' canvas colours, so that a window that is not painted yet does not flash. */
export const canvas = { light: '#f7f7f9', dark: '#13151d' } as const;

/** A page that paints nothing for so long has trouble; then the person should see the window rather than wonder. */
const showAnywayMs = 3_000;
/** From the last window that came or went until one is made ready: what the person asked for comes first. */
const readyDelayMs = 2_000;
/** Moving a window sends a stream of events; its place is written once it rests. */
const placeDelayMs = 500;

const placesKey = 'windows.places';
const openKey = 'windows.open';

export interface AppWindow {
  readonly windowId: string;
  readonly kind: WindowKind;
  readonly serverId: string | null;
  /** The notebook shown. Changes when it is renamed. */
  path: string | null;
  /** The journal that a player plays. */
  readonly journalId: string | null;
  /** Where a player begins when its page loads; null is where it thinks best. */
  seq: number | null;
  readonly browser: BrowserWindow;
}

/** A window whose page is loaded and waits to be told what it is for. */
interface ReadyWindow {
  readonly windowId: string;
  readonly browser: BrowserWindow;
  /** Its page could be shown at once. */
  isPainted: boolean;
  /** The window it becomes; null when it is put away. */
  readonly becoming: Promise<AppWindow | null>;
  readonly become: (window: AppWindow | null) => void;
}

export interface WindowsOptions {
  readonly settings: SettingsPort;
  readonly preloadFile: string;
  readonly log: (line: string) => void;
  /** Whether a notebook window is kept ready. */
  readonly keepsReady: () => boolean;
  /** The page in a window is gone, for good or before a reload. */
  readonly onPageGone: (windowId: string) => void;
  /** Focus moved, or a window came or went. */
  readonly onChange: () => void;
  /** An item of the menu of the right mouse button was chosen. */
  readonly onContextCommand: (window: AppWindow, command: MenuCommand) => void;
  /** The last window is about to close. True keeps it open: somebody is being asked. */
  readonly onLastClosing: (window: AppWindow) => boolean;
}

export class Windows {
  readonly #options: WindowsOptions;
  readonly #places: Map<string, Place>;
  /** In the order in which they last had the focus; the last one is the current one. */
  #windows: AppWindow[] = [];
  /** The window that was asked for last: it comes to the front, whenever its page is there. */
  #wanted: AppWindow | null = null;
  /** On their way out: of several windows closed at once, the last one to be asked is the last one. */
  readonly #closing = new Set<AppWindow>();
  #ready: ReadyWindow | null = null;
  #readyTimer: NodeJS.Timeout | undefined;
  #isFrozen = false;

  constructor(options: WindowsOptions) {
    this.#options = options;
    this.#places = decodePlaces(options.settings.get(placesKey));
  }

  list(): readonly AppWindow[] {
    return this.#windows;
  }

  of(contents: WebContents): AppWindow | null {
    return this.#windows.find(({ browser }) => !browser.isDestroyed() && browser.webContents === contents) ?? null;
  }

  /** The same, once a window that is kept ready knows what it is for; null when it never does. */
  async coming(contents: WebContents): Promise<AppWindow | null> {
    const ready = this.#ready;
    return ready !== null && ready.browser.webContents === contents ? await ready.becoming : this.of(contents);
  }

  /** The window with the focus, else the one that had it last. */
  current(): AppWindow | null {
    return this.#windows.at(-1) ?? null;
  }

  /** What was open when the app last ran. */
  remembered(): WindowSubject[] {
    return decodeOpenWindows(this.#options.settings.get(openKey));
  }

  /** From now on windows close because the app ends: the list on disk stays as it is. */
  freeze(): void {
    this.#isFrozen = true;
    this.#putAway();
  }

  /** Somebody came back before the app had ended. */
  thaw(): void {
    this.#isFrozen = false;
    this.prepare();
  }

  /** Makes a notebook window ready in a while, or puts away the one that is no longer wanted. */
  prepare(): void {
    clearTimeout(this.#readyTimer);
    if (this.#isFrozen || this.#windows.length === 0 || !this.#options.keepsReady()) {
      this.#putAway();
      return;
    }
    if (this.#ready !== null) return;
    this.#readyTimer = setTimeout(() => {
      if (!this.#isFrozen) this.#ready = this.#makeReady();
    }, readyDelayMs);
  }

  show(window: AppWindow): void {
    this.#wanted = window;
    bringToFront(window.browser);
  }

  openHome(): AppWindow {
    return this.open({ kind: 'home', serverId: null, path: null, journalId: null }, { newWindow: false });
  }

  openSettings(): AppWindow {
    return this.open({ kind: 'settings', serverId: null, path: null, journalId: null }, { newWindow: false });
  }

  /** Whether a window for this is there. */
  shows(subject: WindowSubject): boolean {
    return this.#windows.some((window) => isSameSubject(window, subject));
  }

  open(subject: WindowSubject, { newWindow }: { newWindow: boolean }): AppWindow {
    const existing = this.#windows.find((window) => isSameSubject(window, subject));
    if (existing !== undefined && !newWindow) {
      this.show(existing);
      return existing;
    }
    const window = this.#make(subject);
    this.#wanted = window;
    this.#becomesCurrent(window);
    this.#changed();
    return window;
  }

  /** A new window may have had the focus before it is told of. */
  #becomesCurrent(window: AppWindow): void {
    this.#windows = [...this.#windows.filter((one) => one !== window), window];
  }

  /** A player, at a moment of its journal when one is named. Answers also whether its page was there before. */
  openPlayer(journalId: string, seq: number | null): { window: AppWindow; isNew: boolean } {
    const subject = { kind: 'player', serverId: null, path: null, journalId } as const;
    const isNew = !this.shows(subject);
    const window = this.open(subject, { newWindow: false });
    window.seq = seq;
    return { window, isNew };
  }

  closeOfJournal(journalId: string): void {
    for (const window of this.#windows.filter((one) => one.journalId === journalId)) window.browser.close();
  }

  closeOfServer(serverId: string): void {
    for (const window of this.#windows.filter((one) => one.serverId === serverId)) window.browser.close();
  }

  renamed(window: AppWindow, newPath: string): void {
    const place = this.#places.get(keyOf(window));
    window.path = newPath;
    if (place !== undefined) rememberPlace(this.#places, keyOf(window), place);
    this.#changed();
  }

  #make(subject: WindowSubject): AppWindow {
    const { kind } = subject;
    const saved = this.#places.get(keyOf(subject)) ?? null;
    const ready = kind === 'notebook' ? this.#takeReady() : null;
    const windowId = ready?.windowId ?? randomUUID();
    const place = this.#placeFor(kind, saved);
    const browser = ready?.browser ?? this.#makeBrowser(kind, windowId, place);
    if (ready !== null) browser.setBounds(place);
    if (saved?.isMaximized === true) browser.maximize();
    const window: AppWindow = { ...subject, windowId, seq: null, browser };
    this.#watch(window);
    if (ready?.isPainted === true) {
      browser.setBackgroundColor(backgroundColor());
      browser.show();
    }
    ready?.become(window);
    return window;
  }

  #placeFor(kind: WindowKind, saved: Place | null): ReturnType<typeof placeWindow> {
    const primary = screen.getPrimaryDisplay();
    const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
    const areas = [primary, ...others].map(({ workArea }) => workArea);
    const taken = this.#windows.map(({ browser }) => browser.getNormalBounds());
    return placeWindow(kind, saved, areas, taken);
  }

  #makeBrowser(kind: WindowKind, windowId: string, place: Partial<Place>): BrowserWindow {
    const { log, onPageGone } = this.#options;
    const browser = new BrowserWindow({
      ...place,
      minWidth: minimumSize[kind].width,
      minHeight: minimumSize[kind].height,
      show: false,
      title: 'Nightjar',
      backgroundColor: backgroundColor(),
      webPreferences: {
        preload: this.#options.preloadFile,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webviewTag: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        navigateOnDragDrop: false,
        spellcheck: false,
        // A notebook takes its output also while it is covered, so that it is up to date when it comes to the front.
        backgroundThrottling: kind !== 'notebook',
      },
    });
    guard(browser, { kind, log, onPageGone: () => onPageGone(windowId) });
    void browser.loadURL(pageUrl(kind)).catch(() => {
      log(`the page of a ${kind} window could not be loaded`);
    });
    return browser;
  }

  #makeReady(): ReadyWindow {
    const windowId = randomUUID();
    const browser = this.#makeBrowser('notebook', windowId, {});
    let become: ReadyWindow['become'] = () => {};
    const becoming = new Promise<AppWindow | null>((resolve) => {
      become = resolve;
    });
    const ready: ReadyWindow = { windowId, browser, isPainted: false, becoming, become };
    browser.once('ready-to-show', () => {
      ready.isPainted = true;
    });
    // Its page is not loaded again as that of a window in use would be: the next one is as good.
    browser.webContents.once('render-process-gone', () => {
      // Chromium is still taking the old process apart inside this event.
      setImmediate(() => {
        if (this.#ready !== ready) return;
        this.#putAway();
        this.prepare();
      });
    });
    return ready;
  }

  #takeReady(): ReadyWindow | null {
    const ready = this.#ready;
    this.#ready = null;
    return ready !== null && !ready.browser.isDestroyed() ? ready : null;
  }

  #putAway(): void {
    clearTimeout(this.#readyTimer);
    const ready = this.#takeReady();
    ready?.become(null);
    ready?.browser.destroy();
  }

  #watch(window: AppWindow): void {
    const { browser, kind, windowId } = window;
    showContextMenus(browser.webContents, kind, (command) => this.#options.onContextCommand(window, command));
    const show = (): void => {
      clearTimeout(showTimer);
      if (browser.isDestroyed() || browser.isVisible()) return;
      if (this.#wanted === null || this.#wanted === window) browser.show();
      else appearBehind(browser, this.#wanted.browser);
    };
    const showTimer = setTimeout(show, showAnywayMs);
    browser.once('ready-to-show', show);

    let placeTimer: NodeJS.Timeout | undefined;
    const place = (): void => {
      clearTimeout(placeTimer);
      placeTimer = setTimeout(() => this.#remember(window), placeDelayMs);
    };
    browser.on('resize', place);
    browser.on('move', place);
    browser.on('focus', () => {
      this.#becomesCurrent(window);
      this.#options.onChange();
    });
    browser.on('page-title-updated', (event) => event.preventDefault());
    browser.on('close', (event) => {
      const isLast = this.#windows.every((one) => one === window || this.#closing.has(one));
      if (isLast && !this.#isFrozen && this.#options.onLastClosing(window)) {
        event.preventDefault();
        return;
      }
      this.#closing.add(window);
      this.#remember(window);
    });
    browser.on('closed', () => {
      clearTimeout(showTimer);
      clearTimeout(placeTimer);
      this.#options.onPageGone(windowId);
      this.#closing.delete(window);
      if (this.#wanted === window) this.#wanted = null;
      this.#windows = this.#windows.filter((one) => one !== window);
      this.#changed();
    });
  }

  #remember(window: AppWindow): void {
    const { browser } = window;
    if (browser.isDestroyed() || browser.isMinimized() || browser.isFullScreen()) return;
    const place = { ...browser.getNormalBounds(), isMaximized: browser.isMaximized() };
    rememberPlace(this.#places, keyOf(window), place);
    this.#options.settings.set(placesKey, Object.fromEntries(this.#places));
  }

  #changed(): void {
    if (!this.#isFrozen) {
      const open = this.#windows.map(({ kind, serverId, path, journalId }) => ({ kind, serverId, path, journalId }));
      this.#options.settings.set(openKey, open);
    }
    this.prepare();
    this.#options.onChange();
  }
}

export function bringToFront(browser: BrowserWindow): void {
  if (browser.isMinimized()) browser.restore();
  browser.show();
  browser.focus();
}

/** A page that took its time does not take the keyboard from a window that was asked for after it. */
function appearBehind(browser: BrowserWindow, front: BrowserWindow): void {
  browser.showInactive();
  if (front.isVisible()) front.moveTop();
}

export function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? canvas.dark : canvas.light;
}
