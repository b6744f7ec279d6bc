/**
 * Dialogs of the notebook window, on the browser's own `<dialog>`: it keeps the focus inside, closes on Escape, and
 * gives the focus back. One way to build them, so that all look and behave the same.
 */
import { element } from './frame.ts';

export interface DialogButton<Answer> {
  readonly label: string;
  readonly look?: 'primary' | 'danger';
  /** What the dialog answers. `undefined`: it stays open, because something is missing. */
  readonly answer: () => Answer | undefined | Promise<Answer | undefined>;
}

export interface DialogOptions<Answer> {
  readonly title: string;
  readonly className?: string;
  readonly body: readonly HTMLElement[];
  /** From left to right; the last one is what Enter does. */
  readonly buttons: readonly DialogButton<Answer>[];
  /** Stands at the left of the buttons. */
  readonly aside?: HTMLElement;
  /** Gets the focus. Without it the last button does. */
  readonly focus?: HTMLElement;
}

/** Shows a dialog and answers what was chosen; `null` when it was put away. */
export function openDialog<Answer>(options: DialogOptions<Answer>): Promise<Answer | null> {
  const dialog = element('dialog', `nj-Dialog ${options.className ?? ''}`.trim());
  dialog.setAttribute('aria-label', options.title);
  const form = element('form', 'nj-Dialog-form');
  form.method = 'dialog';
  const footer = element('div', 'nj-Dialog-footer');
  footer.append(options.aside ?? element('span', ''), element('span', 'nj-Dialog-space'));
  const body = element('div', 'nj-Dialog-body');
  body.append(...options.body);
  form.append(element('h2', 'nj-Dialog-title', options.title), body, footer);
  dialog.append(form);
  const before = document.activeElement;
  return new Promise((resolve) => {
    let answer: Answer | null = null;
    let isAsking = false;
    const take = async (button: DialogButton<Answer>): Promise<void> => {
      if (isAsking) return;
      isAsking = true;
      try {
        const given = await button.answer();
        if (given === undefined || !dialog.open) return;
        answer = given;
        dialog.close();
      } finally {
        isAsking = false;
      }
    };
    for (const button of options.buttons) {
      const node = element('button', 'nj-Button', button.label);
      node.type = 'button';
      if (button.look !== undefined) node.dataset['look'] = button.look;
      node.addEventListener('click', () => void take(button));
      footer.append(node);
    }
    const takeLast = (event: Event): void => {
      event.preventDefault();
      const last = options.buttons.at(-1);
      if (last !== undefined) void take(last);
    };
    form.addEventListener('submit', takeLast);
    dialog.addEventListener('keydown', (event) => {
      // The notebook's keys stay out of it.
      event.stopPropagation();
      // A choice does not submit a form by itself, as a line of text does.
      if (event.key === 'Enter' && event.target instanceof HTMLInputElement && event.target.type === 'radio') {
        takeLast(event);
      }
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    const focus = options.focus ?? footer.querySelector<HTMLElement>('button:last-of-type');
    focus?.focus();
    // A file's ending is what nobody changes.
    if (focus instanceof HTMLInputElement && focus.type === 'text')
      focus.setSelectionRange(0, focus.value.replace(/\.ipynb$/, '').length);
  });
}

/** One of several choices: a radio button in a line of its own. */
export function choiceRow(
  group: string,
  isChecked: boolean,
  ...content: readonly (string | Node)[]
): { readonly input: HTMLInputElement; readonly label: HTMLLabelElement } {
  const input = element('input', 'nj-Choices-input');
  input.type = 'radio';
  input.name = group;
  input.checked = isChecked;
  const label = element('label', 'nj-Choices-label');
  label.append(input, ...content);
  return { input, label };
}

/** Asks for one line of text. `check` answers what is wrong with it, or null; the dialog stays until nothing is. */
export function askForText(options: {
  readonly title: string;
  readonly label: string;
  readonly initial: string;
  readonly action: string;
  readonly hint?: string;
  check(text: string): string | null | Promise<string | null>;
}): Promise<string | null> {
  const field = element('input', 'nj-Dialog-input');
  field.type = 'text';
  field.value = options.initial;
  field.spellcheck = false;
  field.setAttribute('aria-label', options.label);
  field.addEventListener('input', () => {
    field.ariaInvalid = 'false';
  });
  const problem = element('p', 'nj-Dialog-problem');
  problem.setAttribute('role', 'alert');
  const label = element('label', 'nj-Dialog-label', options.label);
  label.append(field);
  const hint = element('p', 'nj-Dialog-hint', options.hint ?? '');
  hint.hidden = options.hint === undefined;
  return openDialog<string>({
    title: options.title,
    body: [label, hint, problem],
    focus: field,
    buttons: [
      { label: 'Cancel', answer: () => '' },
      {
        label: options.action,
        look: 'primary',
        answer: async () => {
          const text = field.value.trim();
          const wrong = text === '' ? 'Type a name first.' : await options.check(text);
          problem.textContent = wrong ?? '';
          field.ariaInvalid = String(wrong !== null);
          return wrong === null ? text : undefined;
        },
      },
    ],
  }).then((text) => (text === '' ? null : text));
}
