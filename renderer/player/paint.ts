/**
 * Paints the time line: its head (axis, activity, marks of the whole session) and its lanes. Canvas only, no state.
 *
 * Colours come from the window's tokens, resolved for the theme. Everything is laid out in CSS pixels and drawn at the
 * resolution of the screen, so that lines stay sharp on any of them.
 */
import type { PlaybackInfo, PlaybackMark } from '../../shared/ipc/playback.ts';
import { barsOf, type Bar, type Lane, type Ruler } from './lanes.ts';
import { type Scale, tickStepMs, ticksBetween } from './scale.ts';
import { tickLabel } from './words.ts';

export const laneHeight = 20;
export const axisHeight = 20;
export const activityHeight = 30;
export const headHeight = axisHeight + activityHeight;

const tokens = {
  accent: '--nj-accent',
  text: '--nj-text',
  soft: '--nj-text-soft',
  faint: '--nj-text-faint',
  line: '--nj-line',
  lineStrong: '--nj-line-strong',
  good: '--nj-good',
  warn: '--nj-warn',
  bad: '--nj-bad',
  idle: '--nj-idle',
  hover: '--nj-hover',
  selected: '--nj-selected',
} as const;

export type Palette = Readonly<Record<keyof typeof tokens, string>> & { readonly font: string };

/** The tokens as colours of the present theme: a canvas cannot read variables. */
export function readPalette(near: HTMLElement): Palette {
  const probe = document.createElement('span');
  near.append(probe);
  const resolve = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(Object.entries(tokens).map(([key, name]) => [key, resolve(name)]));
  probe.style.font = 'var(--nj-text-small) var(--nj-font)';
  const font = `10.5px ${getComputedStyle(probe).fontFamily}`;
  probe.remove();
  return { ...blank, ...colours, font };
}

const blank: Palette = {
  ...{ accent: '', text: '', soft: '', faint: '', line: '', lineStrong: '' },
  ...{ good: '', warn: '', bad: '', idle: '', hover: '', selected: '', font: '' },
};

/** Makes a canvas as large as its box and answers a context in CSS pixels, cleared. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

export interface Paint {
  readonly info: PlaybackInfo;
  readonly scale: Scale;
  readonly ruler: Ruler;
  readonly palette: Palette;
  readonly width: number;
  /** The stretch between the two marks of a comparison. */
  readonly range: { readonly fromMs: number; readonly toMs: number } | null;
}

export function paintHead(context: CanvasRenderingContext2D, paint: Paint): void {
  const { info, ruler, palette, width } = paint;
  paintStretches(context, paint, axisHeight, activityHeight);
  paintAxis(context, paint);
  paintActivity(context, info, ruler, palette, width);
  for (const mark of info.marks) paintHeadMark(context, mark, ruler, palette, width);
}

/** What lies behind everything: folds, outages, the compared stretch. */
function paintStretches(
  context: CanvasRenderingContext2D,
  { info, scale, ruler, palette, range, width }: Paint,
  top: number,
  height: number,
): void {
  const fill = (fromMs: number, toMs: number, colour: string, alpha: number, min: number): void => {
    const x = ruler.toX(fromMs);
    const w = Math.max(min, ruler.toX(toMs) - x);
    if (x > width || x + w < 0) return;
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fillRect(x, top, w, height);
    context.globalAlpha = 1;
  };
  for (const { kind, fromTimeMs, toTimeMs } of info.marks) {
    if (kind === 'outage') fill(fromTimeMs, toTimeMs, palette.warn, 0.16, 2);
    if (kind === 'suspended') fill(fromTimeMs, toTimeMs, palette.idle, 0.16, 2);
  }
  if (range !== null) fill(range.fromMs, range.toMs, palette.accent, 0.1, 1);
  for (const fold of scale.folds)
    paintFold(context, ruler.toX(fold.fromMs), ruler.toX(fold.toMs), top, height, palette);
}

/** A fold looks like paper that was folded: a hatched strip. */
function paintFold(
  context: CanvasRenderingContext2D,
  from: number,
  to: number,
  top: number,
  height: number,
  palette: Palette,
): void {
  context.save();
  context.beginPath();
  context.rect(from, top, Math.max(1, to - from), height);
  context.clip();
  context.fillStyle = palette.hover;
  context.fillRect(from, top, to - from, height);
  context.strokeStyle = palette.lineStrong;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = from - height; x < to; x += 5) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

const tickGap = 74;

function paintAxis(context: CanvasRenderingContext2D, { scale, ruler, palette, width }: Paint): void {
  context.font = palette.font;
  context.textBaseline = 'middle';
  const edges = [scale.fromMs, ...scale.folds.flatMap(({ fromMs, toMs }) => [fromMs, toMs]), scale.toMs];
  let free = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < edges.length; index += 2) {
    const fromMs = Math.max(edges[index] ?? 0, ruler.toTime(0));
    const toMs = Math.min(edges[index + 1] ?? 0, ruler.toTime(width));
    const pixels = ruler.toX(toMs) - ruler.toX(fromMs);
    if (pixels < 4) continue;
    const stepMs = tickStepMs((toMs - fromMs) / pixels, tickGap);
    const offsetMs = new Date(fromMs).getTimezoneOffset() * 60_000;
    for (const tick of ticksBetween(fromMs, toMs, stepMs, offsetMs)) {
      const x = Math.round(ruler.toX(tick)) + 0.5;
      context.strokeStyle = palette.line;
      context.beginPath();
      context.moveTo(x, axisHeight - 4);
      context.lineTo(x, headHeight);
      context.stroke();
      const label = tickLabel(tick, stepMs);
      const labelWidth = context.measureText(label).width;
      if (x - 2 < free || x + labelWidth + 6 > width) continue;
      context.fillStyle = palette.faint;
      context.fillText(label, x + 4, axisHeight / 2);
      free = x + labelWidth + 14;
    }
  }
}

