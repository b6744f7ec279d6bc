/**
 * Whether a double click on a journal opens it with Nightjar, and turning that on and off.
 *
 * The system is the only memory of it: what it says is the state, nothing is kept in a setting. Everything is done
 * for this account alone and only when asked. What is turned off leaves nothing of Nightjar behind.
 */
import type { Problem, Result } from '../../../shared/result.ts';
import { type Environment, type RunOutcome, runBounded } from '../local-server/subprocess.ts';
import type { Launch } from './launch.ts';
import { LinuxAssociation } from './linux.ts';
import { WindowsAssociation } from './windows.ts';

export type AssociationProblemKind =
  /** The place where Nightjar lies has a name that the desktop cannot take. */
  | 'cannot-be-named'
  | 'cannot-write'
  | 'tool-missing'
  | 'tool-failed'
  /** All is written, and the system prefers a program that was chosen before. */
  | 'other-program';

export type AssociationResult = Result<null, Problem<AssociationProblemKind>>;

export interface Association {
  /** True when the system opens journals with the Nightjar that is running now, and not with one in another folder. */
  isOn(): Promise<boolean>;
  turnOn(): Promise<AssociationResult>;
  turnOff(): Promise<AssociationResult>;
}

/** Starts a tool of the system with these arguments, never through a shell, and waits for its end or a time-out. */
export type RunTool = (program: string, args: readonly string[]) => Promise<RunOutcome>;

export interface AssociationOptions {
  readonly platform: string;
  readonly launch: Launch;
  readonly environment: Environment;
  /** The home folder of the account, for an environment that does not name it. */
  readonly homeFolder: string;
  readonly run?: RunTool;
}

/** The tools take less than a second; the slowest writes the database of file types of a desktop to a slow disk. */
const toolTimeoutMs = 20_000;

/**
 * Null where there is nothing that could be turned on. On macOS the kinds of files that an app opens stand in its
 * bundle, and Nightjar started from its sources has none.
 */
export function journalAssociation(options: AssociationOptions): Association | null {
  const { platform, launch, environment, homeFolder } = options;
  const run: RunTool =
    options.run ?? ((file, args) => runBounded({ file, args, timeoutMs: toolTimeoutMs, environment }));
  if (platform === 'linux') return new LinuxAssociation({ launch, environment, homeFolder, run });
  if (platform === 'win32') return new WindowsAssociation({ launch, environment, run });
  return null;
}
