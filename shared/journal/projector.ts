/**
 * The notebook at a moment of a journal: entries go in, in their order, and the state can be asked for and stored.
 *
 * It is what a window showed: a cell runs with its last request, its outputs begin anew there, structure and markdown
 * come from snapshots. Its memory is bounded however much was printed: long texts lose their middle, and large displays
 * are kept as the number of the entry that has them. Restoring a stored state and going on gives what going on gives.
 */
import * as v from 'valibot';
import { inlineDisplayBytes } from '../limits.ts';
import { isObject } from '../outputs/json.ts';
import type { MessagePlace, NotebookOutputs, OutputBounds } from '../outputs/model.ts';
import { apply, beginExecution, createOutputs, forgetCell } from '../outputs/reducer.ts';
import { restoreOutputs, type SavedCell, saveCell } from '../outputs/saved-outputs.ts';
import type { Frame, FrameReader } from '../wire/codec.ts';
import { directions, type Entry, entryKinds } from './entries.ts';
import { readSnapshot, type SnapshotNotebook, snapshotBody } from './snapshot.ts';

/**
 * What a moment keeps of each text: a hundred lines of its beginning, several hundred of its end. A cell that prints
 * between images has many texts, and states and windows carry all of them.
 */
export const momentBounds: OutputBounds = { text: { head: 8 * 1024, tail: 24 * 1024 }, outputs: 200 };

/** MIME type under which a reference stands in place of a display's data. */
export const referenceMime = 'application/vnd.nightjar.reference';

/** Gaps told for one cell. */
const gapsMax = 20;
/** More cells than anybody runs in one session, and prompts than anybody leaves open: a hostile journal ends there. */
const cellsMax = 20_000;
const promptsMax = 1_000;

export type CellState = 'queued' | 'running' | 'done' | 'error' | 'aborted';
export type KernelState = 'unknown' | 'starting' | 'idle' | 'busy' | 'restarting' | 'autorestarting' | 'dead';
const kernelStates: readonly KernelState[] = ['starting', 'idle', 'busy', 'restarting', 'autorestarting', 'dead'];

/** A cell that was run in this session. */
export interface RunCell {
  readonly cellId: string;
  msgId: string;
  /** Code of the last request; null once a snapshot tells the source. */
  source: string | null;
  submittedTimeMs: number;
  startedTimeMs: number | null;
  endedTimeMs: number | null;
  state: CellState;
  hasError: boolean;
  /** The person cleared its outputs and saved. */
  isCleared: boolean;
  /** The last entry that changed anything about it. */
  changedSeq: number;
  gaps: string[];
}

const nullableNumber = v.nullable(v.number());
const savedProjection = v.object({
  seq: v.number(),
  timeMs: v.number(),
  kernelState: v.picklist(['unknown', ...kernelStates] as const),
  structure: v.nullable(v.string()),
  base: v.nullable(v.string()),
  changed: v.array(v.tuple([v.string(), v.number()])),
  runs: v.array(
    v.object({
      cellId: v.string(),
      msgId: v.string(),
      source: v.nullable(v.string()),
      submittedTimeMs: v.number(),
      startedTimeMs: nullableNumber,
      endedTimeMs: nullableNumber,
      state: v.picklist(['queued', 'running', 'done', 'error', 'aborted']),
      hasError: v.boolean(),
      isCleared: v.boolean(),
      changedSeq: v.number(),
      gaps: v.array(v.string()),
    }),
  ),
  prompts: v.array(v.tuple([v.string(), v.string(), v.string(), v.boolean()])),
  /** For each cell with outputs, the piece that holds them. */
  pieces: v.array(v.tuple([v.string(), v.number()])),
});

interface Prompt {
  readonly msgId: string;
  readonly text: string;
  readonly isPassword: boolean;
}

/** Keeps pieces of states. */
export class Pieces {
  private readonly known = new Map<string, { readonly version: string; readonly id: number }>();

  constructor(private readonly keep: (piece: SavedCell) => number) {}

  /** The piece of a cell in this version; made and kept when it is a new one. */
  idOf(key: string, version: string, make: () => SavedCell): number {
    const known = this.known.get(key);
    if (known?.version === version) {
      return known.id;
    }
    const id = this.keep(make());
    this.known.set(key, { version, id });
    return id;
  }
}

export type LoadSnapshot = (hash: string) => string | null;

const outputTypes: ReadonlySet<string> = new Set([
  'stream',
  'display_data',
  'execute_result',
  'update_display_data',
  'error',
  'clear_output',
  'execute_input',
]);

/** Messages that change what a notebook shows. */
export function isOutputType(msgType: string): boolean {
  return outputTypes.has(msgType) && msgType !== 'execute_input';
}

