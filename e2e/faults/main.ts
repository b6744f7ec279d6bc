/**
 * `npm run faults -- --seeds N [--from S] [--parallel K]`: runs seeded schedules of faults and judges each.
 *
 * Prints a line for each seed that failed, with everything that happened in it, and a report at the end. A seed alone
 * (`--from S --seeds 1`) replays the same schedule. Exits 0 when every promise was kept in every run.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startJupyter, type TestServer } from '../support/jupyter-server.ts';
import { WitnessedKernel } from './kernel.ts';
import { type Outcome, runSchedule } from './run.ts';
import { scheduleOf, serverArgs } from './schedule.ts';

/** Servers that run now: none may outlive this process, however it ends. */
const servers = new Set<TestServer>();

async function endEarly(code: number): Promise<never> {
  await Promise.all([...servers].map((server) => server.stop()));
  process.exit(code);
}

process.once('SIGTERM', () => void endEarly(143));
process.once('SIGINT', () => void endEarly(130));
process.once('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  void endEarly(1);
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A server is replaced after so many runs: hundreds of dead kernels make it slow, which is not what is tested. */
const runsPerServer = 60;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '50' },
      from: { type: 'string', default: '1' },
      parallel: { type: 'string', default: '4' },
      python: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const seeds = Number(values.seeds);
  const from = Number(values.from);
  const parallel = Number(values.parallel);
  if (![seeds, from, parallel].every((value) => Number.isSafeInteger(value) && value > 0)) {
    say('--seeds, --from and --parallel take whole numbers from 1.');
    return 2;
  }
  const outcomes: Outcome[] = [];
  const startedMs = performance.now();
  let next = from;
  const program = path.join(import.meta.dirname, 'app-process.js');
  const witness = process.env.NIGHTJAR_WITNESS ?? path.resolve('e2e/faults/witness.py');
  const worker = async (): Promise<void> => {
    while (next < from + seeds) {
      const server = await startJupyter(values.python, serverArgs);
      servers.add(server);
      let kernel: WitnessedKernel | null = null;
      try {
        for (let run = 0; run < runsPerServer && next < from + seeds; run++) {
          kernel ??= await WitnessedKernel.start(server, witness);
          const outcome = await runSchedule({ server, kernel, program }, scheduleOf(next++));
          outcomes.push(outcome);
          tell(outcome, values.verbose);
          if (!kernel.used()) {
            await kernel.end();
            kernel = null;
          }
        }
      } finally {
        await kernel?.end();
        servers.delete(server);
        await server.stop();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, seeds) }, worker));
  return report(outcomes, (performance.now() - startedMs) / 1000);
}

function tell(outcome: Outcome, isVerbose: boolean): void {
  if (outcome.wrong.length === 0 && !isVerbose) return;
  const word = outcome.wrong.length === 0 ? 'kept' : 'FAILED';
  say(`seed ${outcome.seed} ${word} (${outcome.messages} messages, ${outcome.seconds.toFixed(1)} s)`);
  for (const wrong of outcome.wrong) say(`  ${wrong}`);
  for (const line of outcome.log) say(`    ${line}`);
}

function report(outcomes: readonly Outcome[], seconds: number): number {
  const sum = (value: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + value(one), 0);
  const failed = outcomes.filter(({ wrong }) => wrong.length > 0).map(({ seed }) => seed);
  say('');
  say(
    `${outcomes.length} seeds in ${seconds.toFixed(0)} s, ${sum((one) => one.messages).toLocaleString('en-US')} messages`,
  );
  say(
    `lost ${sum((one) => one.lost)}, twice ${sum((one) => one.twice)}, out of order ${sum((one) => one.outOfOrder)}, ` +
      `altered ${sum((one) => one.altered)}, executed twice ${sum((one) => one.executedTwice)}`,
  );
  say(failed.length === 0 ? 'every promise was kept' : `${failed.length} seeds failed: ${failed.join(' ')}`);
  return failed.length === 0 ? 0 : 1;
}

// Sockets of killed apps may linger; nothing of them matters any more.
process.exit(await main());
