/**
 * The journals on this computer as a table. Enter plays one, F2 renames it, Delete deletes it, the menu has the rest.
 */
import { useState, type ReactElement } from 'react';
import { IconButton } from '../common/button.tsx';
import { formatBytes, formatCount, formatExact } from '../common/format.ts';
import { Cell, Grid, HeadCell, HeadRow, Row } from '../common/grid.tsx';
import { Icon } from '../common/icons.tsx';
import { type MenuAnchor, useMenu } from '../common/menu.tsx';
import { RelativeTime } from '../common/relative-time.tsx';
import { useRows } from '../common/use-rows.ts';
import { JournalName, RenameField } from './journal-name.tsx';
import { nextSort, type Sort, type SortKey } from './library-list.ts';
import type { JournalActions } from './use-journals.tsx';
import { type Journal, journalLength } from './wording.ts';

export interface JournalTableProps {
  readonly journals: readonly Journal[];
  readonly actions: JournalActions;
  readonly onTag: (tag: string) => void;
  /** Without it the columns cannot be sorted. */
  readonly sort?: { readonly now: Sort; readonly set: (sort: Sort) => void } | undefined;
}

const columns: readonly { readonly by: SortKey; readonly name: string; readonly look: string }[] = [
  { by: 'title', name: 'Journal', look: '' },
  { by: 'last', name: 'Last entry', look: '' },
  { by: 'length', name: 'Length', look: 'number wide' },
  { by: 'entries', name: 'Entries', look: 'number wide' },
  { by: 'size', name: 'Size', look: 'number' },
  { by: 'errors', name: 'Errors', look: 'number' },
  { by: 'gaps', name: 'Gaps', look: 'number' },
];

export function JournalTable({ journals, actions, onTag, sort }: JournalTableProps): ReactElement {
  const [renaming, setRenaming] = useState<string | null>(null);
  const menu = useMenu();
  const showMenu = (journal: Journal, anchor: MenuAnchor): void =>
    menu.open({ anchor, entries: actions.menuOf(journal, () => setRenaming(journal.journalId)) });
  const rows = useRows<Journal>({
    items: journals,
    keyOf: ({ journalId }) => journalId,
    labelOf: ({ title }) => title,
    onOpen: ({ journalId }) => actions.play(journalId),
    onDelete: actions.remove,
    onRename: ({ journalId }) => setRenaming(journalId),
    onMenu: showMenu,
  });
  const finishRename = (journal: Journal, title: string | null): void => {
    setRenaming(null);
    rows.focusRow(journal.journalId);
    if (title !== null) actions.rename(journal, title);
  };
  return (
    <>
      <Grid className="journals" label="Journals">
        <HeadRow className="journal journal-head">
          <HeadCell />
          {columns.map((column) => (
            <ColumnHead key={column.by} column={column} sort={sort} />
          ))}
          <HeadCell>
            <span className="nj-visually-hidden">Actions</span>
          </HeadCell>
        </HeadRow>
        {journals.map((journal, index) => (
          <Row
            key={journal.journalId}
            className="journal"
            rowProps={rows.rowProps(journal, index)}
            onDoubleClick={() => actions.play(journal.journalId)}
          >
            <Cell className="journal-mark" data-state={journal.state}>
              {journal.state === 'open' ? (
                <span className="dot" data-state="running" title="Being recorded now" />
              ) : (
                <Icon name="journal" />
              )}
            </Cell>
            <Cell className="journal-name">
              {renaming === journal.journalId ? (
                <RenameField journal={journal} onDone={(title) => finishRename(journal, title)} />
              ) : (
                <JournalName journal={journal} onTag={onTag} />
              )}
            </Cell>
            <Numbers journal={journal} />
            <Cell className="journal-actions">
              <IconButton
                icon="play"
                label={`Play ${journal.title}`}
                tabIndex={-1}
                onClick={() => actions.play(journal.journalId)}
              />
              <IconButton
                icon="more"
                label={`More for ${journal.title}`}
                tabIndex={-1}
                onClick={(event) => showMenu(journal, { below: event.currentTarget })}
              />
            </Cell>
          </Row>
        ))}
      </Grid>
      {menu.element}
    </>
  );
}

function Numbers({ journal }: { readonly journal: Journal }): ReactElement {
  return (
    <>
      <Cell className="soft">
        <RelativeTime timeMs={journal.lastEntryTimeMs} />
      </Cell>
      <Cell className="number wide soft" title={`Since ${formatExact(journal.createdTimeMs)}`}>
        {journalLength(journal)}
      </Cell>
      <Cell className="number wide soft">{formatCount(journal.entries)}</Cell>
      <Cell className="number soft">{formatBytes(journal.fileBytes)}</Cell>
      <Cell className="number" data-level={journal.errors > 0 ? 'bad' : 'none'}>
        {journal.errors === 0 ? '–' : formatCount(journal.errors)}
      </Cell>
      <Cell className="number" data-level={journal.gaps > 0 ? 'warn' : 'none'}>
        {journal.gaps === 0 ? '–' : formatCount(journal.gaps)}
      </Cell>
    </>
  );
}

interface ColumnHeadProps {
  readonly column: (typeof columns)[number];
  readonly sort: JournalTableProps['sort'];
}

function ColumnHead({ column, sort }: ColumnHeadProps): ReactElement {
  const { by, name, look } = column;
  if (sort === undefined) return <HeadCell className={look}>{name}</HeadCell>;
  const { now, set } = sort;
  const isSorted = now.by === by;
  return (
    <HeadCell className={look} aria-sort={isSorted ? (now.isDescending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" className="sort" data-sorted={isSorted} onClick={() => set(nextSort(now, by))}>
        {name}
        {isSorted ? <Icon name={now.isDescending ? 'down' : 'up'} size={11} /> : null}
      </button>
    </HeadCell>
  );
}
