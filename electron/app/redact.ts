/**
 * Makes text fit for the log: whatever could be a secret goes, whatever locates a bug stays.
 *
 * Used for errors that nobody foresaw, whose text may quote anything. Errors of our own are logged as sentences.
 */

/** Tokens of Jupyter servers and hubs are hex or base64 of 32 and more characters; journal ids are shorter. */
const longWord = /[A-Za-z0-9_+=-]{32,}/g;
const queryString = /\?[^\s'"]*/g;
const named = /\b(token|authorization|password|secret|cookie)\b(\s*[:=]\s*)(?:(?:token|bearer|basic)\s+)?\S+/gi;

/** A message of this length has quoted something; its beginning says enough. */
const messageLengthMax = 300;

export function redact(text: string): string {
  return text.replaceAll(named, '$1$2…').replaceAll(queryString, '?…').replaceAll(longWord, '…');
}

function framesOf(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => `  ${line.trim()}`);
}

/** Name and place of an error, without its message: for errors that came of values a window sent. */
export function describeWithoutValues(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  return [error.name, ...framesOf(error)].join('\n');
}

/** Name, shortened message and place of an error that came out of nowhere. */
export function describeForLog(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const message = redact(error.message.slice(0, messageLengthMax));
  return [`${error.name}: ${message}`, ...framesOf(error)].join('\n');
}
