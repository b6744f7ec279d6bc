/**
 * `npm run bench`: measures, then prints one table. Started by `build/bench.mjs`, which prepares what it needs.
 *
 * Arguments choose groups of figures. A group that could not be measured at all is told and makes the exit code 1;
 * no value does.
 */
import os from 'node:os';
import { measureBesideLab } from './beside-lab.ts';
import { measureColdStart } from './cold-start.ts';
import { measureFloodedWindow } from './flooded-window.ts';
import { measureJournaling } from './journaling.ts';
import { measureJournals } from './journals.ts';
import { measureOpening } from './open-cells.ts';
import { measureOutages } from './outages.ts';
import { measureRecorder } from './recorder-cost.ts';
import { measureRecovery } from './recovery.ts';
import { type Figure, tableOf } from './table.ts';

type Say = (line: string) => void;

const groups: Readonly<Record<string, (say: Say) => Promise<Figure[]>>> = {
  start: measureColdStart,
  open: measureOpening,
  journaling: measureJournaling,
  journals: measureJournals,
  window: measureFloodedWindow,
  outages: measureOutages,
  recovery: measureRecovery,
  recorder: measureRecorder,
  jupyterlab: measureBesideLab,
};

const say: Say = (line) => void process.stderr.write(`nightjar: ${line}\n`);

async function main(): Promise<number> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in groups));
  if (unknown.length > 0) {
    say(`"${unknown.join(', ')}" is not measured; there are: ${Object.keys(groups).join(', ')}`);
    return 2;
  }
  const figures: Figure[] = [];
  let failed = 0;
  for (const [name, measure] of Object.entries(groups)) {
    if (asked.length > 0 && !asked.includes(name)) {
      continue;
    }
    say(`measuring: ${name}`);
    try {
      figures.push(...(await measure(say)));
    } catch (error) {
      failed += 1;
      say(`${name} could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const [cpu] = os.cpus();
  process.stdout.write(
    `\n${process.env.NIGHTJAR_BENCH_RUNTIME ?? ''}\n${os.cpus().length} × ${cpu?.model ?? 'unknown processor'}, ` +
      `load ${os
        .loadavg()
        .map((load) => load.toFixed(1))
        .join(' ')}. Medians, (lowest..highest).\n\n${tableOf(figures)}\n`,
  );
  return failed === 0 ? 0 : 1;
}

const exitCode = await main();
// A group that failed half way may have left clients that try to connect for ever.
process.stdout.write('', () => process.exit(exitCode));
