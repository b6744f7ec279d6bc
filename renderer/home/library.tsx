/**
 * The library: every journal on this computer, and a search over all that was ever run or printed in them.
 *
 * Keys: `/` or Ctrl or Cmd+F goes to the search, Arrow Down from it to what was found, Ctrl or Cmd+Z brings back what
 * was deleted.
 */
import { useEffect, useRef, useState, type ReactElement, type RefObject } from 'react';
import { Button } from '../common/button.tsx';
import { EmptyState, type useToasts } from '../common/feedback.tsx';
import { formatBytes, plural } from '../common/format.ts';
import { Icon } from '../common/icons.tsx';
import { type MenuEntry, useMenu } from '../common/menu.tsx';
import { TextField } from '../common/text-field.tsx';
import { JournalTable } from './journal-table.tsx';
import {
  type Filter,
  filtered,
  named,
  noFilter,
  serversOf,
  type Sort,
  sorted,
  tagsOf,
  usualSort,
} from './library-list.ts';
import { RetentionDialog } from './retention-dialog.tsx';
import { SearchResults } from './search-results.tsx';
import type { JournalActions } from './use-journals.tsx';
import { hitsAtFirst, hitsMax, useSearch } from './use-search.ts';
import type { Journal } from './wording.ts';

/** Journals by name above what was found in them: more would push it off the screen. */
const namedMax = 4;

export interface LibraryProps {
  readonly journals: readonly Journal[];
  readonly actions: JournalActions;
  readonly toasts: ReturnType<typeof useToasts>;
  readonly searchField: RefObject<HTMLInputElement>;
  readonly onImport: () => void;
  readonly onChanged: () => void;
}

export function Library({ journals, actions, toasts, searchField, onImport, onChanged }: LibraryProps): ReactElement {
  const [query, setQuery] = useState('');
  const [limit, setLimit] = useState(hitsAtFirst);
  const [filter, setFilter] = useState<Filter>(noFilter);
  const [sort, setSort] = useState<Sort>(usualSort);
  const [isRoom, setRoom] = useState(false);
  const results = useRef<HTMLDivElement>(null);
  const search = useSearch(query, limit);
  const isSearching = query.trim() !== '';
  const chosen = sorted(filtered(journals, filter), sort);
  const byName = isSearching ? named(chosen, query).slice(0, namedMax) : chosen;
  useUndoKey(actions.undoRemove);

  return (
    <section className="library" aria-label="Journals">
      <div className="library-top">
        <TextField
          label="Search in all journals"
          hideLabel
          type="search"
          inputRef={searchField}
          value={query}
          onText={(text) => {
            setQuery(text);
            setLimit(hitsAtFirst);
          }}
          placeholder="Search everything that was ever run or printed"
          before={<Icon name="search" />}
          after={<kbd className="key">/</kbd>}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setQuery('');
            const isDown = event.key === 'ArrowDown';
            if (!isDown && event.key !== 'Enter') return;
            const row = results.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]');
            if (isDown || search.answered === query.trim()) {
              event.preventDefault();
              row?.focus();
            }
          }}
        />
        <Button icon="upload" size="large" onClick={onImport}>
          Import…
        </Button>
      </div>
      {journals.length === 0 ? (
        <EmptyLibrary />
      ) : (
        <>
          <Filters
            journals={journals}
            shown={chosen}
            filter={filter}
            onFilter={setFilter}
            onRoom={() => setRoom(true)}
          />
          <div ref={results} className="library-list">
            {byName.length > 0 ? (
              <div className="section-body">
                <JournalTable
                  journals={byName}
                  actions={actions}
                  onTag={(tag) => setFilter({ ...filter, tag })}
                  sort={isSearching ? undefined : { now: sort, set: setSort }}
                />
              </div>
            ) : isSearching ? null : (
              <EmptyState title="No matching journals" text="Remove a filter to see more.">
                <Button onClick={() => setFilter(noFilter)}>Show all</Button>
              </EmptyState>
            )}
            {isSearching ? (
              <SearchResults
                search={search}
                onOpen={actions.play}
                onMore={limit < hitsMax ? () => setLimit(hitsMax) : null}
              />
            ) : null}
          </div>
        </>
      )}
      {isRoom ? (
        <RetentionDialog
          onClose={() => setRoom(false)}
          onDone={(sentence) => {
            setRoom(false);
            toasts.show(sentence);
            onChanged();
          }}
        />
      ) : null}
    </section>
  );
}

function EmptyLibrary(): ReactElement {
  return (
    <EmptyState
      title="No journals yet"
      text="As soon as a cell runs, every message of its kernel is kept here, on this computer. Journals that somebody sent you can be dropped on this window."
    />
  );
}

const states: readonly { readonly state: Filter['state']; readonly name: string }[] = [
  { state: 'all', name: 'All journals' },
  { state: 'running', name: 'Recording now' },
  { state: 'unread', name: 'Not looked at yet' },
  { state: 'kept', name: 'Kept' },
  { state: 'errors', name: 'With errors' },
  { state: 'gaps', name: 'With gaps' },
  { state: 'damaged', name: 'Damaged' },
];

interface FiltersProps {
  readonly journals: readonly Journal[];
  readonly shown: readonly Journal[];
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  readonly onRoom: () => void;
}

function Filters({ journals, shown, filter, onFilter, onRoom }: FiltersProps): ReactElement {
  const menu = useMenu();
  const chip = (label: string, isSet: boolean, entries: readonly MenuEntry[]): ReactElement => (
    <button
      type="button"
      className="chip"
      data-set={isSet}
      aria-haspopup="menu"
      onClick={(event) => menu.open({ anchor: { below: event.currentTarget }, entries })}
    >
      {label}
      <Icon name="down" size={11} />
    </button>
  );
  const choice = (label: string, isChosen: boolean, onChoose: () => void): MenuEntry => ({
    label,
    icon: isChosen ? 'check' : undefined,
    onChoose,
  });
  const tags = tagsOf(journals);
  const bytes = shown.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  return (
    <div className="filters">
      {chip(
        states.find(({ state }) => state === filter.state)?.name ?? '',
        filter.state !== 'all',
        states.map(({ state, name }) => choice(name, state === filter.state, () => onFilter({ ...filter, state }))),
      )}
      {chip(filter.server ?? 'All servers', filter.server !== null, [
        choice('All servers', filter.server === null, () => onFilter({ ...filter, server: null })),
        null,
        ...serversOf(journals).map((server) =>
          choice(server, server === filter.server, () => onFilter({ ...filter, server })),
        ),
      ])}
      {tags.length === 0
        ? null
        : chip(filter.tag === null ? 'Any tag' : `Tag: ${filter.tag}`, filter.tag !== null, [
            choice('Any tag', filter.tag === null, () => onFilter({ ...filter, tag: null })),
            null,
            ...tags.map((tag) => choice(tag, tag === filter.tag, () => onFilter({ ...filter, tag }))),
          ])}
      <span className="filters-space" />
      <button type="button" className="room" title="How much room journals may take" onClick={onRoom}>
        {plural(shown.length, 'journal')} · {formatBytes(bytes)}
        <Icon name="pencil" size={12} />
      </button>
      {menu.element}
    </div>
  );
}

/** Ctrl or Cmd+Z, but for a field, which takes back what was typed in it. */
function useUndoKey(undo: () => void): void {
  const newest = useRef(undo);
  useEffect(() => {
    newest.current = undo;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isField = event.target instanceof HTMLInputElement;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && !event.shiftKey && !isField) {
        event.preventDefault();
        newest.current();
      }
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
