/**
 * Notebook documents: reading text that may be anything, giving every cell an id, writing what Jupyter would write.
 *
 * Small flaws that other programs leave behind (a missing list of outputs, a prompt number that is none) are mended
 * while reading. A flaw that cannot be mended without dropping content is refused with a sentence, because what is
 * dropped here would be gone from the file at the next save. Only nbformat 4 is read; converting is the server's work.
 */

import type * as nbformat from '@jupyterlab/nbformat';
import { fail, ok, type Problem, type Result } from '../result.ts';
import {
  countOrNull,
  isDeeperThan,
  isObject,
  type JsonObject,
  joinBundle,
  joinedText,
  jsonDepthMax,
  mapValues,
  objectOrEmpty,
  sortedJson,
  stringOr,
} from './json.ts';

export type Notebook = nbformat.INotebookContent;
export type NotebookCell = nbformat.ICell;

export type NotebookProblemKind = 'not-json' | 'not-a-notebook' | 'older-format' | 'newer-format' | 'damaged';
export type NotebookProblem = Problem<NotebookProblemKind>;

/** The first minor version of nbformat 4 whose cells have ids. Before it the file format forbids them. */
const minorWithIds = 5;

/** What the reducer takes as an output must be readable once it lies in a notebook, six levels further down. */
const notebookDepthMax = jsonDepthMax + 6;

/** An id as nbformat 4.5 defines it. */
const cellIdPattern = /^[a-zA-Z0-9_-]{1,64}$/;

/** Reads a notebook from a file's text, or from JSON that was parsed already. Never throws. */
export function parseNotebook(input: unknown): Result<Notebook, NotebookProblem> {
  if (typeof input !== 'string') return decodeNotebook(input);
  const text = input.startsWith('\ufeff') ? input.slice(1) : input;
  if (text.trim() === '') {
    return fail('not-json', 'This file is empty, so there is no notebook to show. Look for an earlier copy of it.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail(
      'not-json',
      'This file is not a notebook: its text is not valid JSON, perhaps because it was cut off while being written. ' +
        'It was left as it is. Open it as a text file, or look for an earlier copy.',
    );
  }
  return decodeNotebook(value);
}

/**
 * The same notebook with an id on every cell. An id that is valid and unique stays. The others are made from the cell's
 * type and source, so that opening a file again gives the same ids, wherever its cells were moved. The minor version is
 * not raised: a file older than 4.5 keeps its format, and `serializeNotebook` leaves the ids out of it.
 */
export function ensureCellIds(notebook: Notebook): Notebook {
  const taken = new Set<string>();
  const kept = notebook.cells.map((cell) => {
    const id = cell.id;
    if (typeof id !== 'string' || !cellIdPattern.test(id) || taken.has(id)) return undefined;
    taken.add(id);
    return id;
  });
  if (kept.every((id) => id !== undefined)) return notebook;
  const attempts = new Map<string, number>();
  const cells = notebook.cells.map((cell, index) => {
    if (kept[index] !== undefined) return cell;
    const content = `${cell.cell_type}\n${joinedText(cell.source) ?? ''}`;
    let attempt = attempts.get(content) ?? 0;
    let id = contentId(content, attempt);
    while (taken.has(id)) {
      attempt += 1;
      id = contentId(content, attempt);
    }
    attempts.set(content, attempt + 1);
    taken.add(id);
    return { ...cell, id };
  });
  return { ...notebook, cells };
}

/** The list of cells where there is none: with its indent, which nothing deeper in the notebook has. */
const noCells = '\n "cells": []';

/**
 * The text that a Jupyter server writes for this notebook, byte for byte but for numbers such as `1.0`, which JavaScript
 * cannot tell from `1`: keys in order, one space of indent, texts as lists of lines, a line feed at the end.
 */
export function serializeNotebook(notebook: Notebook): string {
  return [...piecesAround(notebook, notebook.cells)].join('');
}

/**
 * The same text cell by cell, with these cells in place of its own: they need never be there all at once, and the text of
 * a long session is longer than one string may be.
 */
