/**
 * The first page of Home: the field that adds a server, the servers, the notebooks and journals somebody comes back to.
 */
import type { ReactElement, ReactNode, RefObject } from 'react';
import { Button } from '../common/button.tsx';
import { EmptyState, InlineProblem, type useToasts } from '../common/feedback.tsx';
import { NightjarMark } from '../common/icons.tsx';
import { matchesQuery } from '../common/list-keys.ts';
import { AddServer } from './add-server.tsx';
import type { HomeData } from './home-data.ts';
import { JournalTable } from './journal-table.tsx';
import { named } from './library-list.ts';
import { LocalStartStatus, useLocalStart } from './local-start.tsx';
import { RecentList } from './recent-list.tsx';
import { ServerList } from './server-list.tsx';
import type { JournalActions } from './use-journals.tsx';

/** Journals on this page: what somebody comes back to is mostly among them. */
const latestMax = 5;

export interface HomePageProps {
  readonly data: HomeData;
  readonly query: string;
  readonly actions: JournalActions;
  readonly addressField: RefObject<HTMLInputElement>;
  readonly onTold: ReturnType<typeof useToasts>['show'];
  readonly onLibrary: () => void;
}

export function HomePage(props: HomePageProps): ReactElement {
  const { data, query, actions, addressField, onTold, onLibrary } = props;
  const local = useLocalStart();
  const isLoading = data.servers === null;
  const all = data.servers ?? [];
  const servers = all.filter((server) => matchesQuery(query, [server.name, server.baseUrl]));
  const recents = data.recents.filter((recent) => matchesQuery(query, [recent.path, recent.serverName]));
  const hasHistory = data.recents.length > 0 || data.journals.length > 0;
  const isFirstRun = !isLoading && all.length === 0 && !hasHistory;
  const onProblem = (sentence: string): void => {
    onTold(sentence, 'bad');
  };
  const startLocal = (
    <Button icon="laptop" disabled={local.isRunning} onClick={local.start}>
      Start a local Jupyter
    </Button>
  );
  return (
    <main className="home-main">
      <AddServer fieldRef={addressField} onAdded={(name) => onTold(`${name} is in your list.`)} />
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
            <Section title="Servers" aside={all.some((server) => server.isLocal) ? null : startLocal}>
              {servers.length > 0 ? (
                <ServerList servers={servers} onProblem={onProblem} />
              ) : all.length > 0 ? (
                <EmptyState title="No server matches" text={`No server is called “${query}”.`} />
              ) : (
                <EmptyState title="No servers" text="Paste an address above, or start Jupyter on this computer." />
              )}
            </Section>
            <Section title="Recent notebooks" aside={null}>
              {recents.length > 0 ? (
                <RecentList recents={recents} onProblem={onProblem} />
              ) : query !== '' && data.recents.length > 0 ? (
                <EmptyState title="No notebook matches" text={`Nothing recent matches “${query}”.`} />
              ) : (
                <EmptyState title="Nothing opened yet" text="Notebooks that you open from a server are listed here." />
              )}
            </Section>
          </div>
          <LatestJournals journals={data.journals} query={query} actions={actions} onLibrary={onLibrary} />
        </>
      )}
    </main>
  );
}

interface LatestProps {
  readonly journals: HomeData['journals'];
  readonly query: string;
  readonly actions: JournalActions;
  readonly onLibrary: () => void;
}

function LatestJournals({ journals: all, query, actions, onLibrary }: LatestProps): ReactElement {
  const journals = named(all, query);
  const library = (
    <Button onClick={onLibrary}>{all.length > latestMax ? `All ${all.length} journals` : 'Library'}</Button>
  );
  return (
    <Section title="Journals" aside={all.length === 0 ? null : library}>
      {journals.length > 0 ? (
        <JournalTable journals={journals.slice(0, latestMax)} actions={actions} onTag={onLibrary} />
      ) : query !== '' && all.length > 0 ? (
        <EmptyState
          title="No journal matches"
          text={`No journal is called “${query}”. The library also looks into them.`}
        />
      ) : (
        <EmptyState
          title="No journals yet"
          text="As soon as a cell runs, every message of its kernel is kept here, on this computer."
        />
      )}
    </Section>
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
