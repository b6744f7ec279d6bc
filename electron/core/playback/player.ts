/**
 * One journal as a time line, read: the notebook at any moment.
 *
 * Holds the reader and, as a cursor, the notebook where it was asked for last: going on from there costs the messages
 * in between, going elsewhere a stored state and a short tail. Journals without stored states (version 1, damaged ones)
 * get some in memory while they are read. Reads only, and never more than a bounded part of what was printed.
 */
import type { Moment, MomentCell, OutputOrigin } from '../../../shared/ipc/playback.ts';
import { lanes } from '../../../shared/journal/entries.ts';
import { gapsByReason, Pieces, Projector, referenceMime, referredData } from '../../../shared/journal/projector.ts';
import type { SnapshotCell } from '../../../shared/journal/snapshot.ts';
import { momentBytesMax, momentCacheBytes, referredBytesMax } from '../../../shared/limits.ts';
import type { MessagePlace } from '../../../shared/outputs/model.ts';
import { executionCount } from '../../../shared/outputs/reducer.ts';
import { type SavedCell, showOutputs } from '../../../shared/outputs/saved-outputs.ts';
import { fail, ok, type Problem, type Result } from '../../../shared/result.ts';
import { FrameReader, parseContent } from '../../../shared/wire/codec.ts';
import { projectorNear } from '../journal/project.ts';
import { JournalReader } from '../journal/reader.ts';
import { SizedCache } from '../journal/sized-cache.ts';

/** Entries between two states in memory where the journal has none, and how many are kept. */
const checkpointEntries = 10_000;
const checkpointsMax = 200;
/** Moments whose changes are remembered for "what is different since". */
const fingerprintsMax = 32;

const laneNames: Readonly<Record<number, OutputOrigin['lane']>> = {
  [lanes.live]: 'live',
  [lanes.serverBuffer]: 'server-buffer',
  [lanes.recorder]: 'recorder',
  [lanes.rebuilt]: 'rebuilt',
};

interface Checkpoint {
  readonly seq: number;
  readonly text: string;
}

interface ShownCell {
  readonly cell: MomentCell;
  /** About how many characters it is. */
  readonly size: number;
}

export class Player {
  private cursor: Projector | null = null;
  private checkpoints: Checkpoint[] = [];
  private checkpointPieces = new Map<number, SavedCell>();
  private pieces = this.newPieces();
  private readonly referred = new SizedCache<number, Record<string, unknown> | null>(referredBytesMax);
  /** By cell and the entry that last changed it: it looks the same at every moment until the next change. */
  private readonly shown = new SizedCache<string, ShownCell>(momentCacheBytes);
  /** By moment: when each cell had last changed. */
  private readonly fingerprints = new Map<number, ReadonlyMap<string, number>>();

  private constructor(readonly reader: JournalReader) {}

  static open(file: string): Result<Player, Problem> {
    const opened = JournalReader.open(file);
    return opened.ok ? ok(new Player(opened.value)) : fail(opened.problem.kind, opened.problem.sentence);
  }

  close(): void {
    this.reader.close();
    this.cursor = null;
    this.referred.clear();
    this.shown.clear();
  }

  private newPieces(): Pieces {
    return new Pieces((piece) => {
      const id = this.checkpointPieces.size + 1;
      this.checkpointPieces.set(id, piece);
      return id;
    });
  }

  get lastSeq(): number {
    return this.reader.lastSeqStated();
  }

  /** The notebook's state at an entry. It is the cursor: whoever asks again moves it. */
  projectTo(seq: number): Projector {
    const stored = this.reader.stateSeqBefore(seq);
    const checkpoint = this.checkpoints.findLast((candidate) => candidate.seq <= seq);
    const best = Math.max(stored, checkpoint?.seq ?? 0);
    let projector = this.cursor;
    if (projector === null || projector.seq > seq || projector.seq < best) {
      const kept = checkpoint !== undefined && checkpoint.seq > stored ? this.restored(checkpoint) : null;
      projector = kept ?? projectorNear(this.reader, seq);
    }
    this.cursor = projector;
    let since = 0;
    for (const entry of this.reader.entries(projector.seq + 1, seq)) {
      projector.apply(entry);
      since += 1;
      if (since % checkpointEntries === 0) {
        this.keep(projector);
      }
    }
    return projector;
  }

