/**
 * The recorder of one kernel, as this side sees it: started, pulled from, acknowledged.
 *
 * Knows the spool's record layout (`../recorder/FORMAT.md`) and nothing of journals. Every answer is decoded; a
 * record whose checksum does not hold ends a pull there, so that the next one asks for it again.
 */
import * as v from 'valibot';
import { fail, ok, type Problem, type Result } from '../../../shared/result.ts';
import type { HelperKernel, HelperProblem } from './helper-kernel.ts';

/** Raw bytes asked for at once: about 0.05 s of the helper's time. */
const pullBytes = 4 * 1024 * 1024;

const magic = 0x31524a4e;
const headBytes = 12;
const tailBytes = 12;

const started = v.object({
  state: v.string(),
  position: v.number(),
  birth: v.optional(v.string(), ''),
  why: v.optional(v.string()),
});
const hole = v.object({
  from: v.number(),
  to: v.number(),
  why: v.optional(v.string(), 'the recorder was interrupted'),
});
const failed = v.object({ state: v.literal('failed'), why: v.string() });
const pulled = v.object({
  state: v.picklist(['data', 'dropped', 'large']),
  position: v.number(),
  next: v.number(),
  end: v.number(),
  messages: v.nullable(v.number()),
  raw: v.number(),
  why: v.optional(v.string()),
  holes: v.optional(v.array(hole), []),
});
const located = v.object({ state: v.literal('found'), position: v.number() });

export type SpoolProblem = HelperProblem | 'absent' | 'refused';
type SpoolResult<Value> = Result<Value, Problem<SpoolProblem>>;

export interface Pulled {
  readonly position: number;
  readonly next: number;
  /** End of the spool when it was read: at `next === end` everything so far is fetched. */
  readonly end: number;
  /** Made as they are walked through, every time anew: thousands of views at once would keep the collector busy. */
  readonly frames: Iterable<Uint8Array>;
  readonly bytes: number;
  /** Set where records are gone: how many (null when unknown) and why. */
  readonly dropped: { readonly messages: number | null; readonly why: string } | null;
  /** True where the recorder may have missed messages: it was started anew somewhere in this range. */
  readonly hasHoles: boolean;
}

export interface Started {
  /** From here on everything is kept for us. */
  readonly position: number;
  /** Names the spool: positions of another birth mean nothing in it. */
  readonly birth: string;
}

export class Spool {
  constructor(
    private readonly helper: HelperKernel,
    private readonly kernelId: string,
    /** The name under which the recorder keeps records for us. */
    private readonly reader: string,
  ) {}

  /** Starts the recorder or finds it running. Answers the position from which everything is kept for us. */
  async start(): Promise<SpoolResult<Started>> {
    const answer = await this.call('start', { session: this.reader });
    if (!answer.ok) {
      return answer;
    }
    const parsed = v.safeParse(started, answer.value.fields);
    if (parsed.success && ['recording', 'ended', 'stopped'].includes(parsed.output.state)) {
      // `ended` and `stopped`: nothing more is recorded, what was can still be fetched.
      return ok({ position: parsed.output.position, birth: parsed.output.birth });
    }
    if (answer.value.fields.state === 'starting') {
      return fail('unreachable', 'The kernel has not answered the recorder yet.');
    }
    return fail('refused', parsed.success ? (parsed.output.why ?? 'It did not start.') : whyOf(answer.value.fields));
  }

  async pull(position: number | 'next'): Promise<SpoolResult<Pulled>> {
    const answer = await this.call('pull', { reader: this.reader, position, max_bytes: pullBytes });
    if (!answer.ok) {
      return answer;
    }
    const parsed = v.safeParse(pulled, answer.value.fields);
    if (!parsed.success) {
      return answer.value.fields.state === 'absent'
        ? fail('absent', 'The recorder’s spool is no longer on the server.')
        : fail('refused', whyOf(answer.value.fields));
    }
    const { output } = parsed;
    if (output.state === 'data') {
      return this.unpack(output, answer.value.payload ?? Buffer.alloc(0));
    }
    const why =
      output.state === 'large' ? 'a message was too large to fetch' : (output.why ?? 'the spool had to drop it');
    const dropped = { messages: output.messages, why };
    const { position: at, next, end } = output;
    return ok({ position: at, next, end, frames: [], bytes: 0, dropped, hasHoles: false });
  }

  private unpack(head: v.InferOutput<typeof pulled>, payload: Buffer): SpoolResult<Pulled> {
    if (payload.byteLength !== head.raw) {
      return fail('failed', 'A part of the spool arrived damaged.');
    }
    if (!isWhole(payload)) {
      return fail('failed', 'A part of the spool cannot be read.');
    }
    const { position, next, end } = head;
    const hasHoles = head.holes.some((found) => found.from >= position && found.from < next);
    const frames = { [Symbol.iterator]: () => framesIn(payload) };
    return ok({ position, next, end, frames, bytes: payload.byteLength, dropped: null, hasHoles });
  }

  /** Everything before this position is safe here. */
  async acknowledge(position: number): Promise<void> {
    await this.call('ack', { reader: this.reader, position });
  }

  /** The position after the message with this id, searching from `position`; null when it is not found. */
  async locate(position: number, msgId: string): Promise<number | null> {
    const answer = await this.call('locate', { reader: this.reader, position, msg_id: msgId });
    const parsed = answer.ok ? v.safeParse(located, answer.value.fields) : null;
    return parsed?.success === true ? parsed.output.position : null;
  }

  /** Nothing more need be kept for us. */
  async leave(): Promise<void> {
    await this.call('stop', { reader: this.reader });
  }

  private call(name: string, args: Record<string, unknown>): ReturnType<HelperKernel['call']> {
    return this.helper.call(name, { kernel_id: this.kernelId, ...args });
  }
}

/** Whether it is records from end to end. */
function isWhole(payload: Buffer): boolean {
  let at = 0;
  while (at + headBytes + tailBytes <= payload.byteLength) {
    const isRecord = payload.readUInt32LE(at) === magic;
    const end = at + headBytes + payload.readUInt32LE(at + 4);
    if (!isRecord || end < at + headBytes + tailBytes || end > payload.byteLength) {
      return false;
    }
    at = end;
  }
  return at === payload.byteLength;
}

function* framesIn({ buffer, byteOffset, byteLength }: Buffer): Generator<Uint8Array> {
  const view = new DataView(buffer, byteOffset, byteLength);
  for (let at = 0; at < byteLength; ) {
    const start = at + headBytes + tailBytes;
    at += headBytes + view.getUint32(at + 4, true);
    // Plain arrays: a view of a Buffer is another Buffer, and takes twice as long to make.
    yield new Uint8Array(buffer, byteOffset + start, at - start);
  }
}

function whyOf(fields: Record<string, unknown>): string {
  const parsed = v.safeParse(failed, fields);
  return parsed.success ? parsed.output.why : 'The recorder answered something that cannot be read.';
}
