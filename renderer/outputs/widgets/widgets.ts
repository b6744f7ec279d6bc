/**
 * ipywidgets of a live notebook: what a window needs of them before the first widget is there.
 *
 * The library is loaded when a kernel opens the first widget or an output shows one. Until then this takes the
 * kernel's messages: a target that nobody has registered makes JupyterLab close the widget in the kernel.
 */
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Kernel } from '@jupyterlab/services';
import { Panel } from '@lumino/widgets';
import { textOf } from '../models.ts';
import type { NotebookWidgets } from './manager.ts';

export const widgetViewType = 'application/vnd.jupyter.widget-view+json';
const commTarget = 'jupyter.widget';

export class LiveWidgets {
  readonly #context: DocumentRegistry.IContext<INotebookModel>;
  readonly #rendermime: IRenderMimeRegistry;
  #loading: Promise<NotebookWidgets> | null = null;
  #replays = 0;

  constructor(context: DocumentRegistry.IContext<INotebookModel>, rendermime: IRenderMimeRegistry) {
    this.#context = context;
    this.#rendermime = rendermime;
    context.sessionContext.kernelChanged.connect((_session, { newValue }) => {
      if (newValue !== null) this.attach(newValue);
    });
    const kernel = context.sessionContext.session?.kernel;
    if (kernel) this.attach(kernel);
  }

  /** Takes what this kernel connection says about widgets. */
  attach(kernel: Kernel.IKernelConnection): void {
    if (!kernel.handleComms) return;
    kernel.registerCommTarget(commTarget, async (comm, message) => {
      await (await this.manager()).opened(comm, message);
    });
  }

  manager(): Promise<NotebookWidgets> {
    this.#loading ??= import('./manager.ts').then(({ NotebookWidgets: Widgets }) => {
      const manager = new Widgets(this.#context, this.#rendermime);
      manager.isReplaying = this.#replays > 0;
      return manager;
    });
    return this.#loading;
  }

  /**
   * An execution that had ended before this window was opened is shown again from the journal. Meanwhile widgets tell
   * the kernel nothing, and afterwards they take the state that the kernel has now.
   */
  replaying(done: Promise<unknown>): void {
    this.#replays += 1;
    this.#tellReplaying();
    const end = (): void => {
      this.#replays -= 1;
      this.#tellReplaying();
    };
    done.then(end, end);
  }

  #tellReplaying(): void {
    void this.#loading?.then((manager) => {
      const isReplaying = this.#replays > 0;
      if (manager.isReplaying && !isReplaying) manager.refresh();
      manager.isReplaying = isReplaying;
    });
  }
}

/** Where widgets come from. A recorded notebook has none. */
export type WidgetSource = () => LiveWidgets | null;

/** An output that is a widget, or a sentence where there is no kernel to speak with. */
export class WidgetOutput extends Panel implements IRenderMime.IRenderer {
  readonly #source: WidgetSource;
  readonly #options: IRenderMime.IRendererOptions;
  #note: HTMLElement | null = null;

  constructor(options: IRenderMime.IRendererOptions, source: WidgetSource) {
    super();
    this.#options = options;
    this.#source = source;
    this.addClass('nj-WidgetOutput');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const live = this.#source();
    if (live === null) {
      this.#say(`${textOf(model, 'text/plain')}\nA widget lives with its kernel: a recording shows what it printed.`);
      return;
    }
    const manager = await live.manager();
    if (this.isDisposed) return;
    this.#note?.remove();
    for (const old of [...this.widgets]) old.dispose();
    const view = manager.createOutput(this.#options);
    this.addWidget(view);
    await view.renderModel(model);
  }

  #say(sentence: string): void {
    this.#note?.remove();
    this.#note = document.createElement('p');
    this.#note.className = 'nj-OutputNote';
    this.#note.textContent = sentence;
    this.node.append(this.#note);
  }
}
