/**
 * The entries of one folder: sortable columns, the keyboard of a file manager, renaming in place.
 */
import { useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { formatBytes } from '../common/format.ts';
import { Cell, Grid, HeadCell, HeadRow, Row } from '../common/grid.tsx';
import { Icon } from '../common/icons.tsx';
import type { MenuAnchor } from '../common/menu.tsx';
import { RelativeTime } from '../common/relative-time.tsx';
import type { Rows } from '../common/use-rows.ts';
import { type FileEntry, type SortColumn, type SortOrder, stemLength } from './contents.ts';

export interface FileTableProps {
  readonly entries: readonly FileEntry[];
  readonly rows: Rows<FileEntry>;
  readonly order: SortOrder;
  readonly onSort: (column: SortColumn) => void;
  readonly renaming: string | null;
  /** `null` leaves the name as it is. `isLeaving`: the field goes whatever the answer is. Answers whether it may go. */
  readonly onRenamed: (entry: FileEntry, name: string | null, isLeaving: boolean) => boolean;
  readonly onOpen: (entry: FileEntry, newWindow: boolean) => void;
  readonly onMenu: (entry: FileEntry, anchor: MenuAnchor) => void;
}

const columns: readonly { readonly column: SortColumn; readonly title: string; readonly className: string }[] = [
  { column: 'name', title: 'Name', className: '' },
  { column: 'modified', title: 'Modified', className: '' },
  { column: 'size', title: 'Size', className: 'number' },
];

export function FileTable(props: FileTableProps): ReactElement {
  const { entries, rows, order, onSort, renaming, onRenamed, onOpen } = props;
  return (
    <Grid className="table files" label="Files">
      <HeadRow className="line head">
        {columns.map(({ column, title, className }) => (
          <HeadCell
            key={column}
            className={className}
            aria-sort={order.column !== column ? 'none' : order.descending ? 'descending' : 'ascending'}
          >
            <button type="button" className="sort" onClick={() => onSort(column)}>
              {title}
              {order.column === column ? <Icon name={order.descending ? 'down' : 'up'} size={12} /> : null}
            </button>
          </HeadCell>
        ))}
      </HeadRow>
      <div className="scroll">
        {entries.map((entry, index) => (
          <Row
            key={entry.path}
            className="line"
            data-kind={entry.kind}
            rowProps={rows.rowProps(entry, index)}
            onDoubleClick={(event) => onOpen(entry, event.ctrlKey || event.metaKey)}
          >
            <Cell className="name">
              <Icon name={entry.kind} />
              {renaming === entry.path ? (
                <NameField entry={entry} onDone={(name, isLeaving) => onRenamed(entry, name, isLeaving)} />
              ) : (
                <span className="name-text" title={entry.name}>
                  {entry.name}
                </span>
              )}
            </Cell>
            <Cell className="soft">
              {entry.modifiedTimeMs === null ? null : <RelativeTime timeMs={entry.modifiedTimeMs} />}
            </Cell>
            <Cell className="number soft">
              {entry.kind === 'folder' || entry.sizeBytes === null ? '' : formatBytes(entry.sizeBytes)}
            </Cell>
          </Row>
        ))}
      </div>
    </Grid>
  );
}

interface NameFieldProps {
  readonly entry: FileEntry;
  /** As `onRenamed` of the table. */
  readonly onDone: (name: string | null, isLeaving: boolean) => boolean;
}

/** Enter and leaving the field take the name, Escape leaves the old one. */
function NameField({ entry, onDone }: NameFieldProps): ReactElement {
  const [name, setName] = useState(entry.name);
  const [isRefused, setIsRefused] = useState(false);
  const isDone = useRef(false);
  const done = (value: string | null, isLeaving: boolean): void => {
    // Enter and Escape take the field away, which is also a blur, at once: only the first of the two counts.
    if (!isDone.current) {
      isDone.current = true;
      isDone.current = onDone(value === null || value.trim() === entry.name ? null : value, isLeaving);
      setIsRefused(!isDone.current);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Enter') {
      done(name, false);
    } else if (event.key === 'Escape') {
      done(null, true);
    }
  };
  return (
    <input
      className="name-field"
      aria-invalid={isRefused}
      aria-label={`New name of ${entry.name}`}
      spellCheck={false}
      value={name}
      ref={(input) => {
        if (input !== null && document.activeElement !== input) {
          input.focus();
          input.setSelectionRange(0, entry.kind === 'folder' ? entry.name.length : stemLength(entry.name));
        }
      }}
      onChange={(event) => {
        setName(event.currentTarget.value);
        setIsRefused(false);
      }}
      onKeyDown={onKeyDown}
      onBlur={() => done(name, true)}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  );
}
