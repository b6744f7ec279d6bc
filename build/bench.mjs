// `npm run bench [-- group …]`: prepares what measuring needs, bundles the measuring programs in `e2e/bench`, and runs
// them against the built app. Nothing timed is asserted anywhere: speed is read here, as a table.

import { ensureBuilt } from './build.mjs';
import { inOut, run, runAsScript } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { bundlePrograms, programsEnv } from './programs.mjs';
import { hasDisplay, startDisplay } from './display.mjs';
import { ensureElectron } from './electron-runtime.mjs';
import { ensureLabPython, ensureTestPython } from './python-env.mjs';
import { debianJupyter, electronLibraries, ensureSystem, pythonWithVenv, virtualDisplay } from './system.mjs';

/** The measuring programs: the one that is started, and the one that it starts once for every run of a flood. */
const programs = ['main', 'flood-client'];

await runAsScript(import.meta.url, async (args) => {
  await ensureDependencies();
  const runtime = await ensureElectron();
  const needsDisplay = !hasDisplay();
  await ensureSystem([
    electronLibraries(runtime.executablePath),
    ...(needsDisplay ? [virtualDisplay] : []),
    pythonWithVenv,
    debianJupyter,
  ]);
  const python = process.env.NIGHTJAR_TEST_PYTHON ?? (await ensureTestPython()).python;
  const labPython = args.length === 0 || args.includes('jupyterlab') ? await ensureLabPython() : undefined;
  await ensureBuilt({ renderer: true, node: true });
  await bundlePrograms('bench', programs);
  const display = needsDisplay ? await startDisplay() : undefined;
  try {
    const { code } = await run(process.execPath, ['--enable-source-maps', inOut('bench/main.js'), ...args], {
      output: 'inherit',
      env: {
        ...programsEnv(python),
        ...(display === undefined ? {} : { DISPLAY: display.name }),
        NIGHTJAR_ELECTRON: runtime.executablePath,
        ...(labPython === undefined ? {} : { NIGHTJAR_LAB_PYTHON: labPython }),
        NIGHTJAR_BENCH_RUNTIME: `Electron ${runtime.version} (${runtime.origin} runtime), Node ${process.versions.node}`,
      },
    });
    return code;
  } finally {
    display?.stop();
  }
});