/** The cell of a request: `metadata.cellId`, else a name of its own for code that was run without a cell. */
export function cellOfRequest(frame: Frame): string | null {
  const { cellId } = frame.metadata();
  if (typeof cellId === 'string' && cellId !== '' && cellId.length <= 1_000) {
    return cellId;
  }
  const { silent, store_history: storeHistory } = frame.content();
  return silent === true || storeHistory === false ? null : `run-${frame.header.msg_id.slice(0, 64)}`;
}

export class Projector {
  seq = 0;
  timeMs = 0;
  kernelState: KernelState = 'unknown';
  outputs: NotebookOutputs;
  readonly runs = new Map<string, RunCell>();
  /** Order, sources and metadata: the last snapshot of any kind. */
  structure: SnapshotNotebook | null = null;
  /** Outputs of cells that were not run in this session: the last snapshot that has outputs. */
  base: SnapshotNotebook | null = null;
  /** When each cell of the structure last changed by a snapshot. */
  readonly changedByFile = new Map<string, number>();
  private structureHash: string | null = null;
  private baseHash: string | null = null;
  private readonly cellOfMsg = new Map<string, string>();
  private readonly prompts = new Map<string, Prompt>();

  constructor(
    private readonly loadSnapshot: LoadSnapshot,
    private readonly frames: FrameReader,
    bounds: OutputBounds | null = momentBounds,
  ) {
    this.outputs = createOutputs(bounds);
  }

