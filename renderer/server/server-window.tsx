/**
 * The window of one server: its files, its kernels, and how it is doing.
 */
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import { describeUnknown } from '../../shared/result.ts';
import { invoke } from '../common/bridge.ts';
import { Button, IconButton } from '../common/button.tsx';
import { FullPageState, useToasts } from '../common/feedback.tsx';
import { baseName, plural } from '../common/format.ts';
import { connectTunnel } from '../common/tunnel-client.ts';
import { useEvent } from '../common/use-command.ts';
import { FileBrowser } from './file-browser.tsx';
import { KernelsTab } from './kernels-tab.tsx';
import { type KernelSpec, openServerApi, type ServerApi } from './server-api.ts';
import { ServerBanner, useServerSummary } from './server-state.tsx';
import { useFolder } from './use-folder.ts';

export function ServerWindow({ context }: { readonly context: WindowContext }): ReactElement {
  const [api, setApi] = useState<ServerApi | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is what asks for another connection
  useEffect(() => {
    let made: ServerApi | null = null;
    let isOver = false;
    setProblem(null);
    connectTunnel().then(
      (tunnel) => {
        if (!isOver) {
          made = openServerApi(tunnel);
          setApi(made);
        }
      },
      (error: unknown) => setProblem(describeUnknown(error)),
    );
    return () => {
      isOver = true;
      made?.dispose();
    };
  }, [attempt]);

  if (problem !== null || context.serverId === null) {
    const text = problem ?? 'This window belongs to no server. Close it and open the server from the home window.';
    return (
      <FullPageState title="This window has no connection" text={text}>
        <Button look="primary" onClick={() => setAttempt(attempt + 1)}>
          Retry
        </Button>
        <Button onClick={() => void invoke('window.openHome', {})}>Home</Button>
      </FullPageState>
    );
  }
  return api === null ? <div /> : <ServerPanes context={context} serverId={context.serverId} api={api} />;
}

type Tab = 'files' | 'kernels';

interface ServerPanesProps {
  readonly context: WindowContext;
  readonly serverId: string;
  readonly api: ServerApi;
}

function ServerPanes({ context, serverId, api }: ServerPanesProps): ReactElement {
  const server = useServerSummary(serverId);
  const folder = useFolder(api);
  const toasts = useToasts();
  const [tab, setTab] = useState<Tab>('files');
  const [specs, setSpecs] = useState<readonly KernelSpec[]>([]);
  const [refreshCount, setRefreshCount] = useState(0);
  const [kernelsSentence, setKernelsSentence] = useState<string | null>(null);
  const name = server?.name ?? context.serverName ?? 'Server';

  const reload = folder.reload;
  const refresh = useCallback(() => {
    setRefreshCount((count) => count + 1);
    void reload();
    void api.specs().then((result) => {
      if (result.ok) {
        setSpecs(result.value);
      }
    });
  }, [api, reload]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once at the start; later it is asked for
  useEffect(refresh, [api]);
  useEvent('menu.command', ({ command }) => {
    if (command === 'refresh') {
      refresh();
    }
  });

  // A server that comes back shows its files by itself.
  const state = server?.state ?? 'unknown';
  const before = useRef(state);
  useEffect(() => {
    if (state === 'online' && before.current !== 'online' && before.current !== 'unknown') {
      refresh();
    }
    if (state !== 'checking') {
      before.current = state;
    }
  }, [state, refresh]);

  useEffect(() => {
    const place = folder.path === '' ? name : `${baseName(folder.path)} — ${name}`;
    void invoke('window.title', { title: place, dirty: false });
  }, [folder.path, name]);

  const problem =
    tab === 'files' ? (folder.problem?.kind === 'gone' ? null : folder.problem?.sentence) : kernelsSentence;
  // What the last look brought counts more than what was known before it.
  const seen = state === 'online' && typeof problem === 'string' ? 'unknown' : state;
  const kernels = server?.runningKernels ?? null;
  const onProblem = useCallback((sentence: string) => toasts.show(sentence, 'bad'), [toasts.show]);

  return (
    <div className="server">
      <header className="server-head">
        <IconButton icon="home" label="Home" onClick={() => void invoke('window.openHome', {})} />
        <h1 className="server-name">
          <span className="dot" data-state={seen} />
          <span className="server-name-text" title={server?.baseUrl}>
            {name}
          </span>
          <span className="server-state">{stateWord(state)}</span>
        </h1>
        <Tabs
          tab={tab}
          onTab={setTab}
          kernels={kernels === null || kernels === 0 ? 'Kernels' : `Kernels ${kernels}`}
          kernelsTitle={kernels === null ? 'Running kernels' : `${plural(kernels, 'running kernel')}`}
        />
      </header>
      <div className="server-banner">
        <ServerBanner server={server} sentence={problem ?? null} onRetry={refresh} />
      </div>
      <main className="server-main" role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
        {tab === 'files' ? (
          <FileBrowser api={api} serverId={serverId} folder={folder} specs={specs} onSay={toasts.show} />
        ) : (
          <KernelsTab
            api={api}
            serverId={serverId}
            specs={specs}
            refreshCount={refreshCount}
            onProblem={onProblem}
            onListed={setKernelsSentence}
          />
        )}
      </main>
      {toasts.element}
    </div>
  );
}

function stateWord(state: string): string {
  switch (state) {
    case 'away':
      return 'Away';
    case 'needs-login':
      return 'Needs a token';
    case 'not-jupyter':
      return 'Not a Jupyter server';
    case 'checking':
      return 'Checking…';
    default:
      return '';
  }
}

interface TabsProps {
  readonly tab: Tab;
  readonly onTab: (tab: Tab) => void;
  readonly kernels: string;
  readonly kernelsTitle: string;
}

function Tabs({ tab, onTab, kernels, kernelsTitle }: TabsProps): ReactElement {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const next = tab === 'files' ? 'kernels' : 'files';
      onTab(next);
      document.getElementById(`tab-${next}`)?.focus();
    }
  };
  const props = (own: Tab) => ({
    id: `tab-${own}`,
    type: 'button' as const,
    role: 'tab',
    className: 'tab',
    'aria-selected': tab === own,
    tabIndex: tab === own ? 0 : -1,
    onClick: () => onTab(own),
  });
  return (
    <div className="tabs" role="tablist" onKeyDown={onKeyDown}>
      <button {...props('files')}>Files</button>
      <button {...props('kernels')} title={kernelsTitle}>
        {kernels}
      </button>
    </div>
  );
}
