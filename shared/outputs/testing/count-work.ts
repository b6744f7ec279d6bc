/**
 * Counts the characters and list elements that a piece of code goes through, by watching the methods that do it.
 *
 * A claim about cost can then be tested without a clock, and without a counter in the tested code. What has no method
 * (adding strings with `+`, spreading a list) is not seen, so the tested code must not lean on it.
 */

/** V8 copies a slice shorter than 13 characters and shares the parent's characters otherwise. */
const copiedSliceMax = 13;

/** Runs `task` to its end, synchronously, and returns how much work it did. */
export function countWork(task: () => void): number {
  let work = 0;
  const restore = [
    watch(String.prototype, 'slice', (_text, _args, result) => {
      work += 1 + Math.min(String(result).length, copiedSliceMax);
    }),
    watch(String.prototype, 'indexOf', (text, args, result) => {
      const from = Number(args[1] ?? 0);
      work += 1 + Math.max(0, (Number(result) < 0 ? String(text).length : Number(result)) - from);
    }),
    watch(String.prototype, 'lastIndexOf', (text, _args, result) => {
      work += 1 + String(text).length - Math.max(0, Number(result));
    }),
    watch(String.prototype, 'charCodeAt', () => {
      work += 1;
    }),
    watch(Array.prototype, 'push', (_list, args) => {
      work += args.length;
    }),
    watch(Array.prototype, 'pop', () => {
      work += 1;
    }),
    watch(Array.prototype, 'join', (_list, _args, result) => {
      work += 1 + String(result).length;
    }),
  ];
  try {
    task();
  } finally {
    for (const undo of restore) undo();
  }
  return work;
}

function watch(
  prototype: object,
  name: string,
  seen: (self: unknown, args: readonly unknown[], result: unknown) => void,
): () => void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== 'function') throw new Error(`${name} is no method`);
  let inside = false;
  const watched = function (this: unknown, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(original, this, args);
    if (inside) return result;
    inside = true;
    seen(this, args, result);
    inside = false;
    return result;
  };
  Object.defineProperty(prototype, name, { value: watched, configurable: true, writable: true });
  return () => {
    Object.defineProperty(prototype, name, { value: original, configurable: true, writable: true });
  };
}
