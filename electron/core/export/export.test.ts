import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseNotebook } from '../../../shared/outputs/notebook.ts';
import { entryKinds } from '../../../shared/journal/entries.ts';
import { notebookOf, TestSession } from '../journal/testing/session.ts';
import { Player } from '../playback/player.ts';
import { exported, exportNameOf, writeExport } from './export.ts';
import { markdownHtml, partOf } from './safe-html.ts';
import { pageScript } from './page-script.ts';

let dir = '';
let file = '';

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-export-'));
  file = path.join(dir, 'test.nightjar');
});

afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

const attack = '<img src=x onerror="alert(1)"><script>alert(2)</script><a href="javascript:alert(3)">x</a>';

function story(): { middle: number } {
  const session = new TestSession(file);
  session.snapshot(notebookOf({ top: `# Title ${attack}`, a: 'loop()', b: 'boom' }), 'loaded');
  session.begin('a', 'loop()');
  for (let index = 0; index < 300; index++) {
    session.timeMs += 200;
    session.print(`line ${index}\n`);
  }
  const middle = session.seq - 149;
  session.say('display_data', { data: { 'text/html': attack, 'text/plain': 'plain' }, metadata: {}, transient: {} });
  session.say('display_data', { data: { 'text/html': `<b onclick="x()">bold</b>` }, metadata: {}, transient: {} });
  session.end();
  session.event(entryKinds.gap, { messages: 1, fromTimeMs: session.timeMs, toTimeMs: session.timeMs, why: attack });
  session.begin('b', 'boom');
  session.fail('ValueError', '</script><!--');
  session.close();
  return { middle };
}

function play(): Player {
  const opened = Player.open(file);
  return opened.ok ? opened.value : expect.fail(opened.problem.sentence);
}

function textOf(to: 'ipynb' | 'html' | 'txt' | 'jsonl', seq: number | null = null): string {
  const player = play();
  const text = [...exported(player, to, seq, `Title ${attack}`)].join('');
  player.close();
  return text;
}

describe('an exported notebook', () => {
  it('is the notebook at the moment, whole', () => {
    const { middle } = story();
    const parsed = parseNotebook(textOf('ipynb', middle));
    const cells = parsed.ok ? parsed.value.cells : [];
    expect(cells.map(({ id, cell_type: type }) => [id, type])).toEqual([
      ['top', 'markdown'],
      ['a', 'code'],
      ['b', 'code'],
    ]);
    expect(cells[1]).toMatchObject({ outputs: [{ output_type: 'stream', name: 'stdout' }], execution_count: 1 });
    expect(JSON.stringify(cells[1]?.outputs)).toContain('line 150');
    expect(JSON.stringify(cells[1]?.outputs)).not.toContain('line 151');
    expect(cells[2]).toMatchObject({ outputs: [], execution_count: null });
  });

  it('leaves nothing out of a text that a window shows in part', () => {
    const session = new TestSession(file);
    session.begin('a', 'x');
    for (let index = 0; index < 10_000; index++) {
      session.print(`line ${index} of many that are printed\n`);
    }
    session.close();
    const text = textOf('ipynb');
    for (const index of [0, 5_000, 9_999]) {
      expect(text).toContain(`line ${index} of many`);
    }
  });
});

