/**
 * What a server says of kernels and sessions, taken in the order in which it is true.
 *
 * A server answers a change of the kernel only when the old one is down, half a second later or more; meanwhile it
 * answers others. JupyterLab's managers take every answer for the latest word, so one that was overtaken puts a notebook
 * back on the kernel that was just shut down, and a list that was asked for before a kernel was started makes it a dead
 * one. Here changes are made one after another, and a list that a change ran across is asked for again.
 */
import { type Kernel, KernelAPI, type ServerConnection, type Session, SessionAPI } from '@jupyterlab/services';

export class ChangeOrder {
  #last: Promise<unknown> = Promise.resolve();
  /** Grows when a change begins. */
  #changes = 0;

  /** Makes a change once those before it were answered. */
  change<Answer>(make: () => Promise<Answer>): Promise<Answer> {
    this.#changes += 1;
    const answer = this.#last.then(make);
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Asks for what a change might alter; answers how it is after the changes that have begun. */
  async list<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      await this.#last;
      const changes = this.#changes;
      const answer = await ask();
      if (changes === this.#changes) return answer;
    }
  }
}

class OrderedKernels extends KernelAPI.KernelAPIClient {
  constructor(
    serverSettings: ServerConnection.ISettings,
    private readonly order: ChangeOrder,
  ) {
    super({ serverSettings });
  }

  override listRunning(): Promise<Kernel.IModel[]> {
    return this.order.list(() => super.listRunning());
  }

  override startNew(options?: KernelAPI.IKernelOptions): Promise<Kernel.IModel> {
    return this.order.change(() => super.startNew(options));
  }

  override shutdown(id: string): Promise<void> {
    return this.order.change(() => super.shutdown(id));
  }
}

class OrderedSessions extends SessionAPI.SessionAPIClient {
  constructor(
    serverSettings: ServerConnection.ISettings,
    private readonly order: ChangeOrder,
  ) {
    super({ serverSettings });
  }

  override listRunning(): Promise<Session.IModel[]> {
    return this.order.list(() => super.listRunning());
  }

  override startNew(options: Session.ISessionOptions): Promise<Session.IModel> {
    return this.order.change(() => super.startNew(options));
  }

  override update(model: Parameters<SessionAPI.SessionAPIClient['update']>[0]): Promise<Session.IModel> {
    return this.order.change(() => super.update(model));
  }

  override shutdown(id: string): Promise<void> {
    return this.order.change(() => super.shutdown(id));
  }
}

/** The clients of one window. Both lists depend on the changes of either. */
export function orderedClients(serverSettings: ServerConnection.ISettings): {
  readonly kernelAPIClient: Kernel.IKernelAPIClient;
  readonly sessionAPIClient: Session.ISessionAPIClient;
} {
  const order = new ChangeOrder();
  return {
    kernelAPIClient: new OrderedKernels(serverSettings, order),
    sessionAPIClient: new OrderedSessions(serverSettings, order),
  };
}
