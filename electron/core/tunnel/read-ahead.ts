/**
 * Notebook files asked for before their windows are there to ask.
 *
 * Whoever opens a notebook knows which file its window will want; the server works on it while the window comes up. An
 * answer is handed out once and not kept for long, and only a good one: whatever went wrong is asked again by the window,
 * which can say so.
 */
import type { ServerAccess } from '../sessions/manager.ts';
import { contentsUrl, untilWritten } from './half-written.ts';

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: ArrayBuffer;
}

/** A window asks within a second or two; what waits for longer may be out of date. */
const keptMs = 10_000;
/** Notebooks opened at once. */
const readsMax = 8;

/** What a notebook window asks of the contents interface (`fetchNotebook` in the window's drive). */
const question = { type: 'notebook', content: '1', hash: '1' } as const;

interface Read {
  readonly answer: Promise<Answer | null>;
  readonly controller: AbortController;
  readonly timer: NodeJS.Timeout;
}

export class ReadAhead {
  private readonly reads = new Map<string, Read>();

  begin(server: ServerAccess, path: string): void {
    const key = keyOf(server, path);
    this.forget(key);
    if (this.reads.size >= readsMax) {
      return;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => this.forget(key), keptMs);
    timer.unref();
    this.reads.set(key, { answer: read(server, path, controller.signal), controller, timer });
  }

  private forget(key: string): void {
    const found = this.reads.get(key);
    this.reads.delete(key);
    clearTimeout(found?.timer);
    found?.controller.abort();
  }

  /** Something on the server was changed by a request of ours: what was asked for before that may be out of date. */
  drop(server: ServerAccess): void {
    for (const key of [...this.reads.keys()].filter((one) => one.startsWith(keyOf(server, '')))) {
      this.forget(key);
    }
  }

  /**
   * The answer to a window's request, if it was asked for ahead: once. Null within the promise: it has to be asked again.
   * From here on it ends with the window's request (`signal`).
   */
  take(server: ServerAccess, pathAndQuery: string, signal: AbortSignal): Promise<Answer | null> | null {
    const path = notebookOf(pathAndQuery);
    const key = path === null ? '' : keyOf(server, path);
    const found = this.reads.get(key);
    if (found === undefined) {
      return null;
    }
    this.reads.delete(key);
    clearTimeout(found.timer);
    signal.addEventListener('abort', () => found.controller.abort(), { once: true });
    return found.answer;
  }

  close(): void {
    for (const key of [...this.reads.keys()]) {
      this.forget(key);
    }
  }
}

function keyOf(server: ServerAccess, path: string): string {
  return `${server.serverId} ${server.baseUrl} ${path}`;
}

/** The notebook that a window asks for with its content, or null where it asks for anything else. */
export function notebookOf(pathAndQuery: string): string | null {
  const [path = '', query = ''] = pathAndQuery.split('?', 2);
  const asked = new URLSearchParams(query);
  const isSame = Object.entries(question).every(([name, value]) => asked.get(name) === value);
  if (!path.startsWith('api/contents/') || !isSame || [...asked].length !== Object.keys(question).length) {
    return null;
  }
  try {
    return decodeURIComponent(path.slice('api/contents/'.length));
  } catch {
    return null;
  }
}

async function read(server: ServerAccess, path: string, signal: AbortSignal): Promise<Answer | null> {
  try {
    await untilWritten(server, path, signal);
    const response = await fetch(`${contentsUrl(server, path)}?${new URLSearchParams(question)}`, {
      headers: server.headers(),
      redirect: 'manual',
      signal,
    });
    const { status, statusText, headers } = response;
    if (!response.ok) {
      await response.body?.cancel();
      return null;
    }
    return { status, statusText, headers, body: await response.arrayBuffer() };
  } catch {
    return null;
  }
}
