/** An output as text and as images, ready to be copied or saved. */
import type { IOutputModel } from '@jupyterlab/rendermime';
import type { Widget } from '@lumino/widgets';
import type { CommandArgs } from '../../shared/ipc/contract.ts';
import { type FramedImage, OutputFrame } from './output-frame.ts';
import { StreamOutput } from './stream-model.ts';
import { withoutAnsi } from './text-search.ts';

export type Content = CommandArgs<'outputs.copy'>['content'];

/** Carries out what concerns the rest of the computer. */
export interface OutputActions {
  copy(content: Content): void;
  save(name: string, content: Content): void;
}

const textTypes = ['text/plain', 'text/markdown', 'text/latex', 'application/vnd.jupyter.stderr'] as const;

function stringOf(value: unknown): string {
  return Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : '';
}

/** Whether there is text to copy, without putting all of it together. */
export function hasText(model: IOutputModel): boolean {
  return model instanceof StreamOutput ? model.stream.length > 0 : textOfOutput(model) !== '';
}

/** The output as text, as it would be pasted; empty when it has none. */
export function textOfOutput(model: IOutputModel): string {
  if (model instanceof StreamOutput) return withoutAnsi(model.stream.toString());
  const type = textTypes.find((one) => model.data[one] !== undefined);
  return type === undefined ? '' : withoutAnsi(stringOf(model.data[type]));
}

const imageTypes = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/gif': 'gif', 'image/webp': 'webp' } as const;

export interface Picture {
  readonly extension: string;
  content(): Promise<Content | null>;
}

function frameIn(widget: Widget): OutputFrame | null {
  if (widget instanceof OutputFrame) return widget;
  for (const child of widget.children()) {
    const found = frameIn(child);
    if (found !== null) return found;
  }
  return null;
}

export async function pictureOfFrame(frame: FramedImage, format: 'png' | 'svg'): Promise<Content | null> {
  const url = await frame.image(format);
  if (url === null) return null;
  const comma = url.indexOf(',');
  const body = url.slice(comma + 1);
  if (url.slice(0, comma).endsWith(';base64')) return { kind: 'base64', data: body };
  return { kind: 'text', text: decodeURIComponent(body) };
}

export function picturesOf(model: IOutputModel, widget: Widget): Picture[] {
  const found: Picture[] = [];
  for (const [type, extension] of Object.entries(imageTypes)) {
    const data = stringOf(model.data[type]).replaceAll(/\s/g, '');
    if (data !== '') found.push({ extension, content: async () => ({ kind: 'base64', data }) });
  }
  const svg = stringOf(model.data['image/svg+xml']);
  if (svg !== '') found.push({ extension: 'svg', content: async () => ({ kind: 'text', text: svg }) });
  const frame = frameIn(widget);
  for (const format of frame?.imageFormats ?? []) {
    if (frame !== null) found.push({ extension: format, content: () => pictureOfFrame(frame, format) });
  }
  return found;
}
