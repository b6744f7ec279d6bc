/**
 * What draws outputs, with every output taken as hostile.
 *
 * JupyterLab draws "trusted" outputs without sanitising them, and trusts what was run in the session. Here nothing is
 * ever trusted: the stock renderers see an untrusted model, SVG is shown as an image (which cannot run scripts), and
 * JavaScript is named instead of run.
 */
import { rendererFactory as jsonRendererFactory } from '@jupyterlab/json-extension';
import {
  htmlRendererFactory,
  imageRendererFactory,
  latexRendererFactory,
  MimeModel,
  markdownRendererFactory,
  textRendererFactory,
} from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { streamRendererFactory } from './stream-view.ts';

/** Lets a stock renderer see an untrusted model, whatever the model says. */
function neverTrusted(factory: IRenderMime.IRendererFactory): IRenderMime.IRendererFactory {
  return {
    ...factory,
    safe: true,
    createRenderer: (options) => {
      const renderer = factory.createRenderer(options);
      const render = renderer.renderModel.bind(renderer);
      renderer.renderModel = (model) =>
        render(
          new MimeModel({
            trusted: false,
            data: model.data,
            metadata: model.metadata,
            callback: (change) => model.setData(change),
          }),
        );
      return renderer;
    },
  };
}

class SvgImage extends Widget implements IRenderMime.IRenderer {
  readonly #mimeType: string;

  constructor(mimeType: string) {
    super();
    this.#mimeType = mimeType;
    this.addClass('jp-RenderedSVG');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[this.#mimeType];
    const source = Array.isArray(data) ? data.join('') : String(data ?? '');
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

class ScriptNote extends Widget implements IRenderMime.IRenderer {
  constructor() {
    super();
    this.addClass('nj-ScriptNote');
  }

  async renderModel(): Promise<void> {
    this.node.textContent = 'This output is a script. Nightjar keeps it in the notebook and does not run it.';
  }
}

export const outputRenderers: readonly IRenderMime.IRendererFactory[] = [
  streamRendererFactory,
  neverTrusted(htmlRendererFactory),
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
  {
    safe: true,
    mimeTypes: ['text/javascript', 'application/javascript'],
    defaultRank: 110,
    createRenderer: () => new ScriptNote(),
  },
];
