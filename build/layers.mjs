// The architecture as two tables, and the check that the sources keep to them.
//
// The first table says what a folder may import: folders, packages, Node's own modules. The second names the
// dangerous imports that have one door each. Imports of types count for the first table as well, because a type from
// the wrong side drags its environment's types along. Chains of imports that end where they began are refused too.
// Modules are read with the parser of the bundler, not with patterns, so that a comment or a string cannot fool it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { parseSync } from 'rolldown/utils';
import { root, runAsScript } from './common.mjs';

/**
 * @typedef {object} Layer
 * @property {string} folder the longest matching folder decides
 * @property {string[]} folders what it may import from the repository, itself included
 * @property {string[]} packages exact names, or prefixes that end in `/`
 * @property {boolean} node whether Node's own modules are there
 */

const jupyterlab = [
  '@jupyterlab/',
  '@jupyter/',
  '@jupyter-widgets/',
  '@lumino/',
  '@codemirror/',
  '@lezer/',
  'yjs',
  'y-protocols',
];

/** @type {Layer[]} */
export const layers = [
  // The notebook format package is types and a few pure functions.
  { folder: 'shared', folders: ['shared'], packages: ['valibot', '@jupyterlab/nbformat'], node: false },
  {
    folder: 'electron/core',
    folders: ['shared', 'electron/core'],
    packages: ['valibot', 'ws', '@photostructure/sqlite', '@jupyterlab/services', 'marked', 'sanitize-html'],
    node: true,
  },
  { folder: 'electron/cli', folders: ['shared', 'electron/core', 'electron/cli'], packages: ['valibot'], node: true },
  {
    folder: 'electron/app',
    folders: ['shared', 'electron/core', 'electron/app'],
    packages: ['valibot', 'electron', 'electron-store'],
    node: true,
  },
  {
    folder: 'electron/app/preload',
    folders: ['shared', 'electron/app/preload'],
    packages: ['electron', 'valibot'],
    node: false,
  },
  {
    folder: 'renderer',
    folders: ['shared', 'renderer'],
    packages: ['valibot', 'react', 'react-dom', ...jupyterlab],
    node: false,
  },
  // The page of one output talks to the window around it by messages alone, and shares no code with it but their types.
  { folder: 'renderer/outputs/frame', folders: ['shared', 'renderer/outputs/frame'], packages: [], node: false },
  { folder: 'build', folders: ['build'], packages: ['vite', 'rolldown', 'vitest'], node: true },
  {
    folder: 'e2e',
    folders: ['e2e', 'shared', 'electron/core', 'build'],
    packages: ['electron', 'playwright-core', 'valibot', 'vitest', 'ws'],
    node: true,
  },
];

/** Tests and what only tests use may also import these, and Node's modules to read files and start programs. */
const testPackages = ['vitest', 'fast-check', 'rolldown', 'ws'];

/** @param {string} file */
function isTest(file) {
  return /\.(test|e2e)\.[a-z]+$/.test(file) || file.split('/').includes('testing');
}

/**
 * @typedef {object} Door
 * @property {string} module
 * @property {string[]} names what of the module is behind the door; empty means all of it
 * @property {string[]} places the files or folders that may import it
 * @property {boolean} tests whether tests may import it as well
 */

/** @type {Door[]} */
export const doors = [
  { module: 'electron', names: ['ipcMain'], places: ['electron/app/ipc'], tests: false },
  { module: 'electron', names: ['ipcRenderer', 'contextBridge'], places: ['electron/app/preload'], tests: false },
  { module: 'electron', names: ['safeStorage'], places: ['electron/app/secrets.ts'], tests: false },
  { module: 'electron', names: ['shell'], places: ['electron/app/shell.ts'], tests: false },
  // Taken as a whole, by default import or as a namespace, Electron would pass by the doors above.
  // The clipboard's port looks up a class there that older runtimes do not have, and takes nothing else.
  { module: 'electron', names: ['default', '*'], places: ['electron/app/clipboard.ts'], tests: false },
  { module: 'child_process', names: [], places: ['electron/core/local-server', 'build', 'e2e'], tests: true },
];

/**
 * @typedef {object} Import
 * @property {string} from the module as it is written
 * @property {string[]} names imported values; `default` and `*` for the module as a whole, empty for its effect only
 * @property {boolean} typesOnly
 */

/**
 * @param {string} file its name decides the language
 * @param {string} source
 * @returns {Import[]}
 */
