/**
 * The app's windows: makes them, finds them, remembers where they stood and which were open.
 *
 * One window per server and per notebook unless a second one is asked for; opening again brings the one there is to
 * the front. A notebook may stand as a tab in a window with others (`tabs.ts`); it counts as a window all the same. One
 * notebook window is kept ready, unseen and without a notebook, because making one takes longer than opening most
 * notebooks. Every window is sandboxed and isolated. The list of open windows is on disk at every moment, so that a
 * crash restores as a quit does; it stops changing once the app is quitting.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { BrowserWindow, screen, type WebContents, type WebPreferences } from 'electron';
import type { MenuCommand, TabsState } from '../../shared/ipc/contract.ts';
import type { SettingsPort } from '../core/api.ts';
import { showContextMenus } from './context-menu.ts';
import { pageUrl, type WindowKind } from './pages.ts';
import { backgroundColor, type Pane, windowPane } from './pane.ts';
import { TabFrame, TabPane } from './tabs.ts';
import { guard } from './window-guards.ts';
import {
  decodeOpenWindows,
  decodePlaces,
  isSameSubject,
  keyOf,
  minimumSize,
  type OpenWindow,
  type Place,
  placeWindow,
  rememberPlace,
  type WindowSubject,
} from './window-state.ts';

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
  readonly pane: Pane;
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
  /** Whether a notebook that is opened becomes a tab. */
  readonly opensInTabs: () => boolean;
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
  /** For the strip of a window with tabs. */
  readonly onTabsChange: (strip: AppWindow, state: TabsState) => void;
  /** Goes on ending the app where a window had to let its tabs go first. */
  readonly quit: () => void;
}

/** In which window with tabs a notebook is opened: the one used last, another one, or that one. */
type Where = 'front' | 'new' | TabFrame;

/** What a window on the screen holds: one page, or tabs. */
interface Frame {
  readonly key: () => string;
  /** Those that close with it. */
  readonly pages: () => readonly AppWindow[];
  /** The one that is seen. */
  readonly front: () => AppWindow | null;
  readonly tabs: () => readonly TabPane[];
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
  /** The list on disk, as text. */
  #keptList = '';
  #isFrozen = false;
  #isQuitting = false;
  /** Windows with tabs, each with its strip. */
  readonly #frames = new Map<TabFrame, AppWindow>();

  constructor(options: WindowsOptions) {
    this.#options = options;
    this.#places = decodePlaces(options.settings.get(placesKey));
  }

  list(): readonly AppWindow[] {
    return this.#windows;
  }

  of(contents: WebContents): AppWindow | null {
    return this.pages().find(({ pane }) => !pane.isGone() && pane.contents === contents) ?? null;
  }

  /** Every page that is shown: windows, tabs, and the strips of tabs. */
  pages(): AppWindow[] {
    return [...this.#windows, ...this.#frames.values()];
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
  #remembered(): OpenWindow[] {
    return decodeOpenWindows(this.#options.settings.get(openKey));
  }

  /** The windows and tabs of the last time, as they stood. False when there were none. */
  reopen(): boolean {
    const remembered = this.#remembered();
    const frames = new Map<number, TabFrame>();
    const selected = new Map<TabFrame, TabPane>();
    for (const { group, isSelected, ...subject } of remembered) {
      const { pane } = this.#add(subject, group === null ? 'front' : (frames.get(group) ?? 'new'));
      if (!(pane instanceof TabPane)) continue;
      if (group !== null) frames.set(group, pane.tabs);
      if (isSelected) selected.set(pane.tabs, pane);
    }
    for (const [frame, tab] of selected) frame.select(tab);
    return remembered.length > 0;
  }

  /** The app ends: windows close one after another. */
  quitting(): void {
    this.#isQuitting = true;
    this.freeze();
  }

  /** From now on windows close because the app ends: the list on disk stays as it is. */
  freeze(): void {
    this.#isFrozen = true;
    this.#putAway();
  }

  /** Somebody came back before the app had ended. */
  thaw(): void {
    this.#isFrozen = false;
    this.#isQuitting = false;
    this.prepare();
  }

  /** Makes a notebook window ready in a while, or puts away the one that is no longer wanted. */
  prepare(): void {
    clearTimeout(this.#readyTimer);
    const { keepsReady, opensInTabs } = this.#options;
    if (this.#isFrozen || this.#windows.length === 0 || !keepsReady() || opensInTabs()) {
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
    window.pane.show();
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
    const existing = this.#windows.find((window) => isSameSubject(window, subject) && !this.#closing.has(window));
    if (existing !== undefined && !newWindow) {
      this.show(existing);
      return existing;
    }
    const window = this.#add(subject, newWindow ? 'new' : 'front');
    // A window that is made shows itself once there is something to see; one that is there comes at once.
    if (window.pane instanceof TabPane && window.pane.tabs.hasAppeared) window.pane.show();
    return window;
  }

  #add(subject: WindowSubject, where: Where): AppWindow {
    const inTab = subject.kind === 'notebook' && this.#options.opensInTabs();
    const window = inTab ? this.#makeTab(subject, where) : this.#make(subject);
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
    for (const window of this.#windows.filter((one) => one.journalId === journalId)) window.pane.close();
  }

  closeOfServer(serverId: string): void {
    for (const window of this.#windows.filter((one) => one.serverId === serverId)) window.pane.close();
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
    const window: AppWindow = { ...subject, windowId, seq: null, pane: windowPane(browser) };
    this.#watch(window);
    this.#watchFrame(browser, {
      key: () => keyOf(window),
      pages: () => (this.#windows.includes(window) ? [window] : []),
      front: () => window,
      tabs: () => [],
    });
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
    const taken = this.#windows.flatMap(({ pane: { frame } }) =>
      frame.isDestroyed() ? [] : [frame.getNormalBounds()],
    );
    return placeWindow(kind, saved, areas, taken);
  }

  #makeBrowser(kind: WindowKind, windowId: string, place: Partial<Place>): BrowserWindow {
    const browser = new BrowserWindow({
      ...place,
      minWidth: minimumSize[kind].width,
      minHeight: minimumSize[kind].height,
      show: false,
      title: 'Nightjar',
      backgroundColor: backgroundColor(),
      webPreferences: this.#preferences(kind),
    });
    const pane = windowPane(browser);
    // Where a strip fails for good, its tabs leave as they do when a person closes their window.
    this.#load(kind === 'tabs' ? { ...pane, destroy: () => browser.close() } : pane, kind, windowId);
    return browser;
  }

  #preferences(kind: WindowKind): WebPreferences {
    return {
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
    };
  }

  #load(pane: Pane, kind: WindowKind, windowId: string): void {
    const { log, onPageGone } = this.#options;
    guard(pane, { kind, log, onPageGone: () => onPageGone(windowId) });
    void pane.contents.loadURL(pageUrl(kind)).catch(() => {
      log(`the page of a ${kind} window could not be loaded`);
    });
  }

