import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leavingNoticeMs } from '../../../shared/limits.ts';
import { ok } from '../../../shared/result.ts';
import { TestSession } from '../journal/testing/session.ts';
import type { LibraryClient } from './client.ts';
import type { LibraryRequest } from './protocol.ts';
import { RetentionKeeper } from './retention.ts';
import { Shelf } from './shelf.ts';

let dir = '';
let shelf: Shelf;
let stored: Map<string, unknown>;
let inUse: string[] = [];
let changes = 0;

/** The worker's answers, without the worker. */
const client = {
  ask: (request: LibraryRequest) =>
    Promise.resolve(
      ok(
        request.op === 'plan'
          ? shelf.plan(request.bytesMax, request.running)
          : request.op === 'prune'
            ? shelf.prune(request.bytesMax, request.running, request.only)
            : expect.fail(`nobody asks ${request.op} here`),
      ),
    ),
} as unknown as LibraryClient;

function keeper(): RetentionKeeper {
  return new RetentionKeeper({
    ...{ dir, client, inUse: () => inUse },
    settings: { get: (key) => stored.get(key), set: (key, value) => void stored.set(key, value) },
    onChanged: () => {
      changes += 1;
    },
  });
}

function journal(journalId: string, timeMs: number): void {
  const file = path.join(dir, `${journalId}.nightjar`);
  const session = new TestSession(file, { journalId, createdTimeMs: timeMs });
  session.run('a', 'x = 1', 'x\n'.repeat(100));
  session.close();
  shelf.catalog.shown(journalId, 1_000);
}

const names = (): string[] =>
  shelf
    .list()
    .map(({ journalId }) => journalId)
    .sort();
const nowMs = 1_764_000_000_000;

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-retention-'));
  shelf = new Shelf(dir);
  stored = new Map();
  inUse = [];
  changes = 0;
  journal('oldest', nowMs - 3_000_000);
  journal('older', nowMs - 2_000_000);
  journal('newest', nowMs - 1_000_000);
});

afterEach(() => {
  shelf.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

describe('room for journals', () => {
  it('takes nothing where nobody set a limit', async () => {
    await keeper().apply(nowMs);
    expect(names()).toEqual(['newest', 'older', 'oldest']);
    expect(stored.size).toBe(0);
  });

  it('marks what is over it, oldest first, and lets it go a day later', async () => {
    const room = keeper();
    room.limit = { bytesMax: shelf.plan(null, []).bytesNow - 1 };
    await room.apply(nowMs);
    expect([room.leavesTimeMs('oldest'), room.leavesTimeMs('older')]).toEqual([nowMs + leavingNoticeMs, null]);
    // Also after a restart, and not a moment earlier.
    await keeper().apply(nowMs + leavingNoticeMs - 1);
    expect(names()).toContain('oldest');
    expect(changes).toBe(1);
    await keeper().apply(nowMs + leavingNoticeMs);
    expect(names()).toEqual(['newest', 'older']);
    expect(keeper().leavesTimeMs('oldest')).toBeNull();
  });

  it('lets stay what is kept or opened meanwhile, and gives the next one its day', async () => {
    const room = keeper();
    room.limit = { bytesMax: shelf.plan(null, []).bytesNow - 1 };
    await room.apply(nowMs);
    shelf.catalog.set('oldest', { isKept: true });
    inUse = ['older'];
    const laterMs = nowMs + 2 * leavingNoticeMs;
    await room.apply(laterMs);
    expect(names()).toEqual(['newest', 'older', 'oldest']);
    expect([room.leavesTimeMs('oldest'), room.leavesTimeMs('newest')]).toEqual([null, laterMs + leavingNoticeMs]);
    room.limit = { bytesMax: null };
    await room.apply(laterMs + 2 * leavingNoticeMs);
    expect(names()).toHaveLength(3);
    expect(room.leavesTimeMs('newest')).toBeNull();
  });
});
