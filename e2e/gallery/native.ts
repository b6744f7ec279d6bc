/**
 * What the system draws: the menu, the menu of the right mouse button, message boxes. They stand in no page, so the
 * screen is photographed; and nobody can click them, so they are put away from the main process.
 */
import type { Locator, Page } from 'playwright-core';
import type { TestApp } from '../support/app.ts';
import { until } from './drive.ts';

interface NativeState {
  /** The button that message boxes are answered with unseen; null shows them. */
  answer: number | null;
  readonly boxes: Set<AbortController>;
  menu: Electron.Menu | null;
}

/** From now on message boxes and menus can be put away again. Until something else is said, boxes are shown. */
export async function holdNative(app: TestApp): Promise<void> {
  await app.electron.evaluate(({ dialog, Menu }) => {
    const state: NativeState = { answer: null, boxes: new Set(), menu: null };
    Reflect.set(globalThis, 'galleryNative', state);
    const { showMessageBox } = dialog;
    Reflect.set(dialog, 'showMessageBox', async (...given: readonly object[]) => {
      if (state.answer !== null) return { response: state.answer, checkboxChecked: false };
      const control = new AbortController();
      state.boxes.add(control);
      const options = { ...given.at(-1), signal: control.signal };
      try {
        return await Reflect.apply(showMessageBox, dialog, [...given.slice(0, -1), options]);
      } finally {
        state.boxes.delete(control);
      }
    });
    const { popup } = Menu.prototype;
    Reflect.set(Menu.prototype, 'popup', function (this: Electron.Menu, ...given: readonly unknown[]) {
      state.menu = this;
      return Reflect.apply(popup, this, given);
    });
  });
}

/** Message boxes are answered with this button from now on; null shows them. */
export async function answerBoxes(app: TestApp, button: number | null): Promise<void> {
  await app.electron.evaluate((_electron, answer) => {
    const state = Reflect.get(globalThis, 'galleryNative') as NativeState;
    state.answer = answer;
  }, button);
}

export async function untilBox(app: TestApp): Promise<void> {
  await until('a message box', () =>
    app.electron.evaluate(() => (Reflect.get(globalThis, 'galleryNative') as NativeState).boxes.size > 0),
  );
}

/** As if every open message box was cancelled. */
export async function closeBoxes(app: TestApp): Promise<void> {
  await app.electron.evaluate(() => {
    for (const box of (Reflect.get(globalThis, 'galleryNative') as NativeState).boxes) box.abort();
  });
  await until('the end of the message box', () =>
    app.electron.evaluate(() => (Reflect.get(globalThis, 'galleryNative') as NativeState).boxes.size === 0),
  );
}

async function untilMenu(app: TestApp, timeoutMs?: number): Promise<void> {
  const isOpen = (): Promise<boolean> =>
    app.electron.evaluate(() => (Reflect.get(globalThis, 'galleryNative') as NativeState).menu !== null);
  await until('a menu of the system', isOpen, timeoutMs);
}

/** What Chromium says of the place of a right click. */
interface Place {
  readonly isEditable: boolean;
  readonly selectionText: string;
}

/**
 * Opens the menu of the right mouse button. Answers false where the click of the driver opened none, and the window was
 * told of a click by the main process instead.
 */
export async function rightClick(app: TestApp, page: Page, target: Locator, place: Place): Promise<boolean> {
  await target.click({ button: 'right', position: { x: 20, y: 6 } });
  try {
    await untilMenu(app, 6_000);
    return true;
  } catch {
    const handle = await app.electron.browserWindow(page);
    await handle.evaluate((window: Electron.BrowserWindow, given: Place) => {
      window.webContents.emit('context-menu', {}, { ...given, editFlags: { canCopy: true } });
    }, place);
    await untilMenu(app);
    return false;
  }
}

export async function closeMenu(app: TestApp): Promise<void> {
  await app.electron.evaluate(() => {
    const state = Reflect.get(globalThis, 'galleryNative') as NativeState;
    state.menu?.closePopup();
    state.menu = null;
  });
}

/** Opens a menu of the menu bar by the labels that lead to it, below the bar of the window in front. */
export async function openMenuBar(app: TestApp, labels: readonly string[]): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow, Menu }, wanted) => {
    let menu = Menu.getApplicationMenu();
    for (const label of wanted) {
      menu = menu?.items.find((item) => item.label.replace('&', '') === label)?.submenu ?? null;
    }
    const window = BrowserWindow.getFocusedWindow();
    if (menu === null || window === null) throw new Error(`there is no menu ${wanted.join(', ')}`);
    menu.popup({ window, x: 60, y: 4 });
  }, labels);
  await untilMenu(app);
}

/** The next dialog that asks for files, and every later one, answers these. */
export async function answerOpen(app: TestApp, ...files: string[]): Promise<void> {
  await app.electron.evaluate(({ dialog }, filePaths) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: filePaths.length === 0, filePaths });
  }, files);
}

/** Every dialog that asks where to save answers this file from now on. */
export async function answerSave(app: TestApp, file: string): Promise<void> {
  await app.electron.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
  }, file);
}

/** The whole screen as a PNG. */
export async function screenPicture(app: TestApp): Promise<Buffer> {
  const text = await app.electron.evaluate(async ({ desktopCapturer, screen }) => {
    const { width, height } = screen.getPrimaryDisplay().size;
    const [source] = await desktopCapturer.getSources({ types: ['screen'], thumbnailSize: { width, height } });
    return source === undefined || source.thumbnail.isEmpty() ? '' : source.thumbnail.toPNG().toString('base64');
  });
  if (text === '') throw new Error('the system gives no picture of the screen');
  return Buffer.from(text, 'base64');
}
