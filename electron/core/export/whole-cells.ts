/**
 * The cells of a notebook with everything they show, a few at a time.
 *
 * A window's moment leaves out the middle of what is long; an export must not, and a long session does not fit into
 * memory. So the journal is read twice. The first reading keeps next to nothing: which cells there are, which stretches
 * of the journal hold the messages of each, and which message was the last to change a display. The second makes the
 * outputs of a few cells from their stretches, and forgets them for the next.
 */
import type { MomentCell } from '../../../shared/ipc/playback.ts';
import { type Entry, directions, entryKinds } from '../../../shared/journal/entries.ts';
import { Projector } from '../../../shared/journal/projector.ts';
import { exportPartBytes } from '../../../shared/limits.ts';
import type { OutputBounds } from '../../../shared/outputs/model.ts';
import { beginExecution, displayChangedBy, displayTypes } from '../../../shared/outputs/reducer.ts';
import { type Frame, FrameReader } from '../../../shared/wire/codec.ts';
import type { JournalReader } from '../journal/reader.ts';
import type { Player } from '../playback/player.ts';

/** Outputs of the first reading: whether there are any is all that is asked of them. */
const barely: OutputBounds = { text: { head: 1, tail: 1 }, outputs: 1 };
/** Of a text this many characters at each end: far beyond what any program opens, and two of them fit into a string. */
const whole: OutputBounds = { text: { head: 32 * 1024 * 1024, tail: 32 * 1024 * 1024 }, outputs: 100_000 };

/** The journal in stretches of so many entries. They do not depend on its blocks, which may be damaged. */
const stretchEntries = 1_024;

/** Where the messages of a cell's last request are. */
interface Share {
  bytes: number;
  /** Numbers of stretches, ascending. */
  readonly stretches: number[];
}

export class WholeCells {
  private readonly survey: Projector;
  private readonly shares = new Map<string, Share>();
  /** Cells whose outputs the person cleared, and the entry that tells it. */
  private readonly clearedSeq = new Map<string, number>();
  /** By display id, the last message that changed it wherever it is shown. */
  private readonly lastChange = new Map<string, number>();

  /** `seq`: the moment. Reads the journal up to it. `partBytes`: of messages whose cells are made at once. */
  constructor(
    private readonly player: Player,
    seq: number,
    private readonly partBytes = exportPartBytes,
  ) {
    this.survey = new Projector((hash) => this.reader.snapshotText(hash), new FrameReader(), barely);
    const frames = new FrameReader();
    for (const entry of this.reader.entries(1, seq)) {
      this.look(entry, entry.kind === entryKinds.frame ? frames.read(entry.body) : null);
    }
  }

  private get reader(): JournalReader {
    return this.player.reader;
  }

  get metadata(): Record<string, unknown> {
    return { ...this.survey.structure?.metadata };
  }

  /** All cells in the notebook's order, without what they show. */
  *bare(): Generator<MomentCell> {
    for (const cellId of this.survey.order()) {
      yield this.player.momentCell(this.survey, cellId, 0);
    }
  }

  /** All cells in the notebook's order. Each is made when it is asked for, and kept no longer than its neighbours. */
  *cells(): Generator<MomentCell> {
    for (const part of this.parts()) {
      this.survey.outputs = this.made(part).outputs;
      for (const cellId of part) {
        yield this.player.momentCell(this.survey, cellId);
      }
    }
  }

  private look(entry: Entry, frame: Frame | null): void {
    const { survey } = this;
    const cellId = frame === null ? null : survey.cellOf(frame, entry.direction);
    survey.apply(entry, frame);
    if (entry.kind === entryKinds.snapshot) {
      for (const run of survey.runs.values()) {
        if (run.isCleared && run.changedSeq === entry.seq) {
          this.clearedSeq.set(run.cellId, entry.seq);
        }
      }
    }
    if (frame === null) {
      return;
    }
    const { msg_type: type } = frame.header;
    const isSeen = cellId !== null || type === 'update_display_data';
    if (isSeen && frame.channel === 'iopub' && displayTypes.has(type)) {
      const id = displayChangedBy(frame.content());
      if (id !== null) {
        this.lastChange.set(id, entry.seq);
      }
    }
    if (cellId !== null) {
      this.note(cellId, entry, frame);
    }
  }

