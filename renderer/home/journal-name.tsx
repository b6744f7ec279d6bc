/**
 * The name of a journal in a list, and the field in its place while it is renamed.
 */
import { useState, type ReactElement } from 'react';
import { formatExact } from '../common/format.ts';
import { Icon } from '../common/icons.tsx';
import { type Journal, leavingText } from './wording.ts';

export function JournalName({ journal, onTag }: { readonly journal: Journal; readonly onTag: (tag: string) => void }) {
  return (
    <>
      <span className="row-title">
        <span className="row-name" title={journal.notebookPath ?? journal.file}>
          {journal.title}
        </span>
        {journal.isUnread ? <span className="unread" title="It has entries that no window has shown yet" /> : null}
        {journal.isKept ? (
          <span className="kept" title="Kept: it is never removed automatically">
            <Icon name="pin" size={13} />
          </span>
        ) : null}
        {journal.leavesTimeMs === null ? null : (
          <span
            className="leaving"
            title={`Journals take more room than you gave them: this one goes ${formatExact(journal.leavesTimeMs)}, unless you keep it`}
          >
            {leavingText(journal.leavesTimeMs, Date.now())}
          </span>
        )}
        {journal.state === 'damaged' ? <span className="tag-bad">Damaged</span> : null}
        {journal.tags.map((tag) => (
          <button
            key={tag}
            type="button"
            className="tag"
            tabIndex={-1}
            title={`Show only journals tagged ${tag}`}
            onClick={(event) => {
              event.stopPropagation();
              onTag(tag);
            }}
          >
            {tag}
          </button>
        ))}
      </span>
      <span className="row-detail">
        {journal.serverName}
        {journal.notebookPath === null ? '' : ` / ${journal.notebookPath}`}
      </span>
    </>
  );
}

export interface RenameFieldProps {
  readonly journal: Journal;
  /** Null leaves the name as it is. */
  readonly onDone: (title: string | null) => void;
}

/** Enter and leaving the field rename, Escape does not. An empty name gives the notebook's back. */
export function RenameField({ journal, onDone }: RenameFieldProps): ReactElement {
  const [title, setTitle] = useState(journal.title);
  const finish = (): void => onDone(title.trim() === journal.title ? null : title.trim());
  return (
    <input
      className="rename"
      aria-label={`New name of ${journal.title}`}
      value={title}
      // The person asked for this field; it is where they type next.
      // biome-ignore lint/a11y/noAutofocus: see above
      autoFocus
      spellCheck={false}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setTitle(event.currentTarget.value)}
      onBlur={finish}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') finish();
        else if (event.key === 'Escape') onDone(null);
      }}
    />
  );
}
