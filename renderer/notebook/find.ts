/**
 * Find and replace over the whole notebook, inputs and outputs: JupyterLab's search box over its notebook provider.
 *
 * Loaded when it is first asked for. The box is made anew each time it opens, so that it begins with the selection.
 */
import { drawAllOutputs } from '../outputs/late-outputs.ts';
import { SearchDocumentModel, SearchDocumentView } from '@jupyterlab/documentsearch';
import { type NotebookPanel, NotebookSearchProvider } from '@jupyterlab/notebook';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

/** JupyterLab's own: shorter searches on every key, longer feels late. */
const searchDelayMs = 200;

export interface Find {
  /** Answers the field for what is searched, once it has the keyboard. */
  open(withReplace: boolean): Promise<HTMLTextAreaElement>;
  next(): void;
  previous(): void;
}

export function createFind(panel: NotebookPanel, place: HTMLElement): Find {
  let open: { readonly model: SearchDocumentModel; readonly view: SearchDocumentView } | null = null;

  const start = (): { readonly model: SearchDocumentModel; readonly view: SearchDocumentView } => {
    const model = new SearchDocumentModel(NotebookSearchProvider.createNew(panel), searchDelayMs);
    const view = new SearchDocumentView(model);
    view.addClass('nj-Find');
    view.closed.connect(() => {
      open = null;
      // After the message that closes it has been handled.
      queueMicrotask(() => {
        if (view.isAttached) Widget.detach(view);
        view.dispose();
        model.dispose();
        panel.content.activate();
      });
    });
    view.node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      view.close();
    });
    const tellNothing = (): void => {
      const isNothing = model.searchExpression !== '' && model.totalMatches === 0;
      view.node.dataset['found'] = isNothing ? 'nothing' : '';
    };
    model.stateChanged.connect(tellNothing);
    Widget.attach(view, place);
    MessageLoop.sendMessage(view, Widget.Msg.AfterShow);
    return { model, view };
  };

  return {
    open: (withReplace) => {
      const initial = open === null;
      drawAllOutputs();
      open ??= start();
      const { model, view } = open;
      const suggested = model.suggestedInitialQuery;
      if (suggested !== '' || initial) view.setSearchText(suggested === '' ? model.initialQuery : suggested);
      // Outputs are looked through too, but where something is to be replaced: they cannot be.
      void model.setFilter('output', !withReplace);
      if (withReplace) view.showReplace();
      view.focusSearchInput();
      return whenFocused(view.node);
    },
    next: () => void open?.model.highlightNext(),
    previous: () => void open?.model.highlightPrevious(),
  };
}

/** The box draws itself in its own time, and then takes the keyboard. */
function whenFocused(node: HTMLElement): Promise<HTMLTextAreaElement> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const { activeElement } = document;
      const isThere = activeElement instanceof HTMLTextAreaElement && node.contains(activeElement);
      if (isThere) resolve(activeElement);
      return isThere;
    };
    if (look()) return;
    const onFocus = (): void => {
      if (look()) node.removeEventListener('focusin', onFocus);
    };
    node.addEventListener('focusin', onFocus);
  });
}
