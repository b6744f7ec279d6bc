/**
 * Small persistent settings in one JSON file that only this account can read.
 *
 * Owns the file; reads it once and serves from memory afterwards. A write reaches the disk before `set` returns,
 * because among the settings are servers and their sealed tokens. A write that fails keeps the value for this run and
 * says so in the log: a full disk must not end a session.
 */
import path from 'node:path';
import Store from 'electron-store';
import type { SettingsPort } from '../core/api.ts';
import { putDamagedAside } from './settings-file.ts';
import { describeUnknown } from '../../shared/result.ts';

/** Readable and writable by this account alone: without a keychain, tokens stand in this file. */
const fileMode = 0o600;

export function openSettings(dataDir: string, log: (line: string) => void): SettingsPort {
  const kept = putDamagedAside(path.join(dataDir, 'settings.json'), Date.now());
  if (kept !== null) {
    log(`the settings file was damaged and is kept as ${path.basename(kept)}; starting with default settings`);
  }
  const store = new Store<Record<string, unknown>>({
    name: 'settings',
    cwd: dataDir,
    accessPropertiesByDotNotation: false,
    configFileMode: fileMode,
  });
  const values = new Map<string, unknown>(Object.entries(store.store));
  return {
    get: (key) => values.get(key),
    set: (key, value) => {
      values.set(key, value);
      try {
        store.set(key, value);
      } catch (error) {
        log(`the settings could not be written (${describeUnknown(error)}); they hold until Nightjar is closed`);
      }
    },
  };
}
