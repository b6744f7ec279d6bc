/**
 * Small readings of JupyterLab's cell models, in the terms of the contract with the main process.
 */
import type { ICellModel } from '@jupyterlab/cells';
import type { DraftCell } from '../../shared/ipc/contract.ts';

/** A copy as plain JSON: no shared types, no prototypes, safe to send. */
export function plainJson(value: object): Record<string, unknown> {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return isRecord(copy) ? copy : {};
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function cellTypeOf(cell: ICellModel): DraftCell['type'] {
  return cell.type === 'code' || cell.type === 'markdown' ? cell.type : 'raw';
}

/** The cell's metadata without `trusted`, which is a state of the session and never saved. */
export function cellMetadata(cell: ICellModel): Record<string, unknown> {
  const { trusted: _trusted, ...metadata } = plainJson(cell.metadata);
  return metadata;
}

/** The smallest single replacement that turns `before` into `after`; `null` when they are equal. */
export function textDifference(before: string, after: string): { start: number; end: number; insert: string } | null {
  if (before === after) {
    return null;
  }
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) {
    start += 1;
  }
  let tail = 0;
  while (
    tail < shorter - start &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  ) {
    tail += 1;
  }
  // Half a surrogate pair is no place to cut: the shared text would replace both halves.
  if (start > 0 && isHigh(before.charCodeAt(start - 1))) {
    start -= 1;
  }
  if (tail > 0 && isLow(before.charCodeAt(before.length - tail))) {
    tail -= 1;
  }
  return { start, end: before.length - tail, insert: after.slice(start, after.length - tail) };
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
