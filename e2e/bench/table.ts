/**
 * Figures and the table they are printed in.
 *
 * A figure is a median with its range over a few runs; beside it, where there is one, what a peer did in the same
 * minutes on the same machine, and the ratio of the two medians. Aims stand in the table and are never asserted: a
 * slow or busy machine is no failure.
 */

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** The same figure of the program it is compared with. */
  readonly peer?: readonly number[];
  readonly aim: string;
  /** What must be known to read the figure. */
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value below which this share of the others lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Three significant figures are more than a busy machine repeats. */
function show(value: number): string {
  if (!Number.isFinite(value)) {
    return 'none';
  }
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function spread(values: readonly number[], unit: string): string {
  const text = `${show(median(values))} ${unit}`;
  return values.length < 2 ? text : `${text} (${show(Math.min(...values))}..${show(Math.max(...values))})`;
}

function cells({ name, unit, values, peer, aim }: Figure): string[] {
  return [
    name,
    spread(values, unit),
    peer === undefined ? '' : spread(peer, unit),
    peer === undefined ? '' : show(median(values) / median(peer)),
    aim,
  ];
}

/** The table as text, with its notes below. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = [['figure', 'Nightjar', 'peer', 'ratio', 'aim'], ...figures.map(cells)];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = rows;
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const notes = figures.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`]));
  return [line(head), rule, ...body.map(line), ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}
