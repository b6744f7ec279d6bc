/**
 * The Home window: servers, recent notebooks, the latest journals, and the one field that adds a server; on a page of
 * its own the library of all journals.
 *
 * Keys: Ctrl or Cmd+N or the menu goes to the address field, Ctrl or Cmd+1 and 2 to the pages, `/` to the filter or
 * the search of the page, Escape in it clears it. Journal files can be dropped anywhere.
 */
import { useEffect, useRef, useState, type ReactElement } from 'react';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { useToasts } from '../common/feedback.tsx';
import { Icon, NightjarMark } from '../common/icons.tsx';
import { TextField } from '../common/text-field.tsx';
import { useEvent } from '../common/use-command.ts';
import { useHomeData } from './home-data.ts';
import { HomePage } from './home-page.tsx';
import { Library } from './library.tsx';
import { useTakeIn } from './take-in.ts';
import { useJournals } from './use-journals.tsx';

type Page = 'home' | 'journals';

export function HomeApp({ context }: { readonly context: WindowContext }): ReactElement {
  const data = useHomeData();
  const toasts = useToasts();
  const [query, setQuery] = useState('');
  const [page, setPage] = useState<Page>('home');
  const addressField = useRef<HTMLInputElement>(null);
  const filterField = useRef<HTMLInputElement>(null);
  const searchField = useRef<HTMLInputElement>(null);
  const actions = useJournals(toasts, data.reloadJournals);
  const takeIn = useTakeIn(toasts, () => {
    data.reloadJournals();
    setPage('journals');
  });

  const goToAddress = (): void => {
    setPage('home');
    focusSoon(addressField);
  };
  const refresh = (): void => {
    data.reload();
    for (const server of data.servers ?? []) {
      void invoke('servers.check', { serverId: server.serverId });
    }
  };
  useEvent('menu.command', ({ command }) => {
    if (command === 'add-server') {
      goToAddress();
    } else if (command === 'refresh') {
      refresh();
    }
  });
  useKeys(context.platform === 'darwin', {
    n: goToAddress,
    f: () => focusSoon(page === 'home' ? filterField : searchField),
    1: () => setPage('home'),
    2: () => setPage('journals'),
  });
  useEffect(() => {
    void invoke('window.title', { title: 'Nightjar', dirty: false });
  }, []);

  const hasHistory = data.recents.length > 0 || data.journals.length > 0;
  return (
    <div className="home" data-dropping={takeIn.drop.isOver} {...takeIn.drop.handlers}>
      <header className="home-head">
        <NightjarMark size={30} />
        <h1 className="home-name">Nightjar</h1>
        {hasHistory ? <Pages page={page} journals={data.journals.length} onPage={setPage} /> : null}
        <span className="home-space" />
        {hasHistory && page === 'home' ? (
          <div className="home-filter">
            <TextField
              label="Filter servers, notebooks and journals"
              hideLabel
              type="search"
              inputRef={filterField}
              value={query}
              onText={setQuery}
              placeholder="Filter"
              before={<Icon name="search" size={15} />}
              after={<kbd className="key">/</kbd>}
              onKeyDown={(event) => {
                if (event.key === 'Escape') {
                  setQuery('');
                  event.currentTarget.blur();
                }
              }}
            />
          </div>
        ) : null}
      </header>
      {page === 'journals' ? (
        <main className="home-main">
          <Library
            journals={data.journals}
            actions={actions}
            toasts={toasts}
            searchField={searchField}
            onImport={takeIn.choose}
            onChanged={data.reloadJournals}
          />
        </main>
      ) : (
        <HomePage
          data={data}
          query={query}
          actions={actions}
          addressField={addressField}
          onTold={toasts.show}
          onLibrary={() => setPage('journals')}
        />
      )}
      {takeIn.drop.isOver ? <div className="drop-here">Drop to import the journal</div> : null}
      {actions.element}
      {toasts.element}
    </div>
  );
}

/** Letters that work together with Ctrl or Cmd; `/` on its own does what F does, but in a field. */
type Keys = Readonly<Record<'n' | 'f' | '1' | '2', () => void>>;

function useKeys(isMac: boolean, keys: Keys): void {
  const newest = useRef(keys);
  useEffect(() => {
    newest.current = keys;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isMod = isMac ? event.metaKey : event.ctrlKey;
      const key = event.key.toLowerCase();
      const isSearch = event.key === '/' && !isMod && !(event.target instanceof HTMLInputElement);
      const name = isSearch ? 'f' : key;
      if (event.altKey || (!isSearch && (!isMod || event.shiftKey)) || !isKey(newest.current, name)) return;
      event.preventDefault();
      newest.current[name]();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [isMac]);
}

function isKey(keys: Keys, name: string): name is keyof Keys {
  return Object.hasOwn(keys, name);
}

/** At once, or the next keys of a fast hand go elsewhere; unless the field is on a page that is only just being shown. */
function focusSoon(field: { readonly current: HTMLInputElement | null }): void {
  if (field.current === null) requestAnimationFrame(() => field.current?.select());
  else field.current.select();
}

interface PagesProps {
  readonly page: Page;
  readonly journals: number;
  readonly onPage: (page: Page) => void;
}

function Pages({ page, journals, onPage }: PagesProps): ReactElement {
  const tab = (one: Page, name: string, count: number | null): ReactElement => (
    <button
      type="button"
      className="page-tab"
      aria-current={page === one ? 'page' : undefined}
      onClick={() => onPage(one)}
    >
      {name}
      {count === null ? null : <span className="page-count">{count}</span>}
    </button>
  );
  return (
    <nav className="page-tabs" aria-label="Pages">
      {tab('home', 'Home', null)}
      {tab('journals', 'Journals', journals)}
    </nav>
  );
}
