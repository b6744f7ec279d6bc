import { expect, it } from 'vitest';
import { actionOf, keyRows, type KeyPress, readableKeys } from './keys.ts';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

it('no key does two things', () => {
  const keys = keyRows.flatMap((row) => row.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

it('every key of the table does what the table says', () => {
  for (const { keys, action } of keyRows) {
    for (const written of keys) {
      const shiftKey = written.startsWith('Shift+');
      const key = written.replace('Shift+', '');
      expect(actionOf(press(key === 'Space' ? ' ' : key, { shiftKey }))).toBe(action);
    }
  }
});

it('letters count in both cases, signs with and without Shift, and nothing together with Ctrl', () => {
  expect(actionOf(press('e'))).toBe('error-forward');
  expect(actionOf(press('E', { shiftKey: true }))).toBe('error-back');
  expect(actionOf(press('?', { shiftKey: true }))).toBe('help');
  expect(actionOf(press('+', { shiftKey: true }))).toBe('faster');
  expect(actionOf(press('c', { ctrlKey: true }))).toBeNull();
  expect(actionOf(press('q'))).toBeNull();
});

it('keys read as they are printed on a keyboard', () => {
  const text = (action: string) => keyRows.filter((row) => row.action === action).map(readableKeys);
  expect(text('faster')).toEqual([['+']]);
  expect(text('cell-back')).toEqual([['Shift ←']]);
  expect(text('play')).toEqual([['Space', 'K']]);
});
