/**
 * Small tools for JSON values of unknown shape.
 *
 * Outputs and notebooks come from kernels and files that nobody vouches for. These helpers look at such a value without
 * trusting it: none of them throws, none follows the prototype chain, and those that walk a value stop at a depth.
 */

export type JsonObject = { readonly [key: string]: unknown };

/** Deepest nesting that is walked. Python's JSON reader, and so a Jupyter server, gives up at about 1,000 in all. */
export const jsonDepthMax = 900;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object itself, or an empty one when the value is anything else. */
export function objectOrEmpty(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function stringOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** A prompt number as nbformat allows it: an integer from zero, or null. */
export function countOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}

/** A value of a message where text belongs. What a kernel sent is JSON of any shape: an object can hide its `toString`. */
export function spoken(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return isDeeperThan(value, jsonDepthMax) ? '…' : JSON.stringify(value);
}

/** The strings of a list: the lines of a traceback. */
export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** What an error says, as the content of a message or as nbformat keeps it: its traceback, or where it has none its name and value. */
export function errorText({ traceback, ename, evalue }: JsonObject): string {
  return stringsOf(traceback).join('\n') || `${spoken(ename)}: ${spoken(evalue)}`;
}

/** nbformat's multiline string as one string; undefined when the value is neither a string nor a list of strings. */
export function joinedText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  return value.every((line) => typeof line === 'string') ? value.join('') : undefined;
}

/** MIME types whose value is JSON itself: there a list of strings is a list, not a text cut into lines. */
export function isJsonMime(mime: string): boolean {
  return mime === 'application/json' || (mime.startsWith('application/') && mime.endsWith('+json'));
}

/** A copy of the object with every own value replaced. A key named `__proto__` stays an ordinary key. */
export function mapValues(object: JsonObject, change: (value: unknown, key: string) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}

/** A MIME bundle with its multiline strings joined. */
export function joinBundle(bundle: JsonObject): JsonObject {
  return mapValues(bundle, (value, mime) => (isJsonMime(mime) ? value : (joinedText(value) ?? value)));
}

/** Whether the value nests deeper than `depthMax`. Its own recursion ends there too. */
export function isDeeperThan(value: unknown, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depthMax <= 0) return true;
  const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return children.some((child) => isDeeperThan(child, depthMax - 1));
}

/** Order by code point, as Python sorts strings. JavaScript's own order puts U+1F600 before U+FF01. */
export function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i += 1) {
    if (left.charCodeAt(i) === right.charCodeAt(i)) continue;
    // A shared first half of a surrogate pair decides together with what follows it, unless it stands alone twice.
    const start = i > 0 && isHighSurrogate(left.charCodeAt(i - 1)) ? i - 1 : i;
    return codePoint(left, start) - codePoint(right, start) || codePoint(left, i) - codePoint(right, i);
  }
  return left.length - right.length;
}

const codePoint = (text: string, index: number): number => text.codePointAt(index) ?? 0;

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** A deep copy whose objects have their keys in order. What lies below `jsonDepthMax` is left as it is. */
export function sortedCopy(value: unknown, depth = 0): unknown {
  if (depth > jsonDepthMax) return value;
  if (Array.isArray(value)) return value.map((item) => sortedCopy(item, depth + 1));
  if (!isObject(value)) return value;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return Object.fromEntries(keys.sort(compareCodePoints).map((key) => [key, sortedCopy(value[key], depth + 1)]));
}

/**
 * JSON text as Python's `json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)` writes it. `JSON.stringify`
 * cannot: it puts keys that look like numbers first. The value must not nest deeper than `jsonDepthMax`.
 */
export function sortedJson(value: unknown, margin = ''): string {
  const inner = `${margin} `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => inner + sortedJson(item, inner)).join(',\n')}\n${margin}]`;
  }
  if (isObject(value)) {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined);
    if (keys.length === 0) return '{}';
    const lines = keys
      .sort(compareCodePoints)
      .map((key) => `${inner}${JSON.stringify(key)}: ${sortedJson(value[key], inner)}`);
    return `{\n${lines.join(',\n')}\n${margin}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
