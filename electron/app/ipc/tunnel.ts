/**
 * Message ports between windows and the core: the way of a notebook's fetches and websockets.
 *
 * Each page has at most one tunnel. It ends when the page asks for another one, is reloaded, crashes or closes; the
 * kernel session behind it does not notice.
 */
import { MessageChannelMain, type MessagePortMain } from 'electron';
import { tunnelPortMessage } from '../../../shared/ipc/contract.ts';
import type { ToWindow } from '../../../shared/ipc/tunnel.ts';
import type { TunnelPort } from '../../core/api.ts';
import type { AppWindow } from '../windows.ts';

/** Our end of a channel as the core wants it. Messages that arrive before the core listens wait in the port. */
function adapt(port: MessagePortMain): TunnelPort {
  let isOpen = true;
  port.on('close', () => {
    isOpen = false;
  });
  return {
    post: (message: ToWindow) => {
      if (isOpen) port.postMessage(message);
    },
    onMessage: (callback) => {
      port.on('message', (event) => callback(event.data));
      port.start();
    },
    close: () => {
      if (isOpen) port.close();
      isOpen = false;
    },
  };
}

export class Tunnels {
  readonly #open = new Map<string, () => void>();

  /** @param connect gives our end to the core, which answers what ends the connection */
  connect(window: AppWindow, connect: (port: TunnelPort) => { close(): void }): void {
    this.close(window.windowId);
    const { port1, port2 } = new MessageChannelMain();
    const port = adapt(port1);
    const connection = connect(port);
    const end = (): void => {
      if (this.#open.get(window.windowId) === end) this.#open.delete(window.windowId);
      connection.close();
      port.close();
    };
    this.#open.set(window.windowId, end);
    port1.on('close', () => {
      if (this.#open.get(window.windowId) === end) end();
    });
    window.pane.contents.postMessage(tunnelPortMessage, null, [port2]);
  }

  close(windowId: string): void {
    this.#open.get(windowId)?.();
  }
}
