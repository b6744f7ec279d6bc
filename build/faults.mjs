// `npm run faults -- --seeds N`: prepares a server and the core, bundles the programs of the fault runs, and runs them.

import { ensureBuilt } from './build.mjs';
import { inOut, inRoot, run, runAsScript } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { bundlePrograms } from './programs.mjs';
import { ensureTestPython } from './python-env.mjs';
import { debianJupyter, ensureSystem, pythonWithVenv } from './system.mjs';

/** The environment in which the programs find what they run against. @param {string} python */
export function faultsEnv(python) {
  return {
    ...process.env,
    NIGHTJAR_TEST_PYTHON: python,
    NIGHTJAR_JOURNAL_WORKER: inOut('app/journal-worker.js'),
    NIGHTJAR_RECORDER: inRoot('electron/core/recorder/recorder.py'),
    NIGHTJAR_WITNESS: inRoot('e2e/faults/witness.py'),
  };
}

export async function bundleFaults() {
  await bundlePrograms('faults', ['main', 'app-process']);
}

await runAsScript(import.meta.url, async (args) => {
  await ensureDependencies();
  await ensureSystem([pythonWithVenv, debianJupyter]);
  const python = process.env.NIGHTJAR_TEST_PYTHON ?? (await ensureTestPython()).python;
  await ensureBuilt({ renderer: false, node: true });
  await bundleFaults();
  const { code } = await run(process.execPath, ['--enable-source-maps', inOut('faults/main.js'), ...args], {
    output: 'inherit',
    env: faultsEnv(python),
  });
  return code;
});