  #makeTab(subject: WindowSubject, where: Where): AppWindow {
    const { kind } = subject;
    const frame =
      where === 'front' ? (this.#tabsInFront() ?? this.#makeFrame()) : where === 'new' ? this.#makeFrame() : where;
    const windowId = randomUUID();
    const pane = new TabPane(windowId, frame, this.#preferences(kind));
    const window: AppWindow = { ...subject, windowId, seq: null, pane };
    this.#watch(window);
    this.#load(pane, kind, windowId);
    this.#windows = [...this.#windows, window];
    frame.add(pane);
    return window;
  }

  /** The window with tabs that was used last. */
  #tabsInFront(): TabFrame | null {
    const isOpen = ({ pane }: AppWindow): boolean => pane instanceof TabPane && !pane.tabs.isClosing;
    const pane = this.#windows.findLast(isOpen)?.pane;
    return pane instanceof TabPane ? pane.tabs : null;
  }

  #makeFrame(): TabFrame {
    const strip = { kind: 'tabs', serverId: null, path: null, journalId: null } as const;
    const windowId = randomUUID();
    const saved = this.#places.get(keyOf(strip)) ?? null;
    const browser = this.#makeBrowser('tabs', windowId, this.#placeFor('tabs', saved));
    if (saved?.isMaximized === true) browser.maximize();
    const frame = new TabFrame(browser, {
      onChange: () => this.#tabsChanged(frame),
      onEmpty: () => {
        const isQuitting = this.#isQuitting;
        browser.destroy();
        if (isQuitting) this.#options.quit();
      },
    });
    this.#frames.set(frame, { ...strip, windowId, seq: null, pane: windowPane(browser) });
    this.#watchFrame(browser, {
      key: () => keyOf(strip),
      pages: () => this.#windows.filter(({ pane }) => frame.tabs.some((tab) => tab === pane)),
      front: () => this.#windows.find(({ pane }) => pane === frame.selected) ?? null,
      tabs: () => frame.tabs,
    });
    browser.on('closed', () => {
      this.#frames.delete(frame);
      for (const tab of frame.tabs) tab.destroy();
    });
    return frame;
  }

  #tabsChanged(frame: TabFrame): void {
    const strip = this.#frames.get(frame);
    const shown = this.#windows.find(({ pane }) => pane === frame.selected);
    if (shown !== undefined && this.current()?.pane.frame === frame.browser) this.#becomesCurrent(shown);
    if (strip !== undefined) this.#options.onTabsChange(strip, this.tabsState(frame));
    this.#keepList();
    this.#options.onChange();
  }

  /** What the strip of a window shows. */
  tabsState({ tabs, selected }: TabFrame): TabsState {
    const folderOf = (tab: TabPane): string => {
      const folder = path.posix.dirname(this.#windows.find(({ pane }) => pane === tab)?.path ?? '');
      return folder === '.' ? '' : folder;
    };
    return {
      tabs: tabs.map((tab) => ({
        ...{ windowId: tab.windowId, title: tab.title, folder: folderOf(tab), isDirty: tab.isDirty },
      })),
      selected: selected?.windowId ?? null,
    };
  }

  /** The tabs of a strip's window. */
  tabsOf(strip: AppWindow): TabFrame | null {
    return [...this.#frames].find(([, one]) => one === strip)?.[0] ?? null;
  }

  /** Whether the window in front has more than one tab. */
  get hasOtherTabs(): boolean {
    const pane = this.current()?.pane;
    return pane instanceof TabPane && pane.tabs.tabs.length > 1;
  }

  stepTab(by: 1 | -1): void {
    const pane = this.current()?.pane;
    if (pane instanceof TabPane) pane.tabs.step(by);
  }

  /** A tab, the one in front when none is named, gets a window of its own, which can take others again. */
  detachTab(tab = this.current()?.pane): void {
    if (!(tab instanceof TabPane) || tab.isGone() || tab.tabs.tabs.length < 2) return;
    const frame = this.#makeFrame();
    tab.tabs.remove(tab);
    frame.add(tab);
    const window = this.#windows.find(({ pane }) => pane === tab);
    if (window !== undefined) this.#wanted = window;
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
    const { pane, kind, windowId } = window;
    showContextMenus(pane.contents, kind, (command) => this.#options.onContextCommand(window, command));
    pane.onGone(() => {
      this.#options.onPageGone(windowId);
      this.#closing.delete(window);
      if (this.#wanted === window) this.#wanted = null;
      this.#windows = this.#windows.filter((one) => one !== window);
      this.#changed();
    });
  }

  #watchFrame(browser: BrowserWindow, { key, pages, front, tabs }: Frame): void {
    const show = (): void => {
      clearTimeout(showTimer);
      if (browser.isDestroyed() || browser.isVisible()) return;
      const wanted = this.#wanted;
      if (wanted === null || wanted.pane.frame === browser) browser.show();
      else appearBehind(browser, wanted.pane.frame);
    };
    const showTimer = setTimeout(show, showAnywayMs);
    browser.once('ready-to-show', show);

    let placeTimer: NodeJS.Timeout | undefined;
    const place = (): void => {
      clearTimeout(placeTimer);
      placeTimer = setTimeout(() => this.#remember(browser, key()), placeDelayMs);
    };
    browser.on('resize', place);
    browser.on('move', place);
    browser.on('focus', () => {
      const window = front();
      if (window !== null) this.#becomesCurrent(window);
      this.#options.onChange();
    });
    browser.on('page-title-updated', (event) => event.preventDefault());
    browser.on('close', (event) => {
      const own = pages();
      const asked = front();
      const isLast = this.#windows.every((one) => own.includes(one) || this.#closing.has(one));
      if (isLast && !this.#isFrozen && asked !== null && this.#options.onLastClosing(asked)) {
        event.preventDefault();
        return;
      }
      for (const window of own) this.#closing.add(window);
      this.#remember(browser, key());
      const leaving = tabs();
      if (leaving.length === 0) return;
      // The window goes with its last tab.
      event.preventDefault();
      // A window that fills the screen would leave it black.
      if (!browser.isFullScreen()) browser.hide();
      for (const tab of leaving) tab.leave();
    });
    browser.on('closed', () => {
      clearTimeout(showTimer);
      clearTimeout(placeTimer);
    });
  }

  #remember(browser: BrowserWindow, key: string): void {
    if (browser.isDestroyed() || browser.isMinimized() || browser.isFullScreen()) return;
    const place = { ...browser.getNormalBounds(), isMaximized: browser.isMaximized() };
    rememberPlace(this.#places, key, place);
    this.#options.settings.set(placesKey, Object.fromEntries(this.#places));
  }

  /** In the order of their last focus; tabs stay together, as they stand. */
  #openNow(): OpenWindow[] {
    const frames = [...this.#frames.keys()];
    const open = ({ kind, serverId, path, journalId }: AppWindow): WindowSubject => ({
      kind,
      serverId,
      path,
      journalId,
    });
    const lastOf = new Map(this.#windows.map((window) => [window.pane.frame, window]));
    return this.#windows.flatMap((window): OpenWindow[] => {
      const { pane } = window;
      if (!(pane instanceof TabPane)) return [{ ...open(window), group: null, isSelected: false }];
      if (lastOf.get(pane.frame) !== window) return [];
      return pane.tabs.tabs.flatMap((tab) => {
        const one = this.#windows.find((candidate) => candidate.pane === tab);
        const isSelected = tab === pane.tabs.selected;
        return one === undefined ? [] : [{ ...open(one), group: frames.indexOf(pane.tabs), isSelected }];
      });
    });
  }

  #keepList(): void {
    if (this.#isFrozen) return;
    const open = this.#openNow();
    const text = JSON.stringify(open);
    if (text === this.#keptList) return;
    this.#keptList = text;
    this.#options.settings.set(openKey, open);
  }

  #changed(): void {
    this.#keepList();
    this.prepare();
    this.#options.onChange();
  }
}

/** A page that took its time does not take the keyboard from a window that was asked for after it. */
function appearBehind(browser: BrowserWindow, front: BrowserWindow): void {
  browser.showInactive();
  if (front.isVisible()) front.moveTop();
}
