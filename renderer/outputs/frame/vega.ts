/**
 * Vega and Vega-Lite. Expressions are interpreted, not compiled, so that a specification is data and needs no page on
 * which code may be made. What it wants to load from elsewhere is refused by the page's policy.
 */
import type { FrameContent, FrameLook } from '../../../shared/outputs/frame-protocol.ts';
import type { Shown } from './shown.ts';
import { load } from './libraries.ts';

interface VegaView {
  toImageURL(type: 'png' | 'svg', scale?: number): Promise<string>;
  finalize(): void;
}

type Embed = (node: HTMLElement, spec: unknown, options: object) => Promise<{ readonly view: VegaView }>;

declare global {
  interface Window {
    readonly vegaEmbed?: Embed;
  }
}

type VegaContent = Extract<FrameContent, { kind: 'vega' }>;

/** Charts stand on the notebook's own ground, whatever its theme. */
const darkConfig = { background: 'transparent' };

export async function showVega(first: VegaContent, parent: HTMLElement, firstLook: FrameLook): Promise<Shown> {
  await load('vega.js');
  await load('vega-lite.js');
  await load('vega-embed.js');
  const embed = window.vegaEmbed;
  if (embed === undefined) throw new Error('The Vega library that Nightjar brings along did not start.');
  const node = document.createElement('div');
  parent.append(node);
  const draw = async ({ mode, spec, embedOptions }: VegaContent, { isDark }: FrameLook): Promise<VegaView> => {
    const { view } = await embed(node, spec, {
      ...(typeof embedOptions === 'object' ? embedOptions : {}),
      mode,
      ast: true,
      actions: false,
      renderer: 'svg',
      ...(isDark ? { theme: 'dark', config: darkConfig } : {}),
    });
    return view;
  };
  let view = await draw(first, firstLook);
  return {
    imageFormats: ['png', 'svg'],
    image: (format) => view.toImageURL(format, format === 'png' ? 2 : 1),
    update: async (content, look) => {
      if (content.kind !== 'vega') return false;
      view.finalize();
      view = await draw(content, look);
      return true;
    },
  };
}
