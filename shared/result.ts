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

/** The one place that turns an unknown thrown value into a short text. Never includes a stack. */
export function describeUnknown(error: unknown): string {
  if (error instanceof Error) {
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return `${error.message}${cause}`;
  }
  return typeof error === 'string' ? error : 'unknown error';
}