  private restored({ text }: Checkpoint): Projector | null {
    return Projector.restore(
      text,
      (hash) => this.reader.snapshotText(hash),
      (id) => this.checkpointPieces.get(id) ?? null,
      new FrameReader(),
    );
  }

  private keep(projector: Projector): void {
    if (this.checkpoints.some(({ seq }) => Math.abs(seq - projector.seq) < checkpointEntries / 2)) {
      return;
    }
    if (this.checkpoints.length >= checkpointsMax) {
      // Begun anew rather than thinned out: pieces belong to many states.
      this.checkpoints = [];
      this.checkpointPieces = new Map();
      this.pieces = this.newPieces();
    }
    this.checkpoints.push({ seq: projector.seq, text: projector.save(this.pieces) });
    this.checkpoints.sort((left, right) => left.seq - right.seq);
  }

  moment(wanted: number, sinceSeq: number | null): Moment {
    const seq = Math.min(wanted, this.lastSeq);
    const before = sinceSeq === null || sinceSeq === seq ? null : this.fingerprintAt(Math.min(sinceSeq, this.lastSeq));
    const projector = this.projectTo(seq);
    const order = projector.order();
    const now = new Map(order.map((cellId) => [cellId, projector.changedSeq(cellId)]));
    this.remember(seq, now);
    const differing = order.filter((cellId) => {
      if (sinceSeq === null) {
        return true;
      }
      return before !== null && before.get(cellId) !== now.get(cellId);
    });
    let budget = momentBytesMax;
    const cells = differing.map((cellId) => {
      const { cell, size } = this.shownCell(projector, cellId, budget);
      budget -= size;
      return cell;
    });
    return {
      seq,
      timeMs: projector.seq === 0 ? this.firstTimeMs() : projector.timeMs,
      kernelState: projector.kernelState,
      order,
      cells,
      metadata: { ...projector.structure?.metadata },
    };
  }

  private shownCell(projector: Projector, cellId: string, budget: number): ShownCell {
    const key = `${projector.changedSeq(cellId)} ${cellId}`;
    const known = this.shown.get(key);
    if (known !== undefined && known.size <= budget) {
      return known;
    }
    const cell = this.momentCell(projector, cellId, budget);
    const made = { cell, size: sizeOf(cell) };
    if (made.size < budget) {
      this.shown.set(key, made, made.size);
    }
    return made;
  }

  private firstTimeMs(): number {
    for (const entry of this.reader.entries(1, 1)) {
      return entry.timeUs / 1000;
    }
    return this.reader.meta.createdTimeMs;
  }

  private fingerprintAt(seq: number): ReadonlyMap<string, number> {
    const known = this.fingerprints.get(seq);
    if (known !== undefined) {
      return known;
    }
    const projector = this.projectTo(seq);
    const then = new Map(projector.order().map((cellId) => [cellId, projector.changedSeq(cellId)]));
    this.remember(seq, then);
    return then;
  }

  private remember(seq: number, changes: ReadonlyMap<string, number>): void {
    this.fingerprints.delete(seq);
    this.fingerprints.set(seq, changes);
    const [oldest] = this.fingerprints.keys();
    if (this.fingerprints.size > fingerprintsMax && oldest !== undefined) {
      this.fingerprints.delete(oldest);
    }
  }

