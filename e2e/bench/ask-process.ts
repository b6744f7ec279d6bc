/** Measuring in processes of their own: each is asked by one message, answers with one, and ends. */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';

export interface AskOptions {
  /** What Node itself is started with. */
  readonly execArgv?: readonly string[];
  /** Done to the process before it is asked. */
  readonly prepare?: (child: ChildProcess) => void;
}

/** `program`: a measuring program beside this one. `what`: the process in words, for the error when it has no answer. */
export function askProcess<Answer>(
  program: string,
  what: string,
  request: object,
  { execArgv = [], prepare }: AskOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const file = path.join(import.meta.dirname, `${program}.js`);
    const child = fork(file, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [...execArgv] });
    let answer: { readonly value: Answer } | null = null;
    child.once('message', (message) => {
      answer = { value: message as Answer };
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (answer === null) {
        reject(new Error(`${what} ended with code ${code} and without a result`));
      } else {
        resolve(answer.value);
      }
    });
    prepare?.(child);
    child.send(request);
  });
}
