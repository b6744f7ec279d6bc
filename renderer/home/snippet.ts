/** A search hit's snippet in pieces, those that match marked. Pure. */

export interface Piece {
  readonly text: string;
  readonly isMatch: boolean;
  /** Where it begins in the snippet. */
  readonly at: number;
}

/** @param marks matches as [start, length]; those that overlap or lie outside are taken as far as they make sense */
export function piecesOf(snippet: string, marks: readonly (readonly [number, number])[]): Piece[] {
  const pieces: Piece[] = [];
  // Code begins with its indentation, which is nothing to read in a list.
  let at = snippet.length - snippet.trimStart().length;
  const add = (end: number, isMatch: boolean): void => {
    if (end > at) pieces.push({ text: snippet.slice(at, end), isMatch, at });
    at = Math.max(at, end);
  };
  for (const [start, length] of marks.toSorted((a, b) => a[0] - b[0])) {
    add(Math.min(start, snippet.length), false);
    add(Math.min(start + length, snippet.length), true);
  }
  add(snippet.length, false);
  return pieces;
}
