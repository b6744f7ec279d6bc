/**
 * The one door from a window to the main process.
 *
 * Commands and events are named in `shared/ipc/contract.ts`; every reply and every event body is decoded here before
 * any code of a window sees it. A reply that does not decode becomes a problem; an event that does not decode is
 * dropped. Both leave a line with the channel and the path of the first mismatch in the console, never the value.
 */
import * as v from 'valibot';
import type {
  Bridge,
  CommandArgs,
  CommandName,
  CommandReply,
  EventBody,
  EventName,
} from '../../shared/ipc/contract.ts';
import { commands, events, problem } from '../../shared/ipc/contract.ts';
import { describeUnknown, fail, ok, type Result } from '../../shared/result.ts';

declare global {
  interface Window {
    readonly nightjar: Bridge;
  }
}

const answer = v.variant('ok', [
  v.object({ ok: v.literal(true), value: v.unknown() }),
  v.object({ ok: v.literal(false), problem }),
]);

/** Runs a command in the main process. Never rejects: what goes wrong comes back as a problem with a sentence. */
export async function invoke<Name extends CommandName>(
  name: Name,
  args: CommandArgs<Name>,
): Promise<Result<CommandReply<Name>>> {
  let raw: unknown;
  try {
    raw = await window.nightjar.invoke(name, args);
  } catch (error) {
    console.error(`nightjar: the command ${name} threw: ${describeUnknown(error)}`);
    return fail('bug', 'Nightjar could not do this because of an error of its own. Nothing was changed; try again.');
  }
  const outer = v.safeParse(answer, raw, { abortEarly: true });
  if (!outer.success) {
    return undecodable(name, outer.issues[0]);
  }
  if (!outer.output.ok) {
    return { ok: false, problem: outer.output.problem };
  }
  const reply = v.safeParse(commands[name].reply, outer.output.value, { abortEarly: true });
  if (!reply.success) {
    return undecodable(name, reply.issues[0]);
  }
  // The decoder was looked up by the same name as the type: TypeScript cannot follow that through a generic index.
  return ok(reply.output as CommandReply<Name>);
}

/** Calls back for each event of that name. The returned function ends it. */
export function listen<Name extends EventName>(name: Name, callback: (body: EventBody<Name>) => void): () => void {
  return window.nightjar.on(name, (raw) => {
    const body = v.safeParse(events[name], raw, { abortEarly: true });
    if (!body.success) {
      console.error(`nightjar: an event did not decode: ${name} at ${pathOf(body.issues[0])}`);
      return;
    }
    // As in `invoke`: decoder and type share the name.
    callback(body.output as EventBody<Name>);
  });
}

function undecodable(name: string, issue: v.BaseIssue<unknown>): Result<never> {
  console.error(`nightjar: a reply did not decode: ${name} at ${pathOf(issue)}`);
  return fail(
    'bad-reply',
    'This window and the rest of Nightjar do not understand each other. Close the window and open it again; if that does not help, restart Nightjar. Your notebooks and journals are safe.',
  );
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  return v.getDotPath(issue) ?? '(root)';
}
