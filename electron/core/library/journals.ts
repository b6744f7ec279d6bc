/**
 * The library of journals and their playback, as the app asks for them.
 *
 * Runs on the main thread and only routes: every file is touched by the library's workers. It owns what has a clock:
 * watching a journal grow, indexing in the background, throwing away what was deleted an hour ago.
 */
import fs from 'node:fs';
import type { Place } from '../../../shared/ipc/playback.ts';
import { asJournalId, type JournalId } from '../../../shared/ids.ts';
import type { JournalListing } from '../../../shared/journal/entries.ts';
import {
  deletedKeptMs,
  growthIntervalMs,
  indexBreakMs,
  indexGrowingMs,
  indexIntervalMs,
  shownIntervalMs,
} from '../../../shared/limits.ts';
import { fail, ok, type Result } from '../../../shared/result.ts';
import type { Journals, Playback, SettingsPort } from '../api.ts';
import { journalFile, journalFiles, stampOf } from '../journal/library.ts';
import { RetentionKeeper } from './retention.ts';
import { isWritten } from './shelf.ts';
import type { LibraryClient } from './client.ts';

export interface LibraryParts {
  readonly dir: string;
  readonly client: LibraryClient;
  readonly settings: SettingsPort;
  /** Journals that are being written by this process. */
  readonly running: () => string[];
  /** The list of journals is different now. */
  readonly onChanged: () => void;
}

interface Watch {
  readonly listeners: Set<(last: Place) => void>;
  lastSeq: number;
  timer: NodeJS.Timeout;
  isAsking: boolean;
}

export class JournalLibrary {
  readonly journals: Journals;
  readonly playback: Playback;
  private readonly watches = new Map<JournalId, Watch>();
  private indexTimer: NodeJS.Timeout | null = null;
  /** The folder as it was indexed to its end, and as it was seen last. */
  private indexedStamp: string | null = null;
  private lastStamp: string | null = null;
  private indexedMs = Number.NEGATIVE_INFINITY;
  /** More to index than the end of what grows just now. */
  private hasBacklog = false;
  private sweepTimer: NodeJS.Timeout | null = null;
  private readonly shownSeqs = new Map<JournalId, number>();
  private readonly untold = new Set<JournalId>();
  private shownTimer: NodeJS.Timeout | null = null;
  private readonly retention: RetentionKeeper;
  private isClosed = false;

  constructor(private readonly parts: LibraryParts) {
    const { dir, client, settings, running, onChanged } = parts;
    this.retention = new RetentionKeeper({
      ...{ dir, client, settings, onChanged },
      // One that is being played is not taken away under a person's eyes.
      inUse: () => [...running(), ...this.watches.keys()],
    });
    this.journals = this.makeJournals();
    this.playback = this.makePlayback();
  }

  open(): void {
    const { client, dir } = this.parts;
    const tidy = (): void => {
      void client.ask({ op: 'sweep', dir });
      void this.retention.apply();
    };
    tidy();
    this.sweepTimer = setInterval(tidy, deletedKeptMs / 6);
    this.sweepTimer.unref();
    this.scheduleIndexing();
  }

  /** Indexes in short steps; while there is more to do they follow each other closely. */
  private scheduleIndexing(afterMs = indexIntervalMs): void {
    if (this.isClosed) {
      return;
    }
    this.indexTimer = setTimeout(() => void this.indexStep(), afterMs);
    this.indexTimer.unref();
  }

  /**
   * Wakes the worker when there is something to index: journals have changed, and rest again or have waited long. In a
   * flood every round would read the same end of the same journal.
   */
  private async indexStep(): Promise<void> {
    const seen = this.folderStamp();
    const hasChanged = seen !== this.indexedStamp;
    const isAtRest = seen === this.lastStamp;
    this.lastStamp = seen;
    const mayWait = !isAtRest && !this.hasBacklog && performance.now() - this.indexedMs < indexGrowingMs;
    if (!hasChanged || mayWait) {
      this.scheduleIndexing();
      return;
    }
    this.indexedMs = performance.now();
    const left = await this.parts.client.ask({ op: 'index', dir: this.parts.dir });
    const behind = left.ok ? left.value : 0;
    this.indexedStamp = behind > 0 ? null : seen;
    this.hasBacklog = behind > this.parts.running().length;
    this.scheduleIndexing(this.hasBacklog || (behind > 0 && isAtRest) ? indexBreakMs : indexIntervalMs);
  }

