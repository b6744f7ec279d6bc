/** Finding in a long output, a slice at a time, so that the window never stands still. */
import { plainStyle, readAnsi } from './ansi.ts';

/** Lines of text by number, while more may come. */
export interface TextSource {
  readonly lineCount: number;
  /** Lines that are finished, and the text of one that is not. */
  readonly finishedLines: number;
  readonly tail: string;
  /** Changes when lines that were there before are other lines now. */
  readonly generation: number;
  lines(from: number, to: number): string[];
}

/** Lines looked through in one go: about 5 ms. */
const sliceLines = 20_000;
/** Found lines kept: more than anybody steps through; the count goes on. */
const foundMax = 100_000;

export function withoutAnsi(text: string): string {
  let plain = '';
  readAnsi(text, plainStyle, (piece) => {
    plain += piece;
  });
  return plain;
}

/** Which of these lines contain the query, without regard to case. */
export function matchingLines(lines: readonly string[], first: number, query: string): number[] {
  const wanted = query.toLowerCase();
  const found: number[] = [];
  for (const [index, line] of lines.entries()) {
    if (withoutAnsi(line).toLowerCase().includes(wanted)) found.push(first + index);
  }
  return found;
}

export interface Found {
  readonly lines: readonly number[];
  /** Of all lines that match, also those beyond the ones that are kept. */
  readonly count: number;
  /** Finished lines looked through, from the first. One that is not finished is looked through again. */
  readonly searched: number;
  /** Whether these were all that there were. */
  readonly isComplete: boolean;
}

export const nothingFound: Found = { lines: [], count: 0, searched: 0, isComplete: false };

/**
 * Searches what is there now and was not searched `before`; tells what it has found after each slice, until the signal
 * ends it.
 */
export async function search(
  source: TextSource,
  query: string,
  signal: AbortSignal,
  tell: (found: Found) => void,
  before = nothingFound,
  pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve)),
): Promise<void> {
  const kept = before.lines.filter((line) => line < before.searched);
  let count = before.count - (before.lines.length - kept.length);
  const end = source.lineCount;
  const finished = source.finishedLines;
  for (let from = before.searched; from < end; from += sliceLines) {
    const to = Math.min(end, from + sliceLines);
    const found = matchingLines(source.lines(from, to), from, query);
    count += found.length;
    for (const line of found.slice(0, foundMax - kept.length)) kept.push(line);
    tell({ lines: kept, count, searched: Math.min(to, finished), isComplete: to >= end });
    await pause();
    if (signal.aborted) return;
  }
  if (end === before.searched) tell({ lines: kept, count, searched: finished, isComplete: true });
}

/** The found line to go to from where the person is; goes round at both ends. Null when there is none. */
export function neighbour(lines: readonly number[], current: number, step: 1 | -1): number | null {
  if (lines.length === 0) return null;
  const next = step === 1 ? lines.find((line) => line > current) : lines.findLast((line) => line < current);
  return next ?? (step === 1 ? lines[0] : lines.at(-1)) ?? null;
}
