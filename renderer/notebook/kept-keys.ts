/**
 * Keeps what is typed while a cell's editor is still being made.
 *
 * A new cell becomes editable a few frames after B, Enter. Whoever types on at once must not lose letters: keys that
 * come in between are held, in order, and given to the editor when it is there.
 */
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { Notebook } from '@jupyterlab/notebook';

/** An editor that is not there by then will not come: the keys are let go. */
const waitMsMax = 2_000;
/** Far more than a person types in that time. */
const keysMax = 200;

/** Must be started before the shortcuts, so that held keys are not taken for commands. Answers what ends it. */
export function keepKeys(notebook: Notebook): () => void {
  let held: KeyboardEvent[] = [];
  let since = 0;

  const flush = (): void => {
    const editor = notebook.activeCell?.editor;
    const isOver = performance.now() - since > waitMsMax || notebook.mode !== 'edit';
    if (isOver) {
      held = [];
      return;
    }
    if (!(editor instanceof CodeMirrorEditor) || !editor.host.isConnected) {
      requestAnimationFrame(flush);
      return;
    }
    editor.focus();
    if (!editor.hasFocus()) {
      requestAnimationFrame(flush);
      return;
    }
    const keys = held;
    held = [];
    for (const key of keys) give(editor, key);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!event.isTrusted || !isWaiting(notebook) || held.length >= keysMax) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held.push(event);
    if (held.length === 1) {
      since = performance.now();
      requestAnimationFrame(flush);
    }
  };
  document.addEventListener('keydown', onKeyDown, true);
  return () => document.removeEventListener('keydown', onKeyDown, true);
}

/** A cell is being edited as far as the notebook knows, but there is nothing yet that takes the keys. */
function isWaiting(notebook: Notebook): boolean {
  const cell = notebook.activeCell;
  if (notebook.mode !== 'edit' || cell === null || cell.editor?.hasFocus() === true) return false;
  const focus = document.activeElement;
  if (document.querySelector('dialog[open]') !== null) return false;
  // A field elsewhere (the search box, an input of an output) has the keys for itself.
  return focus === null || focus === document.body || (notebook.node.contains(focus) && !isField(focus));
}

function isField(node: Element): boolean {
  return node.matches('input, textarea, select, [contenteditable="true"]');
}

function give(editor: CodeMirrorEditor, event: KeyboardEvent): void {
  const { key, ctrlKey, altKey, metaKey } = event;
  const view = editor.editor;
  if (key.length === 1 && !ctrlKey && !altKey && !metaKey) {
    view.dispatch(view.state.replaceSelection(key), { userEvent: 'input.type', scrollIntoView: true });
    return;
  }
  // Enter, Backspace, Shift+Enter: as commands of the editor or of the notebook, through the usual way.
  view.contentDOM.dispatchEvent(
    new KeyboardEvent('keydown', { ...modifiersOf(event), bubbles: true, cancelable: true }),
  );
}

function modifiersOf(event: KeyboardEvent): KeyboardEventInit {
  const { key, code, keyCode, ctrlKey, shiftKey, altKey, metaKey } = event;
  return { key, code, keyCode, ctrlKey, shiftKey, altKey, metaKey };
}
