// `npm run gallery [-- light-large …]`: prepares what the pictures need, bundles the program in `e2e/gallery`, and runs
// it against the built app. The pictures lie in `.out/gallery`; nothing is compared, somebody looks at them.

import { ensureBuilt } from './build.mjs';
import { inOut, run, runAsScript } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { bundlePrograms, programsEnv } from './programs.mjs';
import { hasDisplay, startDisplay } from './display.mjs';
import { ensureElectron } from './electron-runtime.mjs';
import { ensureTestPython } from './python-env.mjs';
import { debianJupyter, electronLibraries, ensureSystem, pythonWithVenv, virtualDisplay } from './system.mjs';

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
  await ensureBuilt({ renderer: true, node: true });
  await bundlePrograms('gallery', ['main']);
  const display = needsDisplay ? await startDisplay() : undefined;
  try {
    const { code } = await run(process.execPath, ['--enable-source-maps', inOut('gallery/main.js'), ...args], {
      output: 'inherit',
      env: {
        ...programsEnv(python),
        ...(display === undefined ? {} : { DISPLAY: display.name }),
        NIGHTJAR_ELECTRON: runtime.executablePath,
      },
    });
    return code;
  } finally {
    display?.stop();
  }
});
