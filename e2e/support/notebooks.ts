/** Notebooks made by tests, and fair comparison of what clients made of them. */
import { normalizeOutputs } from '../../shared/outputs/normalize.ts';

export interface TestCell {
  readonly id: string;
  readonly type?: 'code' | 'markdown';
  readonly source: string;
  readonly tags?: readonly string[];
}

export function notebookOf(cells: readonly TestCell[]): Record<string, unknown> {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: cells.map(({ id, type = 'code', source, tags }) => ({
      id,
      cell_type: type,
      metadata: tags === undefined ? {} : { tags },
      source,
      ...(type === 'code' ? { outputs: [], execution_count: null } : {}),
    })),
  };
}

/** Every kind of output of a plain kernel: compared with nbclient, and looked at. */
export const tour: readonly TestCell[] = [
  {
    id: 'title',
    type: 'markdown',
    source: '# A tour\n\nInline $e^{i\\pi} + 1 = 0$ and\n\n$$\\int_0^1 x^2 dx = \\frac13$$',
  },
  { id: 'stdout', source: "print('hello')\nfor i in range(5):\n    print('line', i, flush=True)" },
  { id: 'stderr', source: "import sys\nprint('to stderr', file=sys.stderr)" },
  {
    id: 'png',
    source: [
      'import base64, struct, zlib',
      'from IPython.display import Image, display',
      "row = b'\\x00' + b'\\x40\\x40\\xa0' * 64",
      'def chunk(name, data):',
      "    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))",
      "png = b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 64, 32, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(row * 32)) + chunk(b'IEND', b'')",
      'display(Image(png))',
    ].join('\n'),
  },
  {
    id: 'html',
    source:
      "from IPython.display import HTML\nHTML('<table><tr><th>name</th><th>value</th></tr><tr><td>alpha</td><td>1</td></tr></table>')",
  },
  {
    id: 'svg',
    source:
      'from IPython.display import SVG\nSVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><rect width="120" height="40" rx="8" fill="#4053a0"/></svg>\')',
  },
  {
    id: 'updates',
    source:
      "from IPython.display import display\nh = display('start', display_id='job')\nfor i in range(4):\n    h.update(f'step {i}')",
  },
  {
    id: 'clear',
    source:
      "from IPython.display import clear_output\nfor i in range(4):\n    clear_output(wait=True)\n    print('pass', i)",
  },
  { id: 'bar', source: "for i in range(11):\n    print(f'\\r{i * 10:3d}% ' + '#' * i, end='', flush=True)\nprint()" },
  { id: 'result', source: "{'answer': 42}" },
  { id: 'error', source: "def f():\n    raise ValueError('wrong on purpose')\nf()", tags: ['raises-exception'] },
  { id: 'after', source: "print('after the error')" },
];

interface Cell {
  readonly id?: unknown;
  readonly cell_type?: unknown;
  readonly outputs?: unknown;
  readonly execution_count?: unknown;
}

/** Outputs by cell id, made comparable: streams joined, carriage returns applied, addresses and ids blanked. */
export function outputsById(notebook: unknown): Record<string, unknown> {
  const cells = (notebook as { cells: readonly Cell[] }).cells;
  const byId: Record<string, unknown> = {};
  for (const cell of cells) {
    if (cell.cell_type === 'code' && Array.isArray(cell.outputs)) {
      const text = JSON.stringify(normalizeOutputs(cell.outputs));
      byId[String(cell.id)] = {
        outputs: JSON.parse(
          text
            .replace(/0x[0-9a-f]{6,}/g, '0x…')
            .replace(/"model_id":"[0-9a-f]{32}"/g, '"model_id":"…"')
            .replace(/ipykernel_\d+\/\d+\.py/g, 'ipykernel.py'),
        ),
        count: cell.execution_count,
      };
    }
  }
  return byId;
}