  /** A cell as it stood. `budget`: characters of output that are left for it; beyond it outputs are left out. */
  momentCell(projector: Projector, cellId: string, budget = Number.POSITIVE_INFINITY): MomentCell {
    const written = projector.structure?.cells.get(cellId);
    const run = projector.runs.get(cellId);
    if (run === undefined) {
      return unrunCell(cellId, written, projector.base?.cells.get(cellId));
    }
    const source = run.source ?? written?.source ?? '';
    const rest = written?.type === 'code' ? written.rest : { cell_type: 'code', id: cellId, metadata: {} };
    const shown = showOutputs(projector.outputs, cellId);
    const origins = shown.origins.map((origin) => originOf(origin));
    const outputs: Record<string, unknown>[] = [];
    let trimmedCharacters = shown.omittedCharacters;
    let left = budget;
    for (const output of shown.outputs) {
      const resolved = this.resolve(output);
      const size = sizeOf(resolved);
      left -= size;
      if (left < 0) {
        trimmedCharacters += size;
        outputs.push(leftOut(resolved, size));
      } else {
        outputs.push(resolved);
      }
    }
    if (shown.omittedOutputs > 0) {
      const half = outputs.length >> 1;
      const neighbour = origins[half] ?? originOf(null);
      outputs.splice(half, 0, note(`⋯ ${shown.omittedOutputs.toLocaleString('en')} outputs left out ⋯\n`));
      origins.splice(half, 0, neighbour);
      trimmedCharacters += 1;
    }
    return {
      cell: { ...rest, source, outputs, execution_count: executionCount(projector.outputs, cellId) },
      state: run.state,
      msgId: run.msgId,
      startedTimeMs: run.startedTimeMs,
      endedTimeMs: run.endedTimeMs,
      origins,
      trimmedCharacters,
      gaps: gapsByReason(run.gaps),
    };
  }

  /** An output with its data in place of a reference to it. */
  private resolve(output: Record<string, unknown>): Record<string, unknown> {
    const { data } = output;
    const seq = typeof data === 'object' && data !== null && referenceMime in data ? Number(data[referenceMime]) : null;
    if (seq === null) {
      return output;
    }
    const found = this.dataAt(seq);
    return { ...output, data: found ?? { 'text/plain': 'This output could not be read from the journal.' } };
  }

  private dataAt(seq: number): Record<string, unknown> | null {
    const known = this.referred.get(seq);
    if (known !== undefined) {
      return known;
    }
    const found = this.reader.contentAt(seq);
    const data = found === null ? null : referredData(parseContent(found));
    this.referred.set(seq, data, found?.byteLength ?? 0);
    return data;
  }
}

function originOf(origin: { readonly first: MessagePlace; readonly last: MessagePlace } | null): OutputOrigin {
  return {
    firstSeq: origin?.first.seq ?? 0,
    lastSeq: origin?.last.seq ?? 0,
    firstTimeMs: origin?.first.timeMs ?? 0,
    lastTimeMs: origin?.last.timeMs ?? 0,
    lane: laneNames[origin?.first.lane ?? 0] ?? 'live',
  };
}

function note(text: string): Record<string, unknown> {
  return { output_type: 'stream', name: 'stdout', text };
}

/** About how many characters an output is. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') {
    return value.length;
  }
  if (typeof value !== 'object' || value === null) {
    return 8;
  }
  let size = 2;
  for (const part of Object.values(value)) {
    size += sizeOf(part);
  }
  return size;
}

function leftOut(output: Record<string, unknown>, size: number): Record<string, unknown> {
  const text = `⋯ ${size.toLocaleString('en')} characters left out ⋯\n`;
  const { output_type: type } = output;
  return type === 'stream' || type === 'error' ? note(text) : { ...output, data: { 'text/plain': text } };
}

/** A cell that was not run in this session: as the file has it. */
function unrunCell(cellId: string, written: SnapshotCell | undefined, base: SnapshotCell | undefined): MomentCell {
  const rest = written?.rest ?? { cell_type: 'raw', id: cellId, metadata: {} };
  const source = written?.source ?? '';
  const code =
    written?.type === 'code' ? { outputs: base?.outputs ?? [], execution_count: base?.executionCount ?? null } : {};
  return {
    cell: { ...rest, source, ...code },
    state: 'none',
    msgId: null,
    startedTimeMs: null,
    endedTimeMs: null,
    origins: [],
    trimmedCharacters: 0,
    gaps: [],
  };
}
