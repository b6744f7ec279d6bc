/**
 * Which execution each cell shows, and how a cell takes up an execution that the main process already knows.
 *
 * Submitting an `execute_request` with a known `msg_id` runs nothing: the main process answers with that execution's
 * messages. So a cell comes back after a reload, a restart or in a second window by asking for its own id again.
 */
import { CodeCell, isCodeCellModel } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

type ExecuteFuture = Kernel.IShellFuture<KernelMessage.IExecuteRequestMsg, KernelMessage.IExecuteReplyMsg>;

export interface CellExecution {
  readonly cellId: string;
  readonly msgId: string;
}

export interface ResumedExecution {
  readonly kernel: Kernel.IKernelConnection;
  readonly msgId: string;
  /** Settles when all of it is shown. */
  readonly done: Promise<unknown>;
}

export class Executions {
  readonly #notebook: Notebook;
  readonly #last = new Map<string, { readonly msgId: string; readonly future: ExecuteFuture; done: boolean }>();
  readonly #started = new Signal<this, CellExecution>(this);
  readonly #resumed = new Signal<this, ResumedExecution>(this);
  #kernel: Kernel.IKernelConnection | null = null;

  constructor(notebook: Notebook) {
    this.#notebook = notebook;
  }

  /** A cell was sent to the kernel, or took up an execution. */
  get started(): Signal<this, CellExecution> {
    return this.#started;
  }

  /** A cell takes up an execution that the main process knows; its messages come next. */
  get resumed(): Signal<this, ResumedExecution> {
    return this.#resumed;
  }

  /** Follows what is sent on this kernel connection, and on no other any more. */
  watch(kernel: Kernel.IKernelConnection | null): void {
    this.#kernel?.anyMessage.disconnect(this.#onMessage, this);
    this.#kernel = kernel;
    kernel?.anyMessage.connect(this.#onMessage, this);
  }

  /** Executions that are over and whose outputs stand in a cell of the notebook now. */
  complete(): CellExecution[] {
    const present = new Set(this.#notebook.widgets.map((cell) => cell.model.id));
    return [...this.#last]
      .filter(([cellId, { done }]) => done && present.has(cellId))
      .map(([cellId, { msgId }]) => ({ cellId, msgId }));
  }

  /** Lets cells show executions that the main process knows. Cells that are gone, and what they show, are skipped. */
  resume(kernel: Kernel.IKernelConnection, executions: readonly CellExecution[]): void {
    const cells = new Map(this.#notebook.widgets.map((cell) => [cell.model.id, cell]));
    for (const { cellId, msgId } of executions) {
      const cell = cells.get(cellId);
      if (cell instanceof CodeCell && cell.outputArea.future?.msg.header.msg_id !== msgId) {
        this.#resumeCell(kernel, cell, msgId);
      }
    }
  }

  #resumeCell(kernel: Kernel.IKernelConnection, cell: CodeCell, msgId: string): void {
    const { model } = cell;
    if (!isCodeCellModel(model)) {
      return;
    }
    model.sharedModel.transact(() => model.clearExecution(), false, 'silent-change');
    model.executionState = 'running';
    model.trusted = true;
    const message = KernelMessage.createMessage<KernelMessage.IExecuteRequestMsg>({
      msgType: 'execute_request',
      channel: 'shell',
      username: kernel.username,
      session: kernel.clientId,
      msgId,
      content: {
        code: model.sharedModel.getSource(),
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: true,
        stop_on_error: true,
      },
      metadata: { cellId: model.id, nightjarResume: true },
    });
    const future: object = kernel.sendShellMessage(message, true, false);
    if (!isExecuteFuture(future)) {
      return;
    }
    cell.outputArea.future = future;
    this.#follow(model.id, future);
    this.#resumed.emit({ kernel, msgId, done: future.done });
    const isCurrent = (): boolean => !cell.isDisposed && cell.outputArea.future === future;
    future.done.then(
      (reply) => {
        if (isCurrent()) {
          model.executionCount = reply.content.execution_count;
          model.executionState = 'idle';
        }
      },
      // The kernel was restarted or the window closes: what came stays, and the cell no longer waits.
      () => {
        if (isCurrent()) {
          model.executionState = 'idle';
        }
      },
    );
  }

  #onMessage(_kernel: Kernel.IKernelConnection, { msg, direction }: Kernel.IAnyMessageArgs): void {
    if (direction !== 'send' || msg.header.msg_type !== 'execute_request') {
      return;
    }
    const cellId = msg.metadata['cellId'];
    if (typeof cellId !== 'string') {
      return;
    }
    // The cell takes the future right after sending: by the next microtask it is there.
    queueMicrotask(() => {
      const cell = this.#notebook.widgets.find((candidate) => candidate.model.id === cellId);
      const future = cell instanceof CodeCell ? cell.outputArea.future : null;
      if (future?.msg.header.msg_id === msg.header.msg_id) {
        this.#follow(cellId, future);
      }
    });
  }

  #follow(cellId: string, future: ExecuteFuture): void {
    if (this.#last.get(cellId)?.future === future) {
      return;
    }
    const execution = { msgId: future.msg.header.msg_id, future, done: false };
    this.#last.set(cellId, execution);
    this.#started.emit({ cellId, msgId: execution.msgId });
    future.done.then(
      () => {
        execution.done = true;
      },
      // Not over as far as this window knows. The journal knows better, and the next opening asks it.
      () => undefined,
    );
  }
}

/** The type of `sendShellMessage` forgets that the reply to an execute request is an execute reply. */
function isExecuteFuture(future: object): future is ExecuteFuture {
  return 'onIOPub' in future && 'onReply' in future && 'onStdin' in future;
}
