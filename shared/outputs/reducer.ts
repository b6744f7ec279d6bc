/**
 * From kernel messages to notebook outputs: what a cell shows after the messages that were applied, in their order.
 *
 * It promises the outputs that JupyterLab 4.6 would show and save for the same messages, with one difference on purpose:
 * an `execute_result` with a display id is updated too, as the messaging protocol and nbclient have it. A message that
 * makes no sense changes nothing and is counted, never thrown. The state is changed in place, because copying
 * would make long outputs quadratic; MIME data is shared with the message, so whoever hands it in leaves it alone.
 */

import type * as nbformat from '@jupyterlab/nbformat';
import {
  countOrNull,
  isDeeperThan,
  isObject,
  type JsonObject,
  joinedText,
  jsonDepthMax,
  objectOrEmpty,
  stringOr,
  stringsOf,
} from './json.ts';
import {
  type Bundle,
  type Cell,
  type Display,
  type ExecutionTimes,
  type MessagePlace,
  type NextInput,
  noTimes,
  type NotebookOutputs,
  type Origin,
  type Output,
  type OutputBounds,
  type OutputMessage,
} from './model.ts';
import { StreamText } from './stream-text.ts';

export type { ExecutionTimes, MessagePlace, NextInput, NotebookOutputs, OutputMessage } from './model.ts';

const nothing: readonly string[] = [];

export function createOutputs(bounds: OutputBounds | null = null): NotebookOutputs {
  return { bounds, cells: new Map(), displays: new Map(), refusedCount: 0 };
}

/** A cell is run again: its outputs, count and display ids are gone, as JupyterLab does when it sends the request. */
export function beginExecution(state: NotebookOutputs, cellKey: string): void {
  forgetCell(state, cellKey);
  cellOf(state, cellKey);
}

/** Drops everything about a cell. Its displays can no longer be updated there. */
export function forgetCell(state: NotebookOutputs, cellKey: string): void {
  const cell = state.cells.get(cellKey);
  if (cell === undefined) return;
  clear(state, cell);
  state.cells.delete(cellKey);
}

/** Applies one message. Returns the keys of the cells whose outputs, count or next input it changed. */
export function apply(state: NotebookOutputs, message: OutputMessage): readonly string[] {
  const { cellKey, msgType, content, place } = message;
  if (!isObject(content)) return refuse(state);
  switch (msgType) {
    case 'stream':
      return applyStream(state, cellKey, content, place);
    case 'display_data':
    case 'execute_result':
      return applyDisplay(state, message, msgType, content);
    case 'update_display_data':
      return applyUpdate(state, content, place);
    case 'error':
      return add(state, cellOf(state, cellKey), errorOutput(content, place));
    case 'clear_output':
      return applyClear(state, cellOf(state, cellKey), Boolean(content.wait));
    case 'execute_input':
      note(cellOf(state, cellKey), 'inputMs', message.time);
      return applyCount(cellOf(state, cellKey), content);
    case 'execute_reply':
      note(cellOf(state, cellKey), 'replyMs', message.time);
      return applyReply(state, cellOf(state, cellKey), content, place);
    case 'status':
      return applyStatus(state, cellKey, content, message.time);
    default:
      return nothing;
  }
}

/** The cell's outputs as nbformat 4 has them, texts as plain strings. MIME data is shared: treat it as read only. */
export function toNbformat(state: NotebookOutputs, cellKey: string): nbformat.IOutput[] {
  return (state.cells.get(cellKey)?.outputs ?? []).map(outputToNbformat);
}

export function executionCount(state: NotebookOutputs, cellKey: string): nbformat.ExecutionCount {
  return state.cells.get(cellKey)?.executionCount ?? null;
}

export function executionTimes(state: NotebookOutputs, cellKey: string): ExecutionTimes {
  return state.cells.get(cellKey)?.times ?? noTimes;
}

/** What `set_next_input` asked for in the last execution; acting on it is the notebook's matter. */
export function nextInput(state: NotebookOutputs, cellKey: string): NextInput | null {
  return state.cells.get(cellKey)?.nextInput ?? null;
}

/** Messages that show something, or change what is shown under a display id. */
export const displayTypes: ReadonlySet<string> = new Set(['display_data', 'execute_result', 'update_display_data']);

/**
 * The display id that such a message changes wherever it is shown; null when it has none or makes no sense. What is shown
 * of an id in the end is what the last one brought.
 */
