/**
 * Saves by itself: at an interval, when the window loses the focus, and when a server that was away is back.
 *
 * Never twice at once, never while nothing is unsaved. Conflicts are only announced, never decided here.
 */
import type { INotebookModel } from '@jupyterlab/notebook';
import type { Settings } from '../../shared/settings.ts';
import type { Saving } from './saving.ts';

/** The window comes to the front often; the server is asked about changes made elsewhere not more often than this. */
const lookIntervalMs = 5_000;

export class Autosave {
  readonly #saving: Saving;
  readonly #model: INotebookModel;
  #settings: Settings;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isLive = false;
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

  /** Whether the server answers. What could not be saved while it was away is saved when it is back. */
  setLive(isLive: boolean): void {
    const isBack = isLive && !this.#isLive;
    this.#isLive = isLive;
    // It was promised, whether or not saving by itself is switched on.
    if (isBack && this.#saving.isOwed) void this.#saving.save('auto');
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
    void this.#saving.save('auto');
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAtMs < lookIntervalMs) return;
    this.#lookedAtMs = now;
    void this.#saving.takeOver();
  }
}
