/**
 * Proves a journal, and shows what was found in plain words.
 */
import { useEffect, useState, type ReactElement } from 'react';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { Dialog } from '../common/dialog.tsx';
import { ProgressBar } from '../common/feedback.tsx';
import { formatBytes, formatCount } from '../common/format.ts';
import { type Journal, reportWords, type VerifyReport } from './wording.ts';

type Check =
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly report: VerifyReport }
  | { readonly state: 'failed'; readonly sentence: string };

export interface VerifyDialogProps {
  readonly journal: Journal;
  readonly onClose: () => void;
  readonly onReveal: () => void;
}

export function VerifyDialog({ journal, onClose, onReveal }: VerifyDialogProps): ReactElement {
  const [check, setCheck] = useState<Check>({ state: 'running' });
  const { journalId } = journal;
  useEffect(() => {
    let isCurrent = true;
    void invoke('journals.verify', { journalId }).then((result) => {
      if (!isCurrent) return;
      setCheck(
        result.ok ? { state: 'done', report: result.value } : { state: 'failed', sentence: result.problem.sentence },
      );
    });
    return () => {
      isCurrent = false;
    };
  }, [journalId]);
  const words = check.state === 'done' ? reportWords(check.report) : null;
  const title = words?.title ?? (check.state === 'running' ? 'Verifying…' : 'The journal could not be verified');
  return (
    <Dialog
      title={title}
      wide
      onCancel={onClose}
      onSubmit={onClose}
      buttons={
        <>
          <Button onClick={onReveal}>Show in folder</Button>
          <Button submit look="primary" data-autofocus="">
            Close
          </Button>
        </>
      }
    >
      <div className="report" aria-live="polite">
        {check.state === 'running' ? (
          <>
            <p>Reading every entry of {journal.title}.</p>
            <ProgressBar label="Verifying" fraction={null} />
          </>
        ) : check.state === 'failed' ? (
          <p>{check.sentence}</p>
        ) : words === null ? null : (
          <>
            <p>{words.verdict}</p>
            {words.lines.length === 0 ? null : (
              <ul className="report-lines">
                {words.lines.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            )}
            <p className="report-facts">
              {formatCount(check.report.entries)} entries, {formatCount(check.report.blocks)} blocks,{' '}
              {formatBytes(journal.fileBytes)} · {journal.title} on {journal.serverName}
            </p>
          </>
        )}
      </div>
    </Dialog>
  );
}