export function* piecesAround(notebook: Notebook, cells: Iterable<NotebookCell>): Generator<string> {
  const { orig_nbformat: _o, orig_nbformat_minor: _m, signature: _s, ...metadata } = notebook.metadata;
  const withIds = notebook.nbformat > 4 || notebook.nbformat_minor >= minorWithIds;
  const frame = `${sortedJson({ ...notebook, metadata, cells: [] })}\n`;
  const at = frame.indexOf(noCells);
  let isFirst = true;
  for (const cell of cells) {
    yield isFirst ? `${frame.slice(0, at)}${noCells.slice(0, -1)}\n` : ',\n';
    isFirst = false;
    yield `  ${sortedJson(cellToFile(cell, withIds)).replaceAll('\n', '\n  ')}`;
  }
  yield isFirst ? frame : `\n ]${frame.slice(at + noCells.length)}`;
}

function decodeNotebook(value: unknown): Result<Notebook, NotebookProblem> {
  if (!isObject(value) || !Number.isInteger(value.nbformat)) {
    return fail(
      'not-a-notebook',
      'This file is not a notebook: it is JSON, but does not say which notebook format it has. ' +
        'It was left as it is. Open it as a text file instead.',
    );
  }
  const version = Number(value.nbformat);
  if (version < 4) {
    return fail(
      'older-format',
      `This notebook has the old format version ${version}; Nightjar reads version 4. It was left as it is. ` +
        'Open and save it once in JupyterLab, or run "jupyter nbconvert --to notebook" on it, then open it here.',
    );
  }
  if (version > 4) {
    return fail(
      'newer-format',
      `This notebook has format version ${version}, which is newer than version 4, the one that Nightjar reads. ` +
        'It was left as it is. Look for a newer Nightjar, or save the notebook as version 4 where it was made.',
    );
  }
  if (isDeeperThan(value, notebookDepthMax)) return damaged('it is nested deeper than any Jupyter program can read');
  const { cells } = value;
  const metadata = objectOrAbsent(value.metadata);
  if (metadata === undefined) return damaged('its metadata cannot be read');
  if (!Array.isArray(cells)) return damaged('its list of cells is missing');
  const decoded: JsonObject[] = [];
  for (const [index, cell] of cells.entries()) {
    const result = decodeCell(cell);
    if (typeof result === 'string') return damaged(`cell ${index + 1} ${result}`);
    decoded.push(result);
  }
  const everyId = decoded.every((cell) => typeof cell.id === 'string');
  const minor = countOrNull(value.nbformat_minor) ?? (everyId ? minorWithIds : minorWithIds - 1);
  const notebook = { ...value, metadata, nbformat_minor: minor, cells: decoded };
  return ok(notebook as unknown as Notebook);
}

function damaged(what: string): Result<never, NotebookProblem> {
  return fail(
    'damaged',
    `This notebook is damaged: ${what}. It was not opened, and the file was left as it is, so that nothing in it is ` +
      'lost by saving. Repair it in a text editor, or look for an earlier copy.',
  );
}

/** The mended cell, or what is wrong with it as the end of a sentence that begins with the cell. */
function decodeCell(cell: unknown): JsonObject | string {
  if (!isObject(cell)) return 'is not a cell at all';
  const type = cell.cell_type;
  if (typeof type !== 'string') return 'does not say of which type it is';
  const source = joinedText(cell.source ?? '');
  if (source === undefined) return 'has a source that is not text';
  const metadata = objectOrAbsent(cell.metadata);
  if (metadata === undefined) return 'has metadata that cannot be read';
  const attachments = objectOrAbsent(cell.attachments);
  if (attachments === undefined) return 'has attachments that cannot be read';
  const mended: JsonObject = {
    ...cell,
    source,
    metadata,
    ...('attachments' in cell ? { attachments: mapBundles(attachments, joinBundle) } : {}),
  };
  if (type !== 'code') return mended;
  const outputs = cell.outputs ?? [];
  if (!Array.isArray(outputs)) return 'has outputs that are not a list';
  const decoded: JsonObject[] = [];
  for (const output of outputs) {
    const result = decodeOutput(output);
    if (result === undefined) return 'has an output that cannot be read';
    decoded.push(result);
  }
  return { ...mended, outputs: decoded, execution_count: countOrNull(cell.execution_count) };
}

