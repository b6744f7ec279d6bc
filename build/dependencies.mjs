// Makes sure that Node is new enough and that `node_modules` holds what package-lock.json names.
//
// Whether it does is read from the record that npm itself leaves in `node_modules`, by contents and not by times:
// a fresh checkout, a copied folder and a switched branch have times that mean nothing.

import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { inRoot, npmCommand, Problem, run, say } from './common.mjs';
import { alone } from './stamps.mjs';

/** @throws {Problem} when this Node is older than package.json asks for */
export function checkNode() {
  const { engines } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const wanted = String(engines.node).replace(/^\D+/, '');
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Problem(
    `Nightjar needs Node ${wanted} or newer to build and start, and this is Node ${process.versions.node}. ` +
      'Install a newer Node from https://nodejs.org or your package manager, and start again.',
    2,
  );
}

/** @param {string} name @returns {Record<string, { version?: string, optional?: boolean }>} */
function packagesOf(name) {
  return JSON.parse(readFileSync(inRoot(name), 'utf8')).packages;
}

function isInstalled() {
  if (!existsSync(inRoot('node_modules/.package-lock.json'))) return false;
  const wanted = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(wanted).every(
    ([place, { version, optional }]) =>
      place === '' || installed[place]?.version === version || (optional && installed[place] === undefined),
  );
}

/**
 * Chooses npm's command. `npm ci` is the strict one, and it refuses a lock file that does not name the binaries of
 * other platforms, which is what npm writes where its registry does not carry them. `npm install` then installs the
 * very same locked versions, checks the same hashes, and adds only what this platform needs; neither writes the lock.
 * @param {{ program: string, args: string[] }} npm
 * @returns {Promise<string[]>}
 */
async function installCommand(npm) {
  const tried = await run(npm.program, [...npm.args, 'ci', '--dry-run', '--include=dev']);
  if (tried.code === 0 || !tried.output.includes('EUSAGE')) return ['ci'];
  const { dependencies, devDependencies } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const locked = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages[''];
  if (isDeepStrictEqual([dependencies, devDependencies], [locked.dependencies, locked.devDependencies])) {
    return ['install', '--no-save'];
  }
  throw new Problem('package-lock.json does not belong to package.json. Run `npm install`, and commit both.');
}

/**
 * @param {{ quiet?: boolean }} [options] quiet keeps npm's progress back; a failure shows all the same
 * @throws {Problem} when npm fails
 */
export async function ensureDependencies({ quiet = false } = {}) {
  checkNode();
  await alone('dependencies', async () => {
    if (isInstalled()) return;
    say('installing the packages of package-lock.json into node_modules');
    const npm = npmCommand();
    const args = [...npm.args, ...(await installCommand(npm)), '--include=dev', '--no-audit', '--no-fund'];
    const result = await run(npm.program, args, { output: quiet ? 'capture' : 'stderr' });
    if (result.code === 0) return;
    throw new Problem(
      `The packages could not be installed: npm ended with code ${result.code}. Check the network and the npm ` +
        `registry, and start again.\n${result.output}`,
    );
  });
}
