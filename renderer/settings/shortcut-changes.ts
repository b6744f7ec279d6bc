/** What a change of keys does to the settings. Pure. */
import type { Settings } from '../../shared/settings.ts';
import { type CommandEntry, commandList } from '../notebook/command-list.ts';
import { conflictsOf, keysOf } from '../notebook/shortcuts.ts';

type Changes = Settings['shortcuts'];

/** The command has these keys from now on; commands that answered to them lose them. */
export function withKeys(changes: Changes, entry: CommandEntry, keys: readonly string[] | 'default'): Changes {
  const next: Record<string, string[]> = { ...changes };
  delete next[entry.id];
  const wanted = keys === 'default' ? entry.keys.map((key) => key.keys) : [...keys];
  if (keys !== 'default') next[entry.id] = wanted;
  for (const strokes of wanted) {
    const clashing = new Set(conflictsOf(entry.id, { keys: strokes, place: entry.place }, next).map(({ id }) => id));
    for (const other of commandList.filter(({ id }) => clashing.has(id))) {
      const left = keysOf(other, next).filter(
        ({ keys: theirs, place }) =>
          !conflictsOf(other.id, { keys: theirs, place }, next).some(({ id }) => id === entry.id),
      );
      next[other.id] = left.map(({ keys: theirs }) => theirs);
    }
  }
  return next;
}
