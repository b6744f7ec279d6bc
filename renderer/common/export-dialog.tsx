/**
 * Asks what to make of a journal: a notebook, a page, a log, its messages; of the end of it or of a moment in it.
 *
 * The system's own dialog then asks where the file goes. What went wrong stays in the dialog, what was written is told
 * by whoever opened it.
 */
import { useState, type ReactElement } from 'react';
import type { CommandArgs } from '../../shared/ipc/contract.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { InlineProblem, ProgressBar } from './feedback.tsx';
import { useCommand } from './use-command.ts';

type Format = CommandArgs<'journals.export'>['to'];

const formats: readonly { readonly to: Format; readonly name: string; readonly text: string }[] = [
  { to: 'ipynb', name: 'Notebook', text: 'An .ipynb for Jupyter, with the outputs as they stood.' },
  { to: 'html', name: 'Web page', text: 'One .html that shows and plays the session without Nightjar.' },
  { to: 'txt', name: 'Text log', text: 'What was run and printed, line by line, with time stamps.' },
  { to: 'jsonl', name: 'Messages', text: 'Every message of the kernel, one JSON object a line.' },
];

export interface ExportDialogProps {
  readonly journalId: string;
  readonly title: string;
  /** A moment that can be chosen instead of the end. */
  readonly moment: { readonly seq: number; readonly text: string } | null;
  readonly onClose: () => void;
  readonly onExported: (file: string) => void;
}

export function ExportDialog({ journalId, title, moment, onClose, onExported }: ExportDialogProps): ReactElement {
  const [to, setTo] = useState<Format>('ipynb');
  const [isMoment, setMoment] = useState(moment !== null);
  const command = useCommand('journals.export');
  const submit = async (): Promise<void> => {
    const seq = isMoment && moment !== null ? moment.seq : null;
    const result = await command.run({ journalId, to, seq });
    if (!result.ok || result.value === null) return;
    onClose();
    onExported(result.value);
  };
  return (
    <Dialog
      title={`Export ${title}`}
      wide
      onCancel={onClose}
      onSubmit={() => {
        if (!command.busy) void submit();
      }}
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button submit look="primary" disabled={command.busy}>
            Export…
          </Button>
        </>
      }
    >
      <div className="nj-choices" role="radiogroup" aria-label="Format">
        {formats.map((format) => (
          <label key={format.to} className="nj-choice" data-chosen={format.to === to}>
            <input
              type="radio"
              name="format"
              value={format.to}
              checked={format.to === to}
              data-autofocus={format.to === 'ipynb' ? '' : undefined}
              onChange={() => setTo(format.to)}
            />
            <span className="nj-choice-name">{format.name}</span>
            <span className="nj-choice-text">{format.text}</span>
          </label>
        ))}
      </div>
      {moment === null ? null : (
        <div className="nj-choices nj-choices-line" role="radiogroup" aria-label="Moment">
          <label className="nj-choice" data-chosen={isMoment}>
            <input type="radio" name="moment" checked={isMoment} onChange={() => setMoment(true)} />
            <span className="nj-choice-name">As it stood at {moment.text}</span>
          </label>
          <label className="nj-choice" data-chosen={!isMoment}>
            <input type="radio" name="moment" checked={!isMoment} onChange={() => setMoment(false)} />
            <span className="nj-choice-name">All of it, to the end</span>
          </label>
        </div>
      )}
      {command.busy ? <ProgressBar label="Exporting" fraction={null} /> : null}
      {command.problem === null ? null : <InlineProblem sentence={command.problem.sentence} />}
    </Dialog>
  );
}
