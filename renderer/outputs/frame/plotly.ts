/** Plotly figures (`application/vnd.plotly.v1+json`): data, layout, frames. */
import type { FrameContent } from '../../../shared/outputs/frame-protocol.ts';
import type { Shown } from './shown.ts';
import { load } from './libraries.ts';

/** What is used of plotly.js. */
interface Plotly {
  react(node: HTMLElement, figure: { data: unknown; layout: unknown; config: unknown }): Promise<unknown>;
  addFrames(node: HTMLElement, frames: unknown[]): Promise<unknown>;
  toImage(node: HTMLElement, options: { format: string; scale: number }): Promise<string>;
  readonly Icons: { readonly camera: unknown };
}

declare global {
  interface Window {
    readonly Plotly?: Plotly;
    readonly moduleName?: Plotly;
  }
}

/** Plotly's own default: what a figure without a height gets in every other notebook. */
const heightPx = 450;

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export async function showPlotly(first: unknown, parent: HTMLElement, save: () => void): Promise<Shown> {
  await load('plotly.js');
  const plotly = window.Plotly ?? window.moduleName;
  if (plotly === undefined) throw new Error('The plotly library that Nightjar brings along did not start.');
  const node = document.createElement('div');
  parent.append(node);
  const draw = async (value: unknown): Promise<void> => {
    const { data = [], layout, config, frames } = record(value);
    const ownLayout = record(layout);
    await plotly.react(node, {
      data,
      layout: { ...ownLayout, ...(ownLayout['height'] === undefined ? { height: heightPx } : {}) },
      config: {
        ...record(config),
        responsive: true,
        displaylogo: false,
        showSendToCloud: false,
        showLink: false,
        showEditInChartStudio: false,
        // Downloads are not a frame's business: the window asks where the image goes.
        modeBarButtonsToRemove: ['toImage', 'sendDataToCloud'],
        modeBarButtonsToAdd: [{ name: 'Save image', icon: plotly.Icons.camera, click: save }],
      },
    });
    if (Array.isArray(frames) && frames.length > 0) await plotly.addFrames(node, frames);
  };
  await draw(first);
  return {
    imageFormats: ['png', 'svg'],
    image: (format) => plotly.toImage(node, { format, scale: 2 }),
    update: async (content: FrameContent) => {
      if (content.kind !== 'plotly') return false;
      await draw(content.figure);
      return true;
    },
  };
}
