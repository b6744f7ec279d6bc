/**
 * What can go wrong with the local server, as values.
 * Owns the closed set of kinds and the sentence for people of each: what happened, what it means, what to do.
 * A sentence holds no secret, no stack trace and no path that the reader did not choose; where only the program that
 * failed knows why, it ends with that program's last line. The detail is the end of its log, redacted.
 */
import type { Problem } from '../../../shared/result.ts';
import { detailLinesMax } from './limits.ts';

export type LocalServerProblemKind =
  | 'python-missing'
  | 'venv-missing'
  | 'index-unreachable'
  | 'disk-full'
  | 'folder-unwritable'
  | 'install-failed'
  | 'install-timeout'
  | 'start-failed'
  | 'start-timeout'
  | 'port-taken'
  | 'server-silent'
  | 'busy'
  | 'cancelled';

export interface LocalServerProblem extends Problem<LocalServerProblemKind> {
  /** The last lines of the log that tell why, redacted; empty when there is nothing to add. */
  readonly detail: string;
}

export const sentences: Readonly<Record<LocalServerProblemKind, string>> = {
  'python-missing':
    'No Python 3.8 or newer was found on this computer, so Nightjar cannot run notebooks here. ' +
    'Install Python from python.org or your package manager, then try again. ' +
    'Remote servers work without it.',
  'venv-missing':
    'Python is installed, but the part that makes private environments is missing. ' +
    'On Debian and Ubuntu run “sudo apt install python3-venv”, then try again. ' +
    'Remote servers work without it.',
  'index-unreachable':
    'Jupyter could not be downloaded because no Python package index answered. ' +
    'Nothing was changed on this computer. Check the network or the proxy in your pip settings, then try again.',
  'disk-full':
    'There is no room left on the disk, so the local Jupyter server could not be prepared. ' +
    'Nothing was left behind. Free about 300 MB, then try again.',
  'folder-unwritable':
    'Nightjar may not write to the folder of its local server. Your notebooks were not touched. ' +
    'Check the permissions of the folder, or choose another one in the settings, then try again.',
  'install-failed':
    'Jupyter could not be installed into Nightjar’s private environment. ' +
    'Nothing else on this computer was changed. Try again, or set NIGHTJAR_PYTHON to a Python that has Jupyter.',
  'install-timeout':
    'Installing Jupyter took too long and was stopped; what was half done has been removed. ' +
    'Try again when the network is faster.',
  'start-failed':
    'The local Jupyter server ended while it was starting, so no notebook can run on this computer yet. ' +
    'Your files were not touched. Try again; if it ends again, its Jupyter needs a look.',
  'start-timeout':
    'The local Jupyter server did not answer within 30 seconds and was stopped. ' +
    'Your files were not touched. Try again when this computer is less busy.',
  'port-taken':
    'Other programs kept taking the network ports that the local Jupyter server was about to use. ' +
    'Your files were not touched. Try again.',
  'server-silent':
    'The local Jupyter server is running but does not answer. Your kernels may still be working in it, ' +
    'so Nightjar left it alone. Wait a moment and try again, or stop the local server to start a new one.',
  busy:
    'Another Nightjar on this computer is still preparing the local server. ' +
    'Wait until it has finished, then try again.',
  cancelled: 'Preparing the local server was cancelled. What was half done has been removed.',
};

/** Where only the program that failed knows why: its last line is said with the sentence. */
const explainedByLog: ReadonlySet<LocalServerProblemKind> = new Set(['install-failed', 'start-failed']);
const lastLineMax = 300;

export function problem(kind: LocalServerProblemKind, log = ''): LocalServerProblem {
  const detail = lastLines(redact(log));
  const lastLine = detail.split('\n').at(-1)?.trim().slice(0, lastLineMax) ?? '';
  const reason = explainedByLog.has(kind) && lastLine !== '' ? ` The last it said: “${lastLine}”.` : '';
  return { kind, sentence: `${sentences[kind]}${reason}`, detail };
}

export function failed(
  kind: LocalServerProblemKind,
  log = '',
): { readonly ok: false; readonly problem: LocalServerProblem } {
  return { ok: false, problem: problem(kind, log) };
}

/**
 * What an error of the file system means for the person; null when the error is none of the expected ones, which
 * the caller then throws on.
 */
export function kindOfFileError(error: unknown): LocalServerProblemKind | null {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'disk-full';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR') return 'folder-unwritable';
  return null;
}

export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/**
 * Takes tokens and passwords out of a text: our own token if it is given, anything that looks like one in a URL or
 * a header, and credentials in the URL of a private package index.
 */
export function redact(text: string, token = ''): string {
  const withoutToken = token === '' ? text : text.replaceAll(token, '[redacted]');
  return withoutToken
    .replace(/([?&]token=)[^\s&"'.][^\s&"']*/gi, '$1[redacted]')
    .replace(/(authorization:\s*\w+\s+)\S+/gi, '$1[redacted]')
    .replace(/(:\/\/)[^\s/@]+@/g, '$1[redacted]@');
}

function lastLines(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  return lines
    .filter((line) => line !== '')
    .slice(-detailLinesMax)
    .join('\n');
}
