/**
 * What of a journal is searched: its code, its printed text, its errors, cut into passages of a few thousand
 * characters that each belong to one cell.
 */
import { directions, type Entry, entryKinds, type Execution } from '../../../shared/journal/entries.ts';
import { cellOfRequest } from '../../../shared/journal/projector.ts';
import { passageCharacters, searchedCharactersMax } from '../../../shared/limits.ts';
import { isObject, joinedText, spoken, stringsOf } from '../../../shared/outputs/json.ts';
import { type Frame, FrameReader } from '../../../shared/wire/codec.ts';
import { plainText } from './plain-text.ts';

export type Where = 'input' | 'output' | 'error';

export interface Passage {
  readonly where: Where;
  readonly cellId: string | null;
  readonly text: string;
  /** For each message in it: where its text begins, its entry, its time. */
  readonly parts: readonly (readonly [at: number, seq: number, timeMs: number])[];
}

interface Open {
  readonly where: Where;
  readonly cellId: string | null;
  text: string;
  readonly parts: [number, number, number][];
}

/** Collects text per cell and hands out passages as they are full. */
export class PassageMaker {
  private readonly frames = new FrameReader();
  private readonly cells = new Map<string, string | null>();
  private readonly open = new Map<string, Open>();
  private ready: Passage[] = [];

  constructor(executions: readonly Execution[]) {
    for (const { msgId, cellId } of executions) {
      this.cells.set(msgId, cellId);
    }
  }

  add(entry: Entry): void {
    const frame = entry.kind === entryKinds.frame ? this.frames.read(entry.body) : null;
    if (frame === null) {
      return;
    }
    const type = frame.header.msg_type;
    if (entry.direction === directions.out) {
      if (type === 'execute_request') {
        const cellId = cellOfRequest(frame);
        this.cells.set(frame.header.msg_id, cellId);
        this.put('input', frame.header.msg_id, cellId, spoken(frame.content().code ?? ''), entry);
      }
      return;
    }
    const parent = frame.parent?.msg_id ?? '';
    const said = frame.channel === 'iopub' && this.cells.has(parent) ? textOf(frame, type) : null;
    if (said !== null) {
      this.put(type === 'error' ? 'error' : 'output', parent, this.cells.get(parent) ?? null, said, entry);
    }
  }

  private put(where: Where, msgId: string, cellId: string | null, raw: string, entry: Entry): void {
    const text = plainText(raw.slice(0, searchedCharactersMax));
    const key = `${where} ${msgId}`;
    for (let at = 0; at < text.length; at += passageCharacters) {
      const piece = text.slice(at, at + passageCharacters);
      let open = this.open.get(key);
      if (open !== undefined && open.text.length + piece.length > passageCharacters) {
        this.finish(key, open);
        open = undefined;
      }
      open ??= { where, cellId, text: '', parts: [] };
      open.parts.push([open.text.length, entry.seq, entry.timeUs / 1000]);
      // Two messages are two words, unless the first ended a line.
      open.text += piece.endsWith('\n') || where === 'output' ? piece : `${piece}\n`;
      this.open.set(key, open);
    }
  }

  private finish(key: string, open: Open): void {
    this.open.delete(key);
    this.ready.push(open);
  }

  /** Full passages so far; with `all` also those that could still grow. */
  take(all: boolean): Passage[] {
    if (all) {
      for (const [key, open] of this.open) {
        this.finish(key, open);
      }
    }
    const { ready } = this;
    this.ready = [];
    return ready;
  }
}

function textOf(frame: Frame, type: string): string | null {
  switch (type) {
    case 'stream': {
      const { text } = frame.content();
      return typeof text === 'string' ? text : null;
    }
    case 'execute_result':
    case 'display_data':
    case 'update_display_data': {
      const { data } = frame.content();
      if (!isObject(data)) {
        return null;
      }
      const texts = ['text/markdown', 'text/plain', 'text/latex'].map((mime) => joinedText(data[mime]));
      const [first] = texts.filter((text) => text !== undefined);
      return first ?? null;
    }
    case 'error': {
      const { ename, evalue, traceback } = frame.content();
      return [`${spoken(ename ?? '')}: ${spoken(evalue ?? '')}`, ...stringsOf(traceback)].join('\n');
    }
    default:
      return null;
  }
}
