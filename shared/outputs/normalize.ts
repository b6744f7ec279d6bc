/**
 * One form for the outputs of different clients, so that a comparison finds differences that a person could see.
 *
 * Clients cut the same stream into other pieces, store texts as lists of lines, keep or drop empty prints and order
 * keys as they like. All of that is levelled here, and nothing else: values that change from run to run (addresses,
 * durations) are the caller's matter. Normalizing twice gives the same as once. Input of any shape is accepted; what is
 * not an output is kept as it is, so that it shows in the comparison.
 */

import { isObject, type JsonObject, joinBundle, joinedText, sortedCopy, stringOr } from './json.ts';
import { StreamText } from './stream-text.ts';

type Piece =
  | { readonly kind: 'stream'; readonly name: string; readonly raw: string[] }
  | { readonly kind: 'other'; readonly value: unknown };

/** Joined texts, merged consecutive streams, applied `\r` and `\b`, no empty streams, sorted keys. */
export function normalizeOutputs(outputs: readonly unknown[]): unknown[] {
  return finish(outputs.map(toPiece));
}

/**
 * As `normalizeOutputs`, with all text of a stream in the place of its first, and stdout before stderr where the two
 * meet: the order of nbclient's `coalesce_streams`, which does not depend on how the two streams raced. Apply it to
 * both sides, and let nbclient run without that option: its own treatment of `\r` throws away what was not overwritten.
 */
export function mergeStreamsByName(outputs: readonly unknown[]): unknown[] {
  const merged: Piece[] = [];
  const places = new Map<string, number>();
  for (const piece of outputs.map(toPiece)) {
    const place = piece.kind === 'stream' ? places.get(piece.name) : undefined;
    const first = place === undefined ? undefined : merged[place];
    if (piece.kind === 'stream' && place !== undefined && first?.kind === 'stream') {
      for (const text of piece.raw) first.raw.push(text);
      continue;
    }
    if (piece.kind === 'stream') places.set(piece.name, merged.length);
    merged.push(piece);
  }
  return finish(stdoutFirst(merged.filter((piece) => !isEmptyStream(piece))));
}

function toPiece(output: unknown): Piece {
  if (isObject(output) && output.output_type === 'stream') {
    const text = joinedText(output.text);
    if (text !== undefined) return { kind: 'stream', name: stringOr(output.name, 'stdout'), raw: [text] };
  }
  return { kind: 'other', value: output };
}

function finish(pieces: readonly Piece[]): unknown[] {
  let current = mergeNeighbours(pieces);
  // A stream that comes to nothing may have kept two others apart: they meet when it goes.
  while (current.some(isEmptyStream)) {
    current = mergeNeighbours(current.filter((piece) => !isEmptyStream(piece)));
  }
  return current.map((piece) =>
    sortedCopy(
      piece.kind === 'stream'
        ? { name: piece.name, output_type: 'stream', text: textOf(piece.raw) }
        : plainOutput(piece.value),
    ),
  );
}

function mergeNeighbours(pieces: readonly Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (piece.kind === 'stream' && last?.kind === 'stream' && last.name === piece.name) {
      for (const text of piece.raw) last.raw.push(text);
    } else {
      merged.push(piece);
    }
  }
  return merged;
}

function stdoutFirst(pieces: readonly Piece[]): Piece[] {
  const ordered = [...pieces];
  for (let i = 0; i + 1 < ordered.length; i += 1) {
    const [here, next] = [ordered[i], ordered[i + 1]];
    if (here?.kind === 'stream' && here.name === 'stderr' && next?.kind === 'stream' && next.name === 'stdout') {
      ordered.splice(i, 2, next, here);
    }
  }
  return ordered;
}

function textOf(raw: readonly string[]): string {
  const text = new StreamText();
  for (const chunk of raw) text.append(chunk);
  return text.toString();
}

function isEmptyStream(piece: Piece): boolean {
  return piece.kind === 'stream' && textOf(piece.raw) === '';
}

function plainOutput(output: unknown): unknown {
  if (!isObject(output)) return output;
  const { transient: _, ...kept } = output;
  const type = kept.output_type;
  if (type !== 'display_data' && type !== 'execute_result') return kept;
  return { ...kept, data: plainData(kept), metadata: isObject(kept.metadata) ? kept.metadata : {} };
}

function plainData(output: JsonObject): unknown {
  const data = output.data;
  return isObject(data) ? joinBundle(data) : data;
}
