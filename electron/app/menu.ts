/**
 * The native application menu: one menu for all windows, following the one in front.
 *
 * Owns nothing but the menu. Items send their command to the current window; what is of no use there is greyed out.
 * It is built anew only when the recent notebooks change; a change of focus only switches items on and off.
 */
import { Menu } from 'electron';
import type { MenuCommand, RecentNotebook } from '../../shared/ipc/contract.ts';
import type { JournalSwitch } from './association.ts';
import { sendTo } from './ipc/events.ts';
import { menuTemplate, type RecentItem, tabItems, usefulIn } from './menu-template.ts';
import type { Opener } from './opener.ts';
import type { AppWindow, Windows } from './windows.ts';

/** A menu longer than this is searched, not read: Home has the search. */
const recentItemsMax = 12;

export interface AppMenuOptions {
  readonly windows: Windows;
  readonly opener: Opener;
  /** Null where the system knows no such switch. */
  readonly journals: JournalSwitch | null;
  readonly showLog: () => void;
}

/** Sends a command to a page, when it is there to hear it: a page that is loading gets it once it has loaded. */
function command(window: AppWindow, name: MenuCommand): void {
  const { contents } = window.pane;
  const send = (): void => sendTo(window, 'menu.command', { command: name });
  if (contents.isLoadingMainFrame()) contents.once('did-finish-load', send);
  else send();
}

export class AppMenu {
  readonly #options: AppMenuOptions;
  #recents: readonly RecentNotebook[] = [];
  /** What the menu was built from: the same recents again need no new menu. */
  #builtFrom = '';

  constructor(options: AppMenuOptions) {
    this.#options = options;
    this.#build();
  }

  setRecents(recents: readonly RecentNotebook[]): void {
    this.#recents = recents.slice(0, recentItemsMax);
    const from = JSON.stringify(this.#recents.map(({ serverId, serverName, path }) => [serverId, serverName, path]));
    if (from === this.#builtFrom) return;
    this.#builtFrom = from;
    this.#build();
  }

  /** Call when focus moved, a window came or went, or the switch for journals changed. */
  update(): void {
    const menu = Menu.getApplicationMenu();
    if (menu === null) return;
    const kind = this.#options.windows.current()?.kind ?? null;
    for (const [id, kinds] of Object.entries(usefulIn)) {
      const item = menu.getMenuItemById(id);
      if (item !== null) item.enabled = kind !== null && kinds.includes(kind);
    }
    const reload = menu.getMenuItemById('reload-window');
    if (reload !== null) reload.enabled = kind !== null;
    for (const id of tabItems) {
      const item = menu.getMenuItemById(id);
      if (item !== null) item.enabled = this.#options.windows.hasOtherTabs;
    }
    const { journals } = this.#options;
    const journalsItem = menu.getMenuItemById('journals-with-nightjar');
    if (journals === null || journalsItem === null) return;
    journalsItem.checked = journals.isOn;
    journalsItem.enabled = !journals.isBusy;
  }

  #build(): void {
    const { windows, opener, journals, showLog } = this.#options;
    const recents = this.#recents.map(
      ({ serverId, serverName, path }): RecentItem => ({
        // An ampersand marks an access key in menus; doubled it is itself.
        label: `${path} — ${serverName}`.replaceAll('&', '&&'),
        open: () => void opener.notebook(serverId, path, false),
      }),
    );
    const template = menuTemplate({
      isMac: process.platform === 'darwin',
      recents,
      journals:
        journals === null
          ? null
          : { isOn: journals.isOn, isBusy: journals.isBusy, set: (isOn) => void journals.set(isOn) },
      actions: {
        command: (name) => {
          const window = windows.current();
          if (window !== null) command(window, name);
        },
        openHome: () => void windows.openHome(),
        openLocal: () => void opener.chooseLocal(),
        openSettings: () => void windows.openSettings(),
        addServer: () => command(windows.openHome(), 'add-server'),
        openJournal: () => void opener.askForJournals(),
        reloadWindow: () => windows.current()?.pane.contents.reload(),
        toggleDevTools: () => windows.current()?.pane.contents.toggleDevTools(),
        close: () => {
          const pane = windows.current()?.pane;
          // On macOS something else may have the keyboard: a tool of the system, or no window at all.
          if (process.platform !== 'darwin' || pane?.frame.isFocused() === true) pane?.close();
        },
        stepTab: (by) => windows.stepTab(by),
        detachTab: () => windows.detachTab(),
        showLog,
      },
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
    this.update();
  }
}
