/**
 * JupyterLab's own client library, in Node, as the peer that outages are compared with.
 *
 * One page of JupyterLab as far as a kernel is concerned: it reconnects by itself, with the same client id as long as
 * it is not reloaded. Counts what its own futures hand it.
 */
import type { IIOPubMessage } from '@jupyterlab/services/lib/kernel/messages.js';
import { KernelConnection } from '@jupyterlab/services/lib/kernel/default.js';
import { ServerConnection } from '@jupyterlab/services/lib/serverconnection.js';
import WebSocket from 'ws';
import type { OutageClient, Seen } from './outages.ts';

/** Without a listener of its own an error of the socket would end the process. */
class PatientSocket extends WebSocket {
  constructor(address: string, protocols?: string | string[]) {
    super(address, protocols);
    this.on('error', () => undefined);
  }
}

export class StockClient implements OutageClient {
  private readonly kernel: KernelConnection;
  private readonly lines: string[] = [];
  private readonly seen = { error: false, chart: false, reply: false, prompt: false };

  constructor(baseUrl: string, token: string, kernelId: string) {
    const serverSettings = ServerConnection.makeSettings({
      ...{ baseUrl, wsUrl: baseUrl.replace(/^http/, 'ws'), token, appendToken: true },
      WebSocket: PatientSocket as unknown as typeof globalThis.WebSocket,
    });
    this.kernel = new KernelConnection({ model: { id: kernelId, name: 'python3' }, serverSettings, username: 'stock' });
  }

  async ready(): Promise<void> {
    await this.kernel.info;
  }

  run(code: string): void {
    const future = this.kernel.requestExecute({ code, allow_stdin: true, stop_on_error: true });
    future.onIOPub = (message) => this.take(message);
    future.onStdin = () => {
      this.seen.prompt = true;
    };
    future.onReply = () => {
      this.seen.reply = true;
    };
    void future.done.catch(() => undefined);
  }

  private take({ header, content }: IIOPubMessage): void {
    if (header.msg_type === 'stream' && 'text' in content && typeof content.text === 'string') {
      this.lines.push(content.text);
    }
    this.seen.error ||= header.msg_type === 'error';
    this.seen.chart ||= header.msg_type === 'display_data';
  }

  look(): Seen {
    return { text: this.lines.join(''), ...this.seen };
  }

  async close(): Promise<void> {
    this.kernel.dispose();
  }
}