export function displayChangedBy(content: JsonObject): string | null {
  return decodeBundle(content) === undefined ? null : displayIdOf(content);
}

/** How many messages made no sense and changed nothing. */
export function refusedCount(state: NotebookOutputs): number {
  return state.refusedCount;
}

function refuse(state: NotebookOutputs): readonly string[] {
  state.refusedCount += 1;
  return nothing;
}

function cellOf(state: NotebookOutputs, key: string): Cell {
  const known = state.cells.get(key);
  if (known !== undefined) return known;
  const empty = { omitted: 0, clearNext: false, executionCount: null, nextInput: null, times: noTimes };
  const cell: Cell = { key, outputs: [], ...empty };
  state.cells.set(key, cell);
  return cell;
}

function note(cell: Cell, which: keyof ExecutionTimes, time: number | undefined): void {
  if (time !== undefined) cell.times = { ...cell.times, [which]: time };
}

function originOf(place: MessagePlace | undefined): Origin | null {
  return place === undefined ? null : { first: place, last: place };
}

function applyStream(
  state: NotebookOutputs,
  cellKey: string,
  content: JsonObject,
  place: MessagePlace | undefined,
): readonly string[] {
  const text = joinedText(content.text);
  if (text === undefined) return refuse(state);
  const name = stringOr(content.name, 'stdout');
  const cell = cellOf(state, cellKey);
  const last = cell.outputs.at(-1);
  // A waiting clear forbids joining: the text belongs to what comes after the clear.
  if (last?.kind === 'stream' && last.name === name && !cell.clearNext) {
    last.text.append(text);
    if (last.origin !== null && place !== undefined) last.origin.last = place;
    return [cell.key];
  }
  const stream = new StreamText(text, state.bounds?.text ?? null);
  return add(state, cell, { kind: 'stream', name, text: stream, origin: originOf(place) });
}

function applyDisplay(
  state: NotebookOutputs,
  { cellKey, place }: OutputMessage,
  kind: 'display_data' | 'execute_result',
  content: JsonObject,
): readonly string[] {
  const bundle = decodeBundle(content);
  if (bundle === undefined) return refuse(state);
  const cell = cellOf(state, cellKey);
  const id = displayIdOf(content);
  // A display id that is shown already is updated everywhere before it is shown once more.
  const changed = id === null ? nothing : updateDisplay(state, id, bundle, place);
  const display = displayFor(state, cell, id, bundle);
  const count = countOrNull(content.execution_count);
  const origin = originOf(place);
  const output: Output =
    kind === 'display_data' ? { kind, display, origin } : { kind, display, executionCount: count, origin };
  const added = add(state, cell, output);
  return changed.length === 0 ? added : [...new Set([...changed, ...added])];
}

/** The shared display of this id, or a new one. A waiting clear runs first: it may take away the last output of the id. */
function displayFor(state: NotebookOutputs, cell: Cell, id: string | null, bundle: Bundle): Display {
  runWaitingClear(state, cell);
  const known = id === null ? undefined : state.displays.get(id);
  if (known !== undefined) return known;
  const display: Display = { ...bundle, id, shownIn: new Map(), updated: null };
  if (id !== null) state.displays.set(id, display);
  return display;
}

function applyUpdate(state: NotebookOutputs, content: JsonObject, place: MessagePlace | undefined): readonly string[] {
  const id = displayIdOf(content);
  const bundle = decodeBundle(content);
  return id === null || bundle === undefined ? refuse(state) : updateDisplay(state, id, bundle, place);
}

function updateDisplay(
  state: NotebookOutputs,
  id: string,
  bundle: Bundle,
  place: MessagePlace | undefined,
): readonly string[] {
  const display = state.displays.get(id);
  if (display === undefined) return nothing;
  display.data = bundle.data;
  display.metadata = bundle.metadata;
  display.updated = place ?? null;
  return [...display.shownIn.keys()];
}

/** The data and metadata of a display; undefined without data, or with data that no Jupyter server could read back. */
function decodeBundle(content: JsonObject): Bundle | undefined {
  const { data, metadata } = content;
  if (!isJson(data)) return undefined;
  return { data, metadata: isJson(metadata) ? metadata : {} };
}

/** The value came out of a JSON decoder, so an object is all that is left to ask for, apart from bounded nesting. */
function isJson(value: unknown): value is nbformat.IMimeBundle {
  return isObject(value) && !isDeeperThan(value, jsonDepthMax);
}

