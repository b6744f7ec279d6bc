/**
 * Completion at Tab and documentation at Shift+Tab, from the kernel. Loaded after the first screen.
 */
import {
  Completer,
  CompleterModel,
  CompletionHandler,
  ContextCompleterProvider,
  KernelCompleterProvider,
  ProviderReconciliator,
} from '@jupyterlab/completer';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Widget } from '@lumino/widgets';
import type { CommandRegistry } from '@lumino/commands';
import { plainStyle, readAnsi } from '../outputs/ansi.ts';
import { isRecord } from './cells.ts';
import { element } from './frame.ts';

/** A kernel that stays busy does not answer: after this long (JupyterLab's own) the words of the cell are offered. */
const busyTimeoutMs = 1_000;
/** An idle kernel will: the first completion of a fresh IPython kernel took up to 5 s, on a slow disk. */
const idleTimeoutMs = 10_000;

class KernelNames extends KernelCompleterProvider {
  override async fetch(
    ...asked: Parameters<KernelCompleterProvider['fetch']>
  ): ReturnType<KernelCompleterProvider['fetch']> {
    const [, context] = asked;
    const isStuck = staysBusy(context.session?.kernel).then((isBusy) => {
      if (isBusy) throw new Error('The kernel is busy.');
      return null;
    });
    const names = super.fetch(...asked);
    // Whichever ends first: the names, or that they cannot come soon.
    const reply = (await Promise.race([names, isStuck])) ?? (await names);
    // IPython says "<unknown>" of most names: no sort at all reads better.
    const items = reply.items.map((item) => (item.type === '<unknown>' ? { ...item, type: '' } : item));
    return { ...reply, items };
  }
}

/** Whether a kernel works on something that does not end within a second. A cell that is just ending does. */
function staysBusy(kernel: Kernel.IKernelConnection | null | undefined): Promise<boolean> {
  if (kernel === null || kernel === undefined || kernel.status === 'idle') return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (isBusy: boolean): void => {
      clearTimeout(timer);
      kernel.statusChanged.disconnect(onStatus);
      resolve(isBusy);
    };
    const onStatus = (_kernel: unknown, status: Kernel.Status): void => {
      if (status === 'idle') settle(false);
    };
    const timer = setTimeout(() => settle(true), busyTimeoutMs);
    kernel.statusChanged.connect(onStatus);
  });
}

export interface CodeAssistance {
  complete(): void;
  inspect(): Promise<void>;
  /** Whether completions are offered while a name is typed, without Tab. */
  setWhileTyping(isOn: boolean): void;
}

export function createCodeAssistance(panel: NotebookPanel, commands: CommandRegistry): CodeAssistance {
  const completer = new Completer({ editor: null, model: new CompleterModel() });
  const reconciliator = (): ProviderReconciliator =>
    new ProviderReconciliator({
      context: {
        widget: panel,
        editor: panel.content.activeCell?.editor ?? null,
        session: panel.sessionContext.session,
        sanitizer: panel.content.rendermime.sanitizer,
      },
      providers: [new KernelNames(), new ContextCompleterProvider()],
      timeout: idleTimeoutMs,
    });
  const handler = new CompletionHandler({ completer, reconciliator: reconciliator() });
  const follow = (): void => {
    handler.reconciliator = reconciliator();
    handler.editor = panel.content.activeCell?.editor ?? null;
  };
  const followCell = (): void => {
    void panel.content.activeCell?.ready.then(follow);
  };
  panel.content.activeCellChanged.connect(() => {
    hideDocumentation();
    followCell();
  });
  panel.sessionContext.sessionChanged.connect(follow);
  follow();
  followCell();
  completer.hide();
  Widget.attach(completer, document.body);
  commands.addCommand('select-completion', { execute: () => completer.selectActive() });
  commands.addKeyBinding({
    keys: ['Enter'],
    command: 'select-completion',
    selector: '.jp-Notebook .jp-mod-completer-active',
  });
  return {
    complete: () => handler.invoke(),
    inspect: () => inspect(panel),
    setWhileTyping: (isOn) => {
      handler.autoCompletion = isOn;
    },
  };
}

let documentation: HTMLElement | null = null;

function hideDocumentation(): void {
  documentation?.remove();
  documentation = null;
}

/** Shows what the kernel knows about the name at the cursor. The next key, click or scroll takes it away. */
async function inspect(panel: NotebookPanel): Promise<void> {
  hideDocumentation();
  const editor = panel.content.activeCell?.editor;
  const kernel = panel.sessionContext.session?.kernel;
  if (editor === undefined || editor === null || kernel === null || kernel === undefined) {
    return;
  }
  const position = editor.getCursorPosition();
  const place = editor.getCoordinateForPosition(position);
  const code = editor.model.sharedModel.getSource();
  const reply = await kernel.requestInspect({ code, cursor_pos: editor.getOffsetAt(position), detail_level: 0 });
  const data: unknown = reply.content.status === 'ok' && reply.content.found ? reply.content.data : null;
  const text = isRecord(data) ? data['text/plain'] : null;
  if (typeof text !== 'string' || place === null || editor.isDisposed) {
    return;
  }
  const node = element('div', 'nj-Documentation');
  node.setAttribute('role', 'tooltip');
  let plain = '';
  readAnsi(text, plainStyle, (piece) => {
    plain += piece;
  });
  node.append(element('pre', '', plain));
  document.body.append(node);
  documentation = node;
  const { width, height } = node.getBoundingClientRect();
  const isBelow = place.bottom + height + 8 < window.innerHeight;
  node.style.left = `${Math.max(8, Math.min(place.left, window.innerWidth - width - 8))}px`;
  node.style.top = `${isBelow ? place.bottom + 4 : Math.max(8, place.top - height - 4)}px`;
  const onEvent = (event: Event): void => {
    if (event.target instanceof Node && node.contains(event.target)) {
      return;
    }
    hideDocumentation();
    for (const name of endings) {
      document.removeEventListener(name, onEvent, true);
    }
  };
  for (const name of endings) {
    document.addEventListener(name, onEvent, true);
  }
}

const endings = ['keydown', 'mousedown', 'wheel'] as const;
