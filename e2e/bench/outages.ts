/**
 * What arrives in an outage, beside JupyterLab's own client library in the same outage on the same server.
 */
import { compareOutages, linesIn, longOutages, type OutageResult, outages } from '../faults/outages.ts';
import { startJupyter } from '../support/jupyter-server.ts';
import type { Figure } from './table.ts';

function figureOf({ name, lines, nightjar, stock, also }: OutageResult): Figure {
  for (const { problem } of [nightjar, stock]) if (problem !== undefined) throw new Error(`${name}: ${problem}`);
  const without = (seen: OutageResult['stock']): string => {
    const missing = also.filter((what) => !seen[what]);
    return missing.length === 0 ? 'nothing else' : missing.join(', ');
  };
  return {
    ...{ name, unit: 'lines', aim: `${lines.toLocaleString('en-US')}` },
    values: [linesIn(nightjar.text)],
    peer: [linesIn(stock.text)],
    note: `besides lines Nightjar lacks ${without(nightjar)}, the stock client lacks ${without(stock)}.`,
  };
}

export async function measureOutages(say: (line: string) => void): Promise<Figure[]> {
  const server = await startJupyter();
  try {
    const all = [...outages, ...longOutages];
    say(`${all.length} outages at once, with both clients; the longest lasts 150 s`);
    return (await compareOutages(server, all)).map(figureOf);
  } finally {
    await server.stop();
  }
}
