/** `journal show`: messages one by one, or the notebook at a moment. */
import { directions, type Entry, entryKinds } from '../../../shared/journal/entries.ts';
import type { Moment, MomentCell } from '../../../shared/ipc/playback.ts';
import { growthIntervalMs } from '../../../shared/limits.ts';
import { errorText, isObject, joinedText } from '../../../shared/outputs/json.ts';
import { type Frame, FrameReader } from '../../../shared/wire/codec.ts';
import { entryJson } from '../../core/export/lines.ts';
import { plainText } from '../../core/library/plain-text.ts';
import type { Player } from '../../core/playback/player.ts';
import { ExitCode, print, printProblem, timeText } from '../output.ts';
import { type Options, seqNamed } from './options.ts';

export interface ShowWish {
  readonly at: string | null;
  readonly follow: boolean;
}

function frameLine(frame: Frame): string {
  const content = frame.content();
  const text = typeof content.text === 'string' ? content.text : typeof content.code === 'string' ? content.code : null;
  const detail =
    text ??
    (typeof content.execution_state === 'string' ? content.execution_state : null) ??
    (typeof content.ename === 'string' ? `${content.ename}: ${String(content.evalue)}` : null) ??
    (isObject(content.data) ? Object.keys(content.data).join(', ') : '');
  // Control characters of a kernel's output must not reach the reader's terminal.
  const clean = plainText(detail.slice(0, 10_000)).replace(/\s+/g, ' ');
  return `${frame.channel} ${plainText(frame.header.msg_type)}  ${clean.length > 100 ? `${clean.slice(0, 99)}…` : clean}`.trimEnd();
}

function entryLine(entry: Entry, frame: Frame | null): string {
  const arrow = frame === null ? '·' : entry.direction === directions.out ? '→' : '←';
  const kind = Object.entries(entryKinds).find(([, number]) => number === entry.kind)?.[0] ?? 'unknown';
  const body = frame === null ? plainText(new TextDecoder().decode(entry.body.subarray(0, 2_000))) : '';
  const clock = timeText(entry.timeUs / 1000);
  return `${String(entry.seq).padStart(7)}  ${clock}  ${arrow} ${frame === null ? `${kind}  ${body}` : frameLine(frame)}`;
}

export async function show(player: Player, options: Options, wish: ShowWish): Promise<number> {
  if (wish.at !== null) {
    if (wish.follow) {
      printProblem('--at shows one moment and --follow what comes: use one of them.');
      return ExitCode.badInput;
    }
    const seq = seqNamed(wish.at, player);
    if (!seq.ok) {
      printProblem(seq.problem.sentence);
      return ExitCode.badInput;
    }
    const moment = player.moment(seq.value, null);
    await print(options.json ? `${JSON.stringify(moment)}\n` : momentText(moment));
    return ExitCode.ok;
  }
  const { reader } = player;
  const frames = new FrameReader();
  let shown = 0;
  for (;;) {
    // Asked before reading: what is written in between is shown in the next round, and so the end is never missed.
    const isOpen = reader.isOpenNow();
    for (const entry of reader.entries(shown + 1)) {
      const frame = entry.kind === entryKinds.frame ? frames.read(entry.body) : null;
      await print(`${options.json ? entryJson(entry, frame) : entryLine(entry, frame)}\n`);
      shown = entry.seq;
    }
    if (!wish.follow || !isOpen) {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, growthIntervalMs));
  }
  if (reader.isSalvaging) {
    printProblem('The file is damaged; this is what can be read. "journal verify" says what is missing.');
  }
  return ExitCode.ok;
}

function outputText(output: unknown): string {
  if (!isObject(output)) {
    return '';
  }
  const { output_type: type, text, data } = output;
  if (type === 'stream') {
    return joinedText(text) ?? '';
  }
  if (type === 'error') {
    return errorText(output);
  }
  const bundle = isObject(data) ? data : {};
  return joinedText(bundle['text/plain']) ?? `(${Object.keys(bundle).join(', ')})`;
}

function indented(text: string, indent: string): string {
  return plainText(text)
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n');
}

function cellText({ cell, state, gaps }: MomentCell): string {
  const source = joinedText(cell.source) ?? '';
  if (cell.cell_type !== 'code') {
    return `${indented(source, '      ')}\n`;
  }
  const isWaiting = state === 'running' || state === 'queued';
  const count = isWaiting ? '*' : typeof cell.execution_count === 'number' ? String(cell.execution_count) : ' ';
  const code = indented(source, '      ').slice(6);
  const outputs = Array.isArray(cell.outputs) ? cell.outputs.map(outputText).filter((text) => text !== '') : [];
  const shown = outputs.map((text) => `${indented(text, '      ')}\n`).join('');
  const missing = gaps.map((gap) => `      ⚠ ${gap}\n`).join('');
  return `${`[${count}]`.padEnd(5)} ${code}\n${shown}${missing}`;
}

function momentText(moment: Moment): string {
  const head = `#${moment.seq}  ${timeText(moment.timeMs)}  kernel ${moment.kernelState}\n`;
  return [head, ...moment.cells.map(cellText)].join('\n');
}
