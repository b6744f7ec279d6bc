/**
 * What a person can do with an output: copy it, save it, read all of it. Offered by a small bar on the output under the
 * pointer and by its context menu.
 */
import { CodeCell } from '@jupyterlab/cells';
import type { StaticNotebook } from '@jupyterlab/notebook';
import type { IOutputModel } from '@jupyterlab/rendermime';
import { copyIcon, ellipsesIcon, type LabIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { Menu, type Widget } from '@lumino/widgets';
import { type Content, hasText, type OutputActions, type Picture, picturesOf, textOfOutput } from './pictures.ts';
import { StreamOutput } from './stream-model.ts';
import { linesOf } from './stream-text.ts';
import { openOutputEvent } from './stream-view.ts';

/** One output of a cell, where it stands. */
interface Place {
  readonly cell: CodeCell;
  readonly model: IOutputModel;
  readonly widget: Widget;
}

function placeOf(notebook: StaticNotebook, target: EventTarget | null): Place | null {
  if (!(target instanceof Element) || target.closest('.jp-OutputArea-child') === null) return null;
  const cell = notebook.widgets.find((one) => one.node.contains(target));
  if (!(cell instanceof CodeCell)) return null;
  const index = cell.outputArea.widgets.findIndex(({ node }) => node.contains(target));
  const widget = cell.outputArea.widgets[index];
  // A prompt for input stands after the outputs and has no model.
  return widget === undefined || index >= cell.model.outputs.length
    ? null
    : { cell, model: cell.model.outputs.get(index), widget };
}

function nameOf({ cell }: Place): string {
  const count = cell.model.executionCount;
  return count === null ? 'output' : `output-${count}`;
}

export class OutputTools {
  readonly #notebook: StaticNotebook;
  readonly #actions: OutputActions;
  readonly #bar = document.createElement('div');
  #place: Place | null = null;

  constructor(notebook: StaticNotebook, actions: OutputActions) {
    this.#notebook = notebook;
    this.#actions = actions;
    this.#bar.className = 'nj-OutputTools';
    this.#bar.append(
      this.#button('Copy this output', copyIcon, () => this.#copy()),
      this.#button('More about this output', ellipsesIcon, (at) => this.#openMenu(at.left, at.bottom)),
    );
  }

  /** Follows the pointer from now on. Ends with the notebook's own element. */
  start(): void {
    const { node } = this.#notebook;
    node.addEventListener('pointerover', ({ target }) => this.#follow(target));
    node.addEventListener('pointerleave', () => this.#bar.remove());
    node.addEventListener('contextmenu', (event) => this.#onContextMenu(event));
    node.addEventListener(openOutputEvent, (event) => {
      const place = placeOf(this.#notebook, event.target);
      if (place !== null) void this.#read(place);
    });
  }

  #button(label: string, icon: LabIcon, run: (at: DOMRect) => void): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.title = label;
    button.setAttribute('aria-label', label);
    button.append(icon.element({ tag: 'span' }));
    button.addEventListener('click', (event) => {
      event.stopPropagation();
      run(button.getBoundingClientRect());
    });
    return button;
  }

  #follow(target: EventTarget | null): void {
    if (target instanceof Node && this.#bar.contains(target)) return;
    const place = placeOf(this.#notebook, target);
    if (place?.widget === this.#place?.widget && this.#bar.isConnected) return;
    this.#place = place;
    if (place === null || (!hasText(place.model) && picturesOf(place.model, place.widget).length === 0))
      this.#bar.remove();
    else place.widget.node.append(this.#bar);
  }

  #onContextMenu(event: MouseEvent): void {
    const place = placeOf(this.#notebook, event.target);
    // Where text is selected or typed, the system's own menu would be about that; there is none, so keys must do.
    if (place === null) return;
    event.preventDefault();
    this.#place = place;
    this.#openMenu(event.clientX, event.clientY);
  }

  #copy(): void {
    const place = this.#place;
    if (place === null) return;
    const [picture] = picturesOf(place.model, place.widget);
    if (picture !== undefined && picture.extension !== 'svg') void this.#copyPicture(picture);
    else this.#actions.copy({ kind: 'text', text: textOfOutput(place.model) });
  }

  async #copyPicture(picture: Picture): Promise<void> {
    const content = await picture.content();
    if (content !== null) this.#actions.copy(content);
  }

  async #savePicture(name: string, picture: Picture): Promise<void> {
    const content = await picture.content();
    if (content !== null) this.#actions.save(`${name}.${picture.extension}`, content);
  }

  #openMenu(x: number, y: number): void {
    const place = this.#place;
    if (place === null) return;
    const commands = new CommandRegistry();
    const menu = new Menu({ commands });
    const add = (label: string, run: () => void): void => {
      const command = `output-${menu.items.length}`;
      commands.addCommand(command, { label, execute: run });
      menu.addItem({ command });
    };
    const line = (): void => {
      if (menu.items.length > 0) menu.addItem({ type: 'separator' });
    };
    const selected = getSelection()?.toString() ?? '';
    if (selected !== '') add('Copy Selection', () => this.#actions.copy({ kind: 'text', text: selected }));
    const name = nameOf(place);
    for (const picture of picturesOf(place.model, place.widget)) {
      const kind = picture.extension.toUpperCase();
      if (picture.extension === 'png') add('Copy Image', () => void this.#copyPicture(picture));
      add(`Save Image as ${kind}…`, () => void this.#savePicture(name, picture));
    }
    if (hasText(place.model)) {
      const content = (): Content => ({ kind: 'text', text: textOfOutput(place.model) });
      line();
      add('Copy Text', () => this.#actions.copy(content()));
      add('Save Text…', () => this.#actions.save(`${name}.txt`, content()));
    }
    if (place.model instanceof StreamOutput) add('Open in Viewer', () => void this.#read(place));
    line();
    const { cell } = place;
    add(cell.outputsScrolled ? 'Show at Full Height' : 'Show in a Scroll Box', () => {
      cell.outputsScrolled = !cell.outputsScrolled;
    });
    add('Hide Outputs', () => {
      cell.outputHidden = true;
    });
    menu.aboutToClose.connect(() => queueMicrotask(() => menu.dispose()));
    menu.open(x, y);
  }

  async #read(place: Place): Promise<void> {
    const { model } = place;
    if (!(model instanceof StreamOutput)) return;
    const { TextViewer } = await import('./text-viewer.ts');
    const count = place.cell.model.executionCount;
    const title = `${model.streamName === 'stderr' ? 'Errors and warnings' : 'Output'}${count === null ? '' : ` [${count}]`}`;
    const content = (): Content => ({ kind: 'text', text: textOfOutput(model) });
    const viewer = new TextViewer(title, linesOf(model.stream), {
      copy: () => this.#actions.copy(content()),
      save: () => this.#actions.save(`${nameOf(place)}.txt`, content()),
    });
    viewer.open();
  }
}
