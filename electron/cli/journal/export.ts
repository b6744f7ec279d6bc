/** `journal export`. */
import fs from 'node:fs';
import path from 'node:path';
import { exported, writeExport } from '../../core/export/export.ts';
import { titleOf } from '../../core/journal/library.ts';
import type { Player } from '../../core/playback/player.ts';
import { ExitCode, print, printProblem } from '../output.ts';
import { seqNamed } from './options.ts';

const formats = ['ipynb', 'html', 'txt', 'jsonl'] as const;

export interface ExportWish {
  readonly to: string | null;
  readonly at: string | null;
  readonly output: string | null;
}

export async function exportTo(player: Player, wish: ExportWish): Promise<number> {
  const to = formats.find((format) => format === (wish.to ?? path.extname(wish.output ?? '').slice(1)));
  if (to === undefined) {
    printProblem(`Say --to with one of ${formats.join(', ')}${wish.to === null ? '' : `, not "${wish.to}"`}.`);
    return ExitCode.badInput;
  }
  const seq = wish.at === null ? { ok: true as const, value: null } : seqNamed(wish.at, player);
  if (!seq.ok) {
    printProblem(seq.problem.sentence);
    return ExitCode.badInput;
  }
  const title = titleOf(player.reader.meta);
  if (wish.output === null) {
    for (const part of exported(player, to, seq.value, title)) {
      await print(part);
    }
    return ExitCode.ok;
  }
  const target = path.resolve(wish.output);
  if (!fs.existsSync(path.dirname(target))) {
    printProblem(`The folder ${path.dirname(target)} does not exist. Create it first.`);
    return ExitCode.badInput;
  }
  const written = writeExport(player, to, seq.value, title, target);
  if (!written.ok) {
    printProblem(written.problem.sentence);
    return ExitCode.badInput;
  }
  return ExitCode.ok;
}
