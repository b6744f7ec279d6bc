/**
 * What a person can set, with its defaults and limits: the schema of `preferences.json` and of the settings window.
 *
 * Reading is patient with each key on its own: a value that does not fit counts as its default and is told in a
 * sentence, and the others hold. Keys that are not known here are kept in the file and ignored.
 */
import * as v from 'valibot';
import { isObject, type JsonObject } from './outputs/json.ts';

/** Keys of one stroke, as `Accel Shift C`; strokes of a sequence follow each other with ` , ` between them. */
const stroke = v.pipe(v.string(), v.minLength(1), v.maxLength(80));

export const settingSchemas = {
  theme: v.picklist(['system', 'light', 'dark']),
  autosave: v.boolean(),
  /** JupyterLab's own interval is 120 s. Less than 5 s would write a large notebook without a pause. */
  autosaveSeconds: v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(3600)),
  autosaveOnBlur: v.boolean(),
  editorFontSize: v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(32)),
  lineNumbers: v.boolean(),
  wrapLines: v.boolean(),
  closeBrackets: v.boolean(),
  completeWhileTyping: v.boolean(),
  cellTimes: v.boolean(),
  /** Each notebook in a window of its own, or in one window with tabs. Holds for what is opened next. */
  openNotebooksIn: v.picklist(['windows', 'tabs']),
  /** A notebook window that nobody sees is kept loaded, for the notebook that is opened next. */
  keepWindowReady: v.boolean(),
  /** Command to its keys, in the place of the keys it comes with. An empty list takes its keys away. */
  shortcuts: v.record(v.pipe(v.string(), v.maxLength(80)), v.pipe(v.array(stroke), v.maxLength(8))),
} as const;

export type SettingName = keyof typeof settingSchemas;
export const settingsSchema = v.object(settingSchemas);
export type Settings = v.InferOutput<typeof settingsSchema>;
export const settingsChange = v.partial(v.strictObject(settingSchemas));
export type SettingsChange = v.InferOutput<typeof settingsChange>;

export const defaultSettings: Settings = {
  theme: 'system',
  autosave: true,
  autosaveSeconds: 120,
  autosaveOnBlur: true,
  editorFontSize: 13,
  lineNumbers: false,
  wrapLines: false,
  closeBrackets: true,
  completeWhileTyping: false,
  cellTimes: true,
  openNotebooksIn: 'windows',
  keepWindowReady: true,
  shortcuts: {},
};

/** What each setting accepts, to end the sentence "… was not understood". */
const accepts: Readonly<Record<SettingName, string>> = {
  theme: '"system", "light" or "dark"',
  autosave: 'true or false',
  autosaveSeconds: 'a whole number from 5 to 3600',
  autosaveOnBlur: 'true or false',
  editorFontSize: 'a whole number from 8 to 32',
  lineNumbers: 'true or false',
  wrapLines: 'true or false',
  closeBrackets: 'true or false',
  completeWhileTyping: 'true or false',
  cellTimes: 'true or false',
  openNotebooksIn: '"windows" or "tabs"',
  keepWindowReady: 'true or false',
  shortcuts: 'an object of commands, each with a list of keys such as ["Accel S"]',
};

export interface ReadSettings {
  readonly settings: Settings;
  /** One sentence for each value that does not fit. */
  readonly problems: readonly string[];
}

export const settingNames = Object.keys(settingSchemas).filter(isSettingName);

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingSchemas, name);
}

/** Settings out of the content of the file. Values that do not fit count as their defaults. */
export function readSettings(content: JsonObject): ReadSettings {
  const fitting: Record<string, unknown> = { ...defaultSettings };
  const problems: string[] = [];
  for (const name of settingNames) {
    if (!Object.hasOwn(content, name)) continue;
    const decoded = v.safeParse(settingSchemas[name], content[name]);
    if (decoded.success) fitting[name] = decoded.output;
    else problems.push(`"${name}" was not understood and has its default for now: it must be ${accepts[name]}.`);
  }
  return { settings: v.parse(settingsSchema, fitting), problems };
}

/** The content of the file after a change: what is set back to its default leaves the file, the rest stays as it is. */
export function changedContent(content: JsonObject, change: SettingsChange): JsonObject {
  const next: Record<string, unknown> = { ...content };
  for (const [name, value] of Object.entries(change)) {
    if (!isSettingName(name)) continue;
    if (JSON.stringify(value) === JSON.stringify(defaultSettings[name])) delete next[name];
    else next[name] = value;
  }
  return next;
}

/** The text as settings: an object, or why it is none, in a sentence. */
export function parseSettingsText(text: string): JsonObject | string {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const where = error instanceof Error ? placeIn(text, error.message) : '';
    return `The settings file is not valid JSON${where}. The default settings hold until it is corrected, and the file is left as it is.`;
  }
  return isObject(value)
    ? value
    : 'The settings file does not hold a JSON object. The default settings hold until it is corrected, and the file is left as it is.';
}

/** Line and column of a JSON error, where the engine tells its position. */
function placeIn(text: string, message: string): string {
  const lineAndColumn = /line (\d+) column (\d+)/.exec(message);
  if (lineAndColumn !== null) return ` (line ${lineAndColumn[1]}, column ${lineAndColumn[2]})`;
  const position = /position (\d+)/.exec(message);
  if (position === null) return '';
  const before = text.slice(0, Number(position[1])).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
