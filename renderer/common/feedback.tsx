/**
 * What a window says by itself: nothing here yet, how far it is, what went wrong, what was done.
 *
 * Problems stay where they belong until they are dealt with. Toasts only confirm; they go by themselves, except for
 * one that tells of a failure, which stays until it is dismissed.
 */
import { useCallback, useEffect, useRef, useState, type ReactElement, type ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { Icon } from './icons.tsx';

export interface EmptyStateProps {
  readonly title: string;
  readonly text?: string | undefined;
  readonly art?: ReactNode;
  readonly children?: ReactNode;
}

export function EmptyState({ title, text, art, children }: EmptyStateProps): ReactElement {
  return (
    <div className="nj-empty">
      {art}
      <p className="nj-empty-title">{title}</p>
      {text === undefined ? null : <p className="nj-empty-text">{text}</p>}
      {children === undefined ? null : <div className="nj-empty-actions">{children}</div>}
    </div>
  );
}

/** An empty state in the middle of a window that has nothing else. */
export function FullPageState(props: EmptyStateProps): ReactElement {
  return (
    <div className="nj-full">
      <EmptyState {...props} />
    </div>
  );
}

export interface ProgressBarProps {
  /** What is going on, for screen readers. */
  readonly label: string;
  /** 0 to 1, or `null` while it is not known. */
  readonly fraction: number | null;
}

export function ProgressBar({ label, fraction }: ProgressBarProps): ReactElement {
  const percent = fraction === null ? null : Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <div
      className="nj-progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      data-unknown={percent === null}
    >
      <div className="nj-progress-done" style={percent === null ? undefined : { width: `${percent}%` }} />
    </div>
  );
}

export interface InlineProblemProps {
  readonly sentence: string;
  readonly tone?: 'bad' | 'warn' | undefined;
  /** Buttons that do something about it. */
  readonly children?: ReactNode;
  readonly onDismiss?: (() => void) | undefined;
}

export function InlineProblem({ sentence, tone = 'bad', children, onDismiss }: InlineProblemProps): ReactElement {
  return (
    <div className="nj-problem" data-tone={tone} role="alert">
      <Icon name="warning" size={15} />
      <span className="nj-problem-text">{sentence}</span>
      {children === undefined && onDismiss === undefined ? null : (
        <span className="nj-problem-actions">
          {children}
          {onDismiss === undefined ? null : <IconButton icon="close" label="Dismiss" onClick={onDismiss} />}
        </span>
      )}
    </div>
  );
}

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
  /** What can still be done about it. */
  readonly action?: ToastAction | undefined;
}

export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

/** Long enough to read two lines at a slow 150 words a minute. */
const toastMs = 7_000;
/** Something to take back needs time to be noticed as a mistake. */
const actionToastMs = 20_000;

/** More than this at once hide the window; the oldest go first. */
const toastsMax = 4;

/** A corner for short confirmations. Render `element` once per window. */
export function useToasts(): {
  readonly element: ReactElement;
  /** Answers what takes it away. */
  readonly show: (text: string, tone?: Toast['tone'], action?: ToastAction) => () => void;
} {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const nextId = useRef(1);
  const dismiss = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const show = useCallback(
    (text: string, tone: Toast['tone'] = 'good', action?: ToastAction) => {
      const id = nextId.current;
      nextId.current += 1;
      setToasts((all) => [...all.slice(1 - toastsMax), { id, text, tone, action }]);
      return () => dismiss(id);
    },
    [dismiss],
  );
  const element = (
    <div className="nj-toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <ToastBox key={toast.id} toast={toast} onDismiss={dismiss} />
      ))}
    </div>
  );
  return { element, show };
}

function ToastBox({ toast, onDismiss }: { readonly toast: Toast; readonly onDismiss: (id: number) => void }) {
  useEffect(() => {
    if (toast.tone === 'bad') {
      return undefined;
    }
    const timer = setTimeout(() => onDismiss(toast.id), toast.action === undefined ? toastMs : actionToastMs);
    return () => clearTimeout(timer);
  }, [toast, onDismiss]);
  return (
    <div className="nj-toast" data-tone={toast.tone}>
      <Icon name={toast.tone === 'good' ? 'check' : 'warning'} />
      <span className="nj-toast-text">{toast.text}</span>
      {toast.action === undefined ? null : (
        <button
          type="button"
          className="nj-button nj-toast-action"
          data-look="quiet"
          onClick={() => {
            onDismiss(toast.id);
            toast.action?.run();
          }}
        >
          {toast.action.label}
        </button>
      )}
      <IconButton icon="close" label="Dismiss" onClick={() => onDismiss(toast.id)} />
    </div>
  );
}
