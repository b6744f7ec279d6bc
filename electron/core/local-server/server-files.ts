/**
 * The files of the local server in Nightjar's own folder: its record, its log, its configuration and runtime folder.
 *
 * `server.json` is what a Nightjar that was killed leaves for the next one: which process, which port, which token,
 * since when. It is readable by its owner only and replaced in one step. The log keeps the end of the previous run.
 * The person's own Jupyter configuration is neither read nor written.
 */
import { mkdir, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { logGrownBytesMax, logKeptBytesMax } from './limits.ts';

const ServerRecord = v.object({
  schema: v.literal(1),
  pid: v.pipe(v.number(), v.integer(), v.minValue(2)),
  /** Tells the process from a later one with the same id; null where the system does not say. */
  birth: v.nullable(v.string()),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  token: v.pipe(v.string(), v.regex(/^[0-9a-f]{48}$/)),
  rootDir: v.string(),
  startedAt: v.string(),
});
export type ServerRecord = v.InferOutput<typeof ServerRecord>;

export interface ServerFiles {
  readonly record: string;
  readonly log: string;
  readonly previousLog: string;
  readonly configDir: string;
  readonly runtimeDir: string;
}

export function serverFiles(dataDir: string): ServerFiles {
  return {
    record: path.join(dataDir, 'server.json'),
    log: path.join(dataDir, 'server.log'),
    previousLog: path.join(dataDir, 'server.previous.log'),
    configDir: path.join(dataDir, 'config'),
    runtimeDir: path.join(dataDir, 'runtime'),
  };
}

/** Null when there is none or it is not one of ours; a damaged record is no record. */
export async function readServerRecord(dataDir: string): Promise<ServerRecord | null> {
  const text = await readFile(serverFiles(dataDir).record, 'utf8').catch(() => null);
  return text === null ? null : parseServerRecord(text);
}

export function parseServerRecord(text: string): ServerRecord | null {
  const record = v.safeParse(v.pipe(v.string(), v.parseJson(), ServerRecord), text);
  return record.success ? record.output : null;
}

export async function writeServerRecord(dataDir: string, record: ServerRecord): Promise<void> {
  const { record: file } = serverFiles(dataDir);
  const next = `${file}.next`;
  await rm(next, { force: true });
  await writeFile(next, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(next, file);
}

/** Removes the record if it still is the one of that process. */
export async function forgetServer(dataDir: string, pid: number): Promise<void> {
  const record = await readServerRecord(dataDir);
  if (record?.pid === pid) await rm(serverFiles(dataDir).record, { force: true });
}

/**
 * The whole configuration of the server that is not on its command line. It takes the token out of the environment
 * before any kernel can inherit it, so that printing `os.environ` in a notebook does not put it into the output.
 * Without a token in the environment nothing is set, and the server makes one that nobody knows.
 */
const configuration = `# Written by Nightjar at every start of its local server; changes are lost.
import os
import jupyter_server

_token = os.environ.pop("JUPYTER_TOKEN", None)
if _token:
    if jupyter_server.version_info[0] >= 2:
        c.IdentityProvider.token = _token
    else:
        c.ServerApp.token = _token
`;

/** Makes the private folders; 0700, because Jupyter keeps a copy of the token in its runtime folder. */
export async function prepareServerFiles(dataDir: string): Promise<ServerFiles> {
  const files = serverFiles(dataDir);
  for (const folder of [dataDir, files.configDir, files.runtimeDir]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await writeFile(path.join(files.configDir, 'jupyter_server_config.py'), configuration, { mode: 0o600 });
  // Jupyter copies the person's old IPython configuration into a configuration folder that lacks this file.
  await writeFile(path.join(files.configDir, 'migrated'), '');
  await rotateLog(files);
  return files;
}

/** Moves the end of the log aside and empties it in place, so that a server which has it open goes on at its start. */
async function rotateLog(files: ServerFiles): Promise<void> {
  const size = (await stat(files.log).catch(() => null))?.size ?? 0;
  if (size === 0) return;
  await writeFile(files.previousLog, await readLogFrom(files.log, Math.max(0, size - logKeptBytesMax)), {
    mode: 0o600,
  });
  await truncate(files.log, 0);
}

/** Keeps the log of a server that has been running for long within its bound. */
export async function boundLog(dataDir: string): Promise<void> {
  const files = serverFiles(dataDir);
  const size = (await stat(files.log).catch(() => null))?.size ?? 0;
  if (size > logGrownBytesMax) await rotateLog(files);
}

/** What stands in the log from a byte on, at most as much as is ever kept of one. */
export async function readLogFrom(file: string, start: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return Buffer.alloc(0);
  try {
    const size = Math.max(0, Math.min((await handle.stat()).size - start, logKeptBytesMax));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