  private folderStamp(): string {
    return journalFiles(this.parts.dir)
      .map((file) => `${file} ${stampOf(file)}`)
      .join('\n');
  }

  private fileOf(journalId: JournalId): Result<string> {
    const file = journalFile(this.parts.dir, journalId);
    return fs.existsSync(file)
      ? ok(file)
      : fail('missing', 'This journal is no longer on this computer; it may have been moved or deleted.');
  }

  /**
   * Whether a journal still grows. One that was copied here, or whose kernel has gone, may still say of itself that it
   * does: it counts only while this app records it, or a run of the command line has written to it a moment ago.
   */
  private stateOf({ state, file, owner, journalId }: JournalListing): JournalListing['state'] {
    if (state !== 'open' || this.parts.running().includes(journalId) || (owner === 'cli' && isWritten(file))) {
      return state;
    }
    return 'closed';
  }

  private async changing<Value>(asked: Promise<Result<Value>>): Promise<Result<Value>> {
    const answer = await asked;
    this.parts.onChanged();
    return answer;
  }

  private makeJournals(): Journals {
    const { client, dir, running } = this.parts;
    return {
      list: async () => {
        const listed = await client.ask({ op: 'list', dir });
        if (!listed.ok) {
          return [];
        }
        return listed.value.map((listing) => ({
          ...listing,
          state: this.stateOf(listing),
          leavesTimeMs: this.retention.leavesTimeMs(listing.journalId),
        }));
      },
      verify: async (journalId) => {
        const file = this.fileOf(journalId);
        return file.ok ? client.ask({ op: 'verify', file: file.value }) : file;
      },
      fileOf: (journalId) => this.fileOf(journalId),
      search: (query, limit) => client.ask({ op: 'search', dir, query, limit }),
      rename: (journalId, title) => this.changing(client.ask({ op: 'label', dir, journalId, labels: { title } })),
      tag: (journalId, tags) => this.changing(client.ask({ op: 'label', dir, journalId, labels: { tags } })),
      keep: (journalId, isKept) => this.changing(client.ask({ op: 'label', dir, journalId, labels: { isKept } })),
      delete: async (journalId) =>
        running().includes(journalId)
          ? fail(
              'running',
              'This session is still running, so its journal cannot be deleted. Shut its kernel down first.',
            )
          : this.changing(client.ask({ op: 'remove', dir, journalId })),
      undelete: (journalId) => this.changing(client.ask({ op: 'restore', dir, journalId })),
      exportName: async (journalId, to) => {
        const file = this.fileOf(journalId);
        const name = file.ok ? await client.ask({ op: 'exportName', file: file.value, to }) : file;
        return name.ok ? name.value : `journal.${to}`;
      },
      exportTo: async (journalId, to, seq, toFile) => {
        const file = this.fileOf(journalId);
        return file.ok ? client.ask({ op: 'export', file: file.value, to, seq, toFile }) : file;
      },
      importFile: async (file) => {
        const imported = await this.changing(client.ask({ op: 'import', dir, file }));
        return imported.ok ? ok(asJournalId(imported.value)) : imported;
      },
      retention: () => this.retention.limit,
      setRetention: (value) => {
        this.retention.limit = value;
        void this.retention.apply();
      },
      prunePlan: (bytesMax) => client.ask({ op: 'plan', dir, bytesMax, running: running() }),
      prune: (bytesMax) => this.changing(client.ask({ op: 'prune', dir, bytesMax, running: running() })),
    };
  }

