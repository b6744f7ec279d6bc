/**
 * The window around the notebook: toolbar, banner, a place for the notebook, status bar. Plain elements.
 */

export interface Frame {
  readonly toolbar: HTMLElement;
  readonly notebook: HTMLElement;
  readonly status: HTMLElement;
  /** Says something that matters until it no longer does. `null` takes it away. */
  setBanner(banner: Banner | null): void;
  /** What stands in the place of the notebook while there is none. */
  setPlaceholder(content: HTMLElement | null): void;
}

export interface Banner {
  readonly tone: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
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
  const status = element('footer', 'nj-Status');
  status.setAttribute('aria-label', 'Status');
  const root = element('div', 'nj-Frame');
  root.append(toolbar, banner, main, status);
  document.body.replaceChildren(root);
  let placeholder: HTMLElement | null = null;
  return {
    toolbar,
    notebook,
    status,
    setBanner: (content) => fillBanner(banner, content),
    setPlaceholder: (content) => {
      placeholder?.remove();
      placeholder = content;
      notebook.hidden = content !== null;
      if (content !== null) {
        main.append(content);
      }
    },
  };
}

function fillBanner(node: HTMLElement, banner: Banner | null): void {
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

/** A page that says why there is no notebook, with one thing to do about it. */
export function failurePage(title: string, sentence: string, action: { label: string; run: () => void }): HTMLElement {
  const node = element('div', 'nj-Failure');
  node.setAttribute('role', 'alert');
  const button = element('button', 'nj-Failure-action', action.label);
  button.type = 'button';
  button.addEventListener('click', action.run);
  node.append(element('h1', 'nj-Failure-title', title), element('p', 'nj-Failure-text', sentence), button);
  return node;
}

/** A modal list of keys, closed by Escape or a click beside it. */
export function showKeyList(rows: readonly { keys: string; label: string }[]): void {
  const dialog = element('dialog', 'nj-Keys');
  dialog.setAttribute('aria-label', 'Keyboard shortcuts');
  const list = element('dl', 'nj-Keys-list');
  for (const row of rows) {
    const keys = element('dt', 'nj-Keys-keys');
    keys.append(element('kbd', '', row.keys));
    const pair = element('div', 'nj-Keys-row');
    pair.append(keys, element('dd', 'nj-Keys-label', row.label));
    list.append(pair);
  }
  const close = element('button', 'nj-Keys-close', 'Done');
  close.type = 'button';
  close.addEventListener('click', () => dialog.close());
  dialog.append(element('h2', 'nj-Keys-title', 'Keyboard shortcuts'), list, close);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) {
      dialog.close();
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}