  private note(cellId: string, entry: Entry, frame: Frame): void {
    const stretch = Math.floor(entry.seq / stretchEntries);
    if (isRequest(entry, frame) && this.survey.runs.get(cellId)?.changedSeq === entry.seq) {
      this.clearedSeq.delete(cellId);
      this.shares.set(cellId, { bytes: entry.body.byteLength, stretches: [stretch] });
      return;
    }
    const share = this.shares.get(cellId);
    if (share !== undefined) {
      share.bytes += entry.body.byteLength;
      if (share.stretches.at(-1) !== stretch) {
        share.stretches.push(stretch);
      }
    }
  }

  /** Neighbouring cells that are made at once. */
  private *parts(): Generator<string[]> {
    let part: string[] = [];
    let bytes = 0;
    for (const cellId of this.survey.order()) {
      const size = this.shareOf(cellId)?.bytes ?? 0;
      if (part.length > 0 && bytes + size > this.partBytes) {
        yield part;
        part = [];
        bytes = 0;
      }
      part.push(cellId);
      bytes += size;
    }
    yield part;
  }

  /** A cell that is not run any more shows what the file has. */
  private shareOf(cellId: string): Share | undefined {
    return this.survey.runs.has(cellId) ? this.shares.get(cellId) : undefined;
  }

  /** A projector that has seen the messages of these cells and no others. */
  private made(cellIds: readonly string[]): Projector {
    const projector = new Projector(() => null, new FrameReader(), whole);
    const frames = new FrameReader();
    const msgIds = new Set(cellIds.map((cellId) => this.survey.runs.get(cellId)?.msgId));
    const uncleared = new Map(
      cellIds.flatMap((cellId) => {
        const seq = this.clearedSeq.get(cellId);
        return seq === undefined ? [] : [[cellId, seq] as const];
      }),
    );
    const clear = (cellId: string): void => {
      beginExecution(projector.outputs, cellId);
      uncleared.delete(cellId);
    };
    const stretches = new Set(cellIds.flatMap((cellId) => this.shareOf(cellId)?.stretches ?? []));
    for (const stretch of [...stretches].sort((left, right) => left - right)) {
      const first = stretch * stretchEntries;
      const last = Math.min(first + stretchEntries - 1, this.survey.seq);
      for (const entry of this.reader.entries(Math.max(1, first), last)) {
        const frame = entry.kind === entryKinds.frame ? frames.read(entry.body) : null;
        const cellId = frame === null ? null : projector.cellOf(frame, entry.direction);
        if (frame === null || cellId === null || (isRequest(entry, frame) && !msgIds.has(frame.header.msg_id))) {
          continue;
        }
        if (entry.seq > (uncleared.get(cellId) ?? Number.POSITIVE_INFINITY)) {
          clear(cellId);
        }
        projector.apply(entry, frame);
      }
    }
    for (const cellId of [...uncleared.keys()]) {
      clear(cellId);
    }
    this.changeDisplays(projector);
    return projector;
  }

  /** Brings displays to what other cells made of them. */
  private changeDisplays(projector: Projector): void {
    for (const id of projector.outputs.displays.keys()) {
      const seq = this.lastChange.get(id);
      for (const entry of seq === undefined ? [] : this.reader.entries(seq, seq)) {
        projector.applyDisplay(entry);
      }
    }
  }
}

function isRequest(entry: Entry, frame: Frame): boolean {
  return entry.direction === directions.out && frame.header.msg_type === 'execute_request';
}