  private makePlayback(): Playback {
    const { client, dir, running } = this.parts;
    return {
      info: async (journalId) => {
        const file = this.fileOf(journalId);
        if (!file.ok) {
          return file;
        }
        const info = await client.ask({ op: 'info', file: file.value });
        if (!info.ok) {
          return info;
        }
        this.seen(journalId, info.value.lastSeq);
        if (info.value.state !== 'open' || running().includes(journalId)) {
          return info;
        }
        const listed = await client.ask({ op: 'list', dir });
        const listing = listed.ok ? listed.value.find((one) => one.journalId === journalId) : undefined;
        return ok({ ...info.value, state: listing === undefined ? 'closed' : this.stateOf(listing) });
      },
      moment: async (journalId, seq, sinceSeq) => {
        const file = this.fileOf(journalId);
        return file.ok ? client.ask({ op: 'moment', file: file.value, seq, sinceSeq }) : file;
      },
      at: async (journalId, timeMs) => {
        const file = this.fileOf(journalId);
        return file.ok ? client.ask({ op: 'at', file: file.value, timeMs }) : file;
      },
      find: async ({ journalId, ...what }) => {
        const file = this.fileOf(asJournalId(journalId));
        return file.ok ? client.ask({ op: 'find', file: file.value, ...what }) : file;
      },
      watch: (journalId, onGrew) => this.watch(journalId, onGrew),
    };
  }

  /** A window shows this journal's session as it comes in: it is no longer unread. Cheap to call often. */
  seen(journalId: JournalId, seq: number): void {
    const known = this.shownSeqs.get(journalId) ?? 0;
    this.shownSeqs.set(journalId, Math.max(known, seq));
    if (known >= seq || this.isClosed) {
      return;
    }
    this.shownTimer ??= setTimeout(() => this.tellShown(), shownIntervalMs);
    this.shownTimer.unref();
    this.untold.add(journalId);
  }

  private tellShown(): void {
    this.shownTimer = null;
    for (const journalId of this.untold) {
      const file = journalFile(this.parts.dir, journalId);
      void this.parts.client.ask({ op: 'shown', file, seq: this.shownSeqs.get(journalId) ?? 0 });
    }
    this.untold.clear();
  }

  private watch(journalId: JournalId, onGrew: (last: Place) => void): () => void {
    const watch = this.watches.get(journalId) ?? this.startWatch(journalId);
    watch.listeners.add(onGrew);
    return () => {
      watch.listeners.delete(onGrew);
      if (watch.listeners.size === 0) {
        clearInterval(watch.timer);
        this.watches.delete(journalId);
      }
    };
  }

  private startWatch(journalId: JournalId): Watch {
    const timer = setInterval(() => void this.lookAt(journalId), growthIntervalMs);
    timer.unref();
    const watch: Watch = { listeners: new Set(), lastSeq: -1, timer, isAsking: false };
    this.watches.set(journalId, watch);
    return watch;
  }

  private async lookAt(journalId: JournalId): Promise<void> {
    const watch = this.watches.get(journalId);
    const file = this.fileOf(journalId);
    if (watch === undefined || watch.isAsking || !file.ok) {
      return;
    }
    watch.isAsking = true;
    const tail = await this.parts.client.ask({ op: 'tail', file: file.value });
    watch.isAsking = false;
    if (!tail.ok || tail.value.seq === watch.lastSeq) {
      return;
    }
    watch.lastSeq = tail.value.seq;
    this.seen(journalId, tail.value.seq);
    for (const listener of watch.listeners) {
      listener(tail.value);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const { timer } of this.watches.values()) {
      clearInterval(timer);
    }
    this.watches.clear();
    if (this.indexTimer !== null) {
      clearTimeout(this.indexTimer);
    }
    if (this.sweepTimer !== null) {
      clearInterval(this.sweepTimer);
    }
    if (this.shownTimer !== null) {
      clearTimeout(this.shownTimer);
    }
    const told = [...this.untold].map((journalId) =>
      this.parts.client.ask({
        op: 'shown',
        file: journalFile(this.parts.dir, journalId),
        seq: this.shownSeqs.get(journalId) ?? 0,
      }),
    );
    await Promise.all(told);
    await this.parts.client.close();
  }
}
