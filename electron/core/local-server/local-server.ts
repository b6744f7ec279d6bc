/**
 * The Jupyter server on this computer, which Nightjar offers when there is no remote one.
 *
 * Promises: nothing outside its own folder is installed or configured; the server outlives Nightjar and is found
 * again; its token never reaches an argument, a URL or a log; whatever was half done is removed. Expected failures
 * are values with a sentence for people. This folder is the only one in the core that starts processes.
 */
export {
  type EnsureOptions,
  ensureLocalServer,
  type ReadyServer,
  sampleNotebook,
} from './ensure-server.ts';
export { type FindJupyterOptions, findJupyter, type JupyterInstall } from './find-jupyter.ts';
export {
  installPrivateJupyter,
  type LocalServerPhase,
  type LocalServerProgress,
  type OnProgress,
} from './install-jupyter.ts';
export type { LocalServerProblem, LocalServerProblemKind } from './problem.ts';
export {
  adoptLocalServer,
  findRecordedServer,
  LocalServer,
  localServerLog,
  type RecordedServer,
  type StartOptions,
  startLocalServer,
} from './run-server.ts';
export type { Environment } from './subprocess.ts';
