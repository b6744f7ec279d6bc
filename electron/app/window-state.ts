/**
 * Where windows stood, and which were open: the arithmetic and the decoding, without Electron.
 *
 * Bounds are remembered by kind and by notebook. A screen may have gone since: what would lie out of reach is brought
 * back. What the settings file holds is decoded as untrusted, since people edit such files.
 */
import * as v from 'valibot';
import type { WindowKind } from './pages.ts';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a window shows; also what is stored to open it again. */
export interface WindowSubject {
  readonly kind: WindowKind;
  readonly serverId: string | null;
  readonly path: string | null;
  /** The journal that a player plays; null in every other window. */
  readonly journalId: string | null;
}

const integer = v.pipe(v.number(), v.integer());

const placeSchema = v.object({
  x: integer,
  y: integer,
  width: v.pipe(integer, v.minValue(1)),
  height: v.pipe(integer, v.minValue(1)),
  isMaximized: v.boolean(),
});
export type Place = v.InferOutput<typeof placeSchema>;

const openWindowSchema = v.object({
  kind: v.picklist(['home', 'server', 'notebook', 'settings', 'player']),
  serverId: v.nullable(v.string()),
  path: v.nullable(v.string()),
  journalId: v.optional(v.nullable(v.string()), null),
  group: v.optional(v.nullable(integer), null),
  isSelected: v.optional(v.boolean(), false),
});

/** As it is remembered: tabs of one window have the same number, and one of them is shown. */
export interface OpenWindow extends WindowSubject {
  readonly group: number | null;
  readonly isSelected: boolean;
}

/** Room for the work of months; older notebooks open at the default size again. */
export const placesMax = 200;
/** More than this at once is a runaway, not a way to work. */
export const openWindowsMax = 30;

/** Of the title bar at least this much must lie on a screen: enough to grab it with a mouse. */
const reachable: Size = { width: 120, height: 32 };

/** Home reads like a list, a notebook like a page with a margin: widths chosen on screenshots. */
export const defaultSize: Readonly<Record<WindowKind, Size>> = {
  home: { width: 1040, height: 760 },
  server: { width: 980, height: 720 },
  notebook: { width: 1160, height: 860 },
  settings: { width: 820, height: 680 },
  player: { width: 1240, height: 880 },
  tabs: { width: 1160, height: 898 },
};

/** Below this the windows' own layouts stop working. */
export const minimumSize: Readonly<Record<WindowKind, Size>> = {
  home: { width: 480, height: 360 },
  server: { width: 480, height: 360 },
  notebook: { width: 520, height: 400 },
  settings: { width: 480, height: 360 },
  player: { width: 560, height: 420 },
  tabs: { width: 520, height: 438 },
};

/** A window of the same kind that would cover another one exactly is moved by about a title bar. */
export const cascadeStep = 28;

export function keyOf(subject: WindowSubject): string {
  if (subject.kind === 'home' || subject.kind === 'settings' || subject.kind === 'tabs') return subject.kind;
  if (subject.kind === 'player') return `player:${subject.journalId ?? ''}`;
  return `${subject.kind}:${subject.serverId ?? ''}${subject.path === null ? '' : `:${subject.path}`}`;
}

export function isSameSubject(a: WindowSubject, b: WindowSubject): boolean {
  return keyOf(a) === keyOf(b);
}

export function decodePlaces(value: unknown): Map<string, Place> {
  const places = new Map<string, Place>();
  if (typeof value !== 'object' || value === null) return places;
  for (const [key, raw] of Object.entries(value)) {
    const place = v.safeParse(placeSchema, raw);
    if (place.success) places.set(key, place.output);
  }
  return places;
}

/** Notes a place as the newest one, and forgets the oldest ones. */
export function rememberPlace(places: Map<string, Place>, key: string, place: Place): void {
  places.delete(key);
  places.set(key, place);
  for (const oldest of places.keys()) {
    if (places.size <= placesMax) break;
    places.delete(oldest);
  }
}

export function decodeOpenWindows(value: unknown): OpenWindow[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((raw) => v.safeParse(openWindowSchema, raw))
    .flatMap((decoded) => (decoded.success && isWhole(decoded.output) ? [decoded.output] : []))
    .slice(0, openWindowsMax);
}

function isWhole(subject: WindowSubject): boolean {
  if (subject.kind === 'home' || subject.kind === 'settings') return true;
  if (subject.kind === 'player') return subject.journalId !== null;
  return subject.serverId !== null && (subject.kind === 'server' || subject.path !== null);
}

function overlap(aFrom: number, aLength: number, bFrom: number, bLength: number): number {
  return Math.min(aFrom + aLength, bFrom + bLength) - Math.max(aFrom, bFrom);
}

function canBeReached(bounds: Rectangle, area: Rectangle): boolean {
  const titleBar = { ...bounds, height: reachable.height };
  return (
    overlap(titleBar.x, titleBar.width, area.x, area.width) >= reachable.width &&
    overlap(titleBar.y, titleBar.height, area.y, area.height) >= reachable.height
  );
}

function atLeast(size: Size, minimum: Size): Size {
  return { width: Math.max(size.width, minimum.width), height: Math.max(size.height, minimum.height) };
}

function centred(size: Size, area: Rectangle): Rectangle {
  const width = Math.min(size.width, area.width);
  const height = Math.min(size.height, area.height);
  return {
    x: area.x + Math.floor((area.width - width) / 2),
    y: area.y + Math.floor((area.height - height) / 2),
    width,
    height,
  };
}

/**
 * Where a window goes, given where it stood before (or null), the screens' work areas (the primary one first), and
 * the places of windows that are open: a window is never put exactly over another one, nor out of reach.
 */
export function placeWindow(
  kind: WindowKind,
  saved: Rectangle | null,
  areas: readonly Rectangle[],
  taken: readonly Rectangle[],
): Rectangle {
  const primary = areas[0] ?? { x: 0, y: 0, ...defaultSize[kind] };
  const size = saved === null ? defaultSize[kind] : atLeast(saved, minimumSize[kind]);
  const area = saved === null ? undefined : areas.find((one) => canBeReached({ ...saved, ...size }, one));
  const wanted =
    saved === null || area === undefined
      ? centred(size, primary)
      : { x: saved.x, y: saved.y, width: Math.min(size.width, area.width), height: Math.min(size.height, area.height) };
  let place = wanted;
  while (taken.some((other) => other.x === place.x && other.y === place.y)) {
    const next = { ...place, x: place.x + cascadeStep, y: place.y + cascadeStep };
    if (!areas.some((one) => canBeReached(next, one))) return wanted;
    place = next;
  }
  return place;
}
