/**
 * How notebooks were looked at (scroll position, selected cell, side panel), so that they open as they were left.
 *
 * Small, in the app's own settings, newest last; what was not opened for long is forgotten.
 */
import * as v from 'valibot';
import { type NotebookView, notebookView } from '../../shared/ipc/contract.ts';
import { viewsMax } from '../../shared/limits.ts';
import type { SettingsPort } from '../core/api.ts';

const settingsKey = 'notebooks.views';

const keyOf = (serverId: string, path: string): string => `${serverId}:${path}`;

export class Views {
  readonly #settings: SettingsPort;
  readonly #views = new Map<string, NotebookView>();

  constructor(settings: SettingsPort) {
    this.#settings = settings;
    const stored = settings.get(settingsKey);
    for (const [key, value] of Object.entries(typeof stored === 'object' && stored !== null ? stored : {})) {
      const decoded = v.safeParse(notebookView, value);
      if (decoded.success) this.#views.set(key, decoded.output);
    }
  }

  get(serverId: string, path: string): NotebookView | null {
    return this.#views.get(keyOf(serverId, path)) ?? null;
  }

  keep(serverId: string, path: string, view: NotebookView): void {
    const key = keyOf(serverId, path);
    if (JSON.stringify(this.#views.get(key)) === JSON.stringify(view)) return;
    this.#views.delete(key);
    this.#views.set(key, view);
    for (const oldest of this.#views.keys()) {
      if (this.#views.size <= viewsMax) break;
      this.#views.delete(oldest);
    }
    this.#settings.set(settingsKey, Object.fromEntries(this.#views));
  }

  rename(serverId: string, from: string, to: string): void {
    const view = this.get(serverId, from);
    if (view !== null) this.keep(serverId, to, view);
  }
}
