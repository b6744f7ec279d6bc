/**
 * Saves a file of a server to this computer.
 *
 * The bytes stream to a file beside the wanted one, which is renamed when whole: a cut leaves no half file under the
 * person's name. Uses the server's `files/` route, which sends the bytes as they are.
 */
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describeUnknown, fail, ok, type Result } from '../../../shared/result.ts';
import { encodePath } from '../../../shared/urls.ts';
import type { ServerAccess } from '../sessions/manager.ts';
import { networkProblem } from './probe.ts';

/** Progress is told at most this often. */
const progressIntervalMs = 100;

export async function downloadFile(
  server: ServerAccess,
  filePath: string,
  toFile: string,
  onProgress: (bytes: number, bytesTotal: number | null, done: boolean) => void,
): Promise<Result<null>> {
  const name = filePath.split('/').pop() ?? filePath;
  let response: Response;
  try {
    response = await fetch(`${server.baseUrl}files/${encodePath(filePath)}`, {
      headers: server.headers(),
      redirect: 'manual',
    });
  } catch (error) {
    return networkProblem(server.baseUrl, error);
  }
  if (!response.ok || response.body === null) {
    const why = response.status === 404 ? 'it is no longer there' : `the server answered ${response.status}`;
    return fail('download', `${name} could not be downloaded: ${why}. Refresh the list and try again.`);
  }
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const bytesTotal = Number.isFinite(length) ? length : null;
  const beside = `${toFile}.nightjar-partial`;
  let bytes = 0;
  let toldMs = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      if (performance.now() - toldMs > progressIntervalMs) {
        toldMs = performance.now();
        onProgress(bytes, bytesTotal, false);
      }
      done(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body), counter, fs.createWriteStream(beside));
    await fsPromises.rename(beside, toFile);
  } catch (error) {
    await fsPromises.rm(beside, { force: true });
    return fail(
      'download',
      `${name} could not be saved: ${describeUnknown(error)}. Nothing was left behind; try again.`,
    );
  }
  onProgress(bytes, bytesTotal, true);
  return ok(null);
}
