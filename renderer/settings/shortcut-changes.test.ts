import { describe, expect, it } from 'vitest';
import { commandEntry, commandList } from '../notebook/command-list.ts';
import { conflictsOf, keysOf, readableKeys, tableStroke } from '../notebook/shortcuts.ts';
import { withKeys } from './shortcut-changes.ts';

function entry(id: string) {
  const found = commandEntry(id);
  if (found === undefined) throw new Error(`no command ${id}`);
  return found;
}

describe('new keys for a command', () => {
  it('take the place of its own, and going back to the default leaves no trace', () => {
    const changed = withKeys({}, entry('run-all'), ['Accel Alt R']);
    expect(readableKeys('run-all', changed, false)).toEqual(['Ctrl+Alt+R']);
    expect(withKeys(changed, entry('run-all'), 'default')).toEqual({});
  });

  it('are taken from the command that had them, which keeps its others', () => {
    const changed = withKeys({}, entry('run-all'), ['K']);
    expect(readableKeys('run-all', changed, false)).toEqual(['K']);
    expect(readableKeys('select-above', changed, false)).toEqual(['↑']);
    for (const one of commandList) {
      for (const key of keysOf(one, changed)) expect(conflictsOf(one.id, key, changed)).toEqual([]);
    }
  });

  it('may be none', () => {
    const changed = withKeys({}, entry('save'), []);
    expect(readableKeys('save', changed, false)).toEqual([]);
  });
});

describe('a pressed stroke', () => {
  it('is written as the table writes it', () => {
    expect(tableStroke('Ctrl Shift -', false)).toBe('Accel Shift -');
    expect(tableStroke('Ctrl S', true)).toBe('Ctrl S');
    expect(tableStroke('Cmd S', true)).toBe('Accel S');
    expect(tableStroke('', false)).toBeNull();
    expect(tableStroke('Shift', false)).toBeNull();
  });
});
