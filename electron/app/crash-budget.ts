/**
 * How often a window may bring itself back after its process died.
 *
 * Nothing of a session lives in a window, so a reload loses nothing; but a notebook that kills its window each time
 * would spin for ever. Pure: the time is handed in, in milliseconds of any clock that only goes forward.
 */

/** Three crashes within a minute are a cause, not an accident: then the person is asked. */
export const crashesMax = 3;
export const crashWindowMs = 60_000;

export class CrashBudget {
  #times: number[] = [];

  /** Notes a crash; true when the window may reload by itself. */
  mayReload(nowMs: number): boolean {
    this.#times = [...this.#times.filter((time) => nowMs - time < crashWindowMs), nowMs];
    return this.#times.length <= crashesMax;
  }

  /** The person decided to go on: the count begins anew. */
  reset(): void {
    this.#times = [];
  }
}
