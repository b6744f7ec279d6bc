import { type Contents, ServerConnection } from '@jupyterlab/services';
import { describe, expect, it, vi } from 'vitest';
import { type FileVersion, NotebookDrive, SaveStopped } from './services.ts';

/** A drive over a file that is only a version. */
class OneFile extends NotebookDrive {
  version: FileVersion = { last_modified: '2026-01-01T00:00:00Z', hash: 'a' };
  writes = 0;
  failure: Error | null = null;
  /** What becomes of the next writes: lost by the server, or the file is deleted by a person. */
  losses: ('gone' | 'put-back' | 'deleted')[] = [];
  isGone = false;
  /** What else happens at a write, and whether it is answered as failed. */
  afterWrite: (() => void) | null = null;
  failsWrite = false;
  /** How often the file is empty to whoever looks after a write: somebody else writes it. */
  emptyLooks = 0;
  /** When a version was last put aside by the server. */
  asideTime: string | null = null;

  constructor() {
    super({ serverSettings: ServerConnection.makeSettings({ baseUrl: 'http://localhost/' }) });
  }

  protected override async read(path: string): Promise<Contents.IModel> {
    if (this.failure !== null) throw this.failure;
    if (path.endsWith('.invalid')) {
      if (this.asideTime === null) throw missing();
      return { ...this.#model(), last_modified: this.asideTime };
    }
    if (this.isGone) throw missing();
    if (this.writes > 0 && this.emptyLooks > 0) {
      this.emptyLooks -= 1;
      return { ...this.#model(), size: 0 };
    }
    return this.#model();
  }

  protected override async write(): Promise<Contents.IModel> {
    this.writes += 1;
    const loss = this.losses.shift();
    this.isGone = loss === 'gone' || loss === 'deleted';
    if (loss === 'deleted') throw missing();
    if (loss === undefined) {
      this.version = at(100 + this.writes, this.version.hash ? `saved ${this.writes}` : undefined);
    } else {
      this.asideTime = at(100 + this.writes).last_modified;
    }
    this.afterWrite?.();
    if (this.failsWrite) throw missing();
    // A server tells the hash only where it is asked for it.
    const { hash: _, ...untold } = this.#model();
    return untold;
  }

  #model(): Contents.IModel {
    const { last_modified, hash } = this.version;
    return {
      name: 'a.ipynb',
      path: 'a.ipynb',
      type: 'notebook',
      writable: true,
      created: '',
      last_modified,
      ...(hash === undefined || hash === null ? {} : { hash }),
      mimetype: '',
      format: 'json',
      content: null,
    };
  }
}

const missing = (): Error => new ServerConnection.ResponseError(new Response(null, { status: 404 }));

const at = (seconds: number, hash?: string): FileVersion => ({
  last_modified: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
  ...(hash === undefined ? {} : { hash }),
});

/** As JupyterLab saves: looks, writes, looks again. */
async function save(drive: OneFile): Promise<'saved' | 'changed-elsewhere' | 'failed'> {
  try {
    await drive.get('a.ipynb', { content: false });
    await drive.save('a.ipynb', {});
    await drive.get('a.ipynb', { content: false });
    return 'saved';
  } catch (error) {
    if (error instanceof SaveStopped) return error.reason;
    throw error;
  }
}

async function opened(version: FileVersion): Promise<OneFile> {
  const drive = new OneFile();
  drive.version = version;
  await drive.get('a.ipynb', { content: true });
  return drive;
}

describe('a save', () => {
  it('writes over the version that the window has, also one that was only touched', async () => {
    const drive = await opened(at(1, 'a'));
    drive.version = at(5, 'a');
    expect(await save(drive)).toBe('saved');
    expect(await save(drive)).toBe('saved');
  });

  it('writes nothing over a version that the window does not have, by hash or by time', async () => {
    for (const [mine, theirs] of [
      [at(1, 'a'), at(1, 'b')],
      [at(1), at(2)],
      [at(2), at(1)],
    ] as const) {
      const drive = await opened(mine);
      drive.version = theirs;
      expect(await save(drive)).toBe('changed-elsewhere');
      expect(drive.writes).toBe(0);
      drive.accept(theirs);
      expect(await save(drive)).toBe('saved');
    }
  });

  it('passes once where a server tells another time at every look and that was seen', async () => {
    const drive = await opened(at(1));
    drive.version = at(9);
    drive.acceptNext();
    expect(await save(drive)).toBe('saved');
    drive.version = at(20);
    expect(await save(drive)).toBe('changed-elsewhere');
  });

  it('is made again where the server lost it, and fails where that goes on', async () => {
    for (const version of [at(1), at(1, 'a')]) {
      const drive = await opened(version);
      drive.losses = ['gone', 'put-back'];
      expect(await save(drive)).toBe('saved');
      expect(drive.writes).toBe(3);
      expect(await save(drive)).toBe('saved');
      expect(drive.writes).toBe(4);
      drive.losses = ['gone', 'gone', 'gone'];
      expect(await save(drive)).toBe('failed');
      drive.isGone = false;
      drive.losses = ['put-back', 'put-back', 'put-back'];
      expect(await save(drive)).toBe('failed');
      expect(await save(drive)).toBe('saved');
    }
  });

  it('is looked for until the file is no longer empty, and fails where it stays so', async () => {
    vi.useFakeTimers();
    try {
      const drive = await opened(at(1, 'a'));
      for (const [emptyLooks, outcome] of [
        [3, 'saved'],
        [1_000, 'failed'],
      ] as const) {
        drive.emptyLooks = 0;
        await drive.get('a.ipynb', { content: false });
        drive.emptyLooks = emptyLooks;
        const saved = drive.save('a.ipynb', {}).then(
          () => 'saved',
          (error: unknown) => (error instanceof SaveStopped ? error.reason : 'something else'),
        );
        await vi.advanceTimersByTimeAsync(60_000);
        expect(await saved).toBe(outcome);
      }
      expect(drive.writes).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not made again over what somebody else wrote meanwhile', async () => {
    const drive = await opened(at(1, 'a'));
    drive.losses = ['put-back'];
    drive.afterWrite = () => {
      drive.version = at(50, 'theirs');
    };
    drive.failsWrite = true;
    expect(await save(drive)).toBe('changed-elsewhere');
    expect(drive.writes).toBe(1);
  });

  it('is made once where it arrived, whatever was put aside before', async () => {
    const drive = await opened(at(1, 'a'));
    drive.asideTime = at(60).last_modified;
    drive.afterWrite = () => {
      drive.version = at(70, 'a');
    };
    expect(await save(drive)).toBe('saved');
    expect(drive.writes).toBe(1);
  });

  it('is made once where the file was deleted under it', async () => {
    const drive = await opened(at(1, 'a'));
    drive.asideTime = at(0).last_modified;
    drive.losses = ['deleted'];
    expect(await save(drive)).toBe('failed');
    expect(drive.writes).toBe(1);
  });

  it('is known as its own where nobody could look at it afterwards', async () => {
    const drive = await opened(at(1, 'a'));
    await drive.get('a.ipynb', { content: false });
    const saving = drive.save('a.ipynb', {});
    drive.failure = new TypeError('network');
    await expect(saving).rejects.toBeInstanceOf(SaveStopped);
    drive.failure = null;
    // JupyterLab holds the version from before, and would ask about another.
    expect((await drive.get('a.ipynb', { content: false })).hash).toBe('a');
    expect(await save(drive)).toBe('saved');
    expect(drive.writes).toBe(2);
  });

  it('that fails stops with its cause, so that no dialog of JupyterLab stands in the way', async () => {
    const drive = await opened(at(1));
    drive.failure = new TypeError('network');
    expect(await save(drive)).toBe('failed');
    expect(new SaveStopped('failed', null).name).toBe('ModalCancelError');
  });
});
