/**
 * Exports: a journal at a moment as a file that needs no Nightjar.
 *
 * A file is written beside and renamed when it is whole: a full disk or a cut leaves the old file or none.
 */
import fs from 'node:fs';
import { describeUnknown, fail, ok, type Result } from '../../../shared/result.ts';
import type { ExportFormat } from '../library/protocol.ts';
import type { Player } from '../playback/player.ts';
import { notebookAt } from './ipynb.ts';
import { jsonLines, logLines } from './lines.ts';
import { pageOf } from './page.ts';

/** Characters written at once. */
const chunkCharacters = 256 * 1024;

/** The export in parts, in order. `seq` null: the last moment. */
export function exported(player: Player, to: ExportFormat, seq: number | null, title: string): Generator<string> {
  const toSeq = Math.min(seq ?? Number.POSITIVE_INFINITY, player.lastSeq);
  switch (to) {
    case 'ipynb':
      return notebookAt(player, toSeq);
    case 'html':
      return pageOf(player, toSeq, title);
    case 'txt':
      return logLines(player.reader, toSeq);
    case 'jsonl':
      return jsonLines(player.reader, toSeq);
  }
}

export function writeExport(
  player: Player,
  to: ExportFormat,
  seq: number | null,
  title: string,
  toFile: string,
): Result<string> {
  const beside = `${toFile}.${process.pid}.partial`;
  try {
    const descriptor = fs.openSync(beside, 'w');
    try {
      let held = '';
      for (const part of exported(player, to, seq, title)) {
        held += part;
        if (held.length >= chunkCharacters) {
          fs.writeFileSync(descriptor, held);
          held = '';
        }
      }
      fs.writeFileSync(descriptor, held);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(beside, toFile);
    return ok(toFile);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    return fail('unwritable', `The export could not be written: ${describeUnknown(error)}. Nothing was changed.`);
  }
}

/** A file name out of a title and the time of the moment. */
export function exportNameOf(title: string, timeMs: number, to: ExportFormat): string {
  const stem = title
    .replace(/\.ipynb$/i, '')
    .replace(/[\\/:*?"<>|\u0000-\u001f\s]+/g, ' ')
    .replace(/^[. ]+/, '')
    .trim()
    .slice(0, 120);
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}${two(date.getMinutes())}`;
  return `${stem === '' ? 'journal' : stem} ${day} ${clock}.${to}`;
}
