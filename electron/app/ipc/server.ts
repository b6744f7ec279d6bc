/**
 * The main process's side of the commands: one channel, and every message on it is checked before anything happens.
 *
 * In this order: the sender, the name, whether this kind of window may ask, the arguments, whether they name the
 * window's own server and journal. What fails is answered as a problem and logged by channel and path, never by value. A handler
 * that throws is a bug of ours; the window learns that, and no more.
 */
import { type IpcMainInvokeEvent, ipcMain } from 'electron';
import * as v from 'valibot';
import { type CommandArgs, type CommandName, type CommandReply, commands } from '../../../shared/ipc/contract.ts';
import { fail, type Result } from '../../../shared/result.ts';
import { describeWithoutValues } from '../redact.ts';
import type { AppWindow, Windows } from '../windows.ts';
import { invokeChannel } from './channels.ts';
import { isAllowedCommand, isCommandName, isOwnJournal, isOwnServer, isTrustedSender } from './policy.ts';

type Answer<Name extends CommandName> = Result<CommandReply<Name>>;

export type Handlers = {
  readonly [Name in CommandName]: (window: AppWindow, args: CommandArgs<Name>) => Answer<Name> | Promise<Answer<Name>>;
};

const refused = fail('refused', 'Nightjar does not allow this window to do that.');
const bug = fail(
  'bug',
  'Something went wrong in Nightjar, and this could not be done. Your kernels and what they print are not affected. ' +
    'Try again; if it stays like this, restart Nightjar.',
);

/** The window a message came from, or null when it must not be believed. */
async function trustedWindow(event: IpcMainInvokeEvent, windows: Windows): Promise<AppWindow | null> {
  // The page of a window that is kept ready asks what it is for, and waits.
  const window = await windows.coming(event.sender);
  const frame = event.senderFrame;
  const isTrusted = isTrustedSender({
    isOurWindow: window !== null,
    isMainFrame: frame !== null && frame.parent === null,
    origin: frame === null ? null : frame.origin,
  });
  return isTrusted ? window : null;
}

async function run<Name extends CommandName>(
  handlers: Handlers,
  name: Name,
  window: AppWindow,
  raw: unknown,
  log: (line: string) => void,
): Promise<Result<unknown>> {
  const schema: (typeof commands)[Name]['args'] = commands[name].args;
  const decoded = v.safeParse(schema, raw);
  if (!decoded.success) {
    const where = decoded.issues.map((issue) => v.getDotPath(issue) ?? '(top)').join(', ');
    log(`${name}: the arguments from a ${window.kind} window do not fit the contract at ${where}`);
    return bug;
  }
  if (!isOwnServer(window, decoded.output)) {
    log(`${name}: a ${window.kind} window named a server that is not its own; refused`);
    return refused;
  }
  if (!isOwnJournal(window, decoded.output)) {
    log(`${name}: a player named a journal that is not its own; refused`);
    return refused;
  }
  try {
    return await handlers[name](window, decoded.output);
  } catch (error) {
    log(`${name}: failed unexpectedly: ${describeWithoutValues(error)}`);
    return bug;
  }
}

export function serveCommands(handlers: Handlers, windows: Windows, log: (line: string) => void): void {
  ipcMain.handle(invokeChannel, async (event, name: unknown, args: unknown): Promise<Result<unknown>> => {
    const window = await trustedWindow(event, windows);
    if (window === null) {
      log('a command came from a sender that is not one of our pages; refused');
      return refused;
    }
    if (!isCommandName(name) || !isAllowedCommand(window.kind, name)) {
      log(`a ${window.kind} window asked for a command it does not have; refused`);
      return refused;
    }
    return await run(handlers, name, window, args, log);
  });
  // The settings library opens a channel of its own for pages with Node. Ours have none; it stays shut.
  ipcMain.removeAllListeners('electron-store-get-data');
}
