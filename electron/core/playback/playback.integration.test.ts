/**
 * A real kernel's session, recorded, then played: what the time line shows against what a window was shown, what
 * nbclient gets for the same notebook, and what nbformat says of the export.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessTo, CoreHost, TestWindow } from '../../../e2e/support/core-host.ts';
import { startJupyter, testPython, type TestServer } from '../../../e2e/support/jupyter-server.ts';
import { asKernelId } from '../../../shared/ids.ts';
import { mergeStreamsByName, normalizeOutputs } from '../../../shared/outputs/normalize.ts';
import { apply, beginExecution, createOutputs, toNbformat } from '../../../shared/outputs/reducer.ts';
import { LibraryClient } from '../library/client.ts';
import { JournalReader } from '../journal/reader.ts';
import type { KernelSession } from '../sessions/session.ts';
import { readFrame } from '../../../shared/wire/codec.ts';

const run = promisify(execFile);

let server: TestServer;
let dir = '';
let host: CoreHost;
let library: LibraryClient;

beforeAll(async () => {
  server = await startJupyter();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-playback-'));
  host = new CoreHost(dir, accessTo(server.baseUrl, server.token));
  library = new LibraryClient(pathToFileURL(process.env.NIGHTJAR_LIBRARY_WORKER ?? ''), () => undefined);
});

afterEach(async () => {
  await library.close();
  await host.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

/** Cells with every kind of output that a kernel makes. */
const corpus: Readonly<Record<string, string>> = {
  prints: 'for i in range(300):\n    print("line", i)',
  streams: 'import sys\nprint("out")\nprint("err", file=sys.stderr)\nprint("out again")',
  bar: 'import time\nfor i in range(60):\n    print(f"\\r{i:3d} of 60", end="", flush=True)\n    time.sleep(0.01)\nprint()',
  result: '[i ** 2 for i in range(30)]',
  html: 'from IPython.display import HTML, Markdown, display\ndisplay(HTML("<b>bold</b>"))\nMarkdown("*text*")',
  image:
    'import base64\nfrom IPython.display import Image\nImage(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="))',
  update: 'h = display("start", display_id="d")\nfor i in range(20):\n    h.update(f"step {i}")\n    time.sleep(0.01)',
  clear:
    'from IPython.display import clear_output\nfor i in range(20):\n    clear_output(wait=True)\n    print("frame", i)\n    time.sleep(0.01)',
  bundle: 'display({"application/json": {"a": [1, 2]}, "text/plain": "json"}, raw=True)',
  unicode: 'print("äöü 漢字 🦉 \\u001b[31mred\\u001b[0m")',
  large: 'print("x" * 20_000)\ndisplay({"text/plain": "y" * 20_000}, raw=True)',
  error: 'def f():\n    raise ValueError("no\\ngood")\nf()',
};

function notebook(): { cells: Record<string, unknown>[]; nbformat: number; nbformat_minor: number; metadata: unknown } {
  const code = Object.entries(corpus).map(([id, source]) => ({
    id,
    cell_type: 'code',
    metadata: {},
    source,
    outputs: [],
    execution_count: null,
  }));
  const title = { id: 'title', cell_type: 'markdown', metadata: {}, source: '# A corpus' };
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
    cells: [title, ...code],
  };
}

interface Shown {
  readonly msgId: string;
  readonly cellId: string;
  readonly outputs: string;
}

/** Runs the corpus; tells what a window showed after each frame that changed something. */
async function record(session: KernelSession): Promise<Shown[]> {
  const live = createOutputs();
  const cellOf = new Map<string, string>();
  const shown: Shown[] = [];
  session.onFrames((frame) => {
    const cellId = cellOf.get(frame.parent?.msg_id ?? '');
    const isReply = frame.header.msg_type === 'execute_reply';
    if (cellId !== undefined && (frame.channel === 'iopub' || isReply)) {
      const message = { cellKey: cellId, msgType: frame.header.msg_type, content: frame.content() };
      if (apply(live, message).length > 0) {
        shown.push({ msgId: frame.header.msg_id, cellId, outputs: JSON.stringify(toNbformat(live, cellId)) });
      }
    }
  });
  await session.snapshot('n.ipynb', 'loaded', JSON.stringify(notebook()), Date.now());
  const window = new TestWindow(session);
  for (const round of [1, 2]) {
    for (const [cellId, code] of Object.entries(corpus)) {
      const id = `${cellId}-${round}`;
      beginExecution(live, cellId);
      cellOf.set(id, cellId);
      window.run(code, { cellId, id });
      await window.done(id);
    }
  }
  return shown;
}

async function recorded(): Promise<{ file: string; shown: Shown[]; kernelId: string }> {
  const model = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
  const session = await host.ensure(asKernelId(model.id));
  const shown = await record(session);
  return { file: path.join(dir, `${session.journalId}.nightjar`), shown, kernelId: model.id };
}

