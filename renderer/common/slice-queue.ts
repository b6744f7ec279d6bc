/**
 * Runs small jobs in order, in slices that leave the window responsive.
 *
 * A slice begins in the task that brought the first job, so a single frame is handled without delay. What does not fit
 * goes on in a later task, behind what the window has to draw and what a person does. Jobs never overtake each other,
 * and one that throws is reported without stopping the rest.
 */

/**
 * A frame may have to wait for one slice. A quarter of a display frame at 60 Hz leaves the rest to layout and paint, also
 * where processes share a processor and a slice takes twice its time.
 */
const sliceMs = 4;

/** Tasks of the background are passed over as long as there are others; nobody waits longer than this. */
const passedOverMostMs = 100;

/**
 * JupyterLab handles a message in a chain of promises, so its work is not done when the event was dispatched, and
 * would not be measured. Waiting for so many turns of the microtask queue lets the chain of one message finish.
 */
const settleTurns = 24;

/** Finished jobs hold on to their frames; in a flood without a pause they are let go of every so often. */
const doneJobsMax = 1024;

export class SliceQueue {
  #jobs: (() => void)[] = [];
  #next = 0;
  #running = false;

  push(job: () => void): void {
    this.#jobs.push(job);
    if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    // The rest of the delivery that brought this job is pushed before anything runs, so that it is one slice.
    await undefined;
    let sliceEnds = performance.now() + sliceMs;
    for (let job = this.#jobs[this.#next]; job !== undefined; job = this.#jobs[this.#next]) {
      this.#next += 1;
      if (this.#next === doneJobsMax) {
        this.#jobs = this.#jobs.slice(this.#next);
        this.#next = 0;
      }
      try {
        job();
      } catch (error) {
        reportError(error);
      }
      for (let turn = 0; turn < settleTurns; turn += 1) {
        await undefined;
      }
      if (performance.now() >= sliceEnds) {
        await nextTask();
        sliceEnds = performance.now() + sliceMs;
      }
    }
    this.#jobs = [];
    this.#next = 0;
    this.#running = false;
  }
}

/**
 * Resolves in a new task. Tasks of the usual priority that follow one another hold up a frame for as much as 100 ms
 * (Chromium); those of the background let it go first.
 */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if ('scheduler' in globalThis) {
      const timer = setTimeout(resolve, passedOverMostMs);
      void scheduler.postTask(
        () => {
          clearTimeout(timer);
          resolve();
        },
        { priority: 'background' },
      );
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
