/**
 * JupyterLab's connection settings on top of the tunnel.
 *
 * Apart from `tunnel-client.ts` so that a window without Jupyter's client library does not load it. The token is empty
 * and stays so: the main process adds authorization, and a window has nothing to leak.
 */
import { ServerConnection } from '@jupyterlab/services';
import { virtualBaseUrl } from '../../shared/ipc/tunnel.ts';
import { type Tunnel, virtualWsUrl } from './tunnel-client.ts';

/** What every manager of `@jupyterlab/services` in a window is made with. */
export function tunnelSettings(tunnel: Tunnel): ServerConnection.ISettings {
  return ServerConnection.makeSettings({
    baseUrl: virtualBaseUrl,
    appUrl: virtualBaseUrl,
    wsUrl: virtualWsUrl,
    token: '',
    appendToken: false,
    fetch: tunnel.fetch,
    WebSocket: tunnel.WebSocket,
  });
}
