/**
 * What draws outputs, with every output taken as hostile. One list, for live notebooks and for recorded ones.
 *
 * JupyterLab draws "trusted" outputs without sanitising them, and trusts what was run in the session. Here trust
 * decides only whether a script runs without being asked for, and it then runs in a frame that reaches nothing. The
 * stock renderers see an untrusted model, SVG is an image (which cannot run scripts), figures are frames.
 */
import { rendererFactory as jsonRendererFactory } from '@jupyterlab/json-extension';
import { OutputArea } from '@jupyterlab/outputarea';
import {
  imageRendererFactory,
  latexRendererFactory,
  markdownRendererFactory,
  textRendererFactory,
} from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { FigureOutput, HtmlOutput, NoteOutput, ScriptOutput } from './framed.ts';
import { geoJsonSpec } from './geojson.ts';
import { neverTrusted, textOf } from './models.ts';
import type { FrameHost } from './output-frame.ts';
import { streamRendererFactory } from './stream-view.ts';
import { WidgetOutput, type WidgetSource, widgetViewType } from './widgets/widgets.ts';

class SvgImage extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;

  constructor(mimeType: string) {
    super();
    this.#mimeType = mimeType;
    this.addClass('jp-RenderedSVG');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const source = textOf(model, this.#mimeType);
    const image = document.createElement('img');
    image.alt = 'SVG image';
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(withNamespace(source))}`;
    this.node.replaceChildren(image);
    await image.decode().catch(() => {
      this.node.textContent = 'This SVG image is damaged and cannot be shown.';
    });
  }
}

/** Inline SVG in a page needs no namespace, SVG in an image does. */
function withNamespace(source: string): string {
  return source.includes('http://www.w3.org/2000/svg')
    ? source
    : source.replace(/<svg\b/, '<svg xmlns="http://www.w3.org/2000/svg"');
}

/** Altair 6 writes a point where its older versions, and the registry of types, have a plus. */
const versions = (name: string, numbers: readonly number[]): string[] =>
  numbers.flatMap((number) => ['+json', '.json'].map((suffix) => `application/vnd.${name}.v${number}${suffix}`));
const vegaTypes = versions('vega', [4, 5, 6]);
const vegaLiteTypes = versions('vegalite', [2, 3, 4, 5, 6]);
const bokehExec = 'application/vnd.bokehjs_exec.v0+json';

/** Figures that are data, read into what a frame shows. */
function figureFactories(host: FrameHost): IRenderMime.IRendererFactory[] {
  const vega = (mode: 'vega' | 'vega-lite', mimeTypes: readonly string[]): IRenderMime.IRendererFactory => ({
    safe: true,
    mimeTypes,
    defaultRank: 40,
    createRenderer: ({ mimeType }) =>
      new FigureOutput('still', host, (model) => {
        const metadata = model.metadata[mimeType];
        const hasOptions = typeof metadata === 'object' && metadata !== null && 'embed_options' in metadata;
        const embedOptions = hasOptions ? metadata['embed_options'] : null;
        return { kind: 'vega', mode, spec: model.data[mimeType], embedOptions };
      }),
  });
  return [
    {
      safe: true,
      mimeTypes: ['application/vnd.plotly.v1+json'],
      defaultRank: 40,
      createRenderer: ({ mimeType }) =>
        new FigureOutput('plot', host, (model) => ({ kind: 'plotly', figure: model.data[mimeType] })),
    },
    vega('vega', vegaTypes),
    vega('vega-lite', vegaLiteTypes),
    {
      safe: true,
      mimeTypes: ['application/geo+json'],
      defaultRank: 45,
      createRenderer: ({ mimeType }) =>
        new FigureOutput('still', host, (model) => ({
          kind: 'vega',
          mode: 'vega-lite',
          spec: geoJsonSpec(model.data[mimeType]),
          embedOptions: null,
        })),
    },
  ];
}

/** Outputs that are code. */
function scriptFactories(host: FrameHost): IRenderMime.IRendererFactory[] {
  return [
    {
      safe: true,
      mimeTypes: [bokehExec],
      defaultRank: 40,
      createRenderer: () =>
        new ScriptOutput(host, (model) => ({ kind: 'bokeh', code: textOf(model, 'application/javascript') })),
    },
    {
      safe: true,
      mimeTypes: ['application/vnd.bokehjs_load.v0+json'],
      defaultRank: 40,
      createRenderer: () => new NoteOutput('Bokeh plots are drawn by the BokehJS that comes with Nightjar.'),
    },
    {
      safe: true,
      mimeTypes: ['text/javascript', 'application/javascript'],
      defaultRank: 110,
      createRenderer: ({ mimeType }) =>
        new ScriptOutput(host, (model) => ({ kind: 'javascript', code: textOf(model, mimeType) })),
    },
  ];
}

/**
 * The renderers of a window. `host` carries out what a person does inside an output; `widgets` answers null where there
 * is no live kernel.
 */
export function outputRenderers(host: FrameHost, widgets: WidgetSource): IRenderMime.IRendererFactory[] {
  // JupyterLab would put an output that calls itself isolated into a frame of this page's own origin.
  OutputArea.isIsolated = () => false;
  return [
    streamRendererFactory,
    {
      safe: true,
      mimeTypes: ['text/html'],
      defaultRank: 50,
      createRenderer: (options) => new HtmlOutput(options, host),
    },
    neverTrusted(markdownRendererFactory),
    neverTrusted(latexRendererFactory),
    neverTrusted(imageRendererFactory),
    { ...neverTrusted(textRendererFactory), mimeTypes: ['text/plain'] },
    neverTrusted(jsonRendererFactory),
    {
      safe: true,
      mimeTypes: ['image/svg+xml'],
      defaultRank: 80,
      createRenderer: (options) => new SvgImage(options.mimeType),
    },
    ...figureFactories(host),
    ...scriptFactories(host),
    {
      safe: true,
      mimeTypes: [widgetViewType],
      defaultRank: -10,
      createRenderer: (options) => new WidgetOutput(options, widgets),
    },
  ];
}
