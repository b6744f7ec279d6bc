/**
 * The log file: one line per event, for finding out later what happened.
 *
 * Owns `logs/nightjar.log` in the data folder and its two predecessors. Lines are written in the background, in
 * order; `flush` writes the rest at once, for the end of the process. Callers hand in no secrets; what an unforeseen
 * error says is redacted before it comes here. A log that cannot be written is given up quietly: it serves the
 * product, not the other way round.
 */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';

/** Three files of 1 MiB hold weeks of link events and still attach to an e-mail. */
const fileBytesMax = 1024 * 1024;
const filesMax = 3;
/** One event never fills the log: a longer line is cut. */
const lineLengthMax = 8 * 1024;
const fileMode = 0o600;

export interface Log {
  (line: string): void;
  /** Writes what is waiting before it returns. */
  flush(): void;
}

export function openLog(folder: string, clock: () => number = Date.now): Log {
  const file = path.join(folder, 'nightjar.log');
  let size = 0;
  let waiting = '';
  let isWriting = false;
  let isBroken = false;

  const numbered = (index: number): string => (index === 0 ? file : path.join(folder, `nightjar.${index}.log`));

  const attempt = (work: () => void): void => {
    try {
      work();
    } catch {
      isBroken = true;
    }
  };

  const rotate = (): void => {
    rmSync(numbered(filesMax - 1), { force: true });
    for (let index = filesMax - 2; index >= 0; index -= 1) {
      if (statSync(numbered(index), { throwIfNoEntry: false })) renameSync(numbered(index), numbered(index + 1));
    }
    size = 0;
  };

  const take = (): string => {
    const text = waiting;
    waiting = '';
    if (size > 0 && size + text.length > fileBytesMax) attempt(rotate);
    size += text.length;
    return text;
  };

  const drain = async (): Promise<void> => {
    isWriting = true;
    while (waiting !== '' && !isBroken) {
      try {
        await appendFile(file, take(), { mode: fileMode });
      } catch {
        isBroken = true;
      }
    }
    isWriting = false;
  };

  attempt(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  });

  const log = (line: string): void => {
    if (isBroken) return;
    waiting += `${new Date(clock()).toISOString()} ${line.slice(0, lineLengthMax)}\n`;
    if (!isWriting) void drain();
  };
  const flush = (): void => {
    if (waiting !== '' && !isBroken) attempt(() => appendFileSync(file, take(), { mode: fileMode }));
  };
  return Object.assign(log, { flush });
}
