// Bundles what runs outside the windows with rolldown: the main process, the preload script, the command line, and
// the workers once beside each of the two programs that start them, where they find them with
// `new URL('./journal-worker.js', import.meta.url)`.
//
// The preload script is one CommonJS file, because a sandboxed preload can load nothing but `electron`. SQLite stays
// outside the bundles: it is a native module and finds its binary relative to itself.

import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { inRoot } from './common.mjs';

/** `bufferutil` and `utf-8-validate` are optional accelerators of `ws`, which asks for them and does without. */
const external = ['electron', '@photostructure/sqlite', 'bufferutil', 'utf-8-validate'];

const worker = 'electron/core/journal/worker.ts';
const libraryWorker = 'electron/core/library/worker.ts';

/** @type {{ source: string, file: string, format: 'esm' | 'cjs' }[]} */
const entries = [
  { source: 'electron/app/main.ts', file: 'app/main.js', format: 'esm' },
  { source: 'electron/app/preload/preload.ts', file: 'app/preload.cjs', format: 'cjs' },
  { source: worker, file: 'app/journal-worker.js', format: 'esm' },
  { source: libraryWorker, file: 'app/library-worker.js', format: 'esm' },
  { source: 'electron/cli/nightjar.ts', file: 'cli/nightjar.js', format: 'esm' },
  { source: worker, file: 'cli/journal-worker.js', format: 'esm' },
  { source: libraryWorker, file: 'cli/library-worker.js', format: 'esm' },
];

/** Files that the programs read while they run, from `assets/` beside them. */
const assets = [
  { source: 'electron/core/recorder/recorder.py', name: 'recorder.py' },
  { source: 'electron/core/local-server/sample', name: 'sample' },
];

/** @returns {string[]} the entries whose source exists, as paths below the output folder */
export function nodeEntries() {
  return entries.filter((entry) => existsSync(inRoot(entry.source))).map((entry) => entry.file);
}

/** @param {string} outDir the folder that gets `app/` and `cli/` */
export async function bundleNodeSide(outDir) {
  for (const { source, file, format } of entries) {
    if (!existsSync(inRoot(source))) continue;
    const bundle = await rolldown({
      cwd: inRoot('.'),
      input: inRoot(source),
      platform: 'node',
      external: format === 'cjs' ? ['electron'] : external,
      transform: { target: 'node20.10' },
      logLevel: 'warn',
    });
    try {
      await bundle.write({ file: path.join(outDir, file), format, sourcemap: true, codeSplitting: false });
    } finally {
      await bundle.close();
    }
  }
  for (const { source, name } of assets) {
    if (!existsSync(inRoot(source))) continue;
    for (const program of ['app', 'cli']) {
      cpSync(inRoot(source), path.join(outDir, program, 'assets', name), { recursive: true });
    }
  }
}
