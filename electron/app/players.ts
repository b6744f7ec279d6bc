/**
 * Player windows and the journals they play: opens them, brings them to a moment, tells them that a journal grew.
 *
 * A page watches its journal from its first question on until it is reloaded or closed. A window whose page is there
 * already is told the moment to show; a new one asks for it when it comes up.
 */
import { asJournalId } from '../../shared/ids.ts';
import { ok, type Result } from '../../shared/result.ts';
import type { Core } from '../core/api.ts';
import { sendTo } from './ipc/events.ts';
import type { AppWindow, Windows } from './windows.ts';

export class Players {
  readonly #windows: Windows;
  readonly #core: Promise<Core>;
  /** What ends the watch of a window's page. */
  readonly #watches = new Map<string, () => void>();

  constructor(windows: Windows, core: Promise<Core>) {
    this.#windows = windows;
    this.#core = core;
  }

  /** Opens the player of a journal, at a moment when one is named. */
  async open(journalId: string, seq: number | null): Promise<Result<null>> {
    const { journals } = await this.#core;
    const file = journals.fileOf(asJournalId(journalId));
    if (!file.ok) return file;
    const { window, isNew } = this.#windows.openPlayer(journalId, seq);
    if (!isNew && seq !== null) sendTo(window, 'playback.show', { seq });
    return ok(null);
  }

  /** From now on this page hears of what is added to its journal. */
  async watch(window: AppWindow): Promise<void> {
    const { windowId, journalId } = window;
    const { playback } = await this.#core;
    if (journalId === null || this.#watches.has(windowId) || window.pane.isGone()) return;
    const end = playback.watch(asJournalId(journalId), (last) => {
      sendTo(window, 'playback.grew', { journalId, lastSeq: last.seq, lastTimeMs: last.timeMs });
    });
    this.#watches.set(windowId, end);
  }

  /** The page is gone, for good or before a reload. */
  pageGone(windowId: string): void {
    this.#watches.get(windowId)?.();
    this.#watches.delete(windowId);
  }
}
