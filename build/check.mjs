// `npm run check`: everything that can be said about the sources without a server or a window: lint and format, the
// types of each environment, the layers, the shape of the top level, and the unit tests. Under a minute, no warnings.

import { existsSync, readdirSync } from 'node:fs';
import { inRoot, root, run, runAsScript } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { closingLine, runStep, runVitest, sum, tellFailures } from './stages.mjs';

/** One configuration per environment, so that what an environment does not have cannot be used in it. */
const environments = [
  'shared/tsconfig.json',
  'electron/core/tsconfig.json',
  'electron/cli/tsconfig.json',
  'electron/app/tsconfig.json',
  'electron/app/preload/tsconfig.json',
  'renderer/tsconfig.json',
  'e2e/tsconfig.json',
  'build/tsconfig.json',
  'build/tsconfig.tests.json',
];

/** What may stand at the top of the repository. Everything else has a folder to go to. */
const topLevel = new Set([
  ...['.biome.json', '.ci', '.git', '.gitignore', '.npmrc', '.out', 'node_modules'],
  ...['LICENSE', 'README.md', 'package-lock.json', 'package.json', 'tsconfig.json'],
  ...['build', 'docs', 'e2e', 'electron', 'renderer', 'shared'],
]);

/** @param {string} script a script of a package @param {string[]} args */
async function runTool(script, args) {
  const { code, output } = await run(process.execPath, [inRoot(`node_modules/${script}`), ...args]);
  return { ok: code === 0, output };
}

async function checkTopLevel() {
  const strangers = readdirSync(root).filter((name) => !topLevel.has(name));
  const output = strangers.map((name) => `${name} does not belong at the top of the repository`).join('\n');
  return { ok: strangers.length === 0, output };
}

/** @returns {Promise<{ ok: boolean, output: string }>} */
async function checkLayersStep() {
  const { checkLayers } = await import('./layers.mjs');
  const found = checkLayers();
  return { ok: found.length === 0, output: found.join('\n') };
}

/** @returns {import('./stages.mjs').Step[]} */
export function checkSteps() {
  return [
    {
      name: 'lint and format',
      run: () => runTool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '--diagnostic-level=warn']),
    },
    ...environments
      .filter((name) => existsSync(inRoot(name)))
      .map((name) => ({ name: `types: ${name}`, run: () => runTool('typescript/bin/tsc', ['-p', inRoot(name)]) })),
    { name: 'layers', run: checkLayersStep },
    { name: 'top level', run: checkTopLevel },
  ];
}

/** @returns {Promise<import('./stages.mjs').Count>} */
export async function runChecks() {
  const counts = [];
  for (const step of checkSteps()) counts.push(await runStep(step));
  return sum(counts);
}

await runAsScript(import.meta.url, async () => {
  await ensureDependencies();
  const total = sum([await runChecks(), await runVitest('unit', [])]);
  tellFailures(total);
  process.stdout.write(`${closingLine(total)}\n`);
  return total.failed === 0 ? 0 : 1;
});
