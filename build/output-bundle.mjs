// Bundles the page in which outputs with scripts are shown, and puts the plotting libraries beside it as their
// publishers ship them. The page's script is a classic one: a module is fetched with CORS, and a sandboxed page has an
// origin that no one can name. A library is read from the disk only by the frame of an output that needs it.

import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { inRoot } from './common.mjs';

/** File name below `lib/` to the file in a package. The names are those in `renderer/outputs/frame/libraries.ts`. */
const libraries = {
  'plotly.js': 'plotly.js-dist-min/plotly.min.js',
  'vega.js': 'vega/build/vega.min.js',
  'vega-lite.js': 'vega-lite/build/vega-lite.min.js',
  'vega-embed.js': 'vega-embed/build/vega-embed.min.js',
  'bokeh.js': '@bokeh/bokehjs/build/js/bokeh.min.js',
  'bokeh-api.js': '@bokeh/bokehjs/build/js/bokeh-api.min.js',
  'bokeh-gl.js': '@bokeh/bokehjs/build/js/bokeh-gl.min.js',
  'bokeh-widgets.js': '@bokeh/bokehjs/build/js/bokeh-widgets.min.js',
  'bokeh-tables.js': '@bokeh/bokehjs/build/js/bokeh-tables.min.js',
  'bokeh-mathjax.js': '@bokeh/bokehjs/build/js/bokeh-mathjax.min.js',
};

/** @param {string} outDir */
export async function bundleOutputs(outDir) {
  const source = inRoot('renderer/outputs/frame');
  mkdirSync(path.join(outDir, 'lib'), { recursive: true });
  for (const name of ['frame.html', 'frame.css']) cpSync(path.join(source, name), path.join(outDir, name));
  for (const [name, from] of Object.entries(libraries)) {
    cpSync(inRoot(`node_modules/${from}`), path.join(outDir, 'lib', name));
  }
  const bundle = await rolldown({
    cwd: inRoot('.'),
    input: path.join(source, 'frame.ts'),
    platform: 'browser',
    transform: { target: 'chrome130' },
    logLevel: 'warn',
  });
  try {
    await bundle.write({ file: path.join(outDir, 'frame.js'), format: 'iife', minify: true, codeSplitting: false });
  } finally {
    await bundle.close();
  }
}
