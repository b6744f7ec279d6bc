/**
 * Windows with tabs: a strip at the top, and below it one of several pages.
 *
 * The strip is a page of its own, so that it answers also while a notebook does not. Each tab is a process like a window;
 * those that are not shown lie below the one that is, and go on like windows that are covered. A window closes with its
 * last tab, and closing it closes each of them in turn, so that every page hands over what it holds.
 */
import { type BrowserWindow, type Rectangle, type WebContents, WebContentsView, type WebPreferences } from 'electron';
import { backgroundColor, bringToFront, nameWindow, type Pane } from './pane.ts';

/** The strip's height, as its style sheet has it; it is zoomed with the pages below. */
const stripHeight = 38;
/** A page that does not let go of its window in this time does not answer. */
const closePatienceMs = 3_000;

export class TabPane implements Pane {
  readonly #view: WebContentsView;
  readonly contents: WebContents;
  #frame: TabFrame;
  #whenGone: (() => void)[] = [];
  title = 'Nightjar';
  isDirty = false;
  #isGone = false;
  #isLeaving = false;

  constructor(
    readonly windowId: string,
    frame: TabFrame,
    webPreferences: WebPreferences,
  ) {
    this.#view = new WebContentsView({ webPreferences });
    this.contents = this.#view.webContents;
    this.#frame = frame;
    this.repaint();
    this.contents.once('destroyed', () => {
      this.#isGone = true;
      this.#frame.remove(this);
      for (const callback of this.#whenGone.splice(0)) callback();
    });
  }

  get frame(): BrowserWindow {
    return this.#frame.browser;
  }

  get tabs(): TabFrame {
    return this.#frame;
  }

  isGone(): boolean {
    return this.#isGone;
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  show(): void {
    this.#frame.select(this);
    bringToFront(this.frame);
    this.contents.focus();
  }

  close(): void {
    if (this.#isGone) return;
    if (this.#frame.tabs.every((tab) => tab === this || tab.isLeaving)) this.frame.close();
    else this.leave();
  }

  /** Closes the page alone, whatever becomes of its window. */
  leave(): void {
    if (this.#isGone || this.#isLeaving) return;
    this.#isLeaving = true;
    const timer = setTimeout(() => this.destroy(), closePatienceMs);
    this.onGone(() => clearTimeout(timer));
    this.contents.close({ waitForBeforeUnload: true });
  }

  destroy(): void {
    if (!this.#isGone) this.contents.close();
  }

  setTitle(title: string, isDirty: boolean): void {
    this.title = title;
    this.isDirty = isDirty;
    this.#frame.renamed(this);
  }

  onGone(callback: () => void): void {
    this.#whenGone.push(callback);
  }

  repaint(): void {
    this.#view.setBackgroundColor(backgroundColor());
  }

  // --- For its window ---

  stand(frame: TabFrame): void {
    this.#frame = frame;
    // At the bottom; what is added once more comes to the top.
    frame.browser.contentView.addChildView(this.#view, 0);
  }

  raise(): void {
    this.frame.contentView.addChildView(this.#view);
  }

  unstand(): void {
    this.frame.contentView.removeChildView(this.#view);
  }

  place(bounds: Rectangle): void {
    this.#view.setBounds(bounds);
  }
}

export interface TabFrameOptions {
  /** Another tab is shown, or one came, went, moved or has a new name. */
  readonly onChange: (frame: TabFrame) => void;
  /** The last tab is gone. */
  readonly onEmpty: (frame: TabFrame) => void;
}

export class TabFrame {
  #tabs: TabPane[] = [];
  #selected: TabPane | null = null;
  #hasAppeared = false;

  constructor(
    readonly browser: BrowserWindow,
    private readonly options: TabFrameOptions,
  ) {
    browser.on('resize', () => this.layOut());
    browser.once('show', () => {
      this.#hasAppeared = true;
    });
    browser.on('enter-full-screen', () => this.layOut());
    browser.on('leave-full-screen', () => this.layOut());
    browser.on('focus', () => this.#selected?.contents.focus());
  }

  /** As they stand, from left to right. */
  get tabs(): readonly TabPane[] {
    return this.#tabs;
  }

  /** On its way out: nothing is opened in it any more. */
  get isClosing(): boolean {
    return this.#tabs.every((tab) => tab.isLeaving);
  }

  get hasAppeared(): boolean {
    return this.#hasAppeared;
  }

  get selected(): TabPane | null {
    return this.#selected;
  }

  /** Beside the one that is shown, as a browser does, and shows it. */
  add(tab: TabPane): void {
    const beside = this.#selected === null ? this.#tabs.length : this.#tabs.indexOf(this.#selected) + 1;
    this.#tabs = this.#tabs.toSpliced(beside, 0, tab);
    tab.stand(this);
    this.layOut();
    this.select(tab);
  }

  /** The tab is on its way to another window, or is gone. */
  remove(tab: TabPane): void {
    const at = this.#tabs.indexOf(tab);
    if (at < 0) return;
    this.#tabs = this.#tabs.toSpliced(at, 1);
    if (this.browser.isDestroyed()) return;
    tab.unstand();
    if (this.#selected === tab) {
      this.#selected = null;
      const next = this.#tabs[at] ?? this.#tabs[at - 1];
      if (next !== undefined) this.select(next);
    }
    if (this.#tabs.length === 0) this.options.onEmpty(this);
    else this.options.onChange(this);
  }

  /** The person is at work in the strip, or in the page. */
  select(tab: TabPane, isInStrip = false): void {
    if (this.#selected !== tab && this.#tabs.includes(tab)) {
      this.#selected = tab;
      tab.raise();
      if (this.browser.isFocused() && !isInStrip) tab.contents.focus();
      nameWindow(this.browser, tab.title, tab.isDirty);
    }
    this.options.onChange(this);
  }

  /** The next one to the right, or to the left, and around the end. */
  step(by: 1 | -1): void {
    const { length } = this.#tabs;
    const at = this.#selected === null ? 0 : this.#tabs.indexOf(this.#selected);
    const next = this.#tabs[(at + by + length) % length];
    if (next !== undefined) this.select(next);
  }

  /** To a place among the others, counted from 0. */
  move(tab: TabPane, to: number): void {
    const others = this.#tabs.filter((one) => one !== tab);
    if (others.length === this.#tabs.length) return;
    this.#tabs = others.toSpliced(Math.max(0, Math.min(others.length, to)), 0, tab);
    this.options.onChange(this);
  }

  renamed(tab: TabPane): void {
    if (tab === this.#selected) nameWindow(this.browser, tab.title, tab.isDirty);
    this.options.onChange(this);
  }

  layOut(): void {
    if (this.browser.isDestroyed()) return;
    const { width, height } = this.browser.getContentBounds();
    const y = Math.round(stripHeight * this.browser.webContents.getZoomFactor());
    // Those out of sight as well: what they draw meanwhile is laid out for the size that they will be seen in.
    for (const tab of this.#tabs) tab.place({ x: 0, y, width, height: Math.max(0, height - y) });
  }
}
