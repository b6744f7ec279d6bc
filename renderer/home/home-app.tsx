/**
 * The Home window: servers, recent notebooks, journals, and the one field that adds a server.
 *
 * Keys: Ctrl or Cmd+N or the menu goes to the address field, `/` to the filter, Escape in the filter clears it.
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
import { LocalStartStatus, useLocalStart } from './local-start.tsx';
import { RecentList } from './recent-list.tsx';
import { ServerList } from './server-list.tsx';

export function HomeApp({ context }: { readonly context: WindowContext }): ReactElement {
  const data = useHomeData();
  const local = useLocalStart();
  const toasts = useToasts();
  const [query, setQuery] = useState('');
  const addressField = useRef<HTMLInputElement>(null);
  const filterField = useRef<HTMLInputElement>(null);

  const refresh = (): void => {
    data.reload();
    for (const server of data.servers ?? []) {
      void invoke('servers.check', { serverId: server.serverId });
    }
  };
  useEvent('menu.command', ({ command }) => {
    if (command === 'add-server') {
      addressField.current?.focus();
    } else if (command === 'refresh') {
      refresh();
    }
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLInputElement;
      const isMod = context.platform === 'darwin' ? event.metaKey : event.ctrlKey;
      if (isMod && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'n') {
        event.preventDefault();
        addressField.current?.focus();
      } else if (event.key === '/' && !isTyping && !isMod && !event.altKey) {
        event.preventDefault();
        filterField.current?.select();
      }
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [context.platform]);
  useEffect(() => {
    void invoke('window.title', { title: 'Nightjar', dirty: false });
  }, []);

  const isLoading = data.servers === null;
  const servers = data.servers ?? [];
  const recents = data.recents.filter((recent) => matchesQuery(query, [recent.path, recent.serverName]));
  const journals = data.journals.filter((journal) =>
    matchesQuery(query, [journal.notebookPath, journal.kernelName, journal.serverName, journal.serverUrl]),
  );
  const hasHistory = data.recents.length > 0 || data.journals.length > 0;
  const isFirstRun = !isLoading && servers.length === 0 && !hasHistory;
  const onProblem = (sentence: string): void => toasts.show(sentence, 'bad');
  const startLocal = (
    <Button icon="laptop" disabled={local.isRunning} onClick={local.start}>
      Start a local Jupyter
    </Button>
  );

  return (
    <div className="home">
      <header className="home-head">
        <NightjarMark size={30} />
        <h1 className="home-name">Nightjar</h1>
        {hasHistory ? (
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
            <Section title="Journals" aside={null}>
              {journals.length > 0 ? (
                <JournalTable journals={journals} onProblem={onProblem} />
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
      {toasts.element}
    </div>
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
