import { describe, expect, it } from 'vitest';
import { changedContent, defaultSettings, parseSettingsText, readSettings, settingNames } from './settings.ts';

describe('settings', () => {
  it('have a default for each, and the defaults fit their own schema', () => {
    expect(Object.keys(defaultSettings).sort()).toEqual([...settingNames].sort());
    expect(readSettings({ ...defaultSettings })).toEqual({ settings: defaultSettings, problems: [] });
  });

  it('hold one by one: a value that does not fit is told, the others count', () => {
    const read = readSettings({ theme: 'pink', autosaveSeconds: 30, editorFontSize: 500, unknown: 1 });
    expect(read.settings).toEqual({ ...defaultSettings, autosaveSeconds: 30 });
    expect(read.problems).toHaveLength(2);
    expect(read.problems[0]).toContain('"theme"');
    expect(read.problems[0]).toContain('"dark"');
  });

  it('leave alone in the file what they do not know, and what was not changed', () => {
    const content = { theme: 'pink', lineNumbers: true, later: { version: 2 } };
    expect(changedContent(content, { autosave: false, lineNumbers: false })).toEqual({
      theme: 'pink',
      later: { version: 2 },
      autosave: false,
    });
  });

  it('say where a file is no JSON', () => {
    expect(parseSettingsText('')).toEqual({});
    expect(parseSettingsText('{"theme": "dark"}')).toEqual({ theme: 'dark' });
    expect(parseSettingsText('[]')).toContain('does not hold a JSON object');
    expect(parseSettingsText('{\n  "theme": dark\n}')).toContain('not valid JSON');
  });
});
