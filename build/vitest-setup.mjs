// Runs once before a vitest run, so that `npx vitest` alone never tests against a stale journal worker.
// A tree whose Node side does not bundle says so and goes on: the tests of everything else are still worth running,
// and `npm test`, which builds as a step of its own, fails on it.

import { ensureBuilt } from './build.mjs';

export default async function setup() {
  try {
    await ensureBuilt({ renderer: false, node: true, quiet: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`nightjar: the Node side does not build, tests that need its bundles will fail: ${reason}\n`);
  }
}
