/**
 * The variables of the kernel, on demand: when the panel is open, and after a cell has run. A busy kernel is not asked.
 *
 * The question is silent: it leaves no trace in the kernel's history, counts no execution and shows no output.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import { element } from './frame.ts';
import type { Panel } from './outline.ts';
import { readVariables, type Variable, variablesExpression } from './variables-read.ts';

/** Cells that run one after the other are one reason to ask, not many. */
const settleMs = 400;

/** `canAsk`: the connection is live, so that the question does not wait for one. */
export function createVariables(session: ISessionContext, canAsk: () => boolean): Panel {
  const node = element('div', 'nj-Variables');
  const filter = element('input', 'nj-Side-filter');
  filter.type = 'search';
  filter.placeholder = 'Filter variables';
  filter.setAttribute('aria-label', 'Filter variables');
  const note = element('p', 'nj-Side-none');
  const table = element('div', 'nj-Variables-table');
  table.setAttribute('role', 'table');
  table.setAttribute('aria-label', 'Variables');
  node.append(filter, note, table);
  let isShown = false;
  let variables: readonly Variable[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isAsking = false;

  const paint = (message: string | null): void => {
    const words = filter.value.toLowerCase();
    const found = variables.filter(({ name, type }) => `${name} ${type}`.toLowerCase().includes(words));
    const isEmpty = message === null && found.length === 0;
    const nothing =
      variables.length === 0 ? 'No variables yet. They appear here when a cell has made some.' : 'No variable matches.';
    note.textContent = message ?? (isEmpty ? nothing : '');
    note.hidden = note.textContent === '';
    table.replaceChildren(...found.map(row));
  };

  const ask = async (): Promise<void> => {
    const kernel = session.session?.kernel ?? null;
    if (!isShown || isAsking) return;
    if (kernel === null) {
      variables = [];
      paint('No kernel is connected.');
      return;
    }
    if (!canAsk()) {
      paint('The connection to the kernel is down. The list is read again when it is back.');
      return;
    }
    if (kernel.status !== 'idle') {
      paint('The kernel is busy. The list is read again when it has finished.');
      return;
    }
    isAsking = true;
    try {
      const future = kernel.requestExecute(
        {
          code: '',
          silent: true,
          store_history: false,
          user_expressions: { variables: variablesExpression },
          allow_stdin: false,
          stop_on_error: false,
        },
        true,
      );
      const { content } = await future.done;
      const answer = content.status === 'ok' ? readVariables(content.user_expressions?.['variables']) : null;
      variables = answer ?? [];
      paint(answer === null ? 'This kernel cannot list its variables. Python kernels can.' : null);
    } catch {
      paint('The kernel did not answer.');
    } finally {
      isAsking = false;
    }
  };

  const askSoon = (): void => {
    if (!isShown) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      void ask();
    }, settleMs);
  };
  session.statusChanged.connect((_session, status) => {
    // The question itself makes the kernel busy and idle once: that is no news.
    if (status === 'idle' && !isAsking) askSoon();
  });
  session.kernelChanged.connect(askSoon);
  filter.addEventListener('input', () => paint(null));

  return {
    node,
    setShown: (shown) => {
      isShown = shown;
      if (shown) void ask();
    },
  };
}

function row({ name, type, detail }: Variable): HTMLElement {
  const node = element('div', 'nj-Variables-row');
  node.setAttribute('role', 'row');
  for (const [text, part] of [
    [name, 'name'],
    [type, 'type'],
    [detail, 'detail'],
  ] as const) {
    const cell = element('span', `nj-Variables-${part}`, text);
    cell.setAttribute('role', 'cell');
    cell.title = text;
    node.append(cell);
  }
  return node;
}
