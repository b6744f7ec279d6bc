/**
 * A secret that does not print itself.
 *
 * A token turned into text by accident (a log line, an error, JSON) shows nothing. Only `reveal` gives it away, and
 * only the code that fills an authorization header calls it.
 */
import { inspect } from 'node:util';

const redacted = '[redacted]';

export class Token {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

/** What a request to a Jupyter server carries to be let in. The header works on servers and hubs alike. */
export function authorizationOf(token: Token | null): Record<string, string> {
  return token === null ? {} : { Authorization: `token ${token.reveal()}` };
}
