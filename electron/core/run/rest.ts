/**
 * The REST calls of a headless run, through JupyterLab's own API functions.
 *
 * Loaded on demand: the library is large, and `--help` must not wait for it. Its errors become problems with a
 * sentence; the token goes into the settings of the one call and nowhere else.
 */
import { describeUnknown, fail, ok, type Problem, type Result } from '../../../shared/result.ts';
import { networkProblem } from '../servers/probe.ts';
import { authorizationOf, type Token } from '../servers/token.ts';

export type RestProblem = 'not-found' | 'no-kernel' | 'refused-save' | 'away';

export interface ContentsFile {
  readonly content: unknown;
  readonly lastModified: string;
}

/** What the errors of `@jupyterlab/services` carry: the answer that was not wanted. */
function statusOf(error: unknown): number | null {
  if (error instanceof Error && 'response' in error && error.response instanceof Response) {
    return error.response.status;
  }
  return null;
}

export class ServerRest {
  constructor(
    private readonly baseUrl: string,
    private readonly token: Token | null,
  ) {}

  private async services(): Promise<{
    library: typeof import('@jupyterlab/services');
    settings: import('@jupyterlab/services').ServerConnection.ISettings;
  }> {
    const library = await import('@jupyterlab/services');
    const settings = library.ServerConnection.makeSettings({
      baseUrl: this.baseUrl,
      wsUrl: this.baseUrl.replace(/^http/, 'ws'),
      token: '',
      // The header is set here rather than by the library, which would also put the token into addresses.
      fetch: (input, init) => {
        const request = new Request(input, init);
        for (const [name, value] of Object.entries(authorizationOf(this.token))) {
          request.headers.set(name, value);
        }
        return fetch(request);
      },
    });
    return { library, settings };
  }

  private problemOf(error: unknown, what: string): { ok: false; problem: Problem<RestProblem> } {
    const status = statusOf(error);
    if (status === null) {
      return {
        ok: false,
        problem: { kind: 'away', sentence: networkProblem(this.baseUrl, causeOf(error)).problem.sentence },
      };
    }
    return fail('away', `${what}: the server answered ${status} (${describeUnknown(error)}).`);
  }

  async readNotebook(path: string): Promise<Result<ContentsFile, Problem<RestProblem>>> {
    try {
      const { library, settings } = await this.services();
      const drive = new library.Drive({ serverSettings: settings });
      const model = await drive.get(path, { type: 'notebook', content: true });
      drive.dispose();
      return ok({ content: model.content, lastModified: model.last_modified });
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) {
        return fail('not-found', `The server has no notebook ${path}. Paths are relative to the server's root folder.`);
      }
      if (status === 400) {
        return fail(
          'not-found',
          `${path} is not a notebook, or the server cannot read it (${describeUnknown(error)}).`,
        );
      }
      return this.problemOf(error, `${path} could not be read`);
    }
  }

  async writeNotebook(path: string, notebook: object): Promise<Result<string, Problem<RestProblem>>> {
    try {
      const { library, settings } = await this.services();
      const drive = new library.Drive({ serverSettings: settings });
      const model = await drive.save(path, { type: 'notebook', format: 'json', content: notebook });
      drive.dispose();
      return ok(model.last_modified);
    } catch (error) {
      const status = statusOf(error);
      if (status !== null && status < 500) {
        return fail('refused-save', `The server refused to save ${path} (${describeUnknown(error)}).`);
      }
      return this.problemOf(error, `${path} could not be saved`);
    }
  }

  /** Starts a fresh kernel whose working folder is the notebook's. */
  async startKernel(
    name: string | null,
    notebookPath: string,
  ): Promise<Result<{ id: string; name: string }, Problem<RestProblem>>> {
    try {
      const { library, settings } = await this.services();
      const specs = await library.KernelSpecAPI.getSpecs(settings);
      const wanted = name ?? specs.default;
      if (specs.kernelspecs[wanted] === undefined) {
        const available = Object.keys(specs.kernelspecs).sort().join(', ');
        return fail(
          'no-kernel',
          `The server has no kernel named ${wanted}. It has: ${available || 'none'}. Choose one with --kernel NAME.`,
        );
      }
      // `path` is understood by the server and missing from the library's type: it sets the working folder.
      const options: { name: string; path: string } = { name: wanted, path: notebookPath };
      const model = await library.KernelAPI.startNew(options, settings);
      return ok({ id: model.id, name: model.name });
    } catch (error) {
      return this.problemOf(error, 'The kernel could not be started');
    }
  }

  async interruptKernel(id: string): Promise<void> {
    const { library, settings } = await this.services();
    await library.KernelAPI.interruptKernel(id, settings).catch(() => undefined);
  }

  async shutdownKernel(id: string): Promise<void> {
    const { library, settings } = await this.services();
    await library.KernelAPI.shutdownKernel(id, settings).catch(() => undefined);
  }
}

/** The library wraps a failed `fetch` into an error of its own and keeps the stack, not the cause. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
