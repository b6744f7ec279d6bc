/**
 * The state of this window's server, and the banner that says so when it is not well: one sentence and what to do.
 */
import { useEffect, useState, type FormEvent, type ReactElement } from 'react';
import type { ServerSummary } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { InlineProblem } from '../common/feedback.tsx';
import { TextField } from '../common/text-field.tsx';
import { useCommand, useEvent } from '../common/use-command.ts';

export function useServerSummary(serverId: string): ServerSummary | null {
  const [server, setServer] = useState<ServerSummary | null>(null);
  const pick = (servers: readonly ServerSummary[]): void =>
    setServer(servers.find((one) => one.serverId === serverId) ?? null);
  useEvent('servers.changed', (body) => pick(body.servers));
  useEffect(() => {
    void invoke('servers.list', {}).then((result) => {
      if (result.ok) {
        setServer(result.value.find((one) => one.serverId === serverId) ?? null);
      }
    });
  }, [serverId]);
  return server;
}

const fallback: Readonly<Record<string, string>> = {
  away: 'The server does not answer. Kernels on it go on running; this window comes back by itself.',
  'needs-login': 'The server asks for a new token. A restarted Jupyter server usually has one.',
  'not-jupyter': 'What answers at this address now is not a Jupyter server. Check that it is still running there.',
};

export interface ServerBannerProps {
  readonly server: ServerSummary | null;
  /** What the last look at the server brought, when it failed while the state still says that all is well. */
  readonly sentence: string | null;
  readonly onRetry: () => void;
}

export function ServerBanner({ server, sentence, onRetry }: ServerBannerProps): ReactElement | null {
  const [token, setToken] = useState('');
  const setCommand = useCommand('servers.setToken');
  const check = useCommand('servers.check');
  const state = server?.state ?? 'unknown';
  const bad = fallback[state];
  if (server === null || bad === undefined) {
    return sentence === null ? null : (
      <InlineProblem sentence={sentence} tone="warn">
        <Button onClick={onRetry}>Retry</Button>
      </InlineProblem>
    );
  }
  // That a token is refused is news only after one was given here.
  const refused = state === 'needs-login' ? setCommand.problem : null;
  const text = refused?.sentence ?? (server.detail === '' || state === 'needs-login' ? bad : server.detail);
  const retry = (): void => {
    void check.run({ serverId: server.serverId }).then(onRetry);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const given = token.trim();
    if (given !== '' && !setCommand.busy) {
      void setCommand.run({ serverId: server.serverId, token: given }).then((result) => {
        if (result.ok) {
          setToken('');
          onRetry();
        }
      });
    }
  };
  return (
    <div className="banner">
      <InlineProblem sentence={text} tone={state === 'not-jupyter' || refused !== null ? 'bad' : 'warn'}>
        {state === 'needs-login' ? undefined : (
          <Button onClick={retry} disabled={check.busy}>
            {check.busy ? 'Trying…' : 'Retry'}
          </Button>
        )}
      </InlineProblem>
      {state === 'needs-login' ? (
        <form className="banner-token" onSubmit={submit}>
          <TextField
            label="Token"
            hideLabel
            type="password"
            value={token}
            onText={setToken}
            placeholder="Paste the new token"
            invalid={setCommand.problem !== null}
          />
          <Button submit look="primary" disabled={token.trim() === '' || setCommand.busy}>
            {setCommand.busy ? 'Checking…' : 'Log in'}
          </Button>
          <Button onClick={retry} disabled={check.busy}>
            Retry
          </Button>
        </form>
      ) : null}
    </div>
  );
}