function displayIdOf(content: JsonObject): string | null {
  const id = objectOrEmpty(content.transient).display_id;
  return typeof id === 'string' && id !== '' ? id : null;
}

function errorOutput(content: JsonObject, place: MessagePlace | undefined): Output {
  return {
    kind: 'error',
    ename: stringOr(content.ename, ''),
    evalue: stringOr(content.evalue, ''),
    traceback: stringsOf(content.traceback),
    origin: originOf(place),
  };
}

function applyClear(state: NotebookOutputs, cell: Cell, wait: boolean): readonly string[] {
  if (wait) {
    cell.clearNext = true;
    return nothing;
  }
  return clear(state, cell) ? [cell.key] : nothing;
}

function applyCount(cell: Cell, content: JsonObject): readonly string[] {
  const count = countOrNull(content.execution_count);
  if (count === null || count === cell.executionCount) return nothing;
  cell.executionCount = count;
  return [cell.key];
}

function applyReply(
  state: NotebookOutputs,
  cell: Cell,
  content: JsonObject,
  place: MessagePlace | undefined,
): readonly string[] {
  const changed = applyCount(cell, content);
  const payload = content.payload;
  if (content.status !== 'ok' || !Array.isArray(payload)) return changed;
  const items = payload.filter(isObject);
  const next = items.find((item) => item.source === 'set_next_input');
  const text = next?.text;
  if (typeof text === 'string') cell.nextInput = { text, replace: next?.replace === true };
  const page = items.find((item) => item.source === 'page');
  if (page !== undefined) {
    const bundle = decodeBundle({ data: page.data });
    if (bundle === undefined) {
      refuse(state);
      return changed;
    }
    const display = displayFor(state, cell, null, bundle);
    return add(state, cell, { kind: 'display_data', display, origin: originOf(place) });
  }
  return typeof text === 'string' ? [cell.key] : changed;
}

/** The status itself is no output; its times tell how long the cell ran. */
function applyStatus(
  state: NotebookOutputs,
  cellKey: string,
  content: JsonObject,
  time: number | undefined,
): readonly string[] {
  if (content.execution_state === 'busy') note(cellOf(state, cellKey), 'busyMs', time);
  if (content.execution_state === 'idle') note(cellOf(state, cellKey), 'idleMs', time);
  return nothing;
}

function add(state: NotebookOutputs, cell: Cell, output: Output): readonly string[] {
  runWaitingClear(state, cell);
  cell.outputs.push(output);
  if ('display' in output) {
    const { shownIn } = output.display;
    shownIn.set(cell.key, (shownIn.get(cell.key) ?? 0) + 1);
  }
  const kept = state.bounds?.outputs ?? Number.POSITIVE_INFINITY;
  if (cell.outputs.length > 2 * kept) {
    for (const dropped of cell.outputs.splice(kept, 1)) leave(state, cell, dropped);
    cell.omitted += 1;
  }
  return [cell.key];
}

/** An output is shown no longer; a display that nothing shows cannot be updated any more. */
function leave(state: NotebookOutputs, cell: Cell, output: Output): void {
  if (!('display' in output)) return;
  const { id, shownIn } = output.display;
  const left = (shownIn.get(cell.key) ?? 0) - 1;
  if (left > 0) shownIn.set(cell.key, left);
  else shownIn.delete(cell.key);
  if (shownIn.size === 0 && id !== null) state.displays.delete(id);
}

function runWaitingClear(state: NotebookOutputs, cell: Cell): void {
  if (!cell.clearNext) return;
  cell.clearNext = false;
  clear(state, cell);
}

/** Empties the cell. Returns whether there was anything. */
function clear(state: NotebookOutputs, cell: Cell): boolean {
  const old = cell.outputs;
  cell.outputs = [];
  cell.omitted = 0;
  for (const output of old) leave(state, cell, output);
  return old.length > 0;
}

function outputToNbformat(output: Output): nbformat.IOutput {
  switch (output.kind) {
    case 'stream':
      return { output_type: 'stream', name: output.name, text: output.text.toString() };
    case 'display_data': {
      const { data, metadata } = output.display;
      return { output_type: 'display_data', data, metadata };
    }
    case 'execute_result': {
      const { data, metadata } = output.display;
      return { output_type: 'execute_result', data, metadata, execution_count: output.executionCount };
    }
    case 'error': {
      const { ename, evalue, traceback } = output;
      return { output_type: 'error', ename, evalue, traceback: [...traceback] };
    }
  }
}
