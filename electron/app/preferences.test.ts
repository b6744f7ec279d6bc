import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Preferences, type SettingsState } from './preferences.ts';

let folder = '';
let file = '';
let heard: SettingsState[] = [];
const opened: Preferences[] = [];

function open(): Preferences {
  const preferences = new Preferences({
    dataDir: folder,
    log: () => undefined,
    onChange: (state) => heard.push(state),
  });
  opened.push(preferences);
  return preferences;
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nightjar-preferences-'));
  file = path.join(folder, 'preferences.json');
  heard = [];
});
afterEach(() => {
  for (const preferences of opened.splice(0)) preferences.close();
  rmSync(folder, { recursive: true });
});

describe('the settings file', () => {
  it('gets only what differs from the defaults, readable', () => {
    const preferences = open();
    expect(preferences.change({ theme: 'dark', autosaveSeconds: 120 }).ok).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('{\n  "theme": "dark"\n}\n');
    expect(open().state().settings.theme).toBe('dark');
  });

  it('that is no JSON is told in a sentence and never overwritten', () => {
    writeFileSync(file, '{ "theme": "dark", }');
    const preferences = open();
    expect(preferences.state().isWritable).toBe(false);
    expect(preferences.state().problems[0]).toMatch(/not valid JSON/);
    const changed = preferences.change({ theme: 'light' });
    expect(changed.ok).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe('{ "theme": "dark", }');
    writeFileSync(file, '{ "theme": "dark" }');
    expect(preferences.change({ lineNumbers: true }).ok).toBe(true);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ theme: 'dark', lineNumbers: true });
  });

  it('may be changed by an editor while Nightjar runs', async () => {
    const preferences = open();
    writeFileSync(file, '{ "editorFontSize": 17, "theme": 3 }');
    await expect.poll(() => preferences.state().settings.editorFontSize, { timeout: 5_000 }).toBe(17);
    expect(heard.at(-1)?.problems[0]).toContain('"theme"');
  });
});
