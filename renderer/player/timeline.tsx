/**
 * The time line on the screen: a head with axis and activity, a lane per cell below it, and the playhead over both.
 *
 * The canvases are painted when what they show changes; the playhead is an element of its own that only moves. For
 * keyboards and screen readers the head is a slider and the lanes are a list.
 */
import {
  memo,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type PointerEvent,
  type ReactElement,
  type RefObject,
  type WheelEvent,
} from 'react';
import { formatDuration, plural } from '../common/format.ts';
import { createRuler, type Lane, lanesOf, markAt, type Ruler, runAt } from './lanes.ts';
import { headHeight, laneHeight, paintHead, paintLanes, type Palette, prepare, readPalette } from './paint.ts';
import type { PlayerState } from './player.ts';
import { pan, reveal, type View, zoom } from './scale.ts';
import { clockTime, exactTime, playheadText, runText } from './words.ts';

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimelineProps {
  readonly state: PlayerState;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly selected: string | null;
  /** What a lane says beside its name: how its cell differs between the compared moments. */
  readonly badgeOf: (cellId: string) => string;
  readonly markA: number | null;
  readonly markB: number | null;
  readonly onSelect: (cellId: string) => void;
  readonly onScrub: (timeMs: number) => void;
}

/** How near the pointer must be to a run that is narrower than that, in pixels. */
const slackPixels = 4;

export function Timeline(props: TimelineProps): ReactElement {
  const { state, view, selected } = props;
  const { info, scale } = state;
  const body = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(body);
  const height = useHeight(scroller);
  const palette = usePalette(body);
  const [scrollTop, setScrollTop] = useState(0);
  const [pointer, setPointer] = useState<{ x: number; lane: number | null } | null>(null);
  const lanes = useMemo(() => lanesOf(info), [info]);
  const ruler = useMemo(() => createRuler(scale, view, width), [scale, view, width]);
  const range = useRange(props.markA, props.markB);
  const headCanvas = useRef<HTMLCanvasElement>(null);
  const lanesCanvas = useRef<HTMLCanvasElement>(null);
  const nowMs = scale.toMs;

  useLayoutEffect(() => {
    if (headCanvas.current === null || palette === null) return;
    const context = prepare(headCanvas.current, width, headHeight);
    if (context !== null) paintHead(context, { info, scale, ruler, palette, width, range });
  }, [info, scale, ruler, palette, width, range]);
  useLayoutEffect(() => {
    if (lanesCanvas.current === null || palette === null) return;
    const context = prepare(lanesCanvas.current, width, height);
    const paint = { info, scale, ruler, palette, width, range, lanes, scrollTop, height, selected, nowMs };
    if (context !== null) paintLanes(context, paint);
  }, [info, scale, ruler, palette, width, range, lanes, scrollTop, height, selected, nowMs]);

  useEffect(() => {
    const index = lanes.findIndex(({ cellId }) => cellId === selected);
    const node = scroller.current;
    if (index === -1 || node === null) return;
    const top = index * laneHeight;
    if (top < node.scrollTop) node.scrollTop = top;
    else if (top + laneHeight > node.scrollTop + node.clientHeight)
      node.scrollTop = top + laneHeight - node.clientHeight;
  }, [selected, lanes]);

  const scrub = useScrub(ruler, props.onScrub);
  const onWheel = (event: WheelEvent): void => {
    if (event.ctrlKey || event.metaKey || event.currentTarget === headCanvas.current?.parentElement) {
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) props.onView(pan(view, event.deltaX / width));
      else {
        const around = view.from + (pointerX(event) / Math.max(1, width)) * (view.to - view.from);
        props.onView(zoom(view, Math.exp(-event.deltaY / 240), around));
      }
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      props.onView(pan(view, (event.deltaX || event.deltaY) / width));
    }
  };
  const laneAt = (event: PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.floor((event.clientY - box.top + scrollTop) / laneHeight);
  };
  const onLanePress = (event: PointerEvent): void => {
    const cellId = lanes[laneAt(event)]?.cellId ?? null;
    if (cellId !== null) props.onSelect(cellId);
    scrub.onPointerDown(event);
  };

  return (
    <section className="tl" aria-label="Time line">
      <div className="tl-head">
        <div className="tl-corner">
          <span>{plural(info.cells.length, 'cell')}</span>
        </div>
        <div ref={body} className="tl-strip" onWheel={onWheel}>
          <Slider state={state}>
            <canvas
              ref={headCanvas}
              style={{ height: headHeight }}
              {...scrub}
              onPointerMove={(event) => {
                scrub.onPointerMove(event);
                setPointer({ x: pointerX(event), lane: null });
              }}
              onPointerLeave={() => setPointer(null)}
              onDoubleClick={() => props.onView({ from: 0, to: 1 })}
            />
          </Slider>
        </div>
      </div>
      <div
        ref={scroller}
        className="tl-lanes"
        onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
        onWheel={onWheel}
      >
        <LaneList lanes={lanes} selected={selected} badgeOf={props.badgeOf} onSelect={props.onSelect} />
        <canvas
          ref={lanesCanvas}
          style={{ height }}
          {...scrub}
          onPointerDown={onLanePress}
          onPointerMove={(event) => {
            scrub.onPointerMove(event);
            setPointer({ x: pointerX(event), lane: laneAt(event) });
          }}
          onPointerLeave={() => setPointer(null)}
        />
      </div>
      <div className="tl-over" aria-hidden="true">
        {props.markA === null ? null : <Flag name="A" x={ruler.toX(props.markA)} width={width} />}
        {props.markB === null ? null : <Flag name="B" x={ruler.toX(props.markB)} width={width} />}
        {pointer === null ? null : <Hint pointer={pointer} ruler={ruler} state={state} lanes={lanes} width={width} />}
        <Playhead x={ruler.toX(state.timeMs)} width={width} isLive={state.isLive} />
      </div>
    </section>
  );
}

