/**
 * What stands below a cell when its request or its output is not as one expects: gaps, doubts, waiting requests.
 *
 * Never silent, and never louder than needed: one line each, in plain words, with what can be done about it. Fed by
 * `session.status`; the words are in `cell-notes-text.ts`.
 */
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { SessionStatus } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { type CellNote, type NoteAction, notesOf } from './cell-notes-text.ts';
import { openDialog } from './dialog.ts';
import { element } from './frame.ts';

export class CellNotes {
  readonly #notebook: Notebook;
  readonly #shown = new WeakMap<Cell, { readonly key: string; readonly node: HTMLElement }>();
  #notes: ReadonlyMap<string, readonly CellNote[]> = new Map();

  constructor(notebook: Notebook) {
    this.#notebook = notebook;
    notebook.model?.cells.changed.connect(() => this.#paint());
  }

  setSession(status: SessionStatus | null): void {
    this.#notes = status === null ? new Map() : notesOf(status);
    this.#paint();
  }

  #paint(): void {
    for (const cell of this.#notebook.widgets) {
      const notes = this.#notes.get(cell.model.id) ?? [];
      const key = JSON.stringify(notes);
      const shown = this.#shown.get(cell);
      if (shown?.key === key || (shown === undefined && notes.length === 0)) continue;
      shown?.node.remove();
      this.#shown.delete(cell);
      if (notes.length > 0) {
        const node = element('div', 'nj-CellNotes');
        node.append(...notes.map(noteNode));
        cell.node.append(node);
        this.#shown.set(cell, { key, node });
      }
    }
  }
}

function noteNode(note: CellNote): HTMLElement {
  const node = element('div', 'nj-CellNote');
  node.dataset['tone'] = note.tone;
  node.dataset['testid'] = `note-${note.kind}`;
  node.setAttribute('role', 'note');
  node.append(element('span', 'nj-CellNote-text', note.text));
  const actions = element('span', 'nj-CellNote-actions');
  for (const action of note.actions) {
    const button = element('button', 'nj-CellNote-action', action.label);
    button.type = 'button';
    button.title = action.title;
    button.addEventListener('click', () => void perform(note.msgId, action));
    // The cell's own keys and clicks are meant for its editor.
    button.addEventListener('mousedown', (event) => event.stopPropagation());
    actions.append(button);
  }
  if (note.actions.length > 0) node.append(actions);
  return node;
}

async function perform(msgId: string, { act }: NoteAction): Promise<void> {
  switch (act) {
    case 'cancel':
      await invoke('notebook.cancelExecution', { msgId });
      return;
    case 'run-again':
    case 'leave':
      await invoke('notebook.decideExecution', { msgId, choice: act });
      return;
    case 'answer': {
      const field = element('input', 'nj-Dialog-input');
      field.setAttribute('aria-label', 'Answer');
      const text = element(
        'p',
        '',
        'What was asked is not known. Your answer goes to the cell and is not kept anywhere.',
      );
      const answer = await openDialog<string | null>({
        title: 'Answer a question that was lost',
        body: [text, field],
        focus: field,
        buttons: [
          { label: 'Cancel', answer: () => null },
          { label: 'Send Answer', look: 'primary', answer: () => field.value },
        ],
      });
      if (answer !== null) await invoke('notebook.answerLostPrompt', { msgId, value: answer });
    }
  }
}
