/**
 * The desktop entry that starts Nightjar with journals, as text. Pure.
 *
 * Follows the Desktop Entry Specification 1.5. A path goes through three rules, undone by the desktop in the reverse
 * order: a percent sign is doubled, because it begins a field code; the argument is quoted ("The Exec key"); and the
 * value as a whole is escaped ("Possible value types"), so that a backslash in a path becomes four.
 */
import type { Launch } from './launch.ts';
import { mediaType } from './media-type.ts';

export const desktopEntryName = 'nightjar.desktop';

/** The specification allows no equal sign in the program of an Exec line, and has no way to escape it. */
export function canBeNamed({ program }: Launch): boolean {
  return !program.includes('=');
}

/**
 * The line by which an entry is known to start this Nightjar and no other. `%F`: all files that were chosen.
 *
 * GLib looks for the program before it undoes the doubling of percent signs, finds none of that name and drops the
 * entry (seen with 2.74); as an argument of `env` such a program is found by everybody.
 */
export function execLine({ program, args }: Launch): string {
  const command = [...(program.includes('%') ? ['env'] : []), program, ...args];
  return `Exec=${escapeValue(command.map(quoteArgument).join(' '))} %F`;
}

/**
 * It stands in the menu of applications too: what is hidden there (`NoDisplay`) some desktops do not offer under
 * "Open With" either. With `TryExec` it is passed over, and not offered in vain, once the program is gone.
 */
export function desktopEntry(launch: Launch): string {
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    'Version=1.0',
    'Name=Nightjar',
    'GenericName=Jupyter Client',
    'Comment=Remote Jupyter that loses nothing',
    `TryExec=${escapeValue(launch.program)}`,
    execLine(launch),
    'Terminal=false',
    'Categories=Development;',
    `MimeType=${mediaType};`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Arguments of these characters alone mean themselves; of the others some are reserved. */
const plainArgument = /^[A-Za-z0-9_./:@,+-]+$/;

function quoteArgument(argument: string): string {
  const withoutFieldCodes = argument.replaceAll('%', '%%');
  if (plainArgument.test(argument)) return withoutFieldCodes;
  return `"${withoutFieldCodes.replaceAll(/["`$\\]/g, String.raw`\$&`)}"`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** Spaces at the ends of a value would be taken away. */
function escapeValue(value: string): string {
  return value
    .replaceAll(/[\\\n\t\r]/g, (character) => escapes[character] ?? character)
    .replaceAll(/^ +| +$/g, (spaces) => '\\s'.repeat(spaces.length));
}
