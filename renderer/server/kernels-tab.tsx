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
import { baseName, parentPath } from '../common/format.ts';
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
  const nameOf = (kernel: RunningKernel): string => (kernel.path === null ? 'No notebook' : baseName(kernel.path));
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
        <div className="table kernels" role="grid" aria-label="Running kernels">
          <div role="row" className="line head">
            <span role="columnheader">Notebook</span>
            <span role="columnheader">Kernel</span>
            <span role="columnheader">State</span>
            <span role="columnheader" className="wide">
              Last activity
            </span>
            <span role="columnheader" className="number wide">
              Connections
            </span>
            <span role="columnheader">
              <span className="nj-visually-hidden">Actions</span>
            </span>
          </div>
          <div className="scroll">
            {kernels.map((kernel, index) => (
              <div
                key={kernel.kernelId}
                role="row"
                className="line"
                {...rows.rowProps(kernel, index)}
                onDoubleClick={() => open(kernel, false)}
              >
                <span role="gridcell" className="name">
                  <Icon name={kernel.isNotebook ? 'notebook' : 'kernel'} />
                  <span className="name-text" data-none={kernel.path === null} title={kernel.path ?? kernel.kernelId}>
                    {nameOf(kernel)}
                  </span>
                  {kernel.path === null || parentPath(kernel.path) === '' ? null : (
                    <span className="soft folder">{parentPath(kernel.path)}</span>
                  )}
                </span>
                <span role="gridcell" className="soft">
                  {specOf(kernel)}
                </span>
                <span role="gridcell" className="state">
                  <span className="dot" data-state={kernel.state} />
                  {kernelStateWord(kernel.state)}
                </span>
                <span role="gridcell" className="wide soft">
                  {kernel.lastActivityTimeMs === null ? null : <RelativeTime timeMs={kernel.lastActivityTimeMs} />}
                </span>
                <span role="gridcell" className="number wide soft">
                  {kernel.connections ?? ''}
                </span>
                <span role="gridcell" className="actions">
                  <Button look="quiet" tabIndex={-1} onClick={() => setEnding(kernel)}>
                    Shut down
                  </Button>
                </span>
              </div>
            ))}
          </div>
        </div>
      )}
      {menu.element}
      {ending === null ? null : (
        <ConfirmDialog
          title={ending.path === null ? 'Shut down this kernel?' : `Shut down the kernel of ${baseName(ending.path)}?`}
          text="Its variables and whatever it computes now are lost, and this cannot be undone. The notebook file and the journal of its output stay."
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
