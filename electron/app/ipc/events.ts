/**
 * Events to windows: finds the windows an event is meant for and sends it to their pages.
 *
 * A window of one server is told of that server only. An event for a page that is gone, or not there yet, is dropped:
 * pages ask for the state when they come up, events only tell what changes afterwards.
 */
import type { EventBody, EventName } from '../../../shared/ipc/contract.ts';
import { events } from '../../../shared/ipc/contract.ts';
import * as v from 'valibot';
import type { EventSink, EventTarget } from '../../core/api.ts';
import type { AppWindow, Windows } from '../windows.ts';
import { eventChannel } from './channels.ts';
import { mayReceive } from './policy.ts';

type Addressee = Pick<AppWindow, 'windowId' | 'kind' | 'serverId' | 'path'>;

export function isAddressee(window: Addressee, target: EventTarget): boolean {
  switch (target.to) {
    case 'all':
      return true;
    case 'window':
      return window.windowId === target.windowId;
    case 'notebook':
      return (
        window.kind === 'notebook' &&
        window.serverId === target.serverId &&
        window.path === target.path &&
        window.windowId !== target.exceptWindowId
      );
  }
}

/** What of an event's body this window may see. */
export function visibleBody<Name extends EventName>(window: Addressee, name: Name, body: EventBody<Name>): unknown {
  if (name !== 'servers.changed' || window.kind === 'home') return body;
  const decoded = v.parse(events['servers.changed'], body);
  return { servers: decoded.servers.filter((server) => server.serverId === window.serverId) };
}

/** Sends to one page. */
export function sendTo<Name extends EventName>(window: AppWindow, name: Name, body: EventBody<Name>): void {
  const { browser } = window;
  if (browser.isDestroyed() || browser.webContents.isCrashed() || !mayReceive(window.kind, name)) return;
  browser.webContents.send(eventChannel, name, visibleBody(window, name, body));
}

/** @param observe hears every event as well, for what the main process itself shows */
export function createEventSink(windows: () => Windows, observe: (name: EventName) => void): EventSink {
  return {
    emit(target, name, body) {
      for (const window of windows().list()) {
        if (isAddressee(window, target)) sendTo(window, name, body);
      }
      observe(name);
    },
  };
}
