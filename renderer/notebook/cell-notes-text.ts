/**
 * The words below a cell whose request or output is not as one expects. Pure.
 */
import type { ExecutionSummary, SessionStatus } from '../../shared/ipc/contract.ts';
import { formatClock, plural } from '../common/format.ts';

export interface NoteAction {
  readonly label: string;
  readonly title: string;
  readonly act: 'cancel' | 'run-again' | 'leave' | 'answer';
}

export interface CellNote {
  readonly kind: 'gap' | 'queued' | 'doubt' | 'taken-back' | 'lost' | 'prompt';
  readonly tone: 'warning' | 'quiet';
  readonly text: string;
  /** The request that the actions concern; empty where there is none. */
  readonly msgId: string;
  readonly actions: readonly NoteAction[];
}

type GapMark = SessionStatus['journal']['gapMarks'][number];

/** Notes by cell id. */
export function notesOf(status: SessionStatus): ReadonlyMap<string, readonly CellNote[]> {
  const notes = new Map<string, CellNote[]>();
  const add = (cellId: string | null, note: CellNote): void => {
    if (cellId !== null) notes.set(cellId, [...(notes.get(cellId) ?? []), note]);
  };
  for (const mark of status.journal.gapMarks) {
    // A cell that was run again since shows the output of that run.
    const current = status.executions.find(({ cellId }) => cellId === mark.cellId);
    if (current === undefined || current.submittedTimeMs <= mark.toTimeMs) add(mark.cellId, gapNote(mark));
  }
  const isUndecided = status.link.state === 'live' && status.executions.some(({ state }) => state === 'in-doubt');
  for (const execution of status.executions) {
    const note = requestNote(execution, isUndecided);
    if (note !== null) add(execution.cellId, note);
    if (execution.msgId === status.lostPrompt) add(execution.cellId, promptNote(execution));
  }
  return notes;
}

export function gapNote({ messages, fromTimeMs, toTimeMs, why }: GapMark): CellNote {
  const size = messages === null ? 'An unknown number of messages is' : `≈ ${plural(messages, 'message')}`;
  const verb = messages === null ? '' : ' missing';
  const from = formatClock(fromTimeMs);
  const to = formatClock(toTimeMs);
  const when = from === to ? `at ${from}` : `${from} to ${to}`;
  const missing = messages === null ? `${size} missing, ${when}` : `${size}${verb}, ${when}`;
  return { kind: 'gap', tone: 'warning', text: `${missing}: ${why}.`, msgId: '', actions: [] };
}

/** `isUndecided`: the connection is back, and some cell waits for a decision. */
function requestNote({ state, status, msgId }: ExecutionSummary, isUndecided: boolean): CellNote | null {
  switch (state) {
    case 'queued':
      return {
        ...{ kind: 'queued', tone: 'quiet', msgId },
        text: isUndecided
          ? 'Waits for your decision about the cell before it; then it runs by itself.'
          : 'Waits for the connection; it runs by itself when that is back.',
        actions: [{ label: 'Take Back', title: 'Do not run this cell', act: 'cancel' }],
      };
    case 'in-doubt':
      return {
        ...{ kind: 'doubt', tone: 'warning', msgId },
        text: isUndecided
          ? 'Sent when the connection was lost, and nothing says whether it arrived. It never runs twice by itself: the decision is yours.'
          : 'Sent when the connection was lost. Whether it arrived shows when the connection is back; it never runs twice by itself.',
        actions: [
          { label: 'Run Again', title: 'It did not arrive: send it once more', act: 'run-again' },
          { label: 'Leave It', title: 'Treat it as not run', act: 'leave' },
        ],
      };
    case 'cancelled':
      return {
        ...{ kind: 'taken-back', tone: 'quiet', msgId, actions: [] },
        text:
          status === 'aborted'
            ? 'Taken back before it was sent: it did not run.'
            : 'Left as it was when the connection was lost: whether it ran is not known.',
      };
    case 'lost':
      return {
        ...{ kind: 'lost', tone: 'quiet', msgId, actions: [] },
        text: 'The kernel ended before this cell was done. What it printed until then is here.',
      };
    default:
      return null;
  }
}

function promptNote({ msgId }: ExecutionSummary): CellNote {
  return {
    ...{ kind: 'prompt', tone: 'warning', msgId },
    text: 'No output for a while. If the cell waits for input, its question was lost on the way.',
    actions: [{ label: 'Answer…', title: 'Send an answer to the cell', act: 'answer' }],
  };
}
