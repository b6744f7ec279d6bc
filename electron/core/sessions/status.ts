/** What a session is, in the words of the status bar. Pure. */
import type { LinkStatus, SessionStatus } from '../../../shared/ipc/contract.ts';
import type { LinkState } from '../link/machine.ts';
import type { Protection } from '../recovery/intake.ts';

/** What a person should know before it is too late, a sentence each. */
export function warningsOf(facts: {
  readonly others: number;
  readonly isHub: boolean;
  readonly isRecorded: boolean;
  readonly isBusy: boolean;
}): string[] {
  const warnings: string[] = [];
  if (facts.others > 0) {
    const who = facts.others === 1 ? 'Another client is' : `${facts.others} other clients are`;
    warnings.push(
      facts.isRecorded
        ? `${who} attached to this kernel: what is run there appears in the journal as well.`
        : `${who} attached to this kernel: while that is so, the server keeps nothing for Nightjar when the connection is lost.`,
    );
  }
  if (facts.isHub && facts.isBusy) {
    warnings.push(
      'This server belongs to a JupyterHub, which may end servers that look idle. A long computation that prints nothing looks idle: print something now and then, or ask whoever runs the hub.',
    );
  }
  return warnings;
}

export type KernelState = SessionStatus['kernelState'];

export function kernelStateOf(value: unknown): KernelState | null {
  switch (value) {
    case 'starting':
    case 'idle':
    case 'busy':
    case 'restarting':
    case 'autorestarting':
    case 'dead':
      return value;
    default:
      return null;
  }
}

export function protectionOf({ state, reason }: Protection): SessionStatus['protection'] {
  switch (state) {
    case 'recorded':
      return {
        state,
        sentence:
          'A recorder on the server keeps everything this kernel prints until it is safe here, whatever happens to the connection.',
      };
    case 'starting':
      return { state, sentence: `Output is not yet recorded on the server: ${reason}.` };
    case 'buffer-only':
      return {
        state,
        sentence: `Only the server’s own buffer protects this kernel: ${reason.replace(/\.$/, '')}. A broken connection can lose output; what is lost is then shown.`,
      };
  }
}

export function linkStatusOf(state: LinkState): LinkStatus {
  const common = { sinceTimeMs: state.sinceTimeMs, nextTryTimeMs: state.nextTryTimeMs, roundTripMs: state.roundTripMs };
  switch (state.phase) {
    case 'live':
      return { ...common, state: 'live', sentence: 'Connected' };
    case 'connecting':
      return { ...common, state: 'connecting', sentence: 'Connecting' };
    case 'suspect':
      return { ...common, state: 'suspect', sentence: 'No answer from the server; waiting for it' };
    case 'suspended':
    case 'down':
      return { ...common, state: 'down', sentence: `Not connected: ${state.reason}; trying again` };
    case 'needs-login':
      return { ...common, state: 'needs-login', sentence: 'The server asks for a new token' };
    case 'kernel-gone':
      return { ...common, state: 'kernel-gone', sentence: 'The server no longer has this kernel' };
    case 'closed':
      return { ...common, state: 'closed', sentence: 'Closed' };
  }
}
