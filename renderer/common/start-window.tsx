/**
 * How a React window comes up: who am I, the theme, then the window's own component.
 *
 * An error while painting leaves a sentence and a way on instead of an empty window. What a window shows lives in the
 * main process, so painting it anew loses nothing.
 */
import { Component, type ReactElement, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { WindowContext } from '../../shared/ipc/contract.ts';
import { describeUnknown } from '../../shared/result.ts';
import { invoke } from './bridge.ts';
import { Button } from './button.tsx';
import { FullPageState } from './feedback.tsx';
import { followTheme } from './theme.ts';

class Guard extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(`nightjar: the window could not be painted: ${describeUnknown(error)}`);
  }

  override render(): ReactNode {
    return this.state.failed ? (
      <FullPageState
        title="This window ran into an error"
        text="Nothing was lost: kernels, journals and unsaved edits are kept outside this window."
      >
        <Button look="primary" onClick={() => window.location.reload()}>
          Load it again
        </Button>
      </FullPageState>
    ) : (
      this.props.children
    );
  }
}

/** Renders the window into `#root` once the main process has said what it is. */
export async function startWindow(
  paint: (context: WindowContext) => ReactElement,
  options: { readonly jupyterLab: boolean } = { jupyterLab: false },
): Promise<void> {
  const container = document.getElementById('root');
  if (container === null) {
    throw new Error('the page has no #root');
  }
  const root = createRoot(container);
  const context = await invoke('window.context', {});
  if (!context.ok) {
    root.render(
      <FullPageState title="This window could not start" text={context.problem.sentence}>
        <Button look="primary" onClick={() => window.location.reload()}>
          Try again
        </Button>
      </FullPageState>,
    );
    return;
  }
  followTheme(context.value.isDark, options);
  document.documentElement.dataset.platform = context.value.platform;
  root.render(<Guard>{paint(context.value)}</Guard>);
}
