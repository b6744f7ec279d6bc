/**
 * The notebook at a moment as a file: valid nbformat 4.5, whatever the journal holds.
 *
 * Unlike a moment for a window nothing is left out, up to a bound that no notebook anybody could open reaches; what is
 * then left out is said in its place.
 */
import type { MomentCell } from '../../../shared/ipc/playback.ts';
import { isObject, type JsonObject, objectOrEmpty } from '../../../shared/outputs/json.ts';
import {
  ensureCellIds,
  type Notebook,
  type NotebookCell,
  parseNotebook,
  piecesAround,
} from '../../../shared/outputs/notebook.ts';
import type { Player } from '../playback/player.ts';
import { WholeCells } from './whole-cells.ts';

const cellKeys: Readonly<Record<string, readonly string[]>> = {
  code: ['id', 'cell_type', 'metadata', 'source', 'outputs', 'execution_count'],
  markdown: ['id', 'cell_type', 'metadata', 'source', 'attachments'],
  raw: ['id', 'cell_type', 'metadata', 'source', 'attachments'],
};

const outputKeys: Readonly<Record<string, readonly string[]>> = {
  stream: ['output_type', 'name', 'text'],
  display_data: ['output_type', 'data', 'metadata'],
  execute_result: ['output_type', 'data', 'metadata', 'execution_count'],
  error: ['output_type', 'ename', 'evalue', 'traceback'],
};

/** nbformat refuses keys that it does not know. */
function only(value: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter((key) => key in value).map((key) => [key, value[key]]));
}

function outputsOf(value: unknown): JsonObject[] {
  const outputs: JsonObject[] = [];
  for (const output of Array.isArray(value) ? value.filter(isObject) : []) {
    const keys = outputKeys[String(output.output_type)];
    if (keys !== undefined) {
      outputs.push(only(output, keys));
    }
  }
  return outputs;
}

function cellOf(cell: JsonObject): JsonObject {
  const type = typeof cell.cell_type === 'string' && cell.cell_type in cellKeys ? cell.cell_type : 'raw';
  const kept = only({ ...cell, cell_type: type, metadata: objectOrEmpty(cell.metadata) }, cellKeys[type] ?? []);
  if (type !== 'code') {
    return 'attachments' in kept && !isObject(kept.attachments)
      ? only(kept, ['id', 'cell_type', 'metadata', 'source'])
      : kept;
  }
  return { ...kept, outputs: outputsOf(kept.outputs) };
}

/** Notebook metadata; a journal that saw no notebook still knows its kernel. */
function metadataOf(metadata: JsonObject, player: Player): JsonObject {
  const { kernelInfo, kernelName } = player.reader.meta;
  const language = objectOrEmpty(objectOrEmpty(kernelInfo).language_info);
  const name = kernelName ?? '';
  const spec = isObject(metadata.kernelspec) || name === '' ? {} : { kernelspec: { name, display_name: name } };
  const info = isObject(metadata.language_info) || typeof language.name !== 'string' ? {} : { language_info: language };
  return { ...metadata, ...spec, ...info };
}

/** The text of the file, in pieces. */
export function* notebookAt(player: Player, seq: number): Generator<string> {
  const whole = new WholeCells(player, Math.min(seq, player.lastSeq));
  const metadata = metadataOf(whole.metadata, player);
  const bare = [...whole.bare()].map(({ cell }) => ({
    ...cellOf(cell),
    ...(cell.cell_type === 'code' ? { outputs: [] } : {}),
  }));
  const notebook = ensureCellIds(notebookWith(metadata, bare));
  yield* piecesAround(notebook, readable(metadata, whole.cells(), notebook.cells));
}

/** Cells as a notebook has them, with the ids that they got in it. */
function* readable(
  metadata: JsonObject,
  cells: Iterable<MomentCell>,
  named: readonly NotebookCell[],
): Generator<NotebookCell> {
  let index = 0;
  for (const { cell } of cells) {
    for (const made of notebookWith(metadata, [cellOf(cell)]).cells) {
      const id = named[index]?.id;
      yield id === undefined ? made : { ...made, id };
    }
    index += 1;
  }
}

function notebookWith(metadata: JsonObject, cells: readonly JsonObject[]): Notebook {
  const parsed = parseNotebook({ nbformat: 4, nbformat_minor: 5, metadata, cells });
  if (!parsed.ok) {
    throw new Error(parsed.problem.sentence);
  }
  return parsed.value;
}
