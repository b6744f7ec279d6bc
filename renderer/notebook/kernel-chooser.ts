/**
 * Choosing the kernel of a notebook: the one it has, a new one, or one that runs for another notebook.
 *
 * What is chosen at first changes nothing, so that Enter by mistake costs nobody their variables.
 */
import { type ISessionContext, SessionContextDialogs } from '@jupyterlab/apputils';
import type { Session } from '@jupyterlab/services';
import { baseName, sessionLabel } from '../common/format.ts';
import { choiceRow, openDialog } from './dialog.ts';
import { element } from './frame.ts';
import { changeKernel, shutDownKernel } from './kernel-change.ts';
import { pause } from './services.ts';

/** A person who wants to choose is not kept waiting for the newest list. */
const askedAtMostMs = 1_000;

type Choice =
  | { readonly what: 'keep' }
  | { readonly what: 'none' }
  | { readonly what: 'start'; readonly name: string }
  | { readonly what: 'attach'; readonly id: string };

interface Row {
  readonly choice: Choice;
  readonly label: string;
  readonly detail: string;
}

interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** JupyterLab's dialogs about kernels, with a chooser of our own. */
export class KernelDialogs extends SessionContextDialogs {
  override async selectKernel(session: ISessionContext): Promise<void> {
    // A server that does not answer, or not soon, leaves what is known of it.
    const asked = Promise.allSettled([session.specsManager.ready, session.sessionManager.refreshRunning()]);
    await Promise.race([asked, pause(askedAtMostMs)]);
    const choice = session.isDisposed ? null : await choose(session);
    if (choice === null || choice.what === 'keep' || session.isDisposed) return;
    if (choice.what === 'none') await shutDownKernel(session);
    else await changeKernel(session, choice.what === 'start' ? { name: choice.name } : { id: choice.id });
  }
}

function groupsOf(session: ISessionContext): Group[] {
  const own = session.session?.kernel ?? null;
  const specs = Object.values(session.specsManager.specs?.kernelspecs ?? {}).filter((spec) => spec !== undefined);
  const nameOf = (name: string): string => specs.find((spec) => spec.name === name)?.display_name ?? name;
  const byName = (left: Row, right: Row): number => left.label.localeCompare(right.label);
  const start = specs.map(
    ({ name, display_name: label, language }): Row => ({
      choice: { what: 'start', name },
      label,
      // Most names say it themselves.
      detail: label.toLowerCase().includes(language.toLowerCase()) ? '' : language,
    }),
  );
  const attach = [...session.sessionManager.running()]
    .filter(
      (other): other is Session.IModel & { kernel: NonNullable<Session.IModel['kernel']> } => other.kernel !== null,
    )
    .filter(({ kernel }) => kernel.id !== own?.id)
    .map(({ kernel, ...other }): Row => {
      const state = kernel.execution_state === 'busy' ? ', busy' : '';
      return {
        choice: { what: 'attach', id: kernel.id },
        label: sessionLabel(other) || 'No notebook',
        detail: `${nameOf(kernel.name)}${state}`,
      };
    });
  const without = { label: 'No kernel', detail: 'to read and edit only' };
  const now: Row = {
    choice: { what: 'keep' },
    ...(own === null ? without : { label: nameOf(own.name), detail: 'keep' }),
  };
  const none: Row = { choice: { what: 'none' }, ...without };
  return [
    { title: 'Current kernel', rows: [now] },
    { title: own === null ? 'Start a kernel' : 'Start another kernel', rows: start.sort(byName) },
    { title: 'Use the kernel of another notebook', rows: attach.sort(byName) },
    { title: 'Work without one', rows: own === null ? [] : [none] },
  ].filter(({ rows }) => rows.length > 0);
}

/** What Enter does at once: nothing where a kernel runs, else what the notebook asks for. */
function suggested(session: ISessionContext, rows: readonly Row[]): Row | undefined {
  const wanted = session.kernelPreference.name ?? session.specsManager.specs?.default;
  const preferred = rows.find(({ choice }) => choice.what === 'start' && choice.name === wanted);
  return session.session?.kernel == null ? (preferred ?? rows[0]) : rows[0];
}

async function choose(session: ISessionContext): Promise<Choice | null> {
  const groups = groupsOf(session);
  const rows = groups.flatMap((group) => group.rows);
  const first = suggested(session, rows);
  const hasKernel = session.session?.kernel != null;
  const inputs = new Map<Row, HTMLInputElement>();
  const chosen = (): Row | undefined => rows.find((row) => inputs.get(row)?.checked);
  const hint = element('p', 'nj-Dialog-hint');
  hint.setAttribute('role', 'status');
  const tell = (): void => {
    const isOther = hasKernel && chosen()?.choice.what !== 'keep';
    hint.textContent = isOther
      ? 'The kernel it has now is shut down, and its variables are lost. Outputs and journal stay.'
      : '';
  };
  const body = groups.map(({ title, rows: own }): HTMLElement => {
    const group = element('fieldset', 'nj-Choices nj-Kernels');
    group.append(element('legend', 'nj-Dialog-label', title));
    for (const row of own) {
      const { input, label } = choiceRow(
        'kernel',
        row === first,
        element('span', 'nj-Kernels-name', row.label),
        element('span', 'nj-Kernels-detail', row.detail),
      );
      input.addEventListener('change', tell);
      inputs.set(row, input);
      group.append(label);
    }
    return group;
  });
  if (session.specsManager.specs === null) {
    body.push(
      element(
        'p',
        'nj-Dialog-problem',
        'The server did not say which kernels it can start. Try again when it answers.',
      ),
    );
  }
  const focus = first === undefined ? undefined : inputs.get(first);
  return openDialog<Choice>({
    title: `Kernel of ${baseName(session.path)}`,
    body: [...body, hint],
    ...(focus === undefined ? {} : { focus }),
    buttons: [
      { label: 'Cancel', answer: () => ({ what: 'keep' }) },
      { label: 'Select', look: 'primary', answer: () => chosen()?.choice },
    ],
  });
}
