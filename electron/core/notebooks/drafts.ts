/**
 * Unsaved edits, kept on disk within a second of the keystroke.
 *
 * A draft is a base (the notebook as it was last loaded or saved) and what changed since, per cell. Outputs are not
 * copied: they stand in the base or in the journal. Each notebook has two small files, written beside and renamed,
 * so that a crash leaves the old one or the new one. A draft is removed only by a save or on the person's word.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { type DraftCell, type DraftChange, draftCell, type NotebookRestore } from '../../../shared/ipc/contract.ts';
import { objectOrEmpty } from '../../../shared/outputs/json.ts';
import { describeUnknown } from '../../../shared/result.ts';

const json = v.record(v.string(), v.unknown());

const baseFile = v.object({
  serverUrl: v.string(),
  path: v.string(),
  notebook: json,
  lastModified: v.nullable(v.string()),
});

/** A notebook as it was loaded or saved. */
export interface Base {
  readonly serverUrl: string;
  readonly path: string;
  readonly lastModified: string | null;
  /** Its JSON: many megabytes that nobody but a draft reads. */
  readonly text: string;
}

interface ReadableBase extends Base {
  readonly notebook: Record<string, unknown>;
}

const draftFile = v.object({
  changedTimeMs: v.number(),
  order: v.array(v.string()),
  cells: v.array(draftCell),
  metadata: json,
});

interface Draft {
  changedTimeMs: number;
  order: readonly string[];
  readonly cells: Map<string, DraftCell>;
  metadata: Record<string, unknown>;
}

interface Kept {
  base: ReadableBase | null;
  draft: Draft | null;
  /** Writes of one notebook follow each other. */
  writing: Promise<void>;
}

export interface CurrentNotebook {
  readonly reason: 'loaded' | 'edited';
  readonly text: string;
  readonly timeMs: number;
}

type Restored = NonNullable<NotebookRestore['draft']>;

