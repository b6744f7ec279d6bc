import type { Player } from '../playback/player.ts';

export function* pageOf(player: Player, toSeq: number, title: string): Generator<string> {
  yield `${title} ${toSeq} ${player.lastSeq}`;
}
