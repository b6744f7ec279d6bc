/** The notebooks of the gallery: each kind of output once, and what the panels, dialogs and outages need. */
import type { TestCell } from '../support/notebooks.ts';

const ansi = [
  "for code, name in [(31, 'red'), (32, 'green'), (33, 'yellow'), (34, 'blue'), (35, 'magenta'), (36, 'cyan')]:",
  "    print(f'\\x1b[{code}m{name:8}\\x1b[0m \\x1b[1;{code}m{name:8} bold\\x1b[0m \\x1b[30;{code + 10}m on {name} \\x1b[0m \\x1b[{code + 60}mbright {name}\\x1b[0m')",
  "print('\\x1b[4munderlined\\x1b[0m, \\x1b[3mitalic\\x1b[0m, \\x1b[7minverse\\x1b[0m, https://jupyter.org/ as a link')",
].join('\n');

const plot = [
  '%matplotlib inline',
  'import matplotlib.pyplot as plt',
  'days = list(range(1, 15))',
  'plt.figure(figsize=(7, 3))',
  "plt.plot(days, [d ** 1.3 for d in days], label='measured')",
  "plt.plot(days, [1.8 * d for d in days], '--', label='expected')",
  "plt.xlabel('day'); plt.ylabel('litres'); plt.legend(); plt.show()",
].join('\n');

const table = [
  'import pandas as pd',
  "pd.DataFrame({'station': ['North', 'East', 'South', 'West'], 'rain in mm': [12.4, 8.1, 20.7, 3.0],",
  "              'days': [4, 3, 9, 1], 'note': ['', 'sensor replaced on the 4th', '', 'dry']})",
].join('\n');

const svg = [
  'from IPython.display import SVG, Latex, Markdown, JSON, HTML, display',
  'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="240" height="60"><rect width="240" height="60" rx="12" fill="#4053a0"/><circle cx="200" cy="30" r="18" fill="#f2b134"/><text x="20" y="36" fill="white" font-family="sans-serif">an SVG image</text></svg>\'))',
  "display(Latex(r'$$\\sum_{n=1}^{\\infty} \\frac{1}{n^2} = \\frac{\\pi^2}{6}$$'))",
  "display(Markdown('**Markdown** from a cell, with `code`, a [link](https://jupyter.org) and\\n\\n- a list\\n- of two\\n\\n> and a quotation'))",
].join('\n');

const json = [
  "display(JSON({'model': 'small', 'layers': [{'units': 64, 'rate': 0.1}, {'units': 32, 'rate': None}], 'done': True}))",
  "{'answer': 42, 'names': ['alpha', 'beta'], 'nested': {'a': {'b': [1, 2, 3]}}}",
].join('\n');

const widgets = [
  'import ipywidgets as widgets',
  "slider = widgets.IntSlider(value=3, max=10, description='Slider')",
  "text = widgets.Text(value='three', description='Text')",
  "choice = widgets.Dropdown(options=['one', 'two'], description='Choice')",
  "check = widgets.Checkbox(value=True, description='Checked')",
  "button = widgets.Button(description='Press', button_style='primary', icon='check')",
  'bar = widgets.FloatProgress(value=0.4, max=1.0)',
  "tabs = widgets.Tab([widgets.VBox([slider, text, choice]), bar], titles=['Controls', 'Progress'])",
  'display(tabs, widgets.HBox([check, button]))',
].join('\n');

const foreign = [
  'from traitlets import Unicode',
  'class Foreign(widgets.DOMWidget):',
  "    _model_name = Unicode('GlobeModel').tag(sync=True)",
  "    _model_module = Unicode('some-globe').tag(sync=True)",
  "    _view_name = Unicode('GlobeView').tag(sync=True)",
  "    _view_module = Unicode('some-globe').tag(sync=True)",
  'Foreign()',
].join('\n');

const progress = [
  'import time',
  'from tqdm.notebook import tqdm',
  "for _ in tqdm(range(20), desc='Working'):",
  '    time.sleep(0.01)',
  'for i in range(11):',
  "    print(f'\\r{i * 10:3d}% ' + '#' * i, end='', flush=True)",
  'print()',
].join('\n');

const failing = [
  'def average(values):',
  '    return sum(values) / len(values)',
  '',
  'def report(stations):',
  '    return {name: average(values) for name, values in stations.items()}',
  '',
  "report({'North': [1, 2], 'East': []})",
].join('\n');

/** Every kind of output. */
export const analysis: readonly TestCell[] = [
  {
    id: 'title',
    type: 'markdown',
    source:
      '# Rain at four stations\n\nA notebook with every kind of output. Inline $e^{i\\pi} + 1 = 0$, and\n\n$$\\int_0^1 x^2\\,dx = \\frac13$$\n\n| station | height |\n|---|---:|\n| North | 312 m |\n| East | 48 m |\n\n```python\ncode = "in a markdown cell"\n```\n\nMore at <https://jupyter.org/>.',
  },
  {
    id: 'text',
    source: "import sys\nprint('hello')\nfor i in range(3):\n    print('line', i)\nprint('a warning', file=sys.stderr)",
  },
  { id: 'ansi', source: ansi },
  { id: 'table', source: table },
  { id: 'plot', source: plot },
  { id: 'svg', source: svg },
  { id: 'json', source: json },
  { id: 'widgets', source: widgets },
  { id: 'foreign', source: foreign },
  { id: 'progress', source: progress },
  {
    id: 'plotly',
    source:
      "import plotly.graph_objects as go\ngo.Figure(go.Bar(x=['North', 'East', 'South', 'West'], y=[12.4, 8.1, 20.7, 3.0])).update_layout(height=320, title='Rain')",
  },
  {
    id: 'script',
    source:
      'HTML(\'<p id="out">before the script</p><script>document.querySelector("#out").textContent = "a script made this"</script>\')',
  },
  { id: 'error', source: failing, tags: ['raises-exception'] },
  { id: 'long', source: "for i in range(400):\n    print(f'line {i} of a long output, in a box that scrolls')" },
  {
    id: 'flood',
    source:
      "for first in range(0, 20_000, 1_000):\n    print('\\n'.join(f'line {i}' for i in range(first, first + 1_000)))",
  },
  { id: 'wide', source: "print('a long line without an end ' * 40)" },
];