function pointerX(event: { readonly clientX: number; readonly currentTarget: Element }): number {
  return event.clientX - event.currentTarget.getBoundingClientRect().left;
}

/** Two marks in whatever order. The same numbers are the same range: it decides when to paint. */
function useRange(a: number | null, b: number | null): Range | null {
  return useMemo(() => (a === null || b === null ? null : { fromMs: Math.min(a, b), toMs: Math.max(a, b) }), [a, b]);
}

interface Scrub {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
}

/** A press takes the playhead there, and a drag takes it along. */
function useScrub(ruler: Ruler, onScrub: (timeMs: number) => void): Scrub {
  return {
    onPointerDown: (event) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      onScrub(ruler.toTime(pointerX(event)));
    },
    onPointerMove: (event) => {
      if (event.currentTarget.hasPointerCapture(event.pointerId)) onScrub(ruler.toTime(pointerX(event)));
    },
  };
}

interface SliderProps {
  readonly state: PlayerState;
  readonly children: ReactElement;
}

/** The playhead for assistive tools. Its keys are those of the window. */
function Slider({ state, children }: SliderProps): ReactElement {
  const { scale, screen, timeMs } = state;
  return (
    <div
      className="tl-slider"
      role="slider"
      tabIndex={0}
      aria-label="Playhead"
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={Math.round(scale.toMs - scale.fromMs)}
      aria-valuenow={Math.round(timeMs - scale.fromMs)}
      aria-valuetext={playheadText(screen, timeMs)}
    >
      {children}
    </div>
  );
}

interface LaneListProps {
  readonly lanes: readonly Lane[];
  readonly selected: string | null;
  readonly badgeOf: (cellId: string) => string;
  readonly onSelect: (cellId: string) => void;
}

