/**
 * Runs a notebook of the server on the server, without a window.
 *
 * The same session, link and journal as the app: a cut in the middle costs nothing. Cells run one after another, the
 * first failing cell ends the run as with nbclient, and the outputs go back into the server's notebook by cell id, so
 * that edits made meanwhile by others survive.
 */
import {
  beginExecution,
  createOutputs,
  apply,
  executionCount,
  type NotebookOutputs,
  toNbformat,
} from '../../../shared/outputs/reducer.ts';
import { ensureCellIds, type Notebook, type NotebookCell, parseNotebook } from '../../../shared/outputs/notebook.ts';
import { asKernelId } from '../../../shared/ids.ts';
import { fail, ok, type Problem, type Result } from '../../../shared/result.ts';
import type { Frame } from '../../../shared/wire/codec.ts';
import { type GapBody, isPending } from '../../../shared/journal/entries.ts';
import { makeFrame, newHeader } from '../sessions/messages.ts';
import type { ServerAccess, SessionManager } from '../sessions/manager.ts';
import type { KernelSession } from '../sessions/session.ts';
import type { ServerRest } from './rest.ts';

/** How long the first cell waits for the recorder: on a busy server it needs a while. */
const recorderWaitMs = 30_000;
const lookMs = 50;

export interface RunOptions {
  readonly server: ServerAccess;
  readonly rest: ServerRest;
  readonly sessions: SessionManager;
  readonly notebookPath: string;
  /** Kernel to use; the notebook's own when null. */
  readonly kernelName: string | null;
  readonly allowErrors: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
}

export interface RunProgress {
  /** Code cells that are run, and the one running now (from 1). */
  readonly cells: number;
  readonly cell: number;
  readonly phase: 'starting' | 'running' | 'done' | 'saving';
  readonly messages: number;
  readonly link: string;
}

export interface RunReport {
  readonly journalId: string;
  readonly notebook: Notebook;
  readonly cells: number;
  readonly errors: readonly { readonly cell: number; readonly ename: string; readonly evalue: string }[];
  readonly interrupted: boolean;
  /** Outputs that found no cell in the server's notebook because it was changed meanwhile. */
  readonly misplaced: number;
  /** Set when the notebook on the server could not be written. */
  readonly saveProblem: string | null;
  /** Why no recorder guarded the run from its first cell on; null where one did. */
  readonly unguarded: string | null;
  /** What could not be kept. */
  readonly gaps: readonly GapBody[];
}

type RunResult = Result<RunReport, Problem>;

interface Run {
  readonly options: RunOptions;
  readonly session: KernelSession;
  readonly outputs: NotebookOutputs;
  messages: number;
}

function sourceOf(cell: NotebookCell): string {
  return Array.isArray(cell.source) ? cell.source.join('') : cell.source;
}

function tagsOf(cell: NotebookCell): readonly unknown[] {
  const { tags } = cell.metadata;
  return Array.isArray(tags) ? tags : [];
}

function cellIdOf(cell: NotebookCell): string {
  return typeof cell.id === 'string' ? cell.id : '';
}

/** The code cells that a run executes, as nbclient chooses them: not empty, not tagged to be skipped. */
export function cellsToRun(notebook: Notebook): NotebookCell[] {
  return notebook.cells.filter(
    (cell) => cell.cell_type === 'code' && sourceOf(cell).trim() !== '' && !tagsOf(cell).includes('skip-execution'),
  );
}

function kernelNameOf(notebook: Notebook): string | null {
  const spec = notebook.metadata.kernelspec;
  return typeof spec?.name === 'string' && spec.name !== '' ? spec.name : null;
}

