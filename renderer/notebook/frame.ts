/**
 * The window around the notebook: toolbar, banner, a place for the notebook, status bar. Plain elements.
 */

export interface Frame {
  readonly toolbar: HTMLElement;
  readonly notebook: HTMLElement;
  /** Beside the notebook: where a side panel stands. Hidden while there is none. */
  readonly side: HTMLElement;
  readonly status: HTMLElement;
  /** Says something that matters until it no longer does. `null` takes it away. */
  setBanner(banner: Banner | null): void;
  /** Says it where nothing else is being said, unless the person has put this very message away. */
  offerBanner(banner: Banner): void;
  /** Takes the message away that is shown now, if it is meant. */
  dropBanner(isMeant: (shown: Banner) => boolean): void;
  /** What stands in the place of the notebook while there is none. */
  setPlaceholder(content: HTMLElement | null): void;
}

export interface PageAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Banner {
  readonly tone: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly action?: PageAction;
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  text?: string,
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) {
    node.textContent = text;
  }
  return node;
}

export function createFrame(): Frame {
  const toolbar = element('div', 'nj-Toolbar');
  toolbar.setAttribute('role', 'toolbar');
  toolbar.setAttribute('aria-label', 'Notebook');
  const banner = element('div', 'nj-Banner');
  banner.hidden = true;
  banner.dataset['testid'] = 'banner';
  const main = element('main', 'nj-Main');
  const notebook = element('div', 'nj-Notebook');
  main.append(notebook);
  const side = element('aside', 'nj-Side');
  side.hidden = true;
  const middle = element('div', 'nj-Middle');
  middle.append(main, side);
  const status = element('footer', 'nj-Status');
  status.setAttribute('aria-label', 'Status');
  const root = element('div', 'nj-Frame');
  root.append(toolbar, banner, middle, status);
  document.body.replaceChildren(root);
  let placeholder: HTMLElement | null = null;
  let shown: Banner | null = null;
  let putAway: Banner | null = null;
  const frame: Frame = {
    toolbar,
    notebook,
    side,
    status,
    setBanner: (content) => {
      shown = content;
      fillBanner(banner, content, () => {
        putAway = shown;
        frame.setBanner(null);
      });
    },
    offerBanner: (content) => {
      if (shown === null && content !== putAway) frame.setBanner(content);
    },
    dropBanner: (isMeant) => {
      if (shown === null || !isMeant(shown)) return;
      frame.setBanner(null);
    },
    setPlaceholder: (content) => {
      placeholder?.remove();
      placeholder = content;
      notebook.hidden = content !== null;
      if (content !== null) {
        main.append(content);
      }
    },
  };
  return frame;
}

function fillBanner(node: HTMLElement, banner: Banner | null, putAway: () => void): void {
  node.hidden = banner === null;
  node.replaceChildren();
  if (banner === null) {
    return;
  }
  node.dataset['tone'] = banner.tone;
  node.setAttribute('role', banner.tone === 'error' ? 'alert' : 'status');
  node.append(element('span', 'nj-Banner-text', banner.text));
  if (banner.action !== undefined) {
    const { label, run } = banner.action;
    const button = element('button', 'nj-Banner-action', label);
    button.type = 'button';
    button.addEventListener('click', run);
    node.append(button);
  }
  const close = element('button', 'nj-Banner-close', '×');
  close.type = 'button';
  close.title = 'Put this message away';
  close.setAttribute('aria-label', close.title);
  close.addEventListener('click', putAway);
  node.append(close);
}

/** Grey bars where the cells will be. */
export function skeleton(): HTMLElement {
  const node = element('div', 'nj-Skeleton');
  node.setAttribute('role', 'status');
  node.setAttribute('aria-label', 'The notebook is being loaded');
  for (const lines of [1, 3, 2, 4]) {
    const cell = element('div', 'nj-Skeleton-cell');
    for (let line = 0; line < lines; line += 1) {
      cell.append(element('div', 'nj-Skeleton-line'));
    }
    node.append(cell);
  }
  return node;
}

/** Instead of the notebook: why it is not there, and what can be done about it. */
export function failurePage(title: string, sentence: string, ...actions: readonly PageAction[]): HTMLElement {
  const node = element('div', 'nj-Failure');
  node.setAttribute('role', 'alert');
  const row = element('div', 'nj-Failure-actions');
  for (const { label, run } of actions) {
    const button = element('button', 'nj-Failure-action', label);
    button.type = 'button';
    button.addEventListener('click', run);
    row.append(button);
  }
  node.append(element('h1', 'nj-Failure-title', title), element('p', 'nj-Failure-text', sentence), row);
  return node;
}