describe('an exported page', () => {
  it('has no code but its own, whatever the outputs hold', () => {
    story();
    const page = textOf('html');
    const scripts = [...page.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
    expect(scripts).toEqual(['<script type="application/json" id="journal">', '<script>']);
    expect(page).not.toMatch(/<[^>]*\son[a-z]+\s*=/i);
    expect(page).toContain("default-src 'none'");
    const embedded = page.split('id="journal">')[1]?.split('</script>')[0] ?? '';
    expect(embedded).not.toContain('<');
    const markup: string[] = [];
    JSON.parse(embedded, (key, value: unknown) => {
      if (key === 'h' && typeof value === 'string') {
        markup.push(value);
      }
      if (typeof value === 'object' && value !== null && 't' in value && value.t === 'html' && 'x' in value) {
        markup.push(String(value.x));
      }
      return value;
    });
    expect(markup.join('\n')).not.toMatch(/<script|onerror|onclick|javascript:/);
    expect(markup).toContain('<b>bold</b>');
    expect(markup[0]).toMatch(/^<h1>Title /);
  });

  it('plays the journal: its steps lead to the notebook as it was', () => {
    story();
    const page = textOf('html');
    const data = JSON.parse(page.split('id="journal">')[1]?.split('</script>')[0] ?? '') as {
      steps: { t: number; order?: string[]; cells: [string, Record<string, unknown>][] }[];
    };
    const cells = new Map<string, Record<string, unknown>>();
    for (const step of data.steps) {
      for (const [id, { a: more, p: pushed, ...patch }] of step.cells) {
        const cell: Record<string, unknown> = { ...cells.get(id), ...patch };
        if (Array.isArray(more) && Array.isArray(cell.o)) {
          cell.o = cell.o.map((part: { x: string }, index) =>
            index === more[0] ? { ...part, x: part.x + String(more[1]) } : part,
          );
        }
        if (Array.isArray(pushed)) {
          cell.o = [...(Array.isArray(cell.o) ? cell.o : []), ...pushed];
        }
        cells.set(id, cell);
      }
    }
    expect(data.steps.length).toBeGreaterThan(100);
    expect(cells.get('a')).toMatchObject({
      st: 'done',
      n: 1,
      o: [
        { t: 'text', x: Array.from({ length: 300 }, (_, index) => `line ${index}\n`).join('') },
        { t: 'note' },
        { t: 'html' },
      ],
    });
    expect(cells.get('b')).toMatchObject({ st: 'error' });
  });

  it('has a script that a browser can read', () => {
    expect(() => new vm.Script(pageScript)).not.toThrow();
  });
});

describe('cleaned markup', () => {
  it('keeps what a table needs and drops what loads, runs or covers the page', () => {
    const shown = (html: string): string => partOf({ output_type: 'display_data', data: { 'text/html': html } }).x;
    expect(shown('<table border="1"><tr><td style="text-align: right; position: fixed">1</td></tr></table>')).toBe(
      '<table border="1"><tr><td style="text-align:right">1</td></tr></table>',
    );
    for (const hostile of [
      '<img src="https://example.org/x.png">',
      '<svg onload="x()"><script>1</script></svg>',
      '<style>*{display:none}</style>',
      '<link rel=stylesheet href="//example.org">',
      '<form action="https://example.org"><input name=a></form>',
      '<math><mtext><img src=x onerror=alert(1)></mtext></math>',
      '<a href="data:text/html,<b>">x</a>',
      '<div style="background-image:url(https://example.org)">x</div>',
    ]) {
      expect(shown(hostile)).not.toMatch(/example\.org|onload|onerror|<style|<form|<svg|<script|data:text|<link/);
    }
    expect(markdownHtml('![x](attachment:a.png)', { 'a.png': { 'image/png': 'AAAA' } })).toContain(
      'data:image/png;base64,AAAA',
    );
    expect(markdownHtml('[x](javascript:alert(1))', {})).not.toContain('javascript');
  });
});

describe('exported lines', () => {
  it('are a log with times, without escape sequences', () => {
    story();
    const lines = textOf('txt').split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^2025-11-24T16:00:00\.000Z > loop\(\)$/));
    expect(lines).toContainEqual(expect.stringMatching(/Z {3}line 299$/));
    expect(lines).toContainEqual(expect.stringMatching(/Z ! ValueError: <\/script><!--$/));
    expect(lines.join('')).not.toContain('\u001b');
  });

  it('are the messages as JSON', () => {
    const { middle } = story();
    const messages = textOf('jsonl', middle)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; content?: { text?: string } });
    expect(messages).toHaveLength(middle);
    expect(messages.at(-1)).toMatchObject({
      seq: middle,
      lane: 'live',
      channel: 'iopub',
      content: { text: 'line 150\n' },
    });
  });
});

describe('an export', () => {
  it('is written whole or not at all', () => {
    story();
    const player = play();
    const target = path.join(dir, 'out.txt');
    expect(writeExport(player, 'txt', null, 'T', target)).toEqual({ ok: true, value: target });
    expect(fs.readdirSync(dir).sort()).toEqual(['out.txt', 'test.nightjar']);
    expect(writeExport(player, 'txt', null, 'T', path.join(dir, 'no', 'folder.txt'))).toMatchObject({ ok: false });
    player.close();
  });

  it('is named after the journal, as a file may be named', () => {
    expect(exportNameOf('a/b: c?.ipynb', 0, 'html')).toMatch(/^a b c 19\d\d-\d\d-\d\d \d{4}\.html$/);
    expect(exportNameOf('...', 0, 'txt')).toMatch(/^journal /);
  });
});
