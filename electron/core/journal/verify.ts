/**
 * Proves a journal, or says exactly what is wrong with it.
 *
 * Checks every checksum, that sequence numbers are contiguous, that no message of a kernel stands twice, or out of its
 * order on a channel and in its request, and that the kernel's own message counter has no hole. Each finding is a
 * sentence for people. The hash of all entries shows later that they are the same ones.
 */
import {
  CounterAudit,
  type CounterHole,
  countedId,
  endsRequest,
  provesKernel,
  UnsentResults,
} from '../../../shared/journal/counter.ts';
import * as v from 'valibot';
import { directions, entryKinds, type GapBody, type VerifyReport } from '../../../shared/journal/entries.ts';
import { FrameReader, type Frame, isIdle } from '../../../shared/wire/codec.ts';
import { HashChain } from './hash-chain.ts';
import type { JournalReader } from './reader.ts';
import { SeenIds } from './seen-ids.ts';

interface Tally {
  entries: number;
  frames: number;
  lostEntries: number;
  unreadableFrames: number;
  duplicates: number;
  outOfOrder: number;
  firstTimeMs: number | null;
  lastTimeMs: number | null;
}

/**
 * Threads of a kernel take their numbers and publish a moment later: messages of two requests can come the other way
 * round by a few numbers (seen between the control thread and the one that runs cells), those of one request cannot.
 */
const threadDistanceMax = 16;

/** What is known of one kernel process while reading along: its last numbers, and its ids. */
class OrderCheck {
  /** By channel, and by channel and request. */
  private readonly lastNumber = new Map<string, number>();
  private readonly seen = new SeenIds();
  duplicates = 0;
  outOfOrder = 0;

  add(frame: Frame): void {
    const counted = countedId(frame.header.msg_id);
    if (!this.seen.add(frame.header.msg_id)) {
      this.duplicates += 1;
      return;
    }
    if (counted === null) {
      return;
    }
    // Order is promised per channel: each is a socket of its own.
    const channel = `${counted.series} ${frame.channel}`;
    const request = `${channel} ${frame.parent?.msg_id ?? ''}`;
    const isBehind = counted.number < (this.lastNumber.get(request) ?? 0);
    const isFarBehind = counted.number < (this.lastNumber.get(channel) ?? 0) - threadDistanceMax;
    if (isBehind || isFarBehind) {
      this.outOfOrder += 1;
    }
    for (const key of [channel, request]) {
      this.lastNumber.set(key, Math.max(this.lastNumber.get(key) ?? 0, counted.number));
    }
  }
}

/** Reads the whole journal once. Memory grows with the number of requests, hardly with that of messages. */
export function verifyJournal(reader: JournalReader): VerifyReport {
  const tally: Tally = {
    entries: 0,
    frames: 0,
    lostEntries: 0,
    unreadableFrames: 0,
    duplicates: 0,
    outOfOrder: 0,
    firstTimeMs: null,
    lastTimeMs: null,
  };
  const audit = new CounterAudit();
  const unsent = new UnsentResults();
  const order = new OrderCheck();
  const frames = new FrameReader();
  // What ends a request follows its reply; requests with a reply here explain no missing number, the others one each.
  const ends = new Map<string, string>();
  const shut = new Set<string>();
  const replied = new Set<string>();
  const kernels = new Set<string>();
  const ours = new Set<string>();
  const gaps: GapBody[] = [];
  const lostRanges: string[] = [];
  const chain = new HashChain();
  let expected = 1;
  for (const entry of reader.entries()) {
    chain.add(entry);
    if (entry.seq > expected) {
      tally.lostEntries += entry.seq - expected;
      lostRanges.push(entry.seq - 1 === expected ? `entry ${expected}` : `entries ${expected} to ${entry.seq - 1}`);
    }
    expected = entry.seq + 1;
    tally.entries += 1;
    tally.firstTimeMs ??= entry.timeUs / 1000;
    tally.lastTimeMs = entry.timeUs / 1000;
    if (entry.kind === entryKinds.gap) {
      gaps.push(gapOf(entry.body));
    }
    if (entry.kind === entryKinds.link) {
      unsent.forget();
    }
    if (entry.kind !== entryKinds.frame) {
      continue;
    }
    tally.frames += 1;
    const frame = frames.read(entry.body);
    if (frame === null) {
      tally.unreadableFrames += 1;
    } else if (entry.direction === directions.out) {
      ours.add(frame.header.msg_id);
    } else if (entry.direction === directions.in) {
      const parentId = frame.parent?.msg_id ?? '';
      order.add(frame);
      const isUnsent = unsent.explains(frame, entry.lane);
      audit.add(frame.header.msg_id, entry.timeUs / 1000, ours.has(parentId));
      if (isUnsent) {
        audit.explainUnsent(frame.header.msg_id);
      }
      unsent.add(frame, entry.lane);
      if (provesKernel(frame)) {
        kernels.add(frame.header.session);
      }
      if (frame.channel === 'iopub' && endsRequest(frame)) {
        // A kernel that shuts down may add an idle to its word: the two stand behind one reply.
        if (!shut.has(parentId)) {
          ends.set(frame.header.msg_id, parentId);
        }
        if (!isIdle(frame)) {
          shut.add(parentId);
        }
      } else if (frame.channel !== 'iopub' && countedId(frame.header.msg_id) !== null) {
        replied.add(parentId);
      }
    }
  }
  const stated = reader.lastSeqStated();
  if (stated >= expected) {
    tally.lostEntries += stated - expected + 1;
    lostRanges.push(stated === expected ? `entry ${expected}` : `entries ${expected} to ${stated}`);
  }
  for (const [msgId, parentId] of ends) {
    if (!replied.has(parentId)) {
      audit.explainReply(msgId);
    }
  }
  const missing = audit.missing(kernels);
  const damage = damageOf(reader, tally);
  const findings = [...damage, ...findingsOf(tally, lostRanges, missingText(reader, missing), order, gaps)];
  const told = gaps.reduce((sum, gap) => sum + (gap.messages ?? 0), 0);
  // A gap that was recorded when it happened says more than the hole it left in the numbering.
  const untold = missing > told ? untoldHoles(audit.holes(kernels), gaps) : [];
  return {
    sound: findings.length === 0,
    head: chain.head,
    entries: tally.entries,
    frames: tally.frames,
    blocks: reader.blockCount(),
    firstTimeMs: tally.firstTimeMs,
    lastTimeMs: tally.lastTimeMs,
    lostEntries: tally.lostEntries,
    missingMessages: missing,
    duplicateMessages: order.duplicates,
    outOfOrderMessages: order.outOfOrder,
    gaps: [
      ...gaps,
      ...untold.map((hole) => ({
        messages: hole.to - hole.from + 1,
        fromTimeMs: hole.fromTimeMs,
        toTimeMs: hole.toTimeMs,
        why: 'the kernel counted messages that never reached this journal',
      })),
    ],
    damage,
    findings,
  };
}

