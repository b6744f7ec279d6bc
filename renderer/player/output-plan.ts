/**
 * How the outputs of a cell become those of another moment with as little as possible drawn anew. Pure.
 *
 * A progress bar that moves, a log that grows or shrinks, a picture that stays: what stays is left alone, a stream is
 * rewritten from where it differs, and only the rest is replaced. A stream is never put in the place of another output:
 * JupyterLab listens to the text of streams only where they were added.
 */
import { sameJson } from './screen.ts';

export type OutputStep =
  /** Of a stream, keeps so much of the text and puts the new end behind it. */
  | { readonly do: 'rewrite'; readonly index: number; readonly keep: number; readonly text: string }
  | { readonly do: 'set'; readonly index: number; readonly output: unknown }
  | { readonly do: 'add'; readonly output: unknown }
  /** Removes everything from `index` on. */
  | { readonly do: 'cut'; readonly index: number };

export function planOutputs(before: readonly unknown[], after: readonly unknown[]): OutputStep[] {
  const steps: OutputStep[] = [];
  if (after.length < before.length) steps.push({ do: 'cut', index: after.length });
  for (const [index, output] of after.entries()) {
    if (index >= before.length) {
      steps.push({ do: 'add', output });
    } else if (!sameJson(before[index], output)) {
      const step = changeOf(index, before[index], output);
      if (step === null) return [{ do: 'cut', index }, ...keptOf(steps), ...addAll(after.slice(index))];
      steps.push(step);
    }
  }
  return steps;
}

/** Null where the output must be added anew, and all behind it. */
function changeOf(index: number, before: unknown, after: unknown): OutputStep | null {
  const now = streamOf(after);
  if (now === null) return { do: 'set', index, output: after };
  const then = streamOf(before);
  if (then === null || then.name !== now.name) return null;
  const keep = commonLength(then.text, now.text);
  const text = now.text.slice(keep);
  // Finished text holds no control characters; one that does must not be read as an instruction to the screen.
  return /[\b\r]/.test(text) ? null : { do: 'rewrite', index, keep, text };
}

/** Steps that still count after everything behind them was cut. */
function keptOf(steps: readonly OutputStep[]): OutputStep[] {
  return steps.filter((step) => step.do === 'rewrite' || step.do === 'set');
}

function addAll(outputs: readonly unknown[]): OutputStep[] {
  return outputs.map((output) => ({ do: 'add', output }));
}

/** Never ends between the halves of a surrogate pair. */
function commonLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  const last = length === 0 ? 0 : a.charCodeAt(length - 1);
  return last >= 0xd800 && last <= 0xdbff ? length - 1 : length;
}

interface StreamOutput {
  readonly name: unknown;
  readonly text: string;
}

function streamOf(output: unknown): StreamOutput | null {
  if (typeof output !== 'object' || output === null || !('output_type' in output) || output.output_type !== 'stream') {
    return null;
  }
  const text = 'text' in output ? output.text : '';
  return { name: 'name' in output ? output.name : '', text: Array.isArray(text) ? text.join('') : String(text) };
}
