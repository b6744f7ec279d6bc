/**
 * The panel beside the notebook: outline or variables, one at a time, as wide as the person drags it.
 *
 * What it shows is made when it is first opened.
 */
import type { NotebookView } from '../../shared/ipc/contract.ts';
import { element } from './frame.ts';
import type { Panel } from './outline.ts';

export type PanelName = NonNullable<NotebookView['panel']>;

const titles: Readonly<Record<PanelName, string>> = { outline: 'Outline', variables: 'Variables' };

/** Narrower, a heading is no longer readable; wider, the notebook is none. */
const widthPxMin = 180;
const widthShareMax = 0.6;
const widthKey = 'nightjar.sideWidth';

export class SidePanel {
  readonly #node: HTMLElement;
  readonly #make: Readonly<Record<PanelName, () => Panel>>;
  readonly #made = new Map<PanelName, Panel>();
  readonly #body = element('div', 'nj-Side-body');
  readonly #tabs = new Map<PanelName, HTMLButtonElement>();
  #open: PanelName | null = null;
  onChange: (open: PanelName | null) => void = () => undefined;

  constructor(node: HTMLElement, make: Readonly<Record<PanelName, () => Panel>>) {
    this.#node = node;
    this.#make = make;
    const header = element('header', 'nj-Side-header');
    header.setAttribute('role', 'tablist');
    for (const name of ['outline', 'variables'] as const) {
      const tab = element('button', 'nj-Side-tab', titles[name]);
      tab.type = 'button';
      tab.setAttribute('role', 'tab');
      tab.addEventListener('click', () => this.show(name));
      this.#tabs.set(name, tab);
      header.append(tab);
    }
    const close = element('button', 'nj-Side-close', '×');
    close.type = 'button';
    close.title = 'Close the panel';
    close.setAttribute('aria-label', close.title);
    close.addEventListener('click', () => this.show(null));
    header.append(element('span', 'nj-Toolbar-space'), close);
    node.append(dragEdge(node), header, this.#body);
    const width = Number(localStorage.getItem(widthKey));
    if (width >= widthPxMin) node.style.width = `${width}px`;
    // Keys in here are the panel's own.
    node.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.show(null);
    });
  }

  get open(): PanelName | null {
    return this.#open;
  }

  /** Makes what will be shown, ahead of time. */
  prepare(name: PanelName): Panel {
    const panel = this.#made.get(name) ?? this.#make[name]();
    this.#made.set(name, panel);
    return panel;
  }

  toggle(name: PanelName): void {
    this.show(this.#open === name ? null : name);
  }

  show(name: PanelName | null): void {
    if (name === this.#open) return;
    if (this.#open !== null) this.#made.get(this.#open)?.setShown(false);
    this.#open = name;
    this.#node.hidden = name === null;
    for (const [tabName, tab] of this.#tabs) tab.setAttribute('aria-selected', String(tabName === name));
    if (name !== null) {
      const panel = this.prepare(name);
      this.#body.replaceChildren(panel.node);
      panel.setShown(true);
    }
    this.onChange(name);
  }
}

/** The edge that is dragged to make the panel wider. */
function dragEdge(panel: HTMLElement): HTMLElement {
  const edge = element('div', 'nj-Side-edge');
  edge.setAttribute('role', 'separator');
  edge.setAttribute('aria-orientation', 'vertical');
  edge.addEventListener('pointerdown', (event) => {
    edge.setPointerCapture(event.pointerId);
    const right = panel.getBoundingClientRect().right;
    const move = (moved: PointerEvent): void => {
      const most = window.innerWidth * widthShareMax;
      panel.style.width = `${Math.round(Math.min(most, Math.max(widthPxMin, right - moved.clientX)))}px`;
    };
    const end = (): void => {
      edge.removeEventListener('pointermove', move);
      edge.removeEventListener('lostpointercapture', end);
      localStorage.setItem(widthKey, String(parseInt(panel.style.width, 10)));
    };
    edge.addEventListener('pointermove', move);
    edge.addEventListener('lostpointercapture', end);
  });
  return edge;
}
