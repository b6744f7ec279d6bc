/**
 * The journal worker: the one thread that touches journal files.
 *
 * Commits batches in the order they come, seals blocks while there is nothing else to do, answers replays in parts so
 * that a huge execution never stands in memory as a whole. It owns no clock and no policy: when to commit is decided
 * by the session, how by the store.
 */
import crypto from 'node:crypto';
import os from 'node:os';
import { performance } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';
import zlib from 'node:zlib';
import * as v from 'valibot';
import { directions, entryKinds, type Execution } from '../../../shared/journal/entries.ts';
import { describeUnknown } from '../../../shared/result.ts';
import { missingNote, settledNote } from '../../../shared/journal/missing-notes.ts';
import { isPublished } from '../../../shared/journal/counter.ts';
import { encodeMessage, type Frame, FrameReader, isIdle, readFrame } from '../../../shared/wire/codec.ts';
import { spoken } from '../../../shared/outputs/json.ts';
import { StreamCoalescer } from '../../../shared/wire/coalesce.ts';
import type {
  End,
  KnownId,
  KnownMessages,
  OpenNumbers,
  Opened,
  Posted,
  Reply,
  ReplayPart,
  Request,
} from './protocol.ts';
import { JournalReader } from './reader.ts';
import { buffersOf } from './records.ts';
import { JournalStore } from './store.ts';

/** Quiet time before small blocks are sealed: sealing competes with a flood for the same disk. */
const sealAfterQuietMs = 400;
/** Share of its time that this thread may be busy committing when it seals without a quiet moment. */
const sealBelowUtilization = 0.2;
/** Cores that must be idle then: a kernel on this computer, or the window, would be slowed down. */
const sealWithIdleCores = 0.3;
/** Between two looks at the cores, which cost a fraction of a millisecond. */
const lookAtCoresMs = 250;
/** One part of a replay: about what a window draws in one step. */
const replayPartBytes = 512 * 1024;

const port = parentPort;
if (port === null) {
  throw new Error('the journal worker runs in a worker thread');
}

const stores = new Map<string, JournalStore>();
const replays = new Map<number, Iterator<ReplayPart>>();
let nextReplay = 1;
let sealTimer: NodeJS.Timeout | null = null;
let lastLooked = performance.eventLoopUtilization();
let cores = { atMs: performance.now(), ...coreTimes(), areIdle: false };

function storeOf(key: string): JournalStore {
  const store = stores.get(key);
  if (store === undefined) {
    throw new Error('that journal is not open');
  }
  return store;
}

function scheduleSealing(): void {
  if (sealTimer !== null) {
    clearTimeout(sealTimer);
  }
  sealTimer = setTimeout(sealStep, sealAfterQuietMs);
  sealTimer.unref();
}

function sealStep(): void {
  sealTimer = null;
  for (const store of stores.values()) {
    if (store.needsSealing && store.sealOne(false)) {
      // One block per turn: a commit that waits goes first.
      sealTimer = setTimeout(sealStep, 1);
      return;
    }
  }
  for (const store of stores.values()) {
    store.foldLog();
  }
}

/** Milliseconds that the cores of this computer were idle, and all there were, since it was started. */
function coreTimes(): { readonly idleMs: number; readonly allMs: number } {
  let idleMs = 0;
  let allMs = 0;
  for (const { times } of os.cpus()) {
    idleMs += times.idle;
    allMs += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idleMs, allMs };
}

function hasIdleCores(): boolean {
  const nowMs = performance.now();
  if (nowMs - cores.atMs >= lookAtCoresMs) {
    const now = coreTimes();
    const idle = ((now.idleMs - cores.idleMs) / (now.allMs - cores.allMs)) * os.availableParallelism();
    // A system that says nothing about its cores is taken for idle.
    cores = { atMs: nowMs, ...now, areIdle: !(idle < sealWithIdleCores) };
  }
  return cores.areIdle;
}

/**
 * Output that never pauses leaves no quiet moment: a block is sealed after a commit once much is unsealed. In a flood
 * that keeps this thread or the computer busy sealing would only hold it up, so it waits until far more is unsealed.
 */
function sealWhenBehind(key: string): void {
  const store = stores.get(key);
  if (store?.isBehind !== true) {
    return;
  }
  const now = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(now, lastLooked);
  lastLooked = now;
  if (store.isFarBehind || (utilization < sealBelowUtilization && hasIdleCores())) {
    store.sealOne(false);
  }
}