  /** `null` when what is stored makes no sense: the journal is then read from further back. */
  static restore(
    text: string,
    loadSnapshot: LoadSnapshot,
    loadPiece: (id: number) => SavedCell | null,
    frames: FrameReader,
  ): Projector | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return null;
    }
    const decoded = v.safeParse(savedProjection, value);
    if (!decoded.success) {
      return null;
    }
    const saved = decoded.output;
    const pieces = saved.pieces.map(([key, id]) => ({ key, piece: loadPiece(id) }));
    const cells = pieces.flatMap(({ key, piece }) => (piece?.key === key ? [piece] : []));
    if (cells.length !== pieces.length) {
      return null;
    }
    const projector = new Projector(loadSnapshot, frames);
    projector.seq = saved.seq;
    projector.timeMs = saved.timeMs;
    projector.kernelState = saved.kernelState;
    projector.outputs = restoreOutputs(cells, momentBounds);
    projector.structure = projector.read(saved.structure);
    projector.structureHash = saved.structure;
    projector.base = saved.base === saved.structure ? projector.structure : projector.read(saved.base);
    projector.baseHash = saved.base;
    for (const [cellId, seq] of saved.changed) {
      projector.changedByFile.set(cellId, seq);
    }
    for (const run of saved.runs) {
      projector.runs.set(run.cellId, run);
      projector.cellOfMsg.set(run.msgId, run.cellId);
    }
    for (const [id, msgId, promptText, isPassword] of saved.prompts) {
      projector.prompts.set(id, { msgId, text: promptText, isPassword });
    }
    return projector;
  }

  /** The state as text. Outputs of cells are kept apart, as pieces, and again only when they have changed. */
  save(pieces: Pieces): string {
    const saved: v.InferOutput<typeof savedProjection> = {
      seq: this.seq,
      timeMs: this.timeMs,
      kernelState: this.kernelState,
      structure: this.structureHash,
      base: this.baseHash,
      changed: [...this.changedByFile],
      runs: [...this.runs.values()],
      prompts: [...this.prompts].map(([id, { msgId, text, isPassword }]) => [id, msgId, text, isPassword]),
      pieces: [...this.outputs.cells.values()].map((cell) => {
        const version = `${this.changedSeq(cell.key)} ${cell.clearNext}`;
        return [cell.key, pieces.idOf(cell.key, version, () => saveCell(cell))];
      }),
    };
    return JSON.stringify(saved);
  }

  private read(hash: string | null): SnapshotNotebook | null {
    const text = hash === null ? null : this.loadSnapshot(hash);
    return text === null ? null : readSnapshot(text);
  }

  /** The last entry that changed a cell; 0 when none did. */
  changedSeq(cellId: string): number {
    return Math.max(this.runs.get(cellId)?.changedSeq ?? 0, this.changedByFile.get(cellId) ?? 0);
  }

  /** Cells in the notebook's order; code that was run and stands in no snapshot yet comes last. */
  order(): string[] {
    const order = [...(this.structure?.order ?? [])];
    const known = new Set(order);
    for (const cellId of this.runs.keys()) {
      if (!known.has(cellId)) {
        order.push(cellId);
      }
    }
    return order;
  }

  /** Takes the next entry. Its frame is given when it was read already. Answers whether any cell changed. */
  apply(entry: Entry, known?: Frame | null): boolean {
    this.seq = entry.seq;
    this.timeMs = entry.timeUs / 1000;
    switch (entry.kind) {
      case entryKinds.frame: {
        const frame = known === undefined ? this.frames.read(entry.body) : known;
        return frame !== null && this.applyFrame(frame, entry);
      }
      case entryKinds.snapshot:
        return this.applySnapshot(bodyOf(entry));
      case entryKinds.gap:
        return this.applyGap(bodyOf(entry));
      case entryKinds.link:
        if (bodyOf(entry).phase === 'kernel-gone') {
          this.kernelState = 'dead';
          return this.abortRuns();
        }
        return false;
      default:
        return false;
    }
  }

  private applyFrame(frame: Frame, entry: Entry): boolean {
    const type = frame.header.msg_type;
    if (entry.direction === directions.out) {
      return type === 'execute_request'
        ? this.begin(frame)
        : type === 'input_reply' && this.answerPrompt(frame, placeOf(entry));
    }
    if (outputTypes.has(type)) {
      return frame.channel === 'iopub' && this.applyOutput(frame, entry, type);
    }
    switch (type) {
      case 'status':
        return this.applyStatus(frame);
      case 'execute_reply':
        return this.applyReply(frame, entry);
      case 'input_request': {
        const { prompt, password } = frame.content();
        const parent = frame.parent?.msg_id ?? '';
        if (this.cellOfMsg.has(parent) && this.prompts.size < promptsMax) {
          const text = String(prompt ?? '').slice(0, 10_000);
          this.prompts.set(frame.header.msg_id, { msgId: parent, text, isPassword: password === true });
        }
        return false;
      }
      default:
        return false;
    }
  }

  private begin(frame: Frame): boolean {
    const cellId = cellOfRequest(frame);
    if (cellId === null) {
      return false;
    }
    const { code } = frame.content();
    const before = this.runs.get(cellId);
    if (before === undefined && this.runs.size >= cellsMax) {
      return false;
    }
    if (before?.msgId === frame.header.msg_id) {
      return false;
    }
    this.cellOfMsg.delete(before?.msgId ?? '');
    this.runs.set(cellId, {
      cellId,
      msgId: frame.header.msg_id,
      source: typeof code === 'string' ? code : '',
      submittedTimeMs: this.timeMs,
      startedTimeMs: null,
      endedTimeMs: null,
      state: 'queued',
      hasError: false,
      isCleared: false,
      changedSeq: this.seq,
      gaps: [],
    });
    this.cellOfMsg.set(frame.header.msg_id, cellId);
    beginExecution(this.outputs, cellId);
    return true;
  }

  private answerPrompt(frame: Frame, place: MessagePlace): boolean {
    const id = frame.parent?.msg_id ?? '';
    const prompt = this.prompts.get(id);
    const cellKey = this.cellOfMsg.get(prompt?.msgId ?? '');
    this.prompts.delete(id);
    if (prompt === undefined || cellKey === undefined) {
      return false;
    }
    // JupyterLab writes prompt and answer into the cell; no kernel sends them back.
    const answer = prompt.isPassword ? '········' : String(frame.content().value ?? '');
    const content = { name: 'stdin', text: `${prompt.text} ${answer}\n` };
    return this.changed(apply(this.outputs, { cellKey, msgType: 'stream', content, place }));
  }

  /** The cell to which a message belongs, as far as it was run in this session. Asked before the message is applied. */
  cellOf(frame: Frame, direction: Entry['direction']): string | null {
    if (direction === directions.in) {
      return this.run(frame)?.cellId ?? null;
    }
    const parent = frame.parent?.msg_id ?? '';
    return frame.header.msg_type === 'execute_request'
      ? cellOfRequest(frame)
      : (this.cellOfMsg.get(this.prompts.get(parent)?.msgId ?? '') ?? null);
  }

  private run(frame: Frame): RunCell | undefined {
    const cellId = this.cellOfMsg.get(frame.parent?.msg_id ?? '');
    return cellId === undefined ? undefined : this.runs.get(cellId);
  }

  private start(run: RunCell): boolean {
    if (run.state !== 'queued') {
      return false;
    }
    run.state = 'running';
    run.startedTimeMs = this.timeMs;
    run.changedSeq = this.seq;
    return true;
  }

  private end(run: RunCell, state: CellState): boolean {
    if (run.state !== 'queued' && run.state !== 'running') {
      return false;
    }
    run.state = state;
    run.endedTimeMs = this.timeMs;
    run.changedSeq = this.seq;
    return true;
  }

  private applyOutput(frame: Frame, entry: Entry, type: string): boolean {
    const run = this.run(frame);
    if (run === undefined && type !== 'update_display_data') {
      return false;
    }
    let started = false;
    if (run !== undefined) {
      started = this.start(run);
      run.hasError ||= type === 'error';
    }
    const content = referring(frame.content(), frame.contentBytes.byteLength, entry.seq);
    const message = { cellKey: run?.cellId ?? '', msgType: type, content, place: placeOf(entry) };
    return this.changed(apply(this.outputs, message)) || started;
  }

  /** Takes a display of a cell that is not followed here: what is shown of the same display changes with it. */
  applyDisplay(entry: Entry): void {
    const frame = this.frames.read(entry.body);
    if (frame !== null) {
      const content = referring(frame.content(), frame.contentBytes.byteLength, entry.seq);
      apply(this.outputs, { cellKey: '', msgType: 'update_display_data', content, place: placeOf(entry) });
    }
  }

  private changed(cellIds: readonly string[]): boolean {
    for (const cellId of cellIds) {
      const run = this.runs.get(cellId);
      if (run !== undefined) {
        run.changedSeq = this.seq;
        run.isCleared = false;
      }
    }
    return cellIds.length > 0;
  }

  private applyStatus(frame: Frame): boolean {
    const { execution_state: stated } = frame.content();
    const state = kernelStates.find((candidate) => candidate === stated);
    if (state === undefined) {
      return false;
    }
    this.kernelState = state;
    if (state === 'restarting' || state === 'autorestarting' || state === 'dead') {
      return this.abortRuns();
    }
    const run = this.run(frame);
    if (run === undefined) {
      return false;
    }
    return state === 'busy' ? this.start(run) : state === 'idle' && this.end(run, run.hasError ? 'error' : 'done');
  }

  private applyReply(frame: Frame, entry: Entry): boolean {
    const run = this.run(frame);
    if (run === undefined) {
      return false;
    }
    const content = frame.content();
    const { status } = content;
    const message = {
      cellKey: run.cellId,
      msgType: 'execute_reply',
      content: referringPages(content, entry.seq),
      place: placeOf(entry),
    };
    const changed = this.changed(apply(this.outputs, message));
    const state = status === 'error' ? 'error' : status === 'aborted' ? 'aborted' : 'done';
    if (run.state === 'done' && state === 'error') {
      run.state = 'error';
      run.changedSeq = this.seq;
      return true;
    }
    return this.end(run, state) || changed;
  }

  private abortRuns(): boolean {
    let changed = false;
    for (const run of this.runs.values()) {
      changed = this.end(run, 'aborted') || changed;
    }
    return changed;
  }

  private applyGap(body: Readonly<Record<string, unknown>>): boolean {
    const fromTimeMs = typeof body.fromTimeMs === 'number' ? body.fromTimeMs : this.timeMs;
    const toTimeMs = typeof body.toTimeMs === 'number' ? body.toTimeMs : this.timeMs;
    const sentence = gapSentence(body);
    let changed = false;
    for (const run of this.runs.values()) {
      const ended = run.endedTimeMs ?? Number.POSITIVE_INFINITY;
      if (run.submittedTimeMs <= toTimeMs && ended >= fromTimeMs && run.gaps.length < gapsMax) {
        run.gaps.push(sentence);
        run.changedSeq = this.seq;
        changed = true;
      }
    }
    return changed;
  }

  private applySnapshot(raw: Readonly<Record<string, unknown>>): boolean {
    const decoded = v.safeParse(snapshotBody, raw);
    const notebook = decoded.success ? this.read(decoded.output.hash) : null;
    if (!decoded.success || notebook === null) {
      return false;
    }
    const { hash, reason } = decoded.output;
    const takenMs = decoded.output.timeMs ?? this.timeMs;
    const before = this.structure;
    this.structure = notebook;
    this.structureHash = hash;
    if (reason !== 'edited') {
      this.base = notebook;
      this.baseHash = hash;
    }
    this.noteFileChanges(before, notebook, reason !== 'edited');
    // What was loaded is the file: a window that opens it shows over it what was run and edited since.
    for (const run of reason === 'loaded' ? [] : [...this.runs.values()]) {
      if (run.submittedTimeMs <= takenMs) {
        this.meetSnapshot(run, notebook, reason === 'saved');
      }
    }
    return true;
  }

  private noteFileChanges(before: SnapshotNotebook | null, after: SnapshotNotebook, hasOutputs: boolean): void {
    for (const cell of after.cells.values()) {
      const old = before?.cells.get(cell.id);
      const outputsDiffer =
        hasOutputs && !this.runs.has(cell.id) && JSON.stringify(old?.outputs) !== JSON.stringify(cell.outputs);
      if (old?.key !== cell.key || outputsDiffer) {
        this.changedByFile.set(cell.id, this.seq);
      }
    }
    for (const cellId of this.changedByFile.keys()) {
      if (!after.cells.has(cellId)) {
        this.changedByFile.delete(cellId);
      }
    }
  }

  /** A snapshot that is newer than a cell's request tells its source, and whether it is still there. */
  private meetSnapshot(run: RunCell, notebook: SnapshotNotebook, isSaved: boolean): void {
    const cell = notebook.cells.get(run.cellId);
    if (cell === undefined) {
      // Code that was run without a cell is in no notebook and stays.
      if (!run.cellId.startsWith('run-')) {
        this.runs.delete(run.cellId);
        this.cellOfMsg.delete(run.msgId);
        forgetCell(this.outputs, run.cellId);
      }
      return;
    }
    if (run.source !== null) {
      if (run.source !== cell.source) {
        run.changedSeq = this.seq;
      }
      run.source = null;
    }
    const isOver = run.state !== 'queued' && run.state !== 'running';
    const shows = (this.outputs.cells.get(run.cellId)?.outputs.length ?? 0) > 0;
    if (isSaved && isOver && shows && cell.outputs.length === 0) {
      run.isCleared = true;
      run.changedSeq = this.seq;
      beginExecution(this.outputs, run.cellId);
    }
  }
}

