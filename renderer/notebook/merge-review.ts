/**
 * What a person sees of a merge that needs decisions: one card for each conflict, with both sides line by line. Pure.
 */
import { pairUp } from '../../shared/notebook-merge/align.ts';
import { type Cell, sourceOf, typeOf } from '../../shared/notebook-merge/fields.ts';
import type { Choice, Conflict, ConflictReason, NotebookMerge } from '../../shared/notebook-merge/merge.ts';
import { isObject, joinedText, objectOrEmpty, stringOr } from '../../shared/outputs/json.ts';

/** The choice of each conflict by its cell's id, and that of the notebook's metadata under its own name. */
export type Decision = ReadonlyMap<string, Choice>;

/** The choice about the notebook's own metadata stands under this name. No cell has it: ids have no spaces. */
export const metadataChoiceId = ' metadata';

export function metadataSide(decision: Decision): 'mine' | 'theirs' {
  return decision.get(metadataChoiceId) === 'theirs' ? 'theirs' : 'mine';
}

export function isDecided(merge: NotebookMerge, decision: Decision): boolean {
  const needsMetadata = merge.metadataConflicts.length > 0 && !decision.has(metadataChoiceId);
  return !needsMetadata && merge.conflicts.every(({ id }) => decision.has(id));
}

export interface ReviewLine {
  readonly text: string;
  /** Not in the version that both began from. */
  readonly isChanged: boolean;
}

export interface ReviewSide {
  /** `null`: this side deleted the cell. */
  readonly lines: readonly ReviewLine[] | null;
}

export interface ReviewCard {
  readonly id: string;
  readonly title: string;
  readonly sentence: string;
  readonly mine: ReviewSide;
  readonly theirs: ReviewSide;
  /** What both began from; `null` when that is not known. */
  readonly base: readonly string[] | null;
  readonly choices: readonly { readonly choice: Choice; readonly label: string }[];
}

/** More lines of one cell than this are not read in a dialog. */
const linesMax = 400;

const sentences: Readonly<Record<ConflictReason, string>> = {
  edited: 'Edited here and on the server.',
  outputs: 'Run here and on the server, with different outputs.',
  metadata: 'Its tags or other details were changed here and on the server.',
  'deleted-there': 'Changed here, deleted on the server.',
  'deleted-here': 'Deleted here, changed on the server.',
};

export function reviewOf(merge: NotebookMerge): ReviewCard[] {
  const places = new Map(merge.cells.map(({ id }, index) => [id, index + 1]));
  const cards = merge.conflicts.map((conflict) => cardOf(conflict, places.get(conflict.id) ?? 0));
  if (merge.metadataConflicts.length === 0) return cards;
  const mine = objectOrEmpty(merge.frame.metadata);
  const lines = (metadata: object): ReviewSide => ({
    lines: merge.metadataConflicts.map((key) => ({
      text: `${key}: ${JSON.stringify(Object.hasOwn(metadata, key) ? Reflect.get(metadata, key) : null)}`,
      isChanged: true,
    })),
  });
  const card: ReviewCard = {
    id: metadataChoiceId,
    title: 'Notebook details',
    sentence: 'Metadata of the notebook was changed here and on the server.',
    mine: lines(mine),
    theirs: lines(merge.theirMetadata),
    base: null,
    choices: [
      { choice: 'mine', label: 'Mine' },
      { choice: 'theirs', label: 'The server’s' },
    ],
  };
  return [...cards, card];
}

function cardOf(conflict: Conflict, place: number): ReviewCard {
  const { id, reason, base, mine, theirs } = conflict;
  const read = reason === 'outputs' ? outputLines : reason === 'metadata' ? metadataLines : sourceLines;
  const before = base === null ? null : read(base);
  const side = (cell: Cell | null): ReviewSide => ({ lines: cell === null ? null : compare(before, read(cell)) });
  const isDeletion = mine === null || theirs === null;
  const type = typeOf(mine ?? theirs ?? {});
  return {
    id,
    title: `${type === 'code' ? 'Code' : type === 'markdown' ? 'Markdown' : 'Raw'} cell ${place}`,
    sentence: sentences[reason],
    mine: side(mine),
    theirs: side(theirs),
    base: before,
    choices: isDeletion
      ? [
          { choice: mine === null ? 'theirs' : 'mine', label: 'Keep it' },
          { choice: mine === null ? 'mine' : 'theirs', label: 'Delete it' },
        ]
      : [
          { choice: 'mine', label: 'Mine' },
          { choice: 'theirs', label: 'The server’s' },
          { choice: 'both', label: 'Both, as two cells' },
        ],
  };
}

function compare(before: readonly string[] | null, after: readonly string[]): ReviewLine[] {
  const same = new Set(before === null ? [] : pairUp(before, after).map(([, line]) => line));
  const lines = after.map((text, index) => ({ text, isChanged: !same.has(index) }));
  if (lines.length <= linesMax) return lines;
  return [...lines.slice(0, linesMax), { text: `… and ${lines.length - linesMax} more lines`, isChanged: false }];
}

function sourceLines(cell: Cell): string[] {
  return sourceOf(cell).split('\n');
}

function metadataLines(cell: Cell): string[] {
  return JSON.stringify(objectOrEmpty(cell.metadata), null, 1).split('\n');
}

/** Outputs as a person would tell them apart at a glance: texts as they are, the rest by name. */
function outputLines(cell: Cell): string[] {
  const outputs = Array.isArray(cell.outputs) ? cell.outputs.filter(isObject) : [];
  const lines = outputs.flatMap((output) => {
    if (output.output_type === 'stream') return (joinedText(output.text) ?? '').replace(/\n$/, '').split('\n');
    if (output.output_type === 'error') return [`${stringOr(output.ename, 'Error')}: ${stringOr(output.evalue, '')}`];
    const data = objectOrEmpty(output.data);
    const rich = Object.keys(data).find((mime) => mime !== 'text/plain');
    const plain = joinedText(data['text/plain'])?.split('\n') ?? [];
    return rich === undefined ? plain : [`[${rich}]`, ...plain];
  });
  return lines.length === 0 ? ['(no output)'] : lines;
}
