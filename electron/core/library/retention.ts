/**
 * Keeps the journals within the room that the person gave them, with a day's notice.
 *
 * What is over the limit is marked first, so that the library shows for a day what will go, and goes when it still is
 * over the limit then. What somebody keeps, opens or has not looked at meanwhile stays. Without a limit nothing goes.
 */
import * as v from 'valibot';
import { type Retention, retention } from '../../../shared/ipc/playback.ts';
import { leavingNoticeMs } from '../../../shared/limits.ts';
import type { SettingsPort } from '../api.ts';
import type { LibraryClient } from './client.ts';

const retentionKey = 'journals.retention';
const leavingKey = 'journals.leaving';

/** When each marked journal goes, in milliseconds since 1970. */
const leaving = v.record(v.string(), v.number());

export interface RetentionParts {
  readonly dir: string;
  readonly client: Pick<LibraryClient, 'ask'>;
  readonly settings: SettingsPort;
  /** Journals that are written or played by this process. */
  readonly inUse: () => string[];
  readonly onChanged: () => void;
}

export class RetentionKeeper {
  /** Read once: the library asks for every journal of its list, and nobody else writes it. */
  private times: v.InferOutput<typeof leaving> | null = null;

  constructor(private readonly parts: RetentionParts) {}

  get limit(): Retention {
    const stored = v.safeParse(retention, this.parts.settings.get(retentionKey));
    return stored.success ? stored.output : { bytesMax: null };
  }

  set limit(value: Retention) {
    this.parts.settings.set(retentionKey, value);
  }

  /** When a journal goes by itself; null for one that stays. */
  leavesTimeMs(journalId: string): number | null {
    return this.marked()[journalId] ?? null;
  }

  /** Marks what is over the limit, and lets go of what was marked a day ago and still is. */
  async apply(nowMs = Date.now()): Promise<void> {
    const { client, dir, inUse } = this.parts;
    const { bytesMax } = this.limit;
    const before = this.marked();
    if (bytesMax === null) {
      this.mark(before, {});
      return;
    }
    const plan = await client.ask({ op: 'plan', dir, bytesMax, running: inUse() });
    if (!plan.ok) {
      return;
    }
    const times = Object.fromEntries(
      plan.value.goes.map(({ journalId }) => [journalId, before[journalId] ?? nowMs + leavingNoticeMs]),
    );
    const due = Object.keys(times).filter((journalId) => (times[journalId] ?? nowMs) <= nowMs);
    if (due.length > 0) {
      await client.ask({ op: 'prune', dir, bytesMax, running: inUse(), only: due });
    }
    this.mark(before, Object.fromEntries(Object.entries(times).filter(([journalId]) => !due.includes(journalId))));
  }

  private marked(): v.InferOutput<typeof leaving> {
    if (this.times === null) {
      const stored = v.safeParse(leaving, this.parts.settings.get(leavingKey));
      this.times = stored.success ? stored.output : {};
    }
    return this.times;
  }

  private mark(before: v.InferOutput<typeof leaving>, after: v.InferOutput<typeof leaving>): void {
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      this.times = after;
      this.parts.settings.set(leavingKey, after);
      this.parts.onChanged();
    }
  }
}
