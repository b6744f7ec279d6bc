/** The library as the app asks for it, with its real workers and journals that are written meanwhile. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessTo, CoreHost } from '../../../e2e/support/core-host.ts';
import { asJournalId, asKernelId, type JournalId, asServerId } from '../../../shared/ids.ts';
import type { Place } from '../../../shared/ipc/playback.ts';
import { TestSession } from '../journal/testing/session.ts';
import { DraftStore } from '../notebooks/drafts.ts';
import { NotebookKeeper } from '../notebooks/keeper.ts';
import { LibraryClient } from './client.ts';
import { JournalLibrary } from './journals.ts';

let dir = '';
let library: JournalLibrary;
let running: string[] = [];
let changes = 0;
const stored = new Map<string, unknown>();

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-journals-'));
  running = [];
  changes = 0;
  stored.clear();
  library = new JournalLibrary({
    dir,
    client: new LibraryClient(pathToFileURL(process.env.NIGHTJAR_LIBRARY_WORKER ?? ''), () => undefined),
    settings: { get: (key) => stored.get(key), set: (key, value) => void stored.set(key, value) },
    running: () => running,
    onChanged: () => {
      changes += 1;
    },
  });
  library.open();
});

afterEach(async () => {
  await library.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

function begun(journalId: string): { session: TestSession; id: JournalId } {
  const session = new TestSession(path.join(dir, `${journalId}.nightjar`), { journalId });
  session.begin('a', 'loop()');
  session.print('first\n');
  session.commit();
  return { session, id: asJournalId(journalId) };
}

describe('the library', () => {
  it('tells who plays a journal that it has grown, and counts what was shown as read', async () => {
    const { session, id } = begun('grows');
    const grown: Place[] = [];
    const stop = library.playback.watch(id, (last) => grown.push(last));
    for (let index = 0; index < 20; index++) {
      session.print(`line ${index}\n`);
    }
    session.commit();
    await expect.poll(() => grown.at(-1)?.seq, { timeout: 20_000 }).toBe(session.seq);
    const moment = await library.playback.moment(id, session.seq, null);
    expect(moment.ok && moment.value.cells[0]?.state).toBe('running');
    stop();
    const seen = grown.length;
    session.print('more\n');
    session.close();
    await expect
      .poll(async () => (await library.journals.list()).map(({ isUnread }) => isUnread), { timeout: 20_000 })
      .toEqual([false]);
    expect(grown).toHaveLength(seen);
  });

  it('indexes by itself what is written, and finds it', async () => {
    const { session } = begun('found');
    session.print('needle in the output\n');
    session.commit();
    await expect
      .poll(
        async () => {
          const answer = await library.journals.search('needle', 5);
          return answer.ok ? answer.value.hits.map(({ journalId }) => journalId) : [];
        },
        { timeout: 30_000 },
      )
      .toEqual(['found']);
    session.close();
  });

  it('deletes with a way back, but nothing that runs', async () => {
    const { session, id } = begun('gone');
    session.close();
    running = ['gone'];
    expect(await library.journals.delete(id)).toMatchObject({ ok: false, problem: { kind: 'running' } });
    running = [];
    expect(await library.journals.delete(id)).toEqual({ ok: true, value: null });
    expect(await library.playback.info(id)).toMatchObject({ ok: false, problem: { kind: 'missing' } });
    expect(await library.journals.undelete(id)).toEqual({ ok: true, value: null });
    expect((await library.playback.info(id)).ok).toBe(true);
    expect(changes).toBeGreaterThan(1);
  });

  it('answers with a sentence for a file that is no journal, and goes on', async () => {
    fs.writeFileSync(path.join(dir, 'bad.nightjar'), 'no journal');
    const { session, id } = begun('good');
    session.close();
    const bad = asJournalId('bad');
    expect(await library.playback.info(bad)).toMatchObject({ ok: false, problem: { kind: 'not-a-journal' } });
    expect(await library.playback.moment(bad, 1, null)).toMatchObject({ ok: false });
    expect((await library.playback.info(id)).ok).toBe(true);
    const target = path.join(dir, 'out.txt');
    expect(await library.journals.exportTo(id, 'txt', null, target)).toEqual({ ok: true, value: target });
    expect(await library.journals.exportName(id, 'html')).toMatch(/^analysis .*\.html$/);
  });

  it('keeps everything until a size is set', () => {
    expect(library.journals.retention()).toEqual({ bytesMax: null });
    library.journals.setRetention({ bytesMax: 5 });
    expect(library.journals.retention()).toEqual({ bytesMax: 5 });
    stored.set('journals.retention', 'nonsense');
    expect(library.journals.retention()).toEqual({ bytesMax: null });
  });
});

describe('a notebook in its journal', () => {
  const url = 'http://127.0.0.1:9/';
  const serverId = asServerId('s');

  it('is there as it was loaded, and as it is edited', async () => {
    const host = new CoreHost(dir, accessTo(url, 'token'), false);
    const drafts = new DraftStore(path.join(dir, 'drafts'), () => undefined);
    const keeper = new NotebookKeeper(drafts, host.sessions, () => undefined);
    try {
      const cell = (source: string) => ({
        id: 'a',
        cell_type: 'code',
        metadata: {},
        source,
        outputs: [],
        execution_count: null,
      });
      const notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell('loaded')] };
      const base = { serverUrl: url, path: 'n.ipynb', lastModified: null, text: JSON.stringify(notebook) };
      await drafts.setBase(base, { keepsDraft: false });
      const session = await host.ensure(asKernelId('k'));
      await keeper.attached(session, url, 'n.ipynb');
      await keeper.attached(session, url, 'n.ipynb');
      const change = {
        order: ['a', 'b'],
        cells: [
          {
            id: 'b',
            type: 'markdown' as const,
            source: '# added',
            metadata: {},
            attachments: null,
            outputs: { from: 'base' as const },
          },
        ],
        metadata: {},
      };
      await drafts.change(url, 'n.ipynb', change, Date.now());
      keeper.edited(serverId, url, 'n.ipynb');
      const sources = async (): Promise<unknown[]> => {
        const moment = await library.playback.moment(session.journalId, Number.MAX_SAFE_INTEGER, null);
        return moment.ok ? moment.value.cells.map((shown) => shown.cell.source) : [moment.problem.sentence];
      };
      expect(await sources()).toEqual(['loaded']);
      await expect.poll(sources, { timeout: 20_000 }).toEqual(['loaded', '# added']);
    } finally {
      keeper.close();
      await library.close();
      await host.close();
    }
  });
});
