/**
 * `app://nightjar/` and `app://outputs/`: how windows and the frames of outputs get their pages, scripts, styles and
 * fonts, and the walls around the session.
 *
 * Serves a folder for each of the two hosts, reading only. The session denies every permission and device, every download that a page starts,
 * and cancels every request that is not for our own files: a window has no network, whatever runs in it. What a person
 * has allowed the outputs of a notebook, the main process loads for them.
 */
import { readFile } from 'node:fs/promises';
import { protocol, type Session, type WebFrameMain } from 'electron';
import { fetchForOutput } from './output-fetch.ts';
import type { OutputNetwork } from './output-network.ts';
import { outputFileOf, outputNetScheme } from './output-pages.ts';
import { appScheme, fileOf, headersFor, isAllowedRequest } from './pages.ts';

/** Must run before the app is ready: Chromium fixes the privileges of schemes when it starts. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: appScheme,
      // Standard and secure give the pages a real origin. Nothing may fetch from it, and the policy holds on it.
      privileges: { standard: true, secure: true, bypassCSP: false, supportFetchAPI: false, codeCache: true },
    },
    {
      scheme: outputNetScheme,
      // In the place of https for what an output may load, so it behaves as that: to be fetched, under CORS and policy.
      privileges: { standard: true, secure: true, bypassCSP: false, supportFetchAPI: true, corsEnabled: true },
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
  /** What outputs may load from elsewhere. */
  readonly network: OutputNetwork;
}

function find(url: string, folders: ServedFolders): { file: string; headers: Record<string, string> } | null {
  const page = fileOf(url, folders.windows);
  if (page !== null) return { file: page.file, headers: headersFor(page.type) };
  const output = outputFileOf(url, folders.outputs, (page) => folders.network.ofPage(page));
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
  session.protocol.handle(outputNetScheme, (request) => fetchForOutput(request, folders.network.targetOf(request.url)));
}

/** The page in a frame, as the browser process knows it; nothing when the frame is gone or a worker asks. */
function addressOf(frame: WebFrameMain | null | undefined): string {
  try {
    return frame?.url ?? '';
  } catch {
    return '';
  }
}

/** @param log gets the kind of what was denied, never an address */
export function wallIn(session: Session, network: OutputNetwork, log: (line: string) => void): void {
  session.setPermissionRequestHandler((_contents, permission, callback) => {
    log(`a window asked for the permission "${permission}"; denied`);
    callback(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, callback) => {
    const page = addressOf(details.frame);
    const route = network.routeOf(page, details.url);
    if (route !== null) {
      callback({ redirectURL: route });
      return;
    }
    const isAllowed = isAllowedRequest(details.url) || network.isOwnRoute(page, details.url);
    if (!isAllowed) log(`a window tried to load a ${details.resourceType} from elsewhere; cancelled`);
    callback({ cancel: !isAllowed });
  });
}
