// Bundles the windows with Vite: one page per folder of `renderer/`, plus the two JupyterLab themes as style sheets
// with stable names, which a window loads by name when the theme changes.
//
// JupyterLab's packages were written for webpack, and four of their habits are served here: `~` before a package in
// CSS, the `path` module, Node's globals (`global`, `__dirname`, `process.cwd`), and SVG files imported from scripts as source text.
// Nothing is inlined as a data URL, so that the windows' content security policy can stay narrow.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import { inOut, inRoot } from './common.mjs';

/** The oldest Chromium we run on: that of Electron 33. */
const target = 'chrome130';

const themes = { 'theme-light': '@jupyterlab/theme-light-extension', 'theme-dark': '@jupyterlab/theme-dark-extension' };

/** JupyterLab parses the text of its icons. A style sheet that names an SVG still gets a file. */
const svgAsText = {
  name: 'svg-as-text',
  enforce: /** @type {const} */ ('pre'),
  /** @param {string} id */
  load(id) {
    const file = id.split('?')[0] ?? id;
    if (!file.endsWith('.svg') || file !== id) return null;
    return { code: `export default ${JSON.stringify(readFileSync(file, 'utf8'))}`, moduleType: 'js' };
  },
};

/** A style sheet as an entry leaves an empty script behind. */
const dropThemeScripts = {
  name: 'drop-theme-scripts',
  /** @param {unknown} _options @param {Record<string, unknown>} bundle */
  generateBundle(_options, bundle) {
    for (const name of Object.keys(themes)) delete bundle[`assets/${name}.js`];
  },
};

/** @returns {Record<string, string>} page name to its HTML file, for the pages that exist */
export function rendererPages() {
  const folder = inRoot('renderer');
  if (!existsSync(folder)) return {};
  const pages = readdirSync(folder)
    .map((name) => /** @type {const} */ ([name, path.join(folder, name, 'index.html')]))
    .filter(([, html]) => existsSync(html));
  return Object.fromEntries(pages);
}

/** @param {string} outDir */
export async function bundleRenderers(outDir) {
  const themeEntries = Object.entries(themes).map(([name, from]) => [
    name,
    inRoot(`node_modules/${from}/style/theme.css`),
  ]);
  await build({
    configFile: false,
    root: inRoot('renderer'),
    base: './',
    publicDir: false,
    cacheDir: inOut('cache/vite'),
    logLevel: 'warn',
    resolve: {
      alias: [
        { find: /^~(.*)$/, replacement: '$1' },
        { find: /^path$/, replacement: 'path-browserify' },
      ],
    },
    define: { global: 'globalThis', __dirname: '"/"', 'process.cwd': '(() => "/")' },
    oxc: { jsx: { runtime: 'automatic' } },
    plugins: [svgAsText, dropThemeScripts],
    build: {
      outDir,
      emptyOutDir: true,
      target,
      sourcemap: true,
      // Every file is read from the local disk: one request more costs nothing, and the licence banners stay readable.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 20_000,
      reportCompressedSize: false,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        onLog(level, log, handle) {
          // It reads a configuration file under Node, a branch that no window takes and that our policy would refuse.
          if (log.code === 'EVAL' && log.id?.includes('@jupyterlab/coreutils')) return;
          handle(level, log);
        },
        input: { ...rendererPages(), ...Object.fromEntries(themeEntries) },
        output: {
          entryFileNames: 'assets/[name].js',
          chunkFileNames: 'assets/[name]-[hash].js',
          assetFileNames: (asset) =>
            asset.names.some((name) => name.startsWith('theme-'))
              ? 'themes/[name][extname]'
              : 'assets/[name]-[hash][extname]',
        },
      },
    },
  });
}
