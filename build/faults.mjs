// `npm run faults -- --seeds N`: prepares a server and the core, bundles the programs of the fault runs, and runs them.

import { ensureBuilt } from './build.mjs';
import { inOut, run, runAsScript } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { bundlePrograms, programsEnv } from './programs.mjs';
import { ensureTestPython } from './python-env.mjs';
import { debianJupyter, ensureSystem, pythonWithVenv } from './system.mjs';

await runAsScript(import.meta.url, async (args) => {
  await ensureDependencies();
  await ensureSystem([pythonWithVenv, debianJupyter]);
  const python = process.env.NIGHTJAR_TEST_PYTHON ?? (await ensureTestPython()).python;
  await ensureBuilt({ renderer: false, node: true });
  await bundlePrograms('faults', ['main', 'app-process']);
  const { code } = await run(process.execPath, ['--enable-source-maps', inOut('faults/main.js'), ...args], {
    output: 'inherit',
    env: programsEnv(python),
  });
  return code;
});
