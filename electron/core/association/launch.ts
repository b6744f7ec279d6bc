/**
 * How the Nightjar that is running now is started once more, by the desktop instead of `npm start`.
 *
 * That is its program, the app's folder where the runtime was given one, and the switches without which it would not
 * start at all. What else stood on the command line (addresses, files, switches of Chromium) was meant for that one
 * start and is left out.
 */

export interface Launch {
  /** Absolute path of the executable. */
  readonly program: string;
  readonly args: readonly string[];
}

/** Chromium refuses to run as root with its sandbox, and on some systems at all: `npm start` leaves it off for root. */
const sandboxSwitches: readonly string[] = ['--no-sandbox', '--disable-setuid-sandbox', '--disable-namespace-sandbox'];

/** @param appFolder null when the runtime finds the app by itself @param argv all arguments of the running app */
export function launchOf(program: string, appFolder: string | null, argv: readonly string[]): Launch {
  return {
    program,
    args: [...(appFolder === null ? [] : [appFolder]), ...sandboxSwitches.filter((name) => argv.includes(name))],
  };
}
