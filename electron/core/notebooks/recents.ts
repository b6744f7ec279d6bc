/** The notebooks opened last, newest first, by server and path. */
import * as v from 'valibot';
import { asServerId, type ServerId } from '../../../shared/ids.ts';
import { recentsMax } from '../../../shared/limits.ts';
import type { SettingsPort } from '../api.ts';

const stored = v.array(v.object({ serverId: v.string(), path: v.string(), openedTimeMs: v.number() }));
const settingsKey = 'recents';

export interface Recent {
  readonly serverId: ServerId;
  readonly path: string;
  readonly openedTimeMs: number;
}

export class Recents {
  private entries: readonly Recent[];

  constructor(private readonly settings: SettingsPort) {
    const parsed = v.safeParse(stored, settings.get(settingsKey));
    this.entries = parsed.success
      ? parsed.output.map((entry) => ({ ...entry, serverId: asServerId(entry.serverId) }))
      : [];
  }

  list(): readonly Recent[] {
    return this.entries;
  }

  add(serverId: ServerId, path: string, openedTimeMs: number): void {
    this.put([{ serverId, path, openedTimeMs }, ...this.without(serverId, path)].slice(0, recentsMax));
  }

  remove(serverId: ServerId, path: string): void {
    this.put(this.without(serverId, path));
  }

  rename(serverId: ServerId, from: string, to: string): void {
    this.put(
      this.entries.map((entry) =>
        entry.serverId === serverId && entry.path === from ? { ...entry, path: to } : entry,
      ),
    );
  }

  forgetServer(serverId: ServerId): void {
    this.put(this.entries.filter((entry) => entry.serverId !== serverId));
  }

  private without(serverId: ServerId, path: string): readonly Recent[] {
    return this.entries.filter((entry) => entry.serverId !== serverId || entry.path !== path);
  }

  private put(entries: readonly Recent[]): void {
    this.entries = entries;
    this.settings.set(settingsKey, entries);
  }
}
