/**
 * The person's settings: one readable JSON file, `preferences.json`, that an editor may change as well.
 *
 * Owns the file. A change from a window is written at once, beside the file and renamed; a change from outside is seen
 * by watching the folder. A file that is no JSON is told in a sentence and never written to until it is corrected.
 */
import { existsSync, type FSWatcher, readFileSync, renameSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { codeOf, describeUnknown, fail, ok, type Result } from '../../shared/result.ts';
import type { JsonObject } from '../../shared/outputs/json.ts';
import {
  changedContent,
  defaultSettings,
  parseSettingsText,
  readSettings,
  type Settings,
  type SettingsChange,
} from '../../shared/settings.ts';

/** An editor writes a file in several steps; it is read once they are over. */
const settleMs = 150;

export interface SettingsState {
  readonly settings: Settings;
  /** Sentences about the file; empty when all is well. */
  readonly problems: string[];
  readonly file: string;
  /** False while the file is no JSON: changes are refused until it is corrected. */
  readonly isWritable: boolean;
}

export interface PreferencesOptions {
  readonly dataDir: string;
  readonly log: (line: string) => void;
  readonly onChange: (state: SettingsState) => void;
}

export class Preferences {
  readonly #options: PreferencesOptions;
  readonly #file: string;
  #content: JsonObject = {};
  #state: SettingsState;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: PreferencesOptions) {
    this.#options = options;
    this.#file = path.join(options.dataDir, 'preferences.json');
    this.#state = { settings: defaultSettings, problems: [], file: this.#file, isWritable: true };
    this.#read();
    this.#watch();
  }

  state(): SettingsState {
    return this.#state;
  }

  change(change: SettingsChange): Result<SettingsState> {
    // What an editor wrote a moment ago is not overwritten with what was read before.
    this.#read();
    if (!this.#state.isWritable) {
      return fail('settings-damaged', this.#state.problems[0] ?? 'The settings file cannot be changed now.');
    }
    const content = changedContent(this.#content, change);
    try {
      const beside = `${this.#file}.${process.pid}.partial`;
      writeFileSync(beside, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
      renameSync(beside, this.#file);
    } catch (error) {
      const reason = describeUnknown(error);
      this.#options.log(`the settings could not be written: ${reason}`);
      return fail(
        'settings-write',
        `The settings could not be written to ${this.#file} (${reason}). Nothing was changed.`,
      );
    }
    this.#take(content, []);
    return ok(this.#state);
  }

  /** The file, made when there is none, so that it can be shown and edited. */
  ensureFile(): string {
    if (!existsSync(this.#file)) writeFileSync(this.#file, '{}\n', { mode: 0o600 });
    return this.#file;
  }

  close(): void {
    this.#watcher?.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #read(): void {
    let text = '';
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') {
        this.#broken('The settings file cannot be read. The default settings hold, and the file is left as it is.');
        return;
      }
    }
    const parsed = parseSettingsText(text);
    if (typeof parsed === 'string') this.#broken(parsed);
    else this.#take(parsed, []);
  }

  #broken(sentence: string): void {
    this.#content = {};
    this.#set({ settings: defaultSettings, problems: [sentence], file: this.#file, isWritable: false });
  }

  #take(content: JsonObject, problems: readonly string[]): void {
    this.#content = content;
    const read = readSettings(content);
    this.#set({
      settings: read.settings,
      problems: [...problems, ...read.problems],
      file: this.#file,
      isWritable: true,
    });
  }

  #set(state: SettingsState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#options.onChange(state);
  }

  #watch(): void {
    try {
      // The folder, because a file that is written beside and renamed is another file.
      this.#watcher = watch(path.dirname(this.#file), { persistent: false }, (_event, name) => {
        if (name !== path.basename(this.#file)) return;
        this.#timer ??= setTimeout(() => {
          this.#timer = null;
          this.#read();
        }, settleMs);
      });
    } catch {
      this.#options.log('the settings file cannot be watched; changes made by an editor hold after the next start');
    }
  }
}
