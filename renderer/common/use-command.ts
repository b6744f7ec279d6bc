/**
 * Commands and events of the contract as React hooks.
 *
 * A command runs once at a time; its problem stays until the next run or until it is cleared. Nothing is set on a
 * component that is gone.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CommandArgs, CommandName, CommandReply, EventBody, EventName } from '../../shared/ipc/contract.ts';
import type { Problem, Result } from '../../shared/result.ts';
import { invoke, listen } from './bridge.ts';

export interface CommandState<Name extends CommandName> {
  readonly busy: boolean;
  readonly problem: Problem | null;
  readonly run: (args: CommandArgs<Name>) => Promise<Result<CommandReply<Name>>>;
  readonly clear: () => void;
}

export function useCommand<Name extends CommandName>(name: Name): CommandState<Name> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isMounted = useRef(false);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);
  const run = useCallback(
    async (args: CommandArgs<Name>) => {
      setBusy(true);
      setProblem(null);
      const result = await invoke(name, args);
      if (isMounted.current) {
        setBusy(false);
        setProblem(result.ok ? null : result.problem);
      }
      return result;
    },
    [name],
  );
  const clear = useCallback(() => setProblem(null), []);
  return { busy, problem, run, clear };
}

/** Calls the newest `callback` for each event of that name while the component is there. */
export function useEvent<Name extends EventName>(name: Name, callback: (body: EventBody<Name>) => void): void {
  const newest = useRef(callback);
  useEffect(() => {
    newest.current = callback;
  });
  useEffect(() => listen(name, (body) => newest.current(body)), [name]);
}
