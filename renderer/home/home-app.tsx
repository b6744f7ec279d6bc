/**
 * The Home window: servers, recent notebooks, the latest journals, and the one field that adds a server; on a page of
 * its own the library of all journals.
 *
 * Keys: Ctrl or Cmd+N or the menu goes to the address field, Ctrl or Cmd+1 and 2 to the pages, `/` to the filter or
 * the search of the page, Escape in it clears it. Journal files can be dropped anywhere.
 */
import { useEffect, useRef, useState, type ReactElement, type ReactNode } from 'react';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { EmptyState, InlineProblem, useToasts } from '../common/feedback.tsx';
import { Icon, NightjarMark } from '../common/icons.tsx';
import { matchesQuery } from '../common/list-keys.ts';
import { TextField } from '../common/text-field.tsx';
import { useEvent } from '../common/use-command.ts';
import { AddServer } from './add-server.tsx';
import { useHomeData } from './home-data.ts';
import { JournalTable } from './journal-table.tsx';
import { Library } from './library.tsx';
import { named } from './library-list.ts';
import { LocalStartStatus, useLocalStart } from './local-start.tsx';
import { RecentList } from './recent-list.tsx';
import { ServerList } from './server-list.tsx';
import { useTakeIn } from './take-in.ts';
import { useJournals } from './use-journals.tsx';

type Page = 'home' | 'journals';

/** Journals on the first page: what somebody comes back to is mostly among them. */
const latestMax = 5;

export function HomeApp({ context }: { readonly context: WindowContext }): ReactElement {
  const data = useHomeData();
  const local = useLocalStart();
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

  const refresh = (): void => {
    data.reload();
    for (const server of data.servers ?? []) {
      void invoke('servers.check', { serverId: server.serverId });
    }
  };
  useEvent('menu.command', ({ command }) => {
    if (command === 'add-server') {
      setPage('home');
      focusSoon(addressField);
    } else if (command === 'refresh') {
      refresh();
    }
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLInputElement;
      const isMod = context.platform === 'darwin' ? event.metaKey : event.ctrlKey;
      if (event.shiftKey || event.altKey) return;
      const key = event.key.toLowerCase();
      const field = page === 'home' ? filterField : searchField;
      const wanted: Readonly<Record<string, () => void>> = isMod
        ? {
            n: () => {
              setPage('home');
              focusSoon(addressField);
            },
            f: () => focusSoon(field),
            1: () => setPage('home'),
            2: () => setPage('journals'),
          }
        : isTyping
          ? {}
          : { '/': () => focusSoon(field) };
      const act = wanted[key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [context.platform, page]);
  useEffect(() => {
    void invoke('window.title', { title: 'Nightjar', dirty: false });
  }, []);

  const isLoading = data.servers === null;
  const servers = data.servers ?? [];
  const recents = data.recents.filter((recent) => matchesQuery(query, [recent.path, recent.serverName]));
  const journals = named(data.journals, query);
  const hasHistory = data.recents.length > 0 || data.journals.length > 0;
  const isFirstRun = !isLoading && servers.length === 0 && !hasHistory;
  const onProblem = (sentence: string): void => {
    toasts.show(sentence, 'bad');
  };
  const startLocal = (
    <Button icon="laptop" disabled={local.isRunning} onClick={local.start}>
      Start a local Jupyter
    </Button>
  );

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
              label="Filter notebooks and journals"
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
        <main className="home-main">
          <AddServer fieldRef={addressField} onAdded={(name) => toasts.show(`${name} is in your list.`)} />
          {data.problem === null ? null : (
            <InlineProblem sentence={data.problem.sentence}>
              <Button look="quiet" onClick={data.reload}>
                Try again
              </Button>
            </InlineProblem>
          )}
          <LocalStartStatus local={local} />
          {isFirstRun ? (
            <FirstRun>
              {local.isRunning ? null : (
                <Button look="primary" size="large" icon="laptop" onClick={local.start}>
                  Start a local Jupyter
                </Button>
              )}
            </FirstRun>
          ) : isLoading ? null : (
            <>
              <div className="home-columns">
                <Section title="Servers" aside={servers.some((server) => server.isLocal) ? null : startLocal}>
                  {servers.length === 0 ? (
                    <EmptyState title="No servers" text="Paste an address above, or start Jupyter on this computer." />
                  ) : (
                    <ServerList servers={servers} onProblem={onProblem} />
                  )}
                </Section>
                <Section title="Recent notebooks" aside={null}>
                  {recents.length > 0 ? (
                    <RecentList recents={recents} onProblem={onProblem} />
                  ) : query !== '' && data.recents.length > 0 ? (
                    <EmptyState title="No notebook matches" text={`Nothing recent matches “${query}”.`} />
                  ) : (
                    <EmptyState
                      title="Nothing opened yet"
                      text="Notebooks that you open from a server are listed here."
                    />
                  )}
                </Section>
              </div>
              <Section
                title="Journals"
                aside={
                  data.journals.length === 0 ? null : (
                    <Button onClick={() => setPage('journals')}>
                      {data.journals.length > latestMax ? `All ${data.journals.length} journals` : 'Library'}
                    </Button>
                  )
                }
              >
                {journals.length > 0 ? (
                  <JournalTable
                    journals={journals.slice(0, latestMax)}
                    actions={actions}
                    onTag={() => setPage('journals')}
                  />
                ) : query !== '' && data.journals.length > 0 ? (
                  <EmptyState title="No journal matches" text={`No journal matches “${query}”.`} />
                ) : (
                  <EmptyState
                    title="No journals yet"
                    text="As soon as a cell runs, every message of its kernel is kept here, on this computer."
                  />
                )}
              </Section>
            </>
          )}
        </main>
      )}
      {takeIn.drop.isOver ? <div className="drop-here">Let go to take the journal in</div> : null}
      {actions.element}
      {toasts.element}
    </div>
  );
}

/** The field may be on a page that is only just being shown. */
function focusSoon(field: { readonly current: HTMLInputElement | null }): void {
  requestAnimationFrame(() => field.current?.select());
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

interface SectionProps {
  readonly title: string;
  readonly aside: ReactNode;
  readonly children: ReactNode;
}

function Section({ title, aside, children }: SectionProps): ReactElement {
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <h2 className="section-title">{title}</h2>
        {aside}
      </div>
      <div className="section-body">{children}</div>
    </section>
  );
}

function FirstRun({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <div className="first">
      <NightjarMark size={88} />
      <h2 className="first-title">Run it there. Keep everything here.</h2>
      <p className="first-text">
        Nightjar works with any Jupyter server and keeps every line of output on this computer, also while your laptop
        sleeps. Paste the address of a server above, or begin with one on this computer.
      </p>
      {children}
    </div>
  );
}