export async function runNotebook(options: RunOptions): Promise<RunResult> {
  const { rest, notebookPath } = options;
  const read = await rest.readNotebook(notebookPath);
  if (!read.ok) {
    return read;
  }
  const parsed = parseNotebook(read.value.content);
  if (!parsed.ok) {
    return fail(parsed.problem.kind, `${notebookPath}: ${parsed.problem.sentence}`);
  }
  const notebook = ensureCellIds(parsed.value);
  const started = await rest.startKernel(options.kernelName ?? kernelNameOf(notebook), notebookPath);
  if (!started.ok) {
    return started;
  }
  const kernelId = started.value.id;
  const session = await options.sessions.ensure({
    server: options.server,
    kernelId: asKernelId(kernelId),
    kernelName: started.value.name,
    notebookPath,
    owner: 'cli',
  });
  const run: Run = { options, session, outputs: createOutputs(), messages: 0 };
  const report = await guardedRun(run, notebook, kernelId);
  // What was still looked for is told when the session is closed.
  return ok({ ...report, gaps: session.status().journal.gapMarks });
}

async function guardedRun(run: Run, notebook: Notebook, kernelId: string): Promise<Omit<RunReport, 'gaps'>> {
  const { session, options } = run;
  try {
    await session.snapshot(options.notebookPath, 'loaded', JSON.stringify(notebook), Date.now());
    const unguarded = await untilGuarded(run, cellsToRun(notebook).length);
    return { ...(await runCells(run, notebook, kernelId)), unguarded };
  } finally {
    await options.sessions.release(session);
    await options.rest.shutdownKernel(kernelId);
  }
}

/**
 * What the first cell prints is to be recorded as well: it waits for the recorder, where there can be one. Answers why
 * there is none.
 */
