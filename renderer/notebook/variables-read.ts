/**
 * What is asked of a Python kernel to list its variables, and how the answer is read. Pure.
 *
 * The question is one expression that changes nothing: it looks at names, types and sizes, and takes the text only of
 * plain values (numbers, short strings). It never calls `repr` of somebody's object, which may be slow or do things.
 */
import { isObject } from '../../shared/outputs/json.ts';

export interface Variable {
  readonly name: string;
  readonly type: string;
  /** Shape, length, or the value itself. */
  readonly detail: string;
}

/** More are not read by anyone, and the answer stays small. */
export const variablesMax = 500;

/**
 * The answer is base64, because its text then survives every way in which a kernel may quote a string. Names that
 * begin with `_`, and what IPython itself put there, are left out; so are modules and functions.
 */
export const variablesExpression = [
  '(lambda ip, json, b64, dt: b64(json.dumps([',
  "[n[:200], type(v).__module__.split('.')[0] + '.' + type(v).__name__ if type(v).__module__ != 'builtins' else type(v).__name__,",
  // Shapes and lengths of known libraries and containers only: `len` of an unknown object is a call of its code.
  "('x'.join(str(d) for d in v.shape)[:80] if type(v).__module__.split('.')[0] in ('numpy', 'pandas', 'polars', 'torch', 'jax', 'jaxlib') and hasattr(v, 'shape') and hasattr(v.shape, '__iter__') ",
  'else str(v)[:120] if type(v) in (int, float, complex, bool, type(None), dt.datetime, dt.date, dt.time, dt.timedelta) and not (type(v) is int and v.bit_length() > 4000) ',
  'else repr(v[:120])[:140] if type(v) in (str, bytes) ',
  "else '%d items' % len(v) if type(v) in (list, tuple, dict, set, frozenset, range) else '')]",
  `for n, v in sorted(list(ip.user_ns.items()))[:${variablesMax * 4}]`,
  "if isinstance(n, str) and not n.startswith('_') and n not in ip.user_ns_hidden",
  " and type(v).__name__ not in ('module', 'function', 'type', 'builtin_function_or_method', 'ABCMeta')",
  `][:${variablesMax}]).encode()).decode())`,
  "(get_ipython(), __import__('json'), __import__('base64').b64encode, __import__('datetime'))",
].join('');

/** The variables out of the reply's `user_expressions`; `null` when the kernel cannot answer such a question. */
export function readVariables(expression: unknown): Variable[] | null {
  if (!isObject(expression) || expression.status !== 'ok' || !isObject(expression.data)) return null;
  const text = expression.data['text/plain'];
  const encoded = typeof text === 'string' ? /^'([A-Za-z0-9+/=]*)'$/.exec(text.trim())?.[1] : undefined;
  if (encoded === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const rows: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(rows) ? rows.flatMap(readRow) : null;
  } catch {
    return null;
  }
}

function readRow(row: unknown): Variable[] {
  if (!Array.isArray(row)) return [];
  const [name, type, detail] = row;
  return typeof name === 'string' && typeof type === 'string' && typeof detail === 'string'
    ? [{ name, type, detail }]
    : [];
}