function paintActivity(
  context: CanvasRenderingContext2D,
  { activity, firstTimeMs, lastTimeMs }: PlaybackInfo,
  ruler: Ruler,
  palette: Palette,
  width: number,
): void {
  const most = activity.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return;
  const stepMs = (lastTimeMs - firstTimeMs) / activity.length;
  context.fillStyle = palette.accent;
  context.globalAlpha = 0.5;
  for (const [index, messages] of activity.entries()) {
    if (messages === 0) continue;
    const x = ruler.toX(firstTimeMs + index * stepMs);
    const to = ruler.toX(firstTimeMs + (index + 1) * stepMs);
    if (to < 0 || x > width) continue;
    // A logarithm, so that one flood does not make everything else look like silence.
    const height = Math.max(2, (Math.log1p(messages) / Math.log1p(most)) * (activityHeight - 8));
    context.fillRect(x, headHeight - height, Math.max(1, to - x - (to - x > 3 ? 1 : 0)), height);
  }
  context.globalAlpha = 1;
}

function paintHeadMark(
  context: CanvasRenderingContext2D,
  mark: PlaybackMark,
  ruler: Ruler,
  palette: Palette,
  width: number,
): void {
  const x = Math.round(ruler.toX(mark.fromTimeMs));
  if (x < -6 || x > width + 6) return;
  switch (mark.kind) {
    case 'error':
      context.fillStyle = palette.bad;
      context.fillRect(x - 1, axisHeight + 1, 2, 6);
      break;
    case 'gap':
      diamond(context, x, axisHeight + 5, 4.5, palette.warn);
      break;
    case 'restart':
      context.strokeStyle = palette.soft;
      context.setLineDash([2, 2]);
      context.beginPath();
      context.moveTo(x + 0.5, axisHeight);
      context.lineTo(x + 0.5, headHeight);
      context.stroke();
      context.setLineDash([]);
      break;
    case 'note':
      context.fillStyle = palette.soft;
      context.beginPath();
      context.arc(x, axisHeight + 4, 2, 0, Math.PI * 2);
      context.fill();
      break;
    default:
      break;
  }
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number, r: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x, y - r);
  context.lineTo(x + r, y);
  context.lineTo(x, y + r);
  context.lineTo(x - r, y);
  context.fill();
}

export interface LanesPaint extends Paint {
  readonly lanes: readonly Lane[];
  readonly scrollTop: number;
  readonly height: number;
  readonly selected: string | null;
  readonly nowMs: number;
}

export function paintLanes(context: CanvasRenderingContext2D, paint: LanesPaint): void {
  const { lanes, scrollTop, height, width, palette, ruler, selected, nowMs } = paint;
  paintStretches(context, paint, 0, height);
  const first = Math.max(0, Math.floor(scrollTop / laneHeight));
  const end = Math.min(lanes.length, Math.ceil((scrollTop + height) / laneHeight));
  for (let index = first; index < end; index += 1) {
    const lane = lanes[index];
    if (lane === undefined) continue;
    const top = index * laneHeight - scrollTop;
    if (lane.cellId !== null && lane.cellId === selected) {
      context.fillStyle = palette.selected;
      context.fillRect(0, top, width, laneHeight);
    }
    context.fillStyle = palette.line;
    context.fillRect(0, top + laneHeight - 1, width, 1);
    for (const bar of barsOf(lane.runs, ruler.toX, width, nowMs)) paintBar(context, bar, top, palette);
    for (const mark of lane.marks) {
      if (mark.kind === 'gap') diamond(context, ruler.toX(mark.fromTimeMs), top + laneHeight / 2, 5, palette.warn);
    }
  }
}

const looks: Readonly<Record<Bar['look'], { colour: keyof typeof tokens; alpha: number }>> = {
  ok: { colour: 'accent', alpha: 0.78 },
  error: { colour: 'bad', alpha: 1 },
  aborted: { colour: 'idle', alpha: 0.7 },
  running: { colour: 'good', alpha: 1 },
  waiting: { colour: 'idle', alpha: 0.4 },
};

function paintBar(context: CanvasRenderingContext2D, bar: Bar, top: number, palette: Palette): void {
  const { colour, alpha } = looks[bar.look];
  const isThin = bar.look === 'waiting';
  const height = isThin ? 2 : 10;
  context.globalAlpha = alpha;
  context.fillStyle = palette[colour];
  context.beginPath();
  context.roundRect(
    bar.x,
    top + (laneHeight - 1 - height) / 2,
    bar.width,
    height,
    Math.min(3, bar.width / 2, height / 2),
  );
  context.fill();
  context.globalAlpha = 1;
}
