/**
 * Commands on cells: running, editing, moving, folding, and going from one to another. All of it JupyterLab's own.
 */
import { CodeCell, MarkdownCell } from '@jupyterlab/cells';
import { type Notebook, NotebookActions } from '@jupyterlab/notebook';
import type { CommandHost, Runs } from './commands.ts';
import type { KernelDialogs } from './kernel-chooser.ts';

export function cellCommands(host: CommandHost, dialogs: KernelDialogs): Runs {
  const { notebook, context } = host;
  const session = context.sessionContext;
  return {
    'run-cell': () => NotebookActions.run(notebook, session, dialogs),
    'run-and-advance': () => NotebookActions.runAndAdvance(notebook, session, dialogs),
    'run-and-insert': () => NotebookActions.runAndInsert(notebook, session, dialogs),
    'run-all': () => NotebookActions.runAll(notebook, session, dialogs),
    'run-above': () => NotebookActions.runAllAbove(notebook, session, dialogs),
    'run-below': () => NotebookActions.runAllBelow(notebook, session, dialogs),
    'render-all-markdown': () => NotebookActions.renderAllMarkdown(notebook),
    'clear-outputs': () => NotebookActions.clearOutputs(notebook),
    'clear-all-outputs': () => NotebookActions.clearAllOutputs(notebook),
    'insert-above': () => NotebookActions.insertAbove(notebook),
    'insert-below': () => NotebookActions.insertBelow(notebook),
    'insert-heading-above': () => NotebookActions.insertSameLevelHeadingAbove(notebook),
    'insert-heading-below': () => NotebookActions.insertSameLevelHeadingBelow(notebook),
    'delete-cells': () => NotebookActions.deleteCells(notebook),
    'cut-cells': () => NotebookActions.cut(notebook),
    'copy-cells': () => NotebookActions.copy(notebook),
    'paste-cells': () => NotebookActions.paste(notebook),
    'paste-cells-above': () => NotebookActions.paste(notebook, 'above'),
    'paste-cells-replace': () => NotebookActions.paste(notebook, 'replace'),
    'duplicate-cells': () => NotebookActions.duplicate(notebook, 'belowSelected'),
    undo: () => NotebookActions.undo(notebook),
    redo: () => NotebookActions.redo(notebook),
    'move-up': () => NotebookActions.moveUp(notebook),
    'move-down': () => NotebookActions.moveDown(notebook),
    split: () => NotebookActions.splitCell(notebook),
    merge: () => NotebookActions.mergeCells(notebook),
    'merge-above': () => NotebookActions.mergeCells(notebook, true),
    'merge-below': () => NotebookActions.mergeCells(notebook),
    'to-code': () => NotebookActions.changeCellType(notebook, 'code'),
    'to-markdown': () => NotebookActions.changeCellType(notebook, 'markdown'),
    'to-raw': () => NotebookActions.changeCellType(notebook, 'raw'),
    ...Object.fromEntries(
      [1, 2, 3, 4, 5, 6].map((level) => [`heading-${level}`, () => NotebookActions.setMarkdownHeader(notebook, level)]),
    ),
    'toggle-output': () => NotebookActions.toggleOutput(notebook),
    'toggle-code': () => toggleCode(notebook),
    'toggle-output-scrolling': () => toggleScrolling(notebook),
    'hide-all-code': () => NotebookActions.hideAllCode(notebook),
    'show-all-code': () => NotebookActions.showAllCode(notebook),
    'hide-all-outputs': () => NotebookActions.hideAllOutputs(notebook),
    'show-all-outputs': () => NotebookActions.showAllOutputs(notebook),
    'toggle-heading': () => toggleHeading(notebook),
    'collapse-all-headings': () => NotebookActions.collapseAllHeadings(notebook),
    'expand-all-headings': () => NotebookActions.expandAllHeadings(notebook),
    'side-by-side': () => toggleSideBySide(notebook),
  };
}

export function moveCommands({ notebook }: CommandHost): Runs {
  /** As a page of text scrolls: a screen, less a line to find one's place again. */
  const scroll = (direction: 1 | -1): void => {
    const area = notebook.outerNode;
    area.scrollBy({ top: direction * area.clientHeight * 0.9 });
  };
  return {
    'select-above': () => NotebookActions.selectAbove(notebook),
    'select-below': () => NotebookActions.selectBelow(notebook),
    'heading-above': () => NotebookActions.selectHeadingAboveOrCollapseHeading(notebook),
    'heading-below': () => NotebookActions.selectHeadingBelowOrExpandHeading(notebook),
    'extend-above': () => NotebookActions.extendSelectionAbove(notebook),
    'extend-below': () => NotebookActions.extendSelectionBelow(notebook),
    'extend-top': () => NotebookActions.extendSelectionAbove(notebook, true),
    'extend-bottom': () => NotebookActions.extendSelectionBelow(notebook, true),
    'select-all': () => NotebookActions.selectAll(notebook),
    'deselect-all': () => NotebookActions.deselectAll(notebook),
    'scroll-down': () => scroll(1),
    'scroll-up': () => scroll(-1),
    'edit-mode': () => {
      notebook.mode = 'edit';
    },
    'command-mode': () => {
      notebook.mode = 'command';
    },
    'go-last-run': () => NotebookActions.selectLastRunCell(notebook),
  };
}

function toggleCode(notebook: Notebook): void {
  if (notebook.activeCell?.inputHidden === true) NotebookActions.showCode(notebook);
  else NotebookActions.hideCode(notebook);
}

function toggleScrolling(notebook: Notebook): void {
  const { activeCell } = notebook;
  if (!(activeCell instanceof CodeCell)) return;
  if (activeCell.outputsScrolled) NotebookActions.disableOutputScrolling(notebook);
  else NotebookActions.enableOutputScrolling(notebook);
}

/** Folds the section that the active cell belongs to; on its heading, or anywhere in it. */
function toggleHeading(notebook: Notebook): void {
  const { activeCell } = notebook;
  const isHeading = activeCell instanceof MarkdownCell && activeCell.headingInfo.level > 0;
  if (!isHeading) {
    const above = notebook.widgets
      .slice(0, notebook.activeCellIndex)
      .findLastIndex((cell) => cell instanceof MarkdownCell && cell.headingInfo.level > 0);
    if (above < 0) return;
    notebook.activeCellIndex = above;
  }
  NotebookActions.toggleCurrentHeadingCollapse(notebook);
}

const sideBySideClass = 'jp-mod-sideBySide';

function toggleSideBySide(notebook: Notebook): void {
  if (notebook.node.classList.contains(sideBySideClass)) NotebookActions.renderDefault(notebook);
  else NotebookActions.renderSideBySide(notebook);
}
