// Bundles programs of `e2e/` that run as processes of their own: the measuring ones and those of the fault runs.

import { rolldown } from 'rolldown';
import { ensureBuilt } from './build.mjs';
import { inOut, inRoot, run } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { hasDisplay, startDisplay } from './display.mjs';
import { ensureElectron } from './electron-runtime.mjs';
import { ensureTestPython } from './python-env.mjs';
import { debianJupyter, electronLibraries, ensureSystem, pythonWithVenv, virtualDisplay } from './system.mjs';

/** Packages that are loaded from `node_modules`: native, or finding files beside themselves. */
const external = ['electron', '@photostructure/sqlite', 'bufferutil', 'utf-8-validate', 'playwright-core'];

/**
 * The environment in which the programs find what they run against: a server's Python, and the parts of the core that
 * run in places of their own.
 * @param {string} python
 */
export function programsEnv(python) {
  return {
    ...process.env,
    NIGHTJAR_TEST_PYTHON: python,
    NIGHTJAR_JOURNAL_WORKER: inOut('app/journal-worker.js'),
    NIGHTJAR_RECORDER: inRoot('electron/core/recorder/recorder.py'),
    NIGHTJAR_WITNESS: inRoot('e2e/faults/witness.py'),
  };
}

/** @param {string} folder below `e2e/`, and below `.out/` for the result @param {readonly string[]} names */
export async function bundlePrograms(folder, names) {
  for (const name of names) {
    const bundle = await rolldown({
      cwd: inRoot('.'),
      input: inRoot(`e2e/${folder}/${name}.ts`),
      platform: 'node',
      external,
      transform: { target: 'node20.10' },
      // One dependency's never-taken branch for old module systems is all that it warns of.
      checks: { eval: false },
      logLevel: 'warn',
    });
    try {
      await bundle.write({ file: inOut(`${folder}/${name}.js`), format: 'esm', sourcemap: true, codeSplitting: false });
    } finally {
      await bundle.close();
    }
  }
}

/**
 * Prepares the app, a server and a display, and runs `main` of a folder of programs against them. Answers its exit code.
 * @param {string} folder @param {readonly string[]} names @param {readonly string[]} args
 * @param {(runtime: Awaited<ReturnType<typeof ensureElectron>>) => Promise<Record<string, string>>} more what else stands
 *   in its environment
 */
export async function runBesideApp(folder, names, args, more = async () => ({})) {
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
  const added = await more(runtime);
  await ensureBuilt({ renderer: true, node: true });
  await bundlePrograms(folder, names);
  const display = needsDisplay ? await startDisplay() : undefined;
  try {
    const { code } = await run(process.execPath, ['--enable-source-maps', inOut(`${folder}/main.js`), ...args], {
      output: 'inherit',
      env: {
        ...programsEnv(python),
        ...(display === undefined ? {} : { DISPLAY: display.name }),
        NIGHTJAR_ELECTRON: runtime.executablePath,
        ...added,
      },
    });
    return code;
  } finally {
    display?.stop();
  }
}
