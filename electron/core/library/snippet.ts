/** The part of a text that shows why it was found. Pure. */

/** Characters before the first match, and in all: two lines of a list. */
const lead = 40;
const length = 180;
/** Matches of one passage that are weighed. */
const matchesMax = 2_000;

/** Letters and digits, as the index cuts words. */
const word = /[\p{L}\p{N}\p{Co}]+/gu;

export function wordsOf(query: string): string[] {
  return [...query.slice(0, 10_000).matchAll(word)].map(([found]) => found);
}

/** Without case and accents, of the same length: each character stands for itself. */
function folded(text: string): string {
  let result = '';
  for (const character of text) {
    const [base = ''] = character.normalize('NFD').toLowerCase();
    result += base.length === character.length ? base : character;
  }
  return result;
}

export interface Snippet {
  readonly snippet: string;
  /** Matches in it: start and length. */
  readonly marks: (readonly [number, number])[];
  /** Where the first match is in the text; 0 when there is none. */
  readonly at: number;
}

/** All places where a word of the text begins with one of the words, or is one. */
function matches(text: string, words: readonly string[]): (readonly [number, number])[] {
  const wanted = words.map(folded);
  const found: (readonly [number, number])[] = [];
  for (const match of folded(text).matchAll(word)) {
    const longest = wanted.filter((candidate) => match[0].startsWith(candidate)).sort((a, b) => b.length - a.length)[0];
    if (longest !== undefined) {
      found.push([match.index, longest.length]);
    }
  }
  return found;
}

export function snippetOf(text: string, words: readonly string[]): Snippet {
  const all = matches(text, words);
  const at = bestStart(all, text, words);
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const start = Math.max(lineStart, at - lead);
  const end = Math.min(text.length, start + length);
  // One line: line feeds and tabs become spaces of the same width, so that places stay where they are.
  const snippet = text.slice(start, end).replace(/\s/g, ' ').trimEnd();
  const marks = all
    .filter(([place, size]) => place >= start && place + size <= start + snippet.length)
    .map(([place, size]) => [place - start, size] as const);
  return { snippet, marks, at };
}

/** The match behind which most of the words stand nearest to each other. */
function bestStart(all: readonly (readonly [number, number])[], text: string, words: readonly string[]): number {
  const wanted = words.map(folded);
  const lower = folded(text);
  let best = all[0]?.[0] ?? 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const [place] of all.slice(0, matchesMax)) {
    const near = lower.slice(place, place + length - lead);
    const places = wanted.map((candidate) => near.indexOf(candidate)).filter((found) => found >= 0);
    // One word more outweighs any distance.
    const score = places.length * length - Math.max(0, ...places);
    if (score > bestScore) {
      best = place;
      bestScore = score;
    }
  }
  return best;
}
