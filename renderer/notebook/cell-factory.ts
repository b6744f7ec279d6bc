/** Makes the cells of every notebook that is shown, live or replayed. */
import { CodeCell } from '@jupyterlab/cells';
import { NotebookPanel } from '@jupyterlab/notebook';
import type { IStdin, Stdin } from '@jupyterlab/outputarea';
import type { IOutputModel } from '@jupyterlab/rendermime';
import { textOfOutput } from '../outputs/pictures.ts';
import { StreamOutput } from '../outputs/stream-model.ts';
import { linesOf } from '../outputs/stream-text.ts';
import { withoutAnsi } from '../outputs/text-search.ts';

/** Looked at for the first one that says something. */
const firstLines = 20;

/** What IPython calls a value whose picture or markup is shown. */
const shownObject = /^<IPython\.core\.display\.(\w+) object>$/;

function beginningOf(output: IOutputModel): string[] {
  return output instanceof StreamOutput
    ? linesOf(output.stream).lines(0, firstLines).map(withoutAnsi)
    : textOfOutput(output).split('\n', firstLines);
}

class NotebookCodeCell extends CodeCell {
  /** What stands in the place of hidden outputs: the first words of it, and never markup. */
  protected override getOutputPlaceholderText(): string | undefined {
    const { outputs } = this.model;
    if (outputs.length === 0) return undefined;
    const said = beginningOf(outputs.get(0))
      .find((line) => line.trim() !== '')
      ?.replace(shownObject, '$1');
    return said ?? (outputs.length === 1 ? '1 output' : `${outputs.length} outputs`);
  }
}

export class CellFactory extends NotebookPanel.ContentFactory {
  override createCodeCell(options: CodeCell.IOptions): CodeCell {
    return new NotebookCodeCell(options).initializeState();
  }

  /** The field of a question is called by what is asked. */
  override createStdin(options: Stdin.IOptions): IStdin {
    const stdin = super.createStdin(options);
    stdin.node.querySelector('input')?.setAttribute('aria-label', options.prompt.trim() || 'Answer');
    return stdin;
  }
}
