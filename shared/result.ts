/**
 * Expected failures as values.
 *
 * What can go wrong in normal life (a server away, a wrong token, a damaged file) is returned, not thrown; an
 * exception is a bug. Every problem carries a kind that code can switch over and a sentence that a person can act on.
 */

/** An expected failure: `kind` for code, `sentence` for people (what happened, what it means, what to do). */
export interface Problem<Kind extends string = string> {
  readonly kind: Kind;
  readonly sentence: string;
}

export type Result<Value, Failure extends Problem = Problem> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: Failure };

export const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value });

export const fail = <Kind extends string>(
  kind: Kind,
  sentence: string,
): { readonly ok: false; readonly problem: Problem<Kind> } => ({ ok: false, problem: { kind, sentence } });

/** Ends a `switch` over a closed set: a member that was forgotten does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unexpected member: ${String(value)}`);
}

/** What the codes of Node's system and network errors mean to a person. */
const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ETIMEDOUT: 'no answer came in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer came in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer came in time',
  UND_ERR_BODY_TIMEOUT: 'no answer came in time',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ENOENT: 'there is no such file or folder',
  EACCES: 'this is not allowed',
  EPERM: 'this is not allowed',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many files are open',
};

const causesMax = 4;

/** The code of Node's error, or of what caused it: `fetch` says "fetch failed" and keeps why in a chain. Empty without one. */
export function codeOf(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < causesMax && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current instanceof AggregateError && current.errors.length > 0 ? current.errors[0] : current.cause;
  }
  return '';
}

/** The one place that turns an unknown thrown value into a short text. Never includes a stack. */
export function describeUnknown(error: unknown): string {
  const meaning = meanings[codeOf(error)];
  if (meaning !== undefined) return meaning;
  if (error instanceof Error) {
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return `${error.message}${cause}`;
  }
  return typeof error === 'string' ? error : 'unknown error';
}
