/**
 * The status bar: kernel, connection, journal, cursor, unsaved edits. Fed by `session.status` events and the notebook.
 */
import type { INotebookModel, Notebook } from '@jupyterlab/notebook';
import type { SessionStatus } from '../../shared/ipc/contract.ts';
import { element } from './frame.ts';
import { changingText, journalText, kernelText, linkText, protectionText, type StatusText } from './status-text.ts';

/** The elapsed time of a running cell is shown in seconds. */
const tickMs = 1_000;

export interface StatusBar {
  /** `hasNone`: its kernel was shut down on purpose, and all that is left of it is the journal. */
  setSession(status: SessionStatus | null, hasNone?: boolean): void;
  /** The kernel is being changed or shut down: what is known of it is about to be over. */
  setChanging(isChanging: boolean): void;
  dispose(): void;
}

/** @param onJournal the person wants to see the journal */
export function createStatusBar(
  node: HTMLElement,
  notebook: Notebook,
  model: INotebookModel,
  onJournal: () => void,
): StatusBar {
  const kernel = item('status-kernel', 'Kernel');
  const link = item('status-link', 'Connection');
  const protection = item('status-protection', 'Protection');
  const journal = item('status-journal', 'Journal');
  const cursor = item('status-cursor', 'Cursor');
  const unsaved = item('status-unsaved', 'Saved state');
  kernel.setAttribute('aria-live', 'polite');
  journal.classList.add('nj-mod-link');
  journal.addEventListener('click', onJournal);
  node.append(kernel, link, protection, journal, element('span', 'nj-Status-space'), cursor, unsaved);

  let status: SessionStatus | null = null;
  let isWithout = false;
  let isChanging = false;
  const showKernel = (): void => {
    show(kernel, isChanging ? changingText : kernelText(isWithout ? null : status, Date.now()));
    const isHidden = status === null || isWithout || isChanging;
    link.hidden = isHidden;
    protection.hidden = isHidden;
  };
  const showSaved = (): void => {
    show(unsaved, {
      text: model.dirty ? 'Unsaved edits' : 'Saved',
      tone: model.dirty ? 'warning' : 'idle',
      title: model.dirty
        ? 'Kept on this computer, not yet in the file on the server.'
        : 'The file on the server is up to date.',
    });
  };
  const showCursor = (): void => {
    const editor = notebook.mode === 'edit' ? notebook.activeCell?.editor : null;
    const position = editor?.getCursorPosition();
    const text = position === undefined ? 'Command mode' : `Line ${position.line + 1}, column ${position.column + 1}`;
    const isAnswering = document.activeElement?.matches('.jp-Stdin-input') === true;
    show(cursor, { text: isAnswering ? 'Answering' : text, tone: 'idle', title: '' });
  };
  showKernel();
  showSaved();
  showCursor();
  model.stateChanged.connect(showSaved);
  notebook.stateChanged.connect(showCursor);
  notebook.activeCellChanged.connect(showCursor);
  const events = ['selectionchange', 'focusin', 'focusout'] as const;
  for (const name of events) document.addEventListener(name, showCursor);
  const timer = setInterval(() => {
    if (status?.kernelState === 'busy') showKernel();
  }, tickMs);

  return {
    setSession: (next, hasNone = false) => {
      status = next;
      isWithout = hasNone;
      showKernel();
      journal.hidden = next === null;
      if (next !== null) {
        show(link, linkText(next));
        show(protection, protectionText(next));
        show(journal, journalText(next));
      }
    },
    setChanging: (isUnderWay) => {
      isChanging = isUnderWay;
      showKernel();
    },
    dispose: () => {
      clearInterval(timer);
      for (const name of events) document.removeEventListener(name, showCursor);
    },
  };
}

function item(testId: string, name: string): HTMLElement {
  const node = element('span', 'nj-Status-item');
  node.dataset['testid'] = testId;
  node.setAttribute('role', 'status');
  node.setAttribute('aria-live', 'off');
  node.setAttribute('aria-label', name);
  node.hidden = testId === 'status-link' || testId === 'status-protection' || testId === 'status-journal';
  return node;
}

function show(node: HTMLElement, { text, tone, title }: StatusText): void {
  if (node.textContent !== text) node.textContent = text;
  if (node.title !== title) node.title = title;
  node.dataset['tone'] = tone;
}
