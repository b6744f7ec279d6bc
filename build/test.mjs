// `npm test`: from a fresh clone to one line, "N passed, N failed, N skipped".
//
// `npm test -- unit|integration|e2e|check [part of a file name]` runs one stage, and prepares only what that stage
// needs. A stage whose preparation fails counts as one failure and the others still run.

import { ensureBuilt } from './build.mjs';
import { runChecks } from './check.mjs';
import { Problem, runAsScript } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { hasDisplay, startDisplay } from './display.mjs';
import { ensureElectron } from './electron-runtime.mjs';
import { ensureLabPython, ensureTestPython } from './python-env.mjs';
import { closingLine, oneFailure, runStep, runVitest, sum, tellFailures } from './stages.mjs';
import {
  debianJupyter,
  electronLibraries,
  ensureSystem,
  networkTools,
  otherKernels,
  pythonWithVenv,
  virtualDisplay,
} from './system.mjs';

/** @typedef {'check' | 'unit' | 'integration' | 'e2e'} Stage */
/** @typedef {import('./stages.mjs').Count} Count */

/** @type {Stage[]} */
const stages = ['check', 'unit', 'integration', 'e2e'];

/** @param {string[]} args @returns {{ chosen: Stage[], filters: string[] }} */
function parse(args) {
  if (args.length === 0) return { chosen: stages, filters: [] };
  const chosen = stages.filter((stage) => stage === args[0]);
  if (chosen.length === 0) throw new Problem(`"${args[0]}" is no stage of the tests: ${stages.join(', ')}.`, 2);
  return { chosen, filters: args.slice(1) };
}

/** @param {unknown} error */
function sentence(error) {
  return error instanceof Problem
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : `${error}`;
}

/**
 * Prepares servers, runtime and screen for the stages that use real ones.
 * @param {Stage[]} chosen
 * @returns {Promise<{ env: NodeJS.ProcessEnv, stop: () => void }>}
 */
async function prepareReality(chosen) {
  const runtime = chosen.includes('e2e') ? await ensureElectron() : undefined;
  const needsDisplay = !hasDisplay();
  await ensureSystem([
    ...(runtime === undefined ? [] : [electronLibraries(runtime.executablePath)]),
    ...(needsDisplay ? [virtualDisplay] : []),
    pythonWithVenv,
    debianJupyter,
    ...(chosen.includes('integration') ? [...otherKernels, networkTools] : []),
  ]);
  const { python, oldPython } = await ensureTestPython();
  const labPython = chosen.includes('e2e') ? await ensureLabPython() : undefined;
  const display = needsDisplay ? await startDisplay() : undefined;
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, NIGHTJAR_TEST_PYTHON: python };
  if (oldPython !== undefined) env.NIGHTJAR_TEST_OLD_PYTHON = oldPython;
  if (labPython !== undefined) env.NIGHTJAR_LAB_PYTHON = labPython;
  if (runtime !== undefined) env.NIGHTJAR_ELECTRON = runtime.executablePath;
  if (display !== undefined) env.DISPLAY = display.name;
  return { env, stop: () => display?.stop() };
}

/** @param {Stage[]} chosen @returns {Promise<Count>} */
async function buildFor(chosen) {
  const renderer = chosen.includes('e2e');
  return await runStep({
    name: renderer ? 'build' : 'build: the Node side',
    run: () =>
      ensureBuilt({ renderer, node: true }).then(
        () => ({ ok: true, output: '' }),
        (error) => ({ ok: false, output: sentence(error) }),
      ),
  });
}

/** @param {Stage[]} chosen those that need servers or windows @param {string[]} filters @returns {Promise<Count[]>} */
async function runReality(chosen, filters) {
  try {
    const { env, stop } = await prepareReality(chosen);
    try {
      const counts = [];
      for (const stage of chosen)
        counts.push(await runVitest(/** @type {'integration' | 'e2e'} */ (stage), filters, env));
      return counts;
    } finally {
      stop();
    }
  } catch (error) {
    return [oneFailure(`${chosen.join(' and ')} could not run: ${sentence(error)}`)];
  }
}

/** @param {Stage[]} chosen @param {string[]} filters @returns {Promise<Count[]>} */
async function runStages(chosen, filters) {
  /** @type {Count[]} */
  const counts = [];
  if (chosen.includes('check')) counts.push(await runChecks());
  const testing = chosen.filter((stage) => stage !== 'check');
  if (testing.length === 0) return counts;
  const built = await buildFor(testing);
  counts.push(built);
  if (testing.includes('unit')) counts.push(await runVitest('unit', filters));
  const real = testing.filter((stage) => stage !== 'unit');
  if (real.length === 0) return counts;
  if (built.failed > 0) return [...counts, ...real.map((stage) => oneFailure(`${stage} did not run: no build`))];
  return [...counts, ...(await runReality(real, filters))];
}

await runAsScript(import.meta.url, async (args) => {
  const { chosen, filters } = parse(args);
  /** @type {Count[]} */
  let counts;
  try {
    await ensureDependencies();
    counts = await runStages(chosen, filters);
  } catch (error) {
    counts = [oneFailure(sentence(error))];
  }
  const total = sum(counts);
  tellFailures(total);
  process.stdout.write(`${closingLine(total)}\n`);
  return total.failed === 0 ? 0 : 1;
});
