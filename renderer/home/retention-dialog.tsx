/**
 * How much room journals may take, in plain words. What would go is shown by name before anything goes.
 */
import { useEffect, useState, type ReactElement } from 'react';
import type { CommandReply } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { Dialog } from '../common/dialog.tsx';
import { InlineProblem } from '../common/feedback.tsx';
import { formatBytes, formatExact, plural } from '../common/format.ts';

type Plan = CommandReply<'journals.prunePlan'>;

/** The plan waits for a pause in typing. */
const pauseMs = 250;
const gigabyte = 1e9;
/** Names told one by one; the rest is counted. */
const namesMax = 6;

export interface RetentionDialogProps {
  readonly onClose: () => void;
  readonly onDone: (sentence: string) => void;
}

export function RetentionDialog({ onClose, onDone }: RetentionDialogProps): ReactElement {
  const [isLimited, setLimited] = useState(false);
  const [size, setSize] = useState('20');
  const [plan, setPlan] = useState<Plan | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const bytesMax = isLimited ? bytesOf(size) : null;
  const isWrong = isLimited && bytesMax === null;

  useEffect(() => {
    void invoke('journals.retention', {}).then((answer) => {
      if (!answer.ok || answer.value.bytesMax === null) return;
      setLimited(true);
      setSize(String(answer.value.bytesMax / gigabyte));
    });
  }, []);
  useEffect(() => {
    if (isWrong) {
      setPlan(null);
      return undefined;
    }
    let isCurrent = true;
    const timer = setTimeout(() => {
      void invoke('journals.prunePlan', { bytesMax }).then((answer) => {
        if (!isCurrent) return;
        setPlan(answer.ok ? answer.value : null);
        setProblem(answer.ok ? null : answer.problem.sentence);
      });
    }, pauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [bytesMax, isWrong]);

  const goes = plan?.goes ?? [];
  const save = async (): Promise<void> => {
    setBusy(true);
    const saved = await invoke('journals.setRetention', { bytesMax });
    const pruned = saved.ok && goes.length > 0 ? await invoke('journals.prune', { bytesMax }) : null;
    setBusy(false);
    if (!saved.ok) setProblem(saved.problem.sentence);
    else if (pruned !== null && !pruned.ok) setProblem(pruned.problem.sentence);
    else {
      const removed = pruned === null || !pruned.ok ? '' : ` ${plural(pruned.value.goes.length, 'journal')} went.`;
      onDone(
        `${bytesMax === null ? 'All journals are kept.' : `Journals take up to ${formatBytes(bytesMax)}.`}${removed}`,
      );
    }
  };
  return (
    <Dialog
      title="Storage for journals"
      wide
      onCancel={onClose}
      onSubmit={() => {
        if (!isBusy && !isWrong) void save();
      }}
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button submit look={goes.length > 0 ? 'danger' : 'primary'} disabled={isBusy || isWrong || plan === null}>
            {goes.length > 0 ? `Save and remove ${plural(goes.length, 'journal')}` : 'Save'}
          </Button>
        </>
      }
    >
      <div className="nj-choices" role="radiogroup" aria-label="Storage for journals">
        <label className="nj-choice" data-chosen={!isLimited}>
          <input type="radio" name="room" checked={!isLimited} data-autofocus="" onChange={() => setLimited(false)} />
          <span className="nj-choice-name">Keep everything</span>
          <span className="nj-choice-text">Nothing is deleted automatically.</span>
        </label>
        <label className="nj-choice" data-chosen={isLimited}>
          <input type="radio" name="room" checked={isLimited} onChange={() => setLimited(true)} />
          <span className="nj-choice-name">
            Up to{' '}
            <input
              type="text"
              inputMode="decimal"
              className="room-size"
              aria-label="Gigabytes"
              aria-invalid={isWrong}
              value={size}
              onFocus={() => setLimited(true)}
              onChange={(event) => setSize(event.currentTarget.value)}
            />{' '}
            GB
          </span>
          <span className="nj-choice-text">The oldest go first. Later ones are marked a day before they go.</span>
        </label>
      </div>
      <p>Journals that run, that nobody has looked at yet, or that you marked to keep always stay.</p>
      {isWrong ? <InlineProblem sentence="Write a number of gigabytes above zero, like 20 or 0.5." /> : null}
      {problem === null ? null : <InlineProblem sentence={problem} />}
      {plan === null ? null : <PlanText plan={plan} />}
    </Dialog>
  );
}

function PlanText({ plan }: { readonly plan: Plan }): ReactElement {
  const { goes, note, bytesNow, bytesAfter } = plan;
  return (
    <div className="plan" aria-live="polite">
      {goes.length === 0 ? (
        <p>Journals take {formatBytes(bytesNow)} now. Nothing would go.</p>
      ) : (
        <>
          <p>
            Journals take {formatBytes(bytesNow)} now. Saving removes these at once, which leaves{' '}
            {formatBytes(bytesAfter)}:
          </p>
          <ul className="plan-list">
            {goes.slice(0, namesMax).map(({ journalId, title, fileBytes, lastEntryTimeMs }) => (
              <li key={journalId}>
                <span className="row-name">{title}</span>
                <span>
                  {formatExact(lastEntryTimeMs).split(',')[0]} · {formatBytes(fileBytes)}
                </span>
              </li>
            ))}
            {goes.length > namesMax ? <li>and {plural(goes.length - namesMax, 'older one', 'older ones')}</li> : null}
          </ul>
        </>
      )}
      {note === '' ? null : <p>{note}</p>}
    </div>
  );
}

function bytesOf(text: string): number | null {
  const gigabytes = Number(text.trim().replace(',', '.'));
  return text.trim() !== '' && Number.isFinite(gigabytes) && gigabytes > 0 ? Math.round(gigabytes * gigabyte) : null;
}
