/**
 * What a notebook window and the frame of an output say to each other. Narrow, because the frame's side is hostile.
 *
 * The window hands the content in with the first message and a port; after that only the port is used. What comes out
 * is a size, a failure, the name of a host that was asked for, a wish to open a link, an image of what is shown. Each
 * is decoded by the window; none makes it do anything that the person did not ask for.
 */
import * as v from 'valibot';

/** The address of the pages, by what may run in them; `electron/app/output-pages.ts` says the policies. */
export const outputPageUrls = {
  still: 'app://outputs/still.html',
  plot: 'app://outputs/plot.html',
  script: 'app://outputs/script.html',
} as const;
export type OutputPageKind = keyof typeof outputPageUrls;

/** How things look around the frame. */
export interface FrameLook {
  readonly isDark: boolean;
  /** Custom properties of the window that the frame takes over, by name. */
  readonly colors: Readonly<Record<string, string>>;
}

export type FrameContent =
  | { readonly kind: 'html'; readonly html: string }
  | { readonly kind: 'javascript'; readonly code: string }
  | { readonly kind: 'plotly'; readonly figure: unknown }
  | {
      readonly kind: 'vega';
      readonly mode: 'vega' | 'vega-lite';
      readonly spec: unknown;
      readonly embedOptions: unknown;
    }
  | { readonly kind: 'bokeh'; readonly code: string };

export type ToFrame =
  | { readonly t: 'show'; readonly content: FrameContent; readonly look: FrameLook }
  | { readonly t: 'look'; readonly look: FrameLook }
  /** Asks for an image of what is shown. */
  | { readonly t: 'image'; readonly id: number; readonly format: 'png' | 'svg' };

/** A taller output scrolls within its frame: about eight screens. */
export const frameHeightMaxPx = 8_000;
/** The largest image taken out of a frame, as a data URL. A retina screen full of noise is below it. */
const imageCharactersMax = 48 * 1024 * 1024;

export const fromFrame = v.variant('t', [
  v.strictObject({ t: v.literal('size'), heightPx: v.pipe(v.number(), v.finite(), v.minValue(0)) }),
  /** The content is on the screen. */
  v.strictObject({ t: v.literal('shown'), imageFormats: v.array(v.picklist(['png', 'svg'])) }),
  v.strictObject({ t: v.literal('failed'), sentence: v.pipe(v.string(), v.maxLength(2_000)) }),
  /** The policy kept something from being loaded from there. */
  v.strictObject({
    t: v.literal('blocked'),
    origin: v.pipe(v.string(), v.regex(/^(https?|wss?):\/\/[a-z0-9.:[\]_-]{1,255}$/i)),
  }),
  v.strictObject({ t: v.literal('link'), url: v.pipe(v.string(), v.maxLength(8_192), v.regex(/^https?:\/\//i)) }),
  /** Escape was pressed: the keyboard goes back to the notebook. */
  v.strictObject({ t: v.literal('escape') }),
  /** The person asked, within the frame, to save what is shown as an image. */
  v.strictObject({ t: v.literal('save') }),
  v.strictObject({
    t: v.literal('image'),
    id: v.number(),
    url: v.nullable(v.pipe(v.string(), v.maxLength(imageCharactersMax), v.regex(/^data:image\/(png|svg\+xml)[;,]/))),
  }),
]);
export type FromFrame = v.InferOutput<typeof fromFrame>;
