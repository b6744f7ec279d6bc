/**
 * Dialogs on the native `<dialog>`: the browser keeps the focus inside, makes the rest of the window inert and gives
 * the focus back afterwards. Escape is "cancel". A click beside the dialog does nothing, so that no text gets lost.
 */
import { useId, useLayoutEffect, useRef, useState, type FormEvent, type ReactElement, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { InlineProblem } from './feedback.tsx';
import { TextField } from './text-field.tsx';

export interface DialogProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** From left to right; the one that carries out the question comes last. */
  readonly buttons: ReactNode;
  readonly onCancel: () => void;
  /** Called on Enter in a field and on the submit button. */
  readonly onSubmit?: (() => void) | undefined;
  readonly wide?: boolean | undefined;
}

/** Open as long as it is rendered. */
export function Dialog({ title, children, buttons, onCancel, onSubmit, wide = false }: DialogProps): ReactElement {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const dialog = ref.current;
    // The browser's own record of the focus misses an element that a closing menu was about to focus.
    const before = document.activeElement;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus({ preventScroll: true });
      }
    };
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog
      ref={ref}
      className="nj-dialog"
      data-size={wide ? 'wide' : 'normal'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <h2 id={titleId} className="nj-dialog-title">
          {title}
        </h2>
        {children === undefined ? null : <div className="nj-dialog-body">{children}</div>}
        <div className="nj-dialog-buttons">{buttons}</div>
      </form>
    </dialog>
  );
}

export interface ConfirmDialogProps {
  readonly title: string;
  readonly text: string;
  /** A verb: what happens on yes. */
  readonly action: string;
  /** Destructive questions focus Cancel, so that Enter on its own never destroys. */
  readonly danger: boolean;
  readonly onCancel: () => void;
  /** Answers a sentence when it failed: the dialog then stays open and shows it. `null` when it is done. */
  readonly onConfirm: () => Promise<string | null>;
}

export function ConfirmDialog(props: ConfirmDialogProps): ReactElement {
  const { title, text, action, danger, onCancel, onConfirm } = props;
  const step = useStep(onConfirm);
  return (
    <Dialog
      title={title}
      onCancel={onCancel}
      onSubmit={step.run}
      buttons={
        <>
          <Button onClick={onCancel} data-autofocus={danger ? '' : undefined}>
            Cancel
          </Button>
          <Button
            submit
            look={danger ? 'danger' : 'primary'}
            disabled={step.busy}
            data-autofocus={danger ? undefined : ''}
          >
            {action}
          </Button>
        </>
      }
    >
      <p>{text}</p>
      {step.problem === null ? null : <InlineProblem sentence={step.problem} />}
    </Dialog>
  );
}

export interface PromptDialogProps {
  readonly title: string;
  readonly text?: string | undefined;
  readonly label: string;
  readonly initial?: string | undefined;
  readonly secret?: boolean | undefined;
  readonly action: string;
  /** Whether no text is an answer too. */
  readonly allowEmpty?: boolean | undefined;
  readonly onCancel: () => void;
  /** As in `ConfirmDialog`. */
  readonly onConfirm: (value: string) => Promise<string | null>;
}

/** Asks for one line of text. */
export function PromptDialog(props: PromptDialogProps): ReactElement {
  const { title, text, label, initial = '', secret = false, action, allowEmpty = false, onCancel, onConfirm } = props;
  const [value, setValue] = useState(initial);
  const trimmed = value.trim();
  const isAnswer = allowEmpty || trimmed !== '';
  const step = useStep(() => onConfirm(trimmed));
  return (
    <Dialog
      title={title}
      onCancel={onCancel}
      onSubmit={() => {
        if (isAnswer) {
          step.run();
        }
      }}
      buttons={
        <>
          <Button onClick={onCancel}>Cancel</Button>
          <Button submit look="primary" disabled={step.busy || !isAnswer}>
            {action}
          </Button>
        </>
      }
    >
      <div className="nj-dialog-fields">
        {text === undefined ? null : <p>{text}</p>}
        <TextField
          label={label}
          value={value}
          onText={setValue}
          type={secret ? 'password' : 'text'}
          invalid={step.problem !== null}
          onFocus={(event) => event.currentTarget.select()}
          data-autofocus=""
        />
        {step.problem === null ? null : <InlineProblem sentence={step.problem} />}
      </div>
    </Dialog>
  );
}

/** Runs a step once at a time and keeps the sentence of its failure. */
function useStep(action: () => Promise<string | null>): {
  readonly busy: boolean;
  readonly problem: string | null;
  readonly run: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = (): void => {
    if (busy) {
      return;
    }
    setBusy(true);
    setProblem(null);
    void action().then((sentence) => {
      setBusy(false);
      setProblem(sentence);
    });
  };
  return { busy, problem, run };
}