export function importsOf(file, source) {
  const parsed = parseSync(file, source);
  if (parsed.errors.length > 0) throw new Error(`${file}: ${parsed.errors[0]?.message}`);
  const { staticImports, staticExports, dynamicImports } = parsed.module;
  const found = staticImports.map(({ moduleRequest, entries }) => ({
    from: moduleRequest.value,
    names: entries.filter((entry) => !entry.isType).map((entry) => nameOf(entry.importName)),
    typesOnly: entries.length > 0 && entries.every((entry) => entry.isType),
  }));
  for (const { importName, moduleRequest, isType } of staticExports.flatMap((statement) => statement.entries)) {
    if (moduleRequest) found.push({ from: moduleRequest.value, names: [nameOf(importName)], typesOnly: isType });
  }
  for (const { moduleRequest } of dynamicImports) {
    const literal = /^(['"`])([^'"`$]+)\1$/.exec(source.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[2] !== undefined) found.push({ from: literal[2], names: ['*'], typesOnly: false });
  }
  return found;
}

/** @param {{ kind: string, name?: string | null | undefined }} importName */
function nameOf({ kind, name }) {
  return kind === 'Name' && name ? name : kind === 'Default' ? 'default' : '*';
}

/** @param {string} file @param {string} place a file or a folder */
function isIn(file, place) {
  return file === place || file.startsWith(`${place}/`);
}

/** @param {string} file */
function layerOf(file) {
  return layers
    .filter((layer) => isIn(file, layer.folder))
    .sort((a, b) => b.folder.length - a.folder.length)
    .at(0);
}

/** @param {string} name @param {string[]} allowed */
function isAllowedPackage(name, allowed) {
  return allowed.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : isIn(name, entry)));
}

/**
 * @param {string} file
 * @param {Layer} layer
 * @param {string} from
 * @returns {string | undefined} what is wrong with the import
 */
function wrongDirection(file, layer, from) {
  if (from.startsWith('.')) {
    const target = path.posix.join(path.posix.dirname(file), from);
    const targetLayer = layerOf(target);
    if (targetLayer !== undefined && layer.folders.includes(targetLayer.folder)) return undefined;
    // Tests beside the sources talk to the real servers that the end-to-end tests use.
    if (isTest(file) && target.startsWith('e2e/support/')) return undefined;
    return `${layer.folder} may not import ${target}`;
  }
  const bare = from.replace(/\?.*$/, '');
  // `process/` and the like, with a slash at the end, are packages; without it they are Node's.
  if (isBuiltin(bare)) {
    return layer.node || isTest(file) ? undefined : `${layer.folder} has no Node modules, it may not import ${from}`;
  }
  const allowed = isTest(file) ? [...layer.packages, ...testPackages] : layer.packages;
  return isAllowedPackage(bare, allowed) ? undefined : `${layer.folder} may not import the package ${from}`;
}

/** @param {string} file @param {Import} statement @returns {string[]} */
function wrongDoors(file, { from, names, typesOnly }) {
  if (typesOnly) return [];
  const module = from.replace(/^node:/, '');
  return doors
    .filter((door) => isIn(module, door.module) && !(door.tests && isTest(file)))
    .filter((door) => !door.places.some((place) => isIn(file, place)))
    .flatMap((door) => {
      const through = door.names.length === 0 ? [from] : names.filter((name) => door.names.includes(name));
      const where = door.places.length === 0 ? 'nowhere, name what you need' : door.places.join(', ');
      return through.map((name) => `${name === from ? from : `${name} of ${from}`} may be imported only in: ${where}`);
    });
}

/**
 * @param {Map<string, string[]>} graph file to the files whose values it imports
 * @returns {string[]} one sentence for each chain that was found
 */
function cycles(graph) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const found = [];
  /** @param {string} file @param {string[]} chain */
  const visit = (file, chain) => {
    const at = chain.indexOf(file);
    if (at >= 0) {
      found.push(`imports go round in a circle: ${[...chain.slice(at), file].join(' → ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...chain, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/**
 * @param {Record<string, string>} sources file, relative to the repository with forward slashes, to its text
 * @returns {string[]} one sentence for each violation; empty when the sources keep to the tables
 */
export function violations(sources) {
  /** @type {string[]} */
  const found = [];
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const [file, source] of Object.entries(sources)) {
    const layer = layerOf(file);
    if (layer === undefined) {
      found.push(`${file}: no layer is defined for this place`);
      continue;
    }
    const imports = importsOf(file, source);
    for (const statement of imports) {
      const wrong = wrongDirection(file, layer, statement.from);
      for (const sentence of [...(wrong === undefined ? [] : [wrong]), ...wrongDoors(file, statement)]) {
        found.push(`${file}: ${sentence}`);
      }
    }
    const targets = imports.filter(({ from, typesOnly }) => from.startsWith('.') && !typesOnly);
    graph.set(
      file,
      targets.map(({ from }) => path.posix.join(path.posix.dirname(file), from)),
    );
  }
  return [...found, ...cycles(graph)];
}

/** @param {string} folder relative to the repository @returns {string[]} */
function scriptsIn(folder) {
  const place = path.join(root, folder);
  if (!existsSync(place)) return [];
  return readdirSync(place, { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name.startsWith('.') || entry.name === 'node_modules' ? [] : scriptsIn(name);
    return /\.(ts|tsx|mjs|mts)$/.test(entry.name) ? [name] : [];
  });
}

/** @returns {string[]} the violations in the repository */
export function checkLayers() {
  const folders = ['shared', 'electron', 'renderer', 'build', 'e2e'];
  const files = folders.flatMap(scriptsIn);
  return violations(Object.fromEntries(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')])));
}

await runAsScript(import.meta.url, async () => {
  const found = checkLayers();
  for (const sentence of found) process.stderr.write(`${sentence}\n`);
  return found.length === 0 ? 0 : 1;
});
