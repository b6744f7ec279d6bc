/** What the commands print, and how they end. */
import os from 'node:os';
import path from 'node:path';

export const ExitCode = { ok: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

export function printProblem(sentence: string): void {
  process.stderr.write(`nightjar: ${sentence.replace(/\s*\n\s*/g, ' ')}\n`);
}

/** Writes to standard output; waiting for a slow reader keeps memory bounded however much there is to say. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) {
    await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}

export function helpText(text: string): string {
  return `${text.trim()}\n`;
}

/** Errors of `node:util` `parseArgs`: an unknown option, a missing value. */
export function isUsageError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_PARSE_ARGS')
  );
}

/** Where the app keeps its data: the folder Electron calls `userData`. */
export function defaultDataDir(): string {
  const home = os.homedir();
  switch (process.platform) {
    case 'darwin':
      return path.join(home, 'Library', 'Application Support', 'Nightjar');
    case 'win32':
      return path.join(process.env.APPDATA ?? path.join(home, 'AppData', 'Roaming'), 'Nightjar');
    default:
      return path.join(process.env.XDG_CONFIG_HOME ?? path.join(home, '.config'), 'Nightjar');
  }
}

export function defaultJournalDir(): string {
  return path.join(defaultDataDir(), 'journals');
}

/** 1536 → "1.5 KB". */
export function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}

/** Local time to the second, sortable. */
export function timeText(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
