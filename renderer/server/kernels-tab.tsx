/**
 * What runs on the server: every kernel, its notebook, its state, and shutting it down.
 *
 * The list is read again every few seconds while it is on the screen, because the server sends no news about kernels.
 */
import { useCallback, useEffect, useState, type ReactElement } from 'react';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { ConfirmDialog } from '../common/dialog.tsx';
import { EmptyState } from '../common/feedback.tsx';
import { parentPath } from '../common/format.ts';
import { Cell, Grid, HeadCell, HeadRow, Row } from '../common/grid.tsx';
import { Icon } from '../common/icons.tsx';
import { type MenuAnchor, useMenu } from '../common/menu.tsx';
import { RelativeTime } from '../common/relative-time.tsx';
import { useRows } from '../common/use-rows.ts';
import type { KernelSpec, RunningKernel, ServerApi } from './server-api.ts';

/** One small request: often enough to see a cell end, rare enough for a slow line. */
const pollMs = 5_000;

export interface KernelsTabProps {
  readonly api: ServerApi;
  readonly serverId: string;
  readonly specs: readonly KernelSpec[];
  /** Grows each time the person asks to refresh. */
  readonly refreshCount: number;
  readonly onProblem: (sentence: string) => void;
  readonly onListed: (sentence: string | null) => void;
}

export function KernelsTab(props: KernelsTabProps): ReactElement | null {
  const { api, serverId, specs, refreshCount, onProblem, onListed } = props;
  const [kernels, setKernels] = useState<readonly RunningKernel[] | null>(null);
  const [ending, setEnding] = useState<RunningKernel | null>(null);
  const menu = useMenu();

  const load = useCallback(async () => {
    const result = await api.running();
    if (result.ok) {
      setKernels(result.value.toSorted((a, b) => (b.lastActivityTimeMs ?? 0) - (a.lastActivityTimeMs ?? 0)));
    }
    onListed(result.ok ? null : result.problem.sentence);
  }, [api, onListed]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a refresh that was asked for starts the rhythm anew
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let isOver = false;
    const turn = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
        await load();
      }
      if (!isOver) {
        timer = setTimeout(() => void turn(), pollMs);
      }
    };
    void turn();
    return () => {
      isOver = true;
      if (timer !== null) {
        clearTimeout(timer);
      }
    };
  }, [load, refreshCount]);

  const open = (kernel: RunningKernel, newWindow: boolean): void => {
    if (kernel.path === null || !kernel.isNotebook) {
      onProblem('This kernel belongs to no notebook, so there is nothing to open. You can shut it down.');
      return;
    }
    void invoke('notebooks.open', { serverId, path: kernel.path, newWindow }).then((result) => {
      if (!result.ok) {
        onProblem(result.problem.sentence);
      }
    });
  };
  const showMenu = (kernel: RunningKernel, anchor: MenuAnchor): void =>
    menu.open({
      anchor,
      entries: [
        {
          label: 'Open its notebook',
          icon: 'notebook',
          hint: 'Enter',
          disabled: !kernel.isNotebook,
          onChoose: () => open(kernel, false),
        },
        null,
        { label: 'Shut down…', icon: 'stop', hint: 'Del', danger: true, onChoose: () => setEnding(kernel) },
      ],
    });
  const nameOf = (kernel: RunningKernel): string => kernel.label || 'No notebook';
  const specOf = (kernel: RunningKernel): string =>
    specs.find((spec) => spec.name === kernel.specName)?.displayName ?? kernel.specName;
  const rows = useRows<RunningKernel>({
    items: kernels ?? [],
    keyOf: (kernel) => kernel.kernelId,
    labelOf: nameOf,
    onOpen: open,
    onDelete: setEnding,
    onMenu: showMenu,
  });

  if (kernels === null) {
    return null;
  }
  return (
    <>
      {kernels.length === 0 ? (
        <EmptyState
          art={<Icon name="kernel" size={30} />}
          title="No kernel is running"
          text="Opening a notebook starts one. It goes on running when its window is closed."
        />
      ) : (
        <Grid className="table kernels" label="Running kernels">
          <HeadRow className="line head">
            <HeadCell>Notebook</HeadCell>
            <HeadCell>Kernel</HeadCell>
            <HeadCell>State</HeadCell>
            <HeadCell className="wide">Last activity</HeadCell>
            <HeadCell className="number wide">Connections</HeadCell>
            <HeadCell>
              <span className="nj-visually-hidden">Actions</span>
            </HeadCell>
          </HeadRow>
          <div className="scroll">
            {kernels.map((kernel, index) => (
              <Row
                key={kernel.kernelId}
                className="line"
                rowProps={rows.rowProps(kernel, index)}
                onDoubleClick={() => open(kernel, false)}
              >
                <Cell className="name">
                  <Icon name={kernel.isNotebook ? 'notebook' : 'kernel'} />
                  <span className="name-text" data-none={kernel.label === ''} title={kernel.path ?? kernel.kernelId}>
                    {nameOf(kernel)}
                  </span>
                  {kernel.path === null || parentPath(kernel.path) === '' ? null : (
                    <span className="soft folder">{parentPath(kernel.path)}</span>
                  )}
                </Cell>
                <Cell className="soft">{specOf(kernel)}</Cell>
                <Cell className="state">
                  <span className="dot" data-state={kernel.state} />
                  {kernelStateWord(kernel.state)}
                </Cell>
                <Cell className="wide soft">
                  {kernel.lastActivityTimeMs === null ? null : <RelativeTime timeMs={kernel.lastActivityTimeMs} />}
                </Cell>
                <Cell className="number wide soft">{kernel.connections ?? ''}</Cell>
                <Cell className="actions">
                  <Button look="quiet" tabIndex={-1} onClick={() => setEnding(kernel)}>
                    Shut down
                  </Button>
                </Cell>
              </Row>
            ))}
          </div>
        </Grid>
      )}
      {menu.element}
      {ending === null ? null : (
        <ConfirmDialog
          title={ending.label === '' ? 'Shut down this kernel?' : `Shut down the kernel of ${ending.label}?`}
          text="Its variables and whatever it computes now are lost, and this cannot be undone. The notebook and the journal of its output stay."
          action="Shut down"
          danger
          onCancel={() => setEnding(null)}
          onConfirm={async () => {
            const result = await api.shutDown(ending);
            if (!result.ok) {
              return result.problem.sentence;
            }
            setEnding(null);
            await load();
            return null;
          }}
        />
      )}
    </>
  );
}

function kernelStateWord(state: string): string {
  switch (state) {
    case 'busy':
      return 'Running';
    case 'idle':
      return 'Idle';
    case 'starting':
      return 'Starting';
    case 'restarting':
    case 'autorestarting':
      return 'Restarting';
    case 'dead':
      return 'Dead';
    default:
      return 'Unknown';
  }
}