function placeOf(entry: Entry): MessagePlace {
  return { seq: entry.seq, timeMs: entry.timeUs / 1000, lane: entry.lane };
}

function bodyOf(entry: Entry): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(entry.body));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** What a `gap` entry says, for people. */
export function gapSentence(body: Readonly<Record<string, unknown>>): string {
  const { messages, why } = body;
  const count =
    typeof messages !== 'number'
      ? 'An unknown number of messages is'
      : messages === 1
        ? '1 message is'
        : `${messages.toLocaleString('en')} messages are`;
  const reason =
    typeof why === 'string' && why !== '' ? why.slice(0, 500).replace(/\.$/, '') : 'the reason is not known';
  return `${count} missing here: ${reason}.`;
}

/** Sentences of `gapSentence`, one for each reason, with the messages of all its gaps. */
export function gapsByReason(sentences: readonly string[]): string[] {
  const told = new Map<string, { readonly sentence: string; messages: number | null; times: number }>();
  for (const sentence of sentences) {
    const [, count, rest] = /^([\d,]+) messages? (?:is|are) missing here: (.*)\.$/s.exec(sentence) ?? [];
    const known = told.get(rest ?? sentence);
    const messages = count === undefined ? null : Number(count.replaceAll(',', ''));
    if (known === undefined) {
      told.set(rest ?? sentence, { sentence, messages, times: 1 });
    } else {
      known.times += 1;
      known.messages = known.messages === null || messages === null ? null : known.messages + messages;
    }
  }
  return [...told].map(([why, { sentence, messages, times }]) => {
    if (times === 1) return sentence;
    return messages === null ? `${sentence.replace(/\.$/, '')}, ${times} times.` : gapSentence({ messages, why });
  });
}

