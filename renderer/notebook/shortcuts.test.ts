import { describe, expect, it } from 'vitest';
import { shortcutList, shortcuts } from './shortcuts.ts';

describe('the keyboard', () => {
  it('gives each key one meaning in one place', () => {
    const seen = shortcuts.map(({ keys, place }) => `${place}: ${keys.join(' ')}`);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('reads as people say it', () => {
    expect(shortcutList(false)).toContainEqual({ keys: 'Ctrl+S', label: 'Save' });
    expect(shortcutList(false)).toContainEqual({ keys: 'D D', label: 'Delete cells' });
    expect(shortcutList(true)).toContainEqual({ keys: '⌘S', label: 'Save' });
  });
});
