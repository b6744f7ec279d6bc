// `npm run nightjar -- arguments`: the command line from the sources, built first when it is out of date.
//
// Nothing is written to stdout here, so that the output of the command can be piped. The command sees its own file as
// `process.argv[1]`, as it does when it is installed.

import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { inOut, Problem, runAsScript } from './common.mjs';
import { ensureDependencies } from './dependencies.mjs';

const command = inOut('cli/nightjar.js');

await runAsScript(import.meta.url, async (args) => {
  await ensureDependencies({ quiet: true });
  await ensureBuilt({ renderer: false, node: true, quiet: true });
  if (!existsSync(command)) throw new Problem('This tree has no command line to run.');
  process.argv = [process.execPath, command, ...args];
  await import(pathToFileURL(command).href);
  // The command may have set its own exit code, or is still at work and will.
  return Number(process.exitCode ?? 0);
});
