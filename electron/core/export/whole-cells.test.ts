import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lanes } from '../../../shared/journal/entries.ts';
import type { MomentCell } from '../../../shared/ipc/playback.ts';
import { notebookOf, TestSession } from '../journal/testing/session.ts';
import { Player } from '../playback/player.ts';
import { WholeCells } from './whole-cells.ts';

let dir = '';
let count = 0;

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-whole-'));
});

afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

function played<Answer>(write: (session: TestSession) => void, ask: (player: Player) => Answer): Answer {
  count += 1;
  const file = path.join(dir, `${count}.nightjar`);
  const session = new TestSession(file);
  write(session);
  session.close();
  const opened = Player.open(file);
  const player = opened.ok ? opened.value : expect.fail(opened.problem.sentence);
  try {
    return ask(player);
  } finally {
    player.close();
  }
}

const cellIds = ['a', 'b', 'c'] as const;
const displayIds = ['one', 'two'] as const;
const aCell = fc.constantFrom(...cellIds);
const aDisplay = fc.constantFrom(...displayIds);
/** Small, or so large that a state refers to it. */
const aText = fc
  .tuple(fc.string({ maxLength: 6 }), fc.constantFrom(1, 1_000))
  .map(([text, times]) => text.repeat(times));

type Step = (session: TestSession) => void;

const shown = (type: string) => (text: string, id: string | null) => (session: TestSession) =>
  session.say(type, {
    data: { 'text/plain': text },
    metadata: {},
    transient: id === null ? {} : { display_id: id },
    ...(type === 'execute_result' ? { execution_count: 7 } : {}),
  });

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(aCell, aText).map(
      ([id, code]): Step =>
        (session) =>
          session.begin(id, code),
    ),
  },
  fc.constant<Step>((session) => session.end()),
  fc.constant<Step>((session) => session.fail('ValueError', 'no')),
  aText.map(
    (text): Step =>
      (session) =>
        session.print(`${text}\n`),
  ),
  fc.string().map(
    (text): Step =>
      (session) =>
        session.print(`\r${text}`),
  ),
  { weight: 2, arbitrary: fc.tuple(aText, fc.option(aDisplay)).map(([text, id]) => shown('display_data')(text, id)) },
  fc.tuple(aText, aDisplay).map(([text, id]) => shown('execute_result')(text, id)),
  { weight: 3, arbitrary: fc.tuple(aText, aDisplay).map(([text, id]) => shown('update_display_data')(text, id)) },
  fc.boolean().map(
    (wait): Step =>
      (session) =>
        session.say('clear_output', { wait }),
  ),
  fc.boolean().map(
    (password): Step =>
      (session) =>
        session.say('input_request', { prompt: '?', password }, 'stdin'),
  ),
  fc.string({ maxLength: 5 }).map(
    (value): Step =>
      (session) =>
        session.answer(value),
  ),
  // A run that no cell knows: what it displays is in no notebook, what it updates is.
  fc.constant<Step>((session) => session.request(null, 'callback')),
  fc
    .tuple(fc.subarray([...cellIds]), fc.subarray([...cellIds]), fc.constantFrom('saved' as const, 'edited' as const))
    .map(
      ([kept, cleared, reason]): Step =>
        (session) => {
          const outputs = kept.map((id) => [id, cleared.includes(id) ? [] : [{ output_type: 'stream', text: 'x' }]]);
          session.timeMs += 5;
          session.snapshot(
            notebookOf(Object.fromEntries(kept.map((id) => [id, `new ${id}`])), Object.fromEntries(outputs)),
            reason,
          );
        },
    ),
);

function essence({ cell }: MomentCell): unknown {
  const { id, source, outputs, execution_count: executionCount } = cell;
  return { id, source, outputs, executionCount };
}

it('are those of the moment that a window shows, where that leaves nothing out', () => {
  fc.assert(
    fc.property(
      fc.array(aStep, { maxLength: 50, size: 'max' }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (steps, part) => {
        played(
          (session) => {
            session.snapshot(notebookOf({ a: 'x', b: 'y', c: 'z' }), 'loaded');
            for (const step of steps) {
              session.timeMs += 1;
              step(session);
            }
          },
          (player) => {
            const seq = Math.ceil(part * player.lastSeq);
            const moment = player.moment(seq, null).cells.map(essence);
            for (const partBytes of [1, 4_000, 1_000_000]) {
              expect([...new WholeCells(player, seq, partBytes).cells()].map(essence)).toEqual(moment);
            }
          },
        );
      },
    ),
    { numRuns: 200 },
  );
});

it('have the middle that a window leaves out', () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} of many that are printed\n`);
  const texts = played(
    (session) => {
      session.snapshot(notebookOf({ a: 'x', b: 'y' }), 'loaded');
      for (const id of ['a', 'b']) {
        session.begin(id, 'loop()');
        for (const line of lines) session.print(line);
        session.end();
      }
    },
    (player) =>
      [...new WholeCells(player, player.lastSeq, 1).cells()].map(({ cell }) =>
        Array.isArray(cell.outputs) ? String(cell.outputs[0].text) : '',
      ),
  );
  expect(texts).toEqual([lines.join(''), lines.join('')]);
});

it('know an answer to a prompt, and a display that another cell changed later', () => {
  const cells = played(
    (session) => {
      session.snapshot(notebookOf({ a: 'x', b: 'y' }), 'loaded');
      session.begin('a', 'x');
      shown('display_data')('first', 'one')(session);
      session.say('input_request', { prompt: 'name', password: false }, 'stdin', lanes.live);
      session.answer('Ada');
      session.end();
      session.begin('b', 'y');
      shown('display_data')('second', 'one')(session);
      shown('update_display_data')('third', 'one')(session);
      session.end();
    },
    (player) => [...new WholeCells(player, player.lastSeq, 1).cells()].map(({ cell }) => cell.outputs),
  );
  expect(cells).toMatchObject([
    [{ data: { 'text/plain': 'third' } }, { text: 'name Ada\n' }],
    [{ data: { 'text/plain': 'third' } }],
  ]);
});

it('know that a person cleared a cell, and what it printed afterwards', () => {
  const cells = played(
    (session) => {
      session.begin('a', 'x');
      session.print('before\n');
      session.end();
      session.timeMs += 5;
      session.snapshot(notebookOf({ a: 'x' }), 'saved');
      session.print('after\n');
    },
    (player) => [...new WholeCells(player, player.lastSeq, 1).cells()].map(({ cell }) => cell.outputs),
  );
  expect(cells).toMatchObject([[{ text: 'after\n' }]]);
});