async function untilGuarded({ session, options }: Run, cells: number): Promise<string | null> {
  const deadline = performance.now() + recorderWaitMs;
  const isComing = (): boolean => session.status().protection.state === 'starting' || session.isHolding;
  while (isComing() && !options.signal.aborted && performance.now() < deadline) {
    options.onProgress({ cells, cell: 1, phase: 'starting', messages: 0, link: session.linkPhase });
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  const { state, sentence } = session.status().protection;
  return state === 'recorded' || options.signal.aborted ? null : sentence;
}

async function runCells(
  run: Run,
  notebook: Notebook,
  kernelId: string,
): Promise<Omit<RunReport, 'unguarded' | 'gaps'>> {
  const { options, session } = run;
  const cells = cellsToRun(notebook);
  const errors: { cell: number; ename: string; evalue: string }[] = [];
  const ran: NotebookCell[] = [];
  const onAbort = (): void => void options.rest.interruptKernel(kernelId);
  options.signal.addEventListener('abort', onAbort, { once: true });
  const tell = (cell: number, phase: RunProgress['phase']): void =>
    options.onProgress({ cells: cells.length, cell, phase, messages: run.messages, link: session.linkPhase });
  const stopListening = session.onFrames((frame) => observe(run, frame));
  try {
    for (const [index, cell] of cells.entries()) {
      if (options.signal.aborted) {
        break;
      }
      tell(index + 1, index === 0 ? 'starting' : 'running');
      const ended = await runCell(run, cell, () => tell(index + 1, 'running'));
      ran.push(cell);
      tell(index + 1, 'done');
      if (ended === 'lost') {
        errors.push({ cell: index + 1, ename: 'KernelDied', evalue: 'the kernel ended before the cell was done' });
        break;
      }
      const error = ended === 'error' ? lastError(run, cell) : null;
      if (error !== null && !tagsOf(cell).includes('raises-exception')) {
        errors.push({ cell: index + 1, ...error });
        if (!options.allowErrors) {
          break;
        }
      }
    }
  } finally {
    stopListening();
    options.signal.removeEventListener('abort', onAbort);
  }
  tell(cells.length, 'saving');
  const saved = await save(run, notebook, ran);
  return {
    journalId: session.journalId,
    cells: ran.length,
    errors,
    interrupted: options.signal.aborted,
    ...saved,
  };
}

function observe(run: Run, frame: Frame): void {
  run.messages += 1;
  const parentId = frame.parent?.msg_id ?? '';
  const cellId = run.session.execution(parentId)?.cellId;
  if (cellId !== undefined && cellId !== null && (frame.channel === 'iopub' || frame.channel === 'shell')) {
    apply(run.outputs, { cellKey: cellId, msgType: frame.header.msg_type, content: frame.content() });
  }
}

type Ended = 'ok' | 'error' | 'lost';

async function runCell(run: Run, cell: NotebookCell, onWait: () => void): Promise<Ended> {
  const { session, options } = run;
  const cellId = cellIdOf(cell);
  beginExecution(run.outputs, cellId);
  const header = newHeader('execute_request', session.journalId);
  const content = {
    code: sourceOf(cell),
    silent: false,
    store_history: true,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: !options.allowErrors && !tagsOf(cell).includes('raises-exception'),
  };
  const done = ended(session, header.msg_id, onWait);
  await session.execute(makeFrame('shell', header, null, content, { cellId }));
  return done;
}

/** Resolves when an execution is over and every committed frame of it was handed to the listeners. */
function ended(session: KernelSession, msgId: string, onWait: () => void): Promise<Ended> {
  return new Promise((resolve) => {
    const settle = (): boolean => {
      const execution = session.execution(msgId);
      if (execution === undefined || isPending(execution.state) || session.isUncommitted) {
        return false;
      }
      clearInterval(timer);
      stop();
      resolve(execution.state === 'done' ? (execution.status === 'error' ? 'error' : 'ok') : 'lost');
      return true;
    };
    // Frames tell the end at once; the timer covers ends without a frame (a dead kernel) and moves the progress line.
    const stop = session.onFrames(() => queueMicrotask(settle));
    const timer = setInterval(() => {
      if (!settle()) {
        onWait();
      }
    }, 100);
  });
}

function lastError(run: Run, cell: NotebookCell): { ename: string; evalue: string } {
  const error = toNbformat(run.outputs, cellIdOf(cell)).findLast((output) => output.output_type === 'error');
  return {
    ename: typeof error?.ename === 'string' ? error.ename : 'Error',
    evalue: typeof error?.evalue === 'string' ? error.evalue : '',
  };
}

async function save(
  run: Run,
  notebook: Notebook,
  ran: readonly NotebookCell[],
): Promise<{ notebook: Notebook; misplaced: number; saveProblem: string | null }> {
  const { rest, notebookPath } = run.options;
  const filled = withOutputs(run, notebook, ran);
  const latest = await rest.readNotebook(notebookPath);
  if (!latest.ok) {
    return { ...filled, saveProblem: latest.problem.sentence };
  }
  const parsed = parseNotebook(latest.value.content);
  const target = parsed.ok ? withOutputs(run, ensureCellIds(parsed.value), ran) : filled;
  const written = await rest.writeNotebook(notebookPath, target.notebook);
  if (written.ok) {
    const msgIds = run.session.lastExecutions().map((execution) => execution.msgId);
    await run.session.markSaved(notebookPath, msgIds, JSON.stringify(target.notebook), 'saved');
  }
  return {
    notebook: filled.notebook,
    misplaced: target.misplaced,
    saveProblem: written.ok ? null : written.problem.sentence,
  };
}

/** A notebook with the outputs of this run in the cells that ran and are still there. */
function withOutputs(
  run: Run,
  notebook: Notebook,
  ran: readonly NotebookCell[],
): { notebook: Notebook; misplaced: number } {
  const waiting = new Set(ran.map(cellIdOf));
  const cells = notebook.cells.map((cell) => {
    const id = cellIdOf(cell);
    if (cell.cell_type !== 'code' || !waiting.delete(id)) {
      return cell;
    }
    return { ...cell, outputs: toNbformat(run.outputs, id), execution_count: executionCount(run.outputs, id) };
  });
  return { notebook: { ...notebook, cells }, misplaced: waiting.size };
}
