/** What the `journal` commands are given: which journal, which moment, how much. */
import fs from 'node:fs';
import path from 'node:path';
import { fail, ok, type Result } from '../../../shared/result.ts';
import { journalEnding, journalFiles } from '../../core/journal/library.ts';
import { placeAt } from '../../core/playback/find.ts';
import type { Player } from '../../core/playback/player.ts';

export interface Options {
  /** Folder of the journals. */
  readonly dir: string;
  readonly json: boolean;
}

/** A file, or a journal of the folder by its id or the beginning of it. */
export function fileNamed(name: string, dir: string): Result<string> {
  if (fs.existsSync(name) && fs.statSync(name).isFile()) {
    return ok(path.resolve(name));
  }
  const matching = journalFiles(dir).filter((file) => path.basename(file, journalEnding).startsWith(name));
  const exact = matching.find((file) => path.basename(file, journalEnding) === name);
  const [only] = exact === undefined ? matching : [exact];
  if (only === undefined) {
    return fail('missing', `There is no journal ${name}, neither a file of that name nor one in ${dir}.`);
  }
  return matching.length > 1 && exact === undefined
    ? fail('ambiguous', `${matching.length} journals begin with ${name}. Type more of the id.`)
    : ok(only);
}

const timeHelp =
  'A moment is a time like 2026-03-31T14:05 or 14:05:30 (on the journal’s last day), or an entry like #1200.';

/** The entry that a moment on the command line means. */
export function seqNamed(text: string, player: Player): Result<number> {
  const entry = /^#(\d{1,15})$/.exec(text)?.[1];
  if (entry !== undefined) {
    return ok(Math.min(Number(entry), player.lastSeq));
  }
  const timeMs = timeNamed(text, player.reader.lastTimeMs());
  if (timeMs === null) {
    return fail('time', `"${text}" is no moment. ${timeHelp}`);
  }
  const [first] = player.reader.entries(1);
  if (first !== undefined && timeMs < first.timeUs / 1000) {
    const begun = new Date(first.timeUs / 1000).toISOString();
    return fail('time', `The journal begins after ${text}, at ${begun}. Name a later moment.`);
  }
  return ok(placeAt(player.reader, timeMs).seq);
}

/** Milliseconds since 1970 in local time, unless the text says its own zone; null for what is no time. */
export function timeNamed(text: string, dayMs: number): number | null {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3}))?)?$/.exec(text);
  if (clock !== null) {
    const [, hours, minutes, seconds = '59', fraction = '999'] = clock;
    return new Date(dayMs).setHours(Number(hours), Number(minutes), Number(seconds), Number(fraction.padEnd(3, '0')));
  }
  if (!/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text)) {
    return null;
  }
  const timeMs = Date.parse(text.length === 10 ? `${text}T23:59:59.999` : text.replace(' ', 'T'));
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** "500MB", "1.5 GB", "1000" (bytes); null for what is no size. */
export function bytesNamed(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(text.trim());
  if (match === null) {
    return null;
  }
  const [, number, unit = '', binary] = match;
  const power = ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase());
  return Math.round(Number(number) * (binary === '' ? 1000 : 1024) ** power);
}
