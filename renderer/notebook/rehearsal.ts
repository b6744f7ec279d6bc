/**
 * A window that waits for its notebook shows a small one where nobody sees it, and throws it away.
 *
 * The first notebook of a page costs twice what the second one does: code is compiled, languages and the markdown parser
 * are loaded, tables are built. A window that is kept ready has the time for that before anybody waits. Nothing here
 * reaches a server, and what was made for it is gone afterwards.
 */
import type * as nbformat from '@jupyterlab/nbformat';
import { Notebook, StaticNotebook } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { frameHost, outputActions } from '../outputs/actions.ts';
import { CellFactory } from './cell-factory.ts';
import { ReloadingModel } from './document.ts';
import { element } from './frame.ts';
import { createNotebookParts } from './jupyterlab.ts';
import { linkHandler } from './links.ts';

/** Parts of the rehearsal are done when the page has nothing else to do. */
const idleTimeoutMs = 1_000;
/** So many times is each kind of cell shown: code that ran this often is compiled. */
const rounds = 6;
/** Languages and the markdown parser are loaded within this, on a busy machine. */
const settleMs = 400;

const prose = '## Part\n\nSome **prose** with `code`, a [link](https://jupyter.org) and\n\n- a list\n- of two\n';
const code =
  'import math\n\ndef part(x):\n    """Documented."""\n    return [math.sqrt(value) for value in x]  # a list\n';
const table = '<table><tr><th>row</th><th>value</th></tr><tr><td>1</td><td>2.5</td></tr></table>';

function sample(): nbformat.INotebookContent {
  const outputs: nbformat.IOutput[] = [
    { output_type: 'stream', name: 'stdout', text: 'line 1\nline 2\n\u001b[32mgreen\u001b[0m\n' },
    {
      output_type: 'execute_result',
      execution_count: 1,
      data: { 'text/plain': 'value', 'text/html': table },
      metadata: {},
    },
    { output_type: 'display_data', data: { 'text/plain': 'text', 'text/markdown': prose }, metadata: {} },
    {
      output_type: 'error',
      ename: 'ValueError',
      evalue: 'wrong',
      traceback: ['\u001b[0;31mValueError\u001b[0m: wrong'],
    },
  ];
  const cells = Array.from({ length: rounds }, (_, round): nbformat.ICell[] => [
    { id: `text-${round}`, cell_type: 'markdown', metadata: {}, source: prose },
    ...outputs.map((output, index) => ({
      ...{ id: `code-${round}-${index}`, cell_type: 'code', metadata: {}, source: code },
      ...{ outputs: [output], execution_count: index },
    })),
  ]);
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { language_info: { name: 'python' } },
    cells: cells.flat(),
  };
}

/** Rehearses once, until the window is `needed`. */
export async function rehearse(needed: AbortSignal): Promise<void> {
  const stage = element('div', 'nj-Rehearsal');
  stage.setAttribute('aria-hidden', 'true');
  stage.inert = true;
  const nothing = (): void => {};
  await idle();
  if (needed.aborted) return;
  const { rendermime, editorFactory, mimeTypeService } = createNotebookParts(
    linkHandler,
    frameHost(outputActions(nothing), nothing),
    () => null,
  );
  const model = new ReloadingModel();
  const notebook = new Notebook({
    rendermime,
    mimeTypeService,
    contentFactory: new CellFactory({ editorFactory }),
    notebookConfig: { ...StaticNotebook.defaultNotebookConfig, windowingMode: 'full' },
  });
  notebook.model = model;
  try {
    await idle();
    if (needed.aborted) return;
    // Beside the body, which the window fills with its own things as soon as it is needed.
    document.documentElement.append(stage);
    Widget.attach(notebook, stage);
    await idle();
    if (needed.aborted) return;
    model.fromJSON(sample());
    await new Promise((resolve) => {
      setTimeout(resolve, settleMs);
      needed.addEventListener('abort', resolve, { once: true });
    });
  } finally {
    notebook.dispose();
    model.dispose();
    stage.remove();
    document.documentElement.dataset['nightjarRehearsed'] = 'true';
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => requestIdleCallback(() => resolve(), { timeout: idleTimeoutMs }));
}
