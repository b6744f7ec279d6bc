/**
 * The menu's switch for opening journals with Nightjar by a double click.
 *
 * Shows what the system says. It is looked at when the app has started and when somebody comes back to it, because a
 * file manager can change it; it is changed only by the switch. What went wrong is told in a dialog.
 */
import { homedir } from 'node:os';
import { app } from 'electron';
import { type Association, type AssociationResult, journalAssociation } from '../core/association/association.ts';
import { launchOf } from '../core/association/launch.ts';
import { tell } from './dialogs.ts';
import type { Windows } from './windows.ts';

/** Going back and forth between two windows is no reason to ask the system each time: on Windows that starts a program. */
const lookIntervalMs = 5_000;

export interface JournalSwitchOptions {
  readonly windows: Windows;
  readonly onChange: () => void;
}

export class JournalSwitch {
  readonly #association: Association;
  readonly #options: JournalSwitchOptions;
  #isOn = false;
  #isBusy = false;
  #nextLookMs = 0;

  constructor(association: Association, options: JournalSwitchOptions) {
    this.#association = association;
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** True while it is being changed: then the switch takes no click. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Looks now, and from then on whenever a window comes to the front. */
  follow(): void {
    const look = (): void => {
      const nowMs = performance.now();
      if (this.#isBusy || nowMs < this.#nextLookMs) return;
      this.#nextLookMs = nowMs + lookIntervalMs;
      void this.#look();
    };
    app.on('browser-window-focus', look);
    look();
  }

  async set(isOn: boolean): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#options.onChange();
    let result: AssociationResult;
    try {
      result = await (isOn ? this.#association.turnOn() : this.#association.turnOff());
    } finally {
      this.#isBusy = false;
      await this.#look();
    }
    if (result.ok) return;
    const message = isOn ? 'Journals do not open with Nightjar yet.' : 'Journals could not be taken from Nightjar.';
    await tell(this.#options.windows.current()?.pane.frame ?? null, message, result.problem.sentence);
  }

  async #look(): Promise<void> {
    const isOn = await this.#association.isOn();
    // A look that was overtaken by a change would show what was before it.
    if (!this.#isBusy) this.#isOn = isOn;
    this.#options.onChange();
  }
}

/** Null where the system has no such association for an app that is started from its sources. */
export function openJournalSwitch(options: JournalSwitchOptions): JournalSwitch | null {
  const association = journalAssociation({
    platform: process.platform,
    // A runtime that was given the app's folder as an argument is told it again.
    launch: launchOf(process.execPath, process.defaultApp === true ? app.getAppPath() : null, process.argv),
    environment: process.env,
    homeFolder: homedir(),
  });
  return association === null ? null : new JournalSwitch(association, options);
}
