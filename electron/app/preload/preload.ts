/**
 * The bridge between a window's page and the main process.
 *
 * Puts three functions on `window.nightjar` and hands on the tunnel port; nothing of Electron gets through. Names that
 * the contract does not list are refused here already; the main process checks everything again, because a page that
 * was taken over would not stop at this.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { type Bridge, commands, events, tunnelPortMessage } from '../../../shared/ipc/contract.ts';
import { eventChannel, invokeChannel } from './channels.ts';

const commandNames = new Set<string>(Object.keys(commands));
const eventNames = new Set<string>(Object.keys(events));

const bridge: Bridge = {
  invoke: async (command, args) => {
    if (!commandNames.has(command)) throw new Error('This command does not exist.');
    const answer: unknown = await ipcRenderer.invoke(invokeChannel, command, args);
    return answer;
  },
  on: (event, callback) => {
    if (!eventNames.has(event)) throw new Error('This event does not exist.');
    const listener = (_event: unknown, name: unknown, body: unknown): void => {
      if (name === event) callback(body);
    };
    ipcRenderer.on(eventChannel, listener);
    return () => {
      ipcRenderer.off(eventChannel, listener);
    };
  },
  // Answers only for files that the person dropped or chose: a page cannot make one that has a path.
  pathOf: (file) => (file instanceof File ? webUtils.getPathForFile(file) : ''),
};

contextBridge.exposeInMainWorld('nightjar', bridge);

// A port cannot pass the context bridge; a window message to our own origin can carry it.
ipcRenderer.on(tunnelPortMessage, (event) => {
  window.postMessage(tunnelPortMessage, window.location.origin, [...event.ports]);
});
