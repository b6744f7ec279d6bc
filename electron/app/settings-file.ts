/**
 * Keeps a damaged settings file from stopping the start, and from being lost.
 *
 * A file that is not a JSON object is put aside under another name, where a person can still read it, and the app
 * goes on with defaults.
 */
import { readFileSync, renameSync } from 'node:fs';

function isSound(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Gives the name under which the damaged file was kept, or null when there was nothing to do. */
export function putDamagedAside(file: string, nowMs: number): string | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // There is none yet, or it cannot be read: then the first write says what is wrong.
    return null;
  }
  if (isSound(text)) return null;
  const kept = `${file}.damaged-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`;
  renameSync(file, kept);
  return kept;
}
