/** Renderers of outputs that live in a frame: figures of data, HTML with styles or scripts, and scripts. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { htmlRendererFactory } from '@jupyterlab/rendermime';
import { Panel, Widget } from '@lumino/widgets';
import { type FrameContent, frameHeightMaxPx, type OutputPageKind } from '../../shared/outputs/frame-protocol.ts';
import { needsOf } from './html-needs.ts';
import { neverTrusted, textOf } from './models.ts';
import { type FrameHost, OutputFrame } from './output-frame.ts';

/** Until a frame has said how tall it is. A figure's usual height; a text's one line. */
const figureHeightPx = { plotly: 450, other: 300 } as const;
const textHeightPx = 24;

/** The height that the figure itself asks for, so that the notebook does not jump when it is drawn. */
function heightOf(content: FrameContent): number {
  const fallback = content.kind === 'plotly' ? figureHeightPx.plotly : figureHeightPx.other;
  const holder =
    content.kind === 'plotly' ? inner(content.figure, 'layout') : content.kind === 'vega' ? content.spec : null;
  const wanted = inner(holder, 'height');
  return typeof wanted === 'number' && wanted > 0 ? Math.min(wanted, frameHeightMaxPx) : fallback;
}

function inner(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

/** A figure that is data: shown wherever it comes from, because nothing of it runs. */
export class FigureOutput extends Panel implements IRenderMime.IRenderer {
  readonly #page: OutputPageKind;
  readonly #host: FrameHost;
  readonly #read: (model: IRenderMime.IMimeModel) => FrameContent;
  #frame: OutputFrame | null = null;

  constructor(page: OutputPageKind, host: FrameHost, read: (model: IRenderMime.IMimeModel) => FrameContent) {
    super();
    this.#page = page;
    this.#host = host;
    this.#read = read;
    this.addClass('nj-FigureOutput');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const content = this.#read(model);
    if (this.#frame === null) {
      this.#frame = new OutputFrame({ page: this.#page, host: this.#host, heightPx: heightOf(content) });
      this.addWidget(this.#frame);
    }
    this.#frame.setContent(content);
  }
}

/** A question in the place of an output, or above what can be shown of it without its scripts. */
class RunNote extends Widget {
  constructor(onRun: () => void) {
    super();
    this.addClass('nj-RunNote');
    const text = document.createElement('span');
    text.textContent = 'This output has a script that was not made in this session, so it did not run by itself.';
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'nj-OutputButton';
    button.textContent = 'Run it in isolation';
    button.addEventListener('click', onRun);
    this.node.append(text, button);
  }
}

/** Something that runs code of the output: at once when it was made in this session or is trusted, else when asked. */
export class ScriptOutput extends Panel implements IRenderMime.IRenderer {
  readonly #host: FrameHost;
  readonly #read: (model: IRenderMime.IMimeModel) => FrameContent;
  #isAllowed = false;

  constructor(host: FrameHost, read: (model: IRenderMime.IMimeModel) => FrameContent) {
    super();
    this.#host = host;
    this.#read = read;
    this.addClass('nj-ScriptOutput');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    clear(this);
    if (model.trusted || this.#isAllowed) {
      const frame = new OutputFrame({ page: 'script', host: this.#host, heightPx: textHeightPx });
      frame.setContent(this.#read(model));
      this.addWidget(frame);
    } else {
      this.addWidget(
        new RunNote(() => {
          this.#isAllowed = true;
          void this.renderModel(model);
        }),
      );
    }
  }
}

const plainHtml = neverTrusted(htmlRendererFactory);

export class HtmlOutput extends Panel implements IRenderMime.IRenderer {
  readonly #options: IRenderMime.IRendererOptions;
  readonly #host: FrameHost;
  #isAllowed = false;

  constructor(options: IRenderMime.IRendererOptions, host: FrameHost) {
    super();
    this.#options = options;
    this.#host = host;
    this.addClass('nj-HtmlOutput');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const html = textOf(model, this.#options.mimeType);
    clear(this);
    // Bokeh's banner waits for a script in another output to say that the library is there. Ours always is.
    if (html.includes('class="bk-notebook-logo"')) return;
    const needs = needsOf(html);
    if (needs === 'plain') {
      const plain = plainHtml.createRenderer(this.#options);
      this.addWidget(plain);
      await plain.renderModel(model);
      return;
    }
    const mayRun = needs === 'script' && (model.trusted || this.#isAllowed);
    if (needs === 'script' && !mayRun) {
      this.addWidget(
        new RunNote(() => {
          this.#isAllowed = true;
          void this.renderModel(model);
        }),
      );
    }
    const page = mayRun ? 'script' : 'still';
    const frame = new OutputFrame({ page, host: this.#host, heightPx: textHeightPx });
    frame.setContent({ kind: 'html', html });
    this.addWidget(frame);
  }
}

/** A sentence in the place of an output that has nothing to show. */
export class NoteOutput extends Widget implements IRenderMime.IRenderer {
  constructor(sentence: string) {
    super();
    this.addClass('nj-OutputNote');
    this.node.textContent = sentence;
  }

  async renderModel(): Promise<void> {
    // The sentence does not depend on the data.
  }
}

function clear(panel: Panel): void {
  for (const widget of [...panel.widgets]) widget.dispose();
}