/** Headings, something that runs, something that fails. */
export const report: readonly TestCell[] = [
  { id: 'title', type: 'markdown', source: '# Yearly report\n\nFrom raw files to three figures.' },
  { id: 'load', type: 'markdown', source: '## Loading\n\nThe files of all stations.' },
  {
    id: 'data',
    source:
      "import datetime, math\nrows = [1, 2, 3]\nname = 'größe'\nwhen = datetime.date(2026, 3, 1)\nlookup = {'North': 312, 'East': 48}\nratio = 2 / 3",
  },
  { id: 'clean', type: 'markdown', source: '### Cleaning' },
  { id: 'wrong', source: "raise ValueError('a station has no name')", tags: ['raises-exception'] },
  {
    id: 'model',
    type: 'markdown',
    source: '## Fitting a model that has a rather long heading for such a narrow panel',
  },
  {
    id: 'slow',
    source: "import time\nfor step in range(600):\n    time.sleep(0.2)\n    print('step', step, flush=True)",
  },
  { id: 'next', source: "print('after the long one')" },
  { id: 'end', type: 'markdown', source: '## Figures' },
];

export const editing: readonly TestCell[] = [
  { id: 'title', type: 'markdown', source: '# Editing' },
  { id: 'area', source: 'import math\nradius = 2.5\narea = math.pi * radius ** 2' },
  { id: 'loop', source: "for i in range(3):\n    if i % 2 == 0:\n        print(i, 'is even')  # a comment" },
  { id: 'scratch', source: '' },
];

export const shared: readonly TestCell[] = [
  { id: 'one', source: 'one = 1\nprint(one)' },
  { id: 'two', source: 'two = 2' },
  { id: 'three', source: 'three = 3' },
  { id: 'four', source: 'four = 4' },
];

/** The same notebook as somebody else saved it meanwhile. */
export const sharedElsewhere: readonly TestCell[] = [
  { id: 'one', source: 'one = 10\nprint(one)' },
  { id: 'between', source: 'between = 1.5' },
  { id: 'two', source: 'two = 2' },
  { id: 'four', source: 'four = 4' },
];

/** Trains for a long time, and says how far it is. */
export const training: readonly TestCell[] = [
  { id: 'title', type: 'markdown', source: '# Training' },
  { id: 'setup', source: "import random, time\nrandom.seed(1)\nprint('seed set')" },
  {
    id: 'train',
    source:
      "for epoch in range(3000):\n    time.sleep(0.5)\n    print(f'epoch {epoch:3d}  loss {3 / (epoch + 1) + random.random() / 10:.4f}', flush=True)",
  },
  { id: 'after', source: "print('done')" },
];

export const asking: readonly TestCell[] = [
  { id: 'question', source: "name = input('Which station? ')\nprint('Thank you,', name)" },
  { id: 'secret', source: "import getpass\ngetpass.getpass('Password: ')\nprint('ok')" },
];

export const outage: readonly TestCell[] = [
  { id: 'title', type: 'markdown', source: '# Outages' },
  {
    id: 'printing',
    source:
      "import sys, time\nfor i in range(300):\n    sys.stdout.write(f'line {i}\\n'); sys.stdout.flush(); time.sleep(0.02)",
  },
  { id: 'wrong', source: "raise RuntimeError('on purpose')", tags: ['raises-exception'] },
  { id: 'later', source: "print('later')" },
  { id: 'question', source: "import time\ntime.sleep(4)\nprint('Hello', input('Name? '))" },
];

export const dying: readonly TestCell[] = [
  { id: 'state', source: "important = 42\nprint('kept')" },
  {
    id: 'die',
    source: "import os, time\nprint('about to use too much memory', flush=True)\ntime.sleep(1)\nos._exit(1)",
  },
];

/** An output with a script that was not made in this session: written past the server, as a download would be. */
export const downloaded = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
  cells: [
    {
      id: 'saved',
      cell_type: 'code',
      source: 'figure()',
      metadata: {},
      execution_count: 1,
      outputs: [
        {
          output_type: 'display_data',
          data: {
            'text/html':
              '<p id="out">saved</p><script>document.querySelector("#out").textContent += " and run"</script>',
            'text/plain': 'a figure',
          },
          metadata: {},
        },
      ],
    },
  ],
};

/** Cells whose outputs load a script from a place on the network. */
export function loadingFrom(...urls: readonly string[]): readonly TestCell[] {
  return urls.map((url, index) => {
    const html = `<p>A map that loads its tiles.</p><script src="${url}/map.js"></script>`;
    return { id: `loading-${index}`, source: `from IPython.display import HTML\nHTML(${JSON.stringify(html)})` };
  });
}