function decodeOutput(output: unknown): JsonObject | undefined {
  if (!isObject(output) || typeof output.output_type !== 'string') return undefined;
  switch (output.output_type) {
    case 'stream': {
      const text = joinedText(output.text ?? '');
      return text === undefined ? undefined : { ...output, name: stringOr(output.name, 'stdout'), text };
    }
    case 'display_data':
      return decodeDisplay(output);
    case 'execute_result': {
      const display = decodeDisplay(output);
      return display && { ...display, execution_count: countOrNull(output.execution_count) };
    }
    case 'error': {
      const { ename, evalue, traceback } = output;
      const text = joinedText(traceback ?? []);
      if (text === undefined) return undefined;
      const lines = Array.isArray(traceback) ? traceback : text.split('\n').filter((line) => line !== '');
      return { ...output, ename: stringOr(ename, ''), evalue: stringOr(evalue, ''), traceback: lines };
    }
    default:
      return output;
  }
}

function decodeDisplay(output: JsonObject): JsonObject | undefined {
  const data = objectOrAbsent(output.data);
  const metadata = objectOrAbsent(output.metadata);
  return data && metadata && { ...output, data: joinBundle(data), metadata };
}

/** An empty object where nothing was written; undefined where something else than an object was. */
function objectOrAbsent(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : value === undefined || value === null ? {} : undefined;
}

function mapBundles(bundles: JsonObject, change: (bundle: JsonObject) => JsonObject): JsonObject {
  return mapValues(bundles, (bundle) => (isObject(bundle) ? change(bundle) : bundle));
}

function cellToFile(cell: JsonObject, withIds: boolean): JsonObject {
  const { id, ...rest } = cell;
  const { trusted: _, ...metadata } = objectOrEmpty(cell.metadata);
  const { attachments, outputs } = cell;
  return {
    ...rest,
    ...(withIds ? { id } : {}),
    metadata,
    source: splitLines(cell.source),
    ...(isObject(attachments) ? { attachments: mapBundles(attachments, splitBundle) } : {}),
    ...(Array.isArray(outputs) ? { outputs: outputs.map(outputToFile) } : {}),
  };
}

function outputToFile(output: unknown): unknown {
  if (!isObject(output)) return output;
  const { data } = output;
  switch (output.output_type) {
    case 'stream':
      return { ...output, text: splitLines(output.text) };
    case 'display_data':
    case 'execute_result':
      return isObject(data) ? { ...output, data: splitBundle(data) } : output;
    default:
      return output;
  }
}

/** nbformat cuts exactly these MIME types into lines. */
function splitBundle(bundle: JsonObject): JsonObject {
  return mapValues(bundle, (value, mime) =>
    mime.startsWith('text/') || mime === 'application/javascript' || mime === 'image/svg+xml'
      ? splitLines(value)
      : value,
  );
}

/** What Python's `str.splitlines`, with which nbformat cuts, takes for the end of a line. */
const lineEnds = new Set('\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029');

/** Lines with their ends; a carriage return and the line feed behind it are one end. */
function splitLines(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const lines: string[] = [];
  let start = 0;
  for (let i = 0; i < value.length; i += 1) {
    if (!lineEnds.has(value.charAt(i))) continue;
    if (value.startsWith('\r\n', i)) i += 1;
    lines.push(value.slice(start, i + 1));
    start = i + 1;
  }
  return start < value.length ? [...lines, value.slice(start)] : lines;
}

/**
 * A short id from content: twice FNV-1a with 32 bits (offset basis 2166136261, prime 16777619), begun differently.
 * It need not resist an attacker, since ids that meet are told apart by the attempt.
 */
function contentId(content: string, attempt: number): string {
  const text = `${attempt}\n${content}`;
  let first = 2_166_136_261;
  let second = first ^ text.length;
  for (let i = 0; i < text.length; i += 1) {
    first = Math.imul(first ^ text.charCodeAt(i), 16_777_619);
    second = Math.imul(second ^ text.charCodeAt(text.length - 1 - i), 16_777_619);
  }
  return [first, second].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
