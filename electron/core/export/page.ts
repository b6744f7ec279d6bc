/**
 * One self-contained HTML page that shows a journal and plays it: no network, no Nightjar, no code but its own.
 *
 * The notebook is followed through the journal and written down as steps, each with what is different from the one
 * before. Steps are as far apart as the length of the session and the size of the changes ask for, so that a page stays
 * a page. Its policy allows its own script by hash, images as data, and nothing else.
 */
import crypto from 'node:crypto';
import type { MomentCell } from '../../../shared/ipc/playback.ts';
import { Projector } from '../../../shared/journal/projector.ts';
import { pageStepBytes, pageStepsMax } from '../../../shared/limits.ts';
import { isObject, joinedText, objectOrEmpty } from '../../../shared/outputs/json.ts';
import type { OutputBounds } from '../../../shared/outputs/model.ts';
import { FrameReader } from '../../../shared/wire/codec.ts';
import { infoOf } from '../playback/info.ts';
import type { Player } from '../playback/player.ts';
import { pageScript, pageStyle } from './page-script.ts';
import { markdownHtml, type PagePart, partOf } from './safe-html.ts';

/** A page shows less of a long text than a window: it holds every step at once. */
const pageBounds: OutputBounds = { text: { head: 8 * 1024, tail: 16 * 1024 }, outputs: 100 };
/** Two steps are at least this far apart: faster than the eye follows. */
const stepGapMs = 100;
/** How many times faster than it happened a page can play. */
const speeds = [0.5, 1, 5, 20, 100, 1000];

interface PageCell {
  readonly k: string;
  readonly s: string;
  readonly h?: string | null;
  readonly n?: number | null;
  readonly st?: string;
  readonly o?: readonly PagePart[];
}

/** What is different about a cell. `a`: text that came to an output; `p`: outputs that came. */
type Patch = Partial<PageCell> & {
  readonly a?: readonly [index: number, more: string];
  readonly p?: readonly PagePart[];
};

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (sign) => names[sign] ?? '');
}

/** JSON that may stand in a script element: nothing in it ends the element or begins a comment. */
function embedded(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

function pageCell({ cell, state }: MomentCell): PageCell {
  const source = joinedText(cell.source) ?? '';
  const type = typeof cell.cell_type === 'string' ? cell.cell_type : 'raw';
  if (type === 'markdown') {
    return { k: type, s: source, h: markdownHtml(source, objectOrEmpty(cell.attachments)) };
  }
  if (type !== 'code') {
    return { k: 'raw', s: source };
  }
  const count = typeof cell.execution_count === 'number' ? cell.execution_count : null;
  const outputs = Array.isArray(cell.outputs) ? cell.outputs.filter(isObject) : [];
  return { k: type, s: source, n: count, st: state, o: outputs.map((output) => partOf(output)) };
}

function isSamePart(left: PagePart | undefined, right: PagePart | undefined): boolean {
  return left?.t === right?.t && left?.x === right?.x;
}

/** What came to the end of the outputs: text of the last one, further ones. `null` when more is different. */
function growth(before: PageCell, after: PageCell): Pick<Patch, 'a' | 'p'> | null {
  const old = before.o ?? [];
  const now = after.o ?? [];
  const index = old.length - 1;
  if (now.length < old.length || !old.slice(0, -1).every((part, at) => isSamePart(part, now[at]))) {
    return null;
  }
  const [last, grown] = [old[index], now[index]];
  const pushed = now.length > old.length ? { p: now.slice(old.length) } : {};
  if (isSamePart(last, grown)) {
    return pushed;
  }
  return last?.t === 'text' && grown?.t === 'text' && last.n === grown.n && grown.x.startsWith(last.x)
    ? { a: [index, grown.x.slice(last.x.length)], ...pushed }
    : null;
}

function patchOf(before: PageCell | undefined, after: PageCell): Patch {
  if (before === undefined) {
    return after;
  }
  const { o: outputs, ...rest } = after;
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (before[key as keyof PageCell] !== value) {
      patch[key] = value;
    }
  }
  const grown = growth(before, after);
  return grown === null ? { ...patch, o: outputs ?? [] } : { ...patch, ...grown };
}

