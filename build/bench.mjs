// `npm run bench [-- group …]`: prepares what measuring needs, bundles the measuring programs in `e2e/bench`, and runs
// them against the built app. Nothing timed is asserted anywhere: speed is read here, as a table.

import { runAsScript } from './common.mjs';
import { runBesideApp } from './programs.mjs';
import { ensureLabPython } from './python-env.mjs';

/** The measuring programs: the one that is started, and those it starts for a flood and for a stage of a journal. */
const programs = ['main', 'flood-client', 'journal-stage'];

await runAsScript(import.meta.url, (args) =>
  runBesideApp('bench', programs, args, async ({ version, origin }) => {
    const labPython = args.length === 0 || args.includes('jupyterlab') ? await ensureLabPython() : undefined;
    return {
      ...(labPython === undefined ? {} : { NIGHTJAR_LAB_PYTHON: labPython }),
      NIGHTJAR_BENCH_RUNTIME: `Electron ${version} (${origin} runtime), Node ${process.versions.node}`,
    };
  }),
);
