/**
 * Outputs that are drawn when they are needed, and not all of them before the first screen.
 *
 * JupyterLab draws every output of a notebook while it loads it, also those of the hundreds of cells that are not on the
 * screen. Here an area that is made while a notebook is loaded stays empty until its cell comes onto the screen, its
 * outputs change, or the page has nothing else to do. Nothing looks into an area before that but the search in outputs,
 * which asks for all of them first (`drawAllOutputs`).
 */
import { type IOutputAreaModel, OutputArea } from '@jupyterlab/outputarea';
import type { IOutputModel } from '@jupyterlab/rendermime';

/** Drawing in one go while nothing else is to be done: half of a frame. */
const sliceMs = 8;

/** Areas that are still empty, in the order of their cells. */
const waiting = new Set<OutputArea>();
let isLoading = false;
let isScheduled = false;

/** What an area does about its outputs. JupyterLab offers no other place to put them off. */
interface AreaMethods {
  _insertOutput(this: OutputArea, index: number, output: IOutputModel): void;
  _setOutput(this: OutputArea, index: number, output: IOutputModel): void;
  onModelChanged(this: OutputArea, sender: IOutputAreaModel, args: IOutputAreaModel.ChangedArgs): void;
  onBeforeAttach(this: OutputArea, message: unknown): void;
}

/** Areas that are made while `load` runs are drawn late. */
export function withLateOutputs(load: () => void): void {
  install();
  isLoading = true;
  try {
    load();
  } finally {
    isLoading = false;
    schedule();
  }
}

/** Draws what is still empty: somebody looks for something in all outputs. */
export function drawAllOutputs(): void {
  for (const area of waiting) draw(area);
}

let drawOutput: AreaMethods['_insertOutput'] | null = null;

/** @param without the index of an output that is drawn by somebody else */
function draw(area: OutputArea, without = -1): void {
  if (!waiting.delete(area) || area.isDisposed) return;
  const { model } = area;
  for (let index = 0; index < model.length; index += 1) {
    if (index !== without) drawOutput?.call(area, index, model.get(index));
  }
  // The search in outputs looks at them anew.
  if (without < 0) area.outputLengthChanged.emit(model.length);
}

function install(): void {
  if (drawOutput !== null) return;
  const methods = OutputArea.prototype as unknown as AreaMethods;
  const { _insertOutput: insert, _setOutput: set, onModelChanged, onBeforeAttach } = methods;
  drawOutput = insert;
  methods._insertOutput = function (index, output) {
    if (isLoading && this.widgets.length === 0) waiting.add(this);
    else if (!waiting.has(this)) insert.call(this, index, output);
  };
  methods._setOutput = function (index, output) {
    if (!waiting.has(this)) set.call(this, index, output);
  };
  methods.onModelChanged = function (sender, args) {
    const isEmpty = waiting.has(this);
    draw(this, args.type === 'add' ? args.newIndex : -1);
    // What was drawn only now has the change already, but for an output that was added.
    if (!isEmpty || args.type === 'add') onModelChanged.call(this, sender, args);
  };
  methods.onBeforeAttach = function (message) {
    draw(this);
    onBeforeAttach.call(this, message);
  };
}

function schedule(): void {
  if (isScheduled || waiting.size === 0) return;
  isScheduled = true;
  requestIdleCallback(() => {
    isScheduled = false;
    const endsMs = performance.now() + sliceMs;
    for (const area of waiting) {
      draw(area);
      if (performance.now() >= endsMs) break;
    }
    schedule();
  });
}
