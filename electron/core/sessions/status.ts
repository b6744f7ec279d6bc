/** What a session is, in the words of the status bar. Pure. */
import type { LinkStatus, SessionStatus } from '../../../shared/ipc/contract.ts';
import type { LinkState } from '../link/machine.ts';
import type { Protection } from '../recovery/intake.ts';

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