/** The content with large data replaced by the number of the entry that has it. */
function referring(content: Record<string, unknown>, size: number, seq: number): Record<string, unknown> {
  if (!isObject(content.data)) {
    return content;
  }
  if (size > inlineDisplayBytes || Object.hasOwn(content.data, referenceMime)) {
    // A kernel that sends a reference of its own gets what it sent, and nothing of another entry.
    return { ...content, data: { [referenceMime]: seq } };
  }
  return content;
}

function referringPages(content: Record<string, unknown>, seq: number): Record<string, unknown> {
  if (!Array.isArray(content.payload)) {
    return content;
  }
  const payload = content.payload.map((item: unknown) =>
    isObject(item) && item.source === 'page' && isObject(item.data)
      ? { ...item, data: { [referenceMime]: seq } }
      : item,
  );
  return { ...content, payload };
}

/** The data that a reference stands for, out of the content of its entry's frame. */
export function referredData({ data, payload }: Record<string, unknown>): Record<string, unknown> | null {
  if (isObject(data)) {
    return { ...data };
  }
  const pages = Array.isArray(payload) ? payload.filter(isObject) : [];
  const page = pages.find((item) => item.source === 'page' && isObject(item.data));
  return page !== undefined && isObject(page.data) ? { ...page.data } : null;
}
