/**
 * `app://nightjar/` and `app://outputs/`: how windows and the frames of outputs get their pages, scripts, styles and
 * fonts, and the walls around the session.
 *
 * Serves a folder for each of the two hosts, reading only. The session denies every permission and device, every download that a page starts,
 * and cancels every request that is not for our own files: a window has no network, whatever runs in it.
 */
import { readFile } from 'node:fs/promises';
import { protocol, type Session } from 'electron';
import { outputFileOf } from './output-pages.ts';
import { appScheme, fileOf, headersFor, isAllowedRequest } from './pages.ts';

/** Must run before the app is ready: Chromium fixes the privileges of schemes when it starts. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: appScheme,
      // Standard and secure give the pages a real origin. Nothing may fetch from it, and the policy holds on it.
      privileges: { standard: true, secure: true, bypassCSP: false, supportFetchAPI: false, codeCache: true },
    },
  ]);
}

function refusal(status: number, method: string): Response {
  const body = method === 'HEAD' ? null : 'Not found.';
  return new Response(body, { status, headers: headersFor('text/plain; charset=utf-8') });
}

export interface ServedFolders {
  /** The built windows. */
  readonly windows: string;
  /** The built page of outputs, with its libraries. */
  readonly outputs: string;
}

function find(url: string, folders: ServedFolders): { file: string; headers: Record<string, string> } | null {
  const page = fileOf(url, folders.windows);
  if (page !== null) return { file: page.file, headers: headersFor(page.type) };
  const output = outputFileOf(url, folders.outputs);
  return output === null ? null : { file: output.file, headers: { ...output.headers } };
}

async function answer(request: Request, folders: ServedFolders): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405, request.method);
  const found = find(request.url, folders);
  if (found === null) return refusal(404, request.method);
  try {
    const bytes = await readFile(found.file);
    return new Response(request.method === 'HEAD' ? null : bytes, { headers: found.headers });
  } catch {
    return refusal(404, request.method);
  }
}

export function serveWindows(session: Session, folders: ServedFolders): void {
  session.protocol.handle(appScheme, (request) => answer(request, folders));
}

/** @param log gets the kind of what was denied, never an address */
export function wallIn(session: Session, log: (line: string) => void): void {
  session.setPermissionRequestHandler((_contents, permission, callback) => {
    log(`a window asked for the permission "${permission}"; denied`);
    callback(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, callback) => {
    const isAllowed = isAllowedRequest(details.url);
    if (!isAllowed) log(`a window tried to load a ${details.resourceType} from elsewhere; cancelled`);
    callback({ cancel: !isAllowed });
  });
}
