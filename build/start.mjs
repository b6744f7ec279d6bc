// `npm start [-- arguments]`: from a fresh clone to the running app.
//
// Prepares what is missing, in the order in which a failure is cheapest, then starts the app with our terminal and
// passes on its exit code. Two things are matters of the machine and not of the app, and are said when they happen:
// a screen is made where there is none, and Chromium's sandbox, which refuses to run as root, is left off for root.

import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';
import { Problem, runAsScript, say } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { hasDisplay, startDisplay } from './display.mjs';
import { ensureElectron } from './electron-runtime.mjs';
import { electronLibraries, ensureSystem, virtualDisplay } from './system.mjs';

/** @param {string} name a kernel setting @returns {string | undefined} */
function kernelSetting(name) {
  try {
    return readFileSync(`/proc/sys/kernel/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/**
 * Some distributions forbid what Chromium's sandbox is built on, and Electron then ends with a message that few
 * understand. The sandbox's helper program, owned by root, is the way round that keeps the sandbox.
 * @param {string} executablePath
 */
function checkSandbox(executablePath) {
  if (process.platform !== 'linux') return;
  const forbidden =
    kernelSetting('unprivileged_userns_clone') === '0' ||
    kernelSetting('apparmor_restrict_unprivileged_userns') === '1';
  if (!forbidden) return;
  const helper = path.join(path.dirname(executablePath), 'chrome-sandbox');
  const { uid, mode } = statSync(helper);
  if (uid === 0 && (mode & 0o4000) !== 0) return;
  throw new Problem(
    "This system does not let programs set up Chromium's sandbox by themselves. Run\n" +
      `  sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'\nand start again.`,
    2,
  );
}

/**
 * @param {string} executablePath
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} the app's exit code, or 128 plus the number of the signal that ended it
 */
function runApp(executablePath, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(executablePath, args, { stdio: 'inherit', env });
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      // A terminal sends Ctrl+C to the app as well as to us; twice would cut its orderly end short.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of signals) process.on(signal, forward);
    child.once('error', (error) => reject(new Problem(`Electron could not be started: ${error.message}`)));
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

await runAsScript(import.meta.url, async (args) => {
  await ensureDependencies();
  const { executablePath, appArgs } = await ensureElectron();
  const needsDisplay = !hasDisplay();
  await ensureSystem([electronLibraries(executablePath), ...(needsDisplay ? [virtualDisplay] : [])]);
  await ensureBuilt({ renderer: true, node: true });

  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  if (isRoot) say("started by root: Chromium's sandbox cannot run and is off; start as an ordinary user to have it");
  else checkSandbox(executablePath);
  const display = needsDisplay ? await startDisplay() : undefined;
  if (display !== undefined) say(`no screen was found: the app runs on a virtual one, DISPLAY=${display.name}`);
  try {
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, ...(display === undefined ? {} : { DISPLAY: display.name }) };
    // Some editors set this in their terminals; Electron would then be a plain Node and open no window.
    delete env.ELECTRON_RUN_AS_NODE;
    return await runApp(executablePath, [...appArgs, ...(isRoot ? ['--no-sandbox'] : []), ...args], env);
  } finally {
    display?.stop();
  }
});
