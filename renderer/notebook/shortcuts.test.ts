import { describe, expect, it } from 'vitest';
import { menuCommands } from '../../shared/ipc/contract.ts';
import { commandEntry, commandList } from './command-list.ts';
import { conflictsOf, keysOf, readableKeys } from './shortcuts.ts';

describe('the keyboard', () => {
  it('names each command once', () => {
    expect(new Set(commandList.map(({ id }) => id)).size).toBe(commandList.length);
  });

  it('knows every command of the menu that a notebook carries out', () => {
    // These belong to other windows.
    const others = ['new-notebook', 'refresh', 'add-server', 'export-journal'];
    const missing = menuCommands.filter((id) => !others.includes(id) && commandEntry(id) === undefined);
    expect(missing).toEqual([]);
  });

  it('comes without a key that means two things in one place', () => {
    for (const entry of commandList) {
      for (const key of keysOf(entry, {})) {
        expect(conflictsOf(entry.id, key, {}).map(({ id }) => [id, key.keys])).toEqual([]);
      }
    }
  });

  it('tells with which commands a new key collides, sequences included', () => {
    const ids = (keys: string, changes = {}) =>
      conflictsOf('run-all', { keys, place: 'window' }, changes).map(({ id }) => id);
    expect(ids('Ctrl S')).toEqual(['save']);
    expect(ids('D')).toEqual(['delete-cells']);
    expect(ids('I , I , I')).toEqual(['interrupt']);
    expect(ids('Accel Alt J')).toEqual([]);
    expect(ids('Accel S', { save: ['Accel Alt S'] })).toEqual([]);
  });

  it('takes the keys of a person in the place of its own, also none', () => {
    expect(readableKeys('save', {}, false)).toEqual(['Ctrl+S']);
    expect(readableKeys('save', { save: [] }, false)).toEqual([]);
    expect(readableKeys('save', { save: ['Accel Alt S'] }, false)).toEqual(['Ctrl+Alt+S']);
  });

  it('reads as people say it', () => {
    expect(readableKeys('delete-cells', {}, false)).toEqual(['D D']);
    expect(readableKeys('save', {}, true)).toEqual(['⌘S']);
    expect(readableKeys('move-up', {}, false)).toEqual(['Ctrl+Shift+↑']);
  });
});
