/**
 * Events to windows: finds the windows an event is meant for and sends it to their pages.
 *
 * A window of one server is told of that server only. An event for a page that is gone, or not there yet, is dropped:
 * pages ask for the state when they come up, events only tell what changes afterwards.
 */
import type { EventBody, EventName } from '../../../shared/ipc/contract.ts';
import type { EventSink } from '../../core/api.ts';
import type { AppWindow, Windows } from '../windows.ts';
import { eventChannel } from './channels.ts';
import { isAddressee, mayReceive, visibleBody } from './policy.ts';

/** Sends to one page. */
export function sendTo<Name extends EventName>(window: AppWindow, name: Name, body: EventBody<Name>): void {
  const { pane } = window;
  if (pane.isGone() || pane.contents.isCrashed() || !mayReceive(window.kind, name)) return;
  pane.contents.send(eventChannel, name, visibleBody(window, name, body));
}

/** @param observe hears every event as well, for what the main process itself shows */
export function createEventSink(windows: Windows, observe: (name: EventName) => void): EventSink {
  return {
    emit(target, name, body) {
      for (const window of windows.pages()) {
        if (isAddressee(window, target)) sendTo(window, name, body);
      }
      observe(name);
    },
  };
}
