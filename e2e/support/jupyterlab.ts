/**
 * JupyterLab itself in a bare window: what Nightjar is measured beside, and what has to open its files.
 *
 * It comes from pip into an environment of its own; `npm test` and `npm run bench` name its Python.
 */
import { BarePage } from './bare-page.ts';
import { startJupyter, type TestServer } from './jupyter-server.ts';

/** JupyterLab's own application object, which it shows to a page when its server is told to. */
interface LabApp {
  readonly commands: { execute(id: string, args?: object): Promise<unknown> };
  readonly restored: Promise<void>;
  readonly shell: { readonly currentWidget: LabPanel | null };
}

/** A notebook's panel; others have no session. */
interface LabPanel {
  readonly sessionContext?: {
    readonly isReady: boolean;
    readonly session: { readonly kernel: { readonly status: string; readonly connectionStatus: string } | null } | null;
  };
}

/** Nothing where pip could not install JupyterLab. */
export const labPython = (): string | null => process.env.NIGHTJAR_LAB_PYTHON ?? null;

export function startLabServer(python: string, extraArgs: readonly string[] = []): Promise<TestServer> {
  return startJupyter(python, ['--LabApp.expose_app_in_browser=True', ...extraArgs]);
}

export class LabPage {
  private constructor(readonly browser: BarePage) {}

  static async open(server: TestServer): Promise<LabPage> {
    const browser = await BarePage.open(`${server.baseUrl}lab?token=${server.token}`);
    await browser.page.waitForFunction(() => Reflect.has(window, 'jupyterapp'), undefined, { timeout: 120_000 });
    return new LabPage(browser);
  }

  /** Gives a command, and answers when it was given, in milliseconds since 1970. */
  execute(id: string, args: object = {}): Promise<number> {
    return this.browser.page.evaluate(
      async ({ id, args }) => {
        const app: unknown = Reflect.get(window, 'jupyterapp');
        const lab = app as LabApp;
        await lab.restored;
        const givenMs = performance.timeOrigin + performance.now();
        void lab.commands.execute(id, args);
        return givenMs;
      },
      { id, args },
    );
  }

  openNotebook(path: string): Promise<number> {
    return this.execute('docmanager:open', { path, factory: 'Notebook' });
  }

  /**
   * Until the notebook in front has a kernel that is connected and idle. Its own sign for that comes earlier, and a cell
   * that is run before is not run at all.
   */
  async untilIdle(): Promise<void> {
    await this.browser.page.waitForFunction(
      () => {
        const app: unknown = Reflect.get(window, 'jupyterapp');
        const context = (app as LabApp).shell.currentWidget?.sessionContext;
        const kernel = context?.session?.kernel;
        return context?.isReady === true && kernel?.status === 'idle' && kernel.connectionStatus === 'connected';
      },
      undefined,
      { timeout: 60_000 },
    );
  }
}
