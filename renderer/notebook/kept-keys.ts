/**
 * Keeps keys that come while nothing on the page can take them.
 *
 * A new cell becomes editable a few frames after B, Enter; a cell that is replaced (another type, an undo) takes the
 * focus with it, and so does a palette that closes. Whoever types on at once must lose neither letters nor commands:
 * keys that come in between are held, in order, and given to the editor or to the cell when it is there.
 */
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { Notebook } from '@jupyterlab/notebook';

/** A cell or an editor that is not there by then will not come: the keys are let go. */
const waitMsMax = 2_000;
/** Far more than a person types in that time. */
const keysMax = 200;

/** Must be started before the shortcuts, so that held keys are not taken for commands. Answers what ends it. */
export function keepKeys(notebook: Notebook): () => void {
  let held: KeyboardEvent[] = [];
  let since = 0;

  const flush = (): void => {
    // One after the other: a key may change who takes the next one.
    while (held.length > 0) {
      const give = taker(notebook);
      if (give === null) {
        // Looked first: after a page that stood still they may be late and welcome all the same.
        if (performance.now() - since > waitMsMax) held = [];
        else requestAnimationFrame(flush);
        return;
      }
      const key = held.shift();
      if (key !== undefined) give(key);
    }
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!event.isTrusted || held.length >= keysMax) return;
    // A key must not overtake those that wait.
    if (held.length === 0 && !isWaiting(notebook)) return;
    event.stopImmediatePropagation();
    const isFirst = held.length === 0;
    const give = isFirst ? taker(notebook) : null;
    if (give !== null) {
      // What the notebook does not want, the window's menu may.
      if (give(event)) event.preventDefault();
      return;
    }
    event.preventDefault();
    held.push(event);
    if (!isFirst) return;
    since = performance.now();
    requestAnimationFrame(flush);
  };
  document.addEventListener('keydown', onKeyDown, true);
  return () => document.removeEventListener('keydown', onKeyDown, true);
}

/** The keys belong to the notebook, but nothing in it has them yet. */
function isWaiting(notebook: Notebook): boolean {
  const cell = notebook.activeCell;
  if (cell === null || document.querySelector('dialog[open]') !== null) return false;
  const focus = focused();
  if (focus === null) return notebook.mode === 'command' || cell.editor?.hasFocus() !== true;
  if (notebook.mode !== 'edit' || cell.editor?.hasFocus() === true) return false;
  // A field elsewhere (the search box, an input of an output) has the keys for itself.
  return notebook.node.contains(focus) && !isField(focus);
}

/** What has the focus; `null` for nothing, which the page itself and what was just hidden are. */
export function focused(): Element | null {
  const focus = document.activeElement;
  return focus === null || focus === document.body || !focus.checkVisibility() ? null : focus;
}

function isField(node: Element): boolean {
  return node.matches('input, textarea, select, [contenteditable="true"]');
}

/** Hands a key over, and answers whether something was done with it. */
type Give = (event: KeyboardEvent) => boolean;

/** Gives the focus to what the keys are for, and answers what hands a key to it; `null` while it cannot take any. */
function taker(notebook: Notebook): Give | null {
  const cell = notebook.activeCell;
  if (cell === null) return null;
  if (notebook.mode === 'command') {
    cell.node.focus({ preventScroll: true });
    return document.activeElement === cell.node ? (event) => dispatch(cell.node, event) : null;
  }
  const { editor } = cell;
  if (!(editor instanceof CodeMirrorEditor) || !editor.host.isConnected) return null;
  editor.focus();
  return editor.hasFocus() ? (event) => type(editor, event) : null;
}

function type(editor: CodeMirrorEditor, event: KeyboardEvent): boolean {
  const { key, ctrlKey, altKey, metaKey } = event;
  const view = editor.editor;
  if (key.length === 1 && !ctrlKey && !altKey && !metaKey) {
    view.dispatch(view.state.replaceSelection(key), { userEvent: 'input.type', scrollIntoView: true });
    return true;
  }
  // Enter, Backspace, Shift+Enter: as commands of the editor or of the notebook, through the usual way.
  return dispatch(view.contentDOM, event);
}

function dispatch(node: Element, event: KeyboardEvent): boolean {
  const { key, code, keyCode, ctrlKey, shiftKey, altKey, metaKey } = event;
  const again = new KeyboardEvent('keydown', {
    ...{ key, code, keyCode, ctrlKey, shiftKey, altKey, metaKey },
    ...{ bubbles: true, cancelable: true },
  });
  return !node.dispatchEvent(again);
}
