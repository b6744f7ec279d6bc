/**
 * Stream outputs for JupyterLab's notebook model, on top of `StreamText`.
 *
 * An output area that takes the text of the kernel in time proportional to the text, and output items whose data is
 * put together only when it is read. Everything that is not a stream goes the stock way.
 */
import { CodeCellModel } from '@jupyterlab/cells';
import type * as nbformat from '@jupyterlab/nbformat';
import type { IObservableString } from '@jupyterlab/observables';
import { type IOutputAreaModel, OutputAreaModel } from '@jupyterlab/outputarea';
import { type IOutputModel, OutputModel } from '@jupyterlab/rendermime';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import { StreamText } from './stream-text.ts';

/** `StreamText` behind the interface that JupyterLab's cell model listens to. */
class ObservableStream implements IObservableString {
  readonly stream: StreamText;
  readonly #changed = new Signal<this, IObservableString.IChangedArgs>(this);
  #isDisposed = false;

  constructor(text: string) {
    this.stream = new StreamText(text);
  }

  get type(): 'String' {
    return 'String';
  }

  get changed(): ISignal<this, IObservableString.IChangedArgs> {
    return this.#changed;
  }

  get text(): string {
    return this.stream.toString();
  }

  set text(value: string) {
    if (value !== this.text) {
      this.stream.reset(value);
      this.#changed.emit({ type: 'set', start: 0, end: value.length, value });
    }
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Adds what the kernel wrote; listeners hear of what was taken back first, then of what was added. */
  write(text: string): void {
    const { keep, removed, insert } = this.stream.write(text);
    if (removed > 0) {
      this.#changed.emit({ type: 'remove', start: keep, end: keep + removed, value: '' });
    }
    if (insert !== '') {
      this.#changed.emit({ type: 'insert', start: keep, end: keep + insert.length, value: insert });
    }
  }

  insert(index: number, text: string, options?: unknown): void {
    if (index === this.stream.length) {
      this.write(text);
      return;
    }
    const before = this.text;
    this.stream.reset(before.slice(0, index) + text + before.slice(index));
    this.#changed.emit({ type: 'insert', start: index, end: index + text.length, value: text, options });
  }

  remove(start: number, end: number, options?: unknown): void {
    const before = this.text;
    this.stream.reset(before.slice(0, start) + before.slice(end));
    this.#changed.emit({ type: 'remove', start, end, value: before.slice(start, end), options });
  }

  clear(): void {
    this.text = '';
  }

  dispose(): void {
    this.#isDisposed = true;
    Signal.clearData(this);
  }
}

/** A stream output. `data` answers which type it is without putting the text together. */
export class StreamOutput extends OutputModel {
  readonly streamName: string;
  readonly #text: ObservableStream;

  constructor(options: IOutputModel.IOptions, value: nbformat.IStream) {
    super({ ...options, value: { ...value, text: '' } });
    this.streamName = value.name;
    this.#text = new ObservableStream(typeof value.text === 'string' ? value.text : value.text.join(''));
  }

  override get streamText(): IObservableString {
    return this.#text;
  }

  get stream(): StreamText {
    return this.#text.stream;
  }

  write(text: string): void {
    this.#text.write(text);
  }

  override get data(): ReadonlyPartialJSONObject {
    const text = this.#text;
    const type = this.streamName === 'stderr' ? stderrType : stdoutType;
    return Object.defineProperty({}, type, { enumerable: true, get: () => text.text });
  }

  override toJSON(): nbformat.IOutput {
    return { ...super.toJSON(), text: this.#text.text };
  }

  override dispose(): void {
    this.#text.dispose();
    super.dispose();
  }
}

export const stdoutType = 'application/vnd.jupyter.stdout';
export const stderrType = 'application/vnd.jupyter.stderr';

function isStream(output: nbformat.IOutput): output is nbformat.IStream {
  return output.output_type === 'stream';
}

const outputFactory: IOutputAreaModel.IContentFactory = {
  createOutputModel: (options) =>
    isStream(options.value)
      ? new StreamOutput(options, options.value)
      : OutputAreaModel.defaultContentFactory.createOutputModel(options),
};

class StreamOutputArea extends OutputAreaModel {
  constructor(options: IOutputAreaModel.IOptions) {
    super({ ...options, contentFactory: outputFactory });
  }

  override add(output: nbformat.IOutput): number {
    if (!isStream(output)) {
      return super.add(output);
    }
    const text = typeof output.text === 'string' ? output.text : output.text.join('');
    const last = this.length === 0 || this.clearNext ? null : this.get(this.length - 1);
    if (last instanceof StreamOutput && last.streamName === output.name) {
      last.write(text);
      return this.length;
    }
    // The stock way to begin a stream copies the text for each of its lines; an empty one has none.
    const length = super.add({ ...output, text: '' });
    const begun = this.get(length - 1);
    if (begun instanceof StreamOutput) {
      begun.write(text);
    }
    return length;
  }
}

/** Makes every code cell of this window use these outputs. The notebook model offers no option to hand them in. */
export function installStreamOutputs(): void {
  CodeCellModel.defaultContentFactory.createOutputArea = (options) => new StreamOutputArea(options);
}
