/**
 * A notebook that prints everything a screen can be made to forget, step by step, and waits before each step.
 *
 * What a step does is drawn by a seeded generator, so a failure can be run again. Each step leaves its own mark on the
 * screen (`s7.`), by which a test sees that it has arrived, and waits for a file with its number beside the notebook.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { TestCell } from './notebooks.ts';

const prelude = [
  'import os, random, sys, time',
  'from IPython.display import HTML, Markdown, clear_output, display',
  'dice = random.Random(20)',
  'def wait(step):',
  "    while not os.path.exists(f'go-{step}'): time.sleep(0.004)",
  'def say(text, file=None):',
  '    file = file or sys.stdout',
  '    file.write(text); file.flush()',
  'class Screen:',
  '    handle = None',
  'def act(step, screen):',
  "    mark = f's{step}.'",
  '    kind = dice.randrange(9)',
  "    if kind == 0: say(mark + ' a line\\n')",
  "    elif kind == 1: say(f'\\r{mark} ' + '#' * dice.randrange(40))",
  "    elif kind == 2: say(f'no line feed {mark}')",
  "    elif kind == 3: say(mark + ' to stderr\\n', sys.stderr)",
  "    elif kind == 4: display(HTML(f'<b>{mark}</b> &amp; <i>more</i>'), display_id=f'shown-{step}'); screen.handle = step",
  '    elif kind == 5 and screen.handle is not None:',
  "        display(Markdown(f'**{mark}** in place'), display_id=f'shown-{screen.handle}', update=True)",
  "    elif kind == 6: clear_output(wait=True); say(f'{mark} after a clear that waited\\n'); screen.handle = None",
  "    elif kind == 7: clear_output(); say(f'{mark} after a clear\\n'); screen.handle = None",
  "    else: say(''.join(f'{mark} of many {n}\\n' for n in range(dice.randrange(1, 60))))",
].join('\n');

export interface Program {
  readonly cells: readonly TestCell[];
  readonly steps: number;
}

/** @param last how the last cell ends: a line of Python */
export function programOf(cells: number, stepsPerCell: number, last: string): Program {
  const body = (cell: number): string =>
    [
      'screen = Screen()',
      `for step in range(${cell * stepsPerCell}, ${(cell + 1) * stepsPerCell}):`,
      '    wait(step); act(step, screen)',
      ...(cell === cells - 1 ? [last] : []),
    ].join('\n');
  return {
    cells: [
      { id: 'title', type: 'markdown', source: '# A session with many steps' },
      { id: 'prelude', source: prelude },
      ...Array.from({ length: cells }, (_, cell) => ({ id: `work-${cell}`, source: body(cell) })),
    ],
    steps: cells * stepsPerCell,
  };
}

export function letGo(folder: string, step: number): void {
  fs.writeFileSync(path.join(folder, `go-${step}`), '');
}
