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

const folder = inOut('venv');
const python = process.platform === 'win32' ? inOut('venv/Scripts/python.exe') : inOut('venv/bin/python');
const stamp = inOut('venv/nightjar-packages.txt');

function isPrepared() {
  return existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === packages.join('\n');
}

/** @returns {Promise<string>} what went wrong, empty when the environment is ready */
async function prepare() {
  say('preparing the Python environment of the tests in .out/venv');
  rmSync(folder, { recursive: true, force: true });
  const made = await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', folder]);
  if (made.code !== 0) return made.output;
  // Without retries: where there is no package index at all, pip would otherwise try for minutes.
  const installed = await run(python, ['-m', 'pip', 'install', '--quiet', '--retries', '0', ...packages], {
    timeoutMs: pipTimeoutMs,
  });
  if (installed.code !== 0) return installed.output;
  writeFileSync(stamp, packages.join('\n'));
  return '';
}

/**
 * @returns {Promise<{ python: string, oldPython: string | undefined }>}
 * @throws {Problem} when no Python with a Jupyter server can be had
 */
export async function ensureTestPython() {
  return await alone('venv', async () => {
    const failure = isPrepared() ? '' : await prepare();
    const oldPython = (await hasDebianJupyter()) ? debianPython : undefined;
    if (failure === '') return { python, oldPython };
    const reason = failure.trim().split('\n').at(-1) ?? '';
    if (oldPython === undefined) throw new Problem(`No Python with a Jupyter server could be prepared: ${reason}`, 2);
    say(`pip could not prepare the environment (${reason}); the tests run on Debian's Jupyter server alone`);
    return { python: oldPython, oldPython };
  });
}
