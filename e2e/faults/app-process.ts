/**
 * The app of one run, without its pixels: the core and a window, in a process that can be killed.
 *
 * Does what its parent says, one command after another, and answers each. A window that is opened anew resubmits every
 * execution, as the notebook window does.
 */
import { asKernelId, asMsgId } from '../../shared/ids.ts';
import { isPending } from '../../shared/journal/entries.ts';
import { isIdle } from '../../shared/wire/codec.ts';
import type { KernelSession } from '../../electron/core/sessions/session.ts';
import { accessTo, CoreHost, TestWindow } from '../support/core-host.ts';
import { timing } from './schedule.ts';

export interface AppState {
  readonly journalId: string;
  readonly link: string;
  readonly protection: string;
  readonly isRecovering: boolean;
  /** The window has not been given the end of every execution that has ended. */
  readonly isReplaying: boolean;
  readonly gaps: number;
  readonly executions: readonly { readonly msgId: string; readonly state: string; readonly status: string | null }[];
  /** Stream text of each execution in the window, by stream. */
  readonly shown: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Message id of a prompt in the window that was not answered. */
  readonly prompt: string | null;
  /** Execution that may wait for an answer to a question that was lost. */
  readonly lostPrompt: string | null;
  readonly log: readonly string[];
}

export type Command =
  | {
      readonly do: 'start';
      readonly dir: string;
      readonly baseUrl: string;
      readonly token: string;
      readonly kernelId: string;
      readonly hasRecorder: boolean;
    }
  | { readonly do: 'run'; readonly msgId: string; readonly cellId: string; readonly code: string }
  | { readonly do: 'answer'; readonly text: string }
  | { readonly do: 'window-gone' | 'window-back' | 'suspend' | 'resume' | 'login' | 'state' | 'close' }
  | { readonly do: 'answer-lost'; readonly msgId: string; readonly text: string }
  | { readonly do: 'leave'; readonly msgId: string }
  | { readonly do: 'clock'; readonly shiftMs: number };

let host: CoreHost | null = null;
let session: KernelSession | null = null;
let window: TestWindow | null = null;
const answered = new Set<string>();

const realNow = Date.now.bind(Date);
let shiftMs = 0;
Date.now = () => realNow() + shiftMs;

function openWindow(on: KernelSession): void {
  window = new TestWindow(on);
  for (const { msgId } of on.allExecutions()) {
    window.run('', { id: msgId, resume: true, stdin: true });
  }
}

function promptOf(shown: TestWindow): string | null {
  const prompts = shown.frames.filter((frame) => frame.header.msg_type === 'input_request');
  const open = prompts.findLast((frame) => {
    const execution = session?.execution(frame.parent?.msg_id ?? '');
    return execution !== undefined && isPending(execution.state) && !answered.has(frame.header.msg_id);
  });
  return open?.header.msg_id ?? null;
}

function shownBy(of: TestWindow): AppState['shown'] {
  const shown: Record<string, Record<string, string>> = {};
  for (const frame of of.frames) {
    if (frame.header.msg_type === 'stream') {
      const { name, text } = frame.content();
      const parentId = frame.parent?.msg_id ?? '';
      const streams = shown[parentId] ?? {};
      streams[String(name)] = (streams[String(name)] ?? '') + String(text);
      shown[parentId] = streams;
    }
  }
  return shown;
}

function isBehind(shown: TestWindow, of: KernelSession): boolean {
  const idle = new Set<string>();
  for (const frame of shown.frames) {
    if (isIdle(frame)) {
      idle.add(frame.parent?.msg_id ?? '');
    }
  }
  return of.allExecutions().some((execution) => !isPending(execution.state) && !idle.has(execution.msgId));
}

function state(): AppState | null {
  if (session === null || host === null) {
    return null;
  }
  const status = session.status();
  return {
    journalId: session.journalId,
    link: status.link.state,
    protection: status.protection.state,
    isRecovering: status.recovery !== null || session.isUncommitted || session.isHolding,
    isReplaying: window !== null && isBehind(window, session),
    gaps: status.journal.gaps,
    executions: session.allExecutions().map(({ msgId, state: at, status: how }) => ({ msgId, state: at, status: how })),
    shown: window === null ? {} : shownBy(window),
    prompt: window === null ? null : promptOf(window),
    lostPrompt: status.lostPrompt,
    log: host.log,
  };
}

/** A request counts once it is on the disk: before that nothing was promised. */
async function committed(msgId: string): Promise<void> {
  const seq = session?.execution(msgId)?.requestSeq;
  while (session !== null && seq !== undefined && session.committedSeq < seq) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function perform(command: Command): Promise<AppState | null> {
  switch (command.do) {
    case 'start': {
      host = new CoreHost(command.dir, accessTo(command.baseUrl, command.token), command.hasRecorder, timing);
      await host.sessions.takeUp(() => accessTo(command.baseUrl, command.token));
      session = host.sessions.all()[0] ?? (await host.ensure(asKernelId(command.kernelId)));
      openWindow(session);
      break;
    }
    case 'run':
      window?.run(command.code, { id: command.msgId, cellId: command.cellId, stdin: true });
      await committed(command.msgId);
      break;
    case 'answer': {
      const prompt = window?.frames.findLast((frame) => frame.header.msg_type === 'input_request');
      if (prompt !== undefined) {
        answered.add(prompt.header.msg_id);
        window?.send('stdin', 'input_reply', { status: 'ok', value: command.text }, { parent: prompt });
      }
      break;
    }
    case 'window-gone':
      if (window !== null) {
        session?.removeViewer(window.viewer);
        window = null;
      }
      break;
    case 'window-back':
      if (session !== null && window === null) {
        openWindow(session);
      }
      break;
    case 'suspend':
      session?.suspend();
      break;
    case 'resume':
      session?.resume();
      break;
    case 'login':
      session?.login();
      break;
    case 'answer-lost':
      session?.answerLostPrompt(command.msgId, command.text);
      break;
    case 'leave':
      session?.decide(asMsgId(command.msgId), 'leave');
      break;
    case 'clock':
      shiftMs += command.shiftMs;
      break;
    case 'close':
      await host?.close();
      process.disconnect();
      return null;
    case 'state':
      break;
  }
  return state();
}

let last: Promise<void> = Promise.resolve();
process.on('message', ({ id, command }: { id: number; command: Command }) => {
  last = last.then(async () => {
    try {
      const answer = await perform(command);
      process.send?.({ id, answer });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
});
process.on('disconnect', () => process.exit(0));
