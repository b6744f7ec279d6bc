/**
 * What the server window asks of its server, with failures as values.
 *
 * JupyterLab's client library speaks to the server through the tunnel; here its errors become problems with a sentence.
 * An answer of 403 is not taken for a login failure, because Jupyter says the same for a file that is write-protected:
 * whether the token still works is the main process's judgement.
 */
import {
  Drive,
  KernelAPI,
  KernelSpecAPI,
  ServerConnection,
  SessionAPI,
  type Contents,
  type Kernel,
  type Session,
} from '@jupyterlab/services';
import { describeUnknown, fail, ok, type Result } from '../../shared/result.ts';
import { isUnfinishedStart, sessionLabel } from '../common/format.ts';
import { tunnelSettings } from '../common/server-settings.ts';
import type { Tunnel } from '../common/tunnel-client.ts';
import { emptyNotebook, type FileEntry } from './contents.ts';
import type { UploadTarget } from './upload.ts';

export interface KernelSpec {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
}

export interface RunningKernel {
  readonly kernelId: string;
  /** `null` for a kernel that was started without a notebook. */
  readonly sessionId: string | null;
  readonly specName: string;
  /** What people know it by; empty when nothing names it. */
  readonly label: string;
  readonly path: string | null;
  readonly isNotebook: boolean;
  readonly state: string;
  readonly lastActivityTimeMs: number | null;
  readonly connections: number | null;
}

export interface ServerApi {
  list(folder: string): Promise<Result<FileEntry[]>>;
  /** The default kernel stands first. */
  specs(): Promise<Result<KernelSpec[]>>;
  newNotebook(folder: string, spec: KernelSpec): Promise<Result<string>>;
  newFolder(folder: string): Promise<Result<string>>;
  rename(path: string, newPath: string): Promise<Result<null>>;
  remove(path: string): Promise<Result<null>>;
  running(): Promise<Result<RunningKernel[]>>;
  shutDown(kernel: RunningKernel): Promise<Result<null>>;
  uploadTarget(path: string): UploadTarget;
  dispose(): void;
}

export function openServerApi(tunnel: Tunnel): ServerApi {
  const serverSettings = tunnelSettings(tunnel);
  const drive = new Drive({ serverSettings });
  return {
    list: (folder) =>
      attempt(async () => {
        const model = await drive.get(folder, { content: true, type: 'directory' });
        return entriesOf(model.content);
      }),
    specs: () =>
      attempt(async () => {
        const models = await KernelSpecAPI.getSpecs(serverSettings);
        const specs = Object.values(models.kernelspecs).flatMap((spec) =>
          spec === undefined ? [] : [{ name: spec.name, displayName: spec.display_name, language: spec.language }],
        );
        const rank = (spec: KernelSpec): number => Number(spec.name !== models.default);
        return specs.sort((a, b) => rank(a) - rank(b) || a.displayName.localeCompare(b.displayName));
      }),
    newNotebook: (folder, spec) =>
      attempt(async () => {
        const model = await drive.newUntitled({ path: folder, type: 'notebook' });
        await drive.save(model.path, { type: 'notebook', format: 'json', content: emptyNotebook(spec) });
        return model.path;
      }),
    newFolder: (folder) => attempt(async () => (await drive.newUntitled({ path: folder, type: 'directory' })).path),
    rename: (path, newPath) =>
      attempt(async () => {
        await drive.rename(path, newPath);
        return null;
      }),
    remove: (path) =>
      attempt(async () => {
        await drive.delete(path);
        return null;
      }),
    running: () =>
      attempt(async () => {
        const [sessions, kernels] = await Promise.all([
          SessionAPI.listRunning(serverSettings),
          KernelAPI.listRunning(serverSettings),
        ]);
        return runningKernels(sessions, kernels);
      }),
    shutDown: (kernel) =>
      attempt(async () => {
        await (kernel.sessionId === null
          ? KernelAPI.shutdownKernel(kernel.kernelId, serverSettings)
          : SessionAPI.shutdownSession(kernel.sessionId, serverSettings));
        return null;
      }),
    uploadTarget: (path) => ({
      save: async (content, chunk) => {
        await drive.save(path, {
          type: 'file',
          format: 'base64',
          content,
          ...(chunk === null ? {} : { chunk }),
        });
      },
      discard: () => drive.delete(path),
    }),
    dispose: () => drive.dispose(),
  };
}

