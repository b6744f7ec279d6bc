/**
 * Saves by itself: at an interval, when the window loses the focus, and when a server that was away is back.
 *
 * Never twice at once, never while nothing is unsaved, and not while the window takes in what it missed: a notebook with
 * much output takes a tenth of a second to be put into words. Conflicts are only announced, never decided here.
 */
import type { INotebookModel } from '@jupyterlab/notebook';
import type { Settings } from '../../shared/settings.ts';
import type { Saving } from './saving.ts';

/** The window comes to the front often; the server is asked about changes made elsewhere not more often than this. */
const lookIntervalMs = 5_000;

/** From the connection being back, or the end of catching up, until the window has shown what came. */
const calmMs = 3_000;
/** Nothing is put off for longer. */
const putOffMostMs = 60_000;

export class Autosave {
  readonly #saving: Saving;
  readonly #model: INotebookModel;
  #settings: Settings;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isLive = false;
  #isCatchingUp = false;
  #calmAtMs = Number.NEGATIVE_INFINITY;
  #putOff: ReturnType<typeof setTimeout> | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(saving: Saving, model: INotebookModel, settings: Settings) {
    this.#saving = saving;
    this.#model = model;
    this.#settings = settings;
  }

  start(): void {
    window.addEventListener('blur', () => {
      if (this.#settings.autosaveOnBlur) this.#save();
    });
    window.addEventListener('focus', () => this.#look());
    this.#schedule();
  }

  setSettings(settings: Settings): void {
    const isOther =
      settings.autosave !== this.#settings.autosave || settings.autosaveSeconds !== this.#settings.autosaveSeconds;
    this.#settings = settings;
    if (isOther) this.#schedule();
  }

  /** Whether the server answers, and whether more of what was missed is on its way. */
  setLink(isLive: boolean, isCatchingUp: boolean): void {
    const isBack = isLive && !this.#isLive;
    this.#isLive = isLive;
    if (isBack || this.#isCatchingUp) this.#calmAtMs = performance.now() + calmMs;
    this.#isCatchingUp = isCatchingUp;
    // What could not be saved while the server was away was promised, whether or not saving by itself is switched on.
    if (isBack && this.#saving.isOwed) this.#saveWhenCalm();
  }

  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#settings.autosave) return;
    this.#timer = setTimeout(() => {
      this.#save();
      this.#schedule();
    }, this.#settings.autosaveSeconds * 1000);
  }

  #save(): void {
    if (!this.#settings.autosave || !this.#model.dirty || this.#model.readOnly) return;
    this.#saveWhenCalm();
  }

  #saveWhenCalm(): void {
    if (this.#putOff !== null) return;
    const latestMs = performance.now() + putOffMostMs;
    const attempt = (): void => {
      const now = performance.now();
      const leftMs = Math.min(this.#isCatchingUp ? now + calmMs : this.#calmAtMs, latestMs) - now;
      this.#putOff = leftMs > 0 ? setTimeout(attempt, leftMs) : null;
      if (leftMs <= 0 && (this.#model.dirty || this.#saving.isOwed)) void this.#saving.save('auto');
    };
    attempt();
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAtMs < lookIntervalMs) return;
    this.#lookedAtMs = now;
    void this.#saving.takeOver();
  }
}
