/**
 * What Nightjar was started with.
 *
 * Takes the command line apart into what it asks for: addresses to open, files, the demo. Switches belong to Chromium
 * and are passed over. An address may carry a token, so nothing here is ever logged.
 */

export interface StartRequest {
  /** Start the local server and open the sample notebook. */
  readonly demo: boolean;
  /** Pasted or linked Jupyter addresses, as they were given. */
  readonly addresses: readonly string[];
  /** Everything else that is not a switch. Folders among them are ignored later: switches may have them as values. */
  readonly files: readonly string[];
}

/** Nobody opens more at once on purpose; a shell pattern gone wrong does. */
const itemsMax = 20;

export const nothingAsked: StartRequest = { demo: false, addresses: [], files: [] };

/** @param args the arguments behind the program, and behind the app's path where the runtime was given one */
export function parseArguments(args: readonly string[]): StartRequest {
  const words = args.filter((word) => !word.startsWith('-') && word !== '').slice(0, itemsMax);
  const isAddress = (word: string): boolean => /^https?:\/\//i.test(word);
  return {
    demo: args.includes('--demo'),
    addresses: words.filter(isAddress),
    files: words.filter((word) => !isAddress(word)),
  };
}

/** Decodes what a second instance handed over: it is another process, so its word is checked like any other input. */
export function decodeStartRequest(value: unknown): StartRequest {
  if (typeof value !== 'object' || value === null) return nothingAsked;
  const texts = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((item) => typeof item === 'string').slice(0, itemsMax) : [];
  return {
    demo: 'demo' in value && value.demo === true,
    addresses: texts('addresses' in value ? value.addresses : []),
    files: texts('files' in value ? value.files : []),
  };
}
