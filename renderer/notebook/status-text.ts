/**
 * The sentences of the status bar, from the state of the session. Pure.
 */
import type { ExecutionSummary, SessionStatus } from '../../shared/ipc/contract.ts';
import { unreachable } from '../../shared/result.ts';
import { formatBytes, formatDuration, plural } from '../common/format.ts';

export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'idle';

export interface StatusText {
  readonly text: string;
  readonly tone: Tone;
  readonly title: string;
}

export const changingText: StatusText = { text: 'Changing the kernel', tone: 'busy', title: '' };

/** The kernel in words, with how long the running cell has been running. */
export function kernelText(status: SessionStatus | null, nowMs: number): StatusText {
  if (status === null) {
    return { text: 'No kernel', tone: 'idle', title: 'This notebook has no kernel. Running a cell starts one.' };
  }
  const running = status.executions.find((execution) => execution.state === 'running');
  const waiting = status.executions.filter(isWaiting).length;
  const title = waiting === 0 ? '' : `${plural(waiting, 'more cell is', 'more cells are')} waiting.`;
  if (isOutOfSight(status.link.state) && (status.kernelState === 'busy' || status.kernelState === 'idle')) {
    const text = status.kernelState === 'busy' ? 'Running when last seen' : 'Idle when last seen';
    return { text, tone: 'idle', title: 'There is no connection: the kernel goes on, and may be further by now.' };
  }
  switch (status.kernelState) {
    case 'busy': {
      if (status.question !== null) {
        return {
          text: 'Waiting for your answer',
          tone: 'warning',
          title: 'A cell asks something: answer it below the cell.',
        };
      }
      const since = running?.startedTimeMs ?? null;
      const elapsed = since === null ? '' : `, ${formatDuration(Math.max(0, nowMs - since))}`;
      return { text: `Running${elapsed}`, tone: 'busy', title };
    }
    case 'idle':
      return { text: 'Idle', tone: 'good', title };
    case 'starting':
      return { text: 'Kernel is starting', tone: 'busy', title };
    case 'restarting':
    case 'autorestarting':
      return { text: 'Kernel is restarting', tone: 'busy', title };
    case 'dead':
      return {
        text: 'Kernel has ended',
        tone: 'bad',
        title: 'Its variables are lost, its output is in the journal. Restart the kernel to go on.',
      };
    case 'unknown':
      if (status.link.state === 'connecting') {
        const why = 'The server has not handed the kernel over yet: it is starting, or cannot start.';
        return { text: 'Waiting for the kernel', tone: 'busy', title: why };
      }
      return { text: 'Kernel state unknown', tone: 'idle', title };
    default:
      return unreachable(status.kernelState);
  }
}

/** Nothing is heard of the kernel: what is known of it is what was. */
export function isOutOfSight(link: SessionStatus['link']['state']): boolean {
  return link === 'down' || link === 'connecting' || link === 'suspect' || link === 'needs-login';
}

const isWaiting = (execution: ExecutionSummary): boolean =>
  execution.state === 'queued' || execution.state === 'sent' || execution.state === 'accepted';

/** The connection. The main process words it; a live one needs few words. */
export function linkText(status: SessionStatus): StatusText {
  const { link } = status;
  const title = link.roundTripMs === null ? link.sentence : `Round trip ${Math.round(link.roundTripMs)} ms`;
  switch (link.state) {
    case 'live':
      return { text: 'Connected', tone: 'good', title };
    case 'connecting':
    case 'suspect':
      return { text: link.sentence, tone: 'warning', title };
    case 'down':
    case 'needs-login':
      return { text: link.sentence, tone: 'warning', title };
    case 'kernel-gone':
      return { text: link.sentence, tone: 'bad', title };
    case 'closed':
      return { text: link.sentence, tone: 'idle', title };
    default:
      return unreachable(link.state);
  }
}

/** What keeps the output safe while nobody is connected, and what is being fetched. */
export function protectionText(status: SessionStatus): StatusText {
  const { protection, recovery } = status;
  const title = [protection.sentence, ...status.warnings].join(' ');
  if (recovery?.messages === 0) {
    return { text: 'Catching up with the kernel', tone: 'busy', title };
  }
  if (recovery !== null) {
    const left = recovery.bytesLeft ?? 0;
    const share = left === 0 ? '' : `, ${formatBytes(left)} to come`;
    return { text: `Recovered ${plural(recovery.messages, 'message')}${share}`, tone: 'busy', title };
  }
  switch (protection.state) {
    case 'recorded':
      return { text: 'Recorded on the server', tone: 'good', title };
    case 'starting':
      return { text: 'Recorder is starting', tone: 'busy', title };
    case 'buffer-only':
      return { text: 'Not recorded on the server', tone: 'warning', title };
    default:
      return unreachable(protection.state);
  }
}

/** The journal: what is kept, and whether anything is missing. */
export function journalText(status: SessionStatus): StatusText {
  const { entries, bytes, gaps, trouble } = status.journal;
  if (trouble !== null) {
    return { text: trouble, tone: 'bad', title: trouble };
  }
  const kept = `${plural(entries, 'entry', 'entries')}, ${formatBytes(bytes)}`;
  return gaps === 0
    ? { text: `Journal: ${kept}`, tone: 'good', title: 'Everything the kernel said is kept on this computer.' }
    : {
        // Gaps first: the end is what a narrow window cuts off.
        text: `Journal: ${plural(gaps, 'gap')}, ${kept}`,
        tone: 'warning',
        title: 'Messages are missing from the journal. It says how many, when and why.',
      };
}
