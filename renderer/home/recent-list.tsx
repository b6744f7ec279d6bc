/**
 * Notebooks that were open lately, with what goes on in them: a running cell, a guarded kernel, unsaved edits.
 */
import { useState, type ReactElement } from 'react';
import type { RecentNotebook } from '../../shared/ipc/contract.ts';
import { invoke } from '../common/bridge.ts';
import { Cell, Grid, Row } from '../common/grid.tsx';
import { IconButton } from '../common/button.tsx';
import { ConfirmDialog } from '../common/dialog.tsx';
import { baseName, parentPath } from '../common/format.ts';
import { Icon } from '../common/icons.tsx';
import { type MenuAnchor, useMenu } from '../common/menu.tsx';
import { RelativeTime } from '../common/relative-time.tsx';
import { useRows } from '../common/use-rows.ts';

export interface RecentListProps {
  readonly recents: readonly RecentNotebook[];
  readonly onProblem: (sentence: string) => void;
}

const keyOf = (recent: RecentNotebook): string => `${recent.serverId}/${recent.path}`;

export function RecentList({ recents, onProblem }: RecentListProps): ReactElement {
  const [removing, setRemoving] = useState<RecentNotebook | null>(null);
  const menu = useMenu();

  const open = (recent: RecentNotebook, newWindow: boolean): void => {
    const { serverId, path } = recent;
    void invoke('notebooks.open', { serverId, path, newWindow }).then((result) => {
      if (!result.ok) {
        onProblem(result.problem.sentence);
      }
    });
  };
  const showMenu = (recent: RecentNotebook, anchor: MenuAnchor): void =>
    menu.open({
      anchor,
      entries: [
        { label: 'Open', icon: 'notebook', hint: 'Enter', onChoose: () => open(recent, false) },
        { label: 'Open in new window', icon: 'open', onChoose: () => open(recent, true) },
        null,
        { label: 'Remove from list…', icon: 'close', hint: 'Del', onChoose: () => setRemoving(recent) },
      ],
    });
  const rows = useRows<RecentNotebook>({
    items: recents,
    keyOf,
    labelOf: (recent) => baseName(recent.path),
    onOpen: open,
    onDelete: setRemoving,
    onMenu: showMenu,
  });

  return (
    <>
      <Grid className="rows" label="Recent notebooks">
        {recents.map((recent, index) => (
          <Row
            key={keyOf(recent)}
            className="row"
            rowProps={rows.rowProps(recent, index)}
            onClick={(event) => open(recent, event.ctrlKey || event.metaKey)}
          >
            <Cell className="row-mark">
              <Icon name="notebook" />
            </Cell>
            <Cell className="row-main">
              <span className="row-title">
                <span className="row-name" title={recent.path}>
                  {baseName(recent.path)}
                </span>
                {recent.hasDraft ? (
                  <span className="unsaved" title="It has unsaved edits. They are kept on this computer.">
                    Unsaved
                  </span>
                ) : null}
              </span>
              <span className="row-detail">
                {recent.serverName}
                {parentPath(recent.path) === '' ? '' : ` / ${parentPath(recent.path)}`}
              </span>
            </Cell>
            <Cell className="row-end">
              {recent.session === 'running' ? (
                <span className="row-fact" data-tone="accent" title="A cell is running. Its output is being kept.">
                  <span className="dot" data-state="running" />
                  Running
                </span>
              ) : recent.session === 'guarded' ? (
                <span
                  className="row-fact"
                  data-tone="good"
                  title="Its kernel is running, and what it prints is kept here."
                >
                  <Icon name="kernel" size={14} />
                  Kernel running
                </span>
              ) : (
                <span className="row-fact">
                  <RelativeTime timeMs={recent.openedTimeMs} />
                </span>
              )}
              <IconButton
                icon="more"
                label={`More for ${baseName(recent.path)}`}
                tabIndex={-1}
                onClick={(event) => {
                  event.stopPropagation();
                  showMenu(recent, { below: event.currentTarget });
                }}
              />
            </Cell>
          </Row>
        ))}
      </Grid>
      {menu.element}
      {removing === null ? null : (
        <ConfirmDialog
          title={`Remove ${baseName(removing.path)} from this list?`}
          text={
            removing.hasDraft
              ? 'Only the entry in the list goes. The notebook on the server, its journal and its unsaved edits stay; open it from its server to get at them.'
              : 'Only the entry in the list goes. The notebook on the server and its journal stay.'
          }
          action="Remove"
          danger={false}
          onCancel={() => setRemoving(null)}
          onConfirm={async () => {
            const { serverId, path } = removing;
            const result = await invoke('recents.remove', { serverId, path });
            if (result.ok) {
              setRemoving(null);
              return null;
            }
            return result.problem.sentence;
          }}
        />
      )}
    </>
  );
}
