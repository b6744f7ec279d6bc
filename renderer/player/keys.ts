/**
 * The player's keyboard as a table: which key does what, and how the list of keys calls it. Pure.
 */

export type PlayerAction =
  | 'play'
  | 'message-forward'
  | 'message-back'
  | 'cell-forward'
  | 'cell-back'
  | 'start'
  | 'end'
  | 'error-forward'
  | 'error-back'
  | 'gap-forward'
  | 'gap-back'
  | 'change-forward'
  | 'change-back'
  | 'select-above'
  | 'select-below'
  | 'go-to-time'
  | 'faster'
  | 'slower'
  | 'mark-a'
  | 'mark-b'
  | 'clear-marks'
  | 'zoom-in'
  | 'zoom-out'
  | 'zoom-fit'
  | 'export'
  | 'help';

export interface KeyRow {
  readonly keys: readonly string[];
  readonly action: PlayerAction;
  /** Empty where the row above says it already. */
  readonly label: string;
}

const row = (action: PlayerAction, label: string, ...keys: string[]): KeyRow => ({ action, label, keys });

export const keyRows: readonly KeyRow[] = [
  row('play', 'Play or pause', 'Space', 'K'),
  row('message-forward', 'Next message', 'ArrowRight'),
  row('message-back', 'Previous message', 'ArrowLeft'),
  row('cell-forward', 'Next start or end of a run', 'Shift+ArrowRight'),
  row('cell-back', 'Previous start or end of a run', 'Shift+ArrowLeft'),
  row('start', 'To the beginning', 'Home'),
  row('end', 'To the end; live in a running session', 'End'),
  row('error-forward', 'Next error', 'E'),
  row('error-back', 'Previous error', 'Shift+E'),
  row('gap-forward', 'Next gap or outage', 'M'),
  row('gap-back', 'Previous gap or outage', 'Shift+M'),
  row('change-forward', 'Next change of the selected cell', 'C'),
  row('change-back', 'Previous change of the selected cell', 'Shift+C'),
  row('select-below', 'Select the next cell', 'ArrowDown', 'J'),
  row('select-above', 'Select the previous cell', 'ArrowUp'),
  row('go-to-time', 'Go to a time', 'G'),
  row('faster', 'Faster', '+', '='),
  row('slower', 'Slower', '-'),
  row('mark-a', 'Compare from here', 'A'),
  row('mark-b', 'Compare up to here', 'B'),
  row('clear-marks', 'End the comparison', 'Escape'),
  row('zoom-in', 'Look closer at the time line', 'Z'),
  row('zoom-out', 'Look from further away', 'Shift+Z'),
  row('zoom-fit', 'See the whole time line', '0'),
  row('export', 'Export', 'X'),
  row('help', 'This list', '?'),
];

/** What of a key event decides. */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

const byKeys = new Map(keyRows.flatMap(({ keys, action }) => keys.map((key) => [key, action] as const)));

export function actionOf(press: KeyPress): PlayerAction | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  const key = press.key === ' ' ? 'Space' : press.key.length === 1 ? press.key.toUpperCase() : press.key;
  // Signs are typed with Shift on some keyboards and without it on others: the sign decides.
  const isSign = key.length === 1 && !/[A-Z0-9]/.test(key);
  return byKeys.get(press.shiftKey && !isSign ? `Shift+${key}` : key) ?? null;
}

const names: Readonly<Record<string, string>> = {
  ArrowRight: '→',
  ArrowLeft: '←',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};

/** Keys as people read them. */
export function readableKeys({ keys }: KeyRow): string[] {
  return keys
    .filter((key) => key !== '=')
    .map((key) =>
      key
        .split(/\+(?=.)/)
        .map((part) => names[part] ?? part)
        .join(' '),
    );
}