export class DraftStore {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly dir: string,
    private readonly log: (line: string) => void,
  ) {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  has(serverUrl: string, notebookPath: string): boolean {
    const key = keyOf(serverUrl, notebookPath);
    const known = this.kept.get(key);
    return known === undefined ? fs.existsSync(this.fileOf(key, 'draft')) : known.draft !== null;
  }

  /** The notebook as the person left it, or null when nothing is unsaved. */
  async restore(serverUrl: string, notebookPath: string): Promise<Restored | null> {
    const kept = await this.load(keyOf(serverUrl, notebookPath));
    await kept.writing;
    return kept.draft === null ? null : compose(kept.base, kept.draft);
  }

  /** The notebook as it was last loaded or saved. */
  async base(serverUrl: string, notebookPath: string): Promise<Record<string, unknown> | null> {
    const kept = await this.load(keyOf(serverUrl, notebookPath));
    return kept.base?.notebook ?? null;
  }

  /**
   * The notebook as it is now, for a journal's time line: the file's when nothing was edited, outputs included; else
   * as it was edited, without outputs (they stand in the journal). `null` when it was never loaded here.
   */
  async current(serverUrl: string, notebookPath: string): Promise<CurrentNotebook | null> {
    const { base, draft } = await this.load(keyOf(serverUrl, notebookPath));
    if (draft !== null) {
      const { notebook } = compose(base, draft);
      return { reason: 'edited', text: JSON.stringify(withoutOutputs(notebook)), timeMs: draft.changedTimeMs };
    }
    return base === null ? null : { reason: 'loaded', text: base.text, timeMs: Date.now() };
  }

  /** Cells whose outputs the person decided about (cleared, pasted) and when: older executions must not undo it. */
  async decidedOutputs(
    serverUrl: string,
    notebookPath: string,
  ): Promise<{ cells: ReadonlySet<string>; timeMs: number }> {
    const { draft } = await this.load(keyOf(serverUrl, notebookPath));
    const cells = [...(draft?.cells.values() ?? [])].filter(
      ({ outputs }) => outputs.from === 'cleared' || outputs.from === 'inline',
    );
    return { cells: new Set(cells.map((cell) => cell.id)), timeMs: draft?.changedTimeMs ?? 0 };
  }

  /** The notebook was loaded or saved in this state: drafts begin from here. Only a save ends a draft. */
  async setBase(base: Base, { keepsDraft }: { readonly keepsDraft: boolean }): Promise<void> {
    const key = keyOf(base.serverUrl, base.path);
    const kept = await this.load(key);
    kept.base = readable(base);
    if (!keepsDraft) {
      kept.draft = null;
    }
    this.write(key, kept, async () => {
      await writeWhole(this.fileOf(key, 'base'), fileText(base));
      if (!keepsDraft) {
        await fsPromises.rm(this.fileOf(key, 'draft'), { force: true });
      }
    });
    await kept.writing;
  }

  async change(serverUrl: string, notebookPath: string, change: DraftChange, nowMs: number): Promise<void> {
    const key = keyOf(serverUrl, notebookPath);
    const kept = await this.load(key);
    const cells = new Map(kept.draft?.cells ?? []);
    for (const cell of change.cells) {
      cells.set(cell.id, cell);
    }
    const present = new Set(change.order);
    for (const id of cells.keys()) {
      if (!present.has(id)) {
        cells.delete(id);
      }
    }
    const draft: Draft = { changedTimeMs: nowMs, order: change.order, cells, metadata: change.metadata };
    kept.draft = draft;
    this.write(key, kept, () =>
      writeWhole(this.fileOf(key, 'draft'), JSON.stringify({ ...draft, cells: [...draft.cells.values()] })),
    );
    await kept.writing;
  }

  async discard(serverUrl: string, notebookPath: string): Promise<void> {
    const key = keyOf(serverUrl, notebookPath);
    const kept = await this.load(key);
    kept.draft = null;
    this.write(key, kept, () => fsPromises.rm(this.fileOf(key, 'draft'), { force: true }));
    await kept.writing;
  }

  async rename(serverUrl: string, from: string, to: string): Promise<void> {
    const kept = await this.load(keyOf(serverUrl, from));
    await kept.writing;
    const { base, draft } = kept;
    if (base !== null) {
      const { lastModified, text } = base;
      await this.setBase({ serverUrl, path: to, lastModified, text }, { keepsDraft: false });
    }
    if (draft !== null) {
      const change = { order: [...draft.order], cells: [...draft.cells.values()], metadata: draft.metadata };
      await this.change(serverUrl, to, change, draft.changedTimeMs);
    }
    await this.discard(serverUrl, from);
  }

  /** Resolves when everything handed in is on the disk. */
  async settled(): Promise<void> {
    await Promise.all([...this.kept.values()].map((kept) => kept.writing));
  }

  private write(key: string, kept: Kept, work: () => Promise<void>): void {
    kept.writing = kept.writing.then(work).catch((error: unknown) => {
      this.log(`draft ${key}: ${describeUnknown(error)}`);
    });
  }

  private async load(key: string): Promise<Kept> {
    const known = this.kept.get(key);
    if (known !== undefined) {
      return known;
    }
    const base = v.safeParse(baseFile, await readJson(this.fileOf(key, 'base')));
    const draft = v.safeParse(draftFile, await readJson(this.fileOf(key, 'draft')));
    const raced = this.kept.get(key);
    if (raced !== undefined) {
      return raced;
    }
    const kept: Kept = {
      base: base.success && isOf(key, base.output) ? fromFile(base.output) : null,
      draft: draft.success
        ? { ...draft.output, cells: new Map(draft.output.cells.map((cell) => [cell.id, cell])) }
        : null,
      writing: Promise.resolve(),
    };
    this.kept.set(key, kept);
    return kept;
  }

  private fileOf(key: string, what: 'base' | 'draft'): string {
    return path.join(this.dir, `${key}.${what}.json`);
  }
}

