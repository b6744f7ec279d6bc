/**
 * Outputs as they stand in the middle of a session, as JSON, and back: applying the rest of the messages to what was
 * restored gives what applying all of them gives.
 *
 * What is restored may come out of a file that nobody vouches for: it is decoded, and what makes no sense is left out.
 */
import * as v from 'valibot';
import { type Cell, type Display, type MessagePlace, noTimes, type NotebookOutputs, type Output } from './model.ts';
import { createOutputs } from './reducer.ts';
import { StreamText } from './stream-text.ts';
import type { OutputBounds } from './model.ts';

const number = v.number();
/** `[seq, timeMs, lane]` */
const place = v.tuple([number, number, number]);
const origin = v.nullable(v.tuple([place, place]));
const json = v.record(v.string(), v.unknown());
const text = v.object({ head: v.string(), omitted: number, tail: v.string(), left: v.string(), right: v.string() });
const count = v.nullable(number);

const savedOutput = v.variant('k', [
  v.object({ k: v.literal('s'), o: origin, name: v.string(), text }),
  v.object({ k: v.literal('d'), o: origin, d: number }),
  v.object({ k: v.literal('r'), o: origin, d: number, count }),
  v.object({ k: v.literal('e'), o: origin, ename: v.string(), evalue: v.string(), lines: v.array(v.string()) }),
]);
type SavedOutput = v.InferOutput<typeof savedOutput>;

/**
 * One cell. Displays stand in it once each; those with an id may stand in several cells, always with the same data.
 */
export const savedCell = v.object({
  key: v.string(),
  omitted: number,
  clearNext: v.boolean(),
  count,
  displays: v.array(v.object({ id: v.nullable(v.string()), data: json, metadata: json, updated: v.nullable(place) })),
  outputs: v.array(savedOutput),
});
export type SavedCell = v.InferOutput<typeof savedCell>;

type SavedPlace = v.InferOutput<typeof place>;

function packPlace({ seq, timeMs, lane }: MessagePlace): SavedPlace {
  return [seq, timeMs, lane];
}

function unpackPlace([seq, timeMs, lane]: SavedPlace): MessagePlace {
  return { seq, timeMs, lane };
}

function packOutput(output: Output, displays: Map<Display, number>): SavedOutput {
  const o: SavedOutput['o'] =
    output.origin === null ? null : [packPlace(output.origin.first), packPlace(output.origin.last)];
  switch (output.kind) {
    case 'stream':
      return { k: 's', o, name: output.name, text: output.text.save() };
    case 'display_data':
      return { k: 'd', o, d: numberOf(output.display, displays) };
    case 'execute_result':
      return { k: 'r', o, d: numberOf(output.display, displays), count: output.executionCount };
    case 'error':
      return { k: 'e', o, ename: output.ename, evalue: output.evalue, lines: [...output.traceback] };
  }
}

function numberOf(display: Display, displays: Map<Display, number>): number {
  const known = displays.get(display) ?? displays.size;
  displays.set(display, known);
  return known;
}

/** Execution times and what a kernel proposes as the next input are not kept: a time line has them elsewhere. */
export function saveCell(cell: Cell): SavedCell {
  const displays = new Map<Display, number>();
  const outputs = cell.outputs.map((output) => packOutput(output, displays));
  return {
    key: cell.key,
    omitted: cell.omitted,
    clearNext: cell.clearNext,
    count: cell.executionCount,
    displays: [...displays.keys()].map(({ id, data, metadata, updated }) => ({
      id,
      data: { ...data },
      metadata: { ...metadata },
      updated: updated === null ? null : packPlace(updated),
    })),
    outputs,
  };
}