/** One kernel a line: a kernel with a session knows its notebook. */
export function runningKernels(
  sessions: readonly Session.IModel[],
  kernels: readonly Kernel.IModel[],
): RunningKernel[] {
  const byKernel = new Map(sessions.map((session) => [session.kernel?.id, session]));
  return kernels.map((kernel) => {
    const session = byKernel.get(kernel.id);
    return {
      kernelId: kernel.id,
      sessionId: session?.id ?? null,
      specName: kernel.name,
      label: session === undefined ? '' : sessionLabel(session),
      path: session === undefined || session.path === '' || isUnfinishedStart(session) ? null : session.path,
      isNotebook: session?.type === 'notebook' && !isUnfinishedStart(session),
      state: kernel.execution_state ?? 'unknown',
      lastActivityTimeMs: timeOf(kernel.last_activity),
      connections: kernel.connections ?? null,
    };
  });
}

/** The entries of a directory model. What has no name or path is left out: servers are not always ours to trust. */
export function entriesOf(content: unknown): FileEntry[] {
  if (!Array.isArray(content)) {
    return [];
  }
  return content.flatMap((item: unknown) => {
    const model: Readonly<Partial<Contents.IModel>> = typeof item === 'object' && item !== null ? item : {};
    if (typeof model.name !== 'string' || typeof model.path !== 'string' || model.name === '') {
      return [];
    }
    const kind = model.type === 'directory' ? 'folder' : model.type === 'notebook' ? 'notebook' : 'file';
    return [
      {
        name: model.name,
        path: model.path,
        kind,
        modifiedTimeMs: timeOf(model.last_modified),
        sizeBytes: typeof model.size === 'number' ? model.size : null,
      } as const,
    ];
  });
}

function timeOf(text: unknown): number | null {
  const timeMs = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

async function attempt<Value>(action: () => Promise<Value>): Promise<Result<Value>> {
  try {
    return ok(await action());
  } catch (error) {
    return { ok: false, problem: describeServerError(error) };
  }
}

/** Statuses of proxies and hubs for a server that is not there at the moment. */
const awayStatuses: ReadonlySet<number> = new Set([424, 502, 503, 504]);

export function describeServerError(error: unknown): { readonly kind: string; readonly sentence: string } {
  if (!(error instanceof ServerConnection.ResponseError)) {
    // The tunnel's own refusals and failures already speak in sentences.
    return error instanceof TypeError
      ? fail('away', error.message).problem
      : fail('failed', `The server's answer could not be read (${describeUnknown(error)}). Try again.`).problem;
  }
  const { status } = error.response;
  const words = error.message.replace(/^Invalid response: \d+ ?/, '').trim();
  const said = words === '' ? `error ${status}` : `“${words}”`;
  if (status === 401) {
    return fail('needs-login', 'The server no longer accepts the token. Enter a new one to go on.').problem;
  }
  if (status === 403) {
    return fail('refused', `The server refuses this: ${said}. You may lack the permission for it.`).problem;
  }
  if (status === 404) {
    return fail('gone', 'This is no longer on the server. It may have been renamed or deleted.').problem;
  }
  if (status === 409) {
    return fail('exists', `The server says that there is something of this name already: ${said}.`).problem;
  }
  if (status === 413) {
    return fail('too-large', 'The server, or a proxy before it, refuses a file of this size.').problem;
  }
  if (awayStatuses.has(status)) {
    return fail('away', 'The server is not running at the moment. Try again when it is back.').problem;
  }
  return fail('failed', `The server could not do this: ${said}. Try again.`).problem;
}
