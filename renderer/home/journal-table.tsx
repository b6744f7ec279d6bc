/**
 * The journals on this computer. Enter verifies one and shows the report in plain words.
 */
import { useState, type ReactElement } from 'react';
import { invoke } from '../common/bridge.ts';
import { Button, IconButton } from '../common/button.tsx';
import { Dialog } from '../common/dialog.tsx';
import { ProgressBar } from '../common/feedback.tsx';
import { baseName, formatBytes, formatCount, formatExact } from '../common/format.ts';
import { Cell, Grid, HeadCell, HeadRow, Row } from '../common/grid.tsx';
import { Icon } from '../common/icons.tsx';
import { type MenuAnchor, useMenu } from '../common/menu.tsx';
import { RelativeTime } from '../common/relative-time.tsx';
import { useRows } from '../common/use-rows.ts';
import { type Journal, journalLength, reportWords, type VerifyReport } from './wording.ts';

type Check =
  | { readonly state: 'running'; readonly journal: Journal }
  | { readonly state: 'done'; readonly journal: Journal; readonly report: VerifyReport }
  | { readonly state: 'failed'; readonly journal: Journal; readonly sentence: string };

export interface JournalTableProps {
  readonly journals: readonly Journal[];
  readonly onProblem: (sentence: string) => void;
}

export function journalName(journal: Journal): string {
  return journal.notebookPath === null
    ? (journal.kernelName ?? 'Kernel without notebook')
    : baseName(journal.notebookPath);
}

export function JournalTable({ journals, onProblem }: JournalTableProps): ReactElement {
  const [check, setCheck] = useState<Check | null>(null);
  const menu = useMenu();

  const verify = (journal: Journal): void => {
    setCheck({ state: 'running', journal });
    void invoke('journals.verify', { journalId: journal.journalId }).then((result) =>
      setCheck((now) => {
        // Closed, or another one was asked for meanwhile: this answer is no longer wanted.
        if (now?.journal !== journal) {
          return now;
        }
        return result.ok
          ? { state: 'done', journal, report: result.value }
          : { state: 'failed', journal, sentence: result.problem.sentence };
      }),
    );
  };
  const reveal = (journal: Journal): void => {
    void invoke('journals.reveal', { journalId: journal.journalId }).then((result) => {
      if (!result.ok) {
        onProblem(result.problem.sentence);
      }
    });
  };
  const showMenu = (journal: Journal, anchor: MenuAnchor): void =>
    menu.open({
      anchor,
      entries: [
        { label: 'Verify', icon: 'shield', hint: 'Enter', onChoose: () => verify(journal) },
        { label: 'Show in folder', icon: 'folder', onChoose: () => reveal(journal) },
      ],
    });
  const rows = useRows<Journal>({
    items: journals,
    keyOf: (journal) => journal.journalId,
    labelOf: journalName,
    onOpen: verify,
    onMenu: showMenu,
  });

  return (
    <>
      <Grid className="journals" label="Journals">
        <HeadRow className="journal journal-head">
          <HeadCell>Notebook</HeadCell>
          <HeadCell className="wide">Server</HeadCell>
          <HeadCell>Last entry</HeadCell>
          <HeadCell className="number wide">Length</HeadCell>
          <HeadCell className="number">Messages</HeadCell>
          <HeadCell className="number">Size</HeadCell>
          <HeadCell className="number">Errors</HeadCell>
          <HeadCell className="number">Gaps</HeadCell>
          <HeadCell>
            <span className="nj-visually-hidden">Actions</span>
          </HeadCell>
        </HeadRow>
        {journals.map((journal, index) => (
          <Row
            key={journal.journalId}
            className="journal"
            rowProps={rows.rowProps(journal, index)}
            onDoubleClick={() => verify(journal)}
          >
            <Cell className="journal-name">
              <Icon name="journal" />
              <span className="row-name" title={journal.notebookPath ?? journal.file}>
                {journalName(journal)}
              </span>
              {journal.state === 'open' ? (
                <span className="dot" data-state="online" title="Being written now" />
              ) : journal.state === 'damaged' ? (
                <span className="tag-bad">Damaged</span>
              ) : null}
            </Cell>
            <Cell className="wide soft" title={journal.serverUrl}>
              {journal.serverName}
            </Cell>
            <Cell className="soft">
              <RelativeTime timeMs={journal.lastEntryTimeMs} />
            </Cell>
            <Cell className="number wide soft" title={`Since ${formatExact(journal.createdTimeMs)}`}>
              {journalLength(journal)}
            </Cell>
            <Cell className="number soft">{formatCount(journal.entries)}</Cell>
            <Cell className="number soft">{formatBytes(journal.fileBytes)}</Cell>
            <Cell className="number" data-level={journal.errors > 0 ? 'some' : 'none'}>
              {formatCount(journal.errors)}
            </Cell>
            <Cell className="number" data-level={journal.gaps > 0 ? 'bad' : 'none'}>
              {formatCount(journal.gaps)}
            </Cell>
            <Cell className="journal-actions">
              <IconButton
                icon="shield"
                label={`Verify the journal of ${journalName(journal)}`}
                tabIndex={-1}
                onClick={() => verify(journal)}
              />
              <IconButton
                icon="folder"
                label={`Show the journal of ${journalName(journal)} in its folder`}
                tabIndex={-1}
                onClick={() => reveal(journal)}
              />
            </Cell>
          </Row>
        ))}
      </Grid>
      {menu.element}
      {check === null ? null : (
        <VerifyDialog check={check} onClose={() => setCheck(null)} onReveal={() => reveal(check.journal)} />
      )}
    </>
  );
}

interface VerifyDialogProps {
  readonly check: Check;
  readonly onClose: () => void;
  readonly onReveal: () => void;
}

function VerifyDialog({ check, onClose, onReveal }: VerifyDialogProps): ReactElement {
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
            <p>Reading every entry of {journalName(check.journal)}.</p>
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
              {formatBytes(check.journal.fileBytes)} · {journalName(check.journal)} on {check.journal.serverName}
            </p>
          </>
        )}
      </div>
    </Dialog>
  );
}
