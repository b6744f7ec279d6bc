/**
 * Finds a Python that can serve notebooks: jupyter_server 1.13 or newer together with ipykernel.
 * Each candidate is asked with one short, bounded subprocess that really imports both, because a package that is
 * listed but broken would fail later and less clearly. The first in the order of candidates wins, whichever answers
 * first. Nothing is installed or changed here.
 */
import path from 'node:path';
import * as v from 'valibot';
import { probesAtOnce, probeTimeoutMs } from './limits.ts';
import { type PythonCommand, pythonCandidates } from './python-candidates.ts';
import { type Environment, runBounded } from './subprocess.ts';

export interface JupyterInstall {
  /** Absolute path of the interpreter itself, not of a launcher or shim. */
  readonly python: string;
  readonly pythonVersion: string;
  readonly jupyterServerVersion: string;
  readonly ipykernelVersion: string;
  /** Whether the person chose it, Nightjar made it, or it was simply there. */
  readonly source: PythonCommand['source'];
}

export interface FindJupyterOptions {
  readonly environment: Environment;
  /** The folder of the local server, where our private environment may be. */
  readonly dataDir: string;
  readonly signal?: AbortSignal;
}

/** `python -m jupyter_server`, `ServerApp.root_dir` and the kernel protocol we speak are all there from 1.13 on. */
const jupyterServerMin: readonly [number, number] = [1, 13];

/** The oldest Python for which jupyter_server 2 and ipykernel 6 can be installed. */
const pythonMin: readonly [number, number] = [3, 8];

const PythonFacts = v.object({
  executable: v.pipe(v.string(), v.minLength(1)),
  python: v.string(),
  jupyterServer: v.nullable(v.string()),
  ipykernel: v.nullable(v.string()),
  venv: v.boolean(),
});
export type PythonFacts = v.InferOutput<typeof PythonFacts>;

/** Stands before our answer, so that a noisy `sitecustomize` cannot be taken for it. */
const answerPrefix = 'nightjar-python:';

const question = `
import importlib, importlib.util, json, sys
def version(name):
    try:
        return str(importlib.import_module(name).__version__)
    except BaseException:
        return None
def has(name):
    return importlib.util.find_spec(name) is not None
print("${answerPrefix}" + json.dumps({
    "executable": sys.executable,
    "python": "%d.%d.%d" % sys.version_info[:3],
    "jupyterServer": version("jupyter_server"),
    "ipykernel": version("ipykernel"),
    "venv": has("venv") and has("ensurepip"),
}))
`;

export async function findJupyter(options: FindJupyterOptions): Promise<JupyterInstall | null> {
  const candidates = await pythonCandidates(options);
  return firstInOrder(candidates, options.signal, async (candidate, signal) => {
    const facts = await askPython(candidate, options.environment, signal);
    return facts === null ? null : installOf(facts, candidate.source);
  });
}

export type BasePython =
  | { readonly kind: 'found'; readonly python: string }
  | { readonly kind: 'without-venv' }
  | { readonly kind: 'none' };

/** Finds a Python from which a private environment can be made. */
export async function findBasePython(options: FindJupyterOptions): Promise<BasePython> {
  const candidates = (await pythonCandidates(options)).filter((candidate) => candidate.source !== 'private');
  let sawOneWithoutVenv = false;
  const python = await firstInOrder(candidates, options.signal, async (candidate, signal) => {
    const facts = await askPython(candidate, options.environment, signal);
    if (facts === null || !isAtLeast(facts.python, pythonMin)) return null;
    if (facts.venv) return facts.executable;
    sawOneWithoutVenv = true;
    return null;
  });
  if (python !== null) return { kind: 'found', python };
  return { kind: sawOneWithoutVenv ? 'without-venv' : 'none' };
}

/** Null when it is no Python, did not answer in time, or answered nonsense. */
export async function askPython(
  command: Pick<PythonCommand, 'file' | 'args'>,
  environment: Environment,
  signal?: AbortSignal,
): Promise<PythonFacts | null> {
  const outcome = await runBounded({
    file: command.file,
    args: [...command.args, '-c', question],
    timeoutMs: probeTimeoutMs,
    // Python puts the working folder first on its path with `-c`; a stray json.py there must not be imported.
    cwd: path.dirname(command.file),
    environment,
    ...(signal === undefined ? {} : { signal }),
  });
  return outcome.kind === 'exited' ? parsePythonFacts(outcome.stdout) : null;
}

export function parsePythonFacts(output: string): PythonFacts | null {
  const line = output.split(/\r?\n/).find((text) => text.startsWith(answerPrefix));
  if (line === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(line.slice(answerPrefix.length));
  } catch {
    return null;
  }
  const facts = v.safeParse(PythonFacts, value);
  return facts.success ? facts.output : null;
}

/** Null when this Python cannot serve notebooks. */
export function installOf(facts: PythonFacts, source: JupyterInstall['source']): JupyterInstall | null {
  if (facts.jupyterServer === null || facts.ipykernel === null) return null;
  if (!isAtLeast(facts.jupyterServer, jupyterServerMin)) return null;
  return {
    python: facts.executable,
    pythonVersion: facts.python,
    jupyterServerVersion: facts.jupyterServer,
    ipykernelVersion: facts.ipykernel,
    source,
  };
}

export function isAtLeast(version: string, min: readonly [number, number]): boolean {
  const parts = /^(\d+)\.(\d+)/.exec(version);
  if (parts === null) return false;
  const major = Number(parts[1]);
  return major > min[0] || (major === min[0] && Number(parts[2]) >= min[1]);
}

/**
 * Asks all items, a few at a time, and gives the answer of the earliest item that has one. What is still being asked
 * when that is certain is cancelled and waited for, so that no subprocess outlives the call.
 */
export async function firstInOrder<Item, Answer>(
  items: readonly Item[],
  signal: AbortSignal | undefined,
  ask: (item: Item, signal: AbortSignal) => Promise<Answer | null>,
): Promise<Answer | null> {
  const enough = new AbortController();
  const stop = () => enough.abort();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  const answers = new Map<number, Answer | null>();
  let next = 0;
  const winner = (): Answer | null => {
    for (let index = 0; answers.has(index); index += 1) {
      const answer = answers.get(index) ?? null;
      if (answer !== null) return answer;
    }
    return null;
  };
  const work = async () => {
    for (;;) {
      const index = next;
      const item = items[index];
      if (item === undefined || enough.signal.aborted) return;
      next += 1;
      answers.set(index, await ask(item, enough.signal));
      if (winner() !== null) enough.abort();
    }
  };
  await Promise.all(Array.from({ length: probesAtOnce }, work));
  signal?.removeEventListener('abort', stop);
  return signal?.aborted === true ? null : winner();
}
