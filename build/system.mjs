// Finds out what the operating system lacks, and adds it where that is ours to do: on Debian and its relatives, as
// root. Anywhere else it names the exact command and leaves the machine alone.
//
// Each need is probed by what it is needed for (a library that resolves, a program that starts, a module that
// imports), never by the name of a package, so a machine that has it from elsewhere is not touched.

import { existsSync, readFileSync } from 'node:fs';
import { Problem, run, say } from './common.mjs';

/** `apt-get update` and the packages came in 40 s here; a slow mirror gets time. */
const aptTimeoutMs = 900_000;
const probeTimeoutMs = 20_000;

/** The Python whose Jupyter packages come from Debian: an older server than pip installs. */
export const debianPython = '/usr/bin/python3';

/**
 * @typedef {object} Need
 * @property {string} what for people
 * @property {() => Promise<boolean>} has
 * @property {string[][]} packages each with its names, the newest release's first
 * @property {boolean} [optional] its absence is told and survived
 */

/** @param {string} program @param {string[]} args */
async function works(program, args) {
  return (await run(program, args, { timeoutMs: probeTimeoutMs })).code === 0;
}

/**
 * @param {string} executable
 * @returns {Promise<string[]>} names of the shared libraries that it needs and the machine lacks
 */
export async function missingLibraries(executable) {
  if (process.platform !== 'linux') return [];
  const { output } = await run('ldd', [executable], { timeoutMs: probeTimeoutMs });
  return [...output.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '');
}

/** @param {string} executable @returns {Need} */
export function electronLibraries(executable) {
  return {
    what: 'the libraries that Electron uses',
    has: async () => (await missingLibraries(executable)).length === 0,
    packages: [
      ['libgtk-3-0t64', 'libgtk-3-0'],
      ['libnss3'],
      ['libasound2t64', 'libasound2'],
      ['libgbm1'],
      ['libxss1'],
      ['libxtst6'],
      ['fonts-dejavu-core'],
    ],
  };
}

/** @type {Need} */
export const virtualDisplay = {
  what: 'a virtual display (Xvfb)',
  has: () => works('sh', ['-c', 'command -v Xvfb']),
  packages: [['xvfb'], ['fonts-dejavu-core']],
};

/** @type {Need} */
export const pythonWithVenv = {
  what: 'Python with virtual environments',
  has: () => works('python3', ['-c', 'import venv, ensurepip']),
  packages: [['python3-venv']],
};

/** @returns {Promise<boolean>} */
export function hasDebianJupyter() {
  return works(debianPython, ['-c', 'import jupyter_server, ipykernel']);
}

/** @type {Need} */
export const debianJupyter = {
  what: "Debian's own Jupyter server, the oldest one that the tests run against",
  has: hasDebianJupyter,
  packages: [['jupyter-server'], ['python3-ipykernel']],
  optional: true,
};

/**
 * Kernels of other languages, which number no messages: promises that hold for Python by counting must hold for them.
 * @type {Need[]}
 */
export const otherKernels = [
  {
    what: 'the R kernel of Debian',
    has: () => works('Rscript', ['-e', 'library(IRkernel); stopifnot(file.exists("/usr/share/jupyter/kernels/ir"))']),
    packages: [['r-cran-irkernel']],
    optional: true,
  },
  {
    what: 'the Octave kernel of Debian',
    has: () => works(debianPython, ['-c', 'import octave_kernel']),
    packages: [['python3-octave-kernel']],
    optional: true,
  },
];

/** @type {Need} */
export const networkTools = {
  what: 'iproute2, for a network between two hosts',
  has: () => works('ip', ['-V']),
  packages: [['iproute2']],
  optional: true,
};

/** Whether this is Debian or a relative, run by root. */
function mayInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** @param {string[]} args */
async function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return await run('apt-get', ['-q', '-o', 'Dpkg::Use-Pty=0', ...args], { env, timeoutMs: aptTimeoutMs });
}

/** @param {string[]} names @returns {Promise<string>} the one that this release knows */
async function knownName(names) {
  for (const name of names) {
    const shown = await run('apt-cache', ['show', '--no-all-versions', name], { timeoutMs: probeTimeoutMs });
    if (shown.code === 0 && shown.output.includes('Package: ')) return name;
  }
  return names.at(-1) ?? '';
}

/** @param {Need[]} needs */
async function packageNames(needs) {
  const names = await Promise.all(needs.flatMap((need) => need.packages).map(knownName));
  return [...new Set(names)];
}

/** @param {Need[]} needs @returns {Promise<Need[]>} */
async function lacking(needs) {
  const has = await Promise.all(needs.map((need) => need.has()));
  return needs.filter((_need, index) => !has[index]);
}

function isDebian() {
  return (
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

/** @param {Need[]} missing */
async function describe(missing) {
  const list = missing.map((need) => need.what).join('; ');
  if (!isDebian()) return `This machine lacks: ${list}. Install what is missing with its package manager.`;
  const names = (await packageNames(missing)).join(' ');
  return `This machine lacks: ${list}. Run\n  sudo apt-get update && sudo apt-get install -y ${names}\nand start again.`;
}

/**
 * @param {Need[]} needs
 * @throws {Problem} exit code 2, naming what to install, when something necessary is missing and stays missing
 */
export async function ensureSystem(needs) {
  if (process.platform !== 'linux') return;
  let missing = await lacking(needs);
  if (missing.length === 0) return;
  if (mayInstall()) {
    say(`installing with apt-get: ${missing.map((need) => need.what).join('; ')}`);
    const updated = await apt(['update']);
    if (updated.code !== 0) say(`apt-get update failed; trying with the package lists that are there`);
    const necessary = missing.filter((need) => !need.optional);
    // One that this release does not know must not take the others with it.
    const groups = [necessary, ...missing.filter((need) => need.optional).map((need) => [need])];
    for (const group of groups.filter(({ length }) => length > 0)) {
      const result = await apt(['install', '-y', '--no-install-recommends', ...(await packageNames(group))]);
      if (result.code !== 0) say(`apt-get install failed:\n${result.output}`);
    }
    missing = await lacking(missing);
  }
  for (const need of missing.filter(({ optional }) => optional)) say(`going on without ${need.what}`);
  const fatal = missing.filter(({ optional }) => !optional);
  if (fatal.length > 0) throw new Problem(await describe(fatal), 2);
}
