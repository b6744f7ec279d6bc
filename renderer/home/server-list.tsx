/**
 * The saved servers: state as a dot and a sentence, running kernels, and what can be done with each.
 */
import { useState, type ReactElement } from 'react';
import type { ServerSummary } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { Button, IconButton } from '../common/button.tsx';
import { ConfirmDialog, PromptDialog } from '../common/dialog.tsx';
import { displayUrl } from '../common/format.ts';
import { Cell, Grid, Row } from '../common/grid.tsx';
import { Icon } from '../common/icons.tsx';
import { type MenuAnchor, useMenu } from '../common/menu.tsx';
import { useRows } from '../common/use-rows.ts';
import { kernelsText, recorderText, serverSentence, serverStateWord } from './wording.ts';

type Question = { readonly kind: 'rename' | 'token' | 'remove' | 'recorder'; readonly server: ServerSummary };

export interface ServerListProps {
  readonly servers: readonly ServerSummary[];
  /** Shows a failure that belongs to no field. */
  readonly onProblem: (sentence: string) => void;
}

export function ServerList({ servers, onProblem }: ServerListProps): ReactElement {
  const [question, setQuestion] = useState<Question | null>(null);
  const menu = useMenu();

  const report = (result: { ok: true } | { ok: false; problem: { sentence: string } }): void => {
    if (!result.ok) {
      onProblem(result.problem.sentence);
    }
  };
  const open = (server: ServerSummary): void => {
    if (server.state === 'needs-login') {
      setQuestion({ kind: 'token', server });
    } else {
      void invoke('servers.open', { serverId: server.serverId }).then(report);
    }
  };
  const check = (server: ServerSummary): void => {
    void invoke('servers.check', { serverId: server.serverId }).then(report);
  };
  const showMenu = (server: ServerSummary, anchor: MenuAnchor): void =>
    menu.open({
      anchor,
      entries: [
        { label: 'Open', icon: 'open', hint: 'Enter', onChoose: () => open(server) },
        { label: 'Check again', icon: 'refresh', onChoose: () => check(server) },
        null,
        { label: 'Rename…', icon: 'pencil', hint: 'F2', onChoose: () => setQuestion({ kind: 'rename', server }) },
        { label: 'New token…', icon: 'key', onChoose: () => setQuestion({ kind: 'token', server }) },
        {
          label: server.hasRecorder ? 'Stop Recording There…' : 'Record There…',
          icon: 'shield',
          onChoose: () => setQuestion({ kind: 'recorder', server }),
        },
        null,
        {
          label: 'Remove…',
          icon: 'trash',
          hint: 'Del',
          danger: true,
          onChoose: () => setQuestion({ kind: 'remove', server }),
        },
      ],
    });

  const rows = useRows<ServerSummary>({
    items: servers,
    keyOf: (server) => server.serverId,
    labelOf: (server) => server.name,
    onOpen: open,
    onDelete: (server) => setQuestion({ kind: 'remove', server }),
    onRename: (server) => setQuestion({ kind: 'rename', server }),
    onMenu: showMenu,
  });

  return (
    <>
      <Grid className="rows" label="Servers">
        {servers.map((server, index) => (
          <Row
            key={server.serverId}
            className="row"
            rowProps={rows.rowProps(server, index)}
            onClick={() => open(server)}
          >
            <Cell className="row-mark" title={serverStateWord(server.state)}>
              <span className="dot" data-state={server.state} />
              <span className="nj-visually-hidden">{serverStateWord(server.state)}</span>
            </Cell>
            <Cell className="row-main">
              <span className="row-title">
                <span className="row-name">{server.name}</span>
                {server.name === displayUrl(server.baseUrl) ? null : (
                  <span className="row-aside">{displayUrl(server.baseUrl)}</span>
                )}
              </span>
              <span className="row-detail" data-state={server.state} title={serverSentence(server)}>
                {serverSentence(server)}
              </span>
            </Cell>
            <Cell className="row-end">
              {server.state === 'needs-login' ? (
                <Button
                  tabIndex={-1}
                  onClick={(event) => {
                    event.stopPropagation();
                    setQuestion({ kind: 'token', server });
                  }}
                >
                  Enter token
                </Button>
              ) : kernelsText(server.runningKernels) === '' ? null : (
                <span className="row-fact">
                  <Icon name="kernel" size={14} />
                  {kernelsText(server.runningKernels)}
                </span>
              )}
              <IconButton
                icon="more"
                label={`More for ${server.name}`}
                tabIndex={-1}
                onClick={(event) => {
                  event.stopPropagation();
                  showMenu(server, { below: event.currentTarget });
                }}
              />
            </Cell>
          </Row>
        ))}
      </Grid>
      {menu.element}
      {question === null ? null : <ServerQuestion question={question} onDone={() => setQuestion(null)} />}
    </>
  );
}

function ServerQuestion({ question, onDone }: { readonly question: Question; readonly onDone: () => void }) {
  const { server, kind } = question;
  const settle = (result: { ok: true } | { ok: false; problem: { sentence: string } }): string | null => {
    if (result.ok) {
      onDone();
      return null;
    }
    return result.problem.sentence;
  };
  switch (kind) {
    case 'rename':
      return (
        <PromptDialog
          title="Rename server"
          label="Name"
          initial={server.name}
          action="Rename"
          onCancel={onDone}
          onConfirm={async (name) => settle(await invoke('servers.rename', { serverId: server.serverId, name }))}
        />
      );
    case 'token':
      return (
        <PromptDialog
          title={`Token for ${server.name}`}
          text="A restarted Jupyter server usually has a new token. It is in the line that the server printed at its start, after “token=”. Nightjar keeps it in the system’s keychain where there is one."
          label="Token"
          secret
          action="Save and check"
          onCancel={onDone}
          onConfirm={async (token) => settle(await invoke('servers.setToken', { serverId: server.serverId, token }))}
        />
      );
    case 'recorder':
      return (
        <ConfirmDialog
          title={server.hasRecorder ? `Stop recording on ${server.name}?` : `Record on ${server.name}?`}
          text={recorderText(server)}
          action={server.hasRecorder ? 'Stop Recording' : 'Record'}
          danger={false}
          onCancel={onDone}
          onConfirm={async () =>
            settle(await invoke('servers.setRecorder', { serverId: server.serverId, enabled: !server.hasRecorder }))
          }
        />
      );
    case 'remove':
      return (
        <ConfirmDialog
          title={`Remove ${server.name}?`}
          text="Nightjar forgets its address and token. The server, its notebooks and its running kernels are left alone, and the journals on this computer stay."
          action="Remove"
          danger
          onCancel={onDone}
          onConfirm={async () => settle(await invoke('servers.remove', { serverId: server.serverId }))}
        />
      );
  }
}