function seqsOf(file: string): Map<string, number> {
  const opened = JournalReader.open(file);
  if (!opened.ok) {
    return expect.fail(opened.problem.sentence);
  }
  const seqs = new Map<string, number>();
  for (const entry of opened.value.entries()) {
    const id = readFrame(entry.body)?.header.msg_id;
    if (id !== undefined && !seqs.has(id)) {
      seqs.set(id, entry.seq);
    }
  }
  opened.value.close();
  return seqs;
}

describe('a recorded session', () => {
  it('plays as it was shown, at 100 random moments, without its server and while it is open', async () => {
    const { file, shown } = await recorded();
    const seqs = seqsOf(file);
    expect(shown.length).toBeGreaterThan(100);
    const chosen = Array.from({ length: 100 }, () => shown[Math.floor(Math.random() * shown.length)]);
    const before = new Map<string, number>();
    for (const { msgId, cellId, outputs } of chosen.filter((moment) => moment !== undefined)) {
      const seq = seqs.get(msgId) ?? 0;
      const sinceSeq = before.get('seq') ?? null;
      const asked = await library.ask({ op: 'moment', file, seq, sinceSeq: null });
      const moment = asked.ok ? asked.value : expect.fail(asked.problem.sentence);
      const cell = moment.cells.find((candidate) => candidate.cell.id === cellId);
      expect(JSON.stringify(cell?.cell.outputs), `${cellId} at entry ${seq}`).toBe(outputs);
      expect(moment.order).toEqual(['title', ...Object.keys(corpus)]);
      if (sinceSeq !== null) {
        const changes = await library.ask({ op: 'moment', file, seq, sinceSeq });
        expect(changes.ok).toBe(true);
      }
      before.set('seq', seq);
    }
  });

  it('is exported as a notebook that nbformat accepts and that nbclient would have made', async () => {
    const { file } = await recorded();
    const exportedFile = path.join(dir, 'export.ipynb');
    const written = await library.ask({ op: 'export', file, to: 'ipynb', seq: null, toFile: exportedFile });
    expect(written).toEqual({ ok: true, value: exportedFile });
    const source = path.join(dir, 'source.ipynb');
    const reference = path.join(dir, 'reference.ipynb');
    fs.writeFileSync(source, JSON.stringify(notebook()));
    const script = [
      'import sys, nbformat, nbclient',
      'nbformat.validate(nbformat.read(sys.argv[1], as_version=4))',
      'nb = nbformat.read(sys.argv[2], as_version=4)',
      'nbclient.NotebookClient(nb, allow_errors=True, coalesce_streams=False).execute()',
      'nbformat.write(nb, sys.argv[3])',
    ].join('\n');
    await run(testPython(), ['-W', 'ignore', '-c', script, exportedFile, source, reference]);
    const outputsIn = (name: string): Map<string, unknown[]> => {
      const { cells } = JSON.parse(fs.readFileSync(name, 'utf8')) as { cells: { id: string; outputs?: unknown[] }[] };
      return new Map(cells.map(({ id, outputs }) => [id, outputs ?? []]));
    };
    const ours = outputsIn(exportedFile);
    const theirs = outputsIn(reference);
    expect([...ours.keys()]).toEqual([...theirs.keys()]);
    for (const [id, outputs] of theirs) {
      // Prompt numbers and places in tracebacks differ: ours ran twice.
      const plain = (list: readonly unknown[]): string =>
        JSON.stringify(id === 'streams' ? mergeStreamsByName(list) : normalizeOutputs(list))
          .replace(/"execution_count":\d+/g, '"execution_count":0')
          .replace(/(?:In|Input|Cell)\S*\[\d+\]|ipykernel_\d+\/\d+\.py/g, '[n]');
      expect(plain(ours.get(id) ?? []), id).toBe(plain(outputs));
    }
  });

  it('is found by its words and proved, through the worker', async () => {
    const { file } = await recorded();
    const indexed = await library.ask({ op: 'index', dir });
    expect(indexed.ok).toBe(true);
    const found = await library.ask({ op: 'search', dir, query: 'good Value', limit: 5 });
    expect(found.ok && found.value.hits[0]).toMatchObject({ where: 'error', cellId: 'error' });
    const info = await library.ask({ op: 'info', file });
    expect(info.ok && info.value.runs.length).toBe(2 * Object.keys(corpus).length);
    expect(info.ok && info.value.marks.filter(({ kind }) => kind === 'error')).toHaveLength(2);
    await expect
      .poll(
        async () => {
          const report = await library.ask({ op: 'verify', file });
          return report.ok ? report.value.findings : [report.problem.sentence];
        },
        { timeout: 10_000 },
      )
      .toEqual([]);
  });
});
