/**
 * Which outputs have a live frame. A frame is a page with a library of megabytes in it: only those near the screen
 * are made, and of those that have left it only the last few are kept, so that a notebook of 50 plots stays light.
 */

/** Frames kept alive while they are off the screen. A plot takes about 30 MB; scrolling back and forth passes a few. */
export const idleFramesMax = 6;
/** A frame is made before it comes on the screen by this much: half a window of scrolling. */
const marginPx = 500;

export interface PooledFrame {
  readonly node: HTMLElement;
  /** Makes the frame, or takes it away. */
  setLive(isLive: boolean): void;
  /** Takes the frame away until the person wants it back. */
  halt(): void;
}

interface Place {
  isNear: boolean;
  isLive: boolean;
  /** Grows with time: when it was last near the screen. */
  seen: number;
}

/** The frames to take away: those that were out of sight longest, beyond the ones that may stay. */
export function framesToDrop<Frame>(places: ReadonlyMap<Frame, Place>, idleMax: number): Frame[] {
  const idle = [...places].filter(([, { isNear, isLive }]) => isLive && !isNear);
  return idle
    .sort(([, a], [, b]) => b.seen - a.seen)
    .slice(idleMax)
    .map(([frame]) => frame);
}

export class FramePool {
  readonly #places = new Map<PooledFrame, Place>();
  readonly #byNode = new Map<Element, PooledFrame>();
  readonly #observer: IntersectionObserver;
  #clock = 0;

  constructor() {
    this.#observer = new IntersectionObserver((entries) => this.#onMove(entries), { rootMargin: `${marginPx}px` });
  }

  add(frame: PooledFrame): void {
    this.#places.set(frame, { isNear: false, isLive: false, seen: 0 });
    this.#byNode.set(frame.node, frame);
    this.#observer.observe(frame.node);
  }

  remove(frame: PooledFrame): void {
    this.#observer.unobserve(frame.node);
    this.#byNode.delete(frame.node);
    if (this.#places.get(frame)?.isLive === true) frame.setLive(false);
    this.#places.delete(frame);
  }

  /** Ends everything that runs in the frames of this window. */
  stopAll(): void {
    for (const frame of this.#places.keys()) frame.halt();
  }

  /** Makes those anew that are there. */
  reloadAll(): void {
    for (const [frame, { isLive }] of this.#places) {
      if (!isLive) continue;
      frame.setLive(false);
      frame.setLive(true);
    }
  }

  #onMove(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const frame = this.#byNode.get(target);
      const place = frame === undefined ? undefined : this.#places.get(frame);
      if (frame === undefined || place === undefined) continue;
      this.#clock += 1;
      place.isNear = isIntersecting;
      place.seen = this.#clock;
      if (isIntersecting && !place.isLive) {
        place.isLive = true;
        frame.setLive(true);
      }
    }
    for (const frame of framesToDrop(this.#places, idleFramesMax)) {
      const place = this.#places.get(frame);
      if (place !== undefined) place.isLive = false;
      frame.setLive(false);
    }
  }
}
