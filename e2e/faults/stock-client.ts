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

const attemptsMax = 4;
const answerTimeoutMs = 20_000;

/** Does with errors what a browser does: the library throws at a message that was cut in two, and the page goes on. */
class PatientSocket extends WebSocket {
  constructor(address: string, protocols?: string | string[]) {
    super(address, protocols);
    this.on('error', () => undefined);
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    try {
      return super.emit(event, ...values);
    } catch (error) {
      if (event !== 'message') throw error;
      return true;
    }
  }
}

export class StockClient implements OutageClient {
  private kernel: KernelConnection;
  private readonly lines: string[] = [];
  private readonly seen = { error: false, chart: false, reply: false, prompt: false };

  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
    private readonly kernelId: string,
  ) {
    this.kernel = this.connect();
  }

  private connect(): KernelConnection {
    const { baseUrl, token } = this;
    const serverSettings = ServerConnection.makeSettings({
      ...{ baseUrl, wsUrl: baseUrl.replace(/^http/, 'ws'), token, appendToken: true },
      WebSocket: PatientSocket as unknown as typeof globalThis.WebSocket,
    });
    const model = { id: this.kernelId, name: 'python3' };
    return new KernelConnection({ model, serverSettings, username: 'stock' });
  }

  /** Its first question can stay without an answer for ever; a person would load the page again. */
  async ready(): Promise<void> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const isThere = await Promise.race([
        this.kernel.info.then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), answerTimeoutMs)),
      ]);
      if (isThere) return;
      this.kernel.dispose();
      this.kernel = this.connect();
    }
    throw new Error('the kernel does not answer the stock client');
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