function opened(key: string, store: JournalStore): Opened {
  stores.set(key, store);
  const reader = JournalReader.open(store.file);
  const executions = reader.ok ? reader.value.executions() : [];
  const running = executions.filter(({ state }) => state === 'running');
  const ends = reader.ok ? running.map((execution) => endOf(reader.value, execution)) : [];
  if (reader.ok) {
    reader.value.close();
  }
  return { lastSeq: store.lastSeq, meta: store.meta(), executions, ends };
}

/**
 * A reply and an idle come after what a cell prints, and overtake no more than what a kernel has on its way out. In this
 * many blocks from the end (a megabyte each) they are found, or they are not there; a cell may have printed for days.
 */
const endBlocks = 32;

function endOf(reader: JournalReader, { msgId, requestSeq }: Execution): End {
  const fromSeq = reader.lastBlocksOf(msgId, endBlocks, requestSeq);
  const frames = new FrameReader();
  let hasReply = false;
  let hasIdle = false;
  for (const entry of reader.entriesOf(msgId, fromSeq, Number.POSITIVE_INFINITY)) {
    const frame = entry.direction === directions.in ? frames.read(entry.body) : null;
    hasReply ||= frame?.header.msg_type === 'execute_reply';
    hasIdle ||= frame !== null && isIdle(frame);
  }
  return { msgId, hasReply, hasIdle };
}

/** An `input()` that was answered must not ask again when its execution is shown once more. */
function openPrompt(frames: Iterable<Frame>): Frame | null {
  let prompt: Frame | null = null;
  for (const frame of frames) {
    if (frame.header.msg_type === 'input_request') {
      prompt = frame;
    } else if (frame.header.msg_type === 'input_reply') {
      prompt = null;
    }
  }
  return prompt;
}

/**
 * What JupyterLab writes into a cell when a prompt is answered: the prompt and the answer, as a stream named `stdin`.
 * No kernel sends it, so a replay makes it anew.
 */
function echoOf(prompt: Frame, reply: Frame): Frame {
  const { prompt: text, password } = prompt.content();
  const answer = password === true ? '········' : spoken(reply.content().value ?? '');
  const bytes = encodeMessage({
    channel: 'iopub',
    header: { msg_id: `${prompt.header.msg_id}-echo`, msg_type: 'stream', session: prompt.header.session },
    parent_header: prompt.parent ?? {},
    metadata: {},
    content: { name: 'stdin', text: `${spoken(text ?? '')} ${answer}\n` },
  });
  return readFrame(bytes) ?? prompt;
}

const emptyPart: ReplayPart = { frames: [], done: true, hasReply: false, hasIdle: false };

function* replayParts(file: string, msgId: string, fromSeq: number, toSeq: number): Generator<ReplayPart> {
  const reader = JournalReader.open(file);
  if (!reader.ok) {
    yield emptyPart;
    return;
  }
  try {
    const coalescer = new StreamCoalescer(replayPartBytes);
    const frames = new FrameReader();
    const stdin: Frame[] = [];
    let hasReply = false;
    let hasIdle = false;
    for (const entry of reader.value.entriesOf(msgId, fromSeq, toSeq)) {
      const frame = entry.kind === entryKinds.frame ? frames.read(entry.body) : null;
      if (frame === null || frame.header.msg_id === msgId) {
        continue;
      }
      if (frame.channel === 'stdin') {
        const prompt = openPrompt(stdin);
        stdin.push(frame);
        if (prompt !== null && frame.header.msg_type === 'input_reply') {
          coalescer.push(echoOf(prompt, frame));
        }
      } else if (entry.direction === directions.in) {
        hasReply ||= frame.header.msg_type === 'execute_reply';
        hasIdle ||= isIdle(frame);
        coalescer.push(frame);
        if (coalescer.heldBytes >= replayPartBytes) {
          yield { frames: coalescer.take(Number.POSITIVE_INFINITY), done: false, hasReply, hasIdle };
        }
      }
    }
    const prompt = openPrompt(stdin);
    const rest = coalescer.take(Number.POSITIVE_INFINITY);
    yield { frames: prompt === null ? rest : [...rest, prompt.bytes], done: true, hasReply, hasIdle };
  } finally {
    reader.value.close();
  }
}

