/**
 * ipywidgets 8 in a notebook window. Loaded when the first widget is needed.
 *
 * Jupyter's own manager and controls do the work. Changed here: HTML that a kernel sends is sanitised, modules that are
 * not ipywidgets' own are refused with a sentence (their code would run in this window), a widget that the journal
 * shows again keeps its place, and nothing shown again is told to the kernel a second time.
 */
import '@jupyter-widgets/base/css/index.css';
import '@jupyter-widgets/controls/css/widgets-base.css';
import './icons.css';
import * as base from '@jupyter-widgets/base';
import * as controls from '@jupyter-widgets/controls';
import { WidgetManager } from '@jupyter-widgets/jupyterlab-manager/lib/manager';
import * as output from '@jupyter-widgets/jupyterlab-manager/lib/output';
import { WidgetRenderer } from '@jupyter-widgets/jupyterlab-manager/lib/renderer';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { Panel } from '@lumino/widgets';

const ownModules: ReadonlySet<string> = new Set([
  '@jupyter-widgets/base',
  '@jupyter-widgets/controls',
  '@jupyter-widgets/output',
]);
const refusedModule = 'nightjar-refused';

/** Stands for a widget whose code does not come with Nightjar. */
class RefusedModel extends base.DOMWidgetModel {
  override initialize(attributes: object, options: Parameters<base.DOMWidgetModel['initialize']>[1]): void {
    super.initialize(attributes, options);
    this.set({ _view_module: refusedModule, _view_name: 'RefusedView', _view_module_version: '1.0.0' });
  }
}

class RefusedView extends base.DOMWidgetView {
  override render(): void {
    super.render();
    const name: unknown = this.model.get('_model_module');
    this.el.classList.add('nj-OutputNote');
    this.el.textContent =
      `This widget needs code of “${String(name).slice(0, 80)}”, which does not come with Nightjar. ` +
      'Nightjar shows the widgets of ipywidgets itself, and runs no code of others next to them.';
  }
}

function sanitised(view: base.DOMWidgetView): string {
  const { widget_manager: manager } = view.model;
  const value: unknown = view.model.get('value');
  return manager instanceof NotebookWidgets ? manager.rendermime.sanitizer.sanitize(String(value)) : '';
}

class SafeHTMLView extends controls.HTMLView {
  override update(): void {
    this.content.innerHTML = sanitised(this);
    controls.DescriptionView.prototype.update.call(this);
  }
}

class SafeHTMLMathView extends controls.HTMLMathView {
  override update(): void {
    this.content.innerHTML = sanitised(this);
    this.typeset(this.content);
    controls.DescriptionView.prototype.update.call(this);
  }
}

/** Collects what is printed into it. Shown again from the journal, it has nothing new to tell the kernel. */
class QuietOutputModel extends output.OutputModel {
  override save_changes(callbacks?: object): void {
    const { widget_manager: manager } = this;
    if (manager instanceof NotebookWidgets && manager.isReplaying) return;
    super.save_changes(callbacks);
  }
}

type WidgetClass = typeof base.WidgetModel | typeof base.WidgetView;

function isWidgetClass(value: unknown): value is WidgetClass {
  return (
    typeof value === 'function' &&
    (value.prototype instanceof base.WidgetModel || value.prototype instanceof base.WidgetView)
  );
}

/** A kernel names the class that it wants: it finds widgets, and none of a module's other functions. */
function classesOf(module: object): Record<string, WidgetClass> {
  const found: Record<string, WidgetClass> = {};
  for (const [name, value] of Object.entries(module)) if (isWidgetClass(value)) found[name] = value;
  return found;
}

export class NotebookWidgets extends WidgetManager {
  isReplaying = false;

  constructor(context: DocumentRegistry.IContext<INotebookModel>, rendermime: IRenderMimeRegistry) {
    super(context, rendermime, { saveState: false });
    // Set in the base class's constructor, where the kernel has been given the one it had: this one replaces both.
    this._handleCommOpen = (comm, message) => this.opened(comm, message);
    const kernel = context.sessionContext.session?.kernel;
    kernel?.registerCommTarget(this.comm_target_name, this._handleCommOpen);
    this.register({
      name: '@jupyter-widgets/base',
      version: base.JUPYTER_WIDGETS_VERSION,
      exports: classesOf(base),
    });
    this.register({
      name: '@jupyter-widgets/controls',
      version: controls.JUPYTER_CONTROLS_VERSION,
      exports: { ...classesOf(controls), HTMLView: SafeHTMLView, HTMLMathView: SafeHTMLMathView },
    });
    this.register({
      name: '@jupyter-widgets/output',
      version: output.OUTPUT_WIDGET_VERSION,
      exports: { ...classesOf(output), OutputModel: QuietOutputModel },
    });
  }

  /** A kernel opens a widget, or the journal shows again that it did. */
  async opened(comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg): Promise<void> {
    const shim = new base.shims.services.Comm(comm);
    if (!this.has_model(comm.commId)) {
      await this.handle_comm_open(shim, message);
      return;
    }
    // The widget is here already, with the state that the kernel has now. It goes on listening on the new line.
    const model = await this.get_model(comm.commId);
    model.comm = shim;
    model.comm_live = true;
    shim.on_msg(model._handle_comm_msg.bind(model));
    shim.on_close(model._handle_comm_closed.bind(model));
  }

  /** Takes the state that the kernel has now. */
  refresh(): void {
    void this.restoreWidgets(this.context.model, { loadKernel: true, loadNotebook: false });
  }

  createOutput(options: IRenderMime.IRendererOptions): Panel & IRenderMime.IRenderer {
    return new WidgetRenderer(options, this);
  }

  protected override async loadClass(
    className: string,
    moduleName: string,
    moduleVersion: string,
  ): Promise<WidgetClass> {
    if (moduleName === refusedModule) return RefusedView;
    if (!ownModules.has(moduleName)) return RefusedModel;
    return super.loadClass(className, moduleName, moduleVersion);
  }
}
