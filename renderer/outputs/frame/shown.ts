import type { FrameContent, FrameLook } from '../../../shared/outputs/frame-protocol.ts';

/** What is shown, and what can be had of it. */
export interface Shown {
  readonly imageFormats: readonly ('png' | 'svg')[];
  /** A data URL. */
  image(format: 'png' | 'svg'): Promise<string>;
  /** Takes new content of the same kind without beginning anew; answers false when it cannot. */
  update?(content: FrameContent, look: FrameLook): Promise<boolean>;
}

/** Something without an image of itself. */
export const plain: Shown = { imageFormats: [], image: () => Promise.reject(new Error('This has no image.')) };