function readable(base: Base): ReadableBase {
  let notebook: Record<string, unknown> | null = null;
  return {
    ...base,
    get notebook() {
      notebook ??= objectOrEmpty(parsed(base.text));
      return notebook;
    },
  };
}

/** A window gives the text that a file ends with: it cannot make the file that of another notebook. */
const isOf = (key: string, { serverUrl, path: notebookPath }: Pick<Base, 'serverUrl' | 'path'>): boolean =>
  keyOf(serverUrl, notebookPath) === key;

/** Read already: its text is made only when it is asked for. */
function fromFile(file: v.InferOutput<typeof baseFile>): ReadableBase {
  return {
    ...file,
    get text() {
      return JSON.stringify(file.notebook);
    },
  };
}

/** What `baseFile` reads. */
function fileText({ text, ...about }: Base): string {
  return `${JSON.stringify(about).slice(0, -1)},"notebook":${text}}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function keyOf(serverUrl: string, notebookPath: string): string {
  return crypto.createHash('sha256').update(`${serverUrl}\n${notebookPath}`).digest('hex').slice(0, 32);
}

async function readJson(file: string): Promise<unknown> {
  try {
    return parsed(await fsPromises.readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

/** Writes beside and renames: a reader sees the old file or the new one, whole. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.partial`;
  const handle = await fsPromises.open(beside, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await fsPromises.rename(beside, file);
}

function baseCellsOf(notebook: Record<string, unknown> | undefined): Map<string, Record<string, unknown>> {
  const cells = new Map<string, Record<string, unknown>>();
  for (const value of Array.isArray(notebook?.cells) ? notebook.cells : []) {
    const cell = objectOrEmpty(value);
    if (typeof cell.id === 'string') {
      cells.set(cell.id, cell);
    }
  }
  return cells;
}

/** Base and draft made into one notebook. Cells that the draft does not name come from the base as they were. */
function compose(base: ReadableBase | null, draft: Draft): Restored {
  const baseCells = baseCellsOf(base?.notebook);
  const executionOutputs: Restored['executionOutputs'] = [];
  const cells: Record<string, unknown>[] = [];
  for (const id of draft.order) {
    const drafted = draft.cells.get(id);
    const before = baseCells.get(id);
    if (drafted === undefined) {
      if (before !== undefined) {
        cells.push(before);
      }
      continue;
    }
    if (drafted.outputs.from === 'execution') {
      executionOutputs.push({ cellId: id, msgId: drafted.outputs.msgId });
    }
    cells.push(composeCell(drafted, before));
  }
  return {
    notebook: {
      nbformat: 4,
      nbformat_minor: 5,
      ...base?.notebook,
      metadata: draft.metadata,
      cells,
    },
    baseLastModified: base?.lastModified ?? null,
    changedTimeMs: draft.changedTimeMs,
    executionOutputs,
  };
}

function withoutOutputs(notebook: Record<string, unknown>): Record<string, unknown> {
  const cells = Array.isArray(notebook.cells) ? notebook.cells : [];
  return {
    ...notebook,
    cells: cells.map((value: unknown) => {
      const { outputs: _outputs, execution_count: _count, ...rest } = objectOrEmpty(value);
      return rest;
    }),
  };
}

function composeCell(drafted: DraftCell, before: Record<string, unknown> | undefined): Record<string, unknown> {
  const cell: Record<string, unknown> = {
    id: drafted.id,
    cell_type: drafted.type,
    metadata: drafted.metadata,
    source: drafted.source,
    ...(drafted.attachments === null ? {} : { attachments: drafted.attachments }),
  };
  if (drafted.type !== 'code') {
    return cell;
  }
  const { outputs } = drafted;
  switch (outputs.from) {
    case 'base':
      return { ...cell, outputs: before?.outputs ?? [], execution_count: before?.execution_count ?? null };
    case 'inline':
      return { ...cell, outputs: outputs.outputs, execution_count: outputs.executionCount };
    case 'execution':
    case 'cleared':
      return { ...cell, outputs: [], execution_count: null };
  }
}
