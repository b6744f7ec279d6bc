// `npm run build`: makes the windows and the Node side from the sources, whatever of them is out of date.
//
// A part is built into a folder of its own and swapped in when it is complete, so that a running app or test never
// sees half of a build, and a failed build leaves the last good one in place, without its stamp.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inOut, Problem, runAsScript, say } from './common.mjs';
import { alone, digestOf, dropStamp, isCurrent, writeStamp } from './stamps.mjs';

const common = ['package-lock.json', 'tsconfig.json', 'build/build.mjs', 'build/common.mjs', 'build/stamps.mjs'];

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string[]} sources
 * @property {string[]} folders what it may make below the output folder
 * @property {(outDir: string) => Promise<void>} make builds into a folder that holds the parts' folders
 */

/** @type {Part} */
const rendererPart = {
  name: 'renderer',
  sources: [...common, 'shared', 'renderer', 'build/renderer-bundle.mjs', 'build/output-bundle.mjs'],
  folders: ['renderer', 'outputs'],
  // The bundler is loaded only when there is something to bundle: it takes longer to load than the stamps to check.
  make: async (outDir) => {
    await (await import('./renderer-bundle.mjs')).bundleRenderers(path.join(outDir, 'renderer'));
    await (await import('./output-bundle.mjs')).bundleOutputs(path.join(outDir, 'outputs'));
  },
};

/** @type {Part} */
const nodePart = {
  name: 'node',
  sources: [...common, 'shared', 'electron', 'build/node-bundle.mjs'],
  folders: ['app', 'cli'],
  make: async (outDir) => (await import('./node-bundle.mjs')).bundleNodeSide(outDir),
};

/**
 * Puts a finished folder in the place of the old one.
 * @param {string} made
 * @param {string} place
 */
function swapIn(made, place) {
  const old = `${place}.old-${process.pid}`;
  if (existsSync(place)) renameSync(place, old);
  if (existsSync(made)) renameSync(made, place);
  rmSync(old, { recursive: true, force: true });
}

/** The bundlers put their own stack into the message; the sentence above it is what helps. @param {unknown} error */
function withoutStack(error) {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\n\s+at .*/g, '');
}

/**
 * @param {Part} part
 * @param {boolean} quiet
 */
async function ensurePart(part, quiet) {
  await alone(part.name, async () => {
    const digest = digestOf(part.sources);
    if (isCurrent(part.name, digest)) return;
    dropStamp(part.name);
    const startedAt = performance.now();
    if (!quiet) say(`building: ${part.name}`);
    const work = inOut(`tmp/${part.name}-${process.pid}`);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    try {
      await part.make(work);
      for (const folder of part.folders) swapIn(path.join(work, folder), inOut(folder));
    } catch (error) {
      throw new Problem(`The ${part.name} part does not build.\n${withoutStack(error)}`);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    // A source that changed while it was read has another digest now, and will be built again.
    if (digestOf(part.sources) === digest) {
      const made = part.folders.filter((folder) => existsSync(inOut(folder)));
      writeStamp(part.name, digest, made);
    }
    if (!quiet) say(`built: ${part.name} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  });
}

/**
 * Builds what is out of date.
 * @param {{ renderer: boolean, node: boolean, quiet?: boolean }} what
 * @throws {Problem} with the bundler's message when a part does not build
 */
export async function ensureBuilt({ renderer, node, quiet = false }) {
  if (node) await ensurePart(nodePart, quiet);
  if (renderer) await ensurePart(rendererPart, quiet);
}

await runAsScript(import.meta.url, async () => {
  await ensureBuilt({ renderer: true, node: true });
  say(
    `the build is current (${readdirSync(inOut('.'))
      .filter((name) => /^(app|cli|renderer|outputs)$/.test(name))
      .join(', ')})`,
  );
  return 0;
});
