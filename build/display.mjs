// Gives a program a screen on a machine without one: a virtual X display (Xvfb) that belongs to this process.
//
// The server picks a free display number itself and reports it, so that two runs on one machine never share a screen.
// It is ended by its recorded process id, also when this process is interrupted.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Problem } from './common.mjs';

/** Large enough for a notebook window with its panels, as on a small laptop in landscape. */
const screen = '1600x1000x24';
/** It starts in well under a second; a machine that is swapping needs a few. */
const startTimeoutMs = 20_000;

/** @type {NodeJS.Signals[]} */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @typedef {{ name: string, stop: () => void }} Display */

export function hasDisplay() {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform !== 'linux' || Boolean(DISPLAY) || Boolean(WAYLAND_DISPLAY);
}

/**
 * @returns {Promise<Display>} `name` is the value for DISPLAY
 * @throws {Problem} when Xvfb is missing or does not start
 */
export function startDisplay() {
  return new Promise((resolve, reject) => {
    // The fourth descriptor is the one that -displayfd writes the number to. A session of its own: where the system
    // shares its cores among sessions first, the screen must not pay for what this process does.
    const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', screen, '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const stop = () => {
      process.off('exit', stop);
      for (const signal of endingSignals) process.off(signal, onSignal);
      server.kill('SIGTERM');
    };
    /** @param {NodeJS.Signals} signal */
    const onSignal = (signal) => {
      // Whoever else listens is ending a program in an orderly way, which still needs its screen.
      if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
    };
    process.on('exit', stop);
    for (const signal of endingSignals) process.on(signal, onSignal);
    const fail = (/** @type {string} */ why) => {
      clearTimeout(timer);
      stop();
      reject(new Problem(`The virtual display (Xvfb) did not start: ${why}.`, 2));
    };
    const timer = setTimeout(() => fail('it gave no display number'), startTimeoutMs);
    server.once('error', (error) => fail(error.message));
    server.once('exit', (code) => fail(`it ended with code ${code}`));
    let reported = '';
    server.stdio[3]?.on('data', (chunk) => {
      reported += chunk;
      if (!reported.includes('\n')) return;
      clearTimeout(timer);
      server.removeAllListeners('exit');
      server.stdio[3]?.destroy();
      server.unref();
      resolve({ name: `:${reported.trim()}`, stop });
    });
  });
}
