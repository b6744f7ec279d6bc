/**
 * How the outputs of a cell become those of another moment with as little as possible drawn anew. Pure.
 *
 * A progress bar that moves, a log that grows, a picture that stays: what stays is left alone, a stream that grew gets
 * its new text, and only the rest is replaced.
 */
import { sameJson } from './screen.ts';

export type OutputStep =
  | { readonly do: 'append'; readonly index: number; readonly text: string }
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
      const grown = grownText(before[index], output);
      steps.push(grown === null ? { do: 'set', index, output } : { do: 'append', index, text: grown });
    }
  }
  return steps;
}

/** What was added to a stream, or null when it is not the same stream, longer. */
function grownText(before: unknown, after: unknown): string | null {
  const then = streamOf(before);
  const now = streamOf(after);
  if (then === null || now === null || then.name !== now.name || !now.text.startsWith(then.text)) return null;
  const added = now.text.slice(then.text.length);
  // Finished text holds no control characters; one that does must not be read as an instruction to the screen.
  return /[\b\r]/.test(added) ? null : added;
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