function unpackOutput(saved: SavedOutput, displays: readonly Display[], bounds: OutputBounds | null): Output | null {
  const origin = saved.o === null ? null : { first: unpackPlace(saved.o[0]), last: unpackPlace(saved.o[1]) };
  switch (saved.k) {
    case 's':
      return { kind: 'stream', name: saved.name, text: StreamText.restore(saved.text, bounds?.text ?? null), origin };
    case 'e': {
      const { ename, evalue, lines } = saved;
      return { kind: 'error', ename, evalue, traceback: lines, origin };
    }
    case 'd':
    case 'r': {
      const display = displays[saved.d];
      if (display === undefined) return null;
      return saved.k === 'd'
        ? { kind: 'display_data', display, origin }
        : { kind: 'execute_result', display, executionCount: saved.count, origin };
    }
  }
}

export function restoreOutputs(saved: readonly SavedCell[], bounds: OutputBounds | null): NotebookOutputs {
  const state = createOutputs(bounds);
  for (const { key, omitted, clearNext, count: executionCount, displays: savedDisplays, outputs } of saved) {
    const displays = savedDisplays.map((display) => restoreDisplay(state, display));
    const cell: Cell = { key, outputs: [], omitted, clearNext, executionCount, nextInput: null, times: noTimes };
    for (const savedOne of outputs) {
      const output = unpackOutput(savedOne, displays, bounds);
      if (output === null) continue;
      cell.outputs.push(output);
      if (!('display' in output)) continue;
      const { shownIn } = output.display;
      shownIn.set(key, (shownIn.get(key) ?? 0) + 1);
    }
    state.cells.set(key, cell);
  }
  for (const [id, { shownIn }] of state.displays) {
    if (shownIn.size === 0) state.displays.delete(id);
  }
  return state;
}

/** The display, or the one of the same id that another cell brought. */
function restoreDisplay(state: NotebookOutputs, saved: SavedCell['displays'][number]): Display {
  const { id, data, metadata, updated } = saved;
  const known = id === null ? undefined : state.displays.get(id);
  if (known !== undefined) return known;
  const since = updated === null ? null : unpackPlace(updated);
  // Both were decoded to plain JSON objects, which is all that these types say.
  const bundle = { data: data as Display['data'], metadata: metadata as Display['metadata'] };
  const display: Display = { ...bundle, id, shownIn: new Map(), updated: since };
  if (id !== null) state.displays.set(id, display);
  return display;
}

/** A cell's outputs with what a time line tells of them. */
export interface ShownOutputs {
  readonly outputs: Record<string, unknown>[];
  /** Parallel to `outputs`; null where the messages had no place. */
  readonly origins: ({ readonly first: MessagePlace; readonly last: MessagePlace } | null)[];
  /** Characters of text that were left out. */
  readonly omittedCharacters: number;
  /** Whole outputs that were left out of the middle, and where among `outputs`. */
  readonly omittedOutputs: number;
}

export function showOutputs(state: NotebookOutputs, key: string): ShownOutputs {
  const cell = state.cells.get(key);
  const shown: ShownOutputs & { omittedCharacters: number } = {
    outputs: [],
    origins: [],
    omittedCharacters: 0,
    omittedOutputs: cell?.omitted ?? 0,
  };
  for (const output of cell?.outputs ?? []) {
    shown.origins.push(originOf(output));
    switch (output.kind) {
      case 'stream': {
        const { text: shownText, omitted } = output.text.shown();
        shown.omittedCharacters += omitted;
        shown.outputs.push({ output_type: 'stream', name: output.name, text: shownText });
        break;
      }
      case 'error': {
        const { ename, evalue, traceback } = output;
        shown.outputs.push({ output_type: 'error', ename, evalue, traceback: [...traceback] });
        break;
      }
      case 'display_data':
      case 'execute_result': {
        const { data, metadata } = output.display;
        const result = output.kind === 'display_data' ? {} : { execution_count: output.executionCount };
        shown.outputs.push({ output_type: output.kind, data, metadata, ...result });
        break;
      }
    }
  }
  return shown;
}

function originOf(output: Output): ShownOutputs['origins'][number] {
  if (output.origin === null) return null;
  const { first, last } = output.origin;
  const updated = 'display' in output ? output.display.updated : null;
  return { first, last: updated !== null && updated.seq > last.seq ? updated : last };
}
