import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskNotebooks } from './disk.ts';

let folder = '';
let settings: Map<string, unknown>;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-disk-'));
  settings = new Map();
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

const open = (): DiskNotebooks =>
  new DiskNotebooks({ get: (key) => settings.get(key), set: (key, value) => void settings.set(key, value) });
const notebook = (source: string) => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: [{ id: 'a', cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null }],
});

function put(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode: 0o640 });
  return file;
}

describe('a notebook on this computer', () => {
  it('is read and written as Jupyter writes it, with the permissions it had', async () => {
    const file = put('work/a.ipynb', JSON.stringify(notebook('one')));
    const disk = open();
    const name = disk.nameOf(file);
    expect(name).toBe('This computer/work/a.ipynb');
    const read = await disk.read(name);
    expect(read.ok && read.value.notebook.cells).toMatchObject([{ source: 'one' }]);
    const written = await disk.write(name, notebook('one\ntwo'));
    expect(written.ok).toBe(true);
    const text = fs.readFileSync(file, 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    expect(JSON.parse(text).cells[0].source).toEqual(['one\n', 'two']);
    expect(fs.statSync(file).mode & 0o777).toBe(0o640);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['a.ipynb']);
    expect(await disk.look(name)).toEqual(written);
  });

  it('keeps its name in the next run, and shares it with no other file', () => {
    const one = put('x/data/a.ipynb', '{}');
    const two = put('y/data/a.ipynb', '{}');
    const names = [open().nameOf(one), open().nameOf(two)];
    expect(new Set(names).size).toBe(2);
    expect(names.map((name) => open().fileOf(name))).toEqual([one, two]);
    expect(open().fileOf('some/notebook.ipynb')).toBeNull();
  });

  it('that is no notebook is refused in a sentence and never written to', async () => {
    const file = put('work/b.ipynb', 'not json');
    const disk = open();
    const read = await disk.read(disk.nameOf(file));
    expect(read.ok ? '' : read.problem.kind).toBe('not-json');
    const written = await disk.write(disk.nameOf(file), { cells: 7 });
    expect(written.ok).toBe(false);
    expect(fs.readFileSync(file, 'utf8')).toBe('not json');
  });

  it('stays behind its link, and one that is gone is told', async () => {
    const file = put('work/c.ipynb', JSON.stringify(notebook('one')));
    const link = path.join(folder, 'link.ipynb');
    fs.symlinkSync(file, link);
    const disk = open();
    expect((await disk.write(disk.nameOf(link), notebook('two'))).ok).toBe(true);
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(file, 'utf8')).toContain('two');
    fs.rmSync(file);
    const gone = await disk.read(disk.nameOf(file));
    expect(gone.ok ? '' : gone.problem.sentence).toContain('is not there');
  });
});
