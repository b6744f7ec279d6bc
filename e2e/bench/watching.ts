/**
 * A page that measures itself while something floods it: frames that came late, tasks that were long, the time from
 * every keystroke to the frame that shows it, and when the last line was on the screen.
 */
import type { CDPSession, Page } from 'playwright-core';

/** What the page has seen since it began to watch. */
export interface Watched {
  /** Gaps between frames, tasks over 50 ms, and keystroke to paint, all in milliseconds. */
  readonly frames: number[];
  readonly tasks: number[];
  readonly keys: number[];
  /** When the last line was drawn, and when it was printed, by the wall clock; 0 until then. */
  drawnMs: number;
  printedMs: number;
}

/** Where the last line of the first cell's output is found: the last of these elements holds it at its end. */
export const nightjarEnd = '.jp-Notebook .jp-Cell:first-child .nj-Stream pre > div';

/**
 * Begins to watch, in the page. The flood must end with `the end at T`, T being the wall clock in milliseconds.
 * @param endSelector elements of which the last has the newest text as its last children
 */
export function watch(page: Page, endSelector: string): Promise<void> {
  return page.evaluate((selector) => {
    const watched: Watched = { frames: [], tasks: [], keys: [], drawnMs: 0, printedMs: 0 };
    Reflect.set(window, 'benchWatched', watched);
    const wallMs = (): number => performance.timeOrigin + performance.now();
    new PerformanceObserver((list) => {
      watched.tasks.push(...list.getEntries().map((entry) => entry.duration));
    }).observe({ type: 'longtask' });
    document.addEventListener(
      'keydown',
      (event) => {
        // The message is handled after the frame that the callback before it belongs to was handed to the compositor.
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => {
            watched.keys.push(performance.now() - event.timeStamp);
            port1.close();
          };
          port2.postMessage(null);
        });
      },
      { capture: true },
    );
    let last = performance.now();
    const onFrame = (): void => {
      const now = performance.now();
      watched.frames.push(now - last);
      last = now;
      const blocks = document.querySelectorAll(selector);
      // Of a long text only the end is looked at: watching must not slow down what is watched.
      let tail = '';
      for (
        let node = blocks[blocks.length - 1]?.lastChild;
        node != null && tail.length < 60;
        node = node.previousSibling
      ) {
        tail = (node.textContent ?? '').slice(-60) + tail;
      }
      const end = /the end at ([\d.]+)/.exec(tail);
      if (end !== null && watched.drawnMs === 0) {
        watched.printedMs = Number(end[1]);
        requestAnimationFrame(() => {
          watched.drawnMs = wallMs();
        });
      }
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
  }, endSelector);
}

export const watchedOf = (page: Page): Promise<Watched> =>
  page.evaluate(() => {
    const watched: unknown = Reflect.get(window, 'benchWatched');
    return watched as Watched;
  });

/** Where a flood got stuck, for the message about it. */
export async function lastSeen(page: Page): Promise<string> {
  const cells = page.locator('.jp-Notebook .jp-Cell');
  const prompts = await cells.locator('.jp-InputPrompt').allInnerTexts();
  const output = await cells.first().locator('.jp-OutputArea-output').allInnerTexts();
  const status = await page.locator('body').innerText();
  return (
    `the first cells are "${prompts.join('", "')}", the output ends with "${output.join('').slice(-40)}", ` +
    `the window with "${status.slice(-120)}"`
  );
}

/** Watches the frames of a window in which nothing happens: what the machine itself holds up shows there as well. */
export async function watchIdle(page: Page): Promise<() => Promise<number[]>> {
  const gaps = await page.evaluateHandle(() => {
    const frames: number[] = [];
    let last = performance.now();
    const onFrame = (): void => {
      const now = performance.now();
      frames.push(now - last);
      last = now;
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
    return frames;
  });
  return () => gaps.jsonValue();
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string };
  /** Processor time of what the event spans, in microseconds. */
  readonly tdur?: number;
}

/**
 * The longest task of the windows' main threads by processor time, in milliseconds. A task that stood still because other
 * processes had all cores is long by the clock and short by this.
 */
export async function traceLongestTask(page: Page): Promise<() => Promise<number>> {
  const session: CDPSession = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel'] },
  });
  return async () => {
    const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
    await session.send('Tracing.end');
    await complete;
    const keyOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
    const mains = new Set(
      events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(keyOf),
    );
    const microseconds = events.filter((event) => mains.has(keyOf(event))).map(({ tdur }) => tdur ?? 0);
    // There are too many to be the arguments of a call.
    return microseconds.reduce((most, one) => Math.max(most, one), 0) / 1000;
  };
}