/** Follows the notebook and tells steps. */
class Steps {
  private readonly cells = new Map<string, PageCell>();
  private order = '';
  private toldSeq = 0;

  constructor(
    private readonly player: Player,
    private readonly projector: Projector,
  ) {}

  /** What is different since the step before, as JSON; null when nothing is. */
  step(timeMs: number): string | null {
    const { projector } = this;
    const order = projector.order();
    const changed = order.filter((id) => projector.changedSeq(id) > this.toldSeq || !this.cells.has(id));
    const cells: [string, Patch][] = [];
    for (const id of changed) {
      const cell = pageCell(this.player.momentCell(projector, id));
      const patch = patchOf(this.cells.get(id), cell);
      if (Object.keys(patch).length > 0) {
        cells.push([id, patch]);
      }
      this.cells.set(id, cell);
    }
    this.toldSeq = projector.seq;
    const orderText = JSON.stringify(order);
    const isMoved = orderText !== this.order;
    this.order = orderText;
    return cells.length === 0 && !isMoved
      ? null
      : embedded({ t: Math.round(timeMs), ...(isMoved ? { order } : {}), cells });
  }
}

function* stepsOf(player: Player, toSeq: number, durationMs: number): Generator<string> {
  const load = (hash: string): string | null => player.reader.snapshotText(hash);
  const projector = new Projector(load, new FrameReader(), pageBounds);
  const steps = new Steps(player, projector);
  const gapMs = Math.max(stepGapMs, durationMs / pageStepsMax);
  let toldMs = Number.NEGATIVE_INFINITY;
  let waitMs = 0;
  let changedMs: number | null = null;
  let comma = '';
  for (const entry of player.reader.entries(1, toSeq)) {
    const timeMs = entry.timeUs / 1000;
    if (changedMs !== null && Math.abs(timeMs - toldMs) >= waitMs) {
      const step = steps.step(changedMs);
      if (step !== null) {
        yield `${comma}${step}`;
        comma = ',\n';
        // A large change is worth a longer pause.
        waitMs = gapMs * Math.max(1, step.length / pageStepBytes);
      }
      toldMs = timeMs;
      changedMs = null;
    }
    if (projector.apply(entry)) {
      changedMs = timeMs;
    }
  }
  const last = steps.step(projector.timeMs);
  yield last === null ? '' : `${comma}${last}`;
}

export function* pageOf(player: Player, toSeq: number, title: string): Generator<string> {
  const info = infoOf(player, title);
  const [end] = player.reader.entries(toSeq, toSeq);
  const lastTimeMs = end === undefined ? info.lastTimeMs : end.timeUs / 1000;
  const marks = info.marks
    .filter(({ kind, fromSeq }) => kind !== 'snapshot' && fromSeq <= toSeq)
    .slice(0, 2_000)
    .map(({ kind, fromTimeMs, text }) => ({ kind, t: Math.round(fromTimeMs), text }));
  const hash = crypto.createHash('sha256').update(pageScript).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  const about = [info.notebookPath ?? '', info.serverName, info.kernelName ?? ''];
  const speedOptions = speeds.map(
    (speed) => `<option value="${speed}"${speed === 1 ? ' selected' : ''}>${speed}×</option>`,
  );
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
<p id="about">${escaped(about.filter((part) => part !== '' && part !== title).join(' · '))}</p>
<div id="bar" role="toolbar" aria-label="Playback">
<button id="back" type="button" aria-label="One step back" title="One step back (←)">◀</button>
<button id="play" type="button" title="Play or pause (space)">Play</button>
<button id="next" type="button" aria-label="One step on" title="One step on (→)">▶</button>
<label>Speed <select id="speed">${speedOptions.join('')}</select></label>
<span id="clock" role="status"></span>
</div>
<div id="track"><input id="place" type="range" min="0" step="1" aria-label="Time line"><div id="marks" aria-hidden="true"></div></div>
</header>
<main></main>
<script type="application/json" id="journal">{"first":${Math.round(info.firstTimeMs)},"last":${Math.round(lastTimeMs)},"marks":${embedded(marks)},"steps":[
`;
  yield* stepsOf(player, toSeq, lastTimeMs - info.firstTimeMs);
  yield `
]}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}
