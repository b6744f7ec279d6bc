/**
 * Waits for a notebook file that somebody is writing at the moment.
 *
 * A stock server (jupyter_server 2) empties the file when a save begins and fills it when the notebook was put into
 * words, which takes a second for a large one. Asked for the notebook meanwhile it takes the empty file for a broken
 * one, puts the writer's backup in its place, and the save is gone (`_read_notebook` in its `fileio.py`). Whoever reads
 * a notebook looks first: a file that became empty a moment ago is one to wait for. What is left is a save that begins
 * between the look and the reading.
 */
import * as v from 'valibot';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerAccess } from '../sessions/manager.ts';

const lookIntervalMs = 250;
/** A file that has been empty for so long is not being written: the server says what it thinks of it. */
const writingMsMax = 10_000;

const fileModel = v.object({ size: v.nullish(v.number()), last_modified: v.string() });

/** `path`: of the notebook, from the server's root folder. Rejects as `fetch` does where the server does not answer. */
export async function untilWritten(server: ServerAccess, path: string, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + writingMsMax;
  while ((await isBeingWritten(server, path, signal)) && performance.now() < endMs) {
    await sleep(lookIntervalMs, undefined, { signal });
  }
}

async function isBeingWritten(server: ServerAccess, path: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${contentsUrl(server, path)}?content=0`, {
    headers: server.headers(),
    redirect: 'manual',
    signal,
  });
  const text = await response.text();
  const model = response.ok ? v.safeParse(v.pipe(v.string(), v.parseJson(), fileModel), text) : null;
  if (model?.success !== true || model.output.size !== 0) {
    return false;
  }
  // Both times are the server's.
  const ageMs = Date.parse(response.headers.get('date') ?? '') - Date.parse(model.output.last_modified);
  return !(ageMs > writingMsMax);
}

export function contentsUrl(server: ServerAccess, path: string): string {
  return `${server.baseUrl}api/contents/${path.split('/').map(encodeURIComponent).join('/')}`;
}
