/** Readings of what JupyterLab hands to a renderer. */
import { MimeModel } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

/** Lets a stock renderer see an untrusted model, whatever the model says: it then sanitises. */
export function neverTrusted(factory: IRenderMime.IRendererFactory): IRenderMime.IRendererFactory {
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

/** The text of a type; notebooks may keep it as a list of lines. */
export function textOf(model: IRenderMime.IMimeModel, mimeType: string): string {
  const data = model.data[mimeType];
  return Array.isArray(data) ? data.join('') : String(data ?? '');
}
