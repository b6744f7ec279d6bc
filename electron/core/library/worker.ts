/**
 * A library worker: answers questions about journals, reads only.
 *
 * Keeps the journals that were asked for last open, and lets go of them when nobody asks for a while, so that a journal
 * at rest is one file again. It runs apart from the thread that records: whatever takes long here delays no commit.
 */
import path from 'node:path';
import { parentPort } from 'node:worker_threads';
import type { Place } from '../../../shared/ipc/playback.ts';
import { openJournalsMax, releaseAfterMs } from '../../../shared/limits.ts';
import { describeUnknown, fail, ok, type Result } from '../../../shared/result.ts';
import { exportNameOf, writeExport } from '../export/export.ts';
import { journalEnding, titleOf } from '../journal/library.ts';
import { verifyJournal } from '../journal/verify.ts';
import { find, placeAt } from '../playback/find.ts';
import { infoOf, runsOf } from '../playback/info.ts';
import { Player } from '../playback/player.ts';
import type { LibraryPosted, LibraryReply, LibraryRequest } from './protocol.ts';
import { SearchIndex } from './search.ts';
import { Shelf } from './shelf.ts';

const port = parentPort;
if (port === null) {
  throw new Error('the library worker runs in a worker thread');
}

const players = new Map<string, Player>();
const shelves = new Map<string, { readonly shelf: Shelf; readonly search: SearchIndex }>();
let releaseTimer: NodeJS.Timeout | null = null;

function release(): void {
  for (const player of players.values()) {
    player.close();
  }
  players.clear();
  for (const { shelf, search } of shelves.values()) {
    shelf.close();
    search.close();
  }
  shelves.clear();
}

function of(dir: string): { readonly shelf: Shelf; readonly search: SearchIndex } {
  const known = shelves.get(dir);
  if (known !== undefined) {
    return known;
  }
  const shelf = new Shelf(dir);
  const made = { shelf, search: new SearchIndex(shelf) };
  shelves.set(dir, made);
  return made;
}

function playing<Value>(file: string, use: (player: Player) => Value): Result<Value> {
  let player = players.get(file);
  players.delete(file);
  if (player === undefined) {
    const opened = Player.open(file);
    if (!opened.ok) {
      return opened;
    }
    player = opened.value;
  }
  players.set(file, player);
  const [oldest] = players;
  if (players.size > openJournalsMax && oldest !== undefined) {
    oldest[1].close();
    players.delete(oldest[0]);
  }
  return ok(use(player));
}

function titleIn(player: Player): string {
  const { file } = player.reader;
  const label = of(path.dirname(file)).shelf.catalog.get(path.basename(file, journalEnding));
  return label.title || titleOf(player.reader.meta);
}

function tailOf(player: Player): Place {
  return { seq: player.lastSeq, timeMs: player.reader.lastTimeMs() };
}

function perform(request: LibraryRequest): Result<unknown> {
  switch (request.op) {
    case 'list':
      return ok(of(request.dir).shelf.list());
    case 'info':
      return playing(request.file, (player) => infoOf(player, titleIn(player)));
    case 'moment':
      return playing(request.file, (player) => player.moment(request.seq, request.sinceSeq));
    case 'at':
      return playing(request.file, ({ reader }) => placeAt(reader, request.timeMs));
    case 'find':
      return playing(request.file, (player) => find(player.reader, request, () => runsOf(player.reader)));
    case 'tail':
      return playing(request.file, tailOf);
    case 'shown': {
      of(path.dirname(request.file)).shelf.catalog.shown(path.basename(request.file, journalEnding), request.seq);
      return ok(null);
    }
    case 'search':
      return ok(of(request.dir).search.search(request.query, request.limit));
    case 'label':
      of(request.dir).shelf.catalog.set(request.journalId, request.labels);
      return ok(null);
    case 'remove':
      release();
      return of(request.dir).shelf.remove(request.journalId);
    case 'restore':
      return of(request.dir).shelf.restore(request.journalId);
    case 'exportName':
      return playing(request.file, (player) =>
        exportNameOf(titleIn(player), player.reader.lastTimeMs() || player.reader.meta.createdTimeMs, request.to),
      );
    case 'plan':
      return ok(of(request.dir).shelf.plan(request.bytesMax, request.running));
    case 'prune':
      return ok(of(request.dir).shelf.prune(request.bytesMax, request.running, request.only));
    case 'verify':
      return playing(request.file, ({ reader }) => verifyJournal(reader));
    case 'export': {
      const { to, seq, toFile } = request;
      const written = playing(request.file, (player) => writeExport(player, to, seq, titleIn(player), toFile));
      return written.ok ? written.value : written;
    }
    case 'import':
      return of(request.dir).shelf.import(request.file);
    case 'index':
      return ok(of(request.dir).search.step());
    case 'sweep':
      of(request.dir).shelf.sweep();
      return ok(null);
  }
}

function answer(request: LibraryRequest): Result<unknown> {
  try {
    return perform(request);
  } catch (error) {
    // Whatever it kept open may be the cause: the next question begins anew.
    release();
    return fail('unreadable', `This journal cannot be read here: ${describeUnknown(error)}.`);
  }
}

/** Questions that come by themselves, again and again: they keep nothing open. */
const background: ReadonlySet<LibraryRequest['op']> = new Set(['index', 'sweep', 'list', 'shown']);

port.on('message', ({ id, request }: LibraryPosted) => {
  const reply: LibraryReply = { id, result: answer(request) };
  port.postMessage(reply);
  if (background.has(request.op)) {
    return;
  }
  if (releaseTimer !== null) {
    clearTimeout(releaseTimer);
  }
  releaseTimer = setTimeout(release, releaseAfterMs);
  releaseTimer.unref();
});
