/** The commands of the strip of a window with tabs. It can reach the tabs of its own window, and no others. */
import { Menu } from 'electron';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Handlers } from './ipc/server.ts';
import type { TabFrame, TabPane } from './tabs.ts';
import type { AppWindow, Windows } from './windows.ts';

type TabCommand = 'tabs.read' | 'tabs.select' | 'tabs.close' | 'tabs.move' | 'tabs.menu' | 'tabs.zoomed';

const gone = fail('no-tab', 'This tab is no longer in this window.');

/** While the menu is open a tab may close by itself, or come into another window. */
function showMenu(windows: Windows, frame: TabFrame, tab: TabPane): void {
  const hasOthers = frame.tabs.length > 1;
  const whileHere = (act: () => void) => () => {
    if (!tab.isGone() && frame.tabs.includes(tab)) act();
  };
  Menu.buildFromTemplate([
    { label: 'Close', click: whileHere(() => tab.close()) },
    {
      label: 'Close Others',
      enabled: hasOthers,
      click: whileHere(() => {
        for (const other of frame.tabs.filter((one) => one !== tab)) other.leave();
      }),
    },
    { type: 'separator' },
    { label: 'Move to a New Window', enabled: hasOthers, click: whileHere(() => windows.detachTab(tab)) },
  ]).popup({ window: frame.browser });
}

export function tabHandlers(windows: Windows): Pick<Handlers, TabCommand> {
  const withTab = (strip: AppWindow, windowId: string, act: (tab: TabPane, frame: TabFrame) => void): Result<null> => {
    const frame = windows.tabsOf(strip);
    const tab = frame?.tabs.find((one) => one.windowId === windowId);
    if (frame === null || tab === undefined) return gone;
    act(tab, frame);
    return ok(null);
  };
  return {
    'tabs.read': (strip) => {
      const frame = windows.tabsOf(strip);
      return ok(frame === null ? { tabs: [], selected: null } : windows.tabsState(frame));
    },
    'tabs.select': (strip, { windowId, focus }) =>
      withTab(strip, windowId, (tab, frame) => {
        if (focus) tab.show();
        else frame.select(tab, true);
      }),
    'tabs.close': (strip, { windowId }) =>
      withTab(strip, windowId, (tab, frame) => {
        tab.close();
        // The keyboard goes back to where the person works.
        if (frame.selected !== tab) frame.selected?.contents.focus();
      }),
    'tabs.move': (strip, { windowId, to }) => withTab(strip, windowId, (tab, frame) => frame.move(tab, to)),
    'tabs.menu': (strip, { windowId }) => withTab(strip, windowId, (tab, frame) => showMenu(windows, frame, tab)),
    'tabs.zoomed': (strip) => {
      windows.tabsOf(strip)?.layOut();
      return ok(null);
    },
  };
}
