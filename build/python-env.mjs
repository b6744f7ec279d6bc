// Prepares the Pythons whose Jupyter servers the tests run against: a virtual environment with what pip installs
// today, and Debian's own packages as an older server. Where pip finds nothing, Debian's take the place of both.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { inOut, Problem, run, say } from './common.mjs';
import { alone } from './stamps.mjs';
import { debianPython, hasDebianJupyter } from './system.mjs';

const packages = [
  'jupyter_server',
  'ipykernel',
  'nbclient',
  'nbformat',
  'matplotlib',
  'pandas',
  'ipywidgets',
  'plotly',
  'bokeh',
  'altair',
  'tqdm',
];
/** Took 17 to 40 s from a local mirror; matplotlib and pandas are large on a slow line. */
const pipTimeoutMs = 900_000;

/** JupyterLab, to be measured beside and to open exported notebooks: a server of its own, so that the tests' stays without it. */
const labPackages = ['jupyterlab', 'ipykernel'];

/**
 * A virtual environment under `.out`.
 * @param {string} name @param {string[]} wanted packages
 */
function environment(name, wanted) {
  const folder = inOut(name);
  const python = inOut(process.platform === 'win32' ? `${name}/Scripts/python.exe` : `${name}/bin/python`);
  const stamp = inOut(`${name}/nightjar-packages.txt`);
  return {
    python,
    isPrepared: () => existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted.join('\n'),
    /** @returns {Promise<string>} what went wrong, empty when the environment is ready */
    prepare: async () => {
      say(`preparing the Python environment in .out/${name}`);
      rmSync(folder, { recursive: true, force: true });
      const made = await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', folder]);
      if (made.code !== 0) return made.output;
      // Without retries: where there is no package index at all, pip would otherwise try for minutes.
      const installed = await run(python, ['-m', 'pip', 'install', '--quiet', '--retries', '0', ...wanted], {
        timeoutMs: pipTimeoutMs,
      });
      if (installed.code !== 0) return installed.output;
      writeFileSync(stamp, wanted.join('\n'));
      return '';
    },
  };
}

/** @returns {Promise<string | undefined>} a Python with JupyterLab; nothing where pip has none */
export async function ensureLabPython() {
  const lab = environment('lab-venv', labPackages);
  const failure = await alone('lab-venv', async () => (lab.isPrepared() ? '' : await lab.prepare()));
  if (failure !== '') say(`JupyterLab could not be installed: ${failure.trim().split('\n').at(-1) ?? ''}`);
  return failure === '' ? lab.python : undefined;
}

/**
 * @returns {Promise<{ python: string, oldPython: string | undefined }>}
 * @throws {Problem} when no Python with a Jupyter server can be had
 */
export async function ensureTestPython() {
  return await alone('venv', async () => {
    const { python, isPrepared, prepare } = environment('venv', packages);
    const failure = isPrepared() ? '' : await prepare();
    const oldPython = (await hasDebianJupyter()) ? debianPython : undefined;
    if (failure === '') return { python, oldPython };
    const reason = failure.trim().split('\n').at(-1) ?? '';
    if (oldPython === undefined) throw new Problem(`No Python with a Jupyter server could be prepared: ${reason}`, 2);
    say(`pip could not prepare the environment (${reason}); the tests run on Debian's Jupyter server alone`);
    return { python: oldPython, oldPython };
  });
}
