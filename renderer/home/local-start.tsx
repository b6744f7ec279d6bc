/**
 * "Start a local Jupyter": one click, live progress, cancel.
 *
 * The progress is driven by the main process's events alone, so that a start begun elsewhere (the command line, this
 * window before it was loaded again) shows here just the same.
 */
import { useState, type ReactElement } from 'react';
import type { EventBody } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { InlineProblem, ProgressBar } from '../common/feedback.tsx';
import { useEvent } from '../common/use-command.ts';

type Progress = EventBody<'local.progress'>;

export interface LocalStart {
  readonly isRunning: boolean;
  readonly progress: Progress | null;
  readonly problem: string | null;
  readonly start: () => void;
  readonly cancel: () => void;
  readonly dismiss: () => void;
}

export function useLocalStart(): LocalStart {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsked, setIsAsked] = useState(false);

  useEvent('local.progress', (body) => {
    const isOver = body.phase === 'ready' || body.phase === 'failed';
    setProgress(isOver ? null : body);
  });

  const start = (): void => {
    setProblem(null);
    setIsAsked(true);
    void invoke('local.start', { open: true }).then((result) => {
      setIsAsked(false);
      setProgress(null);
      if (!result.ok && result.problem.kind !== 'cancelled') {
        setProblem(result.problem.sentence);
      }
    });
  };
  const cancel = (): void => {
    void invoke('local.cancel', {});
  };
  return {
    isRunning: isAsked || progress !== null,
    progress,
    problem,
    start,
    cancel,
    dismiss: () => setProblem(null),
  };
}

/** The running start, or what went wrong with it. Nothing when there is nothing to say. */
export function LocalStartStatus({ local }: { readonly local: LocalStart }): ReactElement | null {
  if (local.problem !== null) {
    return (
      <InlineProblem sentence={local.problem} onDismiss={local.dismiss}>
        <Button look="quiet" onClick={local.start}>
          Try again
        </Button>
      </InlineProblem>
    );
  }
  if (!local.isRunning) {
    return null;
  }
  return (
    <section className="local" aria-label="Starting a local Jupyter">
      <div className="local-line">
        <span className="local-text" aria-live="polite">
          {local.progress?.text ?? 'Starting a local Jupyter…'}
        </span>
        <Button look="quiet" onClick={local.cancel}>
          Cancel
        </Button>
      </div>
      <ProgressBar label="Starting a local Jupyter" fraction={local.progress?.fraction ?? null} />
    </section>
  );
}