/** Drawn anew only when the lanes change, not with every step of the playhead. */
const LaneList = memo(function LaneList({ lanes, selected, badgeOf, onSelect }: LaneListProps): ReactElement {
  return (
    <ul className="tl-labels" aria-label="Cells">
      {lanes.map(({ cellId, label, isGone, runs, marks }, index) => {
        const badge = cellId === null ? '' : badgeOf(cellId);
        const errors = runs.filter(({ status }) => status === 'error').length;
        const facts = [plural(runs.length, 'run')];
        if (errors > 0) facts.push(plural(errors, 'error'));
        if (marks.some(({ kind }) => kind === 'gap')) facts.push('messages are missing');
        return (
          <li
            key={cellId ?? 'others'}
            className="tl-label"
            data-gone={isGone}
            aria-current={cellId !== null && cellId === selected ? 'true' : undefined}
          >
            <button
              type="button"
              tabIndex={-1}
              disabled={cellId === null}
              title={isGone ? `${label} (no longer in the notebook)` : label}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => {
                if (cellId !== null) onSelect(cellId);
              }}
            >
              <span className="tl-number">{cellId === null ? '' : index + 1}</span>
              <span className="tl-name">{label === '' ? 'Empty cell' : label}</span>
              {badge === '' ? null : <span className="badge">{badge}</span>}
              <span className="nj-visually-hidden">, {facts.join(', ')}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
});

function Playhead({ x, width, isLive }: { readonly x: number; readonly width: number; readonly isLive: boolean }) {
  return (
    <div
      className="tl-playhead"
      data-live={isLive}
      hidden={x < -2 || x > width + 2}
      style={{ transform: `translateX(${Math.round(x)}px)` }}
    />
  );
}

/** Room that the letter of a flag takes beside its line. */
const flagPixels = 18;

function Flag({ name, x, width }: { readonly name: string; readonly x: number; readonly width: number }): ReactElement {
  return (
    <div
      className="tl-flag"
      data-side={x > width - flagPixels ? 'left' : 'right'}
      hidden={x < 0 || x > width}
      style={{ transform: `translateX(${Math.round(x)}px)` }}
    >
      <span>{name}</span>
    </div>
  );
}

interface HintProps {
  readonly pointer: { readonly x: number; readonly lane: number | null };
  readonly ruler: Ruler;
  readonly state: PlayerState;
  readonly lanes: readonly Lane[];
  readonly width: number;
}

/** What is under the pointer: the time, and the mark, the run or the fold that is there. */
function Hint({ pointer, ruler, state, lanes, width }: HintProps): ReactElement {
  const timeMs = ruler.toTime(pointer.x);
  const slackMs = ruler.toTime(pointer.x + slackPixels) - timeMs;
  const lane = pointer.lane === null ? undefined : lanes[pointer.lane];
  const isRight = pointer.x > width / 2;
  return (
    <div className="tl-hint" data-side={isRight ? 'left' : 'right'} style={{ transform: `translateX(${pointer.x}px)` }}>
      <span>{hintText(timeMs, slackMs, lane, state)}</span>
    </div>
  );
}

function hintText(timeMs: number, slackMs: number, lane: Lane | undefined, { info, scale }: PlayerState): string {
  const fold = scale.folds.find(({ fromMs, toMs }) => timeMs > fromMs && timeMs < toMs);
  if (fold !== undefined) return `${formatDuration(fold.toMs - fold.fromMs)} of quiet, folded`;
  const time = slackMs < 400 ? exactTime(timeMs) : clockTime(timeMs);
  const mark = markAt(lane === undefined ? info.marks : lane.marks, timeMs, slackMs);
  if (mark !== null) return `${time} · ${mark.text}`;
  const run = lane === undefined ? null : runAt(lane.runs, timeMs, slackMs, scale.toMs);
  return run === null ? time : runText(run, scale.toMs);
}

function useWidth(ref: RefObject<HTMLElement>): number {
  return useBox(ref).width;
}

function useHeight(ref: RefObject<HTMLElement>): number {
  return useBox(ref).height;
}

function useBox(ref: RefObject<HTMLElement>): { readonly width: number; readonly height: number } {
  const [box, setBox] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const node = ref.current;
    if (node === null) return undefined;
    const measure = (): void => setBox({ width: node.clientWidth, height: node.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    measure();
    return () => observer.disconnect();
  }, [ref]);
  return box;
}

/** The colours of the present theme, read again when it changes. */
function usePalette(near: RefObject<HTMLElement>): Palette | null {
  const [palette, setPalette] = useState<Palette | null>(null);
  const read = useCallback(() => {
    if (near.current !== null) setPalette(readPalette(near.current));
  }, [near]);
  useLayoutEffect(() => {
    read();
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
  }, [read]);
  return palette;
}

/** The view that has the playhead in it. */
export function viewAround(view: View, state: PlayerState): View {
  return reveal(view, state.scale.toPlace(state.timeMs));
}