/** A gap is told with the times of its neighbours, a hole with those of the numbers beside it. */
const gapSlackMs = 1_000;

/** Holes in the kernel's numbering that no recorded gap tells of. */
function untoldHoles(holes: readonly CounterHole[], gaps: readonly GapBody[]): CounterHole[] {
  const rooms = gaps.map((gap) => ({ gap, left: gap.messages ?? Number.POSITIVE_INFINITY }));
  return holes.filter((hole) => {
    const size = hole.to - hole.from + 1;
    const room = rooms.find(
      ({ gap, left }) =>
        left >= size && gap.fromTimeMs - gapSlackMs <= hole.toTimeMs && hole.fromTimeMs <= gap.toTimeMs + gapSlackMs,
    );
    if (room !== undefined) {
      room.left -= size;
    }
    return room === undefined;
  });
}

function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** What is wrong with the file itself. */
function damageOf(reader: JournalReader, tally: Tally): string[] {
  const damage: string[] = [];
  if (reader.isSalvaging) {
    damage.push('The file is damaged; what follows was read page by page.');
  }
  if (reader.bytesMissing() > 0) {
    damage.push(
      `The end of the file is missing (${plural(reader.bytesMissing(), 'byte', 'bytes')}); what stood there is lost.`,
    );
  }
  if (tally.unreadableFrames > 0) {
    damage.push(`${plural(tally.unreadableFrames, 'message is', 'messages are')} not in the wire format.`);
  }
  return damage;
}

/** A session that goes on fetches what its recorder has: what is missing may still come. */
function missingText({ meta }: JournalReader, missing: number): string | null {
  if (missing === 0) {
    return null;
  }
  const text = `${plural(missing, 'message', 'messages')} that the kernel made never arrived`;
  return meta.state === 'open' && meta.recorder !== null
    ? `${text}; the session is open, and what the recorder on the server has of them comes at its next start.`
    : `${text}.`;
}

function findingsOf(
  tally: Tally,
  lostRanges: readonly string[],
  missing: string | null,
  order: OrderCheck,
  gaps: readonly GapBody[],
): string[] {
  const findings: string[] = [];
  if (tally.lostEntries > 0) {
    const shown = lostRanges.slice(0, 5).join(', ');
    const more = lostRanges.length > 5 ? ` and ${lostRanges.length - 5} more places` : '';
    findings.push(`${plural(tally.lostEntries, 'entry', 'entries')} cannot be read: ${shown}${more}.`);
  }
  if (missing !== null) {
    findings.push(missing);
  }
  if (order.duplicates > 0) {
    findings.push(`${plural(order.duplicates, 'message stands', 'messages stand')} in the journal twice.`);
  }
  if (order.outOfOrder > 0) {
    findings.push(`${plural(order.outOfOrder, 'message is', 'messages are')} out of the kernel's order.`);
  }
  for (const gap of gaps) {
    const size = gap.messages === null ? 'an unknown number of messages' : plural(gap.messages, 'message', 'messages');
    findings.push(`A gap of ${size} was recorded: ${gap.why}.`);
  }
  return findings;
}

const why = 'the reason cannot be read';
const gapBody = v.object({
  messages: v.fallback(v.nullable(v.number()), null),
  fromTimeMs: v.fallback(v.number(), 0),
  toTimeMs: v.fallback(v.number(), 0),
  why: v.fallback(v.string(), why),
});

function gapOf(body: Uint8Array): GapBody {
  const unknown: GapBody = { messages: null, fromTimeMs: 0, toTimeMs: 0, why };
  try {
    const read = v.safeParse(gapBody, JSON.parse(new TextDecoder().decode(body)));
    return read.success ? read.output : unknown;
  } catch {
    return unknown;
  }
}
