/**
 * Real notebooks through the headless runner and through nbclient: the same outputs, cell by cell.
 *
 * The notebooks are those that nbclient itself is tested with, as Debian ships them: cleared and updated outputs,
 * widgets, errors, pictures, comms that nobody answers. Where they are not installed nothing is
 * compared.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nbclientOutputs, startJupyter, testPython, type TestServer } from '../../e2e/support/jupyter-server.ts';
import { outputsById } from '../../e2e/support/notebooks.ts';

const run = promisify(execFile);
const cli = path.resolve('.out/cli/nightjar.js');
const corpus = '/usr/lib/python3/dist-packages/nbclient/tests/files';

/**
 * Made to be killed, to time out, to be run two at a time, or to print the time of day. `Output` has widgets that capture
 * what is printed: that needs a window, and headless it stands in the cells.
 */
const unfit = /^(Autokill|Interrupt|Disable Stdin|Parallel Execute.*|Sleep1s|Check History in Memory|Output)\.ipynb$/;

const names = fs.existsSync(corpus)
  ? fs.readdirSync(corpus).filter((name) => name.endsWith('.ipynb') && !unfit.test(name))
  : [];

/** Brings old notebooks to the format of today, with ids that both sides keep. */
const upgrade = [
  'import sys, nbformat',
  'nb = nbformat.read(sys.argv[1], as_version=4)',
  'nb.nbformat_minor = 5',
  'nb.metadata.pop("widgets", None)',
  'nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}',
  'for index, cell in enumerate(nb.cells):',
  '    cell["id"] = f"c{index}"',
  '    if cell.cell_type == "code": cell.update(outputs=[], execution_count=None)',
  'nbformat.write(nb, sys.argv[2])',
].join('\n');

let server: TestServer;
let dir = '';

beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-corpus-'));
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(names.length === 0)('a notebook of the corpus', () => {
  it.each(names)('%s', { timeout: 120_000 }, async (name) => {
    const file = path.join(server.root, name);
    await run(testPython(), ['-c', upgrade, path.join(corpus, name), file]);
    const output = path.join(dir, name);
    await run(
      process.execPath,
      [
        ...[cli, 'run', name, '--allow-errors', '--output', output, '--server', server.baseUrl],
        ...['--token-env', 'MY_TOKEN', '--journal', path.join(dir, 'journals')],
      ],
      { env: { ...process.env, HOME: dir, MY_TOKEN: server.token }, timeout: 100_000 },
    );
    const ours = outputsById(JSON.parse(fs.readFileSync(output, 'utf8')));
    expect(ours).toEqual(outputsById(await nbclientOutputs(file, true)));
  });
});