function perform(request: Request): unknown {
  switch (request.op) {
    case 'create':
      return opened(request.key, JournalStore.create(request.file, request.meta));
    case 'open':
      return opened(request.key, JournalStore.open(request.file));
    case 'append': {
      const lastSeq = storeOf(request.key).append(request);
      scheduleSealing();
      setImmediate(sealWhenBehind, request.key);
      return { lastSeq, buffers: buffersOf(request.batches) };
    }
    case 'meta':
      storeOf(request.key).setMeta(request.change);
      return null;
    case 'snapshot': {
      const hash = crypto.createHash('sha256').update(request.text).digest('hex');
      storeOf(request.key).putSnapshot(hash, Buffer.byteLength(request.text), zlib.deflateRawSync(request.text));
      return hash;
    }
    case 'replay': {
      const id = nextReplay++;
      replays.set(id, replayParts(storeOf(request.key).file, request.msgId, request.fromSeq, request.toSeq));
      return id;
    }
    case 'ids':
      return knownFrom(storeOf(request.key).file, request.fromSeq);
    case 'entry':
      return entryAt(storeOf(request.key).file, request.seq);
    case 'replayNext': {
      const next = replays.get(request.replay)?.next();
      const part: ReplayPart = next === undefined || next.done === true ? emptyPart : next.value;
      if (part.done) {
        endReplay(request.replay);
      }
      return part;
    }
    case 'replayEnd':
      endReplay(request.replay);
      return null;
    case 'close':
      stores.get(request.key)?.close();
      stores.delete(request.key);
      return null;
    case 'closeAll':
      for (const store of stores.values()) {
        store.close();
      }
      stores.clear();
      return null;
  }
}

/** A kernel's word for certain: on iopub a server tells of restarts, and of its rate limit on stderr. */
function isKernels(frame: Frame): boolean {
  return isPublished(frame) && (frame.header.msg_type !== 'stream' || frame.content().name === 'stdout');
}

/** What came in from an entry on, and what was being missed at the end. */
function knownFrom(file: string, fromSeq: number): KnownMessages {
  const reader = JournalReader.open(file);
  const ids: KnownId[] = [];
  const open = new Map<string, OpenNumbers>();
  if (!reader.ok) {
    return { ids, open: [] };
  }
  const frames = new FrameReader();
  for (const entry of reader.value.entries(fromSeq)) {
    if (entry.kind === entryKinds.app) {
      noteMissing(entry.body, open);
    }
    const isIncoming = entry.kind === entryKinds.frame && entry.direction === directions.in;
    const frame = isIncoming ? frames.read(entry.body) : null;
    if (frame !== null) {
      const kernelSession = isKernels(frame) ? frame.header.session : null;
      ids.push({ msgId: frame.header.msg_id, seq: entry.seq, isIopub: isPublished(frame), kernelSession });
    }
  }
  reader.value.close();
  return { ids, open: [...open.values()] };
}

function noteMissing(body: Uint8Array, open: Map<string, OpenNumbers>): void {
  let note: unknown;
  try {
    note = JSON.parse(Buffer.from(body).toString());
  } catch {
    return;
  }
  const missing = v.safeParse(missingNote, note);
  const settled = v.safeParse(settledNote, note);
  if (missing.success) {
    open.set(`${missing.output.series} ${missing.output.from}`, missing.output);
  } else if (settled.success) {
    open.delete(`${settled.output.series} ${settled.output.from}`);
  }
}

function entryAt(file: string, seq: number): Uint8Array | null {
  const reader = JournalReader.open(file);
  if (!reader.ok) {
    return null;
  }
  try {
    const [entry] = reader.value.entries(seq, seq);
    return entry === undefined ? null : new Uint8Array(entry.body);
  } finally {
    reader.value.close();
  }
}

function endReplay(id: number): void {
  replays.get(id)?.return?.();
  replays.delete(id);
}

port.on('message', (posted: Posted) => {
  const { id, request } = posted;
  let reply: Reply;
  try {
    reply = { id, ok: true, value: perform(request) };
  } catch (error) {
    const failed = { id, ok: false as const, error: describeUnknown(error) };
    reply = request.op === 'append' ? { ...failed, batches: request.batches } : failed;
  }
  // A batch's buffer goes back: to be filled again, or to be tried again.
  port.postMessage(reply, request.op === 'append' ? buffersOf(request.batches) : []);
});
